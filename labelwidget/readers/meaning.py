"""The answer that every convention for span attributes gives."""

from __future__ import annotations

from typing import NamedTuple

from labelwidget.model import JsonValue

__all__ = ["Meaning"]


class Meaning(NamedTuple):
    """What a convention says of a span.

    Attributes:
        span_type: In the words of `Span.span_type`, or None.
        inputs: What went in, or None.
        outputs: What came out, or None.
        used_in: Attributes that `inputs` holds whole.
        used_out: Attributes that `outputs` holds whole.
    """

    span_type: str | None = None
    inputs: JsonValue = None
    outputs: JsonValue = None
    used_in: frozenset[str] = frozenset()
    used_out: frozenset[str] = frozenset()
