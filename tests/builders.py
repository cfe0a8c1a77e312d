"""Traces for tests in a few words.

```
a_trace().asked("Weather in Paris?").with_llm(
    [user("Weather in Paris?")], calls("get_weather", city="Paris")
).with_tool("get_weather", {"city": "Paris"}, "18 °C").with_llm([...], says("It is 18 °C.")).build()
```
"""

from __future__ import annotations

import json
from typing import Self

from labelwidget.model import JsonValue, Span, SpanEvent, SpanStatus, Trace, TraceState

MS = 1_000_000


def system(text: str) -> dict[str, JsonValue]:
    return {"role": "system", "content": text}


def user(text: JsonValue) -> dict[str, JsonValue]:
    return {"role": "user", "content": text}


def says(text: JsonValue, **more: JsonValue) -> dict[str, JsonValue]:
    return {"role": "assistant", "content": text, **more}


def calls(name: str, /, id: str = "call_1", **arguments: JsonValue) -> dict[str, JsonValue]:  # noqa: A002
    function: JsonValue = {"name": name, "arguments": json.dumps(arguments)}
    return says(None, tool_calls=[{"id": id, "type": "function", "function": function}])


def result(text: JsonValue, id: str = "call_1") -> dict[str, JsonValue]:  # noqa: A002
    return {"role": "tool", "tool_call_id": id, "content": text}


def completion(message: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """A `ChatCompletion` with the nulls that the client writes."""
    whole: dict[str, JsonValue] = {"refusal": None, "function_call": None, "audio": None, **message}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "stop", "message": whole, "logprobs": None}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1},
    }


class TraceBuilder:
    """Adds one span after the other under the open one; each takes 10 ms."""

    def __init__(self, root_type: str | None = "CHAIN") -> None:
        self._spans: list[Span] = []
        self._open: list[str | None] = [None]
        self._clock = 0
        self._inputs: JsonValue = None
        self._outputs: JsonValue = None
        self._state = TraceState.OK
        self._root_error = ""
        if root_type is not None:
            self._add("app", root_type)
            self._open.append("s0")

    def asked(self, value: JsonValue) -> Self:
        self._inputs = value
        return self

    def answered(self, value: JsonValue) -> Self:
        self._outputs = value
        return self

    def with_span(self, name: str, span_type: str, **more: object) -> Self:
        self._add(name, span_type, **more)
        return self

    def with_llm(
        self, messages: JsonValue, answer: JsonValue = None, name: str = "chat", **more: object
    ) -> Self:
        inputs: JsonValue = {"model": "m", "messages": messages}
        outputs = completion(answer) if isinstance(answer, dict) else answer
        self._add(name, "LLM", inputs=inputs, outputs=outputs, **more)
        return self

    def with_tool(
        self, name: str, arguments: JsonValue, gives: JsonValue = None, **more: object
    ) -> Self:
        self._add(name, "TOOL", inputs=arguments, outputs=gives, **more)
        return self

    def with_retriever(self, query: str, documents: JsonValue, **more: object) -> Self:
        self._add("retrieve", "RETRIEVER", inputs={"query": query}, outputs=documents, **more)
        return self

    def within(self, name: str, span_type: str = "AGENT", **more: object) -> Self:
        """Open a span: what follows is under it, until `up()`."""
        self._open.append(self._add(name, span_type, **more))
        return self

    def up(self) -> Self:
        self._open.pop()
        return self

    def failed(self, message: str = "") -> Self:
        self._state = TraceState.ERROR
        self._root_error = message
        return self

    def build(self) -> Trace:
        spans = list(self._spans)
        if spans and spans[0].name == "app":
            update: dict[str, object] = {
                "inputs": self._inputs,
                "outputs": self._outputs,
                "end_ns": self._clock * MS,
            }
            if self._root_error:
                update |= {"status": SpanStatus.ERROR, "status_message": self._root_error}
            spans[0] = spans[0].model_copy(update=update)
        return Trace(
            trace_id="tr-1",
            name="app",
            state=self._state,
            inputs=self._inputs,
            outputs=self._outputs,
            spans=tuple(spans),
        )

    def _add(self, name: str, span_type: str, error: str = "", **more: object) -> str:
        span_id = f"s{len(self._spans)}"
        start = self._clock
        self._clock += 10
        if error:
            kind, _, message = error.partition(": ")
            attributes: dict[str, JsonValue] = {
                "exception.type": kind,
                "exception.message": message,
                "exception.stacktrace": f"Traceback …\n{error}",
            }
            event = SpanEvent(name="exception", time_ns=start * MS, attributes=attributes)
            more |= {"status": SpanStatus.ERROR, "status_message": error, "events": (event,)}
        self._spans.append(
            Span.model_validate(
                {
                    "span_id": span_id,
                    "parent_id": self._open[-1],
                    "name": name,
                    "span_type": span_type,
                    "start_ns": start * MS,
                    "end_ns": self._clock * MS,
                    "status": SpanStatus.OK,
                    **more,
                }
            )
        )
        return span_id


def a_trace(root_type: str | None = "CHAIN") -> TraceBuilder:
    """A trace with one root span, or with none when the type is None."""
    return TraceBuilder(root_type)
