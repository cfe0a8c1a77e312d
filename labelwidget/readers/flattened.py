"""The lists that OpenInference flattens into attributes, such as `llm.input_messages.0.message.role`: which name
stands for what.

An application writes the same names in trace after trace, so what a span's names stand for is worked out once for each
set of names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from labelwidget.model import JsonValue

__all__ = ["Listed", "Place", "PlainMessage", "lists_of", "names_of"]

# The lists that the convention flattens, by the first two parts of their names.
_LISTS = {
    "llm": frozenset({"input_messages", "output_messages", "tools", "prompts", "choices"}),
    "retrieval": frozenset({"documents"}),
    "reranker": frozenset({"input_documents", "output_documents"}),
    "embedding": frozenset({"embeddings"}),
}
_MESSAGE_TEXTS = frozenset({"message.content", "message.tool_call_id", "message.name"})
_CALL_MEMBERS = {"id": "id", "function.name": "name", "function.arguments": "arguments"}
_MOST_CALLS = 10
_MOST_NAMES = 400
"""Spans of more attributes are worked out each time, which bounds what is remembered."""


class PlainMessage(NamedTuple):
    """A message of texts and tool calls, as nearly all are.

    Attributes:
        role: The name of the attribute that says who speaks.
        texts: Members of the message, each with the name of its attribute.
        calls: For each tool call its members (`id`, `name`, `arguments`), likewise.
    """

    role: str
    texts: tuple[tuple[str, str], ...]
    calls: tuple[tuple[tuple[str, str], ...], ...]


class Place(NamedTuple):
    """One element of a list.

    Attributes:
        paths: The names of its attributes, by path within the element.
        message: What it is when it is a plain message.
        document: When it is a plain document: its members, each with the name of its attribute.
    """

    paths: Mapping[str, str]
    message: PlainMessage | None
    document: tuple[tuple[str, str], ...] | None


class Listed(NamedTuple):
    """One flattened list.

    Attributes:
        whole: The name of the attribute that holds all of it, if one does.
        places: Its elements, in order.
        names: The names of all its attributes.
    """

    whole: str | None
    places: tuple[Place, ...]
    names: frozenset[str]


def lists_of(attributes: Mapping[str, JsonValue]) -> Mapping[str, Listed]:
    """The flattened lists among a span's attributes, by the second part of their names.

    Args:
        attributes: By full name; their values are not looked at.
    """
    names = tuple(attributes)
    return _remembered(names) if len(names) <= _MOST_NAMES else _found(names)


def names_of(lists: Mapping[str, Listed], *which: str) -> frozenset[str]:
    """The full names of the attributes of some lists."""
    found = [lists[one].names for one in which if one in lists]
    return found[0] if len(found) == 1 else frozenset[str]().union(*found)


@dataclass
class _Collected:
    whole: str | None = None
    places: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    names: list[str] = field(default_factory=list[str])


@lru_cache(maxsize=256)
def _remembered(names: tuple[str, ...]) -> Mapping[str, Listed]:
    return _found(names)


def _found(names: tuple[str, ...]) -> Mapping[str, Listed]:
    found: dict[str, _Collected] = {}
    for name in names:
        parts = name.split(".", 3)
        if len(parts) < 2 or parts[1] not in _LISTS.get(parts[0], ()):
            continue
        held = found.setdefault(parts[1], _Collected())
        held.names.append(name)
        if len(parts) == 2:
            held.whole = name
        else:
            held.places.setdefault(parts[2], {})[parts[3] if len(parts) > 3 else ""] = name
    return {
        key: Listed(
            held.whole,
            tuple(
                Place(paths, _plain_message(paths), _plain_document(paths))
                for paths in _in_order(held.places)
            ),
            frozenset(held.names),
        )
        for key, held in found.items()
    }


def _in_order(places: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    if all(place.isdecimal() and place.isascii() for place in places):
        return [places[place] for place in sorted(places, key=int)]
    return list(places.values())


def _plain_message(paths: Mapping[str, str]) -> PlainMessage | None:
    if "message.role" not in paths:
        return None
    texts: list[tuple[str, str]] = []
    calls: dict[str, list[tuple[str, str]]] = {}
    for path, name in paths.items():
        if path in _MESSAGE_TEXTS:
            texts.append((path.removeprefix("message."), name))
        elif path != "message.role":
            parts = path.split(".", 4)
            if (
                len(parts) < 5
                or parts[:2] != ["message", "tool_calls"]
                or not parts[2].isdecimal()
                or parts[3] != "tool_call"
                or parts[4] not in _CALL_MEMBERS
            ):
                return None
            calls.setdefault(parts[2], []).append((_CALL_MEMBERS[parts[4]], name))
    if len(calls) > _MOST_CALLS:
        return None
    return PlainMessage(
        paths["message.role"], tuple(texts), tuple(tuple(calls[at]) for at in sorted(calls))
    )


def _plain_document(paths: Mapping[str, str]) -> tuple[tuple[str, str], ...] | None:
    members: list[tuple[str, str]] = []
    for path, name in paths.items():
        start, _, member = path.partition(".")
        if start != "document" or not member or "." in member:
            return None
        members.append((member, name))
    return tuple(members)
