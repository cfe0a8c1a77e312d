"""Who wants to hear of labels: functions called after a save is durable, in the process that saved it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from labelwidget.model.event import Event
from labelwidget.store.base import Store

__all__ = ["Unsubscribe", "notify", "subscribe"]

Unsubscribe = Callable[[], None]

_lock = threading.Lock()
_listeners: dict[tuple[str, str], list[Callable[[Event], object]]] = {}


def subscribe(store: Store, session_id: str, listener: Callable[[Event], object]) -> Unsubscribe:
    """Call `listener(event)` after each event of the session that this process saves.

    Args:
        store: Where the session is.
        session_id: The session.
        listener: Called on the thread that saved. What it raises is shown as a warning and stops nobody else.

    Returns:
        A function that ends it.
    """
    key = (store.url, session_id)
    with _lock:
        _listeners.setdefault(key, []).append(listener)

    def unsubscribe() -> None:
        with _lock:
            if listener in _listeners.get(key, []):
                _listeners[key].remove(listener)

    return unsubscribe


def notify(store: Store, event: Event) -> list[Exception]:
    """Tell the listeners of the event's session; returns what they raised."""
    with _lock:
        listeners = list(_listeners.get((store.url, event.session_id), []))
    failures: list[Exception] = []
    for listener in listeners:
        try:
            listener(event)
        except Exception as error:  # noqa: BLE001
            # The label is saved whatever a user's function makes of it.
            failures.append(error)
    return failures
