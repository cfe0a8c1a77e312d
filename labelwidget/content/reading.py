"""A trace read once: its blocks, and the whole of whatever the blocks only begin.

```
reading = Reading(trace)
reading.blocks
reading.full_text(ref)
```
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from labelwidget.content.blocks import (
    Block,
    Document,
    DocumentsBlock,
    ErrorBlock,
    MessageBlock,
    Part,
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
from labelwidget.content.media import media_bytes
from labelwidget.content.message import Message
from labelwidget.content.part_maker import PartMaker, label
from labelwidget.errors import NotFoundError, shown
from labelwidget.model import Trace

__all__ = [
    "MAX_BLOCKS",
    "MAX_DOCUMENTS",
    "Reading",
]

MAX_BLOCKS = 5_000
"""Most blocks of a conversation; a last one says how many more there are, to be read in Spans."""

MAX_DOCUMENTS = 500
"""Most documents of one retrieval; the last one says how many more there are."""

_MAX_ID_CHARS = 120


class Reading:
    """The blocks of one trace, and what their refs stand for."""

    def __init__(self, trace: Trace) -> None:
        """Read the trace; pure, and the same for the same trace."""
        self._make = PartMaker()
        self._used: Counter[str] = Counter()
        self._asked = ""
        conversation = Conversation(trace)
        self.messages: list[Message] = conversation.messages
        self._made: list[Block] = []
        self._making = self._make_all(conversation.drafts)
        self._lock = threading.Lock()

    @property
    def blocks(self) -> list[Block]:
        """All blocks."""
        for _ in self.from_block(0):
            pass
        return self._made

    def from_block(self, start: int) -> Iterator[Block]:
        """The blocks from `start` on, each made when it is first asked for."""
        index = start
        while self._has(index):
            yield self._made[index]
            index += 1

    def _has(self, index: int) -> bool:
        with self._lock:
            while len(self._made) <= index:
                block = next(self._making, None)
                if block is None:
                    return False
                self._made.append(block)
        return True

    def _make_all(self, drafts: Sequence[Draft]) -> Iterator[Block]:
        for draft in drafts[:MAX_BLOCKS]:
            yield from self._blocks(draft)
        over = len(drafts) - MAX_BLOCKS
        if over > 0:
            title = f"{over:,} more parts are not drawn here; read them in Spans"
            yield TurnBlock(id="trace:turn:more", title=title)

    def full_text(self, ref: str) -> str:
        """The whole text of a part.

        Args:
            ref: As in the part.

        Returns:
            All of it.

        Raises:
            NotFoundError: No part has this ref.
        """
        if ref not in self._make.texts:
            _ = self.blocks  # it may belong to a block that nobody asked for yet
        try:
            return self._make.texts[ref]
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
        if ref not in self._make.media:
            _ = self.blocks
        try:
            found = self._make.media[ref]
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
                    parts=self._make.content(value, plain=False),
                    final=draft.final,
                )

    def _begin(self, draft: Draft, kind: str) -> str:
        """The id of the block that begins: from its span, its kind and its place among these."""
        span = "trace" if draft.span_id is None else draft.span_id
        if len(span) > _MAX_ID_CHARS or not span.isascii():
            span = hashlib.sha256(span.encode("utf-8", "surrogatepass")).hexdigest()
        stem = f"{span}:{kind}"
        block_id = f"{stem}:{self._used[stem]}"
        self._used[stem] += 1
        self._make.begin(block_id)
        return block_id

    def _message(self, draft: MessageDraft) -> MessageBlock:
        block = MessageBlock(
            id=self._begin(draft, "message"),
            span_id=draft.span_id,
            depth=draft.depth,
            role=label(draft.role),
            name=label(draft.name),
            parts=self._make.parts(draft.parts, json_answers=draft.role == "assistant"),
            final=draft.final,
            folded=draft.folded,
            detail=label(draft.detail),
        )
        if draft.role == "user" and not draft.folded:
            self._asked = _only_text(block.parts)
        return block

    def _tool(self, draft: ToolDraft) -> ToolBlock:
        return ToolBlock(
            id=self._begin(draft, "tool"),
            span_id=draft.span_id,
            depth=draft.depth,
            name=label(draft.name),
            call_id=label(draft.call_id),
            arguments=self._make.arguments(draft.arguments),
            result=self._make.content(draft.result, plain=True),
            answered=draft.answered,
            error=None if draft.error is None else self._make.short(draft.error),
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
                parts=self._make.content(found.content, plain=False),
                metadata=self._make.json(found.metadata) if found.metadata else None,
            )
            for rank, found in enumerate(draft.documents[:MAX_DOCUMENTS], start=1)
        ]
        over = len(draft.documents) - MAX_DOCUMENTS
        if over > 0:
            note = f"{over:,} more documents are not drawn here; read them in Spans."
            documents.append(
                Document(rank=MAX_DOCUMENTS + 1, parts=[self._make.text(note, plain=True)])
            )
        query = draft.query
        if isinstance(query, str) and query.strip() == self._asked.strip():
            query = None  # the message right above says it
        return DocumentsBlock(
            id=block_id,
            span_id=draft.span_id,
            depth=draft.depth,
            name=label(draft.name),
            query=[] if query in (None, "", {}, []) else self._make.content(query, plain=False),
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
            message=self._make.short(failure.message)
            or "The span ended in an error without a message.",
            stacktrace=self._make.text(trace, plain=True) if trace else None,
            where=label(draft.where),
        )

    def _specs(self, draft: SpecsDraft) -> ToolDefinitionsBlock:
        block_id = self._begin(draft, "tool_definitions")
        tools = [
            ToolDefinition(
                name=label(tool.name),
                description=self._make.short(tool.description),
                parameters=None if tool.parameters is None else self._make.json(tool.parameters),
            )
            for tool in draft.tools
        ]
        return ToolDefinitionsBlock(
            id=block_id, span_id=draft.span_id, depth=draft.depth, tools=tools
        )


def _only_text(parts: list[Part]) -> str:
    """The text of a message that is nothing but one whole text, else empty."""
    if len(parts) == 1 and isinstance(parts[0], TextPart) and parts[0].ref is None:
        return parts[0].text
    return ""
