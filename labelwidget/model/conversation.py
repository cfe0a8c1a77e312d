"""Traces of several turns: taken apart into turns, and put together from traces of one conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from labelwidget.model.assessment import Assessment
from labelwidget.model.json import JsonValue
from labelwidget.model.trace import Span, Trace, TraceState
from labelwidget.model.turn import TURNS_KEY

__all__ = ["TurnPart", "merged", "turn_parts"]

MAX_TURNS = 1_000
"""Turns of one conversation that are told apart."""


class TurnPart(NamedTuple):
    """One turn of a trace.

    Attributes:
        span_id: What labels on the turn carry; None for the first, which is labelled like any trace.
        root_id: Its root span, or empty in a trace without spans.
        turn_id: The turn's row, or the trace that it was.
        trace: The turn alone, without spans and assessments.
    """

    span_id: str | None
    root_id: str
    turn_id: str
    trace: Trace


def turn_parts(trace: Trace) -> list[TurnPart]:
    """The turns of a trace, in order; a trace of one run is one turn."""
    root = trace.root
    light = trace.model_copy(update={"spans": (), "assessments": ()})
    first = TurnPart(None, "" if root is None else root.span_id, trace.trace_id, light)
    listed = trace.metadata.get(TURNS_KEY)
    if not isinstance(listed, list) or len(listed) < 2:
        return [first]
    spans = {span.span_id: span for span in trace.spans}
    found: list[TurnPart] = []
    for entry in listed[:MAX_TURNS]:
        known = entry if isinstance(entry, dict) else {}
        span_id, turn_id = known.get("span_id"), known.get("turn_id")
        span = spans.get(span_id) if isinstance(span_id, str) else None
        if span is None or not isinstance(turn_id, str):
            continue
        if not found:
            found.append(first._replace(root_id=span.span_id, turn_id=turn_id))
            continue
        part = light.model_copy(
            update={
                "inputs": span.inputs,
                "outputs": span.outputs,
                "metadata": {},
                "state": TraceState.ERROR if span.status.value == "ERROR" else TraceState.OK,
                "duration_ms": span.duration_ms,
            }
        )
        found.append(TurnPart(span.span_id, span.span_id, turn_id, part))
    return found or [first]


def merged(traces: Sequence[Trace]) -> Trace:
    """The traces of one conversation as one trace, in order of time.

    Args:
        traces: At least one; a single one stays as it is.

    Returns:
        Inputs and outputs of the first, the spans of all; what came along with later ones is on their root spans. The id is the
        conversation's, so that adding it again is noticed.
    """
    if len(traces) == 1:
        return traces[0]
    ordered = sorted(
        traces, key=lambda one: (one.request_time_ms is None, one.request_time_ms or 0)
    )
    first = ordered[0]
    used: set[str] = set()
    spans: list[Span] = []
    assessments: list[Assessment] = []
    turns: list[JsonValue] = []
    for number, trace in enumerate(ordered):
        names = _names(trace, used, number)
        root = trace.root
        root_id = names[root.span_id] if root is not None else f"turn-{number}"
        used.update(names.values())
        if root is None:
            used.add(root_id)
            spans.append(_stand_in(trace, root_id))
        for span in trace.spans:
            update: dict[str, object] = {"span_id": names[span.span_id]}
            if span.parent_id is not None:
                update["parent_id"] = names.get(span.parent_id)
            if span is root:
                # What the source says of the whole run is what this turn was asked and answered.
                update["inputs"] = span.inputs if trace.inputs is None else trace.inputs
                update["outputs"] = span.outputs if trace.outputs is None else trace.outputs
            spans.append(span.model_copy(update=update))
        for one in trace.assessments:
            where = names.get(one.span_id, one.span_id) if one.span_id else None
            place = where or (root_id if number else None)
            assessments.append(one.model_copy(update={"span_id": place}))
        turns.append({"turn_id": trace.trace_id, "span_id": root_id, "trace_id": trace.trace_id})
    failed = any(trace.state is TraceState.ERROR for trace in ordered)
    return first.model_copy(
        update={
            "trace_id": f"conversation-{first.conversation_id}",
            "state": TraceState.ERROR if failed else first.state,
            "duration_ms": sum(trace.duration_ms or 0 for trace in ordered) or None,
            "spans": tuple(spans),
            "metadata": {**first.metadata, TURNS_KEY: turns},
            "assessments": tuple(assessments),
            "input_tokens": sum(trace.input_tokens or 0 for trace in ordered) or None,
            "output_tokens": sum(trace.output_tokens or 0 for trace in ordered) or None,
        }
    )


def _names(trace: Trace, used: set[str], number: int) -> dict[str, str]:
    """Span ids that no turn before has: many tools count from 0 in each trace."""
    clash = any(span.span_id in used for span in trace.spans)
    return {
        span.span_id: f"t{number}.{span.span_id}" if clash else span.span_id for span in trace.spans
    }


def _stand_in(trace: Trace, span_id: str) -> Span:
    start = None if trace.request_time_ms is None else trace.request_time_ms * 1_000_000
    end = None
    if start is not None and trace.duration_ms is not None:
        end = start + int(trace.duration_ms * 1e6)
    return Span(
        span_id=span_id,
        name=trace.name or "turn",
        start_ns=start,
        end_ns=end,
        inputs=trace.inputs,
        outputs=trace.outputs,
    )
