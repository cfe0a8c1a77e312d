"""Evaluation datasets in the MLflow store are MLflow's own, merged by our rules."""

from __future__ import annotations

import mlflow
import mlflow.genai.datasets
import pytest

import labelwidget as lw
from labelwidget.errors import AlreadyExistsError, InvalidValueError
from labelwidget.store.mlflow.mlflow_store import MlflowStore

everywhere = pytest.mark.parametrize("tracking", ["sqlite", "http"], indirect=True)


def labelled(store: MlflowStore, traces: object, **answers: object) -> lw.LabelingSession:
    session = lw.create_labeling_session("facts", label_schemas=[lw.EXPECTED_FACTS, lw.EXPECTED_RESPONSE])  # fmt: skip
    session.add_traces(traces)
    review = lw.Review(store, session.labeling_session_id, "alice")
    for trace_id in session.to_df().index:
        for name, value in answers.items():
            review.answer(trace_id, name, value)
    return session


def frame(info: object) -> dict[str, dict[str, object]]:
    found = mlflow.genai.datasets.get_dataset(dataset_id=info).to_df()  # type: ignore[arg-type]
    shown = found[["outputs", "expectations", "tags", "source_type", "source_id"]].astype(object)
    shown = shown.where(shown.notna(), None)
    return {
        str(inputs): row.to_dict()
        for inputs, (_, row) in zip(found["inputs"], shown.iterrows(), strict=True)
    }


@everywhere
def test_row_51_the_dataset_is_mlflows_own(store: MlflowStore):
    with mlflow.start_span("app") as span:
        span.set_inputs({"q": "When?"})
        span.set_outputs("On Monday.")
    session = labelled(store, mlflow.search_traces(), expected_facts=["Monday"])

    result = session.sync(dataset_name="truth")
    again = session.sync(to_dataset="truth")

    assert (result.inserted, result.created) == (1, True)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 1)
    found = frame(result.dataset_id)["{'q': 'When?'}"]
    assert found["expectations"] == {"expected_facts": ["Monday"]}
    assert found["outputs"] == "On Monday."
    assert (found["source_type"], found["source_id"]) == ("TRACE", span.trace_id)
    assert lw.get_dataset("truth").dataset_id == result.dataset_id
    assert lw.get_dataset("truth").experiment_ids == [store.experiment_id]


@everywhere
def test_row_52_equal_inputs_are_one_record_by_our_rule(store: MlflowStore):
    dataset = lw.create_dataset("numbers")
    dataset.merge_records([{"inputs": {"n": 1}, "expectations": {"a": 1}}])
    dataset.merge_records(
        [{"inputs": {"n": 1.0}, "expectations": {"b": 2}}, {"inputs": {"n": True}}]
    )

    assert len(dataset) == 2
    one = next(record for record in dataset.records if record["inputs"]["n"] is not True)
    assert one["expectations"] == {"a": 1, "b": 2}


@everywhere
def test_rows_53_and_54_only_what_changes_is_written(store: MlflowStore):
    dataset = mlflow.genai.datasets.create_dataset("shared", experiment_id=store.experiment_id)
    dataset.merge_records(
        [
            {"inputs": {"input": "Q0"}, "expectations": {"expected_response": "old", "other": 1}, "tags": {"t": "1"}},
            {"inputs": {"input": "elsewhere"}, "expectations": {"expected_response": "stays"}},
        ]
    )  # fmt: skip
    before = frame(dataset.dataset_id)
    session = labelled(
        store, [{"inputs": f"Q{n}", "outputs": "A"} for n in range(2)], expected_response="new"
    )

    preview = session.sync("shared", dry_run=True)
    assert frame(dataset.dataset_id) == before
    result = session.sync("shared")

    assert (preview.inserted, preview.updated) == (result.inserted, result.updated) == (1, 1)
    after = frame(dataset.dataset_id)
    assert after["{'input': 'elsewhere'}"] == before["{'input': 'elsewhere'}"]
    assert after["{'input': 'Q0'}"]["expectations"] == {"expected_response": "new", "other": 1}
    assert after["{'input': 'Q0'}"]["tags"]["t"] == "1"
    assert after["{'input': 'Q1'}"]["expectations"] == {"expected_response": "new"}


def test_row_61_inputs_that_are_no_object_are_wrapped(store: MlflowStore):
    session = labelled(store, [{"inputs": ["a", "b"], "outputs": "A"}], expected_response="x")

    result = session.sync("lists")

    assert result.wrapped == 1
    assert list(frame(result.dataset_id)) == ["{'input': ['a', 'b']}"]


def test_row_63_a_name_that_mlflow_has_twice_asks_for_the_id(store: MlflowStore):
    first = mlflow.genai.datasets.create_dataset("twice", experiment_id=store.experiment_id)
    mlflow.genai.datasets.create_dataset("twice", experiment_id=store.experiment_id)
    session = labelled(store, [{"inputs": "Q", "outputs": "A"}], expected_response="x")

    with pytest.raises(InvalidValueError, match=first.dataset_id):
        session.sync("twice")
    assert session.sync(first.dataset_id).inserted == 1
    with pytest.raises(AlreadyExistsError, match="twice"):
        lw.create_dataset("twice")


def test_the_result_goes_straight_into_an_evaluation(store: MlflowStore):
    session = labelled(store, [{"inputs": {"q": "Q"}, "outputs": "A"}], expected_response="A")
    result = session.sync("to evaluate")

    @mlflow.genai.scorer
    def same(outputs: str, expectations: dict[str, str]) -> bool:
        return outputs == expectations["expected_response"]

    def answer(q: str) -> str:
        return "A" if q == "Q" else "?"

    evaluated = mlflow.genai.evaluate(
        data=mlflow.genai.datasets.get_dataset(dataset_id=result.dataset_id),
        predict_fn=answer,
        scorers=[same],
    )

    assert evaluated.metrics["same/mean"] == 1.0
