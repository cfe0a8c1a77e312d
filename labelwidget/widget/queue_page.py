"""Pages of the queue table and bulk actions on its rows: messages in, what `review` and the store say out."""

from __future__ import annotations

from collections.abc import Callable

from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model import JsonValue
from labelwidget.model.event import Event
from labelwidget.review import Review
from labelwidget.review.bulk import (
    MAX_BATCH,
    MAX_BULK,
    Bulk,
    BulkResult,
    apply_bulk,
    undo_bulk,
)
from labelwidget.review.comparing import PREFERENCE
from labelwidget.store.queue_store import AnswerFilter, QueueFilter
from labelwidget.widget import views
from labelwidget.widget.pairing import row_item
from labelwidget.widget.protocol import (
    BulkReply,
    BulkRequest,
    QueueReply,
    QueueRequest,
    QueueRow,
    QueueSelectIn,
    TagsReply,
    TagsRequest,
)

__all__ = ["BulkWork", "queue_answer", "queue_page"]

MAX_SHOWN = 300
"""Characters of an answer in a row."""
MAX_KEPT = 4
"""Bulk actions whose traces are remembered, so that they can go on and be undone."""
MAX_TAGS = 500
"""Tags that are offered for completion."""
STRIP_AFTER_BULK = 2_000


def queue_page(review: Review, request: QueueRequest) -> QueueReply:
    """A page of the reviewer's queue.

    Args:
        review: Whose queue.
        request: Filter, search, sort and the page.

    Raises:
        InvalidValueError: An unknown column to sort by.
    """
    store, queue = review.store, review.queue
    wanted = _filter(review, request.select, request.sort)
    page = store.queue_page(wanted, start=request.start, limit=request.limit)
    hidden = review.authority.hidden(page.positions)
    shown = [position for position in page.positions if position not in hidden]
    rows = store.queue_rows(review.session_id, review.reviewer, shown)
    session = review.session
    return QueueReply(
        start=request.start,
        total=page.total,
        rows=[
            QueueRow(
                index=index,
                item=row_item(review, session, row.item, row.answers.get(PREFERENCE)),
                status=row.status,
                answers={name: _short(value) for name, value in row.answers.items()},
                reviewers=[] if review.authority.restricted else row.reviewers,
            )
            for row in rows
            if (index := queue.index_of(row.item.position)) is not None
        ],
        counts=store.queue_counts(
            review.session_id,
            review.reviewer,
            positions=queue.chosen,
            versions=wanted.versions,
        ),
    )


def queue_answer(review: Review, request: QueueRequest | TagsRequest) -> QueueReply | TagsReply:
    """A page of the queue, or the tags that it can be searched for.

    Raises:
        InvalidValueError: An unknown column to sort by.
    """
    return queue_page(review, request) if isinstance(request, QueueRequest) else _tags(review)


def _tags(review: Review) -> TagsReply:
    """The tags of the session, of a restricted reviewer only their own; the most frequent first."""
    whose = review.reviewer if review.authority.restricted else None
    return TagsReply(tags=list(review.store.tags(review.session_id, whose).items())[:MAX_TAGS])


class BulkWork:
    """The bulk actions of one widget: which traces each is about, between its batches."""

    def __init__(self, on_saved: Callable[[Event], None]) -> None:
        """Begin with none.

        Args:
            on_saved: Told of each event that is durable.
        """
        self._on_saved = on_saved
        self._kept: dict[str, list[int]] = {}

    def handle(self, review: Review, request: BulkRequest) -> BulkReply:
        """Do the next batch of a bulk action.

        Raises:
            NotFoundError: The kernel was restarted since the action began.
            LabelWidgetError: See `review.bulk`.
        """
        positions = self._positions(review, request)
        batch = positions[request.offset : request.offset + MAX_BATCH]
        result = _done(review, request, batch)
        for event in result.events:
            self._on_saved(event)
        progress = review.progress
        small = progress.total - progress.pending <= STRIP_AFTER_BULK
        return BulkReply(
            bulk_id=request.bulk_id,
            total=len(positions),
            offset=request.offset + len(batch),
            changed=result.changed,
            unchanged=result.unchanged,
            refused=result.refused,
            reasons=result.reasons,
            progress=progress,
            strip=views.strip(review.queue, review.touched()) if small else None,
            seq=review.store.last_seq(review.session_id),
        )

    def _positions(self, review: Review, request: BulkRequest) -> list[int]:
        known = self._kept.get(request.bulk_id)
        if known is not None:
            return known
        if request.offset:
            raise NotFoundError(
                "The kernel no longer knows which traces were chosen. What was changed is saved; choose the others again."
            )
        if request.action == "undo":
            found = self._kept.get(request.target)
            if found is None:
                raise NotFoundError(
                    "The kernel no longer knows which traces this was about. Undo them one by one with u."
                )
        else:
            found = _chosen(review, request)
        while len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[request.bulk_id] = found
        return found


def _done(review: Review, request: BulkRequest, batch: list[int]) -> BulkResult:
    if request.action == "undo":
        return undo_bulk(review, request.bulk_id, request.target, batch)
    bulk = Bulk(request.action, request.name, request.value)
    return apply_bulk(review, request.bulk_id, bulk, batch)


def _chosen(review: Review, request: BulkRequest) -> list[int]:
    if request.indices is not None:
        return [review.queue.position(index) for index in dict.fromkeys(request.indices)]
    if request.select is None:
        raise InvalidValueError("A bulk action names traces or a filter.")
    page = review.store.queue_page(_filter(review, request.select, ""), start=0, limit=MAX_BULK)
    if page.total > MAX_BULK:
        raise InvalidValueError(
            f"The filter lets {page.total:,} traces through; {MAX_BULK:,} is the most for one action."
        )
    return page.positions


def _filter(review: Review, select: QueueSelectIn, sort: str) -> QueueFilter:
    answer = select.answer
    return QueueFilter(
        session_id=review.session_id,
        reviewer=review.reviewer,
        state=select.state,
        search=select.search,
        answer=None if answer is None else AnswerFilter(answer.name, answer.how, answer.value),
        sort=sort,
        positions=review.queue.chosen,
        versions={question.name: question.version for question in review.questions},
    )


def _short(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…"
    if isinstance(value, list):
        return [_short(part) for part in value[:20]]
    return value
