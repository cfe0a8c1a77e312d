"""Where in a conversation something is said: the texts of its blocks, each by a short path.

A label on a range of text names the block, the text in it, and two offsets (`model.Anchor`). The paths are those of
js/src/blocks: `0` is the first part of a message, `arguments/0` that of a tool call, `2/0` that of the third document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labelwidget.content import blocks_from, full_text
from labelwidget.content.blocks import (
    Block,
    DocumentsBlock,
    ErrorBlock,
    JsonPart,
    MediaPart,
    MessageBlock,
    ReasoningPart,
    TextPart,
    ToolBlock,
    ValueBlock,
)
from labelwidget.model import Trace

__all__ = ["block_of", "text_in", "texts_of"]

_Text = TextPart | JsonPart | ReasoningPart | MediaPart


def block_of(trace: Trace, block_id: str) -> Block | None:
    """The block with this id, or None."""
    return next((block for block in blocks_from(trace, 0) if block.id == block_id), None)


def text_in(trace: Trace, block: Block, part: str) -> str | None:
    """A text of a block as it was written.

    Args:
        trace: Whose block it is.
        block: The block.
        part: The text's path, as in `Anchor.part`.

    Returns:
        All of it; None where the block has no such text.
    """
    found = _texts(block).get(part)
    match found:
        case None | MediaPart():
            return None
        case str():
            return found
        case JsonPart():
            return found.json_text if found.ref is None else full_text(trace, found.ref)
        case _:
            return found.text if found.ref is None else full_text(trace, found.ref)


def texts_of(trace: Trace, block: Block) -> Iterator[tuple[str, str]]:
    """The texts of a block by their paths, in reading order."""
    for part in _texts(block):
        text = text_in(trace, block, part)
        if text is not None:
            yield part, text


def _texts(block: Block) -> Mapping[str, _Text | str]:
    match block:
        case MessageBlock() | ValueBlock():
            return _numbered("", block.parts)
        case ToolBlock():
            error: dict[str, _Text | str] = {} if block.error is None else {"error": block.error}
            return (
                _numbered("arguments/", block.arguments)
                | _numbered("result/", block.result)
                | error
            )
        case DocumentsBlock():
            texts = _numbered("query/", block.query)
            for number, document in enumerate(block.documents):
                texts |= _numbered(f"{number}/", document.parts)
            return texts
        case ErrorBlock():
            return {"message": block.message}
        case _:
            return {}


def _numbered(prefix: str, parts: Sequence[_Text]) -> dict[str, _Text | str]:
    return {f"{prefix}{number}": part for number, part in enumerate(parts)}
