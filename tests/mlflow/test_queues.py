"""MLflow's review queues in the widget, and sessions as review queues."""

from __future__ import annotations

import mlflow
import mlflow.genai.label_schemas as schemas
import pytest
from mlflow.entities import AssessmentSource
from mlflow.genai import review_queues

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from tests.mlflow.waiting import flush_traces, settle

everywhere = pytest.mark.parametrize("tracking", ["sqlite", "http"], indirect=True)


@pytest.fixture
def traces(store: MlflowStore) -> list[str]:
    found: list[str] = []
    for number in range(4):
        with mlflow.start_span("app") as span:
            span.set_inputs({"q": f"Question {number}"})
            span.set_outputs(f"Answer {number}")
        found.append(span.trace_id)
    flush_traces()
    return found


@pytest.fixture
def queue(traces: list[str]) -> review_queues.ReviewQueue:
    """A queue with a question of each kind that queues have."""
    made = [
        schemas.create_label_schema(name="good", type="feedback", input=schemas.InputPassFail("Yes", "No"), enable_comment=True),
        schemas.create_label_schema(name="stars", type="feedback", input=schemas.InputNumeric(min_value=1, max_value=5)),
        schemas.create_label_schema(
            name="topics", type="expectation", input=schemas.InputCategorical(options=["a", "b", "c"], multi_select=True)
        ),
        schemas.create_label_schema(name="answer", type="expectation", input=schemas.InputText(), enable_comment=True),
    ]  # fmt: skip
    queue = review_queues.create_review_queue(
        "Look at these", queue_type="custom", users=["alice", "bob"], schema_ids=[one.schema_id for one in made]
    )  # fmt: skip
    review_queues.add_items_to_review_queue(queue.queue_id, item_ids=traces)
    return queue


def states(queue_id: str) -> dict[str, tuple[str, str | None]]:
    return {
        item.item_id: (str(item.status), item.completed_by)
        for item in review_queues.list_review_queue_items(queue_id)
    }


def opened(user: str = "alice") -> tuple[lw.LabelingSession, lw.Review, dict[str, str]]:
    session = labelwidget.mlflow.open_review_queue("Look at these", user=user)
    review = lw.Review(session.store, session.labeling_session_id, user)
    frame = session.to_df()
    return session, review, dict(zip(frame["source_trace_id"], frame.index, strict=True))


@everywhere
def test_a_queue_opens_with_its_questions_and_items(
    queue: review_queues.ReviewQueue, traces: list[str]
):
    session, _, items = opened()

    assert session.name == "Look at these"
    assert session.assigned_users == ["alice", "bob"]
    assert session.label_schemas == ["good", "stars", "topics", "answer"]
    assert [type(one.input).__name__ for one in session.questions()] == [
        "InputPassFail",
        "InputNumeric",
        "InputCategorical",
        "InputText",
    ]
    assert set(items) == set(traces)
    assert len(labelwidget.mlflow.open_review_queue(queue.queue_id, user="alice")) == 4


@everywhere
def test_what_is_answered_here_is_on_the_original_trace_without_the_four_bugs(
    store: MlflowStore, queue: review_queues.ReviewQueue, traces: list[str]
):
    session, review, items = opened()
    item = items[traces[0]]
    review.answer(item, "good", True, "Short.")
    review.answer(item, "topics", ["a", "b"])
    review.answer(item, "topics", ["a", "c"])
    review.answer(item, "answer", "One", "why one")
    with pytest.raises(InvalidValueError, match="between 1 and 5"):
        review.answer(item, "stars", 99)
    review.set_state(item, "completed")
    settle(store)

    found = [one for one in mlflow.get_trace(traces[0]).info.assessments if one.valid is not False]
    assert [(one.name, one.value) for one in sorted(found, key=lambda one: one.name)] == [
        ("answer", "One"),
        ("good", True),
        ("topics", ["a", "c"]),
    ]
    (answer,) = [one for one in found if one.name == "answer"]
    assert answer.metadata["rationale"] == "why one"
    assert states(queue.queue_id)[traces[0]] == ("complete", "alice")
    assert session.to_df().loc[item, "answer_rationale"] == "why one"


@everywhere
def test_what_is_answered_in_the_review_tab_is_answered_here(
    store: MlflowStore, queue: review_queues.ReviewQueue, traces: list[str]
):
    bob = AssessmentSource(source_type="HUMAN", source_id="bob")
    mlflow.log_feedback(trace_id=traces[1], name="stars", value=4, source=bob)
    mlflow.log_feedback(trace_id=traces[1], name="good", value=False, rationale="No.", source=bob)
    # What the page makes of several choices when they are saved again.
    mlflow.log_expectation(trace_id=traces[1], name="topics", value='["a", "b"]', source=bob)
    mlflow.log_feedback(trace_id=traces[2], name="stars", value=99, source=bob)
    review_queues.set_review_queue_item_status(queue.queue_id, item_id=traces[1], status="complete", completed_by="bob")  # fmt: skip
    review_queues.set_review_queue_item_status(queue.queue_id, item_id=traces[2], status="declined", completed_by="bob")  # fmt: skip

    session, review, items = opened("alice")

    row = session.to_df(reviewer="bob").loc[items[traces[1]]]
    assert (row["stars"], row["good"], row["good_rationale"], row["topics"]) == (4, False, "No.", ["a", "b"])  # fmt: skip
    assert session.to_df().loc[items[traces[2]], "stars"] is not 99  # noqa: F632  out of bounds: left there
    # The pool's state counts for everybody.
    assert review.status(items[traces[1]]).state == "completed"
    assert review.status(items[traces[2]]).state == "skipped"
    assert review.progress.open == 2

    review_queues.set_review_queue_item_status(queue.queue_id, item_id=traces[1], status="pending")
    labelwidget.mlflow.refresh(session, user="alice")
    assert review.status(items[traces[1]]).state == "in_progress"


@everywhere
def test_states_go_to_the_queue_when_somebody_decides_and_only_then(
    store: MlflowStore, queue: review_queues.ReviewQueue, traces: list[str]
):
    _, review, items = opened()
    a, b = items[traces[0]], items[traces[1]]
    review.answer(a, "good", True)
    settle(store)
    assert states(queue.queue_id)[traces[0]] == ("pending", None)

    review.set_state(a, "completed")
    review.set_state(b, "skipped")
    settle(store)
    assert states(queue.queue_id)[traces[0]] == ("complete", "alice")
    assert states(queue.queue_id)[traces[1]] == ("declined", "alice")

    review.set_state(a, "in_progress")
    review.undo()
    review.undo()
    settle(store)
    assert states(queue.queue_id)[traces[0]] == ("complete", "alice")
    assert states(queue.queue_id)[traces[1]] == ("pending", None)


def test_items_that_name_no_trace_are_left_out_and_said(
    queue: review_queues.ReviewQueue, traces: list[str]
):
    review_queues.add_items_to_review_queue(queue.queue_id, item_ids=["tr-doesnotexist"])

    with pytest.warns(UserWarning, match="1 of 5 items"):
        session = labelwidget.mlflow.open_review_queue("Look at these", user="alice")

    assert len(session) == 4


def test_a_queue_that_does_not_exist_is_named(store: MlflowStore):
    with pytest.raises(NotFoundError, match="'nothing' does not exist"):
        labelwidget.mlflow.open_review_queue("nothing")


@everywhere
def test_a_session_is_pushed_as_a_queue_and_answers_come_back(store: MlflowStore):
    lw.create_label_schema("good", type="feedback", input=lw.InputPassFail("Yes", "No"))
    lw.create_label_schema("kinds", type="feedback", input=lw.InputCategoricalList(["x", "y"]))
    lw.create_label_schema("level", type="feedback", input=lw.InputRating(1, 3))
    session = lw.create_labeling_session(
        "Together", label_schemas=["good", "kinds", "level", lw.EXPECTED_FACTS], assigned_users=["alice", "bob"]
    )  # fmt: skip
    session.add_traces([{"inputs": f"Q{n}", "outputs": "A"} for n in range(120)])
    ids = list(session.to_df().index)
    review = lw.Review(store, session.labeling_session_id, "alice")
    review.answer(ids[0], "good", True)
    review.set_state(ids[0], "completed")

    with pytest.warns(UserWarning, match="expected_facts"):
        queue_id = labelwidget.mlflow.push_review_queue(session)

    queue = review_queues.get_review_queue(queue_id)
    assert (queue.name, queue.users) == ("Together", ["alice", "bob"])
    names = {one.schema_id: one.name for one in schemas.list_label_schemas()}
    assert {names[one] for one in queue.schema_ids} == {"good", "kinds", "level"}
    found = states(queue_id)
    assert set(found) == set(ids)
    assert found[ids[0]] == ("complete", "alice")

    bob = AssessmentSource(source_type="HUMAN", source_id="bob")
    mlflow.log_feedback(trace_id=ids[1], name="level", value=2, source=bob)
    review_queues.set_review_queue_item_status(queue_id, item_id=ids[1], status="complete", completed_by="bob")  # fmt: skip
    labelwidget.mlflow.refresh(session, user="alice")
    assert session.to_df().loc[ids[1], ["level", "state"]].tolist() == [2, "completed"]

    review.set_state(ids[2], "skipped")
    settle(store)
    assert states(queue_id)[ids[2]] == ("declined", "alice")
    with pytest.raises(AlreadyExistsError, match="Together"):
        labelwidget.mlflow.push_review_queue(session, schemas=["good"])
    with pytest.raises(InvalidValueError, match="takes 10"):
        labelwidget.mlflow.push_review_queue(session, name="more", schemas=["good"], users=[f"u{n}" for n in range(11)])  # fmt: skip
