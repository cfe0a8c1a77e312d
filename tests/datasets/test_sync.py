"""Expectations of a session into a dataset; the tests of rows 51 to 63 of the feature table name their row."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model import JsonValue, Trace
from labelwidget.review import Review
from labelwidget.review.conflicts import Answer
from labelwidget.store.base import Store
from tests.datasets.builders import add, answer, by_question, item_id, make_session, set_state


def expectations(dataset: lw.EvaluationDataset) -> dict[JsonValue, JsonValue]:
    return {q: record["expectations"] for q, record in by_question(dataset).items()}


def counts(result: lw.SyncResult) -> tuple[int, int, int]:
    return result.inserted, result.updated, result.unchanged


def stored(path: Path) -> list[tuple[object, ...]]:
    """Every row of the records, as the file holds it."""
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT * FROM dataset_records ORDER BY seq").fetchall()
    raw.close()
    return found


class TestRows:
    def test_row_51_creates_the_dataset_when_missing_under_both_parameters(
        self, session: lw.LabelingSession
    ) -> None:
        result = session.sync(to_dataset="one")
        assert result.created
        assert result.dataset_id == lw.get_dataset("one").dataset_id
        assert session.sync(dataset_name="two").created
        assert not session.sync(dataset_name="two").created
        assert {one.name for one in lw.list_datasets()} == {"one", "two"}
        with pytest.raises(InvalidValueError, match="Name the dataset once"):
            session.sync()
        with pytest.raises(InvalidValueError, match="Name the dataset once"):
            session.sync("one", dataset_name="two")

    def test_row_52_the_key_is_the_value_of_the_inputs(self, store: Store) -> None:
        session = lw.create_labeling_session("s", label_schemas=["expected_response"])
        inputs: list[JsonValue] = [{"n": 1, "m": 2}, {"m": 2.0, "n": 1.0}, {"n": True, "m": 2}]
        add(
            session,
            [Trace(trace_id=f"t{i}", inputs=one, outputs="x") for i, one in enumerate(inputs)],
        )
        dataset = lw.create_dataset("d").merge_records([{"inputs": {"n": 1.0, "m": 2}}])
        answer(session, 1, "one")
        answer(session, 2, "true")
        result = session.sync(dataset)
        assert counts(result) == (1, 1, 0)
        assert [record["expectations"] for record in dataset.records] == [
            {"expected_response": "one"},
            {"expected_response": "true"},
        ]

    def test_row_53_the_same_name_is_replaced_and_other_names_stay(
        self, session: lw.LabelingSession
    ) -> None:
        dataset = lw.create_dataset("d").merge_records(
            [
                {
                    "inputs": {"q": "q0"},
                    "outputs": "kept",
                    "expectations": {"expected_response": "old", "other": 1},
                    "tags": {"t": "kept"},
                }
            ]
        )
        answer(session, 0, "new")
        assert counts(session.sync(dataset)) == (2, 1, 0)
        record = by_question(dataset)["q0"]
        assert record["expectations"] == {"expected_response": "new", "other": 1}
        assert record["outputs"] == "kept"
        assert cast("dict[str, str]", record["tags"])["t"] == "kept"

    def test_row_54_others_are_byte_identical_and_again_changes_nothing(
        self, session: lw.LabelingSession, tmp_path: Path
    ) -> None:
        dataset = lw.create_dataset("d").merge_records(
            [{"inputs": {"q": q}, "expectations": {"e": q}} for q in ("other", "q1", "more")]
        )
        before = stored(tmp_path / "labels.db")
        answer(session, 0, "new")
        assert counts(session.sync(dataset)) == (2, 0, 1)
        after = stored(tmp_path / "labels.db")
        assert after[:3] == before
        assert [record["inputs"] for record in dataset.records[3:]] == [{"q": "q0"}, {"q": "q2"}]
        whole = (tmp_path / "labels.db").read_bytes()
        again = session.sync(dataset)
        assert counts(again) == (0, 0, 3)
        assert again.changes == []
        assert (tmp_path / "labels.db").read_bytes() == whole

    def test_row_55_only_expectations(self, session: lw.LabelingSession) -> None:
        answer(session, 0, True, name="ok")
        answer(session, 0, "Paris", rationale="the capital")
        session.sync("d")
        record = by_question(lw.get_dataset("d"))["q0"]
        assert record["expectations"] == {"expected_response": "Paris"}
        assert "capital" not in str(record)

    def test_row_56_traces_without_expectations_are_inserted_unless_left_out(
        self, session: lw.LabelingSession
    ) -> None:
        answer(session, 1, "Paris")
        assert counts(session.sync("all")) == (3, 0, 0)
        assert expectations(lw.get_dataset("all"))["q0"] == {}
        some = session.sync("some", include_unlabeled=False)
        assert counts(some) == (1, 0, 0)
        assert some.unlabeled == 2
        assert expectations(lw.get_dataset("some")) == {"q1": {"expected_response": "Paris"}}

    def test_row_57_every_state_but_skipped(self) -> None:
        session = make_session(5)
        answer(session, 0, "saved, not completed")
        answer(session, 1, "completed")
        set_state(session, 1, "completed")
        answer(session, 2, "answered, then skipped")
        set_state(session, 2, "skipped")
        answer(session, 3, "of the one who skipped")
        set_state(session, 3, "skipped")
        answer(session, 3, "of the other", reviewer="bob")
        result = session.sync("d")
        assert expectations(lw.get_dataset("d")) == {
            "q0": {"expected_response": "saved, not completed"},
            "q1": {"expected_response": "completed"},
            "q3": {"expected_response": "of the other"},
            "q4": {},
        }
        assert result.skipped == 1
        assert result.conflicts == []

    def test_row_58_replaced_and_cleared_answers_are_ignored(
        self, session: lw.LabelingSession
    ) -> None:
        answer(session, 0, "first")
        answer(session, 0, "second")
        answer(session, 1, "cleared")
        answer(session, 1, None)
        session.sync("d")
        found = expectations(lw.get_dataset("d"))
        assert found["q0"] == {"expected_response": "second"}
        assert found["q1"] == {}

    def test_row_59_the_latest_wins_and_disagreements_are_listed(
        self, session: lw.LabelingSession
    ) -> None:
        answer(session, 0, "Paris", reviewer="alice")
        answer(session, 0, "Lyon", reviewer="bob")
        answer(session, 1, "same", reviewer="alice")
        answer(session, 1, "same", reviewer="bob")
        result = session.sync("d")
        assert expectations(lw.get_dataset("d"))["q0"] == {"expected_response": "Lyon"}
        (conflict,) = result.conflicts
        assert conflict.trace_id == item_id(session, 0)
        assert conflict.name == "expected_response"
        assert [(one.reviewer, one.value) for one in conflict.answers] == [
            ("alice", "Paris"),
            ("bob", "Lyon"),
        ]
        assert conflict.answers[0].time <= conflict.answers[1].time
        assert conflict.value == "Lyon"
        answer(session, 0, "Nice", reviewer="alice")
        assert session.sync("d").conflicts[0].value == "Nice"

    def test_row_60_the_source_is_the_original_trace_and_the_reviewer_a_tag(
        self, store: Store
    ) -> None:
        session = lw.create_labeling_session("s", label_schemas=["expected_response"])
        add(
            session,
            [Trace(trace_id="tr-original", inputs={"q": 1}, outputs="x", conversation_id="chat")],
        )
        answer(session, 0, "Paris", reviewer="Alice")
        session.sync("d")
        (record,) = lw.get_dataset("d").records
        assert record["source"] == {
            "source_type": "TRACE",
            "source_data": {"trace_id": "tr-original", "session_id": "chat"},
        }
        assert record["tags"] == {"reviewer.expected_response": "Alice"}
        assert record["outputs"] == "x"
        other = lw.create_dataset("other").merge_records([{"inputs": {"q": 1}}])
        session.sync(other)
        assert other.to_df().source_type.tolist() == ["CODE"]

    def test_row_61_inputs_that_are_no_object_are_wrapped_and_said(self, store: Store) -> None:
        session = lw.create_labeling_session("s", label_schemas=["expected_response"])
        add(
            session,
            [
                Trace(trace_id="a", inputs="hello", outputs="x"),
                Trace(trace_id="b", inputs=["hello"], outputs="x"),
                Trace(trace_id="c", outputs="only an output"),
            ],
        )
        answer(session, 0, "hi")
        result = session.sync("d")
        assert result.wrapped == 2
        assert [record["inputs"] for record in lw.get_dataset("d").records] == [
            {"input": "hello"},
            {"input": ["hello"]},
        ]
        (refused,) = result.refused
        assert refused.trace_id == item_id(session, 2)
        assert "has no inputs" in refused.reason

    def test_row_62_one_record_a_turn(self, store: Store) -> None:
        session = lw.create_labeling_session("s", label_schemas=["expected_response"])
        history: list[JsonValue] = []
        traces: list[Trace] = []
        for turn in range(3):
            history = [*history, {"role": "user", "content": f"u{turn}"}]
            traces.append(
                Trace(
                    trace_id=f"turn-{turn}",
                    inputs={"messages": history},
                    outputs=f"a{turn}",
                    conversation_id="chat",
                )
            )
            history = [*history, {"role": "assistant", "content": f"a{turn}"}]
        add(session, traces)
        for turn in range(3):
            answer(session, turn, f"better {turn}")
        assert counts(session.sync("d")) == (3, 0, 0)
        records = lw.get_dataset("d").records
        assert [record["expectations"] for record in records] == [
            {"expected_response": f"better {turn}"} for turn in range(3)
        ]
        assert [len(record["inputs"]["messages"]) for record in records] == [1, 3, 5]

    def test_row_63_object_id_and_name_mean_the_same(self, session: lw.LabelingSession) -> None:
        dataset = lw.create_dataset("d")
        assert counts(session.sync(dataset)) == (3, 0, 0)
        assert counts(session.sync(dataset.dataset_id)) == (0, 0, 3)
        assert counts(session.sync("d")) == (0, 0, 3)
        with pytest.raises(InvalidValueError, match="to_dataset is a int"):
            session.sync(3)
        with pytest.raises(InvalidValueError, match="1 to 250"):
            session.sync(" ")
        lw.delete_dataset("d")
        with pytest.raises(NotFoundError, match="was deleted"):
            session.sync(dataset)

    def test_row_63_a_name_that_is_there_twice_asks_for_the_id(
        self, session: lw.LabelingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in stores where names are not unique."""
        infos = [lw.create_dataset(name).info for name in ("a", "b")]
        kind = type(session.store)
        monkeypatch.setattr(kind, "datasets", lambda *_: infos)
        with pytest.raises(InvalidValueError, match=f"2 datasets.*{infos[0].dataset_id}"):
            session.sync("a")
        with pytest.raises(InvalidValueError, match="Pass the dataset_id"):
            lw.get_dataset("a")
        assert lw.get_dataset(dataset_id=infos[1].dataset_id).name == "b"


class TestPreview:
    def test_writes_nothing_and_says_what_would_be(
        self, session: lw.LabelingSession, tmp_path: Path
    ) -> None:
        answer(session, 0, "Paris")
        before = (tmp_path / "labels.db").read_bytes()
        preview = session.sync("d", dry_run=True)
        assert (tmp_path / "labels.db").read_bytes() == before
        assert lw.list_datasets() == []
        assert preview.created
        assert preview.dataset_id is None
        done = session.sync("d")
        assert counts(preview) == counts(done) == (3, 0, 0)
        assert preview.changes == done.changes
        assert done.changes[0].expectations == {"expected_response": "Paris"}
        assert done.changes[0].trace_ids == [item_id(session, 0)]
        answer(session, 0, "Lyon")
        assert counts(session.sync("d", dry_run=True)) == (0, 1, 2)
        assert counts(session.sync("d")) == (0, 1, 2)

    def test_reads_as_a_few_lines(self, session: lw.LabelingSession) -> None:
        answer(session, 0, "Paris")
        answer(session, 0, "Lyon", reviewer="bob")
        set_state(session, 1, "skipped")
        text = repr(session.sync("d", dry_run=True))
        assert (
            text.splitlines()[0] == "Preview of new dataset 'd': 2 inserted, 0 updated, 0 unchanged"
        )
        assert "1 skipped by reviewers" in text
        assert f"'expected_response' of {item_id(session, 0)}: alice, bob" in text
        assert "Paris" not in text


class TestConflicts:
    @pytest.fixture
    def disputed(self, session: lw.LabelingSession) -> lw.LabelingSession:
        answer(session, 0, "Paris", reviewer="alice")
        answer(session, 0, "Lyon", reviewer="Bob")
        answer(session, 1, "Rome", reviewer="Bob")
        answer(session, 1, "Milan", reviewer="carol")
        answer(session, 0, ["a"], name="expected_facts", reviewer="alice")
        answer(session, 0, ["a", "b"], name="expected_facts", reviewer="Bob")
        return session

    def test_a_reviewer_may_count_for_a_question(self, disputed: lw.LabelingSession) -> None:
        result = disputed.sync("d", resolve={"expected_response": "ALICE"})
        found = expectations(lw.get_dataset("d"))
        assert found["q0"] == {"expected_response": "Paris", "expected_facts": ["a", "b"]}
        assert found["q1"] == {"expected_response": "Milan"}
        assert [one.value for one in result.resolved] == ["Paris"]
        assert {(one.name, one.trace_id) for one in result.conflicts} == {
            ("expected_response", item_id(disputed, 1)),
            ("expected_facts", item_id(disputed, 0)),
        }
        tags = by_question(lw.get_dataset("d"))["q0"]["tags"]
        assert tags == {"reviewer.expected_response": "alice", "reviewer.expected_facts": "Bob"}

    def test_a_function_may_decide(self, disputed: lw.LabelingSession) -> None:
        def decide(conflict: lw.Conflict) -> JsonValue:
            if conflict.name == "expected_facts":
                return sorted({fact for one in conflict.answers for fact in one.value})
            return None if conflict.trace_id == item_id(disputed, 1) else "Nice"

        result = disputed.sync("d", resolve=decide)
        found = expectations(lw.get_dataset("d"))
        assert found["q0"] == {"expected_response": "Nice", "expected_facts": ["a", "b"]}
        assert found["q1"] == {}
        assert len(result.resolved) == 2
        assert [one.trace_id for one in result.conflicts] == [item_id(disputed, 1)]
        tags = by_question(lw.get_dataset("d"))["q0"]["tags"]
        assert tags["reviewer.expected_response"] == "alice, Bob"

    def test_what_a_function_gives_has_to_fit_the_question(
        self, disputed: lw.LabelingSession
    ) -> None:
        with pytest.raises(InvalidValueError, match="Question 'expected_facts'"):
            disputed.sync("d", resolve=lambda _: "text")
        with pytest.raises(InvalidValueError, match="not JSON"):
            disputed.sync("d", resolve=lambda _: object())
        assert lw.list_datasets() == []

    @pytest.mark.parametrize(
        ("resolve", "said"),
        [
            ({"expected_respons": "alice"}, r"'expected_respons'.*There are.*expected_response"),
            ({"expected_response": "alicia"}, r"'alicia'.*did not answer.*alice"),
            ({"expected_response": 3}, "did not answer"),
            ("alice", "pass {'expected_response'"),
        ],
    )
    def test_a_slip_in_resolve_is_named_and_nothing_is_written(
        self, disputed: lw.LabelingSession, resolve: object, said: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=said):
            disputed.sync("d", resolve=resolve)
        assert lw.list_datasets() == []

    def test_two_traces_with_equal_inputs_are_one_record(self, store: Store) -> None:
        session = lw.create_labeling_session("s", label_schemas=["expected_response"])
        add(session, [Trace(trace_id=f"t{n}", inputs={"q": 1}, outputs=f"a{n}") for n in range(3)])
        answer(session, 2, "first said", reviewer="alice")
        answer(session, 0, "last said", reviewer="alice")
        result = session.sync("d")
        assert counts(result) == (1, 0, 0)
        (conflict,) = result.conflicts
        assert conflict.trace_id == item_id(session, 0)
        assert conflict.source_trace_id == "t0"
        assert [answer.trace_id for answer in conflict.answers] == [
            item_id(session, 2),
            item_id(session, 0),
        ]
        assert isinstance(conflict.answers[0], Answer)
        (record,) = lw.get_dataset("d").records
        assert record["expectations"] == {"expected_response": "last said"}
        assert record["outputs"] == "a0"


def test_answers_on_spans_are_not_of_the_record(session: lw.LabelingSession) -> None:
    review = Review(session.store, session.labeling_session_id, "alice")
    span = review.trace(item_id(session, 0)).spans[0].span_id
    review.answer(item_id(session, 0), "expected_response", "of a span", span_id=span)
    session.sync("d")
    assert expectations(lw.get_dataset("d"))["q0"] == {}


def test_values_arrive_with_their_exact_types(session: lw.LabelingSession) -> None:
    lw.create_label_schema("number", type="expectation", input=lw.InputNumeric())
    lw.create_label_schema("flag", type="expectation", input=lw.InputPassFail())
    session.set_label_schemas(["number", "flag", "expected_facts"])
    answer(session, 0, 3, name="number")
    answer(session, 1, 3.5, name="number")
    answer(session, 0, True, name="flag")
    answer(session, 0, ["é", "\ud800"], name="expected_facts")
    session.sync("d")
    found = expectations(lw.get_dataset("d"))
    assert repr(found["q0"]) == repr({"number": 3, "flag": True, "expected_facts": ["é", "\ud800"]})
    assert repr(found["q1"]) == repr({"number": 3.5})


def test_a_dataset_of_another_store(session: lw.LabelingSession, tmp_path: Path) -> None:
    answer(session, 0, "Paris")
    other = lw.connect(tmp_path / "other.db")
    dataset = lw.create_dataset("d")
    assert counts(session.sync(dataset)) == (3, 0, 0)
    assert expectations(dataset)["q0"] == {"expected_response": "Paris"}
    other.close()


@pytest.mark.slow
def test_ten_thousand_records_twice(store: Store) -> None:
    session = make_session(10_000)
    for position in range(0, 10_000, 500):
        answer(session, position, f"expected {position}")
    first = session.sync("d")
    assert counts(first) == (10_000, 0, 0)
    dataset = lw.get_dataset("d")
    assert len(dataset) == 10_000
    before = list(store.records(dataset.dataset_id))
    second = session.sync("d")
    assert counts(second) == (0, 0, 10_000)
    assert "0 inserted, 0 updated, 10,000 unchanged" in str(second)
    assert list(store.records(dataset.dataset_id)) == before
    answer(session, 7, "one more")
    assert counts(session.sync("d")) == (0, 1, 9_999)
