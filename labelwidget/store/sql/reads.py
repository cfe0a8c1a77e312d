"""Reading: questions, sessions, items, traces and where reviewers stand. Every query that can grow takes a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Text, bindparam, exists, func, select, type_coerce

from labelwidget.errors import NotFoundError, shown
from labelwidget.model import (
    Assessment,
    Item,
    LabelSchema,
    Progress,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import Event
from labelwidget.store.base import TouchedItem
from labelwidget.store.sql import rows
from labelwidget.store.sql.payload import START_BYTES, Payload, begin, unpack
from labelwidget.store.sql.prepared import Prepared
from labelwidget.store.sql.tables import (
    assessments,
    events,
    items,
    payloads,
    reviewer_counters,
    reviewer_items,
    reviewer_key,
    schema_versions,
    schemas,
    sessions,
)

__all__ = [
    "events_of",
    "first_open",
    "has_answers",
    "item",
    "item_assessments",
    "items_page",
    "last_seq",
    "progress",
    "raw",
    "reviewer_item",
    "reviewers",
    "schema",
    "schemas_listed",
    "select_assessments",
    "session",
    "sessions_listed",
    "touched",
    "trace",
    "trace_start",
    "traces_page",
]


def raw(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The column as the database holds it, not decoded: what checksums are of."""
    return type_coerce(column, Text)


item_fields = (*(raw(items.c[name]) for name in rows.ITEM_FIELDS), items.c.sha256)
_BY_ITEM = Prepared(select(*item_fields).where(items.c.item_id == bindparam("item_id")))
_STATUS = (
    reviewer_items.c.state,
    reviewer_items.c.flagged,
    raw(reviewer_items.c.note),
    reviewer_items.c.duration_ms,
    reviewer_items.c.updated_at,
)
_TOUCHED = Prepared(
    select(reviewer_items.c.position, raw(reviewer_items.c.item_id), *_STATUS)
    .where(
        reviewer_items.c.session_id == bindparam("session_id"),
        reviewer_items.c.reviewer_key == bindparam("reviewer_key"),
    )
    .order_by(reviewer_items.c.position)
)
_BY_STATUS = Prepared(
    select(*_STATUS)
    .join(
        items,
        (items.c.session_id == reviewer_items.c.session_id)
        & (items.c.position == reviewer_items.c.position),
    )
    .where(
        items.c.item_id == bindparam("item_id"),
        reviewer_items.c.reviewer_key == bindparam("reviewer_key"),
    )
)
select_assessments = select(
    *(
        raw(assessments.c[name]) if name != "prior" else assessments.c[name]
        for name in rows.ASSESSMENT_FIELDS
    ),
    assessments.c.sha256,
    assessments.c.valid,
)
_SCHEMA = select(raw(schema_versions.c.body), schema_versions.c.sha256).join(
    schemas, schemas.c.name == schema_versions.c.name
)
_SESSION = select(raw(sessions.c.body), sessions.c.sha256)
_BY_SESSION_ID = _SESSION.where(sessions.c.session_id == bindparam("session_id"))
_SESSION_BY_ID = Prepared(_BY_SESSION_ID)
_LIVE_SESSION_BY_ID = Prepared(_BY_SESSION_ID.where(sessions.c.deleted_at.is_(None)))
_BY_NAME = _SCHEMA.where(
    schemas.c.name == bindparam("name"), schema_versions.c.version == schemas.c.version
)
_SCHEMA_NEWEST = Prepared(_BY_NAME)
_LIVE_SCHEMA_NEWEST = Prepared(_BY_NAME.where(schemas.c.deleted_at.is_(None)))
_VALID_ON_ITEM = Prepared(
    select_assessments.where(
        assessments.c.item_id == bindparam("item_id"), assessments.c.valid.is_(True)
    ).order_by(assessments.c.seq)
)
_ITEMS = Prepared(
    select(*item_fields)
    .where(items.c.session_id == bindparam("session_id"), items.c.position >= bindparam("start"))
    .order_by(items.c.position)
    .limit(bindparam("most"))
)
_PAYLOAD = (payloads.c.codec, payloads.c.size, payloads.c.sha256, payloads.c.data)
_TRACE = Prepared(select(*_PAYLOAD).where(payloads.c.item_id == bindparam("item_id")))
# Not all of a long trace's data is needed, nor copied, for its beginning.
_TRACE_START = Prepared(
    select(*_PAYLOAD[:-1], func.substr(payloads.c.data, 1, START_BYTES)).where(
        payloads.c.item_id == bindparam("item_id")
    )
)
_TRACES = Prepared(
    select(*item_fields, *_PAYLOAD)
    .join(payloads, payloads.c.item_id == items.c.item_id)
    .where(items.c.session_id == bindparam("session_id"), items.c.position >= bindparam("start"))
    .order_by(items.c.position)
    .limit(bindparam("most"))
)
_COUNTS = (
    reviewer_counters.c.completed,
    reviewer_counters.c.skipped,
    reviewer_counters.c.in_progress,
    reviewer_counters.c.flagged,
)
_PROGRESS = Prepared(
    select(sessions.c.item_count, *_COUNTS)
    .outerjoin(
        reviewer_counters,
        (reviewer_counters.c.session_id == sessions.c.session_id)
        & (reviewer_counters.c.reviewer_key == bindparam("reviewer_key")),
    )
    .where(sessions.c.session_id == bindparam("session_id"))
)
_FIRST_OPEN = Prepared(
    select(items.c.position)
    .where(
        items.c.session_id == bindparam("session_id"),
        items.c.position > bindparam("after"),
        ~exists().where(
            reviewer_items.c.session_id == items.c.session_id,
            reviewer_items.c.reviewer_key == bindparam("reviewer_key"),
            reviewer_items.c.position == items.c.position,
            (reviewer_items.c.state == "completed") | (reviewer_items.c.state == "skipped"),
        ),
    )
    .order_by(items.c.position)
    .limit(1)
)


def schema(
    connection: Connection, name: str, version: int | None, where: str, *, deleted: bool
) -> LabelSchema | None:
    """The newest version of a question, or the given one."""
    if version is None:
        newest = _SCHEMA_NEWEST if deleted else _LIVE_SCHEMA_NEWEST
        row = newest.run(connection, {"name": name}).first()
    else:
        query = _SCHEMA.where(schemas.c.name == name, schema_versions.c.version == version)
        if not deleted:
            query = query.where(schemas.c.deleted_at.is_(None))
        row = connection.execute(query).first()
    return None if row is None else rows.schema_from(row[0], row[1], where)


def schemas_listed(connection: Connection, where: str) -> list[LabelSchema]:
    """The newest versions of all questions that are not deleted."""
    query = _SCHEMA.where(
        schemas.c.deleted_at.is_(None), schema_versions.c.version == schemas.c.version
    )
    return [
        rows.schema_from(row[0], row[1], where)
        for row in connection.execute(query.order_by(schemas.c.place))
    ]


def has_answers(connection: Connection, name: str) -> bool:
    """Whether any reviewer's assessment of this name exists."""
    query = (
        select(assessments.c.seq)
        .where(assessments.c.name == name, assessments.c.prior.is_(False))
        .limit(1)
    )
    return connection.execute(query).first() is not None


def session(
    connection: Connection, session_id: str, where: str, *, deleted: bool
) -> SessionInfo | None:
    """A session by id."""
    query = _SESSION_BY_ID if deleted else _LIVE_SESSION_BY_ID
    row = query.run(connection, {"session_id": session_id}).first()
    return None if row is None else rows.session_from(row[0], row[1], where)


def sessions_listed(connection: Connection, where: str, *, deleted: bool) -> list[SessionInfo]:
    """All sessions, newest first (by order of creation: clocks are set back)."""
    query = _SESSION if deleted else _SESSION.where(sessions.c.deleted_at.is_(None))
    found = connection.execute(query.order_by(sessions.c.place.desc()))
    return [rows.session_from(row[0], row[1], where) for row in found]


def count_items(connection: Connection, session_id: str) -> int:
    """The kept count."""
    query = select(sessions.c.item_count).where(sessions.c.session_id == session_id)
    return connection.execute(query).scalar() or 0


def items_page(
    connection: Connection, session_id: str, start: int, most: int, where: str
) -> list[Item]:
    """A page of items by position."""
    found = _ITEMS.run(connection, {"session_id": session_id, "start": start, "most": most})
    return [rows.item_from(row, where) for row in found]


def trace(connection: Connection, item_id: str, where: str) -> Trace:
    """The item's trace.

    Raises:
        NotFoundError: No such item.
        StoreCorruptError: The payload does not match its checksum.
    """
    row = _TRACE.run(connection, {"item_id": item_id}).first()
    if row is None:
        raise NotFoundError(
            f"There is no trace {shown(item_id)} in {where}. List what there is: session.items()."
        )
    return unpack(Payload(*row), where=f"item {shown(item_id)} in {where}")


def trace_start(connection: Connection, item_id: str) -> Trace | None:
    """The beginning of the item's trace, or None when it cannot be read without the rest."""
    row = _TRACE_START.run(connection, {"item_id": item_id}).first()
    return None if row is None else begin(Payload(*row))


def traces_page(
    connection: Connection, session_id: str, start: int, most: int, where: str
) -> list[tuple[Item, Trace]]:
    """A page of items with their traces."""
    width = len(item_fields)
    found: list[tuple[Item, Trace]] = []
    for row in _TRACES.run(connection, {"session_id": session_id, "start": start, "most": most}):
        item = rows.item_from(row[:width], where)
        found.append(
            (item, unpack(Payload(*row[width:]), where=f"item {shown(item.item_id)} in {where}"))
        )
    return found


def item(connection: Connection, item_id: str, where: str) -> Item | None:
    """The item, or None."""
    row = _BY_ITEM.run(connection, {"item_id": item_id}).first()
    return None if row is None else rows.item_from(row, where)


def reviewer_item(connection: Connection, item_id: str, reviewer: str) -> ReviewerItem | None:
    """Where the reviewer stands; None when untouched."""
    row = _BY_STATUS.run(
        connection, {"item_id": item_id, "reviewer_key": reviewer_key(reviewer)}
    ).first()
    return None if row is None else rows.reviewer_item_from(row)


def touched(connection: Connection, session_id: str, reviewer: str) -> list[TouchedItem]:
    """The items that the reviewer has touched, by position; at most the session's items."""
    values = {"session_id": session_id, "reviewer_key": reviewer_key(reviewer)}
    return [
        TouchedItem(
            row[0], rows.decoded(row[1], rows.Codec.IDENTIFIER), rows.reviewer_item_from(row[2:])
        )
        for row in _TOUCHED.run(connection, values)
    ]


def first_open(connection: Connection, session_id: str, reviewer: str, after: int) -> int | None:
    """The first position after `after` that the reviewer has neither completed nor skipped."""
    values = {"session_id": session_id, "after": after, "reviewer_key": reviewer_key(reviewer)}
    return _FIRST_OPEN.run(connection, values).scalar()


def progress(connection: Connection, session_id: str, reviewer: str) -> Progress:
    """Counts for one reviewer; zeros for a session that does not exist."""
    values = {"session_id": session_id, "reviewer_key": reviewer_key(reviewer)}
    row = _PROGRESS.run(connection, values).first()
    return Progress() if row is None else _progress(row[0], row[1:])


def reviewers(connection: Connection, session_id: str) -> dict[str, Progress]:
    """Counts for every reviewer who has touched the session."""
    query = (
        select(reviewer_counters.c.reviewer, sessions.c.item_count, *_COUNTS)
        .join(sessions, sessions.c.session_id == reviewer_counters.c.session_id)
        .where(sessions.c.session_id == session_id)
        .order_by(reviewer_counters.c.reviewer_key)
    )
    return {cast(str, row[0]): _progress(row[1], row[2:]) for row in connection.execute(query)}


def _progress(total: int, counts: Sequence[int | None]) -> Progress:
    completed, skipped, in_progress, flagged = (count or 0 for count in counts)
    return Progress(
        total=total, completed=completed, skipped=skipped, in_progress=in_progress, flagged=flagged
    )


def item_assessments(connection: Connection, item_id: str, where: str) -> list[Assessment]:
    """The valid assessments of an item, prior ones too, in order."""
    found = _VALID_ON_ITEM.run(connection, {"item_id": item_id})
    return [rows.assessment_from(row, where) for row in found]


def events_of(
    connection: Connection, session_id: str, reviewer: str, most: int, where: str
) -> list[Event]:
    """The reviewer's newest events, oldest of them first."""
    query = (
        select(events.c.seq, events.c.body, events.c.sha256)
        .where(events.c.session_id == session_id, events.c.reviewer_key == reviewer_key(reviewer))
        .order_by(events.c.seq.desc())
        .limit(most)
    )
    found = [rows.event_from(row[0], row[1], row[2], where) for row in connection.execute(query)]
    found.reverse()
    return found


def last_seq(connection: Connection, session_id: str) -> int:
    """The highest event number of the session: the largest of the reviewers' counters."""
    query = select(func.max(reviewer_counters.c.last_seq)).where(
        reviewer_counters.c.session_id == session_id
    )
    return connection.execute(query).scalar() or 0
