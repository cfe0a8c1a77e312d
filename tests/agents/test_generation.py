"""Answers in the background: every item ends answered or with its error, labels stay, what is missing is made."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import labelwidget as lw
from labelwidget.agents.generation import Generation, Plan
from labelwidget.agents.registry import name_of
from labelwidget.content import to_blocks
from labelwidget.content.blocks import ErrorBlock
from labelwidget.errors import InvalidValueError
from labelwidget.model.turn import TurnState
from labelwidget.store.base import Store
from tests.agents.fakes import FakeAgent, echo

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def helpful() -> None:
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))


@pytest.fixture
def session(helpful: None) -> lw.LabelingSession:
    made = lw.create_labeling_session("s", label_schemas=["helpful"])
    return made.add_inputs([{"question": f"q{number}"} for number in range(10)])


@pytest.fixture
def fake() -> Iterator[FakeAgent]:
    agent = FakeAgent()
    yield agent
    agent.release.set()


def test_inputs_become_items_once() -> None:
    with pytest.warns(UserWarning, match="asks no questions"):
        session = lw.create_labeling_session("s")
    session.add_inputs([{"q": 1}, {"q": 1.0}, "text", [{"role": "user", "content": "hi"}]])
    report = session.last_import
    assert report is not None
    assert (report.added, report.already_there) == (3, 1)
    session.add_inputs(pd.DataFrame({"inputs": ["text", "more"]}))
    assert len(session) == 4
    assert session.to_df().request.tolist() == ['{"q":1}', "text", "hi", "more"]
    for wrong in ("text", {"q": 1}, [None], [{}], [object()]):
        with pytest.raises(InvalidValueError):
            session.add_inputs(wrong)
    assert len(session) == 4


def test_every_item_gets_its_answer(session: lw.LabelingSession) -> None:
    progress = session.generate(echo).wait()
    assert (progress.done, progress.failed, progress.total) == (10, 0, 10)
    assert str(progress).startswith("10 of 10 answered by 'echo', ")
    frame = session.to_df()
    assert frame.response.tolist() == [f"You asked: q{number}" for number in range(10)]
    assert set(frame.trace_state) == {"OK"}
    trace = session.store.trace(frame.index[0])
    assert trace.root is not None
    assert (trace.root.span_type, trace.root.inputs) == ("AGENT", {"question": "q0"})
    assert session.generate(echo).wait().total == 0


def test_a_dataset_is_answered_and_keeps_what_it_expects(helpful: None) -> None:
    records = [{"inputs": {"question": "q"}, "expectations": {"expected_response": "r"}}]
    lw.create_dataset("d").merge_records(records)
    session = lw.create_labeling_session("s", agent=echo, label_schemas=["helpful"])
    session.add_dataset("d").generate().wait()
    assert session.to_df().response.tolist() == ["You asked: q"]
    assert session.assessments_df(prior=True).value.tolist() == ["r"]


def test_traces_that_came_with_a_response_are_left_alone(session: lw.LabelingSession) -> None:
    session.add_traces([{"inputs": {"question": "old"}, "outputs": "known"}])
    assert session.generate(echo).wait().total == 10
    assert session.to_df().response.tolist()[-1] == "known"


def test_an_error_stays_in_its_item_and_is_tried_again(session: lw.LabelingSession) -> None:
    broken = {"q3"}

    def agent(question: str) -> str:
        if question in broken:
            raise LookupError(f"nothing about {question}")
        return question.upper()

    progress = session.generate(agent, retry=0).wait()
    assert (progress.done, progress.failed) == (9, 1)
    item_id = session.to_df().index[3]
    assert progress.errors == [(item_id, "LookupError", "nothing about q3")]
    (block,) = [b for b in to_blocks(session.store.trace(item_id)) if isinstance(b, ErrorBlock)]
    assert "nothing about q3" in block.model_dump_json()
    assert session.to_df().trace_state.tolist()[3] == "ERROR"
    broken.clear()
    assert session.generate(agent).wait().total == 1
    assert session.to_df().response.tolist()[3] == "Q3"
    states = [row.state for row in session.store.turns(session.mlflow_run_id, item_id)]
    assert states == [TurnState.ORIGIN, TurnState.ERROR, TurnState.OK]


def test_exceptions_are_repeated_and_time_outs_are_not(session: lw.LabelingSession) -> None:
    calls: dict[str, int] = {}
    release = threading.Event()

    def agent(question: str) -> str:
        calls[question] = calls.get(question, 0) + 1
        if question == "q1":
            release.wait(30)
        if calls[question] < 3:
            raise ConnectionError("busy")
        return "ok"

    try:
        progress = Generation(
            session.store,
            session.info,
            Plan(
                name_of(session.store, agent),
                retry=2,
                timeout=0.3,
                backoff=0.001,
                concurrency=3,
            ),
        ).wait()
        assert (progress.done, progress.failed) == (9, 1)
        assert progress.errors[0].message == "The agent did not answer within 0.3 s."
        assert calls == {f"q{number}": 1 if number == 1 else 3 for number in range(10)}
    finally:
        release.set()


def test_cancel_stops_within_a_second_and_the_rest_is_made_later(
    session: lw.LabelingSession, fake: FakeAgent
) -> None:
    release = threading.Event()

    def agent(question: str) -> str:
        if question not in ("q0", "q1"):
            release.wait(30)
        return "ok"

    try:
        progress = session.generate(agent, concurrency=2)
        deadline = time.monotonic() + 10
        while progress.done < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        begun = time.monotonic()
        progress.cancel()
        progress.wait()
        assert time.monotonic() - begun < 1
        assert (progress.done, progress.failed, progress.running) == (2, 0, False)
        assert "cancelled with 8 to go" in str(progress)
    finally:
        release.set()
    assert session.generate(agent).wait().total == 8
    assert set(session.to_df().response) == {"ok"}


def test_200_items_are_answered_while_a_reviewer_labels(
    helpful: None, fake: FakeAgent, store: Store
) -> None:
    session = lw.create_labeling_session("s", label_schemas=["helpful"])
    session.add_inputs([{"question": f"q{number}"} for number in range(200)])
    review = lw.Review(store, session.mlflow_run_id, "alice")
    progress = session.generate(fake, concurrency=32, retry=0, timeout=2)
    slowest = 0.0
    for index in range(60):
        begun = time.monotonic()
        item_id = review.open(index).item.item_id
        review.answer(item_id, "helpful", index % 2 == 0)
        slowest = max(slowest, time.monotonic() - begun)
    progress.wait(60)
    assert progress.done + progress.failed == 200
    assert 0 < progress.failed < 40
    kinds = {error.type for error in progress.errors}
    assert kinds == {"ConnectionError", "TimeoutError"}
    frame = session.to_df()
    assert frame.helpful.tolist()[:60] == [index % 2 == 0 for index in range(60)]
    assert (frame.trace_state == "OK").sum() == progress.done
    assert (frame.trace_state == "ERROR").sum() == progress.failed
    assert slowest < 5  # the machine may be busy; what counts is that nobody waits for the agent


KERNEL = """
    import sys, time
    import labelwidget as lw
    from tests.agents.fakes import FakeAgent

    lw.connect(sys.argv[1])
    session = lw.get_labeling_sessions()[0]
    agent = FakeAgent(rate=400, errors=0, hangs=0)
    progress = session.generate(agent, concurrency=2)
    print("begun", flush=True)
    progress.wait()
"""


def test_a_killed_kernel_loses_no_answer_and_makes_none_twice(
    session: lw.LabelingSession, tmp_path: Path
) -> None:
    session.add_inputs([{"question": f"more{number}"} for number in range(190)])
    lw.get_review_app().add_agent(agent_name="FakeAgent", agent=echo)
    kernel = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KERNEL), str(tmp_path / "labels.db")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert kernel.stdout is not None
        assert kernel.stdout.readline().strip() == b"begun"
        deadline = time.monotonic() + 30
        while len(_answered(session)) < 15 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        kernel.send_signal(signal.SIGKILL)
        kernel.wait()
        kernel.stdout.close()
    kept = _answered(session)
    assert 15 <= len(kept) < 200
    asked: list[str] = []

    def again(question: str) -> str:
        asked.append(question)
        return "again"

    assert session.generate(again).wait().done == 200 - len(kept) == len(asked)
    frame = session.to_df()
    assert (frame.response == "again").sum() == len(asked)
    assert set(kept) == set(frame.index[frame.response != "again"])


def _answered(session: lw.LabelingSession) -> list[str]:
    rows = session.store.turns(session.mlflow_run_id)
    return [row.item_id for row in rows if row.state is TurnState.OK]


def test_second_responses_stand_beside_the_first(session: lw.LabelingSession) -> None:
    session.generate(echo).wait()

    def v2(question: str) -> str:
        return f"v2 {question}"

    assert session.regenerate(v2).wait().done == 10
    assert session.to_df().response.tolist()[0] == "You asked: q0"
    beside = [row for row in session.store.turns(session.mlflow_run_id) if row.beside]
    assert {row.response for row in beside} == {f"v2 q{number}" for number in range(10)}
    assert session.regenerate(v2).wait().total == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": True}, "concurrency is True"),
        ({"retry": 99}, "retry is 99"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": "1"}, "timeout is '1'"),
    ],
)
def test_numbers_out_of_bounds_are_refused(
    session: lw.LabelingSession, given: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidValueError, match=message):
        session.generate(echo, **given)  # type: ignore[arg-type]


def test_a_session_without_an_agent_says_so(session: lw.LabelingSession) -> None:
    with pytest.raises(InvalidValueError, match="has no agent"):
        session.generate()
