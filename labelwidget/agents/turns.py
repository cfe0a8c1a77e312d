"""What an agent said as a trace, and the turns of a conversation as the one trace that an item shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from labelwidget.agents.asked import Asked
from labelwidget.agents.failure import hide_in, secrets
from labelwidget.agents.run import Outcome
from labelwidget.content import previews
from labelwidget.model import Item, JsonValue, Span, SpanEvent, SpanStatus, Trace, TraceState
from labelwidget.model.json import dumps, loads
from labelwidget.model.turn import TURNS_KEY, Turn

__all__ = ["item_of", "shown_trace", "turn_trace"]

_TOTALS = ("input_tokens", "output_tokens", "duration_ms")


def turn_trace(turn_id: str, agent: str, asked: Asked, outcome: Outcome) -> Trace:
    """The trace of one turn: a root span of ours, and under it whatever the agent's instrumentation recorded.

    Args:
        turn_id: Also the root span's id, so that labels on a turn stay with it.
        agent: The agent's name.
        asked: What it was asked.
        outcome: What came of it.
    """
    answer, failure = outcome.answer, outcome.failure
    outputs = None if answer.empty else answer.outputs()
    events: tuple[SpanEvent, ...] = ()
    status, message = SpanStatus.OK, ""
    if failure is not None:
        status, message = SpanStatus.ERROR, f"{failure.type}: {failure.message}"
        attributes: dict[str, JsonValue] = {
            "exception.type": failure.type,
            "exception.message": failure.message,
            "exception.stacktrace": failure.traceback,
        }
        events = (SpanEvent(name="exception", time_ns=outcome.end_ns, attributes=attributes),)
    about: dict[str, JsonValue] = {"agent": agent}
    if outcome.stopped:
        about["stopped"] = True
    if answer.cost is not None:
        about["cost"] = answer.cost
    root = Span(
        span_id=turn_id,
        name=agent or "agent",
        span_type="AGENT",
        start_ns=outcome.start_ns,
        end_ns=outcome.end_ns,
        status=status,
        status_message=message,
        inputs=asked.inputs,
        outputs=outputs,
        attributes=about,
        events=events,
    )
    trace = Trace(
        trace_id=turn_id,
        name=agent,
        state=TraceState.OK if failure is None else TraceState.ERROR,
        request_time_ms=outcome.start_ns // 1_000_000,
        duration_ms=(outcome.end_ns - outcome.start_ns) / 1e6,
        inputs=asked.inputs,
        outputs=outputs,
        spans=(root, *_below(root, outcome.spans)),
        metadata=about,
        conversation_id=asked.conversation_id or None,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        model_name=answer.model_name,
        format="agent",
    )
    return _without_secrets(trace)


def _below(root: Span, spans: Sequence[Span]) -> list[Span]:
    """The agent's own spans under the root of the turn, with ids that no other turn has."""
    known = {span.span_id for span in spans}
    return [
        span.model_copy(
            update={
                "span_id": f"{root.span_id}.{span.span_id}",
                "parent_id": f"{root.span_id}.{span.parent_id}"
                if span.parent_id in known
                else root.span_id,
            }
        )
        for span in spans
    ]


def _without_secrets(trace: Trace) -> Trace:
    known = secrets()
    text = dumps(trace.to_json()).decode("utf-8", "replace")
    if not any(secret in text for secret in known):
        return trace
    return Trace.model_validate(hide_in(loads(text), known))


def shown_trace(item_id: str, origin: Trace, turns: Sequence[tuple[Turn, Trace]]) -> Trace:
    """What an item shows: its turns one after the other, with what came along with the item.

    Args:
        item_id: The item.
        origin: Its trace as it was added.
        turns: The turns of the branch that is shown, an origin with a response among them; none shows the origin.

    Returns:
        Inputs and outputs of the first turn, the spans of all. The roots are the turns' `span_id`s; a trace of several turns
        lists them in its metadata (`TURNS_KEY`).
    """
    if not turns:
        return origin
    first = turns[0][1]
    metadata = {**origin.metadata, **first.metadata}
    if len(turns) > 1:
        metadata[TURNS_KEY] = [
            {"turn_id": turn.turn_id, "span_id": turn.span_id, "trace_id": trace.trace_id}
            for turn, trace in turns
        ]
    traces = [trace for _, trace in turns]
    last = next((trace for trace in reversed(traces) if trace.model_name), None)
    totals = {name: _total(traces, name) for name in _TOTALS}
    return first.model_copy(
        update={
            "trace_id": item_id,
            "name": origin.name or first.name,
            "state": traces[-1].state,
            "inputs": origin.inputs,
            "spans": tuple(span for trace in traces for span in trace.spans),
            "tags": {**origin.tags, **first.tags},
            "metadata": metadata,
            "assessments": origin.assessments,
            "conversation_id": origin.conversation_id or first.conversation_id,
            "model_name": last.model_name if last is not None else None,
            **totals,
        }
    )


def _total(traces: Sequence[Trace], name: str) -> float | None:
    values = [cast("float | None", getattr(trace, name)) for trace in traces]
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def item_of(item: Item, trace: Trace, first: Trace | None) -> Item:
    """The narrow row of an item that shows another trace: what it asks stays, what it answers is that of the first turn.

    Args:
        item: The row so far.
        trace: What is shown.
        first: The first turn; None where it is the item's own trace, whose previews stay.
    """
    seen = None if first is None else previews(first)
    return item.model_copy(
        update={
            "title": item.title or (seen.title if seen else ""),
            "request": item.request or (seen.request if seen else ""),
            "response": item.response if seen is None else seen.response,
            "trace_name": trace.name[:300],
            "trace_state": trace.state.value,
            "request_time_ms": trace.request_time_ms,
            "duration_ms": trace.duration_ms,
            "input_tokens": trace.input_tokens,
            "output_tokens": trace.output_tokens,
            "model_name": trace.model_name,
            "conversation_id": trace.conversation_id,
            "span_count": len(trace.spans),
        }
    )
