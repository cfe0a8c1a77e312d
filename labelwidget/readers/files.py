"""Files, handles and bytes as records: which format the bytes have, decompressed within bounds.

What a file is, its first bytes say; its name decides only between formats that look alike. Nothing
is ever unpickled, executed, imported or fetched.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, MissingExtraError, shown
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.jsonstream import json_records
from labelwidget.readers.objects import Table, table_rows
from labelwidget.readers.peeked import Peeked

__all__ = ["EXTENSIONS", "Content", "content_of", "text_handle"]

EXTENSIONS = frozenset(
    {
        ".json",
        ".jsonl",
        ".ndjson",
        ".gz",
        ".zst",
        ".parquet",
        ".csv",
        ".tsv",
        ".eval",
        ".zip",
        ".pb",
        ".binpb",
        ".otlp",
        ".traj",
        ".log",
    }
)
"""Files that are read from a folder; others are left alone there."""

_PROTOBUF = frozenset({".pb", ".binpb", ".otlp", ".bin"})
_TABLE_TEXT = {".csv": ",", ".tsv": "\t"}
_SNIFF = 64
_SMALL_OUTPUT = 16 * 2**20
_ROWS_AT_ONCE = 200
# What pyarrow's errors derive from; named so that it need not be installed.
_ARROW_ERRORS = (OSError, ValueError, KeyError, TypeError, NotImplementedError)


class _Reads(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Content:
    """What a stream of bytes holds: a table, or records.

    Attributes:
        table: A table whose columns have to be told apart, or None.
        records: Makes the records when there is no table; told of those that cannot be parsed.
    """

    def __init__(
        self,
        table: Table | None = None,
        records: Callable[[Refuse], Iterator[Record]] | None = None,
    ) -> None:
        """Hold one of the two."""
        self.table = table
        self.records = records or _nothing


def _nothing(refuse: Refuse) -> Iterator[Record]:  # noqa: ARG001 - one shape for all
    return iter(())


def content_of(handle: BinaryIO, name: str, *, compressed: bool = False) -> Content:
    """Look at the first bytes and say how to read the rest.

    Args:
        handle: Bytes; seekable for Parquet and archives.
        name: The file's name, for its extension only.
        compressed: True for the inside of a compressed file, which may not hold another.

    Raises:
        InvalidValueError: Not a format that is read.
        MissingExtraError: The format needs an extra that is not installed.
    """
    peeked = Peeked(handle)
    start = peeked.peek(_SNIFF)
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    suffix = suffixes[-1] if suffixes else ""
    opened = _compressed(start, peeked)
    if opened is not None:
        if compressed:
            raise InvalidValueError("It is compressed twice. Decompress it once before reading.")
        inner = str(Path(name).with_suffix("")) if suffix in {".gz", ".zst", ".zstd"} else name
        return content_of(cast(BinaryIO, opened), inner, compressed=True)
    if start.startswith(b"PAR1"):
        return Content(table=_parquet(peeked.whole(), name))
    if start.startswith(b"PK\x03\x04"):
        whole = peeked.whole()
        return Content(records=lambda refuse: _archive(whole, refuse))
    if start.startswith(b"\x80") and start[1:2] in b"\x02\x03\x04\x05":
        raise InvalidValueError(
            "It is a Python pickle, which could run code and is never read. Export JSON instead."
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidValueError("It is UTF-16 text. Save it as UTF-8 first.")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if suffix in _TABLE_TEXT:
        return Content(table=_delimited(peeked, _TABLE_TEXT[suffix]))
    if suffix in _PROTOBUF and text[:1] not in {b"{", b"["}:
        return Content(records=lambda refuse: _protobuf(peeked, refuse))
    if text[:1] in {b"{", b"[", b'"'} or suffix in {".json", ".jsonl", ".ndjson"} or not text:
        return Content(records=lambda refuse: json_records(peeked, refuse))
    raise InvalidValueError(
        f"It begins with {shown(bytes(start[:20]))} and is neither JSON, JSON lines, CSV, Parquet, "
        "an archive of JSON nor OTLP protobuf. Give it the right extension or convert it to JSON lines."
    )


class _Counted:
    """Counts the bytes that a decompressor takes."""

    def __init__(self, handle: _Reads) -> None:
        self._handle = handle
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        found = self._handle.read(size)
        self.taken += len(found)
        return found


class _Decompressed:
    """A decompressed stream that stops a file which grows beyond all reason."""

    def __init__(self, inner: _Reads, source: _Counted) -> None:
        self._inner = inner
        self._source = source
        self._made = 0

    def read(self, size: int = -1, /) -> bytes:
        try:
            found = self._inner.read(min(size, 2**20) if size >= 0 else 2**20)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise InvalidValueError(
                f"The compressed file is damaged or cut off: {shown(str(error))}."
            ) from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "zstandard":
                raise
            raise InvalidValueError(
                f"The compressed file is damaged or cut off: {shown(str(error))}."
            ) from None
        self._made += len(found)
        if self._made > limits.MAX_DECOMPRESSED_BYTES:
            raise InvalidValueError(
                f"It decompresses to more than {limits.MAX_DECOMPRESSED_BYTES:,} bytes. "
                + limits.how_to_raise("MAX_DECOMPRESSED_BYTES")
            )
        if self._made > max(_SMALL_OUTPUT, limits.MAX_COMPRESSION_RATIO * self._source.taken):
            raise InvalidValueError(
                f"It decompresses to more than {limits.MAX_COMPRESSION_RATIO} times its size, "
                "like a decompression bomb. " + limits.how_to_raise("MAX_COMPRESSION_RATIO")
            )
        return found


def _compressed(start: bytes, peeked: Peeked) -> _Decompressed | None:
    if start.startswith(b"\x1f\x8b"):
        counted = _Counted(peeked)
        return _Decompressed(gzip.GzipFile(fileobj=cast(BinaryIO, counted), mode="rb"), counted)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        counted = _Counted(peeked)
        reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(
            cast(BinaryIO, counted), read_across_frames=True
        )
        return _Decompressed(cast(_Reads, reader), counted)
    return None


def _archive(handle: BinaryIO, refuse: Refuse) -> Iterator[Record]:
    from labelwidget.readers.archive import zip_records

    return zip_records(handle, refuse)


def _protobuf(handle: _Reads, refuse: Refuse) -> Iterator[Record]:
    from labelwidget.readers.otlp import protobuf_records

    return protobuf_records(handle, refuse)


class _ParquetSchema(Protocol):
    names: list[str]


class _ParquetBatch(Protocol):
    def to_pydict(self) -> dict[str, list[object]]: ...


class _ParquetFile(Protocol):
    schema_arrow: _ParquetSchema

    def iter_batches(self, batch_size: int) -> Iterator[_ParquetBatch]: ...


def _parquet(handle: BinaryIO, name: str) -> Table:
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError(
            f"Reading the Parquet file {shown(name)} needs pyarrow. "
            "Install it with: pip install 'labelwidget[readers]'"
        ) from None
    try:
        opened = cast(_ParquetFile, parquet.ParquetFile(handle))
    except _ARROW_ERRORS as error:
        raise InvalidValueError(f"The Parquet file is damaged: {shown(str(error))}.") from None

    names = list(opened.schema_arrow.names)

    def rows() -> Iterator[dict[str, object]]:
        try:
            for batch in opened.iter_batches(_ROWS_AT_ONCE):
                yield from table_rows(names, list(batch.to_pydict().values()))
        except _ARROW_ERRORS as error:
            raise InvalidValueError(f"The Parquet file is damaged: {shown(str(error))}.") from None

    return Table(names, "the Parquet file", rows())


def _delimited(handle: _Reads, delimiter: str) -> Table:
    csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_RECORD_BYTES))
    lines = csv.reader(_text_lines(handle), delimiter=delimiter)
    names: list[str] = next(lines, list[str]())
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidValueError(
            f"The column {shown(twice)} stands twice in the first line. Rename one."
        )

    def rows() -> Iterator[dict[str, object]]:
        try:
            for cells in lines:
                if cells:
                    row: dict[str, object] = dict(zip(names, cells, strict=False))
                    if len(cells) > len(names):
                        row["more cells"] = cells[len(names) :]
                    yield row
        except csv.Error as error:
            raise InvalidValueError(f"The table is damaged: {error}.") from None

    return Table(names, "the table", rows())


def _text_lines(handle: _Reads) -> Iterator[str]:
    """Lines of UTF-8 text with their ends, none longer than a record may be."""
    rest = b""
    first = True
    while True:
        chunk = handle.read(2**20)
        if first:
            chunk, first = chunk.removeprefix(b"\xef\xbb\xbf"), False
        rest += chunk
        lines = rest.split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield _utf8(line) + "\n"
        if not chunk:
            if rest:
                yield _utf8(rest)
            return
        if len(rest) > limits.MAX_RECORD_BYTES:
            raise InvalidValueError(
                f"A line is longer than {limits.MAX_RECORD_BYTES:,} bytes. "
                + limits.how_to_raise("MAX_RECORD_BYTES")
            )


def _utf8(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidValueError("The table is not UTF-8 text. Save it as UTF-8 first.") from None


class _TextReads(Protocol):
    def read(self, size: int = -1, /) -> str: ...


class _Encoded:
    """A text handle as bytes; what was read of it before stays read."""

    def __init__(self, handle: _TextReads) -> None:
        self._handle = handle
        self._left = b""

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1, /) -> bytes:
        while size < 0 or len(self._left) < size:
            text = self._handle.read(2**18)
            if not text:
                break
            self._left += text.encode("utf-8", "surrogatepass")
        end = len(self._left) if size < 0 else size
        found, self._left = self._left[:end], self._left[end:]
        return found


def text_handle(handle: object) -> BinaryIO:
    """An open text or binary handle as a binary one.

    Raises:
        InvalidValueError: It cannot be read (closed, or opened for writing).
    """
    try:
        looked: str | bytes = cast("_TextReads | _Reads", handle).read(0)
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f"The handle cannot be read: {shown(str(error))}. Open it for reading."
        ) from None
    return cast(BinaryIO, _Encoded(cast(_TextReads, handle)) if isinstance(looked, str) else handle)
