"""A trace read once: its blocks, and the whole of whatever the blocks only begin.

```
reading = Reading(trace)
reading.blocks
reading.full_text(ref)
```
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from labelwidget.content.blocks import (
    MAX_INLINE,
    Block,
    Document,
    DocumentsBlock,
    ErrorBlock,
    JsonPart,
    MediaPart,
    MessageBlock,
    Part,
    ReasoningPart,
    TextPart,
    ToolBlock,
    ToolDefinition,
    ToolDefinitionsBlock,
    TurnBlock,
    ValueBlock,
)
from labelwidget.content.conversation import Conversation
from labelwidget.content.drafts import (
    DocumentsDraft,
    Draft,
    ErrorDraft,
    MessageDraft,
    SpecsDraft,
    ToolDraft,
    TurnDraft,
    ValueDraft,
)
from labelwidget.content.json_text import decoded, json_text, printable
from labelwidget.content.media import media_bytes, media_part
from labelwidget.content.message import (
    Data,
    Media,
    Message,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from labelwidget.content.shapes.agents import mcp_parts
from labelwidget.content.shapes.parts import read_part, read_parts
from labelwidget.errors import NotFoundError, shown
from labelwidget.model import JsonValue, Trace

__all__ = [
    "INLINE_WHEN_LARGE",
    "MAX_BLOCKS",
    "MAX_DOCUMENTS",
    "MAX_INLINE_TOTAL",
    "MAX_LABEL",
    "Reading",
]

MAX_BLOCKS = 5_000
"""Most blocks of a conversation; a last one says how many more there are, to be read in Spans."""

MAX_DOCUMENTS = 500
"""Most documents of one retrieval; the last one says how many more there are."""

MAX_INLINE_TOTAL = 2_000_000
"""Characters sent with the blocks of one trace; beyond it texts carry only their beginning."""

INLINE_WHEN_LARGE = 1_000
"""Characters of one text that are still sent once `MAX_INLINE_TOTAL` is reached."""

MAX_LABEL = 500
"""Longest name, title or id in a block; the whole is in Spans."""

_MAX_ID_CHARS = 120
_LEAF = (str, int, float, bool)


class Reading:
    """The blocks of one trace, and what their refs stand for."""

    def __init__(self, trace: Trace) -> None:
        """Read the trace; pure, and the same for the same trace."""
        self._texts: dict[str, str] = {}
        self._media: dict[str, Media] = {}
        self._used: Counter[str] = Counter()
        self._inline = 0
        self._block_id = ""
        self._part = 0
        conversation = Conversation(trace)
        self.messages: list[Message] = conversation.messages
        drafts = conversation.drafts
        over = len(drafts) - MAX_BLOCKS
        self.blocks: list[Block] = [
            block for draft in drafts[:MAX_BLOCKS] for block in self._blocks(draft)
        ]
        if over > 0:
            title = f"{over:,} more parts are not drawn here; read them in Spans"
            self.blocks.append(TurnBlock(id="trace:turn:more", title=title))

    def full_text(self, ref: str) -> str:
        """The whole text of a part.

        Args:
            ref: As in the part.

        Returns:
            All of it.

        Raises:
            NotFoundError: No part has this ref.
        """
        try:
            return self._texts[ref]
        except KeyError:
            raise NotFoundError(
                f"The trace has no part {shown(ref)}. Read the blocks again: it may have changed."
            ) from None

    def media(self, ref: str) -> tuple[str, bytes]:
        """The bytes of an inline image or audio.

        Args:
            ref: As in the part.

        Returns:
            Media type and bytes.

        Raises:
            NotFoundError: No medium has this ref.
            InvalidValueError: Its bytes are not what may be shown.
        """
        try:
            found = self._media[ref]
        except KeyError:
            raise NotFoundError(
                f"The trace has no medium {shown(ref)}. Read the blocks again: it may have changed."
            ) from None
        return media_bytes(found)

    # -- blocks ----------------------------------------------------------------------------------

    def _blocks(self, draft: Draft) -> list[Block]:
        """One block, or for a value that holds messages these and the rest of it."""
        if not isinstance(draft, ValueDraft) or not draft.said:
            return [self._block(draft)]
        blocks: list[Block] = [self._message(said) for said in draft.said.values()]
        if isinstance(draft.value, dict):
            rest = {key: part for key, part in draft.value.items() if key not in draft.said}
            if rest:
                left = ValueDraft(
                    span_id=draft.span_id,
                    depth=draft.depth,
                    title=f"{draft.title} · other fields",
                    value=rest,
                )
                blocks.append(self._block(left))
        return blocks

    def _block(self, draft: Draft) -> Block:
        match draft:
            case MessageDraft():
                return self._message(draft)
            case ToolDraft():
                return self._tool(draft)
            case DocumentsDraft():
                return self._documents(draft)
            case ErrorDraft():
                return self._error(draft)
            case SpecsDraft():
                return self._specs(draft)
            case TurnDraft():
                return TurnBlock(
                    id=self._begin(draft, "turn"),
                    span_id=draft.span_id,
                    depth=draft.depth,
                    title=label(draft.title),
                    detail=label(draft.detail),
                )
            case ValueDraft():
                block_id = self._begin(draft, "value")
                title, value = draft.title, draft.value
                if isinstance(value, dict) and len(value) == 1:
                    key, only = next(iter(value.items()))
                    if isinstance(only, str) and only:  # a text reads better than JSON around it
                        title, value = f"{title} · {key}", only
                return ValueBlock(
                    id=block_id,
                    span_id=draft.span_id,
                    depth=draft.depth,
                    title=label(title),
                    parts=self._value(value),
                    final=draft.final,
                )

    def _begin(self, draft: Draft, kind: str) -> str:
        """The id of the block that begins: from its span, its kind and its place among these."""
        span = "trace" if draft.span_id is None else draft.span_id
        if len(span) > _MAX_ID_CHARS or not span.isascii():
            span = hashlib.sha256(span.encode("utf-8", "surrogatepass")).hexdigest()
        stem = f"{span}:{kind}"
        self._block_id = f"{stem}:{self._used[stem]}"
        self._used[stem] += 1
        self._part = 0
        return self._block_id

    def _message(self, draft: MessageDraft) -> MessageBlock:
        return MessageBlock(
            id=self._begin(draft, "message"),
            span_id=draft.span_id,
            depth=draft.depth,
            role=label(draft.role),
            name=label(draft.name),
            parts=self._parts(draft.parts, json_answers=draft.role == "assistant"),
            final=draft.final,
            folded=draft.folded,
            detail=label(draft.detail),
        )

    def _tool(self, draft: ToolDraft) -> ToolBlock:
        return ToolBlock(
            id=self._begin(draft, "tool"),
            span_id=draft.span_id,
            depth=draft.depth,
            name=label(draft.name),
            call_id=label(draft.call_id),
            arguments=self._arguments(draft.arguments),
            result=self._result(draft.result),
            answered=draft.answered,
            error=None if draft.error is None else self._short(draft.error),
            duration_ms=draft.duration_ms,
        )

    def _documents(self, draft: DocumentsDraft) -> DocumentsBlock:
        block_id = self._begin(draft, "documents")
        documents = [
            Document(
                rank=rank,
                doc_id=label(found.doc_id),
                source=label(found.source),
                score=found.score,
                parts=self._content(found.content, plain=False),
                metadata=self._json(found.metadata) if found.metadata else None,
            )
            for rank, found in enumerate(draft.documents[:MAX_DOCUMENTS], start=1)
        ]
        over = len(draft.documents) - MAX_DOCUMENTS
        if over > 0:
            note = f"{over:,} more documents are not drawn here; read them in Spans."
            documents.append(Document(rank=MAX_DOCUMENTS + 1, parts=[self._text(note, plain=True)]))
        query = draft.query
        return DocumentsBlock(
            id=block_id,
            span_id=draft.span_id,
            depth=draft.depth,
            name=label(draft.name),
            query=[] if query in (None, "", {}, []) else self._content(query, plain=False),
            documents=documents,
            duration_ms=draft.duration_ms,
        )

    def _error(self, draft: ErrorDraft) -> ErrorBlock:
        failure = draft.failure
        block_id = self._begin(draft, "error")
        trace = failure.stacktrace
        return ErrorBlock(
            id=block_id,
            span_id=draft.span_id,
            depth=draft.depth,
            error_type=label(failure.error_type),
            message=self._short(failure.message) or "The span ended in an error without a message.",
            stacktrace=self._text(trace, plain=True) if trace else None,
            where=label(draft.where),
        )

    def _specs(self, draft: SpecsDraft) -> ToolDefinitionsBlock:
        block_id = self._begin(draft, "tool_definitions")
        tools = [
            ToolDefinition(
                name=label(tool.name),
                description=self._short(tool.description),
                parameters=None if tool.parameters is None else self._json(tool.parameters),
            )
            for tool in draft.tools
        ]
        return ToolDefinitionsBlock(
            id=block_id, span_id=draft.span_id, depth=draft.depth, tools=tools
        )

    # -- parts -----------------------------------------------------------------------------------

    def _parts(self, parts: Iterable[MessagePart], *, json_answers: bool) -> list[Part]:
        found: list[Part] = []
        for part in parts:
            match part:
                case Text():
                    if json_answers and not part.plain and _is_json_answer(part.text):
                        found.append(self._json_of_text(part.text))
                    elif part.text:
                        found.append(
                            self._text(part.text, plain=part.plain, language=part.language)
                        )
                case Reasoning():
                    text, length, ref = self._bounded(part.text)
                    found.append(ReasoningPart(text=text, length=length, ref=ref))
                case Media():
                    found.append(self._media_part(part))
                case Data():
                    found.append(self._json(part.value))
                case ToolCall():  # inside a result: a call that no one carries out
                    found.append(self._json({"name": part.name, "arguments": part.arguments}))
                case ToolResult():
                    found.extend(self._result(part.value))
        return found

    def _arguments(self, value: JsonValue) -> list[Part]:
        inner = decoded(value)
        if inner in (None, "", {}, []):
            return []
        if isinstance(value, str):
            if isinstance(inner, (dict, list)):
                return [
                    self._json_of_text(value) if value.lstrip()[:1] != '"' else self._json(inner)
                ]
            return [self._text(value, plain=True)]  # not valid JSON: as the model wrote it
        return [self._json(value)]

    def _result(self, value: JsonValue) -> list[Part]:
        return self._content(value, plain=True)

    def _value(self, value: JsonValue) -> list[Part]:
        return self._content(value, plain=False)

    def _content(self, value: JsonValue, *, plain: bool) -> list[Part]:
        """A value that may be text, JSON inside text, content parts or any JSON."""
        if value is None:
            return []
        if isinstance(value, str):
            inner = decoded(value)
            if isinstance(inner, str):
                return [self._text(value, plain=plain)] if value else []
            parts = _content_parts(inner)
            if parts is not None:
                return self._parts(parts, json_answers=False)
            return [self._json_of_text(value) if value.lstrip()[:1] != '"' else self._json(inner)]
        parts = _content_parts(value)
        if parts is not None:
            return self._parts(
                [Text(p.text, plain=plain) if isinstance(p, Text) else p for p in parts],
                json_answers=False,
            )
        return [self._json(value)]

    def _text(self, text: str, *, plain: bool, language: str | None = None) -> TextPart:
        begin, length, ref = self._bounded(text)
        return TextPart(
            text=begin,
            format="plain" if plain else "markdown",
            language=label(language) if language else None,
            length=length,
            ref=ref,
        )

    def _json(self, value: JsonValue) -> JsonPart:
        return self._json_of_text(json_text(value))

    def _json_of_text(self, text: str) -> JsonPart:
        begin, length, ref = self._bounded(text.strip())
        return JsonPart(json_text=begin, length=length, ref=ref)

    def _media_part(self, media: Media) -> MediaPart:
        ref = self._next_ref()
        part = media_part(media, ref)
        if part.ref is not None:
            self._media[ref] = media
        return part

    def _short(self, text: str) -> str:
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
        self._texts[ref] = text
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
