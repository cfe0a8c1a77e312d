"""What happens around the store: locks, full disks, files that go away, damage, stop buttons."""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labelwidget.errors import (
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
    StoreVersionError,
)
from labelwidget.model import Item, ItemState, ReviewerItem
from labelwidget.store import Store, Transaction
from labelwidget.store.sql import engine, writer
from labelwidget.store.sql.opening import open_store
from tests.store.builders import a_session, an_event, judged, label, new_item
from tests.store.forks import fork, in_child, without_privileges


@pytest.fixture
def item(path: Path) -> Item:
    """An item of a store that is closed again."""
    store = open_store(f"sqlite:///{path}")
    found = store.items(a_session(store, traces=3))[0]
    store.close()
    return found


def opened(path: Path) -> Store:
    return open_store(f"sqlite:///{path}")


@contextmanager
def held_by_another_program(path: Path, *statements: str) -> Iterator[Callable[[], None]]:
    """Another process in a transaction, a writing one by default; the function yielded ends it."""
    reader, ready = os.pipe()
    child = fork()
    if child == 0:
        other = sqlite3.connect(path, isolation_level=None)
        for statement in statements or ("BEGIN IMMEDIATE",):
            other.execute(statement).fetchone()
        os.write(ready, b"!")
        signal.pause()
        os._exit(0)
    os.read(reader, 1)

    alive = [child]

    def let_go() -> None:
        if alive:
            os.kill(alive[0], signal.SIGKILL)
            os.waitpid(alive.pop(), 0)

    try:
        yield let_go
    finally:
        let_go()
        os.close(reader)
        os.close(ready)


class TestLocks:
    @pytest.fixture(autouse=True)
    def _short_busy_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.05)

    def test_a_save_waits_until_the_other_program_lets_go(self, path: Path, item: Item) -> None:
        with held_by_another_program(path) as let_go:
            store = opened(path)
            threading.Timer(0.5, let_go).start()
            start = time.monotonic()
            label(store, item, 1)
            assert time.monotonic() - start >= 0.4
        assert [one.value for one in store.item_assessments(item.item_id)] == [1]

    def test_a_program_that_never_lets_go_is_reported_and_reading_goes_on(
        self, path: Path, item: Item, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.2)
        with held_by_another_program(path) as let_go:
            store = opened(path)
            with pytest.raises(StoreBusyError, match=r"holds .*labels\.db.*Nothing was written"):
                label(store, item, 1, event_id="e")
            assert store.item_assessments(item.item_id) == []
            let_go()
            label(store, item, 1, event_id="e")
        assert [one.value for one in store.item_assessments(item.item_id)] == [1]

    @pytest.mark.parametrize(
        "statements",
        [("BEGIN IMMEDIATE",), ("BEGIN", "SELECT * FROM items")],
        ids=["at the beginning", "at the commit"],
    )
    def test_after_waiting_a_transaction_is_still_whole_or_nothing(
        self, path: Path, item: Item, statements: tuple[str, ...]
    ) -> None:
        store = opened(path)
        with held_by_another_program(path, *statements) as let_go:
            threading.Timer(0.4, let_go).start()
            label(store, item, 1)

        def fails(tx: Transaction) -> None:
            tx.append_event(an_event(item, "alice"))
            tx.put_reviewer_item(item, "alice", ReviewerItem(state=ItemState.COMPLETED))
            raise KeyError("changed my mind")

        with pytest.raises(KeyError):
            store.transact(fails)
        store.close()
        assert len(store.events(item.session_id, "alice")) == 1
        assert store.progress(item.session_id, "alice").in_progress == 1

    def test_a_transaction_that_does_nothing_holds_nothing(self, path: Path, item: Item) -> None:
        store = opened(path)
        assert store.transact(lambda _: 5) == 5
        label(opened(path), item, 1)
        label(store, item, 2)
        assert [one.value for one in store.item_assessments(item.item_id)] == [2]

    def test_many_open_a_new_file_at_once(self, path: Path) -> None:
        children = []
        for number in range(6):
            child = fork()
            if child == 0:
                status = 1
                try:
                    a_session(opened(path), traces=2, name=str(number))
                    status = 0
                finally:
                    os._exit(status)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
        assert sorted(info.name for info in opened(path).sessions()) == list("012345")


def save_until_it_fails(store: Store, item: Item) -> tuple[int, str]:
    """How many answers were saved, and what was said of the one that was not."""
    for saved in range(1000):
        try:
            label(store, item, "x" * 2000, event_id=f"e{saved}")
        except StoreError as error:
            return saved, str(error)
    pytest.fail("a thousand answers fitted")


class TestDisk:
    def test_a_full_disk_is_named_and_saving_goes_on_once_there_is_space(
        self, path: Path, item: Item
    ) -> None:
        store = opened(path)
        pages = path.stat().st_size // 4096

        def limit(pages: int) -> None:
            # SQLite's own limit fails with the very error of a full disk.
            store.transact(
                lambda tx: tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            )

        limit(pages + 8)
        saved, said = save_until_it_fails(store, item)
        assert re.search(r"disk that holds .*labels\.db is full.*Free some", said)
        assert saved > 0
        assert len(store.events(item.session_id, "alice", limit=1000)) == saved
        label(store, item, "small", event_id=f"e{saved}")
        assert store.item_assessments(item.item_id)[0].value == "small"

    def test_a_file_size_limit_fails_cleanly_and_the_connection_recovers(
        self, path: Path, item: Item
    ) -> None:
        def work() -> tuple[int, str]:
            store = opened(path)
            label(store, item, "first", event_id="first")
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 30_000, hard))
            saved, said = save_until_it_fails(store, item)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            label(store, item, "last", event_id="last")
            return saved, said

        saved, said = in_child(work)
        assert saved > 0
        assert "labels.db" in said
        assert "Nothing was written" in said
        store = opened(path)
        assert len(store.events(item.session_id, "alice", limit=1000)) == saved + 2
        assert store.item_assessments(item.item_id)[0].value == "last"

    @pytest.mark.parametrize("what", ["deleted", "replaced"])
    def test_a_file_that_goes_away_is_never_written_silently(
        self, path: Path, item: Item, what: str
    ) -> None:
        store = opened(path)
        label(store, item, 1)
        kept = path.with_name("kept.db")
        shutil.copy(path, kept)
        path.unlink()
        if what == "replaced":
            shutil.copy(kept, path)
        for call in (lambda: label(store, item, 2), lambda: store.item_assessments(item.item_id)):
            with pytest.raises(StoreError, match=rf"labels\.db was {what}.*labelwidget\.connect"):
                call()
        kept.replace(path)
        again = opened(path)
        assert [one.value for one in again.item_assessments(item.item_id)] == [1]
        label(again, item, 3)

    def test_a_file_that_comes_back_is_used_again(self, path: Path, item: Item) -> None:
        store = opened(path)
        path.rename(path.with_name("away.db"))
        with pytest.raises(StoreError, match="deleted"):
            label(store, item, 1)
        path.with_name("away.db").rename(path)
        label(store, item, 1)
        assert [one.value for one in store.item_assessments(item.item_id)] == [1]


class TestReadOnly:
    def test_reading_works_and_saving_says_what_to_do(self, open_folder: Path) -> None:
        path = open_folder / "labels.db"
        store = opened(path)
        item = store.items(a_session(store, traces=2))[0]
        label(store, item, 1)
        store.close()
        path.chmod(0o444)
        open_folder.chmod(0o555)
        before = path.read_bytes()

        def work() -> tuple[bool, object, str]:
            store = opened(path)
            values = [one.value for one in store.item_assessments(item.item_id)]
            assert store.trace(item.item_id).inputs == "hello"
            with pytest.raises(StoreReadOnlyError) as caught:
                label(store, item, 2)
            with pytest.raises(StoreReadOnlyError):
                store.put_session(store.sessions()[0])
            return store.read_only, values, str(caught.value)

        read_only, values, said = without_privileges(work)
        assert read_only
        assert values == [1]
        assert "labels.db is read-only" in said
        assert "labelwidget.connect(" in said
        assert path.read_bytes() == before

    def test_a_folder_without_room_for_the_journal_is_read_only_too(
        self, open_folder: Path
    ) -> None:
        path = open_folder / "labels.db"
        opened(path).close()
        path.with_name("labels.db-journal").unlink()
        path.chmod(0o666)
        open_folder.chmod(0o555)
        assert without_privileges(lambda: opened(path).read_only)


class TestVersions:
    def test_a_newer_file_is_named_and_left_as_it_is(self, path: Path, item: Item) -> None:
        raw = sqlite3.connect(path)
        raw.execute("UPDATE store_info SET value = '\"7.2.0\"' WHERE key = 'migrated_by'")
        raw.execute("PRAGMA user_version = 99")
        raw.commit()
        raw.close()
        before = path.read_bytes()
        with pytest.raises(
            StoreVersionError, match=r"labels\.db was made by labelwidget 7\.2\.0.*pip"
        ):
            opened(path)
        assert path.read_bytes() == before

    def test_triggers_and_views_of_strangers_are_refused(self, path: Path, item: Item) -> None:
        raw = sqlite3.connect(path)
        raw.execute("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM assessments; END")
        raw.commit()
        raw.close()
        with pytest.raises(StoreCorruptError, match="triggers or views"):
            opened(path)

    def test_missing_tables_are_named(self, path: Path, item: Item) -> None:
        raw = sqlite3.connect(path)
        raw.execute("DROP TABLE events")
        raw.commit()
        raw.close()
        with pytest.raises(StoreCorruptError, match="tables events are missing"):
            opened(path)


class TestDamage:
    def test_no_damage_changes_a_label_unnoticed(self, path: Path) -> None:
        store = opened(path)
        session = a_session(store)
        store.add_items(
            session,
            [new_item(f"t{n}", inputs="q" * 300, assessments=[judged(n / 10)]) for n in range(20)],
        )
        for number, item in enumerate(store.items(session)):
            label(store, item, f"answer {number} " + "x" * 200, rationale="because " * 10)
        store.close()

        def everything() -> list[list[object]]:
            store = opened(path)
            try:
                items = store.items(session)
                columns = store.assessment_columns(session, everything=True, prior=True)
                return [
                    [*items],
                    [*store.traces(session)],
                    [one for item in items for one in store.item_assessments(item.item_id)],
                    [*store.events(session, "alice")],
                    [*columns.values()],
                ]
            finally:
                store.close()

        sound, expected = path.read_bytes(), everything()
        rng = random.Random(5)
        for number in range(100):
            path.write_bytes(damaged_copy(sound, rng))
            try:
                found = everything()
            except (StoreCorruptError, StoreVersionError, StoreError):
                continue
            if found != expected:
                # A damaged index can hide rows, never change one; SQLite's own check finds that.
                assert not sound_to_sqlite(path), number
                for part, whole in zip(found[:4], expected[:4], strict=True):
                    assert all(one in whole for one in part), number


def damaged_copy(sound: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(sound)
    kind = rng.choice(["flip", "zero", "cut"])
    if kind == "flip":
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    elif kind == "zero":
        start = rng.randrange(len(damaged) // 512) * 512
        damaged[start : start + 512] = bytes(512)
    else:
        del damaged[rng.randrange(512, len(damaged)) :]
    return bytes(damaged)


def sound_to_sqlite(path: Path) -> bool:
    raw = sqlite3.connect(path)
    try:
        return raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    except sqlite3.DatabaseError:
        return False
    finally:
        raw.close()
