"""A dataset as a DataFrame, in the columns of MLflow's `EvaluationDataset.to_df()`."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from labelwidget.model.dataset import DatasetRecord

__all__ = ["dataset_frame"]


def dataset_frame(records: Iterable[DatasetRecord]) -> pd.DataFrame:
    """One row a record; see `EvaluationDataset.to_df`."""
    rows = list(records)
    columns: dict[str, list[object]] = {
        "inputs": [record.inputs for record in rows],
        "outputs": [record.outputs for record in rows],
        "expectations": [record.expectations for record in rows],
        "tags": [record.tags for record in rows],
        "source_type": [record.source_type for record in rows],
        "source_id": [record.source_id for record in rows],
        "source": [record.source for record in rows],
    }
    frame = {name: pd.Series(values, dtype="object") for name, values in columns.items()}
    frame["created_time"] = pd.Series([record.created_time for record in rows], dtype="int64")
    frame["dataset_record_id"] = pd.Series(
        [record.dataset_record_id for record in rows], dtype="object"
    )
    return pd.DataFrame(frame)
