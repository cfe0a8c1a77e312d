"""Small, total views of parsed JSON: what every reader needs to look into a record that may hold
anything.

None of these raises: a value of the wrong type is an absent value, so that a reader reads like the
format that it describes. What could not be understood stays in the span's attributes or the trace's
metadata.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError
from labelwidget.model.json import JsonValue, dumps, loads

__all__ = [
    "as_bool",
    "as_dict",
    "as_dicts",
    "as_int",
    "as_list",
    "as_number",
    "as_text",
    "clean_id",
    "content_id",
    "count_keys",
    "decoded",
    "first",
    "hex_id",
    "json_text",
    "milliseconds",
    "nanoseconds",
    "parsed",
    "seconds_to_ns",
    "text_tags",
]

_PRINTABLE_ID = re.compile(r"[\x21-\x7e]{1,200}")
_INT64 = 2**63
_TOO_SHORT = 20  # for an integer over 64 bits
_JSON_START = ("{", "[")
_JSON_FIRST = frozenset('{["-0123456789tfn \t\r\n')
_CONTAINERS = frozenset({dict, list})
# 2001 in milliseconds, microseconds and nanoseconds: smaller numbers count in the coarser unit.
_FROM_MS = 1e11
_FROM_US = 1e14
_FROM_NS = 1e17


def as_dict(value: JsonValue) -> dict[str, JsonValue]:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """The array itself, or an empty one."""
    return value if isinstance(value, list) else []


def as_dicts(value: JsonValue) -> list[dict[str, JsonValue]]:
    """The objects among an array's elements, in order."""
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def as_text(value: JsonValue) -> str | None:
    """A non-empty string, or None."""
    return value if isinstance(value, str) and value else None


def as_bool(value: JsonValue, default: bool) -> bool:
    """A real boolean, or the default."""
    return value if isinstance(value, bool) else default


def as_int(value: JsonValue) -> int | None:
    """A whole number of 64 bits, also from `"12"` or `12.0`; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if len(text) > 20 or not text.lstrip("-").isdecimal() or not text.isascii():
            return None
        try:
            value = int(text)
        except ValueError:
            return None
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return value if isinstance(value, int) and -_INT64 <= value < _INT64 else None


def as_number(value: JsonValue) -> float | None:
    """A finite number, also from a decimal string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def first(value: Mapping[str, JsonValue], *keys: str) -> JsonValue:
    """The first of the members that is there and is neither null nor an empty string."""
    for key in keys:
        found = value.get(key)
        if found is not None and found != "":
            return found
    return None


def decoded(value: JsonValue) -> JsonValue:
    """The value inside a string that holds a JSON object or array; any other value unchanged.

    A text that only looks like JSON, or nests deeper than `limits.MAX_DEPTH`, stays the text that it
    is.
    """
    if type(value) is not str or not value.lstrip()[:1].startswith(_JSON_START):
        return value
    try:
        inner, keys = parsed(value)
    except InvalidValueError:
        return value
    return value if keys is None else inner


def json_text(value: JsonValue) -> JsonValue:
    """The value of a text that is JSON of any kind, also a scalar; other text as it is."""
    if type(value) is not str or not value or value[0] not in _JSON_FIRST:
        return value
    try:
        inner, keys = parsed(value)
    except InvalidValueError:
        return value
    return value if keys is None else inner


def parsed(raw: bytes | str) -> tuple[JsonValue, int | None]:
    """Parse JSON exactly, and count.

    Args:
        raw: UTF-8 bytes or text.

    Returns:
        The value, and the members of all its objects (None when it nests deeper than
        `limits.MAX_DEPTH`).

    Raises:
        InvalidValueError: Not JSON.
    """
    try:
        value: JsonValue = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = loads(raw)
        return value, count_keys(value)
    if len(raw) < _TOO_SHORT:
        return value, 0 if type(value) not in _CONTAINERS else count_keys(value)
    keys, huge = _walk(value, limits.MAX_DEPTH)
    # orjson makes floats of integers over 64 bits; the exact parser does not.
    return (loads(raw) if huge else value), keys


def count_keys(value: JsonValue) -> int | None:
    """Members of all objects inside a value, or None when it nests deeper than `limits.MAX_DEPTH`."""
    return _walk(value, limits.MAX_DEPTH)[0]


def _walk(value: JsonValue, max_depth: int) -> tuple[int | None, bool]:
    """Members of all objects (None: too deep), and whether there is a number over 64 bits.

    Level by level and without recursion, so that no input is deep enough to break it.
    """
    keys, huge = 0, False
    below: list[JsonValue] = [value]
    for _ in range(max_depth + 1):
        kinds = set(map(type, below))
        if float in kinds and any(type(part) is float and abs(part) >= _INT64 for part in below):
            huge = True
        level, below = below, []
        if dict in kinds:
            for part in level:
                if type(part) is dict:
                    keys += len(part)
                    below += part.values()
        if list in kinds:
            for part in level:
                if type(part) is list:
                    below += part
        elif dict not in kinds:
            return keys, huge
    return None, huge


def clean_id(value: JsonValue) -> str | None:
    """An id that is safe everywhere: 1 to 200 printable ASCII characters as they are, other texts
    hashed.

    Args:
        value: A string or integer id as the source has it.

    Returns:
        The id, 32 hexadecimal digits in its place, or None when there is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**200 else hex(value)
    if not isinstance(value, str) or not value:
        return None
    if _PRINTABLE_ID.fullmatch(value):
        return value
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def content_id(value: JsonValue, prefix: str = "") -> str:
    """An id made from the content, for records that bring none: reading the same record again gives
    the same id.

    Args:
        value: The whole record.
        prefix: Put in front, for example the format's name.
    """
    try:
        raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raw = dumps(value)
    return prefix + hashlib.sha256(raw).hexdigest()[:32]


def hex_id(value: JsonValue, octets: int) -> str | None:
    """An OpenTelemetry id as lower-case hexadecimal digits, from hexadecimal, `0x…` or base64.

    Args:
        value: The id as the source has it.
        octets: 8 for spans, 16 for traces.

    Returns:
        The digits; a text that is none of these as `clean_id` has it; None when absent or all
        zeros.
    """
    if not isinstance(value, str) or not value:
        return clean_id(value)
    text = value.removeprefix("0x")
    if len(text) == octets * 2:
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            return clean_id(value)
        # Without white space, which `fromhex` skips, there are as many octets as there should be.
        if len(raw) == octets:
            return raw.hex() if raw != bytes(octets) else None
        return clean_id(value)
    # Base64 of 8 or 16 octets has 12 or 24 characters (11 or 22 unpadded), hexadecimal 16 or 32:
    # never the same.
    if len(text.rstrip("=")) == (octets * 8 + 5) // 6:
        try:
            raw = base64.b64decode(
                text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4),
                altchars=b"-_" if set(text) & {"-", "_"} else None,
                validate=True,
            )
        except (binascii.Error, ValueError):
            return clean_id(value)
        if len(raw) == octets:
            return raw.hex() if raw != bytes(octets) else None
    return clean_id(value)


def nanoseconds(value: JsonValue) -> int | None:
    """A moment as nanoseconds since 1970 (UTC).

    Args:
        value: ISO 8601 text, or a number (also in a string) of seconds, milliseconds, microseconds
            or nanoseconds; which one is told from its size.

    Returns:
        Nanoseconds, or None when it is not a moment.
    """
    # Nanoseconds, as a number or in a string, are by far the most frequent form.
    if type(value) is int and _FROM_NS <= value < _INT64:
        return value
    if type(value) is str and len(value) == 19 and value.isdecimal() and value.isascii():
        return _int64(int(value))
    whole = value if type(value) is int else as_int(value)
    if whole is not None:
        size = abs(whole)
        factor = (
            1
            if size >= _FROM_NS
            else 1_000
            if size >= _FROM_US
            else 1_000_000
            if size >= _FROM_MS
            else 1_000_000_000
        )
        return _int64(whole * factor)
    number = as_number(value)
    if number is not None:
        size = abs(number)
        factor = (
            1 if size >= _FROM_NS else 1e3 if size >= _FROM_US else 1e6 if size >= _FROM_MS else 1e9
        )
        return _int64(round(number * factor))
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return _int64(((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000)


def milliseconds(value: JsonValue) -> int | None:
    """A moment as milliseconds since 1970 (UTC), from what `nanoseconds` takes."""
    moment = nanoseconds(value)
    return None if moment is None else moment // 1_000_000


def seconds_to_ns(value: JsonValue) -> int | None:
    """A number of seconds as nanoseconds, whatever its size; None when it is no number."""
    number = as_number(value)
    return None if number is None else _int64(round(number * 1e9))


def _int64(value: int) -> int | None:
    return value if -_INT64 <= value < _INT64 else None


def text_tags(value: JsonValue) -> dict[str, str]:
    """Tags as texts: an object's members (other values as compact JSON), or an array's texts, each
    as a tag of its own.
    """
    if isinstance(value, list):
        return {part: "" for part in value if isinstance(part, str) and part}
    return {
        key: part if isinstance(part, str) else _as_json(part)
        for key, part in as_dict(value).items()
    }


def _as_json(value: JsonValue) -> str:
    return dumps(value).decode("utf-8")
