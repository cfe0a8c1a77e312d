"""The writing side of one reviewer's work: events, answers, states and the counters behind progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    bindparam,
    case,
    insert,
    select,
    update,
)

from labelwidget.errors import ConflictError, NotFoundError, shown
from labelwidget.model import Assessment, Item, ItemState, LabelSchema, ReviewerItem, SessionInfo
from labelwidget.model.event import Event
from labelwidget.model.resolver import is_resolver
from labelwidget.store.sql import journal, reads, rows, search, team
from labelwidget.store.sql.journal import Op
from labelwidget.store.sql.keys import forget_answer, keep_answer
from labelwidget.store.sql.prepared import Prepared
from labelwidget.store.sql.tables import (
    assessments,
    event_items,
    events,
    item_reviews,
    items,
    reviewer_counters,
    reviewer_items,
    reviewer_key,
)
from labelwidget.store.team_store import Reservation

__all__ = ["SqlTransaction"]


_BY_EVENT = Prepared(
    select(events.c.seq, events.c.body, events.c.sha256).where(
        events.c.event_id == bindparam("event_id")
    )
)
_LOCK = Prepared(
    select(items.c.position)
    .where(items.c.item_id == bindparam("item_id"))
    .with_for_update(key_share=True)
)
_CURRENT = Prepared(
    reads.select_assessments.where(
        assessments.c.item_id == bindparam("item_id"),
        assessments.c.source_key == bindparam("source_key"),
        assessments.c.source_type == "HUMAN",
        assessments.c.name == bindparam("name"),
        assessments.c.place == bindparam("place"),
        assessments.c.valid.is_(True),
        assessments.c.prior.is_(False),
    )
    .order_by(assessments.c.seq.desc())
    .limit(1)
)
_INSERT_EVENT = insert(events)
_INSERT_EVENT_ITEM = Prepared(insert(event_items), event_items.c.keys())
_INSERT_ANSWER = Prepared(
    insert(assessments), [column.name for column in assessments.c if column.name != "seq"]
)
_INSERT_STATUS = Prepared(insert(reviewer_items), reviewer_items.c.keys())
_UPDATE_STATUS = Prepared(
    update(reviewer_items).where(
        reviewer_items.c.session_id == bindparam("b_session"),
        reviewer_items.c.reviewer_key == bindparam("b_key"),
        reviewer_items.c.position == bindparam("b_position"),
    ),
    ["state", "flagged", "note", "duration_ms", "updated_at"],
)
_SEQ: BindParameter[int] = bindparam("d_seq", type_=BigInteger())
_COUNT = Prepared(
    update(reviewer_counters)
    .where(
        reviewer_counters.c.session_id == bindparam("b_session"),
        reviewer_counters.c.reviewer_key == bindparam("b_key"),
    )
    .values(
        completed=reviewer_counters.c.completed + bindparam("d_completed"),
        skipped=reviewer_counters.c.skipped + bindparam("d_skipped"),
        in_progress=reviewer_counters.c.in_progress + bindparam("d_in_progress"),
        flagged=reviewer_counters.c.flagged + bindparam("d_flagged"),
        last_seq=case(
            (reviewer_counters.c.last_seq < _SEQ, _SEQ),
            else_=reviewer_counters.c.last_seq,
        ),
    )
)
_COUNT_REVIEWS = Prepared(
    update(item_reviews)
    .where(
        item_reviews.c.session_id == bindparam("b_session"),
        item_reviews.c.position == bindparam("b_position"),
    )
    .values(completed=item_reviews.c.completed + bindparam("d_completed"))
)
_INSERT_REVIEWS = Prepared(insert(item_reviews), item_reviews.c.keys())
_INVALIDATE_ON_ITEM = Prepared(
    update(assessments)
    .where(
        assessments.c.item_id == bindparam("b_item"),
        assessments.c.assessment_id == bindparam("b_id"),
    )
    .values(valid=False)
)
_INVALIDATE = Prepared(
    update(assessments)
    .where(assessments.c.assessment_id == bindparam("b_id"), assessments.c.prior.is_(False))
    .values(valid=False)
)
_COUNTED = {
    ItemState.COMPLETED: "completed",
    ItemState.SKIPPED: "skipped",
    ItemState.IN_PROGRESS: "in_progress",
}


@dataclass
class _Counts:
    """What a transaction adds to a reviewer's counters."""

    reviewer: str
    completed: int = 0
    skipped: int = 0
    in_progress: int = 0
    flagged: int = 0
    last_seq: int = 0


class SqlTransaction:
    """See `labelwidget.store.base.Transaction`.

    Args:
        connection: In a transaction.
        where: The store, for messages.
    """

    def __init__(self, connection: Connection, where: str) -> None:
        self.connection = connection
        self.where = where
        self.ops: list[Op] = []
        """What was changed so far, for the journal."""
        self._counts: dict[tuple[str, str], _Counts] = {}
        # What was read already: the review core asks first, and what it then writes has to ask again.
        self._absent: set[str] = set()
        self._statuses: dict[tuple[str, str], ReviewerItem | None] = {}

    # Reading -------------------------------------------------------------------------------------------------------
    def event(self, event_id: str) -> Event | None:
        """The event with this id, or None."""
        if event_id in self._absent:
            return None
        row = _BY_EVENT.run(self.connection, {"event_id": event_id}).first()
        if row is None:
            self._absent.add(event_id)
            return None
        return rows.event_from(row[0], row[1], row[2], self.where)

    def undone_by(self, event_id: str) -> str | None:
        """The event in force against this event, or None."""
        # All that was ever done about the event: its undos, what took those back, and so on.
        about = (
            select(events.c.event_id, events.c.undoes, events.c.seq)
            .where(events.c.undoes == event_id)
            .cte("about", recursive=True)
        )
        about = about.union_all(
            select(events.c.event_id, events.c.undoes, events.c.seq).join(
                about, events.c.undoes == about.c.event_id
            )
        )
        undone: dict[str, str] = {}
        # What takes an event back is younger than it: from the newest down, each is in force or already undone.
        for row in self.connection.execute(select(about).order_by(about.c.seq.desc())):
            if row.event_id not in undone:
                undone.setdefault(cast(str, row.undoes), row.event_id)
        return undone.get(event_id)

    def session(self, session_id: str) -> SessionInfo | None:
        """The session, deleted ones too, or None."""
        return reads.session(self.connection, session_id, self.where, deleted=True)

    def schema(self, name: str) -> LabelSchema | None:
        """The newest version of a question, deleted ones too, or None."""
        return reads.schema(self.connection, name, None, self.where, deleted=True)

    def item(self, item_id: str) -> Item | None:
        """The item, or None."""
        return reads.item(self.connection, item_id, self.where)

    def lock(self, item_id: str) -> None:
        """Keep others from writing about an item until COMMIT; a file has one writer anyway."""
        if self.connection.dialect.name != "sqlite":
            _LOCK.run(self.connection, {"item_id": item_id})

    def reviewer_item(self, item_id: str, reviewer: str) -> ReviewerItem:
        """Where the reviewer stands."""
        return self._status(item_id, reviewer_key(reviewer)) or ReviewerItem()

    def current_answer(
        self, item_id: str, reviewer: str, name: str, place: str
    ) -> Assessment | None:
        """The reviewer's valid answer to the question at the place, or None."""
        row = _CURRENT.run(
            self.connection,
            {
                "item_id": item_id,
                "source_key": reviewer_key(reviewer),
                "name": name,
                "place": place,
            },
        ).first()
        return None if row is None else rows.assessment_from(row, self.where)

    def answers_to(self, item_id: str, name: str, place: str) -> list[Assessment]:
        """All reviewers' valid answers to the question at the place."""
        query = reads.select_assessments.where(
            assessments.c.item_id == item_id,
            assessments.c.name == name,
            assessments.c.place == place,
            assessments.c.valid.is_(True),
            assessments.c.prior.is_(False),
        ).order_by(assessments.c.seq)
        return [rows.assessment_from(row, self.where) for row in self.connection.execute(query)]

    def assignees(self, item: Item) -> list[str]:
        """Whom the item is assigned to, by their keys."""
        return team.assignees(self.connection, item)

    def reviews(self, item: Item) -> int:
        """How many reviewers have completed the item."""
        return team.reviews(self.connection, item)

    def reservations(self, item: Item) -> list[Reservation]:
        """Who has the item open."""
        return team.reserved(self.connection, item)

    # Writing -------------------------------------------------------------------------------------------------------
    def append_event(self, event: Event) -> Event:
        """Append an event; one that is there already is returned as it was stored.

        Raises:
            ConflictError: The id was used for something else.
        """
        row = rows.event_row(event)
        known = self.event(event.event_id)
        if known is not None:
            if known != event.model_copy(update={"seq": known.seq}):
                raise ConflictError(
                    f"The event id {shown(event.event_id)} was already used for something else. Make a new id."
                )
            return known
        result = self.connection.execute(_INSERT_EVENT, row)
        self._absent.discard(event.event_id)
        seq = cast(int, cast("tuple[object, ...]", result.inserted_primary_key)[0])
        _INSERT_EVENT_ITEM.run(self.connection, {"item_id": event.item_id, "seq": seq})
        self.ops.append(("event", event.model_dump(exclude={"seq"})))
        counts = self._counted(event.session_id, event.reviewer)
        counts.last_seq = max(counts.last_seq, seq)
        return event.model_copy(update={"seq": seq})

    def put_reviewer_item(self, item: Item, reviewer: str, status: ReviewerItem) -> None:
        """Replace where the reviewer stands, and count it."""
        key = reviewer_key(reviewer)
        old = self._status(item.item_id, key)
        self._statuses[item.item_id, key] = status
        values: dict[str, object] = {
            "state": str(status.state),
            "flagged": status.flagged,
            "note": status.note,
            "duration_ms": status.duration_ms,
            "updated_at": status.updated_at,
        }
        if old is None:
            place = {"session_id": item.session_id, "reviewer_key": key, "position": item.position}
            _INSERT_STATUS.run(
                self.connection,
                {**place, "item_id": item.item_id, "reviewer": reviewer, **values},
            )
        else:
            place = {"b_session": item.session_id, "b_key": key, "b_position": item.position}
            _UPDATE_STATUS.run(self.connection, {**place, **values})
        self.ops.append(journal.status_op(item, reviewer, status))
        search.index_note(
            self.connection, item, reviewer, "" if old is None else old.note, status.note
        )
        counts = self._counted(item.session_id, reviewer)
        before = _COUNTED.get(old.state) if old is not None else None
        after = _COUNTED.get(status.state)
        if before != after:
            if before is not None:
                setattr(counts, before, getattr(counts, before) - 1)
            if after is not None:
                setattr(counts, after, getattr(counts, after) + 1)
        counts.flagged += int(status.flagged) - int(old is not None and old.flagged)
        more = int(after == "completed") - int(before == "completed")
        if more and not is_resolver(reviewer):
            self._count_reviews(item, more)

    def put_answer(self, item: Item, assessment: Assessment) -> None:
        """Append an assessment; the one that it overrides becomes invalid."""
        row = rows.assessment_row(
            assessment, session_id=item.session_id, item_id=item.item_id, prior=False
        )
        _INSERT_ANSWER.run(self.connection, row)
        keep_answer(self.connection, item, assessment)
        kept = assessment.model_copy(update={"assessment_id": row["assessment_id"]})
        self.ops.append(journal.answer_op(item, kept))
        if assessment.overrides is not None:
            _INVALIDATE_ON_ITEM.run(
                self.connection, {"b_item": item.item_id, "b_id": assessment.overrides}
            )

    def clear_answer(self, assessment_id: str) -> None:
        """Make an assessment invalid without a successor.

        Raises:
            NotFoundError: There is none.
        """
        if _INVALIDATE.run(self.connection, {"b_id": assessment_id}).rowcount == 0:
            raise NotFoundError(f"No answer has the id {shown(assessment_id)} in {self.where}.")
        forget_answer(self.connection, assessment_id)
        self.ops.append(journal.cleared_op(assessment_id))

    def reserve(self, item: Item, reviewer: str, until: int) -> None:
        """Give the item to the reviewer until then; 0 takes it back."""
        team.reserve(self.connection, item, reviewer, until)

    def finish(self) -> None:
        """Write what was gathered: the counters, once for each reviewer."""
        for (session_id, key), counts in self._counts.items():
            place = {"b_session": session_id, "b_key": key}
            deltas = {
                "d_completed": counts.completed,
                "d_skipped": counts.skipped,
                "d_in_progress": counts.in_progress,
                "d_flagged": counts.flagged,
                "d_seq": counts.last_seq,
            }
            if not _COUNT.run(self.connection, {**place, **deltas}).rowcount:
                self.connection.execute(
                    insert(reviewer_counters),
                    {
                        "session_id": session_id,
                        "reviewer_key": key,
                        "reviewer": counts.reviewer,
                        "completed": counts.completed,
                        "skipped": counts.skipped,
                        "in_progress": counts.in_progress,
                        "flagged": counts.flagged,
                        "last_seq": counts.last_seq,
                    },
                )
        self._counts.clear()

    def _count_reviews(self, item: Item, more: int) -> None:
        place = {"b_session": item.session_id, "b_position": item.position}
        if not _COUNT_REVIEWS.run(self.connection, {**place, "d_completed": more}).rowcount:
            _INSERT_REVIEWS.run(
                self.connection,
                {"session_id": item.session_id, "position": item.position, "completed": more},
            )

    def _status(self, item_id: str, key: str) -> ReviewerItem | None:
        place = (item_id, key)
        if place not in self._statuses:
            self._statuses[place] = reads.reviewer_item(self.connection, item_id, key)
        return self._statuses[place]

    def _counted(self, session_id: str, reviewer: str) -> _Counts:
        return self._counts.setdefault((session_id, reviewer_key(reviewer)), _Counts(reviewer))
