"""Evaluation datasets, with the names of `mlflow.genai.datasets`.

```
import labelwidget as lw

dataset = lw.create_dataset("answers", tags={"team": "search"})
dataset.merge_records([{"inputs": {"q": "What is RAG?"}, "expectations": {"expected_facts": ["retrieval"]}}])
session.sync(to_dataset=dataset)                  # the expectations of a labeling session
mlflow.genai.evaluate(data=dataset.to_df(), …)    # or data=dataset.records
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import JsonValue
from labelwidget.model.dataset import DatasetInfo, DatasetRecord, MergeResult
from labelwidget.review.datasets import (
    define_dataset,
    find_dataset,
    find_dataset_by,
    matching,
    merge_in_batches,
)
from labelwidget.review.reviewer import default_reviewer
from labelwidget.store import current_store
from labelwidget.store.base import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EvaluationDataset",
    "create_dataset",
    "delete_dataset",
    "get_dataset",
    "list_datasets",
    "resolve_dataset",
    "search_datasets",
]


class EvaluationDataset:
    """Records of inputs, outputs and expectations; equal inputs are one record.

    Made by `create_dataset` and found by `get_dataset`.
    """

    def __init__(self, store: Store, info: DatasetInfo) -> None:
        """Hold a dataset of a store; use `create_dataset` or `get_dataset` instead."""
        self._store = store
        self._info = info
        self._last_merge: MergeResult | None = None

    @property
    def store(self) -> Store:
        """The store that keeps the dataset."""
        return self._store

    @property
    def info(self) -> DatasetInfo:
        """What is known of the dataset, as last read."""
        return self._info

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self._info.name

    @property
    def dataset_id(self) -> str:
        """The dataset's id."""
        return self._info.dataset_id

    @property
    def tags(self) -> dict[str, str]:
        """The dataset's tags."""
        return dict(self._info.tags)

    @property
    def created_time(self) -> int:
        """When it was made, milliseconds since 1970 (UTC)."""
        return self._info.created_time

    @property
    def last_update_time(self) -> int:
        """When it or one of its records last changed, milliseconds since 1970 (UTC)."""
        return self._refresh().last_update_time

    @property
    def created_by(self) -> str:
        """Who made it."""
        return self._info.created_by

    @property
    def experiment_ids(self) -> list[str]:
        """The experiments that it belongs to; `["0"]` in a store of our own, which has just one."""
        return [self._store.experiment_id]

    @property
    def records(self) -> list[dict[str, JsonValue]]:
        """The records as dicts in the order added, as `mlflow.genai.evaluate(data=…)` takes them.

        Members: `inputs`, `outputs` (or None), `expectations`, `tags`, `source` (a dict, or None), `dataset_record_id`.
        """
        return [_as_dict(record) for record in self._store.records(self.dataset_id)]

    @property
    def last_merge(self) -> MergeResult | None:
        """What the last `merge_records` inserted, updated and found unchanged; `print` it for the counts."""
        return self._last_merge

    def merge_records(self, records: object) -> EvaluationDataset:
        """Add records, or change those with equal inputs. Merging the same again changes nothing.

        A record that is there gets the new outputs (when given), and the new expectations and tags of their names; others of
        its expectations and tags, its source and all other records stay. Equal means equal JSON: 1 is 1.0, True is not 1.

        Args:
            records: A list of dicts with `inputs` and, where known, `outputs`, `expectations`, `tags` and `source`; a DataFrame
                with these columns; a list of traces, or a DataFrame with a `trace` column (as of `search_traces`). Of a trace
                the root inputs and outputs and the valid expectations are taken. Inputs that are no object are kept as
                `{"input": value}`.

        Returns:
            This dataset. `last_merge` holds the counts.

        Raises:
            InvalidValueError: A record cannot be one; nothing was merged.
            NotFoundError: The dataset was deleted.
            StoreError: The store cannot be written.
        """
        from labelwidget.review.records import patches_of

        patches = patches_of(records)
        self._refresh()
        self._last_merge = merge_in_batches(
            self._store, self.dataset_id, patches, by=default_reviewer()
        )
        self._refresh()
        return self

    def delete_records(self, dataset_record_ids: Sequence[str]) -> int:
        """Remove records for good.

        Args:
            dataset_record_ids: Their ids; unknown ones are ignored.

        Returns:
            How many were removed.
        """
        if isinstance(dataset_record_ids, str):
            raise InvalidValueError(
                f"dataset_record_ids is {shown(dataset_record_ids)}; pass a list of ids."
            )
        self._refresh()
        return self._store.delete_records(self.dataset_id, list(dataset_record_ids))

    def to_df(self) -> pd.DataFrame:
        """The records as a frame in the order added.

        Returns:
            Columns `inputs, outputs, expectations, tags` (dicts), `source_type, source_id, source, created_time` (ms),
            `dataset_record_id`, as in MLflow.
        """
        from labelwidget.writers.dataset_frame import dataset_frame

        self._refresh()
        return dataset_frame(self._store.records(self.dataset_id))

    def has_records(self) -> bool:
        """Whether there is any record."""
        return len(self) > 0

    def __len__(self) -> int:
        """How many records."""
        return self._store.count_records(self.dataset_id)

    def __bool__(self) -> bool:
        """True: an empty dataset is a dataset too."""
        return True

    def __repr__(self) -> str:
        """Name, id, and how many records."""
        return f"EvaluationDataset(name={shown(self.name)}, dataset_id={self.dataset_id!r}, records={len(self)})"

    def _refresh(self) -> DatasetInfo:
        found = self._store.dataset(self.dataset_id)
        if found is None:
            raise NotFoundError(
                f"Dataset {shown(self.name)} ({self.dataset_id}) was deleted. Make a new one with create_dataset()."
            )
        self._info = found
        return found


def _as_dict(record: DatasetRecord) -> dict[str, JsonValue]:
    return {
        "inputs": record.inputs,
        "outputs": record.outputs,
        "expectations": record.expectations,
        "tags": record.tags,
        "source": None if record.source is None else record.source.to_dict(),
        "dataset_record_id": record.dataset_record_id,
    }


def create_dataset(
    name: str,
    experiment_id: object = None,  # noqa: ARG001  the peer's; a store of our own has one experiment
    tags: Mapping[str, object] | None = None,
) -> EvaluationDataset:
    """Make an evaluation dataset in the current store.

    Args:
        name: 1 to 250 characters, unique in the store.
        experiment_id: Taken for code that was written for MLflow, and without effect: a store of our own has one experiment.
        tags: Texts by name.

    Returns:
        The dataset, without records.

    Raises:
        AlreadyExistsError: The name is taken.
        InvalidValueError: The name or a tag breaks a rule.
    """
    store = current_store()
    return EvaluationDataset(store, define_dataset(store, name, tags))


def get_dataset(name: str | None = None, dataset_id: str | None = None) -> EvaluationDataset:
    """The dataset with a name or an id; pass one of them.

    Args:
        name: Its name.
        dataset_id: Its id.

    Raises:
        NotFoundError: There is none; the message names those that there are.
        InvalidValueError: Both or none given.
    """
    store = current_store()
    return EvaluationDataset(store, find_dataset_by(store, name=name, dataset_id=dataset_id))


def delete_dataset(name: str | None = None, dataset_id: str | None = None) -> None:
    """Delete a dataset and its records for good; sessions and their labels stay.

    Args:
        name: Its name.
        dataset_id: Its id; pass one of them.

    Raises:
        NotFoundError: There is none.
    """
    store = current_store()
    store.delete_dataset(find_dataset_by(store, name=name, dataset_id=dataset_id).dataset_id)


def list_datasets() -> list[EvaluationDataset]:
    """All datasets of the current store, newest first."""
    return search_datasets()


def search_datasets(
    experiment_ids: object = None,  # noqa: ARG001  the peer's
    filter_string: str | None = None,
    max_results: int | None = None,
) -> list[EvaluationDataset]:
    """The datasets that a filter lets through, newest first.

    Args:
        experiment_ids: Taken for code that was written for MLflow, and without effect.
        filter_string: Conditions joined by AND, like `"name LIKE 'qa%' AND tags.team = 'search'"`.
        max_results: How many at most; None for all.

    Raises:
        InvalidValueError: The filter cannot be read.
    """
    store, test = current_store(), matching(filter_string)
    found = [info for info in store.datasets() if test(info)]
    return [EvaluationDataset(store, info) for info in found[:max_results]]


def resolve_dataset(
    store: Store, dataset: object, *, parameter: str
) -> tuple[Store, DatasetInfo | None, str]:
    """What a user means by a dataset: the object, its name or its id.

    Args:
        store: Where names and ids are looked up.
        dataset: What the user passed.
        parameter: What it was passed as, for messages.

    Returns:
        The store, the dataset, or None when there is none by this name, and its name.

    Raises:
        InvalidValueError: None of these.
    """
    if isinstance(dataset, EvaluationDataset):
        info = dataset.store.dataset(dataset.dataset_id)
        if info is None:
            raise NotFoundError(
                f"Dataset {shown(dataset.name)} ({dataset.dataset_id}) was deleted. Pass its name to make a new one."
            )
        return dataset.store, info, info.name
    if not isinstance(dataset, str):
        kind = cast(object, type(dataset).__name__)
        raise InvalidValueError(
            f"{parameter} is a {kind}; pass an EvaluationDataset of labelwidget, its name or its dataset_id."
        )
    info = find_dataset(store, dataset)
    return store, info, dataset if info is None else info.name
