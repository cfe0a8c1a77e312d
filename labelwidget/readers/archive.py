"""ZIP archives of JSON, Inspect's `.eval` among them: bounded, and no name is ever used as a path.

An `.eval` archive gives its header first, then each sample: one member, or (in the chunked layout)
a folder of members that are put together again. Any other archive gives the records of its JSON
members, in the archive's order.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.inspect_messages import from_pool
from labelwidget.readers.jsonstream import json_records, parse
from labelwidget.readers.values import as_dict, as_list

__all__ = ["zip_records"]

_ZSTANDARD = 93
"""The number of Zstandard in ZIP, which `zipfile` learns only with Python 3.14."""

_SMALL = 16 * 2**20
_READABLE = (".json", ".jsonl", ".ndjson", ".traj")
_HEADERS = ("header.json", "_journal/start.json")
_WHOLE = re.compile(r"samples/[^\\]+_epoch_\d+\.json")
_SHELL = re.compile(r"(samples/[^\\]+_epoch_\d+)/sample\.json")
_CHUNK = re.compile(r"(samples/[^\\]+_epoch_\d+)/(messages|events|attachments)/(\d+)\.json")
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, ValueError)


def zip_records(handle: BinaryIO, refuse: Refuse) -> Iterator[Record]:
    """The records of an archive.

    Args:
        handle: The archive; seekable.
        refuse: Told of members that are not read, and why.

    Raises:
        InvalidValueError: Damaged, too many members, or not a single JSON member.
    """
    _check_count(handle)
    try:
        archive = zipfile.ZipFile(handle)
    except (*_BAD_ZIP, NotImplementedError) as error:
        raise InvalidValueError(f"The archive is damaged: {shown(str(error))}.") from None
    members = _Members(archive, handle)
    if any(name in members.infos for name in _HEADERS):
        yield from _eval_records(members, refuse)
        return
    names = [name for name in members.infos if name.lower().endswith(_READABLE)]
    if not names:
        raise InvalidValueError("The archive holds no .json or .jsonl member.")
    for name in names:
        where = _label(name)

        def refuse_inside(position: str, reason: str, where: str = where) -> None:
            refuse(f"{where}, {position}" if position else where, reason)

        try:
            stream = cast(BinaryIO, members.open(name))
            for record in json_records(stream, refuse_inside):
                place = f"{where}, {record.position}" if record.position else where
                yield Record(place, record.value, record.size)
        except InvalidValueError as error:
            refuse(where, str(error))
        members.check_total()


def _label(name: str) -> str:
    return f"member {shown(name)}"


def _check_count(handle: BinaryIO) -> None:
    """Refuse a huge directory before it is read into memory."""
    handle.seek(0, 2)
    size = handle.tell()
    handle.seek(max(0, size - 2**17))
    tail = handle.read(2**17)
    handle.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise InvalidValueError("The archive is damaged or cut off: its directory is missing.")
    count: int = struct.unpack_from("<H", tail, at + 10)[0]
    length: int = struct.unpack_from("<L", tail, at + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    if wide >= 0 and len(tail) >= wide + 48:
        count, length = struct.unpack_from("<QQ", tail, wide + 32)
    if count > limits.MAX_FILES or length > limits.MAX_FILES * 1_000:
        raise InvalidValueError(
            f"The archive has more than {limits.MAX_FILES:,} members. "
            + limits.how_to_raise("MAX_FILES")
        )


class _Members:
    """The members of one archive and what they have decompressed to so far."""

    def __init__(self, archive: zipfile.ZipFile, handle: BinaryIO) -> None:
        self._archive = archive
        self._handle = handle
        self.infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        self.made = 0

    def open(self, name: str) -> _Member:
        info = self.infos[name]
        if info.flag_bits & 0x1:
            raise InvalidValueError("The member is encrypted. Decrypt the archive before reading.")
        try:
            if info.compress_type == _ZSTANDARD:
                return _Member(self, info, _zstandard(self._handle, info))
            return _Member(self, info, self._archive.open(info))
        except (*_BAD_ZIP, NotImplementedError) as error:
            raise InvalidValueError(f"The member is damaged: {shown(str(error))}.") from None

    def value(self, name: str) -> JsonValue:
        """A member that is one JSON document."""
        stream = self.open(name)
        raw = bytearray()
        while part := stream.read(2**20):
            raw += part
            if len(raw) > limits.MAX_RECORD_BYTES:
                raise InvalidValueError(
                    f"The member is longer than {limits.MAX_RECORD_BYTES:,} bytes. "
                    + limits.how_to_raise("MAX_RECORD_BYTES")
                )
        return parse(bytes(raw))

    def check_total(self) -> None:
        if self.made > limits.MAX_DECOMPRESSED_BYTES:
            raise InvalidValueError(
                f"The archive decompresses to more than {limits.MAX_DECOMPRESSED_BYTES:,} bytes. "
                + limits.how_to_raise("MAX_DECOMPRESSED_BYTES")
            )


class _Member:
    """A member's bytes, counted as they come."""

    def __init__(self, members: _Members, info: zipfile.ZipInfo, inner: object) -> None:
        self._members = members
        self._most = max(_SMALL, limits.MAX_COMPRESSION_RATIO * info.compress_size)
        self._inner = cast(BinaryIO, inner)
        self._made = 0

    def read(self, size: int = -1, /) -> bytes:
        try:
            found = self._inner.read(min(size, 2**20) if size >= 0 else 2**20)
        except _BAD_ZIP as error:
            raise InvalidValueError(f"The member is damaged: {shown(str(error))}.") from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "zstandard":
                raise
            raise InvalidValueError(f"The member is damaged: {shown(str(error))}.") from None
        self._made += len(found)
        self._members.made += len(found)
        if self._made > self._most:
            raise InvalidValueError(
                f"The member decompresses to more than {limits.MAX_COMPRESSION_RATIO} times its "
                "size, like a decompression bomb. " + limits.how_to_raise("MAX_COMPRESSION_RATIO")
            )
        self._members.check_total()
        return found


class _Section:
    """The compressed bytes of one member."""

    def __init__(self, handle: BinaryIO, start: int, size: int) -> None:
        self._handle = handle
        self._at = start
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        self._handle.seek(self._at)
        found = self._handle.read(self._left if size < 0 else min(size, self._left))
        self._at += len(found)
        self._left -= len(found)
        return found


def _zstandard(handle: BinaryIO, info: zipfile.ZipInfo) -> object:
    import zstandard

    handle.seek(info.header_offset)
    header = handle.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("the member's own header is missing")
    name_size, extra_size = struct.unpack_from("<HH", header, 26)
    start = info.header_offset + 30 + name_size + extra_size
    section = _Section(handle, start, info.compress_size)
    return zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(
        cast(BinaryIO, section), read_across_frames=True
    )


def _eval_records(members: _Members, refuse: Refuse) -> Iterator[Record]:
    header = next(name for name in _HEADERS if name in members.infos)
    try:
        yield Record(_label(header), members.value(header))
    except InvalidValueError as error:
        refuse(_label(header), str(error))
    chunks: dict[str, list[tuple[str, int, str]]] = {}
    for name in members.infos:
        part = _CHUNK.fullmatch(name)
        if part is not None:
            chunks.setdefault(part[1], []).append((part[2], int(part[3]), name))
    for name, info in members.infos.items():
        shell = _SHELL.fullmatch(name)
        if shell is None and not _WHOLE.fullmatch(name):
            continue
        try:
            if shell is None:
                yield Record(_label(name), members.value(name), info.file_size)
            else:
                parts = sorted(chunks.get(shell[1], []))
                yield Record(_label(name), _assembled(members, name, shell[1], parts))
        except InvalidValueError as error:
            refuse(_label(name), str(error))
        members.check_total()


def _assembled(
    members: _Members, shell: str, folder: str, parts: list[tuple[str, int, str]]
) -> JsonValue:
    """A sample of the chunked layout as one object, as older archives have it."""
    sample = dict(as_dict(members.value(shell)))
    before = members.made
    lists: dict[str, list[JsonValue]] = {"messages": [], "events": [], "attachments": []}
    for sequence, _, name in parts:
        lists[sequence] += as_list(members.value(name))
        if members.made - before > limits.MAX_RECORD_BYTES:
            raise InvalidValueError(
                f"The sample is longer than {limits.MAX_RECORD_BYTES:,} bytes. "
                + limits.how_to_raise("MAX_RECORD_BYTES")
            )
    pool = lists["messages"]
    sample["messages"] = from_pool(sample.get("message_refs"), pool)
    sample["events"] = lists["events"]
    sample["attachments"] = lists["attachments"]
    sample["events_data"] = {"messages": pool}
    described = f"{folder}/metadata.json"
    if described in members.infos:
        sample["metadata"] = members.value(described)
    return sample
