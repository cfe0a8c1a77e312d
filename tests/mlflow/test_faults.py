"""Labelling goes on while the MLflow server does not; afterwards everything is there once, in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.errors import StoreError
from labelwidget.store.mlflow import mirror
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from tests.mlflow.servers import Fault, FaultyProxy, MlflowServer
from tests.mlflow.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def own_server(tmp_path: Path, away: Path) -> Iterator[MlflowServer]:
    """A server that the test may stop."""
    server = MlflowServer(tmp_path / "server")
    server.start()
    mlflow.set_tracking_uri(server.url)
    mlflow.set_experiment("stops")
    yield server
    server.stop()


@pytest.fixture
def proxy(mlflow_server: MlflowServer, away: Path) -> Iterator[FaultyProxy]:
    """The shared server behind a proxy, as the active tracking URI."""
    proxy = FaultyProxy(mlflow_server.url)
    mlflow.set_tracking_uri(proxy.url)
    proxy.experiment = f"faults-{uuid.uuid4().hex[:8]}"
    mlflow.set_experiment(proxy.experiment)
    yield proxy
    proxy.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again sooner than it would."""
    monkeypatch.setattr(mirror, "_FIRST_WAIT_MS", 20)
    monkeypatch.setattr(mirror, "_LONGEST_WAIT_MS", 200)


def a_session(traces: int) -> tuple[MlflowStore, lw.LabelingSession, list[str]]:
    store = labelwidget.mlflow.connect()
    lw.create_label_schema("stars", type="feedback", input=lw.InputRating(1, 5))
    lw.create_label_schema("facts", type="expectation", input=lw.InputTextList())
    session = lw.create_labeling_session("look", label_schemas=["stars", "facts"])
    session.add_traces([{"inputs": f"Q{n}", "outputs": "A"} for n in range(traces)])
    return store, session, list(session.to_df().index)


def at_server(session_id: str) -> dict[str, list[dict[str, object]]]:
    """All assessments at the server by trace, in the order made."""
    frame = mlflow.search_traces(run_id=session_id)
    return {
        row["trace_id"]: sorted(row["assessments"], key=lambda one: one["create_time"])
        for _, row in frame.iterrows()
    }


def expect_once_in_order(session: lw.LabelingSession, ids: list[str]) -> None:
    found = at_server(session.mlflow_run_id)
    for number, trace_id in enumerate(ids):
        stars = [one for one in found[trace_id] if one["assessment_name"] == "stars"]
        assert [one["feedback"]["value"] for one in stars] == [1 + number % 4, 2 + number % 4]
        assert [one["valid"] for one in stars] == [False, True]
        (facts,) = [one for one in found[trace_id] if one["assessment_name"] == "facts"]
        assert json.loads(facts["expectation"]["serialized_value"]["value"]) == [f"fact {number}"]


# Runs here and, as text, in a kernel that is killed.
LABEL = """
for number, trace_id in enumerate(ids):
    review.answer(trace_id, "stars", 1 + number % 4)
    review.answer(trace_id, "facts", ["not yet"])
    review.answer(trace_id, "facts", [f"fact {number}"])
    review.answer(trace_id, "stars", 2 + number % 4)
    review.set_state(trace_id, "completed")
"""


def label_all(ids: list[str], review: lw.Review) -> None:
    exec(LABEL, {"ids": ids, "review": review})  # noqa: S102


def test_fifty_traces_labelled_while_the_server_is_stopped_arrive_once_in_order(
    own_server: MlflowServer, impatient: None
):
    store, session, ids = a_session(50)
    own_server.stop()

    review = lw.Review(store, session.labeling_session_id, "alice")
    label_all(ids, review)
    assert session.to_df()["state"].eq("completed").all()
    wait_for(lambda: store.problems())
    assert store.pending() == 50 * 6  # answers, the first answer's state, completed
    (first, *_) = store.problems()
    assert "does not answer" in first.reason
    assert not first.given_up
    assert store.flush(30) == 50 * 6  # returns at once: nobody is there

    own_server.start()
    wait_for(lambda: store.pending() == 0)
    assert store.problems() == []
    expect_once_in_order(session, ids)


KERNEL = """
import os, signal, sys
import mlflow, labelwidget as lw, labelwidget.mlflow
store = labelwidget.mlflow.connect(sys.argv[1], experiment=sys.argv[4], cache=sys.argv[2])
session = lw.get_labeling_session(sys.argv[3])
ids = list(session.to_df().index)
review = lw.Review(store, session.labeling_session_id, "alice")
{LABEL}
print(store.pending(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("up", [False, True], ids=["server stopped", "server up"])
def test_a_kernel_that_is_killed_leaves_its_labels_to_the_next_one(
    proxy: FaultyProxy, impatient: None, tmp_path: Path, up: bool
):
    cache = tmp_path / "labels.db"
    store = labelwidget.mlflow.connect(proxy.url, experiment=proxy.experiment, cache=cache)
    lw.create_label_schema("stars", type="feedback", input=lw.InputRating(1, 5))
    lw.create_label_schema("facts", type="expectation", input=lw.InputTextList())
    session = lw.create_labeling_session("look", label_schemas=["stars", "facts"])
    count = 12 if up else 50
    session.add_traces([{"inputs": f"Q{n}", "outputs": "A"} for n in range(count)])
    ids = list(session.to_df().index)
    store.close()
    if not up:
        proxy.stop()

    kernel = subprocess.run(
        [sys.executable, "-c", KERNEL.replace("{LABEL}", LABEL), proxy.url, str(cache), session.mlflow_run_id, proxy.experiment],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert kernel.returncode == -9, kernel.stderr[-2000:]
    if not up:
        assert int(kernel.stdout) == count * 6
        proxy.start()

    labelwidget.mlflow.forget_stores()
    again = labelwidget.mlflow.connect(proxy.url, experiment=proxy.experiment, cache=cache)
    assert again is not store
    wait_for(lambda: again.pending() == 0)
    assert again.problems() == []
    expect_once_in_order(session, ids)


@pytest.mark.parametrize("status", [500, 0], ids=["500 after it", "no answer after it"])
def test_a_write_whose_answer_is_lost_is_not_made_twice(
    proxy: FaultyProxy, impatient: None, status: int
):
    store, session, ids = a_session(3)
    proxy.faults.append(Fault("/assessments", status=status, after=True, times=4))
    review = lw.Review(store, session.labeling_session_id, "alice")

    label_all(ids, review)
    wait_for(lambda: store.flush(1) == 0)

    assert proxy.faults[0].seen == 4
    expect_once_in_order(session, ids)


@pytest.mark.parametrize(
    ("status", "said"),
    [(409, "conflict"), (500, "failed at this")],
)
def test_one_thing_that_goes_wrong_is_said_and_the_rest_goes_on(
    proxy: FaultyProxy, impatient: None, status: int, said: str
):
    store, session, ids = a_session(4)
    proxy.faults.append(Fault(f"{ids[1]}/assessments", status=status))
    review = lw.Review(store, session.labeling_session_id, "alice")

    label_all(ids, review)
    wait_for(lambda: {one.item_id for one in store.problems()} == {ids[1]})
    wait_for(lambda: len(at_server(session.mlflow_run_id)[ids[3]]) == 3)
    (problem,) = store.problems()
    assert said in problem.reason
    assert str(status) in problem.reason
    assert problem.waiting == 6

    proxy.faults.clear()
    store.retry()
    wait_for(lambda: store.flush(10) == 0)
    assert store.problems() == []
    expect_once_in_order(session, ids)


def test_an_expired_login_is_said_and_nothing_is_lost(proxy: FaultyProxy, impatient: None):
    store, session, ids = a_session(3)
    proxy.faults += [Fault("/traces/", "GET", 401), Fault("/traces/", "POST", 401)]
    review = lw.Review(store, session.labeling_session_id, "alice")

    label_all(ids, review)
    wait_for(lambda: store.problems())
    (problem,) = store.problems()
    assert "Log in again" in problem.reason
    assert "The token has expired." in problem.reason

    proxy.faults.clear()  # logged in again
    wait_for(lambda: store.pending() == 0)
    expect_once_in_order(session, ids)


def test_a_trace_deleted_at_the_server_is_said_and_the_rest_goes_on(
    proxy: FaultyProxy, impatient: None
):
    store, session, ids = a_session(3)
    mlflow.MlflowClient().delete_traces(experiment_id=store.experiment_id, trace_ids=[ids[1]])
    review = lw.Review(store, session.labeling_session_id, "alice")

    label_all(ids, review)
    wait_for(lambda: store.flush(10) == 0)
    (problem,) = store.problems()

    assert problem.item_id == ids[1]
    assert problem.given_up
    assert "deleted" in problem.reason
    assert session.to_df()["stars"].tolist() == [2, 3, 4]
    expect_once_in_order(session, [ids[0]])


def test_traces_added_while_the_server_is_stopped_are_there_and_are_copied_later(
    proxy: FaultyProxy, impatient: None
):
    store, session, _ = a_session(2)
    proxy.stop()

    with pytest.warns(UserWarning, match="saved here and not yet at"):
        session.add_traces([{"inputs": "later", "outputs": "A"}])
    assert len(session) == 3

    proxy.start()
    wait_for(lambda: store.pending() == 0)
    assert len(mlflow.search_traces(run_id=session.mlflow_run_id)) == 3


def test_a_session_cannot_be_made_without_a_server_and_it_says_so(proxy: FaultyProxy):
    labelwidget.mlflow.connect()
    proxy.stop()

    with pytest.raises(StoreError, match="does not answer"):
        lw.create_labeling_session("look", label_schemas=[lw.EXPECTED_FACTS])


def test_hundreds_of_random_faults_lose_and_double_nothing(proxy: FaultyProxy, impatient: None):
    """Every way to fail, at random, on every kind of call; deterministic by its seed."""
    import random

    rng = random.Random(7)
    store, session, ids = a_session(8)
    review = lw.Review(store, session.labeling_session_id, "alice")
    expected: dict[str, list[int]] = {trace_id: [] for trace_id in ids}
    proxy.faults += [
        Fault(path, method, status, after=rng.random() < 0.5, times=8)
        for path, method in (("/assessments", "POST"), ("/assessments", "PATCH"), ("/traces/", "GET"), ("/tags", "PATCH"))
        for status in (500, 0, 500, 0, 500)
    ]  # fmt: skip

    for _ in range(60):
        trace_id, value = rng.choice(ids), rng.randint(1, 5)
        event = review.answer(trace_id, "stars", value)
        if event.changes:
            expected[trace_id].append(value)
    wait_for(lambda: store.flush(2) == 0)

    assert sum(fault.seen for fault in proxy.faults) > 60
    found = at_server(session.mlflow_run_id)
    for trace_id, values in expected.items():
        assert [one["feedback"]["value"] for one in found[trace_id]] == values
        assert [one["valid"] for one in found[trace_id]] == [False] * (len(values) - 1) + [
            True
        ] * bool(values)
