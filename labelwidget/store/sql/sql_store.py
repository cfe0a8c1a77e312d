"""The store on SQL databases: an SQLite file beside the notebook, or a PostgreSQL server for a team."""

from __future__ import annotations

import atexit
import os
import sqlite3
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from labelwidget.errors import InvalidValueError, LabelWidgetError, StoreError, StoreVersionError
from labelwidget.model import (
    Assessment,
    Item,
    JsonValue,
    LabelSchema,
    Progress,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import Event
from labelwidget.store.base import AddResult, NewItem, TouchedItem, Transaction
from labelwidget.store.sql import catalog, columns, reads
from labelwidget.store.sql.backup import back_up
from labelwidget.store.sql.datasets import SqlDatasets
from labelwidget.store.sql.engine import Database
from labelwidget.store.sql.faults import FaultKind, corrupt, find_fault, read_only
from labelwidget.store.sql.invites import SqlInvites
from labelwidget.store.sql.journal import (
    Journal,
    Op,
    item_op,
    question_deleted_op,
    question_op,
    session_op,
)
from labelwidget.store.sql.migrate import bring_up_to_date, version_of
from labelwidget.store.sql.queue_memo import QueueMemo
from labelwidget.store.sql.queues import SqlQueues
from labelwidget.store.sql.tables import SCHEMA_VERSION
from labelwidget.store.sql.team import SqlTeam
from labelwidget.store.sql.transaction import SqlTransaction
from labelwidget.store.sql.turns import SqlTurns
from labelwidget.store.sql.writer import PATIENCE_SECONDS, Writer, pause_before_retry

__all__ = ["SqlStore"]

T = TypeVar("T")

_TRACES_AT_ONCE = 25
_FORK_SECONDS = 5.0
_OPENING_SECONDS = 5.0


class SqlStore(SqlDatasets, SqlTurns, SqlQueues, SqlTeam, SqlInvites):
    """See `labelwidget.store.base.Store`.

    Args:
        database: What to open; its tables are made or migrated now.
        journal: Where every label is written once more, or None.
        migrate: Bring the store of an older version up to date on a server too, where that waits until it is asked for.

    Raises:
        StoreCorruptError: It is damaged or not ours.
        StoreVersionError: It is newer than this code, or older and read-only.
        StoreBusyError: Another program held it for a minute.
    """

    def __init__(
        self, database: Database, journal: Journal | None = None, *, migrate: bool = False
    ) -> None:
        self._database = database
        self._journal = journal
        self._writer = Writer(database)
        self._memo = QueueMemo()
        self._fork_held = False
        self._reader: Engine = database.reader()
        _stores.add(self)
        try:
            self._prepare(migrate=migrate)
        except BaseException:
            self.close()
            raise

    @property
    def version(self) -> int:
        """The version of the tables: the newest of this code, since an older store is not opened."""
        return SCHEMA_VERSION

    @property
    def url(self) -> str:
        """How to open the store again."""
        return self._database.url

    @property
    def read_only(self) -> bool:
        """Whether writing is impossible."""
        return self._database.read_only

    @property
    def experiment_id(self) -> str:
        """The one experiment of a store of our own."""
        return "0"

    def new_session_id(self, name: str) -> str:  # noqa: ARG002  the MLflow store names a run by it
        """32 hexadecimal digits."""
        return uuid.uuid4().hex

    def close(self) -> None:
        """Finish what is being written and let go of the file; the next call opens it again."""
        self._writer.close()
        self._reader.dispose()
        if self._journal is not None:
            self._journal.close()

    def backup(self, target: str | Path) -> Path:
        """Copy the file as it is at one moment, while others go on; see `sql.backup.back_up`."""
        return back_up(self._reader, self._name, target)

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one durable transaction on the writer thread."""

        def whole(transaction: SqlTransaction) -> T:
            return work(transaction)

        return self._transact(whole)

    def replay(self, work: Callable[[SqlTransaction], T]) -> T:
        """As `transact`, with the transaction's inside: for `rescue.rebuild`."""
        return self._transact(work)

    # Questions -----------------------------------------------------------------------------------------------------
    def put_schema(self, schema: LabelSchema) -> None:
        """Create the question or add a version of it."""
        self._logged(
            lambda connection: catalog.put_schema(connection, schema),
            lambda _: [question_op(schema)],
        )

    def schema(
        self, name: str, *, version: int | None = None, deleted: bool = False
    ) -> LabelSchema | None:
        """A question by name."""
        return self._read(
            lambda connection: reads.schema(connection, name, version, self._name, deleted=deleted)
        )

    def schemas(self) -> list[LabelSchema]:
        """All questions that are not deleted, in the order created."""
        return self._read(lambda connection: reads.schemas_listed(connection, self._name))

    def delete_schema(self, name: str) -> bool:
        """Hide a question."""
        return self._logged(
            lambda connection: catalog.delete_schema(connection, name),
            lambda deleted: [question_deleted_op(name)] if deleted else [],
        )

    def has_answers(self, name: str) -> bool:
        """Whether any reviewer's assessment of this name exists."""
        return self._read(lambda connection: reads.has_answers(connection, name))

    # Sessions ------------------------------------------------------------------------------------------------------
    def put_session(self, info: SessionInfo) -> None:
        """Create the session or replace what is known of it."""
        self._logged(
            lambda connection: catalog.put_session(connection, info), lambda _: [session_op(info)]
        )

    def session(self, session_id: str, *, deleted: bool = False) -> SessionInfo | None:
        """A session by id."""
        return self._read(
            lambda connection: reads.session(connection, session_id, self._name, deleted=deleted)
        )

    def sessions(self, *, deleted: bool = False) -> list[SessionInfo]:
        """All sessions, newest first."""
        return self._read(
            lambda connection: reads.sessions_listed(connection, self._name, deleted=deleted)
        )

    def purge_session(self, session_id: str) -> None:
        """Remove a session with everything in it, for good."""

        def work(connection: Connection) -> None:
            catalog.purge_session(connection, session_id)
            if self._journal is not None:
                self._journal.forget(session_id)

        self._write(work)

    # Items ---------------------------------------------------------------------------------------------------------
    def add_items(self, session_id: str, new: Sequence[NewItem]) -> AddResult:
        """Add traces in one transaction."""
        packed = catalog.pack_items(new)
        return self._logged(
            lambda connection: catalog.add_items(connection, session_id, packed),
            lambda result: [item_op(item) for item in result.added],
        )

    def count_items(self, session_id: str) -> int:
        """How many items a session has."""
        return self._read(lambda connection: reads.count_items(connection, session_id))

    def items(self, session_id: str, *, start: int = 0, limit: int = 100) -> list[Item]:
        """A page of items by position."""
        return self._read(
            lambda connection: reads.items_page(connection, session_id, start, limit, self._name)
        )

    def item(self, item_id: str) -> Item | None:
        """An item by id."""
        return self._read(lambda connection: reads.item(connection, item_id, self._name))

    def item_at(self, session_id: str, position: int) -> Item | None:
        """The item at a position."""
        found = self.items(session_id, start=position, limit=1)
        return found[0] if found and found[0].position == position else None

    def trace(self, item_id: str) -> Trace:
        """The item's trace."""
        return self._read(lambda connection: reads.trace(connection, item_id, self._name))

    def trace_start(self, item_id: str) -> Trace | None:
        """The beginning of a long trace."""
        return self._read(lambda connection: reads.trace_start(connection, item_id))

    def traces(self, session_id: str) -> Iterator[tuple[Item, Trace]]:
        """All traces of a session by position, a page at a time."""
        start = 0
        while True:
            page = self._read(self._traces_from(session_id, start))
            yield from page
            if len(page) < _TRACES_AT_ONCE:
                return
            start = page[-1][0].position + 1

    # Review --------------------------------------------------------------------------------------------------------
    def reviewer_item(self, item_id: str, reviewer: str) -> ReviewerItem:
        """Where the reviewer stands on the item."""
        return self._read(
            lambda connection: reads.reviewer_item(connection, item_id, reviewer) or ReviewerItem()
        )

    def touched(self, session_id: str, reviewer: str) -> list[TouchedItem]:
        """The items that the reviewer has touched, by position."""
        return self._read(lambda connection: reads.touched(connection, session_id, reviewer))

    def first_open(self, session_id: str, reviewer: str, *, after: int = -1) -> int | None:
        """The first position after `after` that wants a decision."""
        return self._read(
            lambda connection: reads.first_open(connection, session_id, reviewer, after)
        )

    def progress(self, session_id: str, reviewer: str) -> Progress:
        """Counts for one reviewer."""
        return self._read(lambda connection: reads.progress(connection, session_id, reviewer))

    def reviewers(self, session_id: str) -> dict[str, Progress]:
        """Counts for every reviewer who has touched the session."""
        return self._read(lambda connection: reads.reviewers(connection, session_id))

    def item_assessments(self, item_id: str) -> list[Assessment]:
        """The valid assessments of an item, prior ones too."""
        return self._read(
            lambda connection: reads.item_assessments(connection, item_id, self._name)
        )

    def events(self, session_id: str, reviewer: str, *, limit: int = 200) -> list[Event]:
        """The reviewer's newest events, oldest of them first."""
        return self._read(
            lambda connection: reads.events_of(connection, session_id, reviewer, limit, self._name)
        )

    def last_seq(self, session_id: str) -> int:
        """The highest event number of the session."""
        return self._read(lambda connection: reads.last_seq(connection, session_id))

    # Columns for frames --------------------------------------------------------------------------------------------
    def item_columns(self, session_id: str) -> dict[str, list[JsonValue]]:
        """Every field of `Item` as a column."""
        return self._read(
            lambda connection: columns.item_columns(connection, session_id, self._name)
        )

    def assessment_columns(
        self, session_id: str, *, everything: bool = False, prior: bool = False
    ) -> dict[str, list[JsonValue]]:
        """Assessments of a session as columns."""
        return self._read(
            lambda connection: columns.assessment_columns(
                connection, session_id, self._name, everything=everything, prior=prior
            )
        )

    def status_columns(self, session_id: str) -> dict[str, list[JsonValue]]:
        """Where the reviewers stand on every touched item, as columns."""
        return self._read(lambda connection: columns.status_columns(connection, session_id))

    # Inside --------------------------------------------------------------------------------------------------------
    @property
    def _name(self) -> str:
        return self._database.name

    def _traces_from(
        self, session_id: str, start: int
    ) -> Callable[[Connection], list[tuple[Item, Trace]]]:
        return lambda connection: reads.traces_page(
            connection, session_id, start, _TRACES_AT_ONCE, self._name
        )

    def _prepare(self, *, migrate: bool) -> None:
        """Make or migrate the tables where needed; a store that is up to date is only read."""
        found = self._read(lambda connection: version_of(connection, self._name), opening=True)
        if found == SCHEMA_VERSION:
            return
        if found and self._database.migrates_when_asked and not migrate:
            raise StoreVersionError(
                f"{self._name} has store version {found}; this labelwidget writes {SCHEMA_VERSION}. Nothing was changed. Make a "
                "backup (pg_dump), let everybody close their notebooks, then bring it up to date once: "
                f"labelwidget migrate --store {self._name}. Or install the version of labelwidget that the others use."
            )
        if self.read_only:
            raise StoreVersionError(
                f"{self._name} is empty or was made by an older labelwidget, and it is read-only, so that it cannot be brought up "
                "to date. Copy it to a folder of your own and open the copy."
            )
        try:
            self._write(lambda connection: bring_up_to_date(connection, self._database, self._name))
        except StoreError:
            # Two that make the tables of a new database at once: one is told that they are there already.
            now = self._read(lambda connection: version_of(connection, self._name))
            if not self._database.migrates_when_asked or now != SCHEMA_VERSION:
                raise

    def _write(self, work: Callable[[Connection], T], *, locks: bool = False) -> T:
        if self.read_only:
            raise read_only(self._name)
        try:
            return self._writer.run(work, locks=locks)
        finally:
            self._memo.written()

    def _transact(self, work: Callable[[SqlTransaction], T]) -> T:
        def whole(connection: Connection) -> T:
            transaction = self._begin(connection)
            result = work(transaction)
            transaction.finish()
            self._log(connection, transaction.ops)
            return result

        return self._write(whole, locks=True)

    def _logged(self, work: Callable[[Connection], T], changes: Callable[[T], Sequence[Op]]) -> T:
        def whole(connection: Connection) -> T:
            result = work(connection)
            self._log(connection, changes(result))
            return result

        return self._write(whole)

    def _log(self, connection: Connection, ops: Sequence[Op]) -> None:
        if self._journal is not None:
            self._journal.append(connection, ops, self._name)

    def _begin(self, connection: Connection) -> SqlTransaction:
        return SqlTransaction(connection, self._name)

    def _read(self, work: Callable[[Connection], T], *, opening: bool = False) -> T:
        began = time.monotonic()
        attempt = 0
        while True:
            self._database.check()
            try:
                with self._reader.connect() as connection:
                    return work(connection)
            except (SQLAlchemyError, sqlite3.Error) as error:
                fault = find_fault(error, self._name)
                if fault is None:
                    raise StoreError(
                        f"{self._name} could not be read ({type(error).__name__})."
                    ) from error
                # A server that was there may come back; one that never answered is most often a wrong address.
                lost = opening and fault.kind is FaultKind.LOST
                patience = _OPENING_SECONDS if lost else PATIENCE_SECONDS
                if fault.kind is FaultKind.FAILED or time.monotonic() - began >= patience:
                    self._reader.dispose()
                    raise fault.error from None
                pause_before_retry(attempt)
                attempt += 1
            except (ValueError, TypeError) as error:
                if isinstance(error, LabelWidgetError) and not isinstance(error, InvalidValueError):
                    raise
                # What is stored does not read as what was written.
                raise corrupt(self._name, f"{type(error).__name__} while reading") from error

    # A forked child (multiprocessing, os.fork) must not use the parent's connections: SQLite forbids it.
    def before_fork(self) -> None:
        """Let the open transaction end, so that the child's copy of the connection holds none."""
        self._fork_held = self._writer.between.acquire(timeout=_FORK_SECONDS)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._fork_held:
            self._writer.between.release()

    def after_fork_in_child(self) -> None:
        """Start with connections of its own; the copied ones are kept unused, since closing them would unlock files."""
        _abandoned.append((self._writer, self._reader))
        self._writer = Writer(self._database)
        self._reader = self._database.reader()


_stores: weakref.WeakSet[SqlStore] = weakref.WeakSet()
_abandoned: list[object] = []


def _each(action: Callable[[SqlStore], None]) -> Callable[[], None]:
    def run() -> None:
        for store in list(_stores):
            action(store)

    return run


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_each(SqlStore.before_fork),
        after_in_parent=_each(SqlStore.after_fork_in_parent),
        after_in_child=_each(SqlStore.after_fork_in_child),
    )
atexit.register(_each(SqlStore.close))
