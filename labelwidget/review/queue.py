"""The queue: which items a reviewer goes through, in which order. An index counts in the queue, a position in the session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from labelwidget.errors import NotFoundError
from labelwidget.model import ItemState
from labelwidget.store.base import Store

__all__ = ["Queue"]

_ASKED_AT_ONCE = 200
_DECIDED = (ItemState.COMPLETED, ItemState.SKIPPED)


class Queue:
    """All items as added, or a chosen list of positions.

    Nothing is listed for the whole session: a queue over 100,000 items costs no more than one over 100.
    """

    def __init__(
        self,
        store: Store,
        session_id: str,
        positions: Iterable[int] | None = None,
        closed: Callable[[Sequence[int]], Collection[int]] | None = None,
        free: Callable[[int], int | None] | None = None,
    ) -> None:
        """Make a queue.

        Args:
            store: Where the session is.
            session_id: The session.
            positions: The positions in the order wanted; None for all as added.
            closed: Says which of up to 200 positions are not for this reviewer now: others have them open or did them.
            free: Finds the next open position for a queue that is all of the reviewer's in ascending order.
        """
        self._closed = closed
        self._free = free
        self._store = store
        self._session_id = session_id
        self._positions = None if positions is None else list(dict.fromkeys(positions))
        self._index = (
            None
            if self._positions is None
            else {position: i for i, position in enumerate(self._positions)}
        )
        # Items are only added: what was counted once is there, and asking again for each of a thousand is slow.
        self._counted = 0

    def __len__(self) -> int:
        """How many items."""
        return (
            self._store.count_items(self._session_id)
            if self._positions is None
            else len(self._positions)
        )

    @property
    def positions(self) -> list[int] | None:
        """The chosen positions, or None for all."""
        return None if self._positions is None else list(self._positions)

    @property
    def chosen(self) -> Sequence[int] | None:
        """As `positions`, not copied."""
        return self._positions

    def position(self, index: int) -> int:
        """The position in the session of a queue index.

        Raises:
            NotFoundError: The queue has no such index.
        """
        total = len(self)
        if not 0 <= index < total:
            raise NotFoundError(f"The queue has no trace {index + 1}: it holds {total}.")
        return index if self._positions is None else self._positions[index]

    def index_of(self, position: int) -> int | None:
        """The queue index of a position, or None when it is not in the queue."""
        if self._index is not None:
            return self._index.get(position)
        if position >= self._counted:
            self._counted = len(self)
        return position if 0 <= position < self._counted else None

    def next_open(self, reviewer: str, after: int = -1) -> int | None:
        """The next index that the reviewer has neither completed nor skipped.

        Args:
            reviewer: Who.
            after: Look behind this index first, then from the beginning; the index itself is not returned.

        Returns:
            A queue index, or None when everything else is decided.
        """
        if self._positions is None:
            found = self._store.first_open(self._session_id, reviewer, after=after)
            if found is None and after >= 0:
                found = self._store.first_open(self._session_id, reviewer)
            return None if found == after else found
        if self._free is not None:
            found = self._free(self._positions[after] if after >= 0 else -1)
            if found is None and after >= 0:
                found = self._free(-1)
            index = None if found is None else self.index_of(found)
            if found is None or index is not None:
                return None if index == after else index
            # It was added since: not in this queue.
        decided = {
            touched.position
            for touched in self._store.touched(self._session_id, reviewer)
            if touched.status.state in _DECIDED
        }
        count = len(self._positions)
        order = [
            index for step in range(1, count + 1) if (index := (after + step) % count) != after
        ]
        open_ones = [index for index in order if self._positions[index] not in decided]
        for start in range(0, len(open_ones), _ASKED_AT_ONCE):
            part = open_ones[start : start + _ASKED_AT_ONCE]
            closed = (
                self._closed([self._positions[index] for index in part]) if self._closed else ()
            )
            found = next((index for index in part if self._positions[index] not in closed), None)
            if found is not None:
                return found
        return None
