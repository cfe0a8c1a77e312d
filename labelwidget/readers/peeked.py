"""A stream of bytes of which the beginning can be looked at."""

from __future__ import annotations

import io
from typing import BinaryIO, Protocol

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError

__all__ = ["Peeked", "Reads"]


class Reads(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


class Peeked:
    """A stream whose first bytes were looked at."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._start = b""

    def peek(self, size: int) -> bytes:
        """The first `size` bytes (fewer when there are no more), which stay in the stream."""
        while len(self._start) < size:
            more = self._handle.read(size - len(self._start))
            if not more:
                break
            self._start += more
        return self._start

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        if not self._start:
            return self._handle.read(size)
        if size < 0:
            found, self._start = self._start, b""
            return found + self._handle.read()
        found, self._start = self._start[:size], self._start[size:]
        return found

    def behind(self) -> BinaryIO | None:
        """The handle itself, once what was looked at has been read."""
        return None if self._start else self._handle

    def whole(self) -> BinaryIO:
        """The same bytes as a stream that can seek."""
        try:
            if self._handle.seekable():
                self._handle.seek(-len(self._start), io.SEEK_CUR)
                return self._handle
        except (AttributeError, OSError):
            pass
        raw = self.read(limits.MAX_DECOMPRESSED_BYTES + 1)
        while len(raw) <= limits.MAX_DECOMPRESSED_BYTES and (more := self.read(2**20)):
            raw += more
        if len(raw) > limits.MAX_DECOMPRESSED_BYTES:
            raise InvalidValueError(
                f"It is larger than {limits.MAX_DECOMPRESSED_BYTES:,} bytes and cannot seek. "
                + limits.how_to_raise("MAX_DECOMPRESSED_BYTES")
            )
        return io.BytesIO(raw)
