"""Bounds on what is read, so that no file can take the memory or the time of the kernel.

Each is a plain module attribute that a program may raise before it reads, for example
`labelwidget.readers.limits.MAX_RECORD_BYTES = 256 * 2**20`. Messages that refuse something name
the bound.
"""

from __future__ import annotations

from labelwidget.model.json import MAX_JSON_DEPTH

MAX_RECORD_BYTES = 64 * 2**20
"""Longest single record in bytes: one line, one element of a JSON array, one JSON document."""

MAX_WHOLE_BYTES = 16 * 2**20
"""JSON documents up to this many bytes are parsed in one go, longer arrays element by element."""

MAX_DECOMPRESSED_BYTES = 2 * 2**30
"""Most bytes that one compressed file may become."""

MAX_COMPRESSION_RATIO = 200
"""How many times larger than its file the content may become (beyond the first 16 MB)."""

MAX_REFUSALS = 1_000
"""Refusals that are kept with their reasons; the rest is only counted."""

MAX_REMEMBERED = 1_000_000
"""Trace ids that are remembered to find duplicates within one source."""

MAX_PENDING_BYTES = 256 * 2**20
"""Bytes of spans that wait for the rest of their traces while a stream of spans is read."""

MAX_DEPTH = MAX_JSON_DEPTH
"""Deepest nesting of a record (100). JSON writers stop at 254, so that no more than 200 can be kept."""

MAX_SPANS = 200_000
"""Most spans of one trace."""

MAX_FILES = 100_000
"""Most files of a folder or glob."""


def how_to_raise(name: str) -> str:
    """The end of a message that refuses something for being too large."""
    return f"Raise labelwidget.readers.limits.{name} to read it."
