"""Records of a dataset as items of a session (row 32 of the feature table)."""

from __future__ import annotations

import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model import Trace
from labelwidget.review import Review
from labelwidget.store.base import Store
from tests.datasets.builders import add, answer, by_question, item_id, make_session


@pytest.fixture
def empty() -> lw.LabelingSession:
    return lw.create_labeling_session("from a dataset", label_schemas=["expected_response"])


def records(count: int, **more: object) -> list[dict[str, object]]:
    return [{"inputs": {"q": f"q{n}"}, **more} for n in range(count)]


def test_records_with_outputs_become_items_and_again_changes_nothing(
    empty: lw.LabelingSession,
) -> None:
    dataset = lw.create_dataset("d").merge_records(records(3, outputs={"answer": "a"}))
    assert empty.add_dataset("d") is empty
    assert len(empty) == 3
    assert empty.last_import is not None
    assert empty.last_import.added == 3
    trace = empty.store.trace(item_id(empty, 1))
    assert (trace.inputs, trace.outputs) == ({"q": "q1"}, {"answer": "a"})
    assert trace.root is not None
    assert trace.root.outputs == {"answer": "a"}
    assert empty.to_df().source_trace_id.tolist() == dataset.to_df().dataset_record_id.tolist()
    empty.add_dataset(dataset)
    assert (empty.last_import.added, empty.last_import.already_there) == (0, 3)
    assert empty.add_dataset(dataset.dataset_id).last_import.already_there == 3


def test_only_some_records(empty: lw.LabelingSession) -> None:
    dataset = lw.create_dataset("d").merge_records(records(4, outputs="a"))
    ids = dataset.to_df().dataset_record_id.tolist()
    empty.add_dataset("d", [ids[3], ids[1]])
    assert empty.to_df().source_trace_id.tolist() == [ids[1], ids[3]]
    empty.add_dataset("d")
    assert (empty.last_import.added, empty.last_import.already_there) == (2, 2)
    with pytest.raises(NotFoundError, match=r"no record 'dr-nope' \(nor 1 others\)"):
        empty.add_dataset("d", ["dr-nope", ids[0], "dr-neither"])


def test_a_record_of_a_trace_comes_with_the_whole_trace(store: Store) -> None:
    first = make_session(2)
    answer(first, 0, "Paris", reviewer="Alice")
    first.sync("d")
    second = lw.create_labeling_session("second", label_schemas=["expected_response"])
    second.add_dataset("d")
    trace = second.store.trace(item_id(second, 0))
    assert trace.spans == first.store.trace(item_id(first, 0)).spans
    assert second.to_df().source_trace_id.tolist() == first.to_df().source_trace_id.tolist()
    # What is expected already is seen beside the trace, and is nobody's answer.
    review = Review(store, second.labeling_session_id, "bob")
    answers, prior = review.answers(item_id(second, 0))
    assert answers == []
    assert [(one.name, one.value, one.source.source_id) for one in prior] == [
        ("expected_response", "Paris", "Alice")
    ]
    # The traces that the first session holds are the records' own: nothing to add.
    first.add_dataset("d")
    assert (first.last_import.added, first.last_import.already_there) == (0, 2)


def test_syncing_back_changes_the_same_records(empty: lw.LabelingSession) -> None:
    dataset = lw.create_dataset("d").merge_records(
        records(2, outputs="a", expectations={"expected_response": "old", "kept": 1})
    )
    empty.add_dataset(dataset)
    answer(empty, 0, "new")
    result = empty.sync(dataset)
    assert (result.inserted, result.updated, result.unchanged) == (0, 1, 1)
    found = by_question(dataset)
    assert found["q0"]["expectations"] == {"expected_response": "new", "kept": 1}
    assert found["q1"]["expectations"] == {"expected_response": "old", "kept": 1}
    # In another dataset the source is the trace that was labelled: there is no earlier one.
    empty.sync("elsewhere")
    assert lw.get_dataset("elsewhere").to_df().source_id[0] == item_id(empty, 0)


def test_without_outputs_trace_and_agent_nothing_is_added(empty: lw.LabelingSession) -> None:
    dataset = lw.create_dataset("d").merge_records(
        [*records(1, outputs="a"), {"inputs": {"q": "x"}}]
    )
    record_id = dataset.to_df().dataset_record_id[1]
    said = (
        f"Record {record_id} has no trace and this session has no agent. Either provide records that have "
        "associated traces or add an agent"
    )
    with pytest.raises(InvalidValueError, match=said):
        empty.add_dataset("d")
    assert len(empty) == 0


def test_a_trace_that_is_nowhere_is_no_trace(empty: lw.LabelingSession) -> None:
    dataset = lw.create_dataset("d").merge_records([Trace(trace_id="tr-gone", inputs={"q": 1})])
    with pytest.raises(InvalidValueError, match="has no trace and this session has no agent"):
        empty.add_dataset(dataset)
    add(make_session(1), [Trace(trace_id="tr-gone", inputs={"q": 1}, outputs="found")])
    empty.add_dataset(dataset)
    assert empty.store.trace(item_id(empty, 0)).outputs == "found"


def test_with_an_agent_items_wait_for_its_response(empty: lw.LabelingSession, store: Store) -> None:
    store.put_session(empty.info.model_copy(update={"agent": "v2"}))
    session = lw.get_labeling_session(empty.mlflow_run_id)
    dataset = lw.create_dataset("d").merge_records(
        [*records(1, outputs="a"), {"inputs": {"q": "x"}}]
    )
    session.add_dataset(dataset)
    assert len(session) == 2
    trace = store.trace(item_id(session, 0))
    assert (trace.inputs, trace.outputs) == ({"q": "q0"}, None)


def test_an_unknown_dataset_is_named(empty: lw.LabelingSession) -> None:
    with pytest.raises(NotFoundError, match="no dataset 'nope'"):
        empty.add_dataset("nope")
