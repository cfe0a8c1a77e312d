"""JSON of any size as records, with bounded memory: JSON lines, one document, a huge array.

Lines are read one by one. A document up to `limits.MAX_WHOLE_BYTES` is parsed in one go; a longer
array (also one under a well-known member, such as `resourceSpans`) is cut into its elements on the
raw bytes, so that only one element is in memory at a time and a broken one does not stop the
others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import cast

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.json import JsonValue, loads
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.buffered import Buffered
from labelwidget.readers.peeked import Reads
from labelwidget.readers.values import parsed

__all__ = ["LIST_MEMBERS", "json_records", "parse"]

LIST_MEMBERS = (
    "resourceSpans",
    "resource_spans",
    "traces",
    "records",
    "runs",
    "spans",
    "items",
    "rows",
    "data",
    "results",
    "samples",
    "examples",
    "logs",
)
"""Members whose array is the list of records of a document that is no record itself."""

_LAST_KEY = re.compile(rb'"(\w{1,40})"\s*:\s*\Z')
_NOT_FINITE = re.compile(rb"[:,\[]\s*-?(?:NaN|Infinity)")
_COLON, _QUOTE, _BACKSLASH = 0x3A, 0x22, 0x5C


def parse(raw: bytes) -> JsonValue:
    """Parse one record: exact numbers, no duplicate keys, no deeper than `limits.MAX_DEPTH`.

    Args:
        raw: UTF-8 JSON.

    Raises:
        InvalidValueError: Not JSON, nested too deep, or an object has the same key twice.
    """
    try:
        value, keys = parsed(raw)
    except InvalidValueError as error:
        if _NOT_FINITE.search(raw):
            raise InvalidValueError(
                f"{error} If it is NaN or Infinity: JSON has neither, write null or a string."
            ) from None
        raise
    if keys is None:
        raise InvalidValueError(
            f"The JSON is nested deeper than {limits.MAX_DEPTH} levels. "
            "Flatten it, or keep the inner part as text. " + limits.how_to_raise("MAX_DEPTH")
        )
    # When as many keys end in the text as were read, none was lost; when not (also for spaces
    # before colons and for strings that begin with one), the slow parser looks.
    if keys != _key_ends(raw):
        text = raw.decode("utf-8", "surrogatepass")
        json.loads(text, object_pairs_hook=_no_twins, parse_int=str, parse_float=str)
    return value


def _key_ends(raw: bytes) -> int:
    """Quotes that are not escaped and stand before a colon."""
    import numpy as np  # not before the first record: `import labelwidget` does without it

    octets = np.frombuffer(raw, np.uint8)
    at = np.flatnonzero(octets == _COLON)
    at = at[octets[at - 1] == _QUOTE]
    return int(np.count_nonzero(octets[at - 2] != _BACKSLASH))


def _no_twins(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise InvalidValueError(
                f"An object has the key {shown(key, 40)} twice, so that one value would be lost. "
                "Rename one."
            )
        seen.add(key)


def json_records(handle: Reads, refuse: Refuse) -> Iterator[Record]:
    """The records of a JSON or JSON-lines stream, in order.

    Args:
        handle: Bytes; need not be seekable.
        refuse: Told of records that cannot be parsed.
    """
    source = Buffered(handle)
    if source.skip_blank() is None:
        refuse("", "There is nothing in it but white space.")
        return
    first = source.line()
    if first is not None:
        try:
            value = parse(first)
        except InvalidValueError as error:
            if _starts_document(first, source):
                yield from _document(source, refuse)
                return
            refuse(f"line {source.number}", str(error))
        else:
            alone = source.is_all(len(first))
            yield Record("" if alone else f"line {source.number}", value, len(first))
        source.consume(len(first))
        yield from _lines(source, refuse)
        return
    yield from _document(source, refuse)


def _starts_document(first: bytes, source: Buffered) -> bool:
    """Whether an unparsable first line begins a document over several lines, rather than being one
    bad line.
    """
    text = first.strip()
    if text in {b"[", b"{"}:
        return True
    if text[:1] not in {b"[", b"{"}:
        return False
    second = (source.line(len(first)) or b"").strip()
    if second[:1] not in {b"[", b"{"} or second.endswith(b","):
        return True
    try:
        parse(second)
    except InvalidValueError:
        return True
    return False


def _lines(source: Buffered, refuse: Refuse) -> Iterator[Record]:
    number = source.number
    for line in source.lines():
        position = f"line {number}"
        number += 1
        if line is None:
            refuse(
                position,
                f"The line is longer than {limits.MAX_RECORD_BYTES:,} bytes. "
                + limits.how_to_raise("MAX_RECORD_BYTES"),
            )
        elif line and not line.isspace():
            try:
                value = parse(line)
            except InvalidValueError as error:
                refuse(position, str(error))
            else:
                yield Record(position, value, len(line))


def _document(source: Buffered, refuse: Refuse) -> Iterator[Record]:
    start = source.peek()
    if source.fill(limits.MAX_WHOLE_BYTES) or (
        start == b"{" and source.fill(limits.MAX_RECORD_BYTES)
    ):
        raw = bytes(source.buffer)
        try:
            yield Record("", parse(raw), len(raw))
        except InvalidValueError as error:
            # One bad element must not cost the others: cut the array, or the values one after the
            # other.
            found = _parts(source, refuse, whole_error=str(error))
        else:
            return
    else:
        found = _parts(source, refuse)
    yield from found


def _parts(source: Buffered, refuse: Refuse, whole_error: str | None = None) -> Iterator[Record]:
    number = 0
    while (start := source.peek()) is not None:
        if start == b"[":
            source.consume(1)
            yield from _elements(source, refuse, "record", None)
        elif start == b"{" and not source.fill(limits.MAX_RECORD_BYTES):
            yield from _members(source, refuse)
        elif start == b"{":
            number += 1
            raw = source.container(keep=True) or b""
            try:
                yield Record(f"record {number}", parse(raw), len(raw))
            except InvalidValueError as error:
                if whole_error is not None and number == 1 and source.peek() is None:
                    refuse("", whole_error)
                else:
                    refuse(f"record {number}", str(error))
        else:
            rest = bytes(source.buffer[:60])
            refuse(
                "" if number == 0 else f"after record {number}",
                whole_error or f"{shown(rest)} is not JSON.",
            )
            return


def _members(source: Buffered, refuse: Refuse) -> Iterator[Record]:
    """A document too large for one record: the elements of its well-known array, each in an object
    of that member.
    """
    source.consume(1)
    found = False
    while (gap := source.gap()) is not None:
        bracket = source.peek()
        if bracket == b"}":
            source.consume(1)
            break
        key = _LAST_KEY.search(gap)
        name = key.group(1).decode("ascii", "replace") if key else ""
        if bracket == b"[" and name in LIST_MEMBERS:
            found = True
            source.consume(1)
            yield from _elements(source, refuse, name, name if name in LIST_MEMBERS[:2] else None)
        elif source.container(keep=False) is None and source.peek() is None:
            break
    if not found:
        refuse(
            "",
            f"The document is larger than {limits.MAX_RECORD_BYTES:,} bytes "
            "and holds none of the lists "
            f"{', '.join(LIST_MEMBERS)}. Write one record a line, or: "
            + limits.how_to_raise("MAX_RECORD_BYTES"),
        )


def _elements(source: Buffered, refuse: Refuse, label: str, wrap: str | None) -> Iterator[Record]:
    """The elements of an array whose opening bracket is already read."""
    number = 0
    while (gap := source.gap()) is not None:
        inner = gap.strip(b" \t\r\n,")
        if inner:
            number = yield from _scalars(inner, number, label, refuse)
        if source.peek() in {b"]", b"}"}:
            source.consume(1)
            return
        number += 1
        position = f"{label} {number}"
        raw = source.container(keep=True)
        if raw is None:
            refuse(
                position,
                f"The record is longer than {limits.MAX_RECORD_BYTES:,} bytes or has no end. "
                + limits.how_to_raise("MAX_RECORD_BYTES"),
            )
            continue
        try:
            value = parse(raw)
        except InvalidValueError as error:
            refuse(position, str(error))
            continue
        yield Record(position, {wrap: [value]} if wrap else value, len(raw))
    refuse(f"after {label} {number}", "The array has no end: the file seems to be cut off.")


def _scalars(inner: bytes, number: int, label: str, refuse: Refuse) -> Generator[Record, None, int]:
    try:
        values = cast("list[JsonValue]", loads(b"[" + inner + b"]"))
    except InvalidValueError as error:
        refuse(f"after {label} {number}", str(error))
        return number
    for value in values:
        number += 1
        yield Record(f"{label} {number}", value, 0)
    return number
