"""Evaluation datasets on the MLflow server, by our rules of merging.

MLflow finds a record by the exact text of its inputs (1 is not 1.0 there) and writes whatever it is sent. Here equal inputs
are found by our rule, and only what changes is written, with the inputs as they stand there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, cast

from labelwidget.errors import AlreadyExistsError, NotFoundError, shown
from labelwidget.model import JsonValue
from labelwidget.model.dataset import (
    DatasetInfo,
    DatasetRecord,
    DatasetRecordSource,
    MergeResult,
    RecordPatch,
    folded,
    plan_merge,
)
from labelwidget.model.json import canonical_key
from labelwidget.store.mlflow.faults import FaultKind, MlflowError
from labelwidget.store.mlflow.server import Server

__all__ = ["ServerDatasets"]

_PAGE = 500
_MOST = 1_000
_USER = "mlflow.user"


class _Source(Protocol):
    source_type: str
    source_data: dict[str, JsonValue] | None


class _Record(Protocol):
    dataset_record_id: str
    inputs: dict[str, JsonValue]
    outputs: JsonValue
    expectations: dict[str, JsonValue] | None
    tags: dict[str, JsonValue] | None
    source: _Source | None
    created_time: int
    last_update_time: int
    created_by: str | None
    last_updated_by: str | None


class _Dataset(Protocol):
    dataset_id: str
    name: str
    tags: dict[str, str] | None
    created_time: int
    last_update_time: int
    created_by: str | None
    last_updated_by: str | None


class _Datasets(Protocol):
    token: str | None

    def __iter__(self) -> Iterator[_Dataset]: ...


class _DatasetStore(Protocol):
    """What is used of MLflow's tracking store."""

    def create_dataset(
        self, name: str, tags: dict[str, str], experiment_ids: list[str]
    ) -> _Dataset: ...
    def get_dataset(self, dataset_id: str) -> _Dataset: ...
    def delete_dataset(self, dataset_id: str) -> None: ...
    def search_datasets(
        self, *, experiment_ids: list[str], max_results: int, page_token: str | None
    ) -> _Datasets: ...
    def upsert_dataset_records(
        self, dataset_id: str, records: list[dict[str, object]]
    ) -> object: ...
    def delete_dataset_records(self, dataset_id: str, dataset_record_ids: list[str]) -> int: ...
    def _load_dataset_records(
        self, dataset_id: str, max_results: int, page_token: str | None
    ) -> tuple[list[_Record], str | None]: ...


class ServerDatasets:
    """The datasets of a server's experiment; see `labelwidget.store.dataset_store.DatasetStore`.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def available(self) -> bool:
        """Whether the server keeps datasets: a database does since MLflow 3.4, a folder does not."""
        store = self._server.store
        return hasattr(store, "upsert_dataset_records") and type(store).__name__ != "FileStore"

    @property
    def _store(self) -> _DatasetStore:
        return cast(_DatasetStore, self._server.store)

    def put(self, info: DatasetInfo) -> DatasetInfo:
        """Make a dataset; the server gives it its id.

        Raises:
            AlreadyExistsError: The name is taken. MLflow would take it twice, and find neither by name then.
        """
        if self.all(info.name):
            raise AlreadyExistsError(
                f"A dataset {shown(info.name)} exists. Get it with get_dataset({shown(info.name)}), or choose another name."
            )
        tags = {_USER: info.created_by, **info.tags}
        made = self._server.call(
            lambda: self._store.create_dataset(info.name, tags, [self._server.experiment_id])
        )
        return _info(made)

    def get(self, dataset_id: str) -> DatasetInfo | None:
        """A dataset by id, or None."""
        try:
            return _info(self._server.call(lambda: self._store.get_dataset(dataset_id)))
        except MlflowError as error:
            if error.kind in (FaultKind.GONE, FaultKind.REFUSED):
                return None
            raise

    def all(self, name: str | None = None) -> list[DatasetInfo]:
        """All datasets of the experiment, or those of a name, newest first."""
        found: list[DatasetInfo] = []
        token: str | None = None
        while True:
            page = self._server.call(
                lambda token=token: self._store.search_datasets(
                    experiment_ids=[self._server.experiment_id],
                    max_results=_MOST,
                    page_token=token,
                )
            )
            # Compared here: a name is never put into a filter.
            found.extend(_info(one) for one in page if name is None or one.name == name)
            token = page.token
            if not token:
                return sorted(found, key=lambda info: info.created_time, reverse=True)

    def delete(self, dataset_id: str) -> bool:
        """Remove a dataset with its records. False when there was none."""
        if self.get(dataset_id) is None:
            return False
        self._server.call(lambda: self._store.delete_dataset(dataset_id))
        return True

    def merge(
        self, dataset_id: str, patches: Sequence[RecordPatch], *, by: str, dry_run: bool
    ) -> MergeResult:
        """Add or change records."""
        if self.get(dataset_id) is None:
            raise NotFoundError(
                f"There is no dataset {shown(dataset_id)} at {shown(self._server.uri)}."
            )
        once = folded(patches)
        wanted = {patch.key for patch in once}
        existing = {
            key: record
            for record in self.records(dataset_id)
            if (key := canonical_key(record.inputs)) in wanted
        }
        plan = plan_merge(existing, once, dataset_id=dataset_id, by=by, now=int(time.time() * 1000))
        if dry_run:
            return plan.result
        changed: list[dict[str, object]] = []
        for key, record in {**plan.inserted, **plan.updated}.items():
            told: dict[str, object] = {
                "inputs": record.inputs,
                "expectations": record.expectations,
                "tags": {**record.tags, _USER: by},
            }
            if key in plan.inserted and record.source is not None:
                told["source"] = record.source.to_dict()
            if key in plan.inserted or record.outputs != existing[key].outputs:
                told["outputs"] = record.outputs
            changed.append(told)
        if changed:
            self._server.call(lambda: self._store.upsert_dataset_records(dataset_id, changed))
        return plan.result

    def _page(self, dataset_id: str, token: str | None) -> tuple[list[_Record], str | None]:
        return self._server.call(
            lambda: self._store._load_dataset_records(dataset_id, _PAGE, token)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        )

    def delete_records(self, dataset_id: str, record_ids: Sequence[str]) -> int:
        """Remove records; returns how many there were."""
        return self._server.call(
            lambda: self._store.delete_dataset_records(dataset_id, list(record_ids))
        )

    def records(
        self, dataset_id: str, record_ids: Sequence[str] | None = None
    ) -> Iterator[DatasetRecord]:
        """The records in the order added: all, or those of the ids."""
        wanted = None if record_ids is None else set(record_ids)
        token: str | None = None
        while True:
            page, token = self._page(dataset_id, token)
            for one in page:
                if wanted is None or one.dataset_record_id in wanted:
                    yield _record(dataset_id, one)
            if not token:
                return


def _info(found: _Dataset) -> DatasetInfo:
    tags = found.tags or {}
    return DatasetInfo(
        dataset_id=found.dataset_id,
        name=found.name,
        tags={key: str(value) for key, value in tags.items()},
        created_time=found.created_time or 0,
        last_update_time=found.last_update_time or 0,
        created_by=found.created_by or "",
        last_updated_by=found.last_updated_by or "",
    )


def _record(dataset_id: str, found: _Record) -> DatasetRecord:
    return DatasetRecord(
        dataset_record_id=found.dataset_record_id,
        dataset_id=dataset_id,
        inputs=found.inputs,
        outputs=found.outputs,
        expectations=dict(found.expectations or {}),
        tags=_own_tags(found.tags or {}),
        source=_source(found.source),
        created_time=found.created_time or 0,
        last_update_time=found.last_update_time or 0,
        created_by=found.created_by or "",
        last_updated_by=found.last_updated_by or "",
    )


def _own_tags(tags: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Without who wrote it last: that is a field of its own here, and would make every record a changed one."""
    return {key: value for key, value in tags.items() if key != _USER}


def _source(found: _Source | None) -> DatasetRecordSource | None:
    if found is None:
        return None
    kind = str(getattr(found.source_type, "value", found.source_type))
    known = {"TRACE", "HUMAN", "DOCUMENT", "CODE"}
    return DatasetRecordSource.model_validate(
        {
            "source_type": kind if kind in known else "UNSPECIFIED",
            "source_data": dict(found.source_data or {}),
        }
    )
