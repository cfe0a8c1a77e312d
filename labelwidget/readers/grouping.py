"""Rows that belong together, from a file that has one a line: bounded, nothing lost in silence."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

import labelwidget.readers.limits as limits
from labelwidget.errors import shown
from labelwidget.model import JsonValue
from labelwidget.readers.base import Record, Refuse

__all__ = ["grouped"]


def grouped(
    records: Iterator[Record], key: Callable[[JsonValue], str | None], refuse: Refuse
) -> Iterator[list[Record]]:
    """Collect rows by key.

    Args:
        records: The rows of one file.
        key: What a row belongs to; None for a row that stands alone and is passed on at once.
        refuse: Told of rows that come after their group was finished to save memory.

    Yields:
        The rows of one group, in the file's order; groups in order of their last row.
    """
    waiting: OrderedDict[str, list[Record]] = OrderedDict()
    sizes: dict[str, int] = {}
    finished: set[str] = set()
    pending = 0
    for record in records:
        name = key(record.value)
        if name is None:
            yield [record]
            continue
        if name in finished:
            refuse(
                record.position,
                f"The rows of {shown(name)} lie too far apart: the first ones were finished at "
                f"{limits.MAX_PENDING_BYTES:,} waiting bytes. Sort the file by trace, or: "
                + limits.how_to_raise("MAX_PENDING_BYTES"),
            )
            continue
        waiting.setdefault(name, []).append(record)
        waiting.move_to_end(name)
        sizes[name] = sizes.get(name, 0) + record.size
        pending += record.size
        while pending > limits.MAX_PENDING_BYTES and len(waiting) > 1:
            oldest, rows = waiting.popitem(last=False)
            finished.add(oldest)
            pending -= sizes.pop(oldest)
            yield rows
    yield from waiting.values()
