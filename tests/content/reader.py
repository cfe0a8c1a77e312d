"""Blocks as lines of text, so that a test can say what a reader sees."""

from __future__ import annotations

from collections.abc import Iterable

from labelwidget.content import full_text, to_blocks
from labelwidget.content.blocks import (
    Block,
    DocumentsBlock,
    ErrorBlock,
    JsonPart,
    MediaPart,
    MessageBlock,
    Part,
    ToolBlock,
    ToolDefinitionsBlock,
    TurnBlock,
    ValueBlock,
)
from labelwidget.model import Trace


def part_text(part: Part, trace: Trace | None = None) -> str:
    """The whole text of a part, asked for by its ref where it is long."""
    if isinstance(part, MediaPart):
        return f"[{part.media} {part.mime} {part.name} {part.host}{part.url}]"
    if part.ref is not None and trace is not None:
        return full_text(trace, part.ref)
    return part.json_text if isinstance(part, JsonPart) else part.text


def parts_text(parts: Iterable[Part], trace: Trace | None = None) -> str:
    return " ¶ ".join(part_text(part, trace) for part in parts)


def line(block: Block, trace: Trace | None = None) -> str:
    """One block on one line: what it is, its marks, its content."""
    match block:
        case MessageBlock():
            marks = " folded" * block.folded + " final" * block.final
            text = f"{block.role}{marks}: {parts_text(block.parts, trace)}"
        case ToolBlock():
            answer = parts_text(block.result, trace) if block.answered else "unanswered"
            text = f"tool {block.name}({parts_text(block.arguments, trace)}) -> {answer}"
            text += f" !{block.error}" if block.error else ""
        case DocumentsBlock():
            found = "; ".join(
                f"{d.rank} {d.doc_id}@{d.source} {parts_text(d.parts, trace)}"
                for d in block.documents
            )
            text = f"documents {block.name}({parts_text(block.query, trace)}): {found}"
        case ErrorBlock():
            text = f"error {block.where}: {block.error_type}: {block.message}"
        case ValueBlock():
            text = f"{block.title}{' final' * block.final}: {parts_text(block.parts, trace)}"
        case ToolDefinitionsBlock():
            text = "tools: " + ", ".join(tool.name for tool in block.tools)
        case TurnBlock():
            text = f"# {block.title}"
        case _:
            text = block.kind
    return "  " * block.depth + text


def read(trace: Trace) -> list[str]:
    """All blocks, one line each."""
    return [line(block, trace) for block in to_blocks(trace)]
