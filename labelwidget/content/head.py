"""The beginning of a very long trace, so that something is there to read before all of it was."""

from __future__ import annotations

from labelwidget.model import Span, Trace

__all__ = ["LONG_TRACE", "head_of"]

LONG_TRACE = 600
"""Spans above which a trace is begun with its head."""
HEAD_SPANS = 120


def head_of(trace: Trace) -> Trace:
    """The trace as it was when its first spans had been recorded.

    Args:
        trace: A trace of more than `LONG_TRACE` spans, or its beginning.

    Returns:
        The first spans; those still running when the last of them began have no outputs yet, and neither has the trace.
    """
    spans = trace.spans[:HEAD_SPANS]
    now = max((span.start_ns for span in spans if span.start_ns is not None), default=None)
    return trace.model_copy(
        update={"spans": tuple(_until(span, now) for span in spans), "outputs": None}
    )


def _until(span: Span, now: int | None) -> Span:
    if now is None or span.end_ns is None or span.end_ns <= now:
        return span
    return span.model_copy(update={"outputs": None})
