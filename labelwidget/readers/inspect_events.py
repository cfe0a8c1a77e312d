"""The events of an Inspect sample as spans.

Newer logs say to which span an event belongs (`span_begin`, `span_end`, `span_id`), older ones
bracket them with `step` events. Model and tool calls become spans of their own; everything else is
kept as an event of the span that it happened in.
"""

from __future__ import annotations

from collections.abc import Mapping

from labelwidget.model import JsonValue, SpanEvent
from labelwidget.readers.assemble import token_usage
from labelwidget.readers.inspect_messages import Texts, from_pool, key_of, message
from labelwidget.readers.turns import Draft
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_number,
    as_text,
    clean_id,
    first,
    nanoseconds,
    seconds_to_ns,
)

__all__ = ["Events"]

_TYPES = {
    "agent": "AGENT",
    "solver": "CHAIN",
    "solvers": "CHAIN",
    "scorer": "EVALUATOR",
    "scorers": "EVALUATOR",
}
_HISTORIES = 16
"""Conversations of a sample (sub-agents, graders) that are remembered at a time to tell what is new
in a model call; a call of an older one shows its history again."""

_DEEPEST = 20
_PLACED = frozenset({"event", "timestamp", "span_id", "uuid", "working_start", "pending"})
# What a sample says of itself is read from the sample.
_SAID_ELSEWHERE = frozenset({"sample_init"})
_MODEL_PLACED = _PLACED | {"input", "input_refs", "output", "tools", "error", "completed"}
_TOOL_PLACED = _PLACED | {
    "arguments", "result", "events", "error", "completed", "function", "id", "type", "view",
}  # fmt: skip


class Events:
    """Makes the spans of one sample below a root."""

    def __init__(self, root: Draft, texts: Texts, pool: list[JsonValue]) -> None:
        """Start with the sample's span, its attachments and its pool of messages."""
        self._root = root
        self._texts = texts
        self._pool = pool
        self.drafts: list[Draft] = []
        self._spans: dict[str, Draft] = {}
        self._steps: list[Draft] = []
        self._histories: list[list[bytes]] = []

    def follow(self, events: list[JsonValue], depth: int = 0, above: Draft | None = None) -> None:
        """Take events in turn.

        Args:
            events: In the log's order.
            depth: How many events these lie within.
            above: The span of the event that they lie within.
        """
        for value in events:
            event = self._whole(as_dict(value))
            moment = nanoseconds(event.get("timestamp"))
            self._root.reach(moment)
            parent = self._parent(event, above)
            match as_text(event.get("event")):
                case "span_begin":
                    self._begin(event, parent, moment)
                case "span_end":
                    self._end(self._spans.get(clean_id(event.get("id")) or ""), moment)
                case "step":
                    self._step(event, parent, moment)
                case "model":
                    self._model(event, parent, moment)
                case "tool":
                    self._tool(event, parent, moment, depth)
                case "subtask":
                    self._subtask(event, parent, moment, depth)
                case kind if kind not in _SAID_ELSEWHERE:
                    parent.events.append(_other(event, moment))
                case _:
                    pass

    def _whole(self, event: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The event with its texts back, except in the raw request: that repeats the messages of
        all calls before, so that a long sample would grow with the square of its length.
        """
        found = as_dict(
            self._texts.back({key: part for key, part in event.items() if key != "call"})
        )
        if event.get("call") is not None:
            found["call"] = event["call"]
        return found

    def _parent(self, event: Mapping[str, JsonValue], above: Draft | None) -> Draft:
        named = self._spans.get(clean_id(event.get("span_id")) or "")
        if named is not None and event.get("event") != "span_begin":
            return named
        if above is not None:
            return above
        return self._steps[-1] if self._steps else self._root

    def _begin(self, event: Mapping[str, JsonValue], parent: Draft, moment: int | None) -> None:
        span_id = clean_id(event.get("id"))
        if span_id is None:
            return
        kind = as_text(event.get("type")) or ""
        span = Draft(
            span_id=span_id,
            name=as_text(event.get("name")) or kind,
            span_type=_TYPES.get(kind, "TASK"),
            parent_id=clean_id(event.get("parent_id")) or parent.span_id,
            start_ns=moment,
            ended=False,
        )
        if kind:
            span.attributes["type"] = kind
        self._spans[span_id] = span
        self.drafts.append(span)

    def _end(self, span: Draft | None, moment: int | None) -> None:
        if span is not None:
            span.end_ns, span.ended = moment, True

    def _step(self, event: Mapping[str, JsonValue], parent: Draft, moment: int | None) -> None:
        if event.get("action") == "end":
            # A step that a limit cut off never ends; what it stood in ends all the same.
            names = [step.name for step in self._steps]
            while event.get("name") in names and self._steps:
                step = self._steps.pop()
                if step.name == event.get("name"):
                    self._end(step, moment)
                    break
            return
        kind = as_text(event.get("type")) or ""
        span = Draft(
            span_id=self._new_id("step"),
            name=as_text(event.get("name")) or kind or "step",
            span_type=_TYPES.get(kind, "TASK"),
            parent_id=parent.span_id,
            start_ns=moment,
            ended=False,
        )
        self._steps.append(span)
        self.drafts.append(span)

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{len(self.drafts) + 1}"

    def _model(self, event: Mapping[str, JsonValue], parent: Draft, moment: int | None) -> None:
        told = as_list(event.get("input"))
        if not told and event.get("input_refs"):
            told = from_pool(event["input_refs"], self._pool)
            told = as_list(self._texts.back(told))
        output = as_dict(event.get("output"))
        choices = as_dicts(output.get("choices"))
        said = choices[0].get("message") if choices else None
        known: dict[str, JsonValue] = {
            key: part
            for key, part in event.items()
            if key not in _MODEL_PLACED and part not in (None, "", [], {})
        }
        new = self._new(told, said, known)
        inputs: dict[str, JsonValue] = {"messages": [message(one) for one in new]}
        if as_list(event.get("tools")):
            inputs["tools"] = event["tools"]
        model = as_text(first(output, "model")) or as_text(event.get("model"))
        if model is not None:
            known["gen_ai.response.model"] = model
        used_in, used_out = token_usage(output.get("usage"))
        if used_in is not None:
            known["gen_ai.usage.input_tokens"] = used_in
        if used_out is not None:
            known["gen_ai.usage.output_tokens"] = used_out
        error = as_text(first(event, "error")) or as_text(output.get("error"))
        made: dict[str, JsonValue] = dict(output)
        if choices:
            made["choices"] = [
                choice | {"message": message(choice.get("message"))} for choice in choices
            ]
        self.drafts.append(
            Draft(
                span_id=self._event_id(event, "model"),
                name=as_text(event.get("model")) or "model",
                span_type="LLM",
                parent_id=parent.span_id,
                start_ns=moment,
                end_ns=_end_of(event, moment, output.get("time")),
                error=error,
                inputs=inputs,
                outputs=made or None,
                attributes=known,
            )
        )

    def _event_id(self, event: Mapping[str, JsonValue], kind: str) -> str:
        return clean_id(event.get("uuid")) or self._new_id(kind)

    def _new(
        self, told: list[JsonValue], said: JsonValue, known: dict[str, JsonValue]
    ) -> list[JsonValue]:
        """What a call was told that no call before it in the same conversation was told or said."""
        keys = [key_of(one) for one in told]
        before = 0
        for history in self._histories:
            if len(history) <= len(keys) and keys[: len(history)] == history:
                before = len(history)
                self._histories.remove(history)
                break
        after = [*keys, key_of(said)] if said is not None else keys
        self._histories.insert(0, after)
        del self._histories[_HISTORIES:]
        if before:
            known["messages_before"] = before
        return told[before:]

    def _tool(
        self, event: Mapping[str, JsonValue], parent: Draft, moment: int | None, depth: int
    ) -> None:
        failed = as_dict(event.get("error"))
        name = as_text(event.get("function")) or "tool"
        known: dict[str, JsonValue] = {"gen_ai.tool.name": name}
        if as_text(event.get("id")):
            known["gen_ai.tool.call.id"] = event["id"]
        known |= {
            key: part
            for key, part in event.items()
            if key not in _TOOL_PLACED and part not in (None, "", [], {})
        }
        if failed.get("type"):
            known["error.type"] = failed["type"]
        span = Draft(
            span_id=self._event_id(event, "tool"),
            name=name,
            span_type="TOOL",
            parent_id=parent.span_id,
            start_ns=moment,
            end_ns=_end_of(event, moment, None),
            error=as_text(failed.get("message")) or ("the tool failed" if failed else None),
            inputs=event.get("arguments"),
            outputs=event.get("result"),
            attributes=known,
            ended=event.get("pending") is not True,
        )
        self._within(event, span, depth)

    def _subtask(
        self, event: Mapping[str, JsonValue], parent: Draft, moment: int | None, depth: int
    ) -> None:
        span = Draft(
            span_id=self._event_id(event, "subtask"),
            name=as_text(event.get("name")) or "subtask",
            span_type="TASK",
            parent_id=parent.span_id,
            start_ns=moment,
            end_ns=_end_of(event, moment, None),
            inputs=event.get("input"),
            outputs=event.get("result"),
        )
        self._within(event, span, depth)

    def _within(self, event: Mapping[str, JsonValue], span: Draft, depth: int) -> None:
        self.drafts.append(span)
        inner = as_list(event.get("events"))
        if inner and depth < _DEEPEST:
            self.follow(inner, depth + 1, span)
        elif inner:
            span.attributes["events"] = inner


def _end_of(event: Mapping[str, JsonValue], moment: int | None, seconds: JsonValue) -> int | None:
    ended = nanoseconds(event.get("completed"))
    if ended is not None or moment is None:
        return ended
    took = as_number(first(event, "working_time")) or as_number(seconds)
    return None if took is None else moment + (seconds_to_ns(took) or 0)


def _other(event: Mapping[str, JsonValue], moment: int | None) -> SpanEvent:
    return SpanEvent(
        name=as_text(event.get("event")) or "event",
        time_ns=moment,
        attributes={
            key: part for key, part in event.items() if key not in _PLACED and part is not None
        },
    )
