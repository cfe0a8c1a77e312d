"""The blocks that a person reads: what crosses to the browser instead of HTML.

A trace becomes a short list of these; the browser draws each with one component. Every block has an id that stays the
same when the trace is read again (anchors refer to it), and knows the span that it came from. Nothing is cut: a text
longer than `MAX_INLINE` characters carries its beginning and its full length, and the rest is asked for by `ref`.

JSON travels as text, not as parsed values: key order, big integers and duplicate-looking keys survive, and the browser
draws the tree from the text itself.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "MAX_INLINE",
    "Block",
    "Document",
    "DocumentsBlock",
    "ErrorBlock",
    "HtmlPart",
    "ImagePart",
    "JsonPart",
    "MediaPart",
    "MessageBlock",
    "Part",
    "ReasoningPart",
    "RenderBlock",
    "RenderPart",
    "TablePart",
    "TextPart",
    "ToolBlock",
    "ToolDefinition",
    "ToolDefinitionsBlock",
    "TurnBlock",
    "ValueBlock",
]

MAX_INLINE = 20_000
"""Characters of one text that are sent with its block; the browser asks for the rest."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextPart(_Content):
    """Text as a person or model wrote it.

    Attributes:
        text: The beginning, up to `MAX_INLINE` characters; all of it when `length` is its length.
        format: `markdown` for models and people, `plain` for tool output, logs and code.
        language: For plain text that is code: its language, or None.
        length: Characters of the whole text.
        ref: Asks for the whole text (`text` message) when it is longer than `text`; else None.
    """

    kind: Literal["text"] = "text"
    text: str
    format: Literal["markdown", "plain"] = "markdown"
    language: str | None = None
    length: int
    ref: str | None = None


class JsonPart(_Content):
    """A JSON value as text (compact or as the source wrote it, key order kept).

    Attributes:
        json_text: Valid JSON up to `MAX_INLINE` characters, else its beginning (then drawn as plain text until asked for).
        length: Characters of the whole.
        ref: As in `TextPart`.
    """

    kind: Literal["json"] = "json"
    json_text: str
    length: int
    ref: str | None = None


class ReasoningPart(_Content):
    """What a model thought before it answered; folded at first."""

    kind: Literal["reasoning"] = "reasoning"
    text: str
    length: int
    ref: str | None = None


class MediaPart(_Content):
    """An image, audio or file, never loaded by itself.

    Attributes:
        media: What it is.
        mime: Media type, or empty when unknown.
        name: File name or description, or empty.
        size: Bytes when inline, else None.
        host: For a remote one: the host of its address, shown to the reader; else empty.
        url: For a remote one: the address as text (shown, never loaded by itself); else empty.
        ref: For inline bytes of an allowed raster image or audio: asks for them (`media` message); else None.
    """

    kind: Literal["media"] = "media"
    media: Literal["image", "audio", "file"]
    mime: str = ""
    name: str = ""
    size: int | None = None
    host: str = ""
    url: str = ""
    ref: str | None = None


Part = Annotated[TextPart | JsonPart | ReasoningPart | MediaPart, Field(discriminator="kind")]


class _Block(_Content):
    id: str
    span_id: str | None = None
    depth: int = 0


class MessageBlock(_Block):
    """A chat message.

    Attributes:
        role: `system`, `user`, `assistant`, `tool`, or another word of the source.
        name: The speaker's name where one is given (an agent's, a tool's).
        parts: In order; empty for a message with no content (said as "empty").
        final: The answer of the whole trace.
        folded: Shown as one line at first (system prompts).
        detail: A quiet line beside the role, for example the model or "refusal".
    """

    kind: Literal["message"] = "message"
    role: str
    name: str = ""
    parts: list[Part]
    final: bool = False
    folded: bool = False
    detail: str = ""


class ToolBlock(_Block):
    """A tool call joined with its result.

    Attributes:
        name: The tool.
        call_id: The model's id for the call, or empty.
        arguments: Usually one JSON part; text when the arguments are not valid JSON; empty when there were none.
        result: Empty while unanswered.
        answered: Whether a result was found.
        error: What went wrong, or None.
        duration_ms: Of the tool's span, or None.
    """

    kind: Literal["tool"] = "tool"
    name: str
    call_id: str = ""
    arguments: list[Part]
    result: list[Part] = Field(default_factory=list[Part])
    answered: bool = True
    error: str | None = None
    duration_ms: float | None = None


class Document(_Content):
    """A retrieved document.

    Attributes:
        rank: 1-based, as retrieved.
        doc_id: The source's id, or empty.
        source: Where it is from (URI, path or title), or empty.
        score: Similarity or relevance, or None.
        parts: Its content.
        metadata: The rest as JSON, or None.
    """

    rank: int
    doc_id: str = ""
    source: str = ""
    score: float | None = None
    parts: list[Part]
    metadata: JsonPart | None = None


class DocumentsBlock(_Block):
    """The documents of one retrieval.

    Attributes:
        name: The retriever's name.
        query: What was asked, empty when unknown.
        documents: In order of rank; may be empty ("no documents").
        duration_ms: Of the span, or None.
    """

    kind: Literal["documents"] = "documents"
    name: str
    query: list[Part] = Field(default_factory=list[Part])
    documents: list[Document]
    duration_ms: float | None = None


class ErrorBlock(_Block):
    """An error where it happened.

    Attributes:
        error_type: The exception's class, or empty.
        message: What it said.
        stacktrace: Folded at first; None when there is none.
        where: The span's name.
    """

    kind: Literal["error"] = "error"
    error_type: str = ""
    message: str
    stacktrace: TextPart | None = None
    where: str = ""


class ValueBlock(_Block):
    """An input or output that is no chat: text, JSON or a scalar, under a heading.

    Attributes:
        title: `Input`, `Output`, or a span's name.
        parts: The value.
        final: The answer of the whole trace.
    """

    kind: Literal["value"] = "value"
    title: str
    parts: list[Part]
    final: bool = False


class ToolDefinition(_Content):
    """A tool that the model could have called."""

    name: str
    description: str = ""
    parameters: JsonPart | None = None


class ToolDefinitionsBlock(_Block):
    """The tools that the model was offered; one folded line at first."""

    kind: Literal["tool_definitions"] = "tool_definitions"
    tools: list[ToolDefinition]


class TurnBlock(_Block):
    """The start of a sub-agent, a turn or a branch: a heading.

    Attributes:
        title: For example the agent's name.
        detail: A quiet line beside it.
    """

    kind: Literal["turn"] = "turn"
    title: str
    detail: str = ""


class TablePart(_Content):
    """A table of texts, made by a user's own view.

    Attributes:
        columns: Their names.
        rows: The cells of the first rows, as text.
        total: How many rows there are in all.
    """

    kind: Literal["table"] = "table"
    columns: list[str]
    rows: list[list[str]]
    total: int


class ImagePart(_Content):
    """An image made in Python by a user's own view, shown at once.

    Attributes:
        mime: `image/png`, `image/jpeg`, `image/gif` or `image/webp`, as the first bytes say.
        data: The bytes in base64.
    """

    kind: Literal["image"] = "image"
    mime: str
    data: str


class HtmlPart(_Content):
    """HTML of a user's own view. It is shown in a frame without scripts, network or the page's origin, and only there.

    Attributes:
        html: A document or a piece of one.
        height: Of the frame, in pixels.
    """

    kind: Literal["html"] = "html"
    html: str
    height: int


RenderPart = Annotated[
    TextPart | JsonPart | TablePart | ImagePart | HtmlPart, Field(discriminator="kind")
]


class RenderBlock(_Block):
    """A part drawn by the user's own view (`@session.render`).

    Attributes:
        title: What it shows.
        parts: What the view gave.
        error: Why the view failed; the default blocks then follow.
    """

    kind: Literal["render"] = "render"
    title: str
    parts: list[RenderPart]
    error: str | None = None


Block = Annotated[
    MessageBlock
    | ToolBlock
    | DocumentsBlock
    | ErrorBlock
    | ValueBlock
    | ToolDefinitionsBlock
    | TurnBlock
    | RenderBlock,
    Field(discriminator="kind"),
]
