"""What is saved here and not yet written to MLflow: a table in the store's own file.

A row is added in the transaction that saves what it stands for, and removed after the server has it. So nothing is
forgotten when the kernel dies, and nothing is written that was not saved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from labelwidget.model import Assessment
from labelwidget.store.sql import reads
from labelwidget.store.sql.journal import Op
from labelwidget.store.sql.reads import select_assessments
from labelwidget.store.sql.rows import assessment_from
from labelwidget.store.sql.tables import Identifier, JsonText, assessments

__all__ = [
    "Waiting",
    "add_changes",
    "count",
    "due",
    "find_assessment",
    "hold_lease",
    "make_tables",
    "next_due_ms",
    "of_item",
    "postpone",
    "release_lease",
    "remove",
    "retry_all",
    "stuck",
]

_metadata = MetaData()

outbox = Table(
    "mlflow_outbox",
    _metadata,
    Column(
        "number",
        Integer,
        primary_key=True,
        comment="order of saving; order of writing within an item",
    ),
    Column("kind", String(16), nullable=False, comment="session, item, answer, clear or state"),
    Column("session_id", Identifier, nullable=False, comment="the session"),
    Column("item_id", Identifier, comment="the item; NULL for a session"),
    Column("assessment_id", Identifier, comment="the answer written or cleared"),
    Column("event_id", Identifier, comment="the event that did it"),
    Column("tries", Integer, nullable=False, comment="how often it was tried"),
    Column("next_try_ms", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("given_up", Boolean, nullable=False, comment="the server does not take it"),
    Column("problem", JsonText, comment="what went wrong last"),
    # No index: a reviewer waits for each page that a save writes, and the table is most often empty.
)

lease = Table(
    "mlflow_lease",
    _metadata,
    Column("place", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("holder", JsonText, nullable=False, comment="host, process and a random id"),
    Column("until_ms", BigInteger, nullable=False, comment="milliseconds since 1970"),
)


class Waiting(NamedTuple):
    """A row of the outbox."""

    number: int
    kind: str
    session_id: str
    item_id: str | None
    assessment_id: str | None
    event_id: str | None
    tries: int
    given_up: bool
    problem: str | None


_ROW = (
    outbox.c.number, outbox.c.kind, outbox.c.session_id, outbox.c.item_id, outbox.c.assessment_id,
    outbox.c.event_id, outbox.c.tries, outbox.c.given_up, outbox.c.problem,
)  # fmt: skip


def _waiting(row: Row[Any, Any, Any, Any, Any, Any, Any, Any, Any]) -> Waiting:
    return Waiting(*row)


def now_ms() -> int:
    """Milliseconds since 1970 (UTC)."""
    return int(time.time() * 1000)


def make_tables(connection: Connection) -> None:
    """Make the tables where they are not there."""
    _metadata.create_all(connection)


def has_tables(connection: Connection) -> bool:
    """Whether the tables are there."""
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    return set(_metadata.tables) <= {row[0] for row in found}


class _New(NamedTuple):
    kind: str
    session_id: str
    item_id: str | None = None
    assessment_id: str | None = None
    event_id: str | None = None


_INSERT = insert(outbox).values(tries=0, next_try_ms=0, given_up=False)


def due(connection: Connection, most: int = 50) -> list[Waiting]:
    """The first row of each item (and of each session) whose time has come, oldest first."""
    first = (
        select(func.min(outbox.c.number))
        .group_by(outbox.c.session_id, outbox.c.item_id)
        .scalar_subquery()
    )
    query = (
        select(*_ROW)
        .where(
            outbox.c.number.in_(first),
            outbox.c.next_try_ms <= now_ms(),
            outbox.c.given_up.is_(False),
        )
        .order_by(outbox.c.number)
        .limit(most)
    )
    return [_waiting(row) for row in connection.execute(query)]


def of_item(connection: Connection, item_id: str) -> list[Waiting]:
    """All rows of an item in order."""
    query = select(*_ROW).where(outbox.c.item_id == item_id).order_by(outbox.c.number)
    return [_waiting(row) for row in connection.execute(query)]


def next_due_ms(connection: Connection) -> int | None:
    """When the next row is to be tried, or None when nothing is."""
    query = select(func.min(outbox.c.next_try_ms)).where(outbox.c.given_up.is_(False))
    return connection.execute(query).scalar()


def count(connection: Connection, session_id: str | None = None) -> int:
    """How many rows wait, without those that were given up."""
    query = select(func.count()).select_from(outbox).where(outbox.c.given_up.is_(False))
    if session_id is not None:
        query = query.where(outbox.c.session_id == session_id)
    return connection.execute(query).scalar_one()


def stuck(connection: Connection, most: int = 1_000) -> list[Waiting]:
    """Rows that went wrong at least once, oldest first."""
    query = select(*_ROW).where(outbox.c.problem.is_not(None)).order_by(outbox.c.number)
    return [_waiting(row) for row in connection.execute(query.limit(most))]


def remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove rows: the server has them."""
    connection.execute(delete(outbox).where(outbox.c.number.in_(list(numbers))))


def postpone(
    connection: Connection, row: Waiting, problem: str, wait_ms: int, *, final: bool
) -> None:
    """Note what went wrong, and when to try again; a final problem gives up all that waits for the item."""
    values = {
        "tries": row.tries + 1,
        "next_try_ms": now_ms() + wait_ms,
        "given_up": final,
        "problem": problem,
    }
    where = outbox.c.number == row.number
    if final and row.item_id is not None:
        where = outbox.c.item_id == row.item_id
    connection.execute(update(outbox).where(where).values(values))


def retry_all(connection: Connection) -> None:
    """Try everything again now."""
    connection.execute(update(outbox).values(next_try_ms=0, given_up=False, tries=0))


def forget_session(connection: Connection, session_id: str) -> None:
    """Nothing of a purged session is written any more."""
    connection.execute(delete(outbox).where(outbox.c.session_id == session_id))


# One writer at a time: two kernels may have the same store open. ---------------------------------------------------


def hold_lease(
    connection: Connection, holder: str, milliseconds: int, abandoned: Sequence[str]
) -> bool:
    """Take or keep the right to write to the server.

    Args:
        connection: In a transaction.
        holder: Who asks.
        milliseconds: For how long.
        abandoned: Holders that are known to be dead.

    Returns:
        Whether `holder` has it now.
    """
    found = connection.execute(select(lease.c.holder, lease.c.until_ms)).first()
    now = now_ms()
    if found is None:
        connection.execute(
            insert(lease), {"place": 1, "holder": holder, "until_ms": now + milliseconds}
        )
        return True
    if found[0] != holder and found[1] > now and found[0] not in abandoned:
        return False
    connection.execute(update(lease).values(holder=holder, until_ms=now + milliseconds))
    return True


def lease_holder(connection: Connection) -> str | None:
    """Who has the right to write, or had it last."""
    return connection.execute(select(lease.c.holder)).scalar()


def release_lease(connection: Connection, holder: str) -> None:
    """Give the right back."""
    connection.execute(delete(lease).where(lease.c.holder == holder))


# What a row stands for ---------------------------------------------------------------------------------------------


def find_assessment(connection: Connection, assessment_id: str, where: str) -> Assessment | None:
    """An answer by id, also one that was replaced."""
    row = connection.execute(
        select_assessments.where(
            assessments.c.assessment_id == assessment_id, assessments.c.prior.is_(False)
        )
    ).first()
    return None if row is None else assessment_from(row, where)


def add_changes(connection: Connection, ops: Sequence[Op], where: str) -> bool:
    """Add what a transaction changed, in that transaction.

    Args:
        connection: In the transaction.
        ops: The changes, as the store's journal gets them.
        where: The store, for messages.

    Returns:
        Whether there is anything to write.
    """
    new: list[_New] = []
    for one, event_id in _with_events(ops):
        new.extend(_rows_of(connection, one, event_id, where))
    again = [row.session_id for row in new if row.kind == "session"]
    if again:  # a session that waits already waits once
        connection.execute(
            delete(outbox).where(outbox.c.kind == "session", outbox.c.session_id.in_(again))
        )
    if new:
        connection.execute(_INSERT, [row._asdict() for row in new])
    return bool(new)


def _with_events(ops: Sequence[Op]) -> Iterator[tuple[Op, str | None]]:
    """Each change with the event that made it: the next one, since an event is written after what it changed."""
    waiting: list[Op] = []
    for op in ops:
        waiting.append(op)
        if op[0] == "event":
            yield from ((one, str(op[1]["event_id"])) for one in waiting)
            waiting.clear()
    yield from ((one, None) for one in waiting)


def _rows_of(connection: Connection, op: Op, event_id: str | None, where: str) -> list[_New]:
    kind, values = op
    session_id = cast(str, values.get("session_id", ""))
    item_id = cast("str | None", values.get("item_id"))
    match kind:
        case "session" | "item":
            return [_New(kind, session_id, item_id)]
        case "question":
            asking = reads.sessions_listed(connection, where, deleted=False)
            return [
                _New("session", info.session_id)
                for info in asking
                if values["name"] in info.label_schemas
            ]
        case "answer":
            answer = cast("dict[str, str]", values["answer"])
            return [_New("answer", session_id, item_id, answer["assessment_id"], event_id)]
        case "cleared":
            found = find_assessment(connection, cast(str, values["assessment_id"]), where)
            item = None if found is None else reads.item(connection, found.trace_id, where)
            if found is None or item is None:
                return []
            return [_New("clear", item.session_id, item.item_id, found.assessment_id, event_id)]
        case "event":
            changes = cast("list[dict[str, object]]", values["changes"])
            if any(change["kind"] in ("state", "flag", "note") for change in changes):
                return [_New("state", session_id, item_id, None, event_id)]
            return []
        case _:
            return []
