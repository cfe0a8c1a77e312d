"""Content parts: a table from the word that names a kind of part to the function that reads it.

Each family of shapes enters its own words. Where two families use one word for the same thing
(`text`, `file`), one function reads both.
"""

from __future__ import annotations

from collections.abc import Callable

from labelwidget.content.message import Data, MessagePart, Text
from labelwidget.content.shapes.fields import JsonObject, string
from labelwidget.model import JsonValue

__all__ = ["keyed_part", "part", "read_part", "read_parts"]

PartReader = Callable[[JsonObject], MessagePart | None]

_BY_TYPE: dict[str, PartReader] = {}
_BY_KEY: dict[str, PartReader] = {}


def part(*types: str) -> Callable[[PartReader], PartReader]:
    """Enter a reader for parts that name their kind in `type` (or `part_kind`, `block_type`)."""

    def enter(reader: PartReader) -> PartReader:
        _BY_TYPE.update(dict.fromkeys(types, reader))
        return reader

    return enter


def keyed_part(*keys: str) -> Callable[[PartReader], PartReader]:
    """Enter a reader for parts that are told apart by the key that they hold."""

    def enter(reader: PartReader) -> PartReader:
        _BY_KEY.update(dict.fromkeys(keys, reader))
        return reader

    return enter


def read_part(value: JsonValue) -> MessagePart:
    """One content part; a kind that is not known stays as JSON."""
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, dict):
        kind = string(value, "type", "part_kind", "block_type")
        reader = _BY_TYPE.get(kind)
        if reader is None and kind.startswith("tool-"):
            reader = _BY_TYPE.get("dynamic-tool")  # Vercel names the tool in the type
        if reader is not None and (found := reader(value)) is not None:
            return found
        if not kind or reader is None:
            for key, inner in value.items():
                by_key = _BY_KEY.get(key)
                if by_key is not None and inner is not None:
                    found = by_key(value)
                    if found is not None:
                        return found
    return Data(value)


def read_parts(content: JsonValue) -> list[MessagePart]:
    """The content of a message: text, one part, or many.

    Args:
        content: As the source has it.

    Returns:
        The parts in order; none for null.
    """
    if content is None:
        return []
    if isinstance(content, list):
        return [read_part(value) for value in content if value is not None]
    return [read_part(content)]
