"""Which readers there are, and which of them knows a record."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue
from labelwidget.readers.base import Reader

__all__ = ["FORMATS", "reader_for", "reader_named"]

FORMATS = (
    "native",
    "mlflow",
    "otlp",
    "langfuse",
    "langsmith",
    "inspect_log",
    "atif",
    "claude_code",
    "tau_bench",
    "swe_agent",
    "responses",
    "anthropic",
    "otel_spans",
    "chat",
    "plain",
)
"""In order of trust: the first that knows a record reads it. The last ones accept almost
anything.
"""


@cache
def reader_named(name: str) -> Reader:
    """The reader of a format.

    Args:
        name: One of `FORMATS`.

    Raises:
        InvalidValueError: There is none.
    """
    if name not in FORMATS:
        raise InvalidValueError(
            f"format is {shown(name)}. Use one of {', '.join(FORMATS)}, or leave it out."
        )
    return cast(Reader, import_module(f"labelwidget.readers.{name}"))


@cache
def _readers() -> tuple[Reader, ...]:
    return tuple(reader_named(name) for name in FORMATS)


def reader_for(value: JsonValue) -> Reader | None:
    """The first reader that knows the record, or None."""
    if not isinstance(value, (dict, list)):
        return None
    for reader in _readers():
        if reader.matches(value):
            return reader
    return None
