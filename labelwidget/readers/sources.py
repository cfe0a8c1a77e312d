"""What `read_traces` may be given, as streams of records: paths, folders, globs, handles, bytes,
JSON, objects, tables.

A stream is read on its own, so that an unreadable file costs only itself.
"""

from __future__ import annotations

import glob
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, LabelWidgetError, shown
from labelwidget.model.json import loads
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.files import EXTENSIONS, content_of, text_handle
from labelwidget.readers.jsonstream import json_records, parse
from labelwidget.readers.objects import Table, as_table, is_record_like, jsonable

__all__ = ["Stream", "streams_of"]

_T = TypeVar("_T")
_LONGEST_PATH = 4_000
_GLOB = frozenset("*?[")
_SCHEMES = ("http://", "https://", "s3://", "gs://", "ftp://", "file://")


@dataclass(frozen=True)
class Stream:
    """One file, table or collection.

    Attributes:
        label: What it is, for positions, for example a path.
        records: Opens it and makes its records; told of those that cannot be parsed. A table comes
            whole, because its columns are told apart once.
    """

    label: str
    records: Callable[[Refuse], Iterator[Record] | Table]


def streams_of(source: object) -> tuple[Iterator[Stream], bool]:
    """The streams of a source, and whether it is a single one (whose failure to open is the
    caller's error).

    Args:
        source: As for `read_traces`.

    Raises:
        InvalidValueError: The source cannot hold traces, or a path does not exist.
    """
    if isinstance(source, (bytes, bytearray)):
        raw = bytes(source)
        return iter([Stream("bytes", lambda refuse: _from_bytes(raw, refuse))]), True
    if isinstance(source, str):
        return _from_text(source)
    if isinstance(source, os.PathLike):
        return _from_path(os.fspath(cast("os.PathLike[str]", source)))
    table = as_table(source)
    if table is not None:
        return iter([Stream(table.label, lambda _: table)]), True
    if callable(getattr(source, "read", None)):
        return iter([_handle_stream(source)]), True
    if _is_one_record(source) or is_record_like(source):
        label = _label(source)
        return iter([Stream(label, lambda _: iter([Record("", jsonable(source, label))]))]), True
    if isinstance(source, Iterable):
        items = cast("Iterable[object]", source)
        return _Items(items, _label(items)).streams(), False
    raise InvalidValueError(
        f"source is {shown(source)}, a {type(source).__name__}. Pass a path, an open file, bytes, JSON, a DataFrame, "
        "traces, or a list of these."
    )


def _label(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _is_one_record(value: object) -> bool:
    """Whether a list is one conversation (messages) rather than many records."""
    if not isinstance(value, list) or not value:
        return False
    return all(
        isinstance(part, Mapping)
        and isinstance(cast("Mapping[object, object]", part).get("role"), str)
        for part in cast("list[object]", value)
    )


def _from_bytes(raw: bytes, refuse: Refuse) -> Iterator[Record] | Table:
    return _opened(io.BytesIO(raw), "", refuse)


def _opened(handle: BinaryIO, name: str, refuse: Refuse) -> Iterator[Record] | Table:
    content = content_of(handle, name)
    return content.records(refuse) if content.table is None else content.table


def _handle_stream(handle: object) -> Stream:
    name = getattr(handle, "name", None)
    label = name if isinstance(name, str) else "the handle"
    binary = text_handle(handle)
    return Stream(
        label, lambda refuse: _opened(binary, label if isinstance(name, str) else "", refuse)
    )


def _from_text(text: str) -> tuple[Iterator[Stream], bool]:
    stripped = text.lstrip("\ufeff \t\r\n")
    if not stripped:
        raise InvalidValueError("source is an empty text. Pass a path or JSON.")
    looks_json = stripped[0] in "{["
    # "[ab]*.json" is a glob and `[{"a": 1}]` is not; only the file system or the parser can tell.
    if looks_json and (len(stripped) > _LONGEST_PATH or "\n" in stripped or _is_json(stripped)):
        return _json_text(text)
    try:
        return _from_path(text)
    except InvalidValueError:
        if not looks_json:
            raise
    if stripped[0] == "{":
        parse(stripped.encode("utf-8", "surrogatepass"))  # says what is wrong with it
    return _json_text(text)


def _json_text(text: str) -> tuple[Iterator[Stream], bool]:
    raw = io.BytesIO(text.encode("utf-8", "surrogatepass"))
    return iter([Stream("the text", lambda refuse: json_records(raw, refuse))]), True


def _is_json(text: str) -> bool:
    try:
        loads(text)
    except InvalidValueError:
        return False
    return True


def _from_path(text: str) -> tuple[Iterator[Stream], bool]:
    if text.lower().startswith(_SCHEMES):
        raise InvalidValueError(
            f"source is {shown(text)}. Nothing is fetched from the network: download it first."
        )
    try:
        path = Path(text).expanduser()
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise InvalidValueError(f"source {shown(text)} is no path: {shown(str(error))}.") from None
    if is_folder:
        found = sorted(_files_below(path))
        if not found:
            raise InvalidValueError(
                f"The folder {shown(text)} holds no file with one of the extensions {', '.join(sorted(EXTENSIONS))}."
            )
        return (_file_stream(one) for one in found), False
    if exists:
        return iter([_file_stream(path)]), True
    if _GLOB.intersection(text):
        matched = sorted(Path(one) for one in glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute and ~ patterns too
        files = [one for one in matched if one.is_file()]
        if files:
            _check_count(len(files), text)
            return (_file_stream(one) for one in files), False
        raise InvalidValueError(
            f"No file matches {shown(text)}. Check the pattern and the working directory."
        )
    raise InvalidValueError(
        f"There is no file {shown(text)} (working directory {shown(str(Path.cwd()))}). Check the path."
    )


def _files_below(folder: Path) -> Iterator[Path]:
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if Path(name).suffix.lower() in EXTENSIONS and not name.startswith("."):
                count += 1
                _check_count(count, str(folder))
                yield Path(root) / name


def _check_count(count: int, source: str) -> None:
    if count > limits.MAX_FILES:
        raise InvalidValueError(
            f"{shown(source)} names more than {limits.MAX_FILES:,} files. "
            + limits.how_to_raise("MAX_FILES")
        )


def _file_stream(path: Path) -> Stream:
    def records(refuse: Refuse) -> Iterator[Record] | Table:
        try:
            handle = path.open("rb", buffering=2**18)
        except OSError as error:
            raise InvalidValueError(
                f"The file cannot be opened: {error.strerror}. Check its permissions."
            ) from None
        try:
            content = content_of(handle, path.name)
        except BaseException:
            handle.close()
            raise
        if content.table is not None:
            content.table.rows = _closing(content.table.rows, handle)
            return content.table
        return _closing(content.records(refuse), handle)

    return Stream(str(path), records)


def _closing(parts: Iterator[_T], handle: BinaryIO) -> Iterator[_T]:
    with handle:
        try:
            yield from parts
        except OSError as error:
            raise InvalidValueError(
                f"The file cannot be read to its end: {shown(str(error))}."
            ) from None


class _Items:
    """An iterable of anything: runs of objects are one stream, each file or table is one of its
    own.
    """

    def __init__(self, items: Iterable[object], label: str) -> None:
        self._items = enumerate(items, 1)
        self._label = label
        self._held: tuple[int, object] | None = None

    def streams(self) -> Iterator[Stream]:
        while (found := self._next()) is not None:
            number, item = found
            if _is_object(item):
                self._held = found
                yield Stream(self._label, self._objects)
                continue
            try:
                inner, _ = streams_of(item)
            except LabelWidgetError as error:
                yield Stream(f"item {number}", _raising(error))
                continue
            for stream in inner:
                named = isinstance(item, (str, os.PathLike))
                yield stream if named else Stream(f"item {number}", stream.records)

    def _next(self) -> tuple[int, object] | None:
        found, self._held = self._held, None
        return next(self._items, None) if found is None else found

    def _objects(self, refuse: Refuse) -> Iterator[Record]:
        while (found := self._next()) is not None:
            number, item = found
            if not _is_object(item):
                self._held = found
                return
            position = f"item {number}"
            try:
                value = jsonable(item, "the item")
                if isinstance(value, str):
                    value = parse(value.encode("utf-8", "surrogatepass"))
            except InvalidValueError as error:
                refuse(position, str(error))
                continue
            yield Record(position, value)


def _is_object(item: object) -> bool:
    """Whether an item of an iterable is one record, or JSON text of one, rather than a file or a
    table.
    """
    if isinstance(item, str):
        return item.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}
    if isinstance(item, (bytes, bytearray, os.PathLike)) or callable(getattr(item, "read", None)):
        return False
    return as_table(item) is None


def _raising(error: LabelWidgetError) -> Callable[[Refuse], Iterator[Record]]:
    def records(refuse: Refuse) -> Iterator[Record]:  # noqa: ARG001 - one shape for all
        raise error

    return records
