"""What the queue table asked last, kept while nothing that it depends on was written.

Scrolling, another page of a search, the counts beside the filters: each asks for the same list of positions again. A list is kept
with a stamp that says what it was made from. The stamp is read first, so that a list may be newer than it says but never older.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar, cast

from sqlalchemy import Connection, func, select

from labelwidget.store.sql import reads
from labelwidget.store.sql.tables import reviewer_counters, reviewer_key, turns

__all__ = ["ItemsStamp", "QueueMemo", "ReviewerStamp", "items_stamp"]

T = TypeVar("T")

MAX_KEPT = 16
"""Lists of positions that are kept: at most 400 kB each for 100,000 traces."""


class ItemsStamp(NamedTuple):
    """Changes when an item is added, or shows something else because an agent answered."""

    items: int
    turns: int


class ReviewerStamp(NamedTuple):
    """Changes when the items do, with every event of the reviewer, and with whatever this process writes."""

    items: ItemsStamp
    last_seq: int
    writes: int


def items_stamp(connection: Connection, session_id: str) -> ItemsStamp:
    """What the queue's order by a column of the items depends on."""
    # Turns are only appended. The highest number tells so where numbers come in the order of saving, else their count.
    newest = func.max(turns.c.seq) if connection.dialect.name == "sqlite" else func.count()
    found = connection.execute(select(newest).where(turns.c.session_id == session_id)).scalar()
    return ItemsStamp(reads.count_items(connection, session_id), found or 0)


class QueueMemo:
    """The last answers by question; safe to use from several threads."""

    def __init__(self) -> None:
        self._writes = 0
        self._kept: OrderedDict[Hashable, tuple[Hashable, object]] = OrderedDict()
        self._lock = threading.Lock()

    def written(self) -> None:
        """Something was written by this process, whatever it is."""
        with self._lock:
            self._writes += 1

    def reviewer_stamp(
        self, connection: Connection, session_id: str, reviewer: str
    ) -> ReviewerStamp:
        """What the reviewer's states, flags, notes and answers depend on."""
        query = select(reviewer_counters.c.last_seq).where(
            reviewer_counters.c.session_id == session_id,
            reviewer_counters.c.reviewer_key == reviewer_key(reviewer),
        )
        writes = self._writes
        seq = connection.execute(query).scalar() or 0
        return ReviewerStamp(items_stamp(connection, session_id), seq, writes)

    def get(self, question: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
        """The answer kept for a question under a stamp, or a new one.

        Args:
            question: What is asked, with everything that decides the answer but what is stored.
            stamp: What is stored, see `items_stamp` and `QueueMemo.reviewer_stamp`.
            make: Answers; always with the same type for the same kind of question.
        """
        with self._lock:
            found = self._kept.get(question)
            if found is not None and found[0] == stamp:
                self._kept.move_to_end(question)
                return cast(T, found[1])
        made = make()
        with self._lock:
            self._kept[question] = (stamp, made)
            self._kept.move_to_end(question)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return made
