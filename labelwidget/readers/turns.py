"""From a list of messages to spans: for logs that keep a conversation, not a tree of calls.

An agent's run becomes one AGENT span; each answer of the model an LLM span below it, each tool call
a TOOL span beside it. An LLM span's inputs hold only what is new since the answer before it: the
whole history in every span would make a trace of 500 steps quadratically large, and says nothing
that the spans before do not. How many messages came before is kept as `messages_before`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labelwidget.model import JsonValue, Span, SpanEvent, SpanStatus

__all__ = ["Draft", "Turns"]


@dataclass
class Draft:
    """A span that is still being put together; `done` makes it a `Span`."""

    span_id: str
    name: str = ""
    span_type: str = "UNKNOWN"
    parent_id: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    error: str | None = None
    inputs: JsonValue = None
    outputs: JsonValue = None
    attributes: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    events: list[SpanEvent] = field(default_factory=list[SpanEvent])
    ended: bool = True

    def reach(self, moment: int | None) -> None:
        """Widen the span so that it covers a moment (nanoseconds since 1970), if it is known."""
        if moment is None:
            return
        self.start_ns = moment if self.start_ns is None else min(self.start_ns, moment)
        self.end_ns = moment if self.end_ns is None else max(self.end_ns, moment)

    def done(self) -> Span:
        """The span as it stands; OK unless it has an error or never ended."""
        status = SpanStatus.OK if self.ended else SpanStatus.UNSET
        return Span(
            span_id=self.span_id,
            parent_id=self.parent_id,
            name=self.name,
            span_type=self.span_type,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            status=SpanStatus.ERROR if self.error is not None else status,
            status_message=self.error or "",
            inputs=self.inputs,
            outputs=self.outputs,
            attributes=self.attributes,
            events=tuple(self.events),
        )


class Turns:
    """One conversation on its way to spans.

    Call `hear` for what the model is told, `answer` for what it says, `call` for the tools that it
    asks for, `result` for what they return, and `finish` once at the end.
    """

    def __init__(self, root: Draft) -> None:
        """Start below a span that stands for the whole run.

        Args:
            root: Its inputs and outputs are filled in where they are None.
        """
        self.root = root
        self._spans = [root]
        self._new: list[JsonValue] = []
        self._unsaid = 0
        self._before = 0
        self._calls: dict[str, Draft] = {}
        self._last: list[JsonValue] = []
        self._opening: list[JsonValue] | None = None
        self._clock: int | None = root.start_ns

    def hear(
        self, message: JsonValue, moment: int | None = None, *, in_a_tool_span: bool = False
    ) -> None:
        """Note a message that the model gets to see with its next answer.

        Args:
            message: In the source's shape.
            moment: When, nanoseconds since 1970, or None.
            in_a_tool_span: The same text is the output of a TOOL span already.
        """
        self._new.append(message)
        self._unsaid += not in_a_tool_span
        self._tick(moment)

    def answer(
        self,
        message: JsonValue,
        *,
        name: str,
        moment: int | None = None,
        started: int | None = None,
        attributes: Mapping[str, JsonValue] | None = None,
        tools: JsonValue = None,
        error: str | None = None,
    ) -> Draft:
        """Add an LLM span for one answer of the model.

        Args:
            message: The answer in the source's shape; None when the call failed.
            name: Usually the model.
            moment: When the answer was complete; None when unknown.
            started: When the model was asked. Default: when it last heard something.
            attributes: What else is known; usage as `gen_ai.usage.input_tokens` and
                `gen_ai.usage.output_tokens`, the model as `gen_ai.response.model`.
            tools: Definitions of the tools that it was offered.
            error: Why the call failed.
        """
        said: list[JsonValue] = [] if message is None else [message]
        inputs: dict[str, JsonValue] = {"messages": self._new}
        if tools:
            inputs["tools"] = tools
        known: dict[str, JsonValue] = dict(attributes or {})
        if self._before:
            known["messages_before"] = self._before
        if self._opening is None:
            self._opening = list(self._new)
        span = Draft(
            span_id=f"{self.root.span_id}.{len(self._spans)}",
            parent_id=self.root.span_id,
            name=name or "model",
            span_type="LLM",
            start_ns=self._clock if started is None else started,
            end_ns=moment,
            error=error,
            inputs=inputs,
            outputs={"messages": said} if said else None,
            attributes=known,
        )
        if span.start_ns is None:
            span.start_ns = moment
        elif moment is not None:
            span.end_ns = max(moment, span.start_ns)
        self._spans.append(span)
        self._before += len(self._new) + len(said)
        self._new, self._unsaid = [], 0
        self._last = said or self._last
        self._tick(moment)
        return span

    def call(
        self,
        call_id: str,
        *,
        name: str,
        arguments: JsonValue,
        moment: int | None = None,
        attributes: Mapping[str, JsonValue] | None = None,
    ) -> Draft:
        """Add a TOOL span for a call that waits for its result.

        Args:
            call_id: The model's id for the call; empty when there is none.
            name: The tool.
            arguments: As the source has them.
            moment: When it was asked for.
            attributes: What else is known.
        """
        known: dict[str, JsonValue] = {"gen_ai.tool.name": name}
        if call_id:
            known["gen_ai.tool.call.id"] = call_id
        span = Draft(
            span_id=f"{self.root.span_id}.{len(self._spans)}",
            parent_id=self.root.span_id,
            name=name or "tool",
            span_type="TOOL",
            start_ns=self._clock if self._clock is not None else moment,
            inputs=arguments,
            attributes=known | dict(attributes or {}),
            ended=False,
        )
        self._spans.append(span)
        if call_id:
            self._calls[call_id] = span
        return span

    def result(
        self,
        call_id: str,
        output: JsonValue,
        *,
        moment: int | None = None,
        error: str | None = None,
    ) -> Draft | None:
        """Close the TOOL span of a call.

        Args:
            call_id: As given to `call`.
            output: As the source has it.
            moment: When it was there.
            error: Why the tool failed.

        Returns:
            The span, or None when nothing was called by that id or it has its result already.
        """
        span = self._calls.pop(call_id, None)
        if span is None:
            return None
        span.outputs, span.error, span.ended = output, error, True
        if span.start_ns is not None and moment is not None:
            span.end_ns = max(moment, span.start_ns)
        return span

    def opened(self, call_id: str) -> Draft | None:
        """The TOOL span of a call that has no result yet."""
        return self._calls.get(call_id)

    def add(self, spans: list[Draft]) -> None:
        """Take in the spans of a sub-agent, made by `Turns` of their own."""
        self._spans += spans

    def finish(self) -> list[Draft]:
        """All spans, the root first.

        What the model never answered (a last word of the user) is kept as the root's last messages.
        """
        rest = self._new if self._unsaid else []
        if self.root.inputs is None and (self._opening or rest):
            self.root.inputs = {"messages": self._opening or rest}
            rest = rest if self._opening else []
        if self.root.outputs is None and (self._last or rest):
            self.root.outputs = {"messages": [*self._last, *rest]}
        return self._spans

    def _tick(self, moment: int | None) -> None:
        # Never backwards: spans are shown in order of start, and the list's order is the true one.
        if moment is not None:
            self._clock = moment if self._clock is None else max(moment, self._clock)
            self.root.reach(moment)
