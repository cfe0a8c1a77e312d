"""What a store can do with evaluation datasets. A store of another kind (a tracking server) may follow rules of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from labelwidget.model import Trace
from labelwidget.model.dataset import DatasetInfo, DatasetRecord, MergeResult, RecordPatch

__all__ = ["DatasetStore"]


class DatasetStore(Protocol):
    """Where evaluation datasets are kept."""

    def put_dataset(self, info: DatasetInfo) -> DatasetInfo:
        """Create the dataset or replace what is known of it (same id). Returns it as kept: a server gives ids of its own.

        Raises:
            AlreadyExistsError: Another dataset has the name, where names are unique.
        """
        ...

    def dataset(self, dataset_id: str) -> DatasetInfo | None:
        """A dataset by id, or None."""
        ...

    def datasets(self, name: str | None = None) -> list[DatasetInfo]:
        """All datasets, or those of a name, newest first."""
        ...

    def delete_dataset(self, dataset_id: str) -> bool:
        """Remove a dataset and its records for good. False when there was none."""
        ...

    def merge_records(
        self, dataset_id: str, patches: Sequence[RecordPatch], *, by: str, dry_run: bool = False
    ) -> MergeResult:
        """Add or change records in one transaction; merging the same again changes nothing.

        Args:
            dataset_id: The dataset.
            patches: What to merge.
            by: Who merges.
            dry_run: Only say what would be done; works on a read-only store too.

        Returns:
            The keys of the records that were inserted, updated and already as wanted.

        Raises:
            NotFoundError: No such dataset.
        """
        ...

    def delete_records(self, dataset_id: str, record_ids: Sequence[str]) -> int:
        """Remove records for good; unknown ids are ignored. Returns how many there were."""
        ...

    def count_records(self, dataset_id: str) -> int:
        """How many records a dataset has."""
        ...

    def records(
        self, dataset_id: str, record_ids: Sequence[str] | None = None
    ) -> Iterator[DatasetRecord]:
        """The records in the order added, a page at a time: all, or those of the ids that are there."""
        ...

    def source_traces(self, trace_ids: Sequence[str]) -> Iterator[tuple[str, Trace]]:
        """Those of the traces that this store holds (the newest copy of each), with the id asked for."""
        ...
