"""Blocks in the making: what the walk over the spans fills in bit by bit before it is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelwidget.content.documents import FoundDocument
from labelwidget.content.failures import Failure
from labelwidget.content.message import MessagePart, ToolSpec
from labelwidget.model import JsonValue

__all__ = [
    "DocumentsDraft",
    "Draft",
    "ErrorDraft",
    "MessageDraft",
    "SpecsDraft",
    "ToolDraft",
    "TurnDraft",
    "ValueDraft",
]


@dataclass(slots=True, kw_only=True, eq=False)
class _Draft:
    span_id: str | None = None
    depth: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class MessageDraft(_Draft):
    """Becomes a `MessageBlock`."""

    role: str
    parts: Sequence[MessagePart]
    name: str = ""
    detail: str = ""
    folded: bool = False
    final: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class ToolDraft(_Draft):
    """Becomes a `ToolBlock`.

    Attributes:
        result_from_span: The result is what the tool's span recorded, so that what the model was
            told may still take its place.
        has_span: A TOOL span was joined.
    """

    name: str
    call_id: str = ""
    arguments: JsonValue = None
    result: JsonValue = None
    answered: bool = False
    error: str | None = None
    duration_ms: float | None = None
    result_from_span: bool = False
    has_span: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class DocumentsDraft(_Draft):
    """Becomes a `DocumentsBlock`."""

    name: str
    query: JsonValue = None
    documents: list[FoundDocument] = field(default_factory=list[FoundDocument])
    duration_ms: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class ErrorDraft(_Draft):
    """Becomes an `ErrorBlock`."""

    failure: Failure
    where: str


@dataclass(slots=True, kw_only=True, eq=False)
class ValueDraft(_Draft):
    """Becomes a `ValueBlock`, or what of it turned out to be messages and a block of the rest.

    Attributes:
        said: By key, the messages that hold the same text as a field (key empty: as the whole).
    """

    title: str
    value: JsonValue
    final: bool = False
    said: dict[str, MessageDraft] = field(default_factory=dict[str, MessageDraft])


@dataclass(slots=True, kw_only=True, eq=False)
class SpecsDraft(_Draft):
    """Becomes a `ToolDefinitionsBlock`."""

    tools: list[ToolSpec]


@dataclass(slots=True, kw_only=True, eq=False)
class TurnDraft(_Draft):
    """Becomes a `TurnBlock`."""

    title: str
    detail: str = ""


Draft = MessageDraft | ToolDraft | DocumentsDraft | ErrorDraft | ValueDraft | SpecsDraft | TurnDraft
