"""Documents of many records, taken apart so that a bad record does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue
from labelwidget.readers.base import Reader, Record
from labelwidget.readers.jsonstream import LIST_MEMBERS, parse
from labelwidget.readers.registry import reader_for
from labelwidget.readers.values import as_dicts, as_list

__all__ = ["expanded"]

_DEEPEST_LIST = 4


class _Splits(Protocol):
    def split(self, value: JsonValue, /) -> Iterator[Record]: ...


def expanded(records: Iterator[Record], forced: Reader | None) -> Iterator[Record]:
    """The records inside of lists, wrapping objects, documents of many records and JSON texts.

    Args:
        records: As a source gives them.
        forced: The reader that the user named, or None to ask them all.
    """
    for record in records:
        yield from _parts(record, forced, 0)


def _parts(record: Record, forced: Reader | None, depth: int) -> Iterator[Record]:
    """The record itself when a reader knows it, else the records inside of it, else itself
    again.
    """
    value = record.value
    if isinstance(value, str):
        try:
            value = parse(value.encode("utf-8", "surrogatepass"))
        except InvalidValueError:
            yield record
            return
        record = Record(record.position, value, record.size)
    reader = forced if forced is not None and forced.matches(value) else None
    if forced is None:
        reader = reader_for(value)
    if reader is not None and hasattr(reader, "split"):
        parts = list(cast(_Splits, reader).split(value))
        share = record.size // max(1, len(parts))
        for part in parts:
            yield Record(_joined(record.position, part.position), part.value, part.size or share)
        return
    inner = [] if reader is not None or depth >= _DEEPEST_LIST else _inner(value, forced)
    if not inner:
        yield record
        return
    for label, part in inner:
        yield from _parts(Record(_joined(record.position, label), part), forced, depth + 1)


def _inner(value: JsonValue, forced: Reader | None) -> list[tuple[str, JsonValue]]:
    """The records that a list or a wrapping object holds."""
    if isinstance(value, list):
        return [(f"record {number}", part) for number, part in enumerate(value, 1)]
    if not isinstance(value, dict):
        return []
    for name in LIST_MEMBERS:
        if as_dicts(value.get(name)):
            return [
                (f"{name} {number}", part) for number, part in enumerate(as_list(value[name]), 1)
            ]
    parts = list(value.items())
    if parts and all(isinstance(part, (dict, list)) for _, part in parts):
        known = [part for _, part in parts if _is_known(part, forced)]
        if len(known) * 2 > len(parts):
            return [(shown(name, 60), part) for name, part in parts]
    return []


def _is_known(value: JsonValue, forced: Reader | None) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    if forced is not None:
        return forced.matches(value) or forced.matches(first)
    return reader_for(value) is not None or reader_for(first) is not None


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
