"""Pages of the queue table: filter, search, sort, and the rows asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import ItemState, JsonValue, ReviewerItem
from labelwidget.review import Review
from labelwidget.store.base import TouchedItem
from labelwidget.widget.protocol import QueueReply, QueueRequest, QueueRow

__all__ = ["queue_page"]

_SORTABLE = (
    "title",
    "response",
    "trace_name",
    "trace_state",
    "request_time_ms",
    "duration_ms",
    "input_tokens",
    "output_tokens",
    "model_name",
    "span_count",
)
_SEARCHED = ("title", "request", "response", "trace_name", "source_trace_id")
_DECIDED = (ItemState.COMPLETED, ItemState.SKIPPED)


def queue_page(review: Review, request: QueueRequest) -> QueueReply:
    """A page of the reviewer's queue.

    Args:
        review: Whose queue.
        request: Filter, search, sort and the page.

    Raises:
        InvalidValueError: An unknown column to sort by.
    """
    total = len(review.queue)
    touched = {
        index: item
        for item in review.touched()
        if (index := review.queue.index_of(item.position)) is not None
    }
    indices = _filtered(request.state, total, touched)
    if request.search.strip() or request.sort:
        indices = _ordered(review, indices, request.search, request.sort)
    page = indices[request.start : request.start + request.limit]
    return QueueReply(
        start=request.start,
        total=len(indices),
        rows=_rows(review, page, touched),
        counts=_counts(total, touched),
    )


def _filtered(state: str, total: int, touched: dict[int, TouchedItem]) -> Sequence[int]:
    if state == "all":
        return range(total)
    if state == "flagged":
        return sorted(index for index, item in touched.items() if item.status.flagged)
    if state == "open":
        decided = {index for index, item in touched.items() if item.status.state in _DECIDED}
        return [index for index in range(total) if index not in decided]
    if state == "pending":
        return [
            index
            for index in range(total)
            if index not in touched or touched[index].status.state is ItemState.PENDING
        ]
    return sorted(index for index, item in touched.items() if item.status.state == state)


def _counts(total: int, touched: dict[int, TouchedItem]) -> dict[str, int]:
    counts = {"all": total, "completed": 0, "skipped": 0, "in_progress": 0, "flagged": 0}
    for item in touched.values():
        counts["flagged"] += item.status.flagged
        if item.status.state is not ItemState.PENDING:
            counts[item.status.state.value] += 1
    counts["open"] = total - counts["completed"] - counts["skipped"]
    counts["pending"] = counts["open"] - counts["in_progress"]
    return counts


def _ordered(review: Review, indices: Sequence[int], search: str, sort: str) -> list[int]:
    columns = review.store.item_columns(review.session_id)
    wanted = search.strip().casefold()
    found = list(indices)
    if wanted:
        texts = [columns[name] for name in _SEARCHED]
        found = [
            index
            for index in found
            if any(wanted in str(text[review.queue.position(index)]).casefold() for text in texts)
        ]
    if sort:
        name = sort.removeprefix("-")
        if name not in _SORTABLE:
            raise InvalidValueError(
                f"The queue cannot be sorted by {shown(name)}; sort by one of {shown(_SORTABLE, 300)}."
            )
        column = columns[name]
        keyed = [(index, column[review.queue.position(index)]) for index in found]
        present = sorted(
            (pair for pair in keyed if pair[1] is not None),
            key=lambda pair: _key(pair[1]),
            reverse=sort.startswith("-"),
        )
        found = [index for index, _ in present] + [index for index, value in keyed if value is None]
    return found


def _key(value: JsonValue) -> tuple[float, str]:
    return (
        (float(value), "")
        if isinstance(value, (int, float))
        else (0.0, cast(str, value).casefold())
    )


def _rows(review: Review, page: Sequence[int], touched: dict[int, TouchedItem]) -> list[QueueRow]:
    rows: list[QueueRow] = []
    for index in page:
        item = review.store.item_at(review.session_id, review.queue.position(index))
        if item is None:
            continue
        seen = touched.get(index)
        answers = review.answers(item.item_id)[0] if seen is not None else []
        values = {
            answer.name: answer.value
            for answer in answers
            if answer.span_id is None and answer.anchor is None
        }
        rows.append(
            QueueRow(
                index=index,
                item=item,
                status=seen.status if seen is not None else ReviewerItem(),
                answers=values,
            )
        )
    return rows
