"""What undo and redo find in the events of a reviewer, oldest first."""

from __future__ import annotations

from collections.abc import Sequence

from labelwidget.model.event import Event

__all__ = ["UNDOABLE", "redoable", "undoable"]

UNDOABLE = ("answer", "state", "flag", "note")
"""The kinds of events that undo takes back."""


def undoable(events: Sequence[Event]) -> list[Event]:
    """Those that changed something and whose undo is not in force."""
    undone = _undone(events)
    return [
        event
        for event in events
        if event.kind in UNDOABLE and event.changes and event.event_id not in undone
    ]


def redoable(events: Sequence[Event]) -> str | None:
    """The id of the last undo that was not redone and that nothing was done after."""
    redone: set[str] = set()
    for event in reversed(events):
        if event.kind == "redo" and event.undoes:
            redone.add(event.undoes)
        elif event.kind == "undo":
            if event.event_id not in redone:
                return event.event_id
        elif event.changes:
            return None
    return None


def _undone(events: Sequence[Event]) -> set[str]:
    """The ids whose undo is in force: an undo counts until a redo takes it back."""
    undone: set[str] = set()
    undos: dict[str, str] = {}
    for event in events:
        if event.kind == "undo" and event.undoes:
            undone.add(event.undoes)
            undos[event.event_id] = event.undoes
        elif event.kind == "redo" and event.undoes in undos:
            undone.discard(undos[event.undoes])
    return undone
