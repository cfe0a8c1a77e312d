"""The thread that writes to MLflow what waits in the outbox.

It writes the changes of one item in the order in which they were saved, each after looking what the server has, so that a
repeated write changes nothing. A server that does not answer stops it for a while; a single thing that goes wrong is noted
and tried again later, and the rest goes on.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection

from labelwidget.errors import StoreError
from labelwidget.store.mlflow import outbox
from labelwidget.store.mlflow.faults import FaultKind, MlflowError, fault_from
from labelwidget.store.mlflow.outbox import Waiting

__all__ = ["Mirror", "Problem", "Target"]

T = TypeVar("T")

_IDLE_SECONDS = 20.0
_LOOK_SECONDS = 5.0
_LEASE_MS = 60_000
_QUIET_SECONDS = 0.25
_RESTLESS_SECONDS = 3.0
_FIRST_WAIT_MS = 500
_LONGEST_WAIT_MS = 60_000
_TRIES_OF_A_CONFLICT = 6


class Problem(NamedTuple):
    """Something that is not at the server yet because of an error.

    Attributes:
        session_id: The session.
        item_id: The item, or None for the session itself.
        waiting: How many changes of it wait.
        tries: How often the first of them was tried.
        given_up: Whether it is not tried again until `store.retry()`.
        reason: What went wrong and what to do.
    """

    session_id: str
    item_id: str | None
    waiting: int
    tries: int
    given_up: bool
    reason: str


class Target(Protocol):
    """The store that is mirrored."""

    def look(self, work: Callable[[Connection], T]) -> T:
        """Read the store's file."""
        ...

    def keep(self, work: Callable[[Connection], T]) -> T:
        """Write to the store's file."""
        ...

    def send(self, rows: list[Waiting]) -> list[int]:
        """Write the first of an item's rows to the server, with all that one call covers; returns their numbers.

        Raises:
            MlflowError: It could not be written.
        """
        ...

    def reachable(self) -> None:
        """Raise `MlflowError` when nobody answers at the server's address."""
        ...


class Mirror:
    """The thread of one store. It starts when there is something to write and ends when there is nothing.

    Args:
        target: The store.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._wake = threading.Condition()
        self._signals = 0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._process = os.getpid()
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._waits = 0
        self._fault: MlflowError | None = None
        self._woken_at = 0.0
        self._restless_since = 0.0
        self._hurry = 0
        self._leased_until = 0.0

    @property
    def fault(self) -> MlflowError | None:
        """Why nothing gets through at present, or None."""
        return self._fault

    def wake(self) -> None:
        """Something waits: write it."""
        if os.getpid() != self._process:
            return  # a forked child saves; the parent writes
        with self._wake:
            self._signals += 1
            self._stopping = False
            self._woken_at = time.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="labelwidget-mlflow", daemon=True
                )
                self._thread.start()
            self._wake.notify_all()

    def flush(self, seconds: float) -> int:
        """Wait until everything is written, the server is known to be out of reach, or the time is up.

        Returns:
            How many changes still wait.
        """
        deadline = time.monotonic() + seconds
        with self._wake:
            self._fault = None
            self._hurry += 1
        try:
            self.wake()
            while (
                (waiting := self._target.look(outbox.count))
                and self._fault is None
                and (left := deadline - time.monotonic()) > 0
            ):
                with self._wake:
                    self._wake.wait(min(left, 0.1))
        finally:
            with self._wake:
                self._hurry -= 1
        return waiting

    def close(self, seconds: float) -> None:
        """Write what can be written in the given time, and end."""
        thread = self._thread
        if thread is None or not thread.is_alive() or os.getpid() != self._process:
            return
        self.flush(seconds)
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        thread.join(seconds)

    # The thread ----------------------------------------------------------------------------------------------------
    def _run(self) -> None:
        idle_since = time.monotonic()
        while True:
            with self._wake:
                self._let_the_reviewer_go_first()
                seen = self._signals
            try:
                busy = self._round()
            except StoreError:
                busy = False  # the file is busy or gone; saving says so to whoever saves
            with self._wake:
                if busy:
                    idle_since = time.monotonic()
                    self._wake.notify_all()
                    if not self._stopping:
                        continue
                quiet = time.monotonic() - idle_since > _IDLE_SECONDS
                if self._stopping or (quiet and seen == self._signals and not self._pending()):
                    self._thread = None
                    self._end()
                    self._wake.notify_all()
                    return
                if seen == self._signals:
                    self._wake.wait(self._pause())

    def _let_the_reviewer_go_first(self) -> None:
        """Wait for a moment without saves: writing to MLflow takes the processor from the next trace's display."""
        self._restless_since = time.monotonic()
        while not (self._hurry or self._stopping):
            now = time.monotonic()
            left = self._woken_at + _QUIET_SECONDS - now
            if left <= 0 or now - self._restless_since > _RESTLESS_SECONDS:
                return
            self._wake.wait(left)

    def _pending(self) -> bool:
        try:
            return self._target.look(outbox.next_due_ms) is not None
        except StoreError:
            return False

    def _end(self) -> None:
        self._leased_until = 0.0
        try:
            self._target.keep(lambda connection: outbox.release_lease(connection, self._holder))
        except StoreError:
            return

    def _pause(self) -> float:
        if self._fault is not None:
            return _wait_ms(self._waits) / 1000
        try:
            next_ms = self._target.look(outbox.next_due_ms)
        except StoreError:
            return 1.0
        if next_ms is None:
            return _LOOK_SECONDS
        return min(_LOOK_SECONDS, max(0.05, (next_ms - outbox.now_ms()) / 1000))

    def _round(self) -> bool:
        """Write what is due once; True when something was written."""
        rows = self._target.look(outbox.due)
        if not rows or not self._has_lease():
            return False
        done = False
        for row in rows:
            if self._stopping:
                break
            if not self._write(row):
                if self._fault is not None:
                    return done
                continue
            done = True
        return done

    def _has_lease(self) -> bool:
        if time.monotonic() < self._leased_until:
            return True
        holder = self._target.look(outbox.lease_holder)
        abandoned = [holder] if holder is not None and _is_dead(holder) else []
        held = self._target.keep(
            lambda connection: outbox.hold_lease(connection, self._holder, _LEASE_MS, abandoned)
        )
        self._leased_until = time.monotonic() + _LEASE_MS / 3000 if held else 0.0
        return held

    def _write(self, first: Waiting) -> bool:
        """Write one item's changes; False when one of them could not be written."""
        rows = (
            [first]
            if first.item_id is None
            else self._target.look(
                lambda connection: outbox.of_item(connection, first.item_id or "")
            )
        )
        done: list[int] = []
        fault: MlflowError | None = None
        while rows and not self._stopping and self._has_lease():
            try:
                self._target.reachable()
                numbers = self._target.send(rows)
            except Exception as error:  # noqa: BLE001  whatever it is, the other items go on
                fault = fault_from(error)
                break
            self._fault = None
            self._waits = 0
            done.extend(numbers)
            rows = [row for row in rows if row.number not in numbers]
        if done:
            # One commit an item: written again after a crash, each of them is found to be there.
            self._target.keep(lambda connection: outbox.remove(connection, done))
        if fault is not None:
            self._failed(rows[0], fault)
        return fault is None

    def _failed(self, row: Waiting, fault: MlflowError) -> None:
        final = fault.kind.final or (
            fault.kind is FaultKind.CONFLICT and row.tries + 1 >= _TRIES_OF_A_CONFLICT
        )
        wait = 0 if fault.kind.stops_all else _wait_ms(row.tries)
        self._target.keep(
            lambda connection: outbox.postpone(connection, row, str(fault), wait, final=final)
        )
        if fault.kind.stops_all:
            self._fault = fault
            self._waits += 1


def _wait_ms(tries: int) -> int:
    longest = min(_LONGEST_WAIT_MS, _FIRST_WAIT_MS * 2 ** min(tries, 10))
    return int(longest * random.uniform(0.5, 1.0))  # noqa: S311  spreads tries, guards nothing


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended."""
    host, _, rest = holder.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdigit() or os.name == "nt":
        return False
    if int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
