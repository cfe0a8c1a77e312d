"""Traces as bytes: JSON, compressed, with a checksum.

zstd at level 3 is faster than writing the JSON as it is and five to eighteen times smaller. Each row names its codec, so
that a store written where zstandard is missing (zlib then) is read anywhere.
"""

from __future__ import annotations

import gc
import hashlib
import threading
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from pydantic import ValidationError

from labelwidget.errors import InvalidValueError, MissingExtraError, StoreCorruptError
from labelwidget.model import Trace
from labelwidget.model.json import dumps, loads

__all__ = ["MAX_PAYLOAD_BYTES", "START_BYTES", "Payload", "begin", "pack", "unpack"]

MAX_PAYLOAD_BYTES = 1 << 30
"""The largest trace that is kept, as JSON: what SQLite and PostgreSQL can hold in one row."""

START_BYTES = 500_000
"""How much of a trace's JSON is read for its beginning alone."""

_ZSTD_LEVEL = 3
_ZLIB_LEVEL = 1
_LARGE = 1_000_000
_SMALL = 128  # below this a frame costs more than it saves

# Compressors of zstandard are not safe to share between threads and slow to make.
_own = threading.local()


class Payload(NamedTuple):
    """A trace as it is stored."""

    codec: str
    size: int
    sha256: str
    data: bytes


def pack(trace: Trace) -> Payload:
    """Turn a trace into bytes.

    Args:
        trace: The trace.

    Returns:
        Its JSON, compressed, with size and SHA-256 of the JSON.

    Raises:
        InvalidValueError: Larger than `MAX_PAYLOAD_BYTES`, or not JSON.
    """
    raw = dumps(trace.model_dump())
    if len(raw) > MAX_PAYLOAD_BYTES:
        raise InvalidValueError(
            f"The trace has {len(raw):,} bytes as JSON; {MAX_PAYLOAD_BYTES:,} is the most. Leave out attachments."
        )
    digest = hashlib.sha256(raw).hexdigest()
    codec, data = _compressed(raw)
    return Payload(codec, len(raw), digest, data)


def _compressed(raw: bytes) -> tuple[str, bytes]:
    if len(raw) < _SMALL:
        return "none", raw
    try:
        import zstandard
    except ImportError:  # a platform without the wheel
        return "zlib", zlib.compress(raw, _ZLIB_LEVEL)
    compressor: zstandard.ZstdCompressor | None = getattr(_own, "compressor", None)
    if compressor is None:
        compressor = _own.compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
    return "zstd", compressor.compress(raw)


def unpack(payload: Payload, *, where: str) -> Trace:
    """Turn bytes back into the trace.

    Args:
        payload: What `pack` made.
        where: Which item of which store, for the message.

    Returns:
        The trace.

    Raises:
        StoreCorruptError: The bytes are not what was stored.
        MissingExtraError: Compressed by zstandard, which is not installed here.
    """
    raw = _decompressed(payload, where)
    if raw is None or len(raw) != payload.size or hashlib.sha256(raw).hexdigest() != payload.sha256:
        raise StoreCorruptError(
            f"The trace of {where} is damaged: its checksum does not match. Labels are not affected by this; "
            "restore the file from a copy, or add the trace to a new session."
        )
    with _collecting_later(payload.size):
        return Trace.model_validate(loads(raw))


# What stands between two spans. Within a text its quotes would be escaped; within the inputs of a span it leaves brackets
# open, so that what ends there is no JSON.
_NEXT_SPAN = b'},{"span_id":'
_MOST_CUTS = 8


def begin(payload: Payload) -> Trace | None:
    """The beginning of a trace without reading all of it.

    Args:
        payload: What `pack` made; of its data the first `START_BYTES` are enough.

    Returns:
        The trace with its first spans, and without what comes after them (tags, metadata, assessments); not checked against
        the checksum, which is of the whole. None when it cannot be told where a span ends: read the whole then.
    """
    start = _first_bytes(payload)
    end = len(start)
    for _ in range(_MOST_CUTS):
        end = start.rfind(_NEXT_SPAN, 0, end)
        if end < 0:
            return None
        try:
            return Trace.model_validate(loads(start[:end] + b"}]}"))
        except (InvalidValueError, ValidationError):
            continue
    return None


def _first_bytes(payload: Payload) -> bytes:
    """At most `START_BYTES` of the JSON, and no more than that in memory; what is damaged gives less."""
    data = payload.data[:START_BYTES]
    if payload.codec == "none":
        return data
    if payload.codec == "zlib":
        try:
            return zlib.decompressobj().decompress(data, START_BYTES)
        except zlib.error:
            return b""
    return _first_of_zstd(data) if payload.codec == "zstd" else b""


def _first_of_zstd(data: bytes) -> bytes:
    try:
        import zstandard
    except ImportError:
        return b""
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return reader.read(START_BYTES)
    except zstandard.ZstdError:
        return b""


@contextmanager
def _collecting_later(size: int) -> Generator[None, None, None]:
    """Without the garbage collector while a large trace is made: it would look through all that is new again and again."""
    if size < _LARGE or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _decompressed(payload: Payload, where: str) -> bytes | None:
    # The stored size bounds the output, so that a forged row cannot fill the memory.
    size = min(payload.size, MAX_PAYLOAD_BYTES)
    if payload.codec == "none":
        return payload.data
    if payload.codec == "zlib":
        try:
            return zlib.decompressobj().decompress(payload.data, size + 1)
        except zlib.error:
            return None
    return _from_zstd(payload, size, where) if payload.codec == "zstd" else None


def _from_zstd(payload: Payload, size: int, where: str) -> bytes | None:
    try:
        import zstandard
    except ImportError:
        raise MissingExtraError(
            f"The trace of {where} is compressed by zstandard, which is not installed. "
            "Run: pip install zstandard"
        ) from None
    try:
        if zstandard.frame_content_size(payload.data) != size:
            return None
        return zstandard.ZstdDecompressor().decompress(payload.data, max_output_size=size)
    except zstandard.ZstdError:
        return None
