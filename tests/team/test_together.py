"""Many reviewers at once: nobody's label is lost or doubled, no trace is reviewed more often than wanted, nobody waits for ever."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labelwidget as lw
from labelwidget.store.base import Store
from labelwidget.store.sql.opening import open_store
from tests.postgres_server import PostgresServer, running_server
from tests.team.conftest import review
from tests.team.labelling import audit, label_together, shared_session


@pytest.mark.slow
@pytest.mark.parametrize("required", [1, 2])
def test_processes_share_one_file(tmp_path: Path, required: int) -> None:
    store = lw.connect(tmp_path / "labels.db")
    session_id = shared_session(store, 24, required=required).labeling_session_id
    people = [f"r{n}" for n in range(4)]
    outcome = label_together(str(store.url), session_id, people, tmp_path)
    audit(store, session_id, outcome, required=required)
    store.close()


@pytest.mark.slow
def test_processes_share_a_server_that_cuts_them_off_and_restarts(tmp_path: Path) -> None:
    chance = random.Random(7)
    with running_server() as server, server.database() as address:
        store = lw.connect(address)
        session_id = shared_session(store, 30, required=2).labeling_session_id
        store.close()
        restarts = cut = 0

        def disturb() -> None:
            nonlocal restarts, cut
            # Once, when answers are coming in.
            if not restarts and any(log.stat().st_size for log in tmp_path.glob("*.log")):
                restarts += 1
                server.restart("immediate")
            elif chance.random() < 0.2:
                cut += _cut_one(server, chance)

        people = [f"r{n}" for n in range(4)]
        outcome = label_together(address, session_id, people, tmp_path, disturb)
        assert restarts == 1
        assert cut > 0
        store = lw.connect(address)
        audit(store, session_id, outcome, required=2)
        store.close()


def _cut_one(server: PostgresServer, chance: random.Random) -> int:
    found = server.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'labelwidget' AND pid <> pg_backend_pid()"
    )
    if not found:
        return 0
    server.execute(f"SELECT pg_terminate_backend({chance.choice(found)[0]})")
    return 1


def test_of_many_who_open_a_trace_at_once_one_has_it(session: lw.LabelingSession) -> None:
    session.set_assigned_users([]).assign("pick")
    people = [review(session, f"r{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for position in range(6):
            item = session.store.item_at(session.labeling_session_id, position)
            gate = threading.Barrier(8)

            def take(one: lw.Review, item=item, gate=gate) -> object:
                gate.wait()
                return one.authority.take(item)

            got = list(pool.map(take, people))
            assert got.count(None) == 1
            held = session.store.reservations(session.labeling_session_id, 0)[position]
            assert [one.reviewer for one in held] == [people[got.index(None)].reviewer]


people_do = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["take", "answer", "done", "skip", "reopen", "undo", "idle"]),
              st.integers(0, 2)),
    max_size=25,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(people_do, st.integers(1, 2))
def test_whatever_people_do_no_trace_is_completed_too_often(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, str, int]],
    required: int,
) -> None:
    path = tmp_path_factory.mktemp("team") / "labels.db"
    store = lw.connect(path, journal=False)
    session_id = shared_session(store, 3, required=required).labeling_session_id
    people = {name: lw.Review(store, session_id, name) for name in "abc"}
    clock = [time.time()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labelwidget.review.authority.time.time", lambda: clock[0])
        for name, action, position in steps:
            _act(people[name], action, position, clock)
            _check(store, session_id, required, clock[0])
    store.close()


def _act(one: lw.Review, action: str, position: int, clock: list[float]) -> None:
    item = one.open(position).item
    try:
        match action:
            case "take":
                one.authority.take(item)
            case "answer":
                one.answer(item.item_id, "ok", True)
            case "done":
                one.set_state(item.item_id, "completed")
            case "skip":
                one.set_state(item.item_id, "skipped")
            case "reopen":
                one.set_state(item.item_id, "in_progress")
            case "undo":
                one.undo()
            case _:
                clock[0] += 301
    except (lw.errors.NotAssignedError, lw.errors.InvalidValueError, lw.errors.ConflictError):
        return


def _check(store: Store, session_id: str, required: int, now: float) -> None:
    columns = store.status_columns(session_id)
    done = [0, 0, 0]
    for position, state in zip(columns["position"], columns["state"], strict=True):
        done[position] += state == "completed"
    assert max(done) <= required
    held = store.reservations(session_id, int(now * 1000))
    assert all(len(found) <= required for found in held.values())


def test_a_backup_that_is_made_while_others_label_is_whole(tmp_path: Path) -> None:
    store = lw.connect(tmp_path / "labels.db")
    session = shared_session(store, 40)
    stop = threading.Event()
    saved: list[str] = []

    def label() -> None:
        mine = review(session, "alice")
        while not stop.is_set() and (index := mine.begin()) is not None:
            item_id = mine.open(index).item.item_id
            mine.answer(item_id, "ok", True)
            saved.append(item_id)
            mine.set_state(item_id, "completed")

    thread = threading.Thread(target=label)
    thread.start()
    copies = []
    while thread.is_alive() and len(copies) < 5:
        before = len(saved)
        copies.append((before, store.backup(tmp_path / f"copy{len(copies)}.db")))
    stop.set()
    thread.join()
    assert copies
    for before, path in copies:
        assert path.stat().st_mode & 0o777 == 0o600
        raw = sqlite3.connect(path)
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        raw.close()
        copy = open_store(f"sqlite:///{path}", journal=False)
        answers = copy.assessment_columns(session.labeling_session_id)["item_id"]
        assert set(saved[:before]) <= set(answers)
        for item_id in answers:
            assert len(copy.item_events(str(item_id))) in (1, 2)
        copy.close()
    with pytest.raises(lw.errors.AlreadyExistsError):
        store.backup(copies[0][1])
    store.close()
