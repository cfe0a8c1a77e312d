"""What stands at the MLflow server after labelling here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.entities import AssessmentSource

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.review.bulk import Bulk, apply_bulk
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from tests.mlflow.waiting import flush_traces, logged, settle

everywhere = pytest.mark.parametrize("tracking", ["sqlite", "http", "file"], indirect=True)


@pytest.fixture
def questions(store: MlflowStore) -> None:
    make = lw.create_label_schema
    make("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"), enable_comment=True)
    make("stars", type="feedback", input=lw.InputRating(1, 5))
    make("problems", type="feedback", input=lw.InputCategoricalList(["long", "wrong"]))
    make("remark", type="feedback", input=lw.InputText())
    make("count", type="expectation", input=lw.InputNumeric(), enable_comment=True)
    make("correct", type="expectation", input=lw.InputText(), enable_comment=True)


def a_session(
    store: MlflowStore, questions: list[str], traces: int = 1
) -> tuple[lw.LabelingSession, lw.Review, list[str]]:
    session = lw.create_labeling_session("look", label_schemas=questions)
    session.add_traces([{"inputs": {"q": f"Q{n}"}, "outputs": f"A{n}"} for n in range(traces)])
    review = lw.Review(store, session.labeling_session_id, "alice")
    return session, review, list(session.to_df().index)


def written(session: lw.LabelingSession, trace_id: str) -> list[dict[str, Any]]:
    """The valid assessments of a trace as the user's own call shows them."""
    settle(session.store)
    frame = mlflow.search_traces(run_id=session.mlflow_run_id)
    row = frame[frame["trace_id"] == trace_id].iloc[0]
    return [one for one in row["assessments"] if one.get("valid") is not False]


def by_name(session: lw.LabelingSession, trace_id: str) -> dict[str, dict[str, Any]]:
    found = written(session, trace_id)
    names = [one["assessment_name"] for one in found]
    assert len(names) == len(set(names)), names
    return dict(zip(names, found, strict=True))


def value_of(one: dict[str, Any]) -> Any:
    body = one.get("feedback") or one["expectation"]
    packed = body.get("serialized_value")
    return json.loads(packed["value"]) if packed else body["value"]


@everywhere
def test_a_session_is_a_run_that_has_ended_with_its_name(store: MlflowStore, questions: None):
    session, _, _ = a_session(store, ["helpful"])
    settle(store)

    runs = mlflow.search_runs(filter_string="tags.mlflow.runName LIKE '%look%'")

    assert list(runs["run_id"]) == [session.mlflow_run_id] == [session.labeling_session_id]
    assert list(runs["status"]) == ["FINISHED"]


@everywhere
def test_answers_are_assessments_of_the_reviewer(store: MlflowStore, questions: None):
    session, review, ids = a_session(store, ["helpful", "problems", "correct"])

    review.answer(ids[0], "helpful", True, "It names the form.")
    review.answer(ids[0], "problems", ["long", "wrong"])
    review.answer(ids[0], "correct", "Forty-two — ಠ_ಠ", "From the manual.")
    found = by_name(session, ids[0])

    assert {name: value_of(one) for name, one in found.items()} == {
        "helpful": True,
        "problems": ["long", "wrong"],
        "correct": "Forty-two — ಠ_ಠ",
    }
    assert {
        (one["source"]["source_type"], one["source"]["source_id"]) for one in found.values()
    } == {("HUMAN", "alice")}
    assert found["helpful"]["rationale"] == "It names the form."
    assert found["correct"]["metadata"]["rationale"] == "From the manual."
    assert "feedback" in found["helpful"]
    assert "expectation" in found["correct"]


@everywhere
def test_another_answer_supersedes_the_first_for_both_kinds(store: MlflowStore, questions: None):
    session, review, ids = a_session(store, ["helpful", "correct"])
    review.answer(ids[0], "helpful", True, "Good.")
    review.answer(ids[0], "correct", "One", "first")
    settle(store)

    review.answer(ids[0], "helpful", False)
    review.answer(ids[0], "correct", "Two")
    found = by_name(session, ids[0])

    assert value_of(found["helpful"]) is False
    assert found["helpful"].get("rationale") is None
    assert value_of(found["correct"]) == "Two"
    assert not found["correct"]["metadata"]["rationale"]


@everywhere
def test_a_cleared_answer_is_gone_and_undo_brings_it_back(store: MlflowStore, questions: None):
    session, review, ids = a_session(store, ["helpful", "correct"])
    for value, text in ((True, "One"), (False, "Two")):
        review.answer(ids[0], "helpful", value)
        review.answer(ids[0], "correct", text)
    settle(store)

    review.answer(ids[0], "helpful", None)
    review.answer(ids[0], "correct", None)
    assert written(session, ids[0]) == []

    review.undo()
    assert {name: value_of(one) for name, one in by_name(session, ids[0]).items()} == {
        "correct": "Two"
    }


@everywhere
def test_every_value_comes_back_as_it_was_given(
    store: MlflowStore, questions: None, tmp_path_factory: pytest.TempPathFactory
):
    values: dict[str, list[Any]] = {
        "stars": [1, 5],
        "count": [3, 3.5, -0.0, 10**17 + 1, 1e300],
        "remark": ["", "plain", "\x00 NUL", "\ud800 lone", "🦊 e\u0301", "x" * 20_000, '["a"]'],
        "problems": [["wrong"], ["long", "wrong"]],
        "helpful": [True, False],
    }
    longest = max(map(len, values.values()))
    session, review, ids = a_session(store, list(values), longest)
    given: dict[tuple[str, str], Any] = {}
    for name, some in values.items():
        for item_id, value in zip(ids, some, strict=False):
            if value != "":
                review.answer(item_id, name, value)
                given[item_id, name] = value
    settle(store)

    elsewhere = labelwidget.mlflow.store_for(
        cache=tmp_path_factory.mktemp("elsewhere") / "there.db"
    )
    assert elsewhere is not store
    elsewhere.session(session.labeling_session_id)
    columns = elsewhere.assessment_columns(session.labeling_session_id)
    found = {
        (item_id, name): value
        for item_id, name, value in zip(
            columns["item_id"], columns["name"], columns["value"], strict=True
        )
    }

    assert {key: repr(value) for key, value in found.items()} == {
        key: repr(value) for key, value in given.items()
    }


@everywhere
def test_the_original_trace_is_untouched_and_the_copy_has_its_own_id(
    store: MlflowStore, questions: None
):
    with mlflow.start_span("app", span_type="AGENT") as span:
        span.set_inputs({"q": "When?"})
        with mlflow.start_span("search", span_type="RETRIEVER") as inner:
            inner.set_outputs([{"page_content": "Monday.", "metadata": {}, "id": "d1"}])
        span.set_outputs("On Monday.")
    original = logged(span.trace_id)
    mlflow.log_feedback(trace_id=span.trace_id, name="old", value=1)
    before = mlflow.get_trace(span.trace_id).to_json()

    session = lw.create_labeling_session("copies", label_schemas=["helpful"])
    session.add_traces([logged(span.trace_id)])
    (copy_id,) = session.to_df().index
    lw.Review(store, session.labeling_session_id, "alice").answer(copy_id, "helpful", True)
    found = by_name(session, copy_id)

    assert copy_id != span.trace_id
    assert mlflow.get_trace(span.trace_id).to_json() == before
    assert list(found) == ["helpful"]
    copy = mlflow.get_trace(copy_id)
    assert [(one.name, one.span_type, one.inputs, one.outputs) for one in copy.data.spans] == [
        (one.name, one.span_type, one.inputs, one.outputs) for one in original.data.spans
    ]
    assert [
        (one.start_time_ns, one.end_time_ns, one.span_id, one.parent_id) for one in copy.data.spans
    ] == [
        (one.start_time_ns, one.end_time_ns, one.span_id, one.parent_id)
        for one in original.data.spans
    ]
    assert copy.info.state == original.info.state
    assert copy.info.tags["labelwidget.source_trace"] == span.trace_id


@everywhere
def test_a_label_on_a_span_and_on_a_range_of_text_keep_their_place(
    store: MlflowStore, questions: None
):
    with mlflow.start_span("app") as span:
        span.set_outputs("On Monday.")
    session = lw.create_labeling_session("spans", label_schemas=["remark"])
    session.add_traces([logged(span.trace_id)])
    (trace_id,) = session.to_df().index
    review = lw.Review(store, session.labeling_session_id, "alice")
    anchor = review.anchor(trace_id, "Monday")

    review.answer(trace_id, "remark", "On the span", span_id=span.span_id)
    review.answer(trace_id, "remark", "On the word", anchor=anchor)
    review.answer(trace_id, "remark", "On the trace")
    review.answer(trace_id, "remark", "On the word, again", anchor=anchor)
    found = {value_of(one): one for one in written(session, trace_id)}

    assert set(found) == {"On the span", "On the word, again", "On the trace"}
    assert found["On the span"]["span_id"] == span.span_id
    assert (
        json.loads(found["On the word, again"]["metadata"]["labelwidget.anchor"])["quote"]
        == "Monday"
    )


@everywhere
def test_states_flags_and_notes_show_as_tags_of_the_trace(store: MlflowStore, questions: None):
    session, review, ids = a_session(store, ["helpful"], 3)
    review.answer(ids[0], "helpful", True)
    review.set_state(ids[0], "completed")
    review.set_state(ids[1], "skipped")
    review.flag(ids[1])
    review.note(ids[1], "Not ours — see ticket 7.")
    lw.Review(store, session.labeling_session_id, "bob").flag(ids[1])
    settle(store)

    tags = mlflow.search_traces(run_id=session.mlflow_run_id).set_index("trace_id")["tags"]

    assert json.loads(tags[ids[0]]["labelwidget.states"]) == {"alice": "completed"}
    assert json.loads(tags[ids[1]]["labelwidget.states"]) == {"alice": "skipped"}
    assert json.loads(tags[ids[1]]["labelwidget.flags"]) == {"alice": True, "bob": True}
    assert json.loads(tags[ids[1]]["labelwidget.notes"]) == {"alice": "Not ours — see ticket 7."}
    assert not [key for key in tags[ids[2]] if key in ("labelwidget.states", "labelwidget.flags")]


@everywhere
def test_two_reviewers_do_not_supersede_each_other(store: MlflowStore, questions: None):
    session, review, ids = a_session(store, ["stars", "count"])
    other = lw.Review(store, session.labeling_session_id, "bob")
    review.answer(ids[0], "stars", 2)
    other.answer(ids[0], "stars", 4)
    review.answer(ids[0], "count", 1)
    other.answer(ids[0], "count", 2)
    review.answer(ids[0], "stars", 3)

    found = {
        (one["assessment_name"], one["source"]["source_id"]): value_of(one)
        for one in written(session, ids[0])
    }

    assert found == {
        ("stars", "alice"): 3,
        ("stars", "bob"): 4,
        ("count", "alice"): 1,
        ("count", "bob"): 2,
    }


@everywhere
def test_a_session_made_elsewhere_is_found_with_its_labels_and_states(
    store: MlflowStore, questions: None, tmp_path_factory: pytest.TempPathFactory
):
    session, review, ids = a_session(store, ["helpful", "stars", lw.EXPECTED_FACTS], 4)
    review.answer(ids[0], "helpful", True, "Fine.")
    review.answer(ids[0], "stars", 4)
    review.answer(ids[0], lw.EXPECTED_FACTS, ["a", "b"])
    review.set_state(ids[0], "completed")
    review.set_state(ids[2], "skipped")
    review.flag(ids[2])
    review.note(ids[2], "A long note. " * 1_000)
    settle(store)
    here = session.to_df()

    cache = tmp_path_factory.mktemp("elsewhere") / "there.db"
    labelwidget.mlflow.connect(cache=cache)
    (found,) = lw.get_labeling_sessions()
    there = found.to_df()

    assert found.info.name == "look"
    assert found.label_schemas == session.label_schemas
    shown = [
        "request",
        "response",
        "state",
        "helpful",
        "helpful_rationale",
        "stars",
        "expected_facts",
    ]
    pd.testing.assert_frame_equal(there[shown], here[shown])
    assert there["stars"].dtype == "Int64"

    touched = lw.Review(found.store, found.labeling_session_id, "alice").status(ids[2])
    assert (touched.flagged, touched.note) == (True, "A long note. " * 999 + "A long note.")

    # Both go on, and see each other's labels when asked to look.
    again = lw.Review(found.store, found.labeling_session_id, "alice")
    again.answer(ids[1], "stars", 1)
    settle(found.store)
    labelwidget.mlflow.use_store(store)
    assert labelwidget.mlflow.refresh(session, user="alice") >= 1
    assert session.to_df().loc[ids[1], "stars"] == 1
    assert labelwidget.mlflow.refresh(session, user="alice") == 0


def test_answers_given_to_many_at_once_are_all_found_elsewhere(
    store: MlflowStore, questions: None, tmp_path_factory: pytest.TempPathFactory
):
    _, review, ids = a_session(store, ["helpful"], 5)
    apply_bulk(review, "answer", Bulk("answer", "helpful", True), [0, 1, 3])
    apply_bulk(review, "skip", Bulk("skip"), [2, 4])
    settle(store)

    labelwidget.mlflow.connect(cache=tmp_path_factory.mktemp("elsewhere") / "there.db")
    (found,) = lw.get_labeling_sessions()

    assert found.to_df().loc[ids, "helpful"].eq(True).fillna(False).tolist() == [True, True, False, True, False]  # fmt: skip
    assert found.to_df().loc[[ids[2], ids[4]], "state"].tolist() == ["skipped", "skipped"]


@everywhere
def test_a_deleted_session_is_marked_and_a_purged_one_is_gone(store: MlflowStore, questions: None):
    session, _, ids = a_session(store, ["helpful"])
    lw.delete_labeling_session(session)
    settle(store)

    assert lw.get_labeling_sessions() == []
    assert mlflow.get_run(session.mlflow_run_id).data.tags["labelwidget.deleted"] == "true"
    assert mlflow.get_trace(ids[0]) is not None
    lw.restore_labeling_session(session.labeling_session_id)
    assert [one.name for one in lw.get_labeling_sessions()] == ["look"]

    lw.delete_labeling_session(session, purge=True)
    assert lw.get_labeling_sessions() == []
    assert mlflow.get_run(session.mlflow_run_id).info.lifecycle_stage == "deleted"
    assert len(mlflow.search_traces(run_id=session.mlflow_run_id)) == 0


def test_adding_the_same_traces_again_copies_nothing(store: MlflowStore, questions: None):
    with mlflow.start_span("app") as span:
        span.set_outputs("x")
    session = lw.create_labeling_session("twice", label_schemas=["helpful"])
    flush_traces()
    traces = mlflow.search_traces()

    session.add_traces(traces)
    session.add_traces(traces)
    session.add_traces([logged(span.trace_id)])

    assert len(session) == 1
    assert session.last_import is not None
    assert (session.last_import.added, session.last_import.already_there) == (0, 1)
    assert len(mlflow.search_traces(run_id=session.mlflow_run_id)) == 1


def test_a_trace_with_an_error_and_events_is_copied_whole(store: MlflowStore, questions: None):
    @mlflow.trace(attributes={"mine": {"deep": [1, {"x": None}]}})
    def app() -> None:
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        app()
    session = lw.create_labeling_session("errors", label_schemas=["helpful"])
    flush_traces()
    session.add_traces(mlflow.search_traces())
    (trace_id,) = session.to_df().index

    copy = mlflow.get_trace(trace_id)

    assert copy.info.state == "ERROR"
    assert copy.data.spans[0].attributes["mine"] == {"deep": [1, {"x": None}]}
    (event,) = copy.data.spans[0].events
    assert event.attributes["exception.message"] == "boom"


@everywhere
def test_attachments_are_copied_and_named_by_the_copy(store: MlflowStore, questions: None):
    attachments = pytest.importorskip("mlflow.tracing.attachments", reason="newer than this MLflow")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(40)
    with mlflow.start_span("app") as span:
        span.set_inputs({"image": attachments.Attachment(content_type="image/png", content_bytes=picture)})  # fmt: skip
        span.set_outputs("A picture.")
    session = lw.create_labeling_session("pictures", label_schemas=["helpful"])
    session.add_traces([logged(span.trace_id)])
    (copy_id,) = session.to_df().index

    inputs = mlflow.get_trace(copy_id).data.spans[0].inputs

    reference = attachments.Attachment.parse_ref(inputs["image"])
    assert reference is not None
    assert reference["trace_id"] == copy_id
    client = mlflow.tracing.client.TracingClient()
    kept = client._get_artifact_repo_for_trace(client.get_trace_info(copy_id))
    assert kept.download_trace_attachment(reference["attachment_id"]) == picture


def test_an_answer_given_in_mlflows_page_comes_here_and_is_superseded_here(
    store: MlflowStore, questions: None
):
    session, review, ids = a_session(store, ["stars", "correct"])
    alice = AssessmentSource(source_type="HUMAN", source_id="alice")
    mlflow.log_feedback(trace_id=ids[0], name="stars", value=2, source=alice, rationale="meh")
    mlflow.log_expectation(trace_id=ids[0], name="correct", value="One", source=alice)
    mlflow.log_expectation(trace_id=ids[0], name="correct", value="Two", source=alice)

    labelwidget.mlflow.refresh(session, user="alice")
    assert session.to_df().loc[ids[0], ["stars", "correct", "stars_rationale"]].tolist() == [
        2,
        "Two",
        "meh",
    ]

    review.answer(ids[0], "stars", 5)
    review.answer(ids[0], "correct", "Three")
    assert {name: value_of(one) for name, one in by_name(session, ids[0]).items()} == {
        "stars": 5,
        "correct": "Three",
    }


@pytest.fixture(autouse=True)
def _nothing_left_open(store: MlflowStore) -> Iterator[None]:
    yield
    assert store.problems() == []
