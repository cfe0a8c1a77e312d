"""A trace → what a person reads. Pure functions; drawing is the browser's.

```
blocks = to_blocks(trace)        # the conversation, in reading order
rows = span_rows(trace)          # the span tree
detail = span_detail(trace, id)  # one span in full
full_text(trace, ref)            # the whole of a part that was sent in part
```
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import cast

from labelwidget.content.blocks import Block
from labelwidget.content.head import LONG_TRACE, head_of
from labelwidget.content.json_text import pretty_json
from labelwidget.content.message import Message, ToolResult
from labelwidget.content.previews import Previews, previews
from labelwidget.content.reading import Reading
from labelwidget.content.search import find_spans
from labelwidget.content.shapes import read_messages
from labelwidget.content.spans import (
    SPAN_REF,
    SpanDetail,
    SpanRow,
    rows_of,
    span_detail,
    span_text,
)
from labelwidget.content.tree import is_model_call
from labelwidget.model import Assessment, JsonValue, Span, SpanEvent, Trace

__all__ = [
    "LONG_TRACE",
    "Block",
    "Message",
    "Previews",
    "Reading",
    "SpanDetail",
    "SpanRow",
    "blocks_from",
    "find_spans",
    "full_text",
    "head_of",
    "input_messages",
    "is_read",
    "media",
    "messages",
    "output_messages",
    "previews",
    "raw_json",
    "span_detail",
    "span_messages",
    "span_rows",
    "to_blocks",
]

_MAX_READINGS = 8

# The latest readings, so that asking for the rest of a part does not read the trace again. They go with their traces.
_latest: tuple[tuple[weakref.ref[Trace], Reading], ...] = ()


def _reading(trace: Trace) -> Reading:
    global _latest  # noqa: PLW0603  # replaced whole: safe from any thread
    latest = tuple(one for one in _latest if one[0]() is not None)
    found = next((reading for kept, reading in latest if kept() is trace), None)
    if found is None:
        found = Reading(trace)
    others = tuple(one for one in latest if one[0]() is not trace)
    _latest = ((weakref.ref(trace), found), *others)[:_MAX_READINGS]
    return found


# The rows asked for last: those of a long trace go in pages.
_latest_rows: tuple[weakref.ref[Trace], list[SpanRow]] | None = None


def span_rows(trace: Trace) -> list[SpanRow]:
    """The span tree as rows, parents before children, children in order of start.

    Args:
        trace: Any trace.

    Returns:
        One row a span.
    """
    global _latest_rows  # noqa: PLW0603  # replaced whole: safe from any thread
    latest = _latest_rows
    if latest is None or latest[0]() is not trace:
        latest = _latest_rows = (weakref.ref(trace), rows_of(trace))
    return list(latest[1])


def is_read(trace: Trace) -> bool:
    """Whether the blocks of a trace are known already, so that asking for them costs little."""
    return any(kept() is trace for kept, _ in _latest)


def blocks_from(trace: Trace, start: int) -> Iterator[Block]:
    """The blocks of a trace from `start` on, as `to_blocks`, each made when it is taken.

    Args:
        trace: Any trace.
        start: How many to leave out.
    """
    return _reading(trace).from_block(start)


def to_blocks(trace: Trace) -> list[Block]:
    """The conversation of a trace, in reading order.

    Args:
        trace: Any trace.

    Returns:
        At least one block for a trace that holds anything. At most `reading.MAX_BLOCKS` and one
        that says how many more there are.
    """
    return list(_reading(trace).blocks)


def full_text(trace: Trace, ref: str) -> str:
    """The whole text of a part that was sent in part.

    Args:
        trace: The trace.
        ref: The part's `ref`, of a block or of a span's detail.

    Returns:
        All of it: text, or JSON text.

    Raises:
        NotFoundError: The trace has no such part.
    """
    return span_text(trace, ref) if ref.startswith(SPAN_REF) else _reading(trace).full_text(ref)


def media(trace: Trace, ref: str) -> tuple[str, bytes]:
    """The bytes of an inline image or audio.

    Args:
        trace: The trace.
        ref: The `ref` of a `MediaPart`.

    Returns:
        Media type, as the first bytes say, and bytes (at most `media.MAX_MEDIA_BYTES`).

    Raises:
        NotFoundError: The trace has no such medium.
        InvalidValueError: The bytes are no raster image or audio, or too many.
    """
    return _reading(trace).media(ref)


def messages(trace: Trace) -> list[Message]:
    """The conversation as messages, repeated history once, in the order shown.

    Args:
        trace: Any trace.

    Returns:
        Messages in normal form.
    """
    return list(_reading(trace).messages)


def input_messages(span: Span) -> list[Message]:
    """The messages that went into a span; empty when its inputs are no conversation."""
    return _messages(span.inputs, "user", span)


def output_messages(span: Span) -> list[Message]:
    """The messages that came out of a span; empty when its outputs are no conversation."""
    return _messages(span.outputs, "assistant", span)


def span_messages(span: Span) -> list[Message]:
    """All messages of a span: what went in, then what came out."""
    return [*input_messages(span), *output_messages(span)]


def raw_json(trace: Trace) -> str:
    """The whole trace as pretty JSON.

    Args:
        trace: Any trace.

    Returns:
        JSON with two spaces a level, key order kept.
    """
    return pretty_json(_fields(trace))


def _fields(value: Trace | Span | SpanEvent | Assessment) -> JsonValue:
    """A model as JSON; the JSON within it is taken as it is, however deep it is nested."""
    if isinstance(value, Assessment):
        return value.model_dump(mode="json")
    found: dict[str, JsonValue] = {}
    for name in type(value).model_fields:
        part: object = getattr(value, name)
        if isinstance(part, tuple):
            found[name] = [_fields(inner) for inner in cast("tuple[Span, ...]", part)]
        elif isinstance(part, StrEnum):
            found[name] = part.value
        else:
            found[name] = cast(JsonValue, part)
    return found


def _messages(value: JsonValue, role: str, span: Span) -> list[Message]:
    if value is None:
        return []
    found = read_messages(value, role=role, model_call=is_model_call(span))
    if found is None:
        return []
    return [apart for message in found.messages for apart in _results_apart(message)]


def _results_apart(message: Message) -> list[Message]:
    """Tool results as messages of the tools, also where a source puts them into the user's."""
    results = message.tool_results
    if message.role != "user" or not results:
        return [message]
    rest = tuple(part for part in message.parts if not isinstance(part, ToolResult))
    apart = [Message("tool", (result,), name=result.name) for result in results]
    return [*apart, replace(message, parts=rest)] if rest else apart
