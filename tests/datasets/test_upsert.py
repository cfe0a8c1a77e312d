"""Merging records does what merging into a plain dict does, whatever the inputs, the order and the batches."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labelwidget as lw
from labelwidget.model import JsonValue
from labelwidget.model.dataset import DatasetRecordSource, RecordPatch, folded, plan_merge
from labelwidget.review import datasets as rules
from labelwidget.store.sql.opening import open_store

# Few values, so that inputs meet; among them the pairs that Python and JSON compare differently.
SCALARS = st.sampled_from(
    [None, True, False, 0, 1, 1.0, -0.0, 0.5, 2**53, 2.0**53, 2**70, "", "1", "\ud800", "a\x00"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
NAMED = st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES, max_size=3)


@st.composite
def records(draw: st.DrawFn) -> dict[str, JsonValue]:
    """A record as a user writes it: each member may be missing."""
    record: dict[str, JsonValue] = {
        "inputs": draw(st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2))
    }
    for name, values in (("outputs", VALUES), ("expectations", NAMED), ("tags", NAMED)):
        if draw(st.booleans()):
            record[name] = draw(values)
    return record


def same(value: JsonValue, other: JsonValue) -> bool:
    """The comparison of the specification, written anew: numbers by value, everything else by type and value."""
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, (int, float)) and isinstance(other, (int, float)):
        return value == other and (type(value) is type(other) or abs(value) <= 2**53)
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(same(value[k], other[k]) for k in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(same, value, other))
    return type(value) is type(other) and value == other


class PlainDataset:
    """The specification: a list of dicts."""

    def __init__(self) -> None:
        self.records: list[dict[str, JsonValue]] = []

    def merge(self, batch: list[dict[str, JsonValue]]) -> tuple[int, int, int]:
        before = copy.deepcopy(self.records)
        touched: set[int] = set()
        for record in batch:
            touched.add(self._merge_one(record))
        inserted = len(self.records) - len(before)
        changed = [exact(a) != exact(b) for a, b in zip(before, self.records, strict=False)]
        return inserted, sum(changed), len(touched) - inserted - sum(changed)

    def _merge_one(self, record: dict[str, JsonValue]) -> int:
        record = copy.deepcopy(record)
        matches = [n for n, r in enumerate(self.records) if same(r["inputs"], record["inputs"])]
        if not matches:
            empty = {"outputs": None, "expectations": {}, "tags": {}}
            self.records.append({**empty, **record})
            return len(self.records) - 1
        (number,) = matches
        known = self.records[number]
        if "outputs" in record:
            known["outputs"] = record["outputs"]
        known["expectations"].update(record.get("expectations", {}))
        known["tags"].update(record.get("tags", {}))
        return number


def exact(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.lists(records(), max_size=6), min_size=1, max_size=4),
    batch=st.integers(1, 4),
)
def test_merging_does_what_a_plain_dict_does(
    batches: list[list[dict[str, JsonValue]]], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BATCH", batch)
    folder = Path(tempfile.mkdtemp(prefix="labelwidget-"))
    store = open_store(f"sqlite:///{folder / 'labels.db'}")
    dataset = lw.EvaluationDataset(store, rules.define_dataset(store, "d"))
    plain = PlainDataset()
    for merged in batches:
        counts = plain.merge(merged)
        dataset.merge_records(copy.deepcopy(merged))
        assert dataset.last_merge is not None
        assert tuple(map(len, dataset.last_merge)) == counts
    wanted = [
        exact({k: r[k] for k in ("inputs", "outputs", "expectations", "tags")})
        for r in plain.records
    ]
    held = [
        exact(
            {
                "inputs": r.inputs,
                "outputs": r.outputs,
                "expectations": r.expectations,
                "tags": r.tags,
            }
        )
        for r in store.records(dataset.dataset_id)
    ]
    assert held == wanted
    assert len(dataset) == len(plain.records)
    # Everything once more, as one merge, with what is there: nothing changes and nothing is written.
    again = [{k: r[k] for k in r if k != "source"} for r in dataset.records]
    before = list(store.records(dataset.dataset_id))
    dataset.merge_records(again)
    assert tuple(map(len, dataset.last_merge)) == (0, 0, len(before))
    assert list(store.records(dataset.dataset_id)) == before
    store.close()
    shutil.rmtree(folder)


@given(st.lists(records(), max_size=8))
def test_folding_first_changes_nothing_of_the_outcome(
    merged: list[dict[str, JsonValue]],
) -> None:
    patches = [
        RecordPatch(
            inputs=record["inputs"],
            outputs=record.get("outputs"),
            replace_outputs="outputs" in record,
            expectations=record.get("expectations", {}),
            tags=record.get("tags", {}),
            source=DatasetRecordSource(source_data={"source_id": str(number)}),
        )
        for number, record in enumerate(merged)
    ]
    one_by_one: dict[str, object] = {}
    for patch in patches:
        plan = plan_merge(one_by_one, [patch], dataset_id="d", by="a", now=1)
        one_by_one |= plan.inserted | plan.updated
    at_once = plan_merge({}, folded(patches), dataset_id="d", by="a", now=1).inserted
    assert list(at_once) == list(one_by_one)
    for key, record in at_once.items():
        wanted = one_by_one[key].model_dump(exclude={"dataset_record_id"})
        assert exact(record.model_dump(exclude={"dataset_record_id"})) == exact(wanted)
