"""Acknowledged means kept: kills, the stop button, many writers at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from labelwidget.model import Item, ItemState
from labelwidget.store import Store
from labelwidget.store.sql.opening import open_store
from tests.store.audit import audit
from tests.store.builders import a_session, label
from tests.store.forks import fork, in_child

KILLS = 200
TRACES = 20


@pytest.fixture
def items(path: Path) -> list[Item]:
    """The items of a session in a file that nobody has open."""
    store = open_store(f"sqlite:///{path}")
    found = store.items(a_session(store, traces=TRACES))
    store.close()
    return found


def save(store: Store, items: list[Item], reviewer: str, size: int = 20) -> str:
    """One answer as a reviewer gives it; the event's id is also the rationale, for the audit."""
    event_id = uuid.uuid4().hex
    label(
        store,
        random.choice(items),
        "x" * size,
        reviewer=reviewer,
        rationale=event_id,
        event_id=event_id,
        state=random.choice([ItemState.COMPLETED, ItemState.IN_PROGRESS, ItemState.SKIPPED]),
    )
    return event_id


def start(work: Callable[[Callable[[str], None]], None]) -> tuple[int, int]:
    """A child that runs `work` with a function that acknowledges ids; returns its pid and where they arrive."""
    reader, writer = os.pipe()
    child = fork()
    if child:
        os.close(writer)
        return child, reader
    try:
        os.close(reader)
        random.seed()
        work(lambda event_id: (os.write(writer, event_id.encode() + b"\n"), None)[1])
    finally:
        os._exit(0)


def acknowledged(reader: int) -> list[str]:
    """All ids that arrived, once the child is gone; a torn last line was not an acknowledgement."""
    with os.fdopen(reader, "rb") as incoming:
        text = incoming.read().decode()
    return [line[:-1] for line in text.splitlines(keepends=True) if line.endswith("\n")]


def test_200_kills_lose_and_double_nothing(path: Path, items: list[Item], tmp_path: Path) -> None:
    rng = random.Random(7)
    acked: list[str] = []

    def work(acknowledge: Callable[[str], None]) -> None:
        store = open_store(f"sqlite:///{path}")
        while True:
            acknowledge(save(store, items, "alice", random.choice([10, 5_000, 60_000])))

    for kill in range(1, KILLS + 1):
        child, reader = start(work)
        first = os.read(reader, 33)  # it has begun
        time.sleep(rng.uniform(0.0, 0.04))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acked += [first.decode().strip(), *acknowledged(reader)]
        if kill % 20 == 0:
            audit(path, acked)
            copy = shutil.copy(path, tmp_path / "copy.db")
            audit(copy, acked)
    assert len(set(acked)) == len(acked) >= KILLS
    store = open_store(f"sqlite:///{path}")
    acked.append(save(store, items, "alice"))
    store.close()
    assert audit(path, acked) >= len(acked)


def test_a_killed_writer_with_a_half_written_file_is_put_right_by_the_next(
    path: Path, items: list[Item]
) -> None:
    def work(acknowledge: Callable[[str], None]) -> None:
        store = open_store(f"sqlite:///{path}")

        def dies(tx: object) -> None:
            connection = tx.connection
            connection.exec_driver_sql("PRAGMA cache_size=1")  # pages go to the file at once
            connection.exec_driver_sql("UPDATE items SET sha256 = 'gone'")
            connection.exec_driver_sql("DELETE FROM payloads")
            acknowledge("here")
            os.kill(os.getpid(), signal.SIGKILL)

        store.transact(dies)

    child, reader = start(work)
    os.waitpid(child, 0)
    assert acknowledged(reader) == ["here"]
    assert path.with_name("labels.db-journal").stat().st_size > 0
    store = open_store(f"sqlite:///{path}")
    assert store.items(items[0].session_id) == items
    assert len(list(store.traces(items[0].session_id))) == TRACES


def test_the_stop_button_leaves_the_next_save_working(path: Path, items: list[Item]) -> None:
    def work(acknowledge: Callable[[str], None]) -> None:
        armed = [False]

        def stop(*_: object) -> None:
            # As Python's own handler, but never while the loop below is counting.
            if armed[0]:
                armed[0] = False
                raise KeyboardInterrupt

        signal.signal(signal.SIGINT, stop)
        store = open_store(f"sqlite:///{path}")
        acknowledge("ready")
        while True:
            try:
                armed[0] = True
                event_id = save(store, items, "alice", 3_000)
                store.progress(items[0].session_id, "alice")
                store.item_assessments(items[0].item_id)
                armed[0] = False
                acknowledge(event_id)
            except KeyboardInterrupt:
                continue
            except Exception as error:  # noqa: BLE001  the parent fails the test
                acknowledge(f"error {type(error).__name__}: {error}")

    rng = random.Random(1)
    child, reader = start(work)
    assert os.read(reader, 6) == b"ready\n"
    chunks: list[bytes] = []
    listener = threading.Thread(
        target=lambda: chunks.extend(iter(lambda: os.read(reader, 65536), b""))
    )
    listener.start()
    for _ in range(200):
        time.sleep(rng.uniform(0.0005, 0.012))
        os.kill(child, signal.SIGINT)
    seen = len(chunks)
    deadline = time.monotonic() + 20
    while len(chunks) < seen + 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(chunks) >= seen + 3, "no save succeeded after the last interruption"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    listener.join()
    os.close(reader)
    lines = b"".join(chunks).decode().splitlines(keepends=True)
    ids = [line[:-1] for line in lines if line.endswith("\n")]
    assert [line for line in ids if line.startswith("error")] == []
    audit(path, ids)


@pytest.mark.parametrize("processes", [4])
def test_several_processes_label_one_file(path: Path, items: list[Item], processes: int) -> None:
    def work(number: int) -> Callable[[Callable[[str], None]], None]:
        def run(acknowledge: Callable[[str], None]) -> None:
            store = open_store(f"sqlite:///{path}")
            for _ in range(40):
                acknowledge(save(store, items, f"reviewer {number}"))

        return run

    children = [start(work(number)) for number in range(processes)]
    acked = [event_id for _, reader in children for event_id in acknowledged(reader)]
    for child, _ in children:
        os.waitpid(child, 0)
    assert len(acked) == 40 * processes
    assert audit(path, acked) == len(acked)
    store = open_store(f"sqlite:///{path}")
    assert len(store.reviewers(items[0].session_id)) == processes


def test_several_threads_share_one_store(path: Path, items: list[Item]) -> None:
    store = open_store(f"sqlite:///{path}")
    acked: list[str] = []
    failed: list[BaseException] = []

    def work(reviewer: str) -> None:
        try:
            for _ in range(40):
                acked.append(save(store, items, reviewer))
                store.progress(items[0].session_id, reviewer)
                store.item_assessments(items[0].item_id)
        except Exception as error:  # noqa: BLE001  looked at below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"r{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(acked) == 320
    store.close()
    assert audit(path, acked) == 320


def test_a_fork_labels_with_a_connection_of_its_own(path: Path, items: list[Item]) -> None:
    store = open_store(f"sqlite:///{path}")
    acked = [save(store, items, "parent")]

    def child() -> list[str]:
        return [save(store, items, "child") for _ in range(10)]

    acked += in_child(child)
    acked += [save(store, items, "parent") for _ in range(5)]
    acked += in_child(child)
    store.close()
    assert audit(path, acked) == len(acked) == 26


def test_forks_while_a_thread_saves(path: Path, items: list[Item]) -> None:
    store = open_store(f"sqlite:///{path}")
    acked: list[str] = []
    done = threading.Event()

    def busy() -> None:
        while not done.is_set():
            acked.append(save(store, items, "thread"))

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(10):
            acked += in_child(lambda: [save(store, items, "child") for _ in range(3)])
    finally:
        done.set()
        thread.join()
    store.close()
    assert audit(path, acked) == len(acked) > 30


def test_two_stores_of_one_process_see_each_other(path: Path, items: list[Item]) -> None:
    first, second = (open_store(f"sqlite:///{path}") for _ in range(2))
    session = items[0].session_id
    for number in range(10):
        save(first if number % 2 else second, items, "alice")
        assert first.last_seq(session) == second.last_seq(session) == number + 1
