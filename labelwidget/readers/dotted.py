"""Attributes whose names are paths: `llm.input_messages.0.message.role` back to lists and
objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labelwidget.model import JsonValue
from labelwidget.readers.values import as_dict

__all__ = ["groups", "tree", "with_paths"]

_DEEPEST = 40


def groups(
    attributes: Mapping[str, JsonValue], prefixes: frozenset[str]
) -> dict[str, dict[str, JsonValue]]:
    """The attributes below each of some two-part prefixes.

    Args:
        attributes: By full name.
        prefixes: For example `llm.input_messages`.

    Returns:
        For each prefix that occurs, its attributes by the rest of their names.
    """
    found: dict[str, dict[str, JsonValue]] = {}
    for key, value in attributes.items():
        first = key.find(".")
        second = key.find(".", first + 1)
        head = key if second < 0 else key[:second]
        if head in prefixes:
            found.setdefault(head, {})["" if second < 0 else key[second + 1 :]] = value
    return found


def tree(paths: Mapping[str, JsonValue]) -> JsonValue:
    """One value from values by path; numbers in paths are places in lists.

    Args:
        paths: For example `{"0.message.role": "user", "0.message.content": "Hi"}`. A value may
            itself hold objects with dotted names.

    Returns:
        For the example `[{"message": {"role": "user", "content": "Hi"}}]`. Places that are missing
        are left out.
    """
    root: dict[str, JsonValue] = {}
    for path, value in paths.items():
        _put(root, path.split(".") if path else [], value, 0)
    return _listed(root, 0)


def _put(at: dict[str, JsonValue], path: list[str], value: JsonValue, depth: int) -> None:
    for number, part in enumerate(path):
        if number == len(path) - 1 and not isinstance(value, (dict, list)):
            at[part] = value
            return
        below = at.get(part)
        if not isinstance(below, dict):
            # A value and members under the same name: the value keeps a name of its own.
            opened: dict[str, JsonValue] = {} if below is None else {"value": below}
            at[part] = opened
            at = opened
        else:
            at = below
    if depth >= _DEEPEST:
        at["value"] = value
    elif isinstance(value, dict):
        for key, inner in value.items():
            _put(at, key.split("."), inner, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _put(at, [str(number)], inner, depth + 1)
    else:
        at["value"] = value


def _listed(value: JsonValue, depth: int) -> JsonValue:
    if not isinstance(value, dict) or depth > 2 * _DEEPEST:
        return value
    if value and all(key.isdecimal() and len(key) < 10 and key.isascii() for key in value):
        return [_listed(value[key], depth + 1) for key in sorted(value, key=int)]
    return {key: _listed(inner, depth + 1) for key, inner in value.items()}


def with_paths(attributes: Mapping[str, JsonValue], roots: Iterable[str]) -> dict[str, JsonValue]:
    """Nested attributes under dotted names; some exports nest what the convention spells with dots.

    Args:
        attributes: As exported.
        roots: The names whose objects are opened; others stay as they are.
    """
    if not any(isinstance(attributes.get(root), dict) for root in roots):
        return dict(attributes)
    opened: dict[str, JsonValue] = {}
    names = frozenset(roots)
    for key, value in attributes.items():
        if key in names and isinstance(value, dict):
            for inner, part in as_dict(value).items():
                if isinstance(part, dict):
                    opened |= {f"{key}.{inner}.{last}": leaf for last, leaf in part.items()}
                else:
                    opened[f"{key}.{inner}"] = part
        else:
            opened[key] = value
    return opened
