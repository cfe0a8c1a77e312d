"""The rows of the Spans tab: narrow ones for the tree, and one span in full."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from labelwidget.content.blocks import JsonPart, Part

__all__ = ["SpanDetail", "SpanEventDetail", "SpanRow"]


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
