"""The rows of the Spans tab: narrow ones for the tree, and one span in full."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from labelwidget.content.blocks import MAX_INLINE, JsonPart, Part, TextPart
from labelwidget.content.json_text import json_text, printable
from labelwidget.content.tree import steps
from labelwidget.errors import NotFoundError, shown
from labelwidget.model import JsonValue, Span, Trace

__all__ = [
    "SPAN_REF",
    "SpanDetail",
    "SpanEventDetail",
    "SpanRow",
    "rows_of",
    "span_detail",
    "span_text",
]

SPAN_REF = "span:"
"""Refs that begin so ask for a field of a span, not for a part of a block."""

_FIELDS = ("inputs", "outputs", "attributes")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SpanRow(_View):
    """One row of the span tree.

    Attributes:
        span_id: The span.
        parent_id: The span it belongs to, or None for a root.
        depth: 0 for a root.
        name: As the application named it.
        span_type: `LLM`, `TOOL`, `RETRIEVER`, …
        status: `OK`, `ERROR` or `UNSET`.
        start_ms: Milliseconds after the trace's start, or None.
        duration_ms: Milliseconds, or None.
        has_children: Whether it can be folded.
    """

    span_id: str
    parent_id: str | None
    depth: int
    name: str
    span_type: str
    status: str
    start_ms: float | None
    duration_ms: float | None
    has_children: bool


class SpanEventDetail(_View):
    """An event of a span; `time_ms` counts from the span's start."""

    name: str
    time_ms: float | None
    attributes: JsonPart


class SpanDetail(_View):
    """One span in full."""

    row: SpanRow
    status_message: str
    inputs: list[Part]
    outputs: list[Part]
    attributes: JsonPart
    events: list[SpanEventDetail]


def rows_of(trace: Trace) -> list[SpanRow]:
    """The span tree as rows; see `labelwidget.content.span_rows`."""
    first = _start(trace)
    rows: list[SpanRow] = []
    path: list[str] = []
    for step in steps(trace):
        if step.entering:
            rows.append(_row(trace, step.span, step.level, path[-1] if path else None, first))
            path.append(step.span.span_id)
        else:
            path.pop()
    return rows


def span_detail(trace: Trace, span_id: str) -> SpanDetail:
    """One span in full.

    Args:
        trace: The trace.
        span_id: The span's id.

    Returns:
        Its row and its fields; long ones carry their beginning and a ref.

    Raises:
        NotFoundError: The trace has no such span.
    """
    span = _span(trace, span_id)
    by_id = {other.span_id: other for other in trace.spans}
    level, above, seen = 0, by_id.get(span.parent_id or ""), {span.span_id}
    while above is not None and above.span_id not in seen:
        seen.add(above.span_id)
        level += 1
        above = by_id.get(above.parent_id or "")
    parent = span.parent_id if span.parent_id in by_id else None
    inputs, outputs = _part(span, "inputs"), _part(span, "outputs")
    return SpanDetail(
        row=_row(trace, span, level, parent, _start(trace)),
        status_message=printable(span.status_message),
        inputs=[] if inputs is None else [inputs],
        outputs=[] if outputs is None else [outputs],
        attributes=_json(span.attributes, f"{SPAN_REF}attributes:{span_id}"),
        events=[
            SpanEventDetail(
                name=printable(event.name),
                time_ms=None
                if event.time_ns is None or span.start_ns is None
                else (event.time_ns - span.start_ns) / 1e6,
                attributes=_json(event.attributes, f"{SPAN_REF}events.{index}:{span_id}"),
            )
            for index, event in enumerate(span.events)
        ],
    )


def span_text(trace: Trace, ref: str) -> str:
    """The whole text behind a ref of `span_detail`.

    Args:
        trace: The trace.
        ref: As in a part of `SpanDetail`.

    Returns:
        The text, or JSON text.

    Raises:
        NotFoundError: The ref names no field of a span of this trace.
    """
    field, _, span_id = ref.removeprefix(SPAN_REF).partition(":")
    span = _span(trace, span_id)
    name, _, index = field.partition(".")
    if name == "events" and index.isdecimal() and len(index) < 9 and int(index) < len(span.events):
        return json_text(span.events[int(index)].attributes)
    if field not in _FIELDS:
        raise NotFoundError(f"{shown(ref)} names no field of a span.")
    value = _value(span, field)
    return printable(value) if isinstance(value, str) else json_text(value)


def _start(trace: Trace) -> int:
    return min((span.start_ns for span in trace.spans if span.start_ns is not None), default=0)


def _row(trace: Trace, span: Span, depth: int, parent: str | None, first: int) -> SpanRow:
    return SpanRow(
        span_id=span.span_id,
        parent_id=parent,
        depth=depth,
        name=printable(span.name),
        span_type=printable(span.span_type),
        status=span.status.value,
        start_ms=None if span.start_ns is None else (span.start_ns - first) / 1e6,
        duration_ms=span.duration_ms,
        has_children=bool(trace.children(span.span_id)),
    )


def _span(trace: Trace, span_id: str) -> Span:
    span = trace.span(span_id)
    if span is None:
        raise NotFoundError(
            f"The trace {shown(trace.trace_id)} has no span {shown(span_id)}; "
            f"it has {len(trace.spans):,} others."
        )
    return span


def _value(span: Span, field: str) -> JsonValue:
    if field == "inputs":
        return span.inputs
    return span.outputs if field == "outputs" else span.attributes


def _part(span: Span, field: str) -> Part | None:
    value = _value(span, field)
    if value is None:
        return None
    ref = f"{SPAN_REF}{field}:{span.span_id}"
    if not isinstance(value, str):
        return _json(value, ref)
    text = printable(value)
    long = len(text) > MAX_INLINE
    return TextPart(text=text[:MAX_INLINE], length=len(text), ref=ref if long else None)


def _json(value: JsonValue, ref: str) -> JsonPart:
    text = json_text(value)
    long = len(text) > MAX_INLINE
    return JsonPart(json_text=text[:MAX_INLINE], length=len(text), ref=ref if long else None)
