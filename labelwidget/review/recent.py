"""The traces that were looked at last, kept as objects: what is asked about one of them does not read it again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from labelwidget.model import Item, Trace

__all__ = ["MAX_BYTES", "MAX_TRACES", "RecentTraces"]

MAX_TRACES = 8
"""Most traces kept: the one shown, those fetched ahead, the one before."""
MAX_BYTES = 64_000_000
"""Most JSON that they stand for together; as objects they take about three times as much. The latest is always kept."""


class RecentTraces:
    """A few traces by item, the latest used last. Safe to call from any thread."""

    def __init__(self, read: Callable[[str], Trace]) -> None:
        """Keep what `read(item_id)` gives."""
        self._read = read
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Item, Trace]] = OrderedDict()

    def kept(self, item: Item) -> Trace | None:
        """The trace of an item when it is here already, else None.

        Args:
            item: The item's row, as the store has it now.
        """
        with self._lock:
            found = self._kept.get(item.item_id)
            if found is None or found[0] != item:
                return None
            self._kept.move_to_end(item.item_id)
            return found[1]

    def get(self, item: Item) -> Trace:
        """The trace of an item, read anew when the item is another than before.

        Args:
            item: The item's row, as the store has it now.
        """
        kept = self.kept(item)
        if kept is not None:
            return kept
        trace = self._read(item.item_id)
        with self._lock:
            self._kept[item.item_id] = (item, trace)
            self._kept.move_to_end(item.item_id)
            while len(self._kept) > 1 and (
                len(self._kept) > MAX_TRACES
                or sum(kept.payload_bytes for kept, _ in self._kept.values()) > MAX_BYTES
            ):
                self._kept.popitem(last=False)
        return trace
