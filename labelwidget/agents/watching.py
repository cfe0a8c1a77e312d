"""Who wants to know that the turns of a session changed: widgets in the same kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from labelwidget.model.turn import Turn
from labelwidget.store.base import Store

__all__ = ["Unwatch", "tell", "watch"]

Listener = Callable[[Turn], object]
Unwatch = Callable[[], None]

_lock = threading.Lock()
_listeners: dict[tuple[str, str], list[Listener]] = {}


def watch(store: Store, session_id: str, listener: Listener) -> Unwatch:
    """Call a function with every turn of a session that ends in this kernel, on whatever thread.

    Returns:
        A function that ends it.
    """
    key = (store.url, session_id)
    with _lock:
        _listeners.setdefault(key, []).append(listener)

    def end() -> None:
        with _lock:
            found = _listeners.get(key, [])
            if listener in found:
                found.remove(listener)
            if not found:
                _listeners.pop(key, None)

    return end


def tell(store: Store, turn: Turn) -> None:
    """Tell of a turn that is durable. A listener that raises is not heard of: the turn is kept whatever it does."""
    with _lock:
        found = list(_listeners.get((store.url, turn.session_id), ()))
    for listener in found:
        with suppress(Exception):
            listener(turn)
