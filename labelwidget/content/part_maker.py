"""The parts of blocks: bounded texts, JSON decoded for display, placeholders of media.

A part that is sent in part, or that has bytes, gets a ref: the id of its block and its place in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from labelwidget.content.blocks import (
    MAX_INLINE,
    JsonPart,
    MediaPart,
    Part,
    ReasoningPart,
    TextPart,
)
from labelwidget.content.json_text import decoded, json_text, printable
from labelwidget.content.media import media_part
from labelwidget.content.message import (
    Data,
    Media,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from labelwidget.content.shapes.agents import mcp_parts
from labelwidget.content.shapes.parts import read_part, read_parts
from labelwidget.model import JsonValue

__all__ = ["INLINE_WHEN_LARGE", "MAX_INLINE_TOTAL", "MAX_LABEL", "PartMaker", "label"]

MAX_INLINE_TOTAL = 2_000_000
"""Characters sent with the blocks of one trace; beyond it texts carry only their beginning."""

INLINE_WHEN_LARGE = 1_000
"""Characters of one text that are still sent once `MAX_INLINE_TOTAL` is reached."""

MAX_LABEL = 500
"""Longest name, title or id in a block; the whole is in Spans."""

_LEAF = (str, int, float, bool)


class PartMaker:
    """Makes the parts of one trace's blocks.

    Attributes:
        texts: The whole of what was sent in part, by ref.
        media: What can be asked for as bytes, by ref.
    """

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self.texts: dict[str, str] = {}
        self.media: dict[str, Media] = {}
        self._inline = 0
        self._block_id = ""
        self._part = 0

    def begin(self, block_id: str) -> None:
        """Begin the parts of a block."""
        self._block_id = block_id
        self._part = 0

    def parts(self, parts: Iterable[MessagePart], *, json_answers: bool) -> list[Part]:
        """The parts of a message.

        Args:
            parts: In normal form.
            json_answers: Text that is a JSON object reads as JSON (structured output of models).
        """
        found: list[Part] = []
        for part in parts:
            match part:
                case Text():
                    if json_answers and not part.plain and _is_json_answer(part.text):
                        found.append(self._json_of_text(part.text))
                    elif part.text:
                        found.append(self.text(part.text, plain=part.plain, language=part.language))
                case Reasoning():
                    text, length, ref = self._bounded(part.text)
                    found.append(ReasoningPart(text=text, length=length, ref=ref))
                case Media():
                    found.append(self._media_part(part))
                case Data():
                    found.append(self.json(part.value))
                case ToolCall():  # inside a result: a call that no one carries out
                    found.append(self.json({"name": part.name, "arguments": part.arguments}))
                case ToolResult():
                    found.extend(self.content(part.value, plain=True))
        return found

    def arguments(self, value: JsonValue) -> list[Part]:
        """The arguments of a call: JSON where it is valid, else as the model wrote it."""
        inner = decoded(value)
        if inner in (None, "", {}, []):
            return []
        if isinstance(value, str):
            if isinstance(inner, (dict, list)):
                return [
                    self._json_of_text(value) if value.lstrip()[:1] != '"' else self.json(inner)
                ]
            return [self.text(value, plain=True)]  # not valid JSON: as the model wrote it
        return [self.json(value)]

    def content(self, value: JsonValue, *, plain: bool) -> list[Part]:
        """A value that may be text, JSON inside text, content parts or any JSON."""
        if value is None:
            return []
        if isinstance(value, str):
            inner = decoded(value)
            if isinstance(inner, str):
                return [self.text(value, plain=plain)] if value else []
            parts = _content_parts(inner)
            if parts is not None:
                return self.parts(parts, json_answers=False)
            return [self._json_of_text(value) if value.lstrip()[:1] != '"' else self.json(inner)]
        parts = _content_parts(value)
        if parts is not None:
            return self.parts(
                [Text(p.text, plain=plain) if isinstance(p, Text) else p for p in parts],
                json_answers=False,
            )
        return [self.json(value)]

    def text(self, text: str, *, plain: bool, language: str | None = None) -> TextPart:
        """A text; plain for logs, code and tool output, else Markdown."""
        begin, length, ref = self._bounded(text)
        return TextPart(
            text=begin,
            format="plain" if plain else "markdown",
            language=label(language) if language else None,
            length=length,
            ref=ref,
        )

    def json(self, value: JsonValue) -> JsonPart:
        """A JSON value."""
        return self._json_of_text(json_text(value))

    def _json_of_text(self, text: str) -> JsonPart:
        begin, length, ref = self._bounded(text.strip())
        return JsonPart(json_text=begin, length=length, ref=ref)

    def _media_part(self, media: Media) -> MediaPart:
        ref = self._next_ref()
        part = media_part(media, ref)
        if part.ref is not None:
            self.media[ref] = media
        return part

    def short(self, text: str) -> str:
        """A text in a field without a ref: whole up to the bound, its rest is in Spans."""
        text = printable(text)
        if len(text) <= MAX_INLINE:
            return text
        return f"{text[:MAX_INLINE]}… ({len(text):,} characters; the rest is in Spans)"

    def _next_ref(self) -> str:
        ref = f"{self._block_id}/{self._part}"
        self._part += 1
        return ref

    def _bounded(self, text: str) -> tuple[str, int, str | None]:
        text = printable(text)
        limit = MAX_INLINE if self._inline < MAX_INLINE_TOTAL else INLINE_WHEN_LARGE
        ref = self._next_ref()
        if len(text) <= limit:
            self._inline += len(text)
            return text, len(text), None
        self._inline += limit
        self.texts[ref] = text
        return text[:limit], len(text), ref


def label(text: str) -> str:
    """A name or title: printable, and not longer than `MAX_LABEL`."""
    text = printable(text)
    return text if len(text) <= MAX_LABEL else f"{text[:MAX_LABEL]}…"


def _is_json_answer(text: str) -> bool:
    """Whether an answer is structured output rather than prose that begins with a bracket."""
    start = text.lstrip()[:2].rstrip()
    if start[:1] != "{" and start not in ("[", "[{"):
        return False
    inner = decoded(text)
    return bool(inner) and (
        isinstance(inner, dict)
        or (isinstance(inner, list) and not all(isinstance(entry, _LEAF) for entry in inner))
    )


def _content_parts(value: JsonValue) -> list[MessagePart] | None:
    """Content parts (text, images) where a value is made of nothing else."""
    if isinstance(value, dict):
        if set(value) <= _MCP_KEYS and (parts := mcp_parts(value)) is not None:
            return parts
        part = read_part(value) if "type" in value else None
        return [part] if isinstance(part, Media) else None
    if not isinstance(value, list) or not value:
        return None
    if not all(isinstance(entry, dict) and "type" in entry for entry in value):
        return None
    parts = read_parts(value)
    known = (Text, Media, Reasoning)
    return parts if all(isinstance(part, known) for part in parts) else None


_MCP_KEYS = {"content", "isError", "is_error", "_meta", "meta", "structuredContent", "role", "type"}
