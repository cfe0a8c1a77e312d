"""Sessions: made, found, filled, read as frames."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError, NotFoundError


@pytest.fixture
def session() -> lw.LabelingSession:
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
    lw.create_label_schema("score", type="feedback", input=lw.InputRating(1, 5))
    lw.create_label_schema("number", type="feedback", input=lw.InputNumeric())
    lw.create_label_schema("tags", type="feedback", input=lw.InputCategoricalList(["a", "b", "c"]))
    return lw.create_labeling_session("s", label_schemas=["ok", "score", "number", "tags"])


def frame(count: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {"question": [f"q{n}" for n in range(count)], "answer": [f"a{n}" for n in range(count)]}
    )


def test_the_properties_of_a_session(session: lw.LabelingSession) -> None:
    assert session.mlflow_run_id == session.labeling_session_id
    assert len(session.labeling_session_id) == 32
    assert session.label_schemas == ["ok", "score", "number", "tags"]
    assert session.assigned_users == []
    assert session.agent is None
    assert session.custom_inputs is None
    assert session.enable_multi_turn_chat is False
    assert session.url.endswith(session.labeling_session_id)


def test_sessions_are_found_newest_first_and_by_id(session: lw.LabelingSession) -> None:
    other = lw.create_labeling_session("s", label_schemas=[lw.get_label_schema("ok")])
    found = lw.get_labeling_sessions()
    assert [one.labeling_session_id for one in found] == [
        other.labeling_session_id,
        session.labeling_session_id,
    ]
    assert lw.get_labeling_session(session.mlflow_run_id).name == "s"
    with pytest.raises(NotFoundError, match="run_id 'nope' not found"):
        lw.get_labeling_session("nope")


def test_a_session_without_questions_warns() -> None:
    with pytest.warns(UserWarning, match="asks no questions"):
        lw.create_labeling_session("s")


def test_an_unknown_question_is_named() -> None:
    with pytest.raises(NotFoundError, match="Label schema 'nope' not found"):
        lw.create_labeling_session("s", label_schemas=["nope"])


def test_deleting_hides_and_restoring_brings_back(session: lw.LabelingSession) -> None:
    session.add_traces(frame())
    lw.delete_labeling_session(session)
    assert lw.get_labeling_sessions() == []
    assert len(lw.restore_labeling_session(session.labeling_session_id).to_df()) == 3
    lw.delete_labeling_session(session, purge=True)
    with pytest.raises(NotFoundError, match="purged"):
        lw.restore_labeling_session(session.labeling_session_id)


def test_assigned_users_change_the_session_itself(session: lw.LabelingSession) -> None:
    assert session.set_assigned_users(["Alice"]) is session
    assert session.assigned_users == ["Alice"]
    assert lw.get_labeling_session(session.mlflow_run_id).assigned_users == ["Alice"]
    with pytest.raises(InvalidValueError, match="list of names"):
        session.set_assigned_users("alice")


def test_adding_is_counted_and_adding_again_is_harmless(session: lw.LabelingSession) -> None:
    assert session.add_traces(frame()) is session
    assert session.last_import is not None
    assert session.last_import.added == 3
    session.add_traces(frame(4))
    assert (session.last_import.added, session.last_import.already_there) == (1, 3)
    assert len(session) == 4


def test_bad_records_are_refused_with_place_and_reason_and_the_rest_lands(
    session: lw.LabelingSession, tmp_path: Path
) -> None:
    path = tmp_path / "runs.jsonl"
    good = '{"messages": [{"role": "user", "content": "hi"}]}'
    path.write_text(f"{good}\nnot json\n{good.replace('hi', 'ho')}\n")
    with pytest.warns(UserWarning, match="line 2"):
        session.add_traces(path)
    assert session.last_import is not None
    assert (session.last_import.added, session.last_import.refused_count) == (2, 1)


def test_a_frame_without_usable_columns_names_those_it_has(session: lw.LabelingSession) -> None:
    with pytest.raises(InvalidValueError, match="colour"):
        session.add_traces(pd.DataFrame({"colour": ["red"]}))
    assert len(session) == 0


def test_none_is_refused_in_the_peers_words(session: lw.LabelingSession) -> None:
    with pytest.raises(InvalidValueError, match="trace cannot be None"):
        session.add_traces(None)


def test_the_frame_holds_what_was_answered_to_the_type(session: lw.LabelingSession) -> None:
    session.add_traces(frame())
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    first, second, third = session.to_df().index
    review.answer(first, "ok", True)
    review.answer(second, "ok", False)
    review.answer(first, "score", 4)
    review.answer(first, "number", 3)
    review.answer(second, "number", 2**70)
    review.answer(third, "number", 0.5)
    review.answer(first, "tags", ["c", "a"])

    df = session.to_df()
    assert df.loc[first, "ok"] is True or df.loc[first, "ok"] == True  # noqa: E712
    assert str(df.ok.dtype) == "boolean"
    assert str(df.score.dtype) == "Int64"
    assert list(df.number) == [3, 2**70, 0.5]
    assert [type(value) for value in df.number] == [int, int, float]
    assert df.loc[first, "tags"] == ["a", "c"]
    assert df.loc[third, "ok"] is pd.NA


def test_a_question_called_like_a_column_keeps_its_name() -> None:
    lw.create_label_schema("state", type="feedback", input=lw.InputPassFail())
    session = lw.create_labeling_session("s", label_schemas=["state"]).add_traces(frame(1))
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    review.answer(session.to_df().index[0], "state", True)
    df = session.to_df()
    assert bool(df["state"].iloc[0]) is True
    assert df["state_"].iloc[0] == "in_progress"


def test_search_traces_has_the_columns_of_the_peer(session: lw.LabelingSession) -> None:
    session.add_traces(frame(2))
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    review.answer(session.to_df().index[0], "ok", True)
    df = lw.search_traces(run_id=session.mlflow_run_id)
    assert list(df.columns) == [
        "trace_id", "trace", "client_request_id", "state", "request_time", "execution_duration",
        "request", "response", "trace_metadata", "tags", "spans", "assessments",
    ]  # fmt: skip
    [assessment] = df.assessments.iloc[0]
    assert assessment["feedback"] == {"value": True}
    assert assessment["source"] == {"source_type": "HUMAN", "source_id": "alice"}


def test_what_search_traces_writes_can_be_added_again(session: lw.LabelingSession) -> None:
    session.add_traces(frame(2))
    other = lw.create_labeling_session("copy", label_schemas=["ok"])
    other.add_traces(lw.search_traces(run_id=session.mlflow_run_id))
    assert list(other.to_df().request) == list(session.to_df().request)


def test_two_reviewers_in_the_frames(session: lw.LabelingSession) -> None:
    session.add_traces(frame(2))
    first = session.to_df().index[0]
    for name, value in (("alice", True), ("bob", False)):
        lw.Review(session.store, session.labeling_session_id, name).answer(first, "ok", value)
    assert bool(session.to_df("alice").loc[first, "ok"]) is True
    assert bool(session.to_df("BOB").loc[first, "ok"]) is False
    assert list(session.progress_df().reviewer) == ["alice", "bob"]
    assert len(session.assessments_df()) == 2
