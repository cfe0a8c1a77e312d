"""Where reviewers stand on a trace, their flags and their notes, as tags of its copy.

```
labelwidget.states   {"alice": "completed", "bob": "skipped"}
labelwidget.flags    {"alice": true}
labelwidget.notes    {"bob": "Ask the team about refunds."}
```

A tag is written over what the server has, for those reviewers alone who changed something here: others may review on
another machine. What is longer than one tag goes on in `labelwidget.notes.1` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from labelwidget.errors import LabelWidgetError
from labelwidget.model import ItemState, JsonValue, ReviewerItem
from labelwidget.model.event import Event
from labelwidget.model.json import dumps_ascii, loads
from labelwidget.store.sql.tables import reviewer_key

__all__ = ["FLAGS", "NOTES", "STATES", "Standings", "read_standings", "tags_to_write"]

STATES = "labelwidget.states"
FLAGS = "labelwidget.flags"
NOTES = "labelwidget.notes"

# Servers cut the tags of traces at 4,096 characters when they are read.
_PART_SIZE = 4_000


class Standings(NamedTuple):
    """What the tags of a trace say, by reviewer; who never changed a thing is not in it."""

    states: dict[str, ItemState]
    flags: dict[str, bool]
    notes: dict[str, str]


def read_standings(tags: Mapping[str, str]) -> Standings:
    """What the tags of a trace say; what does not read as it was written is left out.

    Args:
        tags: All tags of the trace.
    """
    return Standings(
        {
            reviewer: ItemState(state)
            for reviewer, state in _object(tags, STATES).items()
            if isinstance(state, str) and state in set(ItemState)
        },
        {who: flag for who, flag in _object(tags, FLAGS).items() if isinstance(flag, bool)},
        {who: note for who, note in _object(tags, NOTES).items() if isinstance(note, str)},
    )


def tags_to_write(
    tags: Mapping[str, str], events: Iterable[Event], standing: Mapping[str, ReviewerItem]
) -> dict[str, str]:
    """The tags that differ after some events.

    Args:
        tags: Those that the trace has at the server.
        events: What reviewers did.
        standing: Where each of these reviewers stands now.

    Returns:
        Keys and values to write; none when the server has it all.
    """
    told: dict[str, dict[str, JsonValue]] = {}
    for event in events:
        now = standing.get(event.reviewer, ReviewerItem())
        for change in event.changes:
            match change.kind:
                case "state":
                    told.setdefault(STATES, {})[event.reviewer] = now.state.value
                case "flag":
                    told.setdefault(FLAGS, {})[event.reviewer] = now.flagged
                case "note":
                    told.setdefault(NOTES, {})[event.reviewer] = now.note
                case "answer":
                    pass
    found: dict[str, str] = {}
    for key, values in told.items():
        there = _object(tags, key)
        if any(name not in there or there[name] != value for name, value in values.items()):
            # Names that differ in capitals alone are one reviewer.
            said = {reviewer_key(name) for name in values}
            kept = {name: value for name, value in there.items() if reviewer_key(name) not in said}
            found |= _parts(tags, key, dumps_ascii({**kept, **values}))
    return found


def _parts(tags: Mapping[str, str], key: str, text: str) -> dict[str, str]:
    """A text in as many tags as it needs; those that were needed before are emptied."""
    pieces = [text[start : start + _PART_SIZE] for start in range(0, len(text), _PART_SIZE)]
    wanted = {_name(key, number): piece for number, piece in enumerate(pieces)}
    number = len(pieces)
    while tags.get(_name(key, number)):
        wanted[_name(key, number)] = ""
        number += 1
    return {name: piece for name, piece in wanted.items() if tags.get(name) != piece}


def _name(key: str, number: int) -> str:
    return f"{key}.{number}" if number else key


def _object(tags: Mapping[str, str], key: str) -> dict[str, JsonValue]:
    pieces: list[str] = []
    while piece := tags.get(_name(key, len(pieces))):
        pieces.append(piece)
    try:
        found = loads("".join(pieces)) if pieces else {}
    except LabelWidgetError:
        return {}
    return found if isinstance(found, dict) else {}
