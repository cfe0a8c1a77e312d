"""JSON as it is kept: exact, bounded, canonical where it has to be compared.

Three facts drive this file. orjson is fast but turns 2**70 into a float; the standard library is
exact but lets NaN through; SQLite, PostgreSQL and browsers each refuse some text (lone surrogates,
NUL) that JSON escapes can carry. So `loads` reads with orjson and falls back to the exact parser
where the bytes could hold something that orjson would change, and `dumps_ascii` writes text that
every store keeps unchanged.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Annotated, NoReturn, cast

import orjson
from pydantic import JsonValue, SkipValidation

from labelwidget.errors import InvalidValueError, shown

__all__ = [
    "MAX_JSON_DEPTH",
    "Json",
    "JsonValue",
    "canonical_json",
    "canonical_key",
    "checked_json",
    "dumps",
    "dumps_ascii",
    "loads",
]

Json = Annotated[JsonValue, SkipValidation]
"""A JSON value inside a model that was checked when it came in (`checked_json`), not again on every
read.
"""

MAX_JSON_DEPTH = 100
"""Deepest nesting that is read. Deeper input is refused: real traces stay under 40."""

_SAFE_INTEGER = 2**53
# `json.dumps` makes an encoder at every call that asks for something of its own.
_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
# orjson keeps integers of 64 bits and turns longer ones into floats. Looking for long runs of
# digits is done with two passes at memory speed; a regular expression would cost more than the
# parsing.
_DIGITS_AS_ZERO = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidValueError(f"{name} is not JSON. Replace it by null or a string before reading.")


def loads(data: bytes | str) -> JsonValue:
    """Parse one JSON document exactly.

    Args:
        data: UTF-8 bytes or text.

    Returns:
        The value; integers of any size stay integers.

    Raises:
        InvalidValueError: Not JSON, NaN or Infinity, or nested deeper than the parsers allow.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if not _has_long_integer(raw):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            # Lone surrogates, escaped or raw, also end here: the exact parser decides about those.
            if not _SURROGATE.search(raw):
                raise InvalidValueError(f"Not valid JSON: {error}.") from None
    try:
        text = raw.decode("utf-8", "surrogatepass")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except InvalidValueError:
        raise
    except RecursionError:
        raise InvalidValueError(f"JSON is nested deeper than {MAX_JSON_DEPTH} levels.") from None
    except ValueError as error:
        raise InvalidValueError(f"Not valid JSON: {error}.") from None
    return cast(JsonValue, value)


def _has_long_integer(raw: bytes) -> bool:
    digits = raw.translate(_DIGITS_AS_ZERO)
    return b"0" * 20 in digits or b"-" + b"0" * 19 in digits


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidValueError(f"The number {shown(text)} is too large for JSON readers.")
    return number


def dumps(value: object) -> bytes:
    """UTF-8 JSON, key order kept; falls back to ASCII escapes for what UTF-8 or 64 bits cannot
    hold.

    Args:
        value: A JSON value that passed `checked_json`, or came from `loads`.

    Returns:
        Compact JSON bytes that `loads` reads back to an equal value.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return dumps_ascii(value).encode("ascii")


def dumps_ascii(value: object) -> str:
    """Compact ASCII JSON: NUL, surrogates and big integers survive every store.

    Args:
        value: A JSON value.

    Returns:
        ASCII text; `loads` gives back an equal value of the same types.

    Raises:
        InvalidValueError: The value holds NaN, infinity or something that is not JSON.
    """
    try:
        return _ascii(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidValueError(f"Cannot be written as JSON: {error}.") from None


def checked_json(
    value: object, *, where: str = "value", max_depth: int = MAX_JSON_DEPTH
) -> JsonValue:
    """Check that a Python object is JSON and within bounds; tuples become lists.

    Args:
        value: Any object.
        where: What the value is, for the message.
        max_depth: Deepest nesting accepted.

    Returns:
        An equal value made of dict, list, str, int, float, bool and None only.

    Raises:
        InvalidValueError: Names the first part that is not JSON, not finite, or too deep.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidValueError(
                f"{where} is {value}, which JSON cannot hold. Use null or a string."
            )
        return value
    if max_depth <= 0:
        raise InvalidValueError(
            f"{where} is nested deeper than {MAX_JSON_DEPTH} levels. Flatten it or pass it as text."
        )
    if isinstance(value, dict):
        found: dict[str, JsonValue] = {}
        for key, part in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise InvalidValueError(f"{where} has the key {shown(key)}; JSON keys are strings.")
            found[key] = checked_json(
                part, where=f"{where}.{shown(key, 40)[1:-1]}", max_depth=max_depth - 1
            )
        return found
    if isinstance(value, (list, tuple)):
        parts = cast("list[object]", value)
        return [
            checked_json(part, where=f"{where}[{i}]", max_depth=max_depth - 1)
            for i, part in enumerate(parts)
        ]
    raise InvalidValueError(
        f"{where} is a {type(value).__name__}, which is not JSON. Convert it first."
    )


def canonical_json(value: JsonValue) -> str:
    """Text that is equal for equal values: sorted keys, 1 and 1.0 alike, True unlike 1.

    Args:
        value: A JSON value.

    Returns:
        ASCII JSON. Integral floats up to 2**53 are written as integers.
    """
    return json.dumps(
        _canonical(value), ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def canonical_key(value: JsonValue) -> str:
    """SHA-256 of `canonical_json(value)`.

    Args:
        value: A JSON value, for example the inputs of a trace.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def _canonical(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer() and abs(value) <= _SAFE_INTEGER:
        return int(value)
    if isinstance(value, dict):
        return {key: _canonical(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_canonical(part) for part in value]
    return value
