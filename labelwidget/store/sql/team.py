"""What several reviewers need of a store: a part of `SqlStore`, and the questions that a transaction asks."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Integer,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from labelwidget.errors import InvalidValueError
from labelwidget.model import Assessment, Item, JsonValue
from labelwidget.model.event import Event
from labelwidget.store.sql import reads, rows
from labelwidget.store.sql.prepared import Prepared
from labelwidget.store.sql.tables import (
    JsonText,
    assessments,
    assignments,
    event_items,
    events,
    item_reviews,
    items,
    reservations,
    reviewer_items,
    reviewer_key,
)
from labelwidget.store.team_store import Closed, Reservation

__all__ = ["SqlTeam", "assignees", "reserve", "reserved", "reviews"]

T = TypeVar("T")

_MAX_POSITIONS = 1_000
_ROWS_AT_ONCE = 5_000

_SESSION: BindParameter[str] = bindparam("session_id")
_POSITION: BindParameter[int] = bindparam("position")
_ASSIGNEES = Prepared(
    select(reads.raw(assignments.c.reviewer_key)).where(
        assignments.c.session_id == _SESSION,
        assignments.c.position == _POSITION,
    )
)
_REVIEWS = Prepared(
    select(item_reviews.c.completed).where(
        item_reviews.c.session_id == _SESSION,
        item_reviews.c.position == _POSITION,
    )
)
_RESERVED = Prepared(
    select(reads.raw(reservations.c.reviewer), reservations.c.until).where(
        reservations.c.session_id == _SESSION,
        reservations.c.position == _POSITION,
    )
)
_MINE: BindParameter[JsonValue] = bindparam("reviewer_key", type_=JsonText())
_DONE = (
    select(item_reviews.c.completed)
    .where(
        item_reviews.c.session_id == items.c.session_id,
        item_reviews.c.position == items.c.position,
    )
    .scalar_subquery()
)
_HELD = (
    select(func.count())
    .select_from(reservations)
    .where(
        reservations.c.session_id == items.c.session_id,
        reservations.c.position == items.c.position,
        reservations.c.reviewer_key != _MINE,
        reservations.c.until > bindparam("now", type_=BigInteger()),
    )
    .scalar_subquery()
)
_ASSIGNED = exists().where(
    assignments.c.session_id == items.c.session_id, assignments.c.position == items.c.position
)
_FIRST_FREE = Prepared(
    select(items.c.position)
    .where(
        items.c.session_id == _SESSION,
        items.c.position > bindparam("after", type_=Integer()),
        ~exists().where(
            reviewer_items.c.session_id == items.c.session_id,
            reviewer_items.c.reviewer_key == _MINE,
            reviewer_items.c.position == items.c.position,
            (reviewer_items.c.state == "completed") | (reviewer_items.c.state == "skipped"),
        ),
        or_(
            _ASSIGNED.where(assignments.c.reviewer_key == _MINE),
            ~_ASSIGNED & (func.coalesce(_DONE, 0) + _HELD < bindparam("required", type_=Integer())),
        ),
    )
    .order_by(items.c.position)
    .limit(1)
)
_OF_REVIEWER = and_(
    reservations.c.session_id == bindparam("b_session"),
    reservations.c.position == bindparam("b_position"),
    reservations.c.reviewer_key == bindparam("b_key"),
)
_RELEASE = Prepared(delete(reservations).where(_OF_REVIEWER))
_PROLONG = Prepared(update(reservations).where(_OF_REVIEWER), ["until"])
_RESERVE = Prepared(insert(reservations), reservations.c.keys())


def _place(item: Item) -> dict[str, object]:
    return {"session_id": item.session_id, "position": item.position}


def assignees(connection: Connection, item: Item) -> list[str]:
    """Whom an item is assigned to, by their keys."""
    found = _ASSIGNEES.run(connection, _place(item))
    return [str(rows.decoded(row[0], rows.Codec.JSON)) for row in found]


def reviews(connection: Connection, item: Item) -> int:
    """How many reviewers have completed an item."""
    return int(_REVIEWS.run(connection, _place(item)).scalar() or 0)


def reserved(connection: Connection, item: Item) -> list[Reservation]:
    """Who has an item open."""
    found = _RESERVED.run(connection, _place(item))
    return [Reservation(str(rows.decoded(row[0], rows.Codec.JSON)), row[1]) for row in found]


def reserve(connection: Connection, item: Item, reviewer: str, until: int) -> None:
    """Give an item to a reviewer until then; 0 takes it back."""
    place = {
        "b_session": item.session_id,
        "b_position": item.position,
        "b_key": reviewer_key(reviewer),
    }
    if not until:
        _RELEASE.run(connection, place)
    elif not _PROLONG.run(connection, {**place, "until": until}).rowcount:
        _RESERVE.run(
            connection,
            {
                **_place(item),
                "reviewer_key": reviewer_key(reviewer),
                "reviewer": reviewer,
                "until": until,
            },
        )


class SqlTeam(ABC):
    """See `labelwidget.store.team_store.TeamStore`; a part of `SqlStore`."""

    @property
    @abstractmethod
    def _name(self) -> str: ...

    @abstractmethod
    def _read(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    def _write(self, work: Callable[[Connection], T]) -> T: ...

    def assignments(self, session_id: str) -> dict[str, list[int]]:
        """The positions assigned to each reviewer."""

        def work(connection: Connection) -> dict[str, list[int]]:
            query = (
                select(assignments.c.reviewer, assignments.c.position)
                .where(assignments.c.session_id == session_id)
                .order_by(assignments.c.reviewer_key, assignments.c.position)
            )
            found: dict[str, list[int]] = {}
            for reviewer, position in connection.execute(query):
                found.setdefault(reviewer, []).append(position)
            return found

        return self._read(work)

    def put_assignments(self, session_id: str, wanted: Mapping[str, Sequence[int]]) -> None:
        """Replace all assignments of a session."""
        now = int(time.time() * 1000)
        values = [
            {
                "session_id": session_id,
                "reviewer_key": reviewer_key(reviewer),
                "position": position,
                "reviewer": reviewer,
                "assigned_at": now,
            }
            for reviewer, positions in wanted.items()
            for position in sorted(set(positions))
        ]

        def work(connection: Connection) -> None:
            connection.execute(delete(assignments).where(assignments.c.session_id == session_id))
            for start in range(0, len(values), _ROWS_AT_ONCE):
                connection.execute(insert(assignments), values[start : start + _ROWS_AT_ONCE])

        self._write(work)

    def given_to(self, session_id: str, reviewer: str) -> list[int]:
        """The positions that are the reviewer's or nobody's."""
        mine = select(assignments.c.position).where(
            assignments.c.session_id == session_id,
            assignments.c.reviewer_key == reviewer_key(reviewer),
        )
        nobodys = select(items.c.position).where(
            items.c.session_id == session_id,
            ~exists().where(
                assignments.c.session_id == items.c.session_id,
                assignments.c.position == items.c.position,
            ),
        )
        return self._read(
            lambda connection: sorted(
                {
                    *connection.execute(mine).scalars(),
                    *connection.execute(nobodys).scalars(),
                }
            )
        )

    def closed_to(
        self, session_id: str, reviewer: str, positions: Sequence[int], *, required: int, now: int
    ) -> dict[int, Closed]:
        """Those of some positions that are not for the reviewer now."""
        if len(positions) > _MAX_POSITIONS:
            raise InvalidValueError(
                f"{len(positions):,} positions were asked about; {_MAX_POSITIONS:,} is the most."
            )
        return self._read(
            lambda connection: _closed(
                connection, session_id, reviewer_key(reviewer), positions, required, now
            )
        )

    def first_free(
        self, session_id: str, reviewer: str, *, after: int, required: int, now: int
    ) -> int | None:
        """The first position after `after` that is for the reviewer now."""
        values = {
            "session_id": session_id,
            "reviewer_key": reviewer_key(reviewer),
            "after": after,
            "required": required,
            "now": now,
        }
        return self._read(lambda connection: _FIRST_FREE.run(connection, values).scalar())

    def reservations(self, session_id: str, now: int) -> dict[int, list[Reservation]]:
        """Who has which position open now."""

        def work(connection: Connection) -> dict[int, list[Reservation]]:
            query = (
                select(reservations.c.position, reservations.c.reviewer, reservations.c.until)
                .where(reservations.c.session_id == session_id, reservations.c.until > now)
                .order_by(reservations.c.position, reservations.c.reviewer_key)
            )
            found: dict[int, list[Reservation]] = {}
            for position, reviewer, until in connection.execute(query):
                found.setdefault(position, []).append(Reservation(reviewer, until))
            return found

        return self._read(work)

    def reviewed_by(self, session_id: str) -> dict[int, list[str]]:
        """By position, the reviewers who have done something to it."""

        def work(connection: Connection) -> dict[int, list[str]]:
            query = (
                select(reviewer_items.c.position, reviewer_items.c.reviewer)
                .where(
                    reviewer_items.c.session_id == session_id, reviewer_items.c.state != "pending"
                )
                .order_by(reviewer_items.c.position, reviewer_items.c.reviewer_key)
            )
            found: dict[int, list[str]] = {}
            for position, reviewer in connection.execute(query):
                found.setdefault(position, []).append(reviewer)
            return found

        return self._read(work)

    def item_events(self, item_id: str) -> list[Event]:
        """All that reviewers did to an item."""
        query = (
            select(events.c.seq, events.c.body, events.c.sha256)
            .join(event_items, event_items.c.seq == events.c.seq)
            .where(event_items.c.item_id == item_id)
            .order_by(events.c.seq)
        )
        return self._read(
            lambda connection: [
                rows.event_from(row[0], row[1], row[2], self._name)
                for row in connection.execute(query)
            ]
        )

    def item_history(self, item_id: str) -> list[Assessment]:
        """Every answer ever given to an item."""
        query = reads.select_assessments.where(
            assessments.c.item_id == item_id, assessments.c.prior.is_(False)
        ).order_by(assessments.c.seq)
        return self._read(
            lambda connection: [
                rows.assessment_from(row, self._name) for row in connection.execute(query)
            ]
        )

    def items_of_trace(self, trace_id: str) -> list[Item]:
        """The items whose own id, or whose source's, this is."""

        def work(connection: Connection) -> list[Item]:
            own = reads.item(connection, trace_id, self._name)
            if own is not None:
                return [own]
            query = select(*reads.item_fields).where(items.c.source_trace_id == trace_id)
            return [rows.item_from(row, self._name) for row in connection.execute(query)]

        return self._read(work)


def _closed(
    connection: Connection,
    session_id: str,
    mine: str,
    positions: Sequence[int],
    required: int,
    now: int,
) -> dict[int, Closed]:
    keys: dict[int, set[str]] = {}
    query = select(assignments.c.position, assignments.c.reviewer_key).where(
        assignments.c.session_id == session_id, assignments.c.position.in_(positions)
    )
    for position, key in connection.execute(query):
        keys.setdefault(position, set()).add(cast(str, key))
    free = [position for position in positions if position not in keys]
    # One that is done counts, whoever did it; where it was the reviewer, it is not open for them anyway.
    counts = {
        row[0]: row[1]
        for row in connection.execute(
            select(item_reviews.c.position, item_reviews.c.completed).where(
                item_reviews.c.session_id == session_id, item_reviews.c.position.in_(free)
            )
        )
    }
    held: dict[int, int] = {}
    for position in connection.execute(
        select(reservations.c.position).where(
            reservations.c.session_id == session_id,
            reservations.c.position.in_(free),
            reservations.c.reviewer_key != mine,
            reservations.c.until > now,
        )
    ).scalars():
        held[position] = held.get(position, 0) + 1
    closed: dict[int, Closed] = {
        position: Closed.ASSIGNED for position, found in keys.items() if mine not in found
    }
    for position in free:
        done = counts.get(position, 0)
        if done >= required:
            closed[position] = Closed.DONE
        elif done + held.get(position, 0) >= required:
            closed[position] = Closed.RESERVED
    return closed
