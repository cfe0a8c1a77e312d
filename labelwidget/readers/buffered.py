"""Bytes that can be looked at before they are taken, cut at line ends or at brackets, within
bounds.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import labelwidget.readers.limits as limits
from labelwidget.readers.peeked import Peeked, Reads

__all__ = ["Buffered"]

_CHUNK = 2**20
_BOM = b"\xef\xbb\xbf"
# Everything up to the next bracket outside strings. An unfinished string stops the match at its
# quote.
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_BLANK = re.compile(rb"[ \t\r\n]*")
_OPEN = b"{["


class Buffered:
    """Bytes that can be looked at before they are taken, with a count of the lines taken."""

    def __init__(self, handle: Reads) -> None:
        self.handle = handle
        self.buffer = bytearray()
        self.number = 1
        self._ended = False

    def fill(self, size: int) -> bool:
        """Read until `size` bytes are there; True when the stream ended at or before that."""
        while len(self.buffer) <= size and self._more():
            pass
        return self._ended and len(self.buffer) <= size

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = self.handle.read(max(_CHUNK, min(len(self.buffer), 16 * _CHUNK)))
        if not chunk:
            self._ended = True
            return False
        self.buffer += chunk
        return True

    def consume(self, size: int) -> None:
        """Forget the first bytes."""
        self.number += self.buffer.count(b"\n", 0, size)
        del self.buffer[:size]

    def skip_blank(self) -> bytes | None:
        """Forget white space and a byte order mark at the start; the next byte, or None."""
        self.fill(3)
        if self.buffer.startswith(_BOM):
            del self.buffer[:3]
        return self.peek()

    def peek(self) -> bytes | None:
        """The next byte that is not white space, after forgetting the white space; None at the
        end.
        """
        while True:
            blank = _BLANK.match(self.buffer)
            self.consume(blank.end() if blank else 0)
            if self.buffer:
                return bytes(self.buffer[:1])
            if not self._more():
                return None

    def is_all(self, size: int) -> bool:
        """Whether the first `size` bytes are all that is left, but for white space."""
        blank = _BLANK.match(self.buffer, size)
        return (blank is None or blank.end() == len(self.buffer)) and not self._more()

    def line(self, start: int = 0) -> bytes | None:
        """The line at `start` with its end, not taken; None when it is longer than a record may
        be.
        """
        seen = start
        while True:
            end = self.buffer.find(b"\n", seen)
            if end >= 0:
                return (
                    bytes(self.buffer[start : end + 1])
                    if end - start < limits.MAX_RECORD_BYTES
                    else None
                )
            seen = len(self.buffer)
            if seen - start > limits.MAX_RECORD_BYTES:
                return None
            if not self._more():
                return bytes(self.buffer[start:])

    def lines(self) -> Iterator[bytes | None]:
        """All lines that are left; None for one that is longer than a record may be."""
        head = bytes(self.buffer).split(b"\n")
        self.buffer.clear()
        rest = head.pop()
        most = limits.MAX_RECORD_BYTES
        for line in head:
            yield line if len(line) <= most else None
        readline = self._fast_readline() or self._readline
        while True:
            line = rest + readline(most + 1)
            rest = b""
            if not line:
                return
            if len(line) <= most or (len(line) == most + 1 and line.endswith(b"\n")):
                yield line
                continue
            yield None
            while not line.endswith(b"\n") and (line := readline(_CHUNK)):
                pass

    def _fast_readline(self) -> Callable[[int], bytes] | None:
        """The handle's own `readline` where that is fast; raw handles would read octet by octet."""
        inner = self.handle.behind() if isinstance(self.handle, Peeked) else self.handle
        fast = isinstance(inner, (io.BufferedReader, io.BytesIO))
        return inner.readline if fast else None

    def _readline(self, size: int) -> bytes:
        """One line, or its first `size` bytes, from a handle that only reads."""
        seen = 0
        while True:
            end = self.buffer.find(b"\n", seen, size)
            if end < 0 and len(self.buffer) < size:
                seen = len(self.buffer)
                if self._more():
                    continue
            end = min(size, len(self.buffer)) if end < 0 else end + 1
            found = bytes(self.buffer[:end])
            del self.buffer[:end]
            return found

    def gap(self) -> bytes | None:
        """Take all up to the next bracket outside strings; None when the stream ends before one."""
        at = 0
        while True:
            at = self._to_bracket(at)
            if at < len(self.buffer) and self.buffer[at] != 0x22:
                found = bytes(self.buffer[:at])
                self.consume(at)
                return found
            if at > limits.MAX_RECORD_BYTES or len(self.buffer) > 2 * limits.MAX_RECORD_BYTES:
                self.buffer.clear()
                return None
            if not self._more():
                return None

    def _to_bracket(self, at: int) -> int:
        match = _TO_BRACKET.match(self.buffer, at)
        return match.end() if match else at

    def container(self, *, keep: bool) -> bytes | None:
        """Take one object or array that starts here.

        Args:
            keep: False forgets its bytes while reading.

        Returns:
            Its bytes; None when not kept, when it has no end, or when it is longer than a record
            may be.
        """
        depth, at, kept = 0, 0, keep
        while True:
            at = self._to_bracket(at)
            if at < len(self.buffer) and self.buffer[at] != 0x22:
                depth += 1 if self.buffer[at] in _OPEN else -1
                at += 1
                if depth <= 0:
                    found = (
                        bytes(self.buffer[:at]) if kept and at <= limits.MAX_RECORD_BYTES else None
                    )
                    self.consume(at)
                    return found
                continue
            if at > limits.MAX_RECORD_BYTES:
                kept = False
            if not kept:
                self.consume(at)
                at = 0
                if len(self.buffer) > limits.MAX_RECORD_BYTES and not self._skip_string():
                    return None
            if not self._more():
                self.buffer.clear()
                return None
            if kept and len(self.buffer) > 2 * limits.MAX_RECORD_BYTES:
                kept = False

    def _skip_string(self) -> bool:
        """Forget a string that is too long to keep, up to behind its end; False when it has
        none.
        """
        at = 1
        while True:
            end = self.buffer.find(b'"', at)
            if end >= 0:
                at = end + 1
                if self._backslashes(end) % 2 == 0:
                    self.consume(at)
                    return True
                continue
            # Whether the next quote is escaped depends on all the backslashes before it: keep
            # those.
            tail = self._backslashes(len(self.buffer))
            self.consume(len(self.buffer) - tail)
            at = tail
            if tail > limits.MAX_RECORD_BYTES or not self._more():
                self.buffer.clear()
                return False

    def _backslashes(self, end: int) -> int:
        at = end
        while at > 0 and self.buffer[at - 1] == 0x5C:
            at -= 1
        return end - at
