"""The store on an MLflow server: a file of our own, and what is in it written to MLflow."""

from __future__ import annotations

import atexit
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from labelwidget.errors import StoreReadOnlyError
from labelwidget.model import LabelSchema, SessionInfo
from labelwidget.model.dataset import DatasetInfo, DatasetRecord, MergeResult, RecordPatch
from labelwidget.store.base import AddResult, NewItem, Transaction
from labelwidget.store.mlflow import outbox, run_tags
from labelwidget.store.mlflow.datasets import ServerDatasets
from labelwidget.store.mlflow.entities import FoundRun
from labelwidget.store.mlflow.faults import MlflowError
from labelwidget.store.mlflow.mirror import Mirror, Problem
from labelwidget.store.mlflow.outbox import Waiting
from labelwidget.store.mlflow.sending import Sender
from labelwidget.store.mlflow.server import Server, describe
from labelwidget.store.sql import catalog, reads
from labelwidget.store.sql.engine import SqliteDatabase
from labelwidget.store.sql.journal import Journal, Op, item_op, question_op, session_op
from labelwidget.store.sql.sql_store import SqlStore
from labelwidget.store.sql.transaction import SqlTransaction

__all__ = ["Importer", "MlflowStore"]

T = TypeVar("T")

_ADD_SECONDS = 600.0
_CLOSE_SECONDS = 5.0


class Importer(Protocol):
    """Brings a session that was made elsewhere from its run into the local file."""

    def __call__(self, store: MlflowStore, run: FoundRun) -> None:
        """Import what the run says; called when a session is asked for that is not in the file."""
        ...


class MlflowStore(SqlStore):
    """See `labelwidget.store.base.Store`.

    Everything is saved in `path` first. A thread writes it to MLflow; `pending` says how much is not there yet, `flush`
    waits for it, `problems` says what went wrong.

    Args:
        server: Where to.
        path: The file on this machine; it is made when it is not there.
        importer: How sessions made elsewhere are brought here; None for not at all.
        journal: Keep each label once more beside the file.

    Raises:
        StoreError: See `connect`.
    """

    def __init__(
        self, server: Server, path: Path, importer: Importer | None = None, *, journal: bool = True
    ) -> None:
        self.server = server
        self._importer = importer
        self._importing: set[str] = set()
        self._waiting = False
        self._datasets = ServerDatasets(server)
        self._sender = Sender(server, self, str(path))
        database = SqliteDatabase(path)
        super().__init__(database, Journal(database.path) if journal else None)
        if self.read_only:
            raise StoreReadOnlyError(
                f"{path} is read-only; labels for MLflow are kept there first. Name another file, or another folder by "
                "LABELWIDGET_MLFLOW_CACHE."
            )
        if not self._read(outbox.has_tables):
            self._write(outbox.make_tables)
        self.mirror = Mirror(self)
        _open.add(self)
        if self.pending():
            self.mirror.wake()

    @property
    def url(self) -> str:
        """How to open the store again."""
        return f"mlflow+{self.server.uri}"

    @property
    def experiment_id(self) -> str:
        """The MLflow experiment."""
        return self.server.experiment_id

    @property
    def cache(self) -> Path:
        """The file on this machine."""
        return Path(self._name)

    # What is not at the server yet ---------------------------------------------------------------------------------
    def pending(self, session_id: str | None = None) -> int:
        """How many changes are saved here and not yet written to MLflow.

        Args:
            session_id: Only of this session; None for all.
        """
        return self._read(lambda connection: outbox.count(connection, session_id))

    def flush(self, timeout: float = 30.0) -> int:
        """Wait until everything is at the server.

        Args:
            timeout: Seconds to wait at most. Ends at once when the server does not answer or does not let us in.

        Returns:
            How many changes still wait; `problems()` says why.
        """
        return self.mirror.flush(timeout)

    def problems(self) -> list[Problem]:
        """What went wrong on the way to MLflow, one entry an item (or session), oldest first."""
        rows = self._read(outbox.stuck)
        found: dict[tuple[str, str | None], Problem] = {}
        for row in rows:
            key = (row.session_id, row.item_id)
            if key in found:
                continue
            waiting = 1
            if row.item_id is not None:
                item_id = row.item_id
                waiting = len(
                    self._read(
                        lambda connection, item_id=item_id: outbox.of_item(connection, item_id)
                    )
                )
            found[key] = Problem(
                row.session_id, row.item_id, waiting, row.tries, row.given_up, row.problem or ""
            )
        return list(found.values())

    def retry(self) -> None:
        """Try everything again now, also what was given up."""
        self._write(outbox.retry_all)
        self.mirror.wake()

    def close(self) -> None:
        """Write what can be written within some seconds and let go of the file; the rest waits in it."""
        if hasattr(self, "mirror"):
            self.mirror.close(_CLOSE_SECONDS)
        super().close()

    # Sessions ------------------------------------------------------------------------------------------------------
    def new_session_id(self, name: str) -> str:
        """The id of a new run, made and ended now.

        Raises:
            MlflowError: The server does not answer; no session was made.
        """
        return self.server.create_run(name, run_tags.BASE, run_tags.user())

    def session(self, session_id: str, *, deleted: bool = False) -> SessionInfo | None:
        """A session by id; one that was made elsewhere is brought here."""
        found = super().session(session_id, deleted=True)
        if found is None and self._importer is not None and session_id not in self._importing:
            run = self.server.run(session_id)
            if run is not None and run_tags.is_session(run):
                self._import(run)
                found = super().session(session_id, deleted=True)
        return None if found is None or (found.deleted_at is not None and not deleted) else found

    def sessions(self, *, deleted: bool = False) -> list[SessionInfo]:
        """All sessions of the experiment, newest first, also those made elsewhere."""
        if self._importer is not None and not self._importing:
            try:
                runs = self.server.runs(run_tags.TYPE, run_tags.SESSION)
            except MlflowError as fault:
                warnings.warn(f"Only the sessions known here are listed: {fault}", stacklevel=3)
                runs = []
            known = {info.session_id for info in super().sessions(deleted=True)}
            for run in sorted(runs, key=run_tags.created_at):
                if run.run_id not in known and run_tags.is_session(run):
                    self._import(run)
        return super().sessions(deleted=deleted)

    def purge_session(self, session_id: str) -> None:
        """Remove a session for good: here, its run, and its copied traces."""
        item_ids = [str(item_id) for item_id in self.item_columns(session_id)["item_id"]]
        info = super().session(session_id, deleted=True)
        if run_tags.queue_of(info) is None:
            self.server.delete_traces(item_ids)
            self.server.delete_run(session_id)

        self._write(lambda connection: outbox.forget_session(connection, session_id))
        super().purge_session(session_id)

    # Items ---------------------------------------------------------------------------------------------------------
    def add_items(self, session_id: str, new: Sequence[NewItem]) -> AddResult:
        """Add traces, and wait until their copies are at the server or it is known that they have to wait."""
        result = super().add_items(session_id, new)
        if result.added:
            waiting = self.flush(_ADD_SECONDS)
            if waiting:
                fault = self.mirror.fault
                why = str(fault) if fault else next((one.reason for one in self.problems()), "")
                warnings.warn(
                    f"{waiting:,} changes are saved here and not yet at {describe(self.server)}. They are written as soon as "
                    f"it is possible; labelling goes on meanwhile. {why}",
                    stacklevel=4,
                )
        return result

    # Saving --------------------------------------------------------------------------------------------------------
    def _log(self, connection: Connection, ops: Sequence[Op]) -> None:
        """What a transaction changed waits for the server, in the same transaction."""
        super()._log(connection, ops)
        if outbox.add_changes(connection, ops, self._name):
            self._waiting = True

    def _write(self, work: Callable[[Connection], T], *, locks: bool = False) -> T:
        try:
            return super()._write(work, locks=locks)
        finally:
            if self._waiting:
                self._waiting = False
                self.mirror.wake()

    # Evaluation datasets: MLflow's own, where the server keeps them -----------------------------------------------------
    def put_dataset(self, info: DatasetInfo) -> DatasetInfo:
        """Create a dataset at the server."""
        return self._datasets.put(info) if self._datasets.available else super().put_dataset(info)

    def dataset(self, dataset_id: str) -> DatasetInfo | None:
        """A dataset by id, or None."""
        if not self._datasets.available:
            return super().dataset(dataset_id)
        return self._datasets.get(dataset_id)

    def datasets(self, name: str | None = None) -> list[DatasetInfo]:
        """All datasets of the experiment, or those of a name, newest first."""
        return self._datasets.all(name) if self._datasets.available else super().datasets(name)

    def delete_dataset(self, dataset_id: str) -> bool:
        """Remove a dataset and its records for good."""
        if not self._datasets.available:
            return super().delete_dataset(dataset_id)
        return self._datasets.delete(dataset_id)

    def merge_records(
        self, dataset_id: str, patches: Sequence[RecordPatch], *, by: str, dry_run: bool = False
    ) -> MergeResult:
        """Add or change records; merging the same again changes nothing."""
        if not self._datasets.available:
            return super().merge_records(dataset_id, patches, by=by, dry_run=dry_run)
        return self._datasets.merge(dataset_id, patches, by=by, dry_run=dry_run)

    def delete_records(self, dataset_id: str, record_ids: Sequence[str]) -> int:
        """Remove records for good."""
        if not self._datasets.available:
            return super().delete_records(dataset_id, record_ids)
        return self._datasets.delete_records(dataset_id, record_ids)

    def count_records(self, dataset_id: str) -> int:
        """How many records a dataset has."""
        if not self._datasets.available:
            return super().count_records(dataset_id)
        return sum(1 for _ in self._datasets.records(dataset_id))

    def records(
        self, dataset_id: str, record_ids: Sequence[str] | None = None
    ) -> Iterator[DatasetRecord]:
        """The records in the order added."""
        if not self._datasets.available:
            return super().records(dataset_id, record_ids)
        return self._datasets.records(dataset_id, record_ids)

    # What was made elsewhere: kept without being sent back -----------------------------------------------------------
    def take_session(self, info: SessionInfo, schemas: Sequence[LabelSchema]) -> None:
        """Keep a session that the server has."""
        log = super()._log

        def work(connection: Connection) -> None:
            for schema in schemas:
                known = reads.schema(
                    connection, schema.name, schema.version, self._name, deleted=True
                )
                # Where it was made here too, what was made here stays.
                if known is None:
                    catalog.put_schema(connection, schema)
            catalog.put_session(connection, info)
            log(connection, [session_op(info), *map(question_op, schemas)])

        self._write(work)

    def take_items(self, session_id: str, new: Sequence[NewItem]) -> AddResult:
        """Keep items whose traces the server has."""
        packed = catalog.pack_items(new)

        log = super()._log

        def work(connection: Connection) -> AddResult:
            result = catalog.add_items(connection, session_id, packed)
            log(connection, [item_op(item) for item in result.added])
            return result

        return self._write(work)

    def take(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction that keeps what the server has."""
        log = super()._log

        def whole(connection: Connection) -> T:
            transaction = SqlTransaction(connection, self._name)
            result = work(transaction)
            transaction.finish()
            log(connection, transaction.ops)
            return result

        return self._write(whole)

    def waits(self, item_id: str) -> bool:
        """Whether changes of an item are not at the server yet."""
        return bool(self._read(lambda connection: outbox.of_item(connection, item_id)))

    def _import(self, run: FoundRun) -> None:
        if self._importer is None:
            return
        self._importing.add(run.run_id)
        try:
            self._importer(self, run)
        finally:
            self._importing.discard(run.run_id)

    # What the mirror calls -----------------------------------------------------------------------------------------
    def look(self, work: Callable[[Connection], T]) -> T:
        """Read the file."""
        return self._read(work)

    def keep(self, work: Callable[[Connection], T]) -> T:
        """Write to the file."""
        return self._write(work)

    def reachable(self) -> None:
        """Raise `MlflowError` when nobody answers."""
        self.server.check()

    def send(self, rows: list[Waiting]) -> list[int]:
        """Write the first row, with all that one call covers."""
        return self._sender.send(rows)

    # What the sender reads: the file alone, never the server ----------------------------------------------------------
    def known_session(self, session_id: str) -> SessionInfo | None:
        """A session of the file, also a deleted one."""
        return super().session(session_id, deleted=True)


_open: weakref.WeakSet[MlflowStore] = weakref.WeakSet()


def _close_all() -> None:
    for store in list(_open):
        store.close()


atexit.register(_close_all)
