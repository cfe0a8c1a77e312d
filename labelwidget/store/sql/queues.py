"""Pages of the queue table: filter, search and sort in the database, over narrow rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, select

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue, ReviewerItem
from labelwidget.model.json import dumps_ascii
from labelwidget.store.queue_store import (
    QUEUE_SORTS,
    QueueFilter,
    QueuePage,
    QueueRow,
)
from labelwidget.store.sql import reads, rows, search
from labelwidget.store.sql.queue_filters import (
    answered,
    answers_of,
    but_touched_in,
    counted,
    mine,
    numbers,
    queue_counts,
    state_conditions,
    touched_in,
)
from labelwidget.store.sql.queue_memo import QueueMemo, items_stamp
from labelwidget.store.sql.tables import (
    assessments,
    current_answers,
    item_keys,
    items,
    reviewer_counters,
    reviewer_items,
    reviewer_key,
)

__all__ = ["SqlQueues"]

T = TypeVar("T")

_MAX_ROWS = 1_000
_MAX_SORTED = 2_000
"""As far down a sorted list the database finds a page faster than the whole list."""
_MAX_NAMED = 2_000
"""So many hits of a search are named to the database; more are picked out of its answer."""
_OF_STATUS = {
    "state": reviewer_items.c.state,
    "time_on_task": reviewer_items.c.duration_ms,
    "reviewed_at": reviewer_items.c.updated_at,
}
_OF_ITEMS = tuple(one for one in QUEUE_SORTS if one in item_keys.c and one not in _OF_STATUS)


class _Parts(NamedTuple):
    """A query in the making: where positions come from, what they must fulfil, and their order."""

    source: FromClause
    position: ColumnElement[int]
    conditions: list[ColumnElement[bool]]
    order: list[ColumnElement[Any]]


class SqlQueues(ABC):
    """See `labelwidget.store.queue_store.QueueStore`; a part of `SqlStore`."""

    @property
    @abstractmethod
    def _name(self) -> str: ...

    _memo: QueueMemo

    @abstractmethod
    def _read(self, work: Callable[[Connection], T]) -> T: ...

    def search(self, session_id: str, text: str, reviewer: str | None = None) -> list[int]:
        """The positions of the items in which all words of a text occur."""
        return self._read(
            lambda connection: sorted(search.hits(connection, session_id, text, reviewer))
        )

    def tags(self, session_id: str, reviewer: str | None = None) -> dict[str, int]:
        """The tags in notes, the most frequent first, with how many notes have each."""
        return self._read(lambda connection: search.tags(connection, session_id, reviewer))

    def queue_page(self, wanted: QueueFilter, *, start: int = 0, limit: int = 100) -> QueuePage:
        """A page of the positions that a filter lets through, in its order."""
        sort = wanted.sort.removeprefix("-")
        if sort and not sort.startswith("answer:") and sort not in QUEUE_SORTS:
            raise InvalidValueError(
                f"The queue cannot be sorted by {shown(sort)}; sort by one of {shown(QUEUE_SORTS, 400)} or 'answer:<question>'."
            )
        return self._read(lambda connection: _page(connection, self._memo, wanted, start, limit))

    def queue_rows(
        self, session_id: str, reviewer: str, positions: Sequence[int]
    ) -> list[QueueRow]:
        """The rows at some positions, in the order of the positions."""
        return self._read(
            lambda connection: _rows(
                connection, session_id, reviewer, list(positions)[:_MAX_ROWS], self._name
            )
        )

    def queue_counts(
        self,
        session_id: str,
        reviewer: str,
        *,
        positions: Sequence[int] | None = None,
        versions: Mapping[str, int],
    ) -> dict[str, int]:
        """How many items each state of `QueueState` lets through."""
        base = QueueFilter(session_id, reviewer, positions=positions, versions=versions)
        chosen = None if positions is None else hash(tuple(positions))
        question = ("counts", session_id, reviewer_key(reviewer), _versions(base), chosen)

        def counts(connection: Connection) -> dict[str, int]:
            stamp = self._memo.reviewer_stamp(connection, session_id, reviewer)
            return dict(self._memo.get(question, stamp, lambda: queue_counts(connection, base)))

        return self._read(counts)


def _page(
    connection: Connection, memo: QueueMemo, wanted: QueueFilter, start: int, limit: int
) -> QueuePage:
    if wanted.state == "all" and not (wanted.search.strip() or wanted.answer or wanted.sort):
        return _as_added(connection, wanted, start, limit)
    total = _known_total(connection, wanted)
    by_items = not wanted.sort or wanted.sort.removeprefix("-") in _OF_ITEMS
    if total is not None and by_items and start + limit <= _MAX_SORTED:
        parts = _parts(wanted)
        query = select(parts.position).select_from(parts.source).where(*parts.conditions)
        found = connection.execute(query.order_by(*parts.order).offset(start).limit(limit))
        return QueuePage(total, list(found.scalars()))
    # To count costs as much as to list: numbers alone, so that one query does both.
    stamp = memo.reviewer_stamp(connection, wanted.session_id, wanted.reviewer)
    positions: Sequence[int] = memo.get(
        _question(wanted), stamp, lambda: array("L", _filtered(connection, memo, wanted))
    )
    if wanted.positions is not None:
        positions = _within(positions, wanted.positions, sorted_too=wanted.sort != "")
    return QueuePage(len(positions), list(positions[start : start + limit]))


def _question(wanted: QueueFilter) -> Hashable:
    """A filter without its chosen queue, for the memo."""
    answer = wanted.answer
    asked = None if answer is None else (answer.name, answer.how, dumps_ascii(answer.value))
    who = (wanted.session_id, reviewer_key(wanted.reviewer))
    return ("positions", *who, wanted.state, wanted.search, asked, wanted.sort, _versions(wanted))


def _versions(wanted: QueueFilter) -> Hashable:
    return tuple(sorted(wanted.versions.items()))


def _filtered(connection: Connection, memo: QueueMemo, wanted: QueueFilter) -> Sequence[int]:
    hits = None
    if wanted.search.strip():
        hits = search.hits(connection, wanted.session_id, wanted.search, wanted.reviewer)
        if not hits:
            return []
        if wanted.state == "all" and not (wanted.answer or wanted.sort):
            return sorted(hits)
    few = hits is not None and len(hits) <= _MAX_NAMED
    if not few and wanted.sort:
        return _passing(connection, _sorted(connection, memo, wanted), wanted, hits)
    parts = _parts(wanted)
    if few and hits is not None:
        parts.conditions.append(parts.position.in_(hits))
    query = select(parts.position).select_from(parts.source).where(*parts.conditions)
    found = numbers(connection, query.order_by(*parts.order))
    return found if few or hits is None else [one for one in found if one in hits]


def _sorted(connection: Connection, memo: QueueMemo, wanted: QueueFilter) -> Sequence[int]:
    """All items in an order. What a column of theirs says is not changed by labels: it stays while a reviewer works."""
    if wanted.sort.removeprefix("-") in _OF_ITEMS:
        parts = _parts(QueueFilter(wanted.session_id, wanted.reviewer, sort=wanted.sort))
        query = select(parts.position).where(*parts.conditions).order_by(*parts.order)
        question = ("order", wanted.session_id, wanted.sort)
        stamp = items_stamp(connection, wanted.session_id)
        return memo.get(question, stamp, lambda: array("L", numbers(connection, query)))
    return memo.get(
        ("order", wanted.session_id, wanted.sort, reviewer_key(wanted.reviewer)),
        memo.reviewer_stamp(connection, wanted.session_id, wanted.reviewer),
        lambda: array("L", _sorted_by_labels(connection, wanted)),
    )


def _sorted_by_labels(connection: Connection, wanted: QueueFilter) -> list[int]:
    """Those with a label of the reviewer in its order; behind them, as without any value, all others."""
    sort, descending = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    if sort in _OF_STATUS:
        position, conditions = reviewer_items.c.position, mine(wanted)
        keys: list[ColumnElement[Any]] = [_OF_STATUS[sort]]
    else:
        position = current_answers.c.position
        conditions = answers_of(wanted, sort.removeprefix("answer:"))
        conditions.append(current_answers.c.value.is_not(None))
        keys = [current_answers.c.number, func.lower(current_answers.c.value)]
    query = select(position).where(*conditions).order_by(*_directed(keys, descending), position)
    first = numbers(connection, query)
    labelled = set(first)
    total = reads.count_items(connection, wanted.session_id)
    return first + [one for one in range(total) if one not in labelled]


def _passing(
    connection: Connection, ordered: Sequence[int], wanted: QueueFilter, hits: set[int] | None
) -> Sequence[int]:
    """Those of an order that the rest of the filter lets through."""
    allowed = hits
    if wanted.answer is not None:
        position = item_keys.c.position
        query = select(position).where(
            item_keys.c.session_id == wanted.session_id, answered(wanted, wanted.answer, position)
        )
        found = set(numbers(connection, query))
        allowed = found if allowed is None else allowed & found
    if wanted.state != "all":
        but = but_touched_in(wanted)
        if but is not None:
            outside = set(numbers(connection, but))
            if allowed is None:
                return [one for one in ordered if one not in outside]
            allowed = allowed - outside
        else:
            inside = touched_in(wanted, wanted.state)
            found = set[int]() if inside is None else set(numbers(connection, inside))
            allowed = found if allowed is None else allowed & found
    return ordered if allowed is None else [one for one in ordered if one in allowed]


def _within(found: Sequence[int], queue: Sequence[int], *, sorted_too: bool) -> list[int]:
    """What was found of a chosen queue, in the order of the queue where nothing else is asked for."""
    if sorted_too:
        chosen = set(queue)
        return [position for position in found if position in chosen]
    passed = set(found)
    return [position for position in queue if position in passed]


def _as_added(connection: Connection, wanted: QueueFilter, start: int, limit: int) -> QueuePage:
    if wanted.positions is None:
        total = reads.count_items(connection, wanted.session_id)
        return QueuePage(total, list(range(total)[start : start + limit]))
    return QueuePage(len(wanted.positions), list(wanted.positions[start : start + limit]))


def _known_total(connection: Connection, wanted: QueueFilter) -> int | None:
    """The total where a counter knows it."""
    if wanted.search.strip() or wanted.answer is not None or wanted.positions is not None:
        return None
    if wanted.state in ("noted", "outdated"):
        return None
    return counted(connection, wanted)[wanted.state]


def _parts(wanted: QueueFilter) -> _Parts:
    """The query for a filter, but for its search and its chosen queue."""
    sort, descending = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    answer_name = sort.removeprefix("answer:") if sort.startswith("answer:") else None
    # Narrowest first: positions alone are in an index of `items`, what they are sorted by in `item_keys`.
    table = item_keys if sort in item_keys.c and sort not in _OF_STATUS else items
    position = table.c.position
    source: FromClause = table
    conditions: list[ColumnElement[bool]] = [table.c.session_id == wanted.session_id]
    order: list[ColumnElement[Any]] = [position]

    conditions += state_conditions(wanted, position)
    if wanted.answer is not None:
        conditions.append(answered(wanted, wanted.answer, position))
    keys: list[ColumnElement[Any]] = []
    if answer_name is not None:
        on = [current_answers.c.position == position, *answers_of(wanted, answer_name)]
        source = source.outerjoin(current_answers, and_(*on))
        keys = [current_answers.c.number, func.lower(current_answers.c.value)]
        order = [*_directed(keys, descending), *order]
    elif sort in _OF_STATUS:
        source = source.outerjoin(
            reviewer_items, and_(reviewer_items.c.position == position, *mine(wanted))
        )
        order = [*_directed([_OF_STATUS[sort]], descending), *order]
    elif sort:
        order = [*_directed([item_keys.c[sort]], descending), *order]
    return _Parts(source, position, conditions, order)


def _directed(keys: Sequence[ColumnElement[Any]], descending: bool) -> list[ColumnElement[Any]]:
    return [(key.desc() if descending else key.asc()).nulls_last() for key in keys]


def _rows(
    connection: Connection, session_id: str, reviewer: str, positions: list[int], where: str
) -> list[QueueRow]:
    query = select(*reads.item_fields).where(
        items.c.session_id == session_id, items.c.position.in_(positions)
    )
    found = {
        item.position: item
        for item in (rows.item_from(row, where) for row in connection.execute(query))
    }
    statuses: dict[int, ReviewerItem] = {}
    reviewers: dict[int, list[str]] = {}
    mine = reviewer_key(reviewer)
    for row in connection.execute(_touched_by(connection, session_id, positions)):
        reviewers.setdefault(row.position, []).append(row.reviewer)
        if row.reviewer_key == mine:
            statuses[row.position] = rows.reviewer_item_from(row[:5])
    answers = _answers(
        connection, mine, [item.item_id for item in found.values() if item.position in statuses]
    )
    return [
        QueueRow(
            item,
            statuses.get(position) or ReviewerItem(),
            answers.get(item.item_id, {}),
            sorted(reviewers.get(position, [])),
        )
        for position in positions
        if (item := found.get(position)) is not None
    ]


def _touched_by(
    connection: Connection, session_id: str, positions: Sequence[int]
) -> Select[*tuple[Any, ...]]:
    # Named, so that the database goes straight to each reviewer's rows instead of through all of them.
    keys = connection.execute(
        select(reviewer_counters.c.reviewer_key)
        .where(reviewer_counters.c.session_id == session_id)
        .limit(100)
    ).scalars()
    return select(
        reviewer_items.c.state,
        reviewer_items.c.flagged,
        reads.raw(reviewer_items.c.note),
        reviewer_items.c.duration_ms,
        reviewer_items.c.updated_at,
        reviewer_items.c.position,
        reviewer_items.c.reviewer_key,
        reviewer_items.c.reviewer,
    ).where(
        reviewer_items.c.session_id == session_id,
        reviewer_items.c.reviewer_key.in_(list(keys)),
        reviewer_items.c.position.in_(positions),
    )


def _answers(
    connection: Connection, key: str, item_ids: Sequence[str]
) -> dict[str, dict[str, JsonValue]]:
    query = (
        select(assessments.c.item_id, assessments.c.name, assessments.c.value)
        .where(
            assessments.c.item_id.in_(item_ids),
            assessments.c.valid.is_(True),
            assessments.c.prior.is_(False),
            assessments.c.source_type == "HUMAN",
            assessments.c.source_key == key,
            assessments.c.place == "",
        )
        .order_by(assessments.c.seq)
    )
    found: dict[str, dict[str, JsonValue]] = {}
    for item_id, name, value in connection.execute(query):
        found.setdefault(item_id, {})[name] = value
    return found
