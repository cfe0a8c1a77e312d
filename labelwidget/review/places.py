"""Labels on a part of a trace: whether the place exists, and the mark for the first thing that went wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final

from labelwidget.content import blocks_from
from labelwidget.content.places import block_of, text_in, texts_of
from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import (
    Anchor,
    Assessment,
    InputText,
    LabelSchema,
    LabelSchemaType,
    Trace,
)
from labelwidget.model.assessment import MAX_QUOTE
from labelwidget.model.event import AnswerChange, AnswerValue, place_of
from labelwidget.review.rules import now_ms
from labelwidget.store.base import Store

__all__ = ["FIRST_ERROR", "check_place", "first_error_schema", "other_marks", "range_of"]

FIRST_ERROR: Final = "first_error"
"""The name of the label on the first step that went wrong; its value is the step's name."""


def check_place(trace: Trace, span_id: str | None, anchor: Anchor | None) -> None:
    """Make sure that a label's place is one of the trace.

    Args:
        trace: The trace.
        span_id: The span, or None.
        anchor: The range of text or the block, or None.

    Raises:
        NotFoundError: The trace has no such span, block or text.
        InvalidValueError: The range is empty, beyond the text, or holds another text than its quote.
    """
    if span_id is not None and trace.span(span_id) is None:
        raise NotFoundError(f"Trace {shown(trace.trace_id)} has no span {shown(span_id)}.")
    if anchor is None:
        return
    block = block_of(trace, anchor.block_id)
    if block is None:
        raise NotFoundError(f"Trace {shown(trace.trace_id)} has no block {shown(anchor.block_id)}.")
    if anchor.is_block:
        return
    text = text_in(trace, block, anchor.part)
    if text is None:
        raise NotFoundError(
            f"The block {shown(anchor.block_id)} has no text {shown(anchor.part)}. The first part of a message is '0'."
        )
    start, end = anchor.start, anchor.end
    if not start < end <= len(text):
        raise InvalidValueError(
            f"The range {start:,} to {end:,} is not in the text {shown(anchor.part)} of the block "
            f"{shown(anchor.block_id)}, which has {len(text):,} characters."
        )
    quote = text[start : min(end, start + MAX_QUOTE)]
    if anchor.quote != quote:
        raise InvalidValueError(
            f"The text from {start:,} to {end:,} is {shown(quote)}, the quote is {shown(anchor.quote)}. "
            "Offsets count characters of the text as it was written."
        )


def range_of(trace: Trace, quote: str) -> Anchor:
    """The first range of a trace's conversation that holds a text.

    Raises:
        NotFoundError: There is none.
    """
    for block in blocks_from(trace, 0) if quote else ():
        for part, text in texts_of(trace, block):
            start = text.find(quote)
            if start >= 0:
                end = start + len(quote)
                kept = quote[:MAX_QUOTE]
                return Anchor(block_id=block.id, part=part, start=start, end=end, quote=kept)
    raise NotFoundError(
        f"No text of the conversation of trace {shown(trace.trace_id)} holds {shown(quote)}. Markdown marks count too."
    )


def first_error_schema(store: Store) -> LabelSchema:
    """The question behind the mark; kept in the store at first use."""
    found = store.schema(FIRST_ERROR, deleted=True)
    if found is not None:
        return found
    stamp = now_ms()
    schema = LabelSchema(
        name=FIRST_ERROR,
        type=LabelSchemaType.FEEDBACK,
        input=InputText(max_length=1_000),
        title="First thing that went wrong",
        enable_comment=True,
        version=1,
        schema_id=f"ls-{uuid.uuid4().hex}",
        created_at=stamp,
        updated_at=stamp,
    )
    store.put_schema(schema)
    return schema


def other_marks(
    answers: Iterable[Assessment], span_id: str | None, anchor: Anchor | None
) -> list[AnswerChange]:
    """The changes that take the mark from where else it is: one step of a trace was the first."""
    here = place_of(span_id, anchor)
    return [
        AnswerChange(
            name=FIRST_ERROR,
            span_id=answer.span_id,
            anchor=answer.anchor,
            before=AnswerValue(value=answer.value, rationale=answer.rationale),
        )
        for answer in answers
        if answer.name == FIRST_ERROR and place_of(answer.span_id, answer.anchor) != here
    ]
