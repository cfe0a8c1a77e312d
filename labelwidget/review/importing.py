"""Traces into a session: read, copied with ids of their own, kept in transactions of about 200, counted."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.content import previews
from labelwidget.errors import InvalidValueError
from labelwidget.model import Item, Trace
from labelwidget.model.conversation import merged
from labelwidget.readers import Refusal, read_traces
from labelwidget.review.rules import now_ms
from labelwidget.store.base import NewItem, Store

__all__ = ["BATCH", "ImportReport", "import_traces", "new_item"]

BATCH = 200
"""Traces a transaction: what is gained by more is small, what is lost by an interrupt is not."""


class ImportReport(BaseModel):
    """What an `add_traces` did.

    Attributes:
        added: Traces added.
        already_there: Traces that the session held before.
        refused: The bad ones with source, position and reason; the first 1,000.
        refused_count: How many were refused.
    """

    model_config = ConfigDict(frozen=True)

    added: int = 0
    already_there: int = 0
    refused: list[Refusal] = Field(default_factory=list[Refusal])
    refused_count: int = 0

    def __str__(self) -> str:
        """A line for people, with the first reasons."""
        line = f"{self.added:,} added, {self.already_there:,} already there, {self.refused_count:,} refused"
        reasons = "".join(f"\n  {refusal}" for refusal in self.refused[:5])
        more = (
            f"\n  … and {self.refused_count - 5:,} more in session.last_import.refused"
            if self.refused_count > 5
            else ""
        )
        return line + reasons + more


def import_traces(
    store: Store,
    session_id: str,
    source: object,
    *,
    format: str | None = None,  # noqa: A002  the reader's name for it
    columns: dict[str, str | list[str]] | None = None,
    conversations: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Copy traces into a session.

    Args:
        store: Where the session is.
        session_id: The session.
        source: Whatever `readers.read_traces` takes.
        format: The format's name; detected when None.
        columns: Which columns of a frame hold what.
        conversations: Make one item of the traces that share a conversation.
        on_progress: Called after each transaction with the number of traces handled so far.

    Returns:
        What was added, what was there, and what was refused and why.

    Raises:
        InvalidValueError: The source as a whole cannot be read.
    """
    if source is None:
        raise InvalidValueError(
            "trace cannot be None. Must be mlflow.entities.Trace or its json string representation, a DataFrame, "
            "records of inputs and outputs, or a file."
        )
    reader = read_traces(source, format, columns=columns)
    added = already = 0
    for batch in _batches(_conversations(reader) if conversations else reader):
        result = store.add_items(session_id, [new_item(session_id, trace) for trace in batch])
        added += len(result.added)
        already += len(result.already)
        if on_progress is not None:
            on_progress(added + already)
    return ImportReport(
        added=added,
        already_there=already + reader.skipped,
        refused=list(reader.refused),
        refused_count=reader.refused_count,
    )


def _conversations(traces: Iterator[Trace]) -> Iterator[Trace]:
    """Traces of one conversation as one, in the place of its first. All are held until the last was read."""
    groups: dict[str, list[Trace]] = {}
    for number, trace in enumerate(traces):
        key = f"c{trace.conversation_id}" if trace.conversation_id else f"n{number}"
        groups.setdefault(key, []).append(trace)
    for group in groups.values():
        yield merged(group)


def _batches(traces: Iterator[Trace]) -> Iterator[list[Trace]]:
    batch: list[Trace] = []
    for trace in traces:
        batch.append(trace)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def new_item(session_id: str, trace: Trace) -> NewItem:
    """A trace on its way into a session, with an id of its own.

    Args:
        session_id: The session.
        trace: The trace; its id is remembered as the one that was copied.
    """
    item_id = f"tr-{uuid.uuid4().hex}"
    seen = previews(trace)
    item = Item(
        item_id=item_id,
        session_id=session_id,
        position=0,
        source_trace_id=trace.trace_id,
        title=seen.title,
        request=seen.request,
        response=seen.response,
        trace_name=trace.name[:300],
        trace_state=trace.state.value,
        request_time_ms=trace.request_time_ms,
        duration_ms=trace.duration_ms,
        input_tokens=trace.input_tokens,
        output_tokens=trace.output_tokens,
        model_name=trace.model_name,
        conversation_id=trace.conversation_id,
        span_count=len(trace.spans),
        added_at=now_ms(),
    )
    return NewItem(item, trace.model_copy(update={"trace_id": item_id}))
