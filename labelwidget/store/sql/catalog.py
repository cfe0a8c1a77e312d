"""Writing what there is to label: questions, sessions, items with their traces."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from labelwidget.errors import ConflictError, NotFoundError, shown
from labelwidget.model import LabelSchema, SessionInfo
from labelwidget.model.json import dumps_ascii
from labelwidget.store.base import AddResult, NewItem
from labelwidget.store.sql import payload, rows, search
from labelwidget.store.sql.keys import insert_keys
from labelwidget.store.sql.prepared import Prepared
from labelwidget.store.sql.tables import (
    assessments,
    assignments,
    current_answers,
    event_items,
    events,
    invites,
    item_keys,
    item_reviews,
    items,
    payloads,
    reservations,
    reviewer_counters,
    reviewer_items,
    schema_versions,
    schemas,
    sessions,
    turn_payloads,
    turns,
)

__all__ = ["add_items", "delete_schema", "pack_items", "purge_session", "put_schema", "put_session"]

_IN_ONE_QUERY = 500
_INSERT_ITEM = Prepared(insert(items), items.c.keys())
_INSERT_PAYLOAD = Prepared(insert(payloads), payloads.c.keys())
_INSERT_PRIOR = Prepared(
    insert(assessments), [column.name for column in assessments.c if column.name != "seq"]
)


def put_schema(connection: Connection, schema: LabelSchema) -> None:
    """Create the question or add a version of it; a deleted one comes back.

    Raises:
        ConflictError: The version exists with other content: somebody else was faster.
    """
    body = schema.model_dump()
    sha256 = rows.digest(dumps_ascii(body))
    known = connection.execute(
        select(schema_versions.c.sha256).where(
            schema_versions.c.name == schema.name, schema_versions.c.version == schema.version
        )
    ).scalar()
    if known is not None and known != sha256:
        raise ConflictError(
            f"Question {shown(schema.name)} has a version {schema.version} already, with other content: it was changed "
            "elsewhere. Read it again and repeat the change."
        )
    newest = connection.execute(
        select(schemas.c.version).where(schemas.c.name == schema.name)
    ).scalar()
    if newest is None:
        place = connection.execute(
            select(func.coalesce(func.max(schemas.c.place), -1) + 1)
        ).scalar_one()
        connection.execute(
            insert(schemas),
            {"name": schema.name, "place": place, "version": schema.version, "deleted_at": None},
        )
    else:
        connection.execute(
            update(schemas)
            .where(schemas.c.name == schema.name)
            .values(version=max(newest, schema.version), deleted_at=None)
        )
    if known is None:
        connection.execute(
            insert(schema_versions),
            {"name": schema.name, "version": schema.version, "body": body, "sha256": sha256},
        )


def delete_schema(connection: Connection, name: str) -> bool:
    """Hide a question; False when there was none."""
    return bool(
        connection.execute(
            update(schemas)
            .where(schemas.c.name == name, schemas.c.deleted_at.is_(None))
            .values(deleted_at=int(time.time() * 1000))
        ).rowcount
    )


def put_session(connection: Connection, info: SessionInfo) -> None:
    """Create the session or replace what is known of it."""
    body = info.model_dump()
    values = {"body": body, "sha256": rows.digest(dumps_ascii(body)), "deleted_at": info.deleted_at}
    if connection.execute(
        update(sessions).where(sessions.c.session_id == info.session_id).values(values)
    ).rowcount:
        return
    place = connection.execute(
        select(func.coalesce(func.max(sessions.c.place), -1) + 1)
    ).scalar_one()
    connection.execute(
        insert(sessions), {"session_id": info.session_id, "place": place, "item_count": 0, **values}
    )


def purge_session(connection: Connection, session_id: str) -> None:
    """Remove a session with everything in it."""
    if connection.dialect.name == "sqlite":
        # What is removed for good is also overwritten in the file.
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    search.remove_session(connection, session_id)
    inside = select(items.c.item_id).where(items.c.session_id == session_id)
    for table in (payloads, event_items):
        connection.execute(delete(table).where(table.c.item_id.in_(inside)))
    for table in (
        turn_payloads, turns, current_answers, item_keys, item_reviews, assignments, reservations, invites, assessments,
        events, reviewer_items, reviewer_counters, items, sessions,
    ):  # fmt: skip
        connection.execute(delete(table).where(table.c.session_id == session_id))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def pack_items(new: Sequence[NewItem]) -> list[tuple[NewItem, payload.Payload]]:
    """Compress the traces; done in the caller's thread, before the transaction.

    Raises:
        InvalidValueError: A trace is too large.
    """
    return [(one, payload.pack(one.trace)) for one in new]


def add_items(
    connection: Connection, session_id: str, packed: Sequence[tuple[NewItem, payload.Payload]]
) -> AddResult:
    """Add traces at the end of a session; a source id that is there already is skipped.

    Raises:
        NotFoundError: No such session.
    """
    count = connection.execute(
        select(sessions.c.item_count).where(sessions.c.session_id == session_id)
    ).scalar()
    if count is None:
        raise NotFoundError(f"There is no session {shown(session_id)}; nothing was added to it.")
    known = _known_sources(connection, session_id, [one.item.source_trace_id for one, _ in packed])
    result = AddResult([], [])
    item_rows: list[dict[str, object]] = []
    payload_rows: list[dict[str, object]] = []
    prior_rows: list[dict[str, object]] = []
    for one, pack in packed:
        if one.item.source_trace_id in known:
            result.already.append(one.item.source_trace_id)
            continue
        known.add(one.item.source_trace_id)
        item = one.item.model_copy(
            update={
                "session_id": session_id,
                "position": count + len(item_rows),
                "payload_bytes": pack.size,
            }
        )
        result.added.append(item)
        item_rows.append(rows.item_row(item, item.position))
        payload_rows.append({"item_id": item.item_id, **pack._asdict()})
        prior_rows.extend(
            rows.assessment_row(prior, session_id=session_id, item_id=item.item_id, prior=True)
            for prior in one.trace.assessments
        )
    _INSERT_ITEM.run_many(connection, item_rows)
    _INSERT_PAYLOAD.run_many(connection, payload_rows)
    _INSERT_PRIOR.run_many(connection, prior_rows)
    insert_keys(connection, result.added)
    search.index_items(connection, session_id, result.added)
    if item_rows:
        connection.execute(
            update(sessions)
            .where(sessions.c.session_id == bindparam("b_session"))
            .values(item_count=count + len(item_rows)),
            {"b_session": session_id},
        )
    return result


def _known_sources(connection: Connection, session_id: str, sources: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(sources), _IN_ONE_QUERY):
        part = sources[start : start + _IN_ONE_QUERY]
        known.update(
            connection.execute(
                select(items.c.source_trace_id).where(
                    items.c.session_id == session_id, items.c.source_trace_id.in_(part)
                )
            ).scalars()
        )
    return known
