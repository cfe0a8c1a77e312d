"""JSON as text for display, and text that may be JSON.

Display must never fail and never hide: a lone surrogate becomes its visible escape, a value that
is too deep for the encoders is written down to the bound with a note in place of the rest.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress

import orjson

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue
from labelwidget.model.json import loads

__all__ = [
    "MAX_DECODED_CHARS",
    "MAX_SHOWN_DEPTH",
    "decoded",
    "is_json_container",
    "json_text",
    "pretty_json",
    "printable",
    "short_json",
]

MAX_SHOWN_DEPTH = 200
"""Deepest nesting that is written out; what lies below is named, not drawn."""

MAX_DECODED_CHARS = 8_000_000
"""Longest string that is tried as JSON inside JSON; longer ones are shown as text."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with lone surrogates as visible escapes: no encoder downstream takes them.

    Args:
        text: Any string.

    Returns:
        The same object when there was nothing to replace.
    """
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def json_text(value: JsonValue) -> str:
    """Compact JSON, key order kept. Never raises.

    Args:
        value: Any JSON value.

    Returns:
        Valid JSON; below `MAX_SHOWN_DEPTH` levels a note stands for the rest.
    """
    try:
        return orjson.dumps(value).decode("utf-8")
    except TypeError:  # an integer beyond 64 bits, a lone surrogate, or great depth
        return _exact(value, None)


def pretty_json(value: JsonValue) -> str:
    """JSON with two spaces a level, as `json_text` otherwise.

    Args:
        value: Any JSON value.

    Returns:
        Valid JSON.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode("utf-8")
    except TypeError:
        return _exact(value, 2)


def _exact(value: JsonValue, indent: int | None) -> str:
    separators = (",", ": " if indent else ":")
    for bounded in (False, True):
        whole = _down_to(value, MAX_SHOWN_DEPTH) if bounded else value
        with suppress(ValueError, TypeError, RecursionError):
            text = json.dumps(whole, ensure_ascii=False, indent=indent, separators=separators)
            # In JSON text the visible escape of a lone surrogate is the surrogate itself.
            return printable(text)
    return json.dumps("This value cannot be written as JSON.")


def short_json(value: JsonValue, limit: int) -> str:
    """Compact JSON cut to `limit` characters with an ellipsis: for previews only."""
    text = json_text(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_json_container(text: str) -> bool:
    """Whether the text is a JSON object or array."""
    return isinstance(decoded(text), (dict, list))


def decoded(value: JsonValue, *, times: int = 3) -> JsonValue:
    """The value behind JSON inside a string, also when it was encoded more than once.

    Args:
        value: Any JSON value; only strings that begin like an object, array or string change.
        times: How often at most.

    Returns:
        The decoded object or array, or `value` itself when it is not one.
    """
    inner = value
    for _ in range(times):
        if not isinstance(inner, str) or len(inner) > MAX_DECODED_CHARS:
            break
        start = inner.lstrip()[:1]
        if start not in ("{", "[", '"'):
            break
        try:
            inner = loads(inner)
        except InvalidValueError:
            break
    return inner if isinstance(inner, (dict, list)) else value


def _down_to(value: JsonValue, depth: int) -> JsonValue:
    if isinstance(value, dict):
        if depth <= 0:
            return f"… an object of {len(value)} keys, nested deeper than is shown"
        return {key: _down_to(part, depth - 1) for key, part in value.items()}
    if isinstance(value, list):
        if depth <= 0:
            return f"… an array of {len(value)} items, nested deeper than is shown"
        return [_down_to(part, depth - 1) for part in value]
    return value
