"""Evaluation datasets in SQL: reading, merging, removing, and the part of `SqlStore` that offers them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from labelwidget.errors import AlreadyExistsError, NotFoundError, shown
from labelwidget.model import JsonValue, Trace
from labelwidget.model.dataset import (
    DatasetInfo,
    DatasetRecord,
    MergePlan,
    MergeResult,
    RecordPatch,
    folded,
    plan_merge,
)
from labelwidget.model.json import dumps_ascii
from labelwidget.store.sql import reads, rows
from labelwidget.store.sql.reads import raw
from labelwidget.store.sql.tables import dataset_records, datasets, items

__all__ = ["SqlDatasets"]

T = TypeVar("T")

_IN_ONE_QUERY = 500
_RECORDS_AT_ONCE = 500

_INFO = select(raw(datasets.c.body), datasets.c.sha256)
_RECORD = (raw(dataset_records.c.body), dataset_records.c.sha256)
_PAGE = (
    select(dataset_records.c.seq, *_RECORD)
    .where(
        dataset_records.c.dataset_id == bindparam("dataset_id"),
        dataset_records.c.seq > bindparam("after"),
    )
    .order_by(dataset_records.c.seq)
    .limit(_RECORDS_AT_ONCE)
)
_REPLACE = (
    update(dataset_records)
    .where(dataset_records.c.record_id == bindparam("b_record"))
    .values(body=bindparam("new_body"), sha256=bindparam("new_sha256"))
)


def put_dataset(connection: Connection, info: DatasetInfo) -> None:
    """Create the dataset or replace what is known of it.

    Raises:
        AlreadyExistsError: Another dataset has the name.
    """
    other = connection.execute(
        select(datasets.c.dataset_id).where(
            datasets.c.name == info.name, datasets.c.dataset_id != info.dataset_id
        )
    ).scalar()
    if other is not None:
        raise AlreadyExistsError(
            f"A dataset {shown(info.name)} exists already ({other}). Use get_dataset({shown(info.name)}), or choose "
            "another name."
        )
    body = cast(JsonValue, info.model_dump(mode="json"))
    values = {"name": info.name, "body": body, "sha256": rows.digest(dumps_ascii(body))}
    if connection.execute(
        update(datasets).where(datasets.c.dataset_id == info.dataset_id).values(values)
    ).rowcount:
        return
    place = connection.execute(
        select(func.coalesce(func.max(datasets.c.place), -1) + 1)
    ).scalar_one()
    connection.execute(insert(datasets), {"dataset_id": info.dataset_id, "place": place, **values})


def read_dataset(connection: Connection, dataset_id: str, where: str) -> DatasetInfo | None:
    """A dataset by id, or None."""
    row = connection.execute(_INFO.where(datasets.c.dataset_id == dataset_id)).first()
    return None if row is None else _info(row[0], row[1], where)


def list_datasets(connection: Connection, name: str | None, where: str) -> list[DatasetInfo]:
    """All datasets, or those of a name, newest first."""
    query = _INFO if name is None else _INFO.where(datasets.c.name == name)
    found = connection.execute(query.order_by(datasets.c.place.desc()))
    return [_info(row[0], row[1], where) for row in found]


def delete_dataset(connection: Connection, dataset_id: str) -> bool:
    """Remove a dataset with its records."""
    with _overwritten(connection):
        connection.execute(
            delete(dataset_records).where(dataset_records.c.dataset_id == dataset_id)
        )
        return bool(
            connection.execute(delete(datasets).where(datasets.c.dataset_id == dataset_id)).rowcount
        )


def plan_records(
    connection: Connection, dataset_id: str, patches: Sequence[RecordPatch], by: str, where: str
) -> tuple[DatasetInfo, MergePlan]:
    """What a merge would write.

    Raises:
        NotFoundError: No such dataset.
    """
    info = read_dataset(connection, dataset_id, where)
    if info is None:
        raise NotFoundError(f"There is no dataset {shown(dataset_id)} in {where}; it was deleted.")
    existing = _by_key(connection, dataset_id, [patch.key for patch in patches], where)
    now = int(time.time() * 1000)
    return info, plan_merge(existing, patches, dataset_id=dataset_id, by=by, now=now)


def write_records(connection: Connection, info: DatasetInfo, plan: MergePlan, by: str) -> None:
    """Carry out a plan that was made in the same transaction; nothing to change writes nothing."""
    new = [
        {
            "record_id": record.dataset_record_id,
            "dataset_id": record.dataset_id,
            "inputs_key": key,
            **_body(record),
        }
        for key, record in plan.inserted.items()
    ]
    changed: list[dict[str, object]] = []
    for record in plan.updated.values():
        values = _body(record)
        changed.append(
            {
                "b_record": record.dataset_record_id,
                "new_body": values["body"],
                "new_sha256": values["sha256"],
            }
        )
    if new:
        connection.execute(insert(dataset_records), new)
    if changed:
        connection.execute(_REPLACE, changed)
    if new or changed:
        _touch(connection, info, by)


def delete_records(
    connection: Connection, dataset_id: str, record_ids: Sequence[str], where: str
) -> int:
    """Remove records; returns how many there were."""
    info = read_dataset(connection, dataset_id, where)
    if info is None:
        raise NotFoundError(f"There is no dataset {shown(dataset_id)} in {where}; it was deleted.")
    removed = 0
    with _overwritten(connection):
        for part in _parts(record_ids):
            removed += connection.execute(
                delete(dataset_records).where(
                    dataset_records.c.dataset_id == dataset_id,
                    dataset_records.c.record_id.in_(part),
                )
            ).rowcount
    if removed:
        _touch(connection, info, info.last_updated_by)
    return removed


def count_records(connection: Connection, dataset_id: str) -> int:
    """How many records a dataset has."""
    query = select(func.count()).select_from(dataset_records)
    return connection.execute(query.where(dataset_records.c.dataset_id == dataset_id)).scalar_one()


def records_page(
    connection: Connection, dataset_id: str, after: int, where: str
) -> tuple[int, list[DatasetRecord]]:
    """The records behind a sequence number, and the last number among them (`after` when there are no more)."""
    found: list[DatasetRecord] = []
    for row in connection.execute(_PAGE, {"dataset_id": dataset_id, "after": after}):
        after = row[0]
        found.append(_record(row[1], row[2], where))
    return after, found


def records_by_id(
    connection: Connection, dataset_id: str, record_ids: Sequence[str], where: str
) -> list[DatasetRecord]:
    """Those of the records that are there, in the order added."""
    query = (
        select(*_RECORD)
        .where(
            dataset_records.c.dataset_id == dataset_id,
            dataset_records.c.record_id.in_(record_ids),
        )
        .order_by(dataset_records.c.seq)
    )
    return [_record(row[0], row[1], where) for row in connection.execute(query)]


def items_of_sources(connection: Connection, trace_ids: Sequence[str]) -> dict[str, str]:
    """The newest item of each source trace that is there; an item's own id names itself."""
    query = (
        select(items.c.source_trace_id, items.c.item_id)
        .where(items.c.source_trace_id.in_(trace_ids))
        .order_by(items.c.added_at)
    )
    own = select(items.c.item_id, items.c.item_id).where(items.c.item_id.in_(trace_ids))
    found: dict[str, str] = {row[0]: row[1] for row in connection.execute(own)}
    found.update({row[0]: row[1] for row in connection.execute(query)})
    return found


def _by_key(
    connection: Connection, dataset_id: str, keys: Sequence[str], where: str
) -> dict[str, DatasetRecord]:
    found: dict[str, DatasetRecord] = {}
    for part in _parts(keys):
        query = select(dataset_records.c.inputs_key, *_RECORD).where(
            dataset_records.c.dataset_id == dataset_id, dataset_records.c.inputs_key.in_(part)
        )
        for row in connection.execute(query):
            found[row[0]] = _record(row[1], row[2], where)
    return found


def _touch(connection: Connection, info: DatasetInfo, by: str) -> None:
    now = int(time.time() * 1000)
    put_dataset(
        connection, info.model_copy(update={"last_update_time": now, "last_updated_by": by})
    )


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _IN_ONE_QUERY):
        yield values[start : start + _IN_ONE_QUERY]


def _body(record: DatasetRecord) -> dict[str, object]:
    body = cast(JsonValue, record.model_dump(mode="json"))
    return {"body": body, "sha256": rows.digest(dumps_ascii(body))}


def _record(body: str, sha256: str, where: str) -> DatasetRecord:
    found = rows.checked_body(body, sha256, what="A record of a dataset", where=where)
    return DatasetRecord.model_validate(found)


def _info(body: str, sha256: str, where: str) -> DatasetInfo:
    return DatasetInfo.model_validate(
        rows.checked_body(body, sha256, what="A dataset", where=where)
    )


class _overwritten:  # noqa: N801  reads as a statement
    """What is removed for good is also overwritten in the file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._set("ON")

    def __exit__(self, *_: object) -> None:
        self._set("OFF")

    def _set(self, value: str) -> None:
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql(f"PRAGMA secure_delete={value}")


class SqlDatasets(ABC):
    """See `labelwidget.store.dataset_store.DatasetStore`; a part of `SqlStore`."""

    @property
    @abstractmethod
    def _name(self) -> str: ...

    @abstractmethod
    def _read(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    def _write(self, work: Callable[[Connection], T]) -> T: ...

    def put_dataset(self, info: DatasetInfo) -> DatasetInfo:
        """Create the dataset or replace what is known of it."""
        self._write(lambda connection: put_dataset(connection, info))
        return info

    def dataset(self, dataset_id: str) -> DatasetInfo | None:
        """A dataset by id, or None."""
        return self._read(lambda connection: read_dataset(connection, dataset_id, self._name))

    def datasets(self, name: str | None = None) -> list[DatasetInfo]:
        """All datasets, or those of a name, newest first."""
        return self._read(lambda connection: list_datasets(connection, name, self._name))

    def delete_dataset(self, dataset_id: str) -> bool:
        """Remove a dataset and its records for good."""
        return self._write(lambda connection: delete_dataset(connection, dataset_id))

    def merge_records(
        self, dataset_id: str, patches: Sequence[RecordPatch], *, by: str, dry_run: bool = False
    ) -> MergeResult:
        """Add or change records in one transaction."""
        once = folded(patches)

        def plan(connection: Connection) -> MergeResult:
            return plan_records(connection, dataset_id, once, by, self._name)[1].result

        def merge(connection: Connection) -> MergeResult:
            info, planned = plan_records(connection, dataset_id, once, by, self._name)
            write_records(connection, info, planned, by)
            return planned.result

        return self._read(plan) if dry_run else self._write(merge)

    def delete_records(self, dataset_id: str, record_ids: Sequence[str]) -> int:
        """Remove records for good."""
        return self._write(
            lambda connection: delete_records(connection, dataset_id, record_ids, self._name)
        )

    def count_records(self, dataset_id: str) -> int:
        """How many records a dataset has."""
        return self._read(lambda connection: count_records(connection, dataset_id))

    def records(
        self, dataset_id: str, record_ids: Sequence[str] | None = None
    ) -> Iterator[DatasetRecord]:
        """The records in the order added, a page at a time."""
        if record_ids is not None:
            for part in _parts(record_ids):
                yield from self._read(self._records_named(dataset_id, part))
            return
        after = -1
        while True:
            last, page = self._read(self._records_behind(dataset_id, after))
            yield from page
            if last == after:
                return
            after = last

    def source_traces(self, trace_ids: Sequence[str]) -> Iterator[tuple[str, Trace]]:
        """Those of the traces that this store holds, with the id asked for."""
        for part in _parts(trace_ids):
            for trace_id, item_id in self._read(_items_named(part)).items():
                yield trace_id, self._read(self._trace_of(item_id))

    def _records_named(
        self, dataset_id: str, record_ids: Sequence[str]
    ) -> Callable[[Connection], list[DatasetRecord]]:
        return lambda connection: records_by_id(connection, dataset_id, record_ids, self._name)

    def _records_behind(
        self, dataset_id: str, after: int
    ) -> Callable[[Connection], tuple[int, list[DatasetRecord]]]:
        return lambda connection: records_page(connection, dataset_id, after, self._name)

    def _trace_of(self, item_id: str) -> Callable[[Connection], Trace]:
        return lambda connection: reads.trace(connection, item_id, self._name)


def _items_named(trace_ids: Sequence[str]) -> Callable[[Connection], dict[str, str]]:
    return lambda connection: items_of_sources(connection, trace_ids)
