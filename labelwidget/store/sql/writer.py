"""The writer thread: the only place where a transaction is ever open.

A save that runs in the caller's thread can be torn by the stop button (`KeyboardInterrupt` lands anywhere), and the open
transaction that it leaves behind makes every later save fail. Here the caller only waits: interrupted or not, on any
thread, the work is done whole or not begun.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from labelwidget.errors import StoreError
from labelwidget.store.sql.engine import Database
from labelwidget.store.sql.faults import Fault, FaultKind, find_fault

__all__ = ["PATIENCE_SECONDS", "Writer", "pause_before_retry"]

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""How long a busy store is tried again before the caller is told."""

_IDLE_SECONDS = 20.0


def pause_before_retry(attempt: int) -> None:
    """Wait a little, longer each time and never the same as another process."""
    time.sleep(random.uniform(0.005, min(0.25, 0.02 * 2**attempt)))  # noqa: S311


class _Job:
    """One function to run in a transaction, and where its result goes."""

    def __init__(self, work: Callable[[Connection], object], *, locks: bool = False) -> None:
        self.work = work
        self.locks = locks
        self.done: Future[object] = Future()


class Writer:
    """Runs functions one after another, each in one durable transaction.

    Args:
        database: What to write to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine: Engine = database.writer()
        self._connection: Connection | None = None
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self.between = threading.Lock()
        """Held while a transaction is open."""

    def run(self, work: Callable[[Connection], T], *, locks: bool = False) -> T:
        """Run `work` in a transaction on the writer thread.

        Args:
            work: Called with a connection in a transaction; called again from the start when the store was busy.
            locks: The work locks what it goes by, so that a server need not keep other writers out.

        Returns:
            What `work` returned, after COMMIT.

        Raises:
            StoreError: See `Store.transact`.
        """
        if threading.current_thread() is self._thread:
            raise StoreError(
                "A transaction was started inside another one. Use the transaction that is open."
            )
        job = _Job(work, locks=locks)
        self._jobs.put(job)
        self._ensure_thread()
        try:
            return cast(T, job.done.result())
        except BaseException:
            # Stopped while waiting: what has not begun will not begin.
            job.done.cancel()
            raise

    def close(self, seconds: float = 10.0) -> None:
        """Finish what is queued and let go of the file."""
        thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return
        self._jobs.put(_Job(_nothing))
        thread.join(seconds)

    def _ensure_thread(self) -> None:
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._serve, name="labelwidget-writer", daemon=True
                )
                self._thread.start()

    def _serve(self) -> None:
        """Run jobs; end when idle, so that a store that nobody uses holds no thread and no file."""
        while True:
            try:
                job = self._jobs.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._start:
                    if not self._jobs.empty():
                        continue
                    self._thread = None
                    self._disconnect()
                    return
            if job.work is _nothing:
                with self._start:
                    self._thread = None
                    self._disconnect()
                    if self._jobs.empty():
                        return
                    self._thread = threading.current_thread()
                continue
            if job.done.set_running_or_notify_cancel():
                self._serve_one(job)

    def _serve_one(self, job: _Job) -> None:
        with self.between:
            try:
                result = self._attempts(job)
            except BaseException as error:  # noqa: BLE001  it belongs to the caller
                job.done.set_exception(error)
            else:
                job.done.set_result(result)

    def _attempts(self, job: _Job) -> object:
        deadline = time.monotonic() + PATIENCE_SECONDS
        attempt = 0
        while True:
            try:
                return self._once(job)
            except (SQLAlchemyError, sqlite3.Error, OverflowError) as error:
                self._rollback()
                fault = find_fault(error, self._database.name)
                if fault is None:
                    raise StoreError(
                        f"{self._database.name} refused to save ({type(error).__name__}). Nothing was written."
                    ) from error
                self._give_up_or_wait(fault, deadline, attempt)
                attempt += 1
            except BaseException:
                self._rollback()
                raise

    def _give_up_or_wait(self, fault: Fault, deadline: float, attempt: int) -> None:
        if fault.kind is not FaultKind.BUSY:
            # After an I/O error what the connection believes of the file may be wrong.
            self._disconnect()
        if fault.kind is FaultKind.FAILED or time.monotonic() >= deadline:
            raise fault.error from None
        pause_before_retry(attempt)

    def _once(self, job: _Job) -> object:
        self._check()
        if self._connection is None:
            self._connection = self._engine.connect()
        self._database.begin(self._connection, locks=job.locks)
        result = job.work(self._connection)
        self._connection.commit()
        # Work that ran no statement began nothing that SQLAlchemy knows of.
        self._connection.connection.commit()
        self._check()
        return result

    def _check(self) -> None:
        try:
            self._database.check()
        except StoreError:
            self._disconnect()
            raise

    def _rollback(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.rollback()
            if not self._connection.invalidated:
                # After a COMMIT that failed SQLAlchemy holds the transaction for ended; SQLite keeps it open.
                self._connection.connection.rollback()
        except Exception:  # noqa: BLE001  a connection that cannot roll back is of no more use
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except Exception:  # noqa: BLE001  nothing more can be done about it
            return


def _nothing(_: Connection) -> object:
    return None
