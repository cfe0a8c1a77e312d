"""Python objects and tables in memory as JSON records: dicts, model objects, DataFrames, numpy
values.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import chain, islice
from pathlib import PurePath
from typing import Protocol, cast
from uuid import UUID

from pydantic import BaseModel

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.json import JsonValue

__all__ = ["Table", "as_table", "is_record_like", "jsonable", "table_rows"]

_ROWS_AT_ONCE = 1_000


def jsonable(value: object, where: str = "value", depth: int | None = None) -> JsonValue:
    """Any usual Python object as JSON.

    numpy and pandas scalars become Python's, NaN and NaT become null, times ISO 8601 text, bytes
    base64, models and dataclasses objects. Objects with `to_dict()` or `model_dump()` (MLflow
    traces, responses of SDKs) are asked.

    Args:
        value: The object.
        where: What it is, for the message.
        depth: How much deeper it may nest. Default: `limits.MAX_DEPTH`.

    Raises:
        InvalidValueError: Too deep (or it contains itself), or of a type that has no JSON form.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value if type(value) in {str, bool, int, type(None)} else _plain_scalar(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return float(value) if math.isfinite(value) else str(value)
    if depth is None:
        depth = limits.MAX_DEPTH
    if depth <= 0:
        raise InvalidValueError(
            f"{where} nests deeper than {limits.MAX_DEPTH} levels or contains itself. Flatten it first; if it only nests: "
            + limits.how_to_raise("MAX_DEPTH")
        )
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {
            _key(key): jsonable(part, f"{where}.{shown(key, 40)}", depth - 1) for key, part in items
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = cast("list[object]", value)
        return [
            jsonable(part, f"{where}[{number}]", depth - 1) for number, part in enumerate(parts)
        ]
    scalar = _scalar(value)
    if scalar is not None:
        return scalar[0]
    inner = _unpacked(value)
    if inner is None:
        raise InvalidValueError(
            f"{where} is a {type(value).__name__}, which has no JSON form. "
            "Convert it to a dict or text first."
        )
    return jsonable(inner[0], where, depth - 1)


def _plain_scalar(value: str | int | None) -> JsonValue:
    """Subclasses of str and int (enumerations, numpy strings) as the plain type."""
    if isinstance(value, Enum):
        return jsonable(value.value)
    return str(value) if isinstance(value, str) else int(value) if isinstance(value, int) else None


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(key)


def _scalar(value: object) -> tuple[JsonValue] | None:
    """Times, ids, bytes and missing values, in a tuple; None for everything else."""
    if type(value).__name__ in {"NaTType", "NAType"}:
        return (None,)
    if isinstance(value, (datetime, date, time)):
        return (value.isoformat(),)
    if isinstance(value, timedelta):
        return (value.total_seconds(),)
    if isinstance(value, (UUID, PurePath, Decimal, complex)):
        return (str(value),)
    if isinstance(value, (bytes, bytearray)):
        raw = bytes(value)
        try:
            return (raw.decode("utf-8"),)
        except UnicodeDecodeError:
            return (base64.b64encode(raw).decode("ascii"),)
    return None


def _unpacked(value: object) -> tuple[object] | None:
    """What an object says that it holds, in a tuple; None when it does not say."""
    if isinstance(value, Enum):
        return (value.value,)
    # MLflow traces are dataclasses whose fields are not JSON; their `to_dict` is. Then responses of
    # SDKs (`model_dump`), numpy arrays (`tolist`) and scalars (`item`).
    if isinstance(value, BaseModel):
        return (value.model_dump(mode="json"),)
    for name in ("to_dict", "model_dump", "tolist", "item"):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            return (method(),)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return ({field.name: getattr(value, field.name) for field in fields},)
    return None


def is_record_like(value: object) -> bool:
    """Whether an object is one record (such as an MLflow trace) rather than a collection of
    them.
    """
    return isinstance(value, (Mapping, BaseModel)) or (
        not isinstance(value, type)
        and (callable(getattr(value, "to_dict", None)) or dataclasses.is_dataclass(value))
        and not hasattr(value, "__next__")
    )


class Table:
    """A table in memory or in a file, read row by row.

    Attributes:
        names: The columns.
        label: What it is, for messages, for example `the DataFrame`.
        rows: Objects by column; cells are as the library has them (`jsonable` turns them into
            JSON).
    """

    def __init__(self, names: list[str], label: str, rows: Iterator[dict[str, object]]) -> None:
        """Make a table from its columns' names and its rows."""
        self.names = names
        self.label = label
        self.rows = rows

    def look(self, count: int) -> list[dict[str, object]]:
        """The first rows, which stay in the table."""
        looked = list(islice(self.rows, count))
        self.rows = chain(looked, self.rows)
        return looked


def table_rows(names: list[str], columns: list[list[object]]) -> Iterator[dict[str, object]]:
    """Rows from columns of equal length."""
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


class _Column(Protocol):
    def tolist(self) -> list[object]: ...


class _Indexer(Protocol):
    def __getitem__(self, key: tuple[slice, int]) -> _Column: ...


class _Frame(Protocol):
    """What is used of a pandas DataFrame."""

    columns: Iterable[object]
    iloc: _Indexer

    def __len__(self) -> int: ...


class _Batch(Protocol):
    def to_pydict(self) -> dict[str, list[object]]: ...


class _Arrow(Protocol):
    column_names: list[str]

    def to_batches(self, max_chunksize: int) -> list[_Batch]: ...


class _PolarsSlice(Protocol):
    def to_dict(self, *, as_series: bool) -> dict[str, list[object]]: ...


class _Polars(Protocol):
    columns: list[str]

    def iter_slices(self, n_rows: int) -> Iterator[_PolarsSlice]: ...


def as_table(value: object) -> Table | None:
    """A pandas or polars DataFrame or a pyarrow Table as a table; None for anything else.

    Recognised by what it can do, so that none of the libraries is imported here.
    """
    if isinstance(value, type):
        return None
    if hasattr(value, "iloc") and hasattr(value, "columns"):
        frame = cast(_Frame, value)
        names = [str(name) for name in frame.columns]
        return Table(names, "the DataFrame", _frame_rows(frame, names))
    if hasattr(value, "to_batches") and hasattr(value, "column_names"):
        names = list(cast(_Arrow, value).column_names)
        batches = cast(_Arrow, value).to_batches(_ROWS_AT_ONCE)
        slices = (list(batch.to_pydict().values()) for batch in batches)
        return Table(names, "the Arrow table", _rows_of(names, slices))
    if hasattr(value, "iter_slices") and hasattr(value, "columns"):
        names = list(cast(_Polars, value).columns)
        parts = cast(_Polars, value).iter_slices(_ROWS_AT_ONCE)
        slices = (list(part.to_dict(as_series=False).values()) for part in parts)
        return Table(names, "the DataFrame", _rows_of(names, slices))
    return None


def _frame_rows(frame: _Frame, names: list[str]) -> Iterator[dict[str, object]]:
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        columns = [frame.iloc[rows, column].tolist() for column in range(len(names))]
        yield from table_rows(names, columns)


def _rows_of(names: list[str], slices: Iterable[list[list[object]]]) -> Iterator[dict[str, object]]:
    for columns in slices:
        yield from table_rows(names, columns)
