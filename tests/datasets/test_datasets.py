"""Datasets: made, found, filled from dicts, frames and traces, read as frames and dicts."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

import labelwidget as lw
from labelwidget.errors import (
    AlreadyExistsError,
    InvalidValueError,
    NotFoundError,
    StoreCorruptError,
    StoreError,
)
from labelwidget.model import Assessment, AssessmentSource, Trace
from labelwidget.review import records as record_rules
from labelwidget.store.base import Store
from tests.datasets.builders import answer, item_id


@pytest.fixture
def dataset() -> lw.EvaluationDataset:
    return lw.create_dataset("answers", tags={"team": "search"})


class TestNaming:
    def test_a_dataset_is_found_by_name_and_by_id(self, dataset: lw.EvaluationDataset) -> None:
        assert dataset.dataset_id.startswith("d-")
        assert lw.get_dataset("answers").dataset_id == dataset.dataset_id
        found = lw.get_dataset(dataset_id=dataset.dataset_id)
        assert (found.name, found.tags) == ("answers", {"team": "search"})
        assert not found.has_records()
        assert len(found) == 0
        assert found

    def test_a_name_is_taken_once(self, dataset: lw.EvaluationDataset) -> None:
        with pytest.raises(AlreadyExistsError, match=r"'answers' exists already .*get_dataset"):
            lw.create_dataset("answers")
        assert lw.create_dataset("Answers").dataset_id != dataset.dataset_id

    @pytest.mark.parametrize("name", ["", "  ", "x" * 251, None, 3])
    def test_an_unfit_name_is_refused(self, name: str) -> None:
        with pytest.raises(InvalidValueError, match="1 to 250 characters"):
            lw.create_dataset(name)

    def test_an_unknown_one_names_those_that_there_are(self, dataset: lw.EvaluationDataset) -> None:
        with pytest.raises(NotFoundError, match=r"no dataset 'other'.*answers \(d-"):
            lw.get_dataset("other")
        with pytest.raises(InvalidValueError, match="either the name or the dataset_id"):
            lw.get_dataset()
        with pytest.raises(InvalidValueError, match="either the name or the dataset_id"):
            lw.get_dataset("answers", dataset.dataset_id)

    def test_a_deleted_one_is_gone_and_its_name_free(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records([{"inputs": {"q": 1}}])
        lw.delete_dataset("answers")
        with pytest.raises(NotFoundError, match="was deleted"):
            dataset.to_df()
        with pytest.raises(NotFoundError, match="was deleted"):
            dataset.merge_records([{"inputs": {"q": 1}}])
        with pytest.raises(NotFoundError):
            lw.delete_dataset(dataset_id=dataset.dataset_id)
        assert len(lw.create_dataset("answers")) == 0

    def test_names_of_every_kind_come_back(self) -> None:
        for name in ["\ud800", "a\x00b", "名前", '"quoted"']:
            assert lw.get_dataset(lw.create_dataset(name).name).name == name

    def test_a_search_filters_newest_first(self, dataset: lw.EvaluationDataset) -> None:
        other = lw.create_dataset("qa_2", tags={"team": "chat", "a b": "x"})
        ids = [one.dataset_id for one in lw.list_datasets()]
        assert ids == [other.dataset_id, dataset.dataset_id]

        def names(filter_string: str) -> list[str]:
            return [one.name for one in lw.search_datasets(filter_string=filter_string)]

        assert names("name LIKE 'qa%'") == ["qa_2"]
        assert names("name ILIKE 'ANS%' AND tags.team = 'search'") == ["answers"]
        assert names("tags.`a b` = 'x'") == ["qa_2"]
        assert names("tags.team != 'chat'") == ["answers"]
        assert names("name = 'q_%'") == []
        assert len(lw.search_datasets(max_results=1)) == 1
        with pytest.raises(InvalidValueError, match="cannot be read from character 1"):
            names("size > 3")
        with pytest.raises(InvalidValueError, match="cannot be read from character 15"):
            names("name = 'x' AND   OR")

    def test_tags_have_limits(self) -> None:
        with pytest.raises(InvalidValueError, match="5,000 is the most"):
            lw.create_dataset("x", tags={"k": "v" * 5001})
        with pytest.raises(InvalidValueError, match="1 to 250 characters"):
            lw.create_dataset("x", tags={" ": "v"})


class TestMerging:
    def test_equal_inputs_are_one_record(self, dataset: lw.EvaluationDataset) -> None:
        """1 is 1.0 and True is not 1; the order of members does not matter."""
        merged = dataset.merge_records(
            [
                {"inputs": {"a": 1, "b": 2}, "outputs": "x", "expectations": {"e": "old", "f": 1}},
                {"inputs": {"b": 2.0, "a": 1.0}, "expectations": {"e": "new"}},
                {"inputs": {"a": True, "b": 2}},
            ]
        )
        assert merged is dataset
        assert str(dataset.last_merge) == "2 inserted, 0 updated, 0 unchanged"
        first, second = dataset.records
        assert first["expectations"] == {"e": "new", "f": 1}
        assert first["outputs"] == "x"
        assert second["inputs"] == {"a": True, "b": 2}

    def test_outputs_are_replaced_only_where_given(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records([{"inputs": {"q": 1}, "outputs": "x"}])
        dataset.merge_records([{"inputs": {"q": 1}, "tags": {"t": "1"}}])
        assert dataset.to_df().outputs[0] == "x"
        dataset.merge_records([{"inputs": {"q": 1}, "outputs": None}])
        assert dataset.to_df().outputs[0] is None

    def test_the_source_follows_what_is_given(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records(
            [
                {"inputs": {"q": 1}, "expectations": {"e": 1}},
                {"inputs": {"q": 2}},
                {"inputs": {"q": 3}, "expectations": {}},
                {
                    "inputs": {"q": 4},
                    "source": {"source_type": "document", "source_data": {"source_id": "doc-1"}},
                },
            ]
        )
        frame = dataset.to_df()
        assert frame.source_type.tolist() == ["HUMAN", "CODE", None, "DOCUMENT"]
        assert frame.source_id.tolist() == [None, None, None, "doc-1"]

    def test_inputs_that_are_no_object_are_wrapped(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records([{"inputs": "hello"}, {"inputs": ["a"]}, {"inputs": 3}])
        assert [record["inputs"] for record in dataset.records] == [
            {"input": "hello"},
            {"input": ["a"]},
            {"input": 3},
        ]

    def test_frames_leave_out_missing_cells(self, dataset: lw.EvaluationDataset) -> None:
        frame = pd.DataFrame(
            {
                "inputs": [{"q": 1}, {"q": 2}, '{"q": 3}'],
                "outputs": ["x", None, float("nan")],
                "expectations": [None, {"e": ["a"]}, '{"e": 1}'],
            }
        )
        dataset.merge_records(frame)
        assert [record.get("outputs") for record in dataset.records] == ["x", None, None]
        assert [record["expectations"] for record in dataset.records] == [
            {},
            {"e": ["a"]},
            {"e": 1},
        ]
        assert dataset.records[2]["inputs"] == {"q": 3}

    def test_its_own_frame_and_records_go_into_another(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records(
            [{"inputs": {"q": n}, "outputs": n, "expectations": {"e": n}} for n in range(3)]
        )
        by_frame = lw.create_dataset("frame").merge_records(dataset.to_df())
        by_dicts = lw.create_dataset("dicts").merge_records(dataset.records)
        columns = ["inputs", "outputs", "expectations", "tags", "source_type"]
        for copy in (by_frame, by_dicts):
            assert copy.to_df()[columns].equals(dataset.to_df()[columns])

    def test_traces_give_root_inputs_outputs_and_valid_expectations(
        self, dataset: lw.EvaluationDataset
    ) -> None:
        def expected(value: str, **more: object) -> Assessment:
            source = AssessmentSource("HUMAN", "alice")
            return Assessment(name="e", kind="expectation", value=value, source=source, **more)

        trace = Trace(
            trace_id="tr-1",
            inputs={"q": 1},
            outputs="x",
            conversation_id="chat-1",
            assessments=(
                expected("first"),
                expected("last"),
                expected("replaced", valid=False),
                expected("of a span", span_id="s"),
                Assessment(name="ok", kind="feedback", value=True),
            ),
        )
        dataset.merge_records([trace, Trace(trace_id="tr-2", inputs="text")])
        frame = dataset.to_df()
        assert frame.inputs.tolist() == [{"q": 1}, {"input": "text"}]
        assert frame.outputs.tolist() == ["x", None]
        assert frame.expectations.tolist() == [{"e": "last"}, {}]
        assert frame.source_type.tolist() == ["TRACE", "TRACE"]
        assert frame.source_id.tolist() == ["tr-1", "tr-2"]
        assert frame.source[0].source_data == {"trace_id": "tr-1", "session_id": "chat-1"}

    def test_the_frame_of_a_session_s_traces(
        self, dataset: lw.EvaluationDataset, session: lw.LabelingSession
    ) -> None:
        answer(session, 0, "Paris")
        dataset.merge_records(lw.search_traces(run_id=session.mlflow_run_id))
        frame = dataset.to_df()
        assert frame.inputs.tolist() == [{"q": "q0"}, {"q": "q1"}, {"q": "q2"}]
        assert frame.expectations.tolist() == [{"expected_response": "Paris"}, {}, {}]
        assert frame.source_id[0] == item_id(session, 0)

    @pytest.mark.parametrize(
        ("records", "said"),
        [
            ([{"inputs": {"q": 1}}, {"inputs": None}], "record 1 has no 'inputs'"),
            ([{"inputs": {"q": 1}}, {"question": "?"}], "record 1 has no 'inputs', other records"),
            ([{"inputs": {"q": 1}, "expected_response": "x"}], "under 'expectations'"),
            ([{"inputs": {"q": 1}, "expectations": ["x"]}], "a dict of values by name"),
            ([{"inputs": {"q": 1}, "expectations": {" ": 1}}], "1 to 250 characters"),
            ([{"inputs": {"q": object()}}], "no JSON form"),
            ([{"inputs": {"q": 1}, "source": {"source_type": "DREAM"}}], "TRACE, HUMAN"),
            (pd.DataFrame({"question": ["?"]}), "neither a column 'inputs'"),
            ([Trace(trace_id="tr-1")], "has no inputs"),
            (3, "source is 3"),
        ],
    )
    def test_what_cannot_be_a_record_is_named_and_nothing_is_merged(
        self, dataset: lw.EvaluationDataset, records: object, said: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=said):
            dataset.merge_records(records)
        assert len(dataset) == 0

    def test_a_record_has_a_largest_size(
        self, dataset: lw.EvaluationDataset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(record_rules, "MAX_RECORD_BYTES", 1000)
        with pytest.raises(InvalidValueError, match="1,000 is the most"):
            dataset.merge_records([{"inputs": {"q": "x" * 1000}}])

    def test_who_and_when(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records([{"inputs": {"q": 1}}])
        (record,) = dataset.store.records(dataset.dataset_id)
        assert record.created_by
        assert record.created_time == record.last_update_time
        dataset.merge_records([{"inputs": {"q": 1}, "expectations": {"e": 1}}])
        (changed,) = dataset.store.records(dataset.dataset_id)
        assert changed.last_update_time >= record.last_update_time
        assert changed.created_time == record.created_time
        assert dataset.last_update_time >= changed.last_update_time


class TestReading:
    def test_the_frame_has_the_columns_of_mlflow(self, dataset: lw.EvaluationDataset) -> None:
        columns = [
            "inputs",
            "outputs",
            "expectations",
            "tags",
            "source_type",
            "source_id",
            "source",
            "created_time",
            "dataset_record_id",
        ]
        assert list(dataset.to_df()) == columns
        dataset.merge_records([{"inputs": {"q": 1}}])
        frame = dataset.to_df()
        assert list(frame) == columns
        assert frame.created_time.dtype == "int64"
        assert frame.dataset_record_id[0].startswith("dr-")

    def test_records_are_plain_json(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records([{"inputs": {"q": 1}, "expectations": {"e": [1, 2.5, None]}}])
        assert json.loads(json.dumps(dataset.records)) == dataset.records
        assert dataset.records[0]["outputs"] is None

    def test_records_are_deleted_by_id(self, dataset: lw.EvaluationDataset) -> None:
        dataset.merge_records([{"inputs": {"q": n}} for n in range(4)])
        ids = dataset.to_df().dataset_record_id.tolist()
        assert dataset.delete_records([ids[1], "dr-unknown", ids[3]]) == 2
        assert dataset.to_df().dataset_record_id.tolist() == [ids[0], ids[2]]
        with pytest.raises(InvalidValueError, match="list of ids"):
            dataset.delete_records(ids[0])

    def test_a_damaged_record_is_named(
        self, dataset: lw.EvaluationDataset, store: Store, tmp_path: Path
    ) -> None:
        dataset.merge_records([{"inputs": {"q": 1}}])
        store.close()
        raw = sqlite3.connect(tmp_path / "labels.db")
        raw.execute("UPDATE dataset_records SET body = replace(body, '\"q\":1', '\"q\":2')")
        raw.commit()
        raw.close()
        with pytest.raises(StoreCorruptError, match="A record of a dataset"):
            dataset.to_df()

    def test_a_read_only_store_is_read_and_previewed(
        self, dataset: lw.EvaluationDataset, session: lw.LabelingSession, tmp_path: Path
    ) -> None:
        answer(session, 0, "Paris")
        session.sync("answers")
        answer(session, 0, "Lyon")
        session.store.close()
        read_only = lw.connect(f"sqlite:///{tmp_path / 'labels.db'}")
        read_only._database.read_only = True  # as for a file without write permission
        again = lw.get_labeling_session(session.mlflow_run_id)
        assert len(lw.get_dataset("answers").to_df()) == 3
        assert again.sync("answers", dry_run=True).updated == 1
        with pytest.raises(StoreError, match="read-only"):
            again.sync("answers")
