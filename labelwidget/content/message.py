"""The normal form of a chat message: one shape for what some twenty sources write in as many.

```
Message("assistant", (Text("Let me look."), ToolCall("get_weather", {"city": "Paris"}, "call_1")))
Message("tool", (ToolResult("call_1", value={"temp": 18}),))
```

Parts keep the order of the source. Arguments and results stay as they were written (often JSON
inside a string): decoding them is a matter of display.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from labelwidget.model import JsonValue

__all__ = [
    "Data",
    "Media",
    "Message",
    "MessagePart",
    "Reasoning",
    "Text",
    "ToolCall",
    "ToolResult",
    "ToolSpec",
    "tool_error",
]


@dataclass(frozen=True, slots=True)
class Text:
    """Text that somebody wrote.

    Attributes:
        text: The text.
        plain: True for code, logs and tool output, which are not Markdown.
        language: For code: its language.
    """

    text: str
    plain: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thought before it answered."""

    text: str


@dataclass(frozen=True, slots=True)
class Media:
    """An image, audio or file.

    Attributes:
        media: What it is.
        mime: Media type, or empty.
        name: File name or description, or empty.
        url: Address, or empty; never loaded.
        data: Base64 text when the bytes are inline, else empty.
    """

    media: Literal["image", "audio", "file"]
    mime: str = ""
    name: str = ""
    url: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    """A JSON value that is no text, or a part of a kind that is not known."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool.

    Attributes:
        name: The tool.
        arguments: As the source has them: usually an object, or JSON in a string.
        id: The model's id for the call, or empty.
    """

    name: str
    arguments: JsonValue = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back.

    Attributes:
        id: The id of the call that it answers, or empty.
        name: The tool, or empty.
        value: As the source has it: text, content parts, or any JSON.
        error: What the source says went wrong, or empty.
    """

    id: str = ""
    name: str = ""
    value: JsonValue = None
    error: str = ""


def tool_error(failed: object) -> str:
    """What is said of a failed tool when the source says only that it failed; else empty."""
    return "The tool reported an error." if failed else ""


MessagePart = Text | Reasoning | Media | Data | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model was offered.

    Attributes:
        name: The tool.
        description: What the model was told about it.
        parameters: JSON schema of its arguments, or None.
    """

    name: str
    description: str = ""
    parameters: JsonValue = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        role: `system`, `developer`, `user`, `assistant`, `tool`, or another word of the source.
        parts: In the order of the source.
        name: The speaker's name, or empty.
        detail: A quiet word about it, for example `refusal`.
    """

    role: str
    parts: tuple[MessagePart, ...] = ()
    name: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """All text parts, one under the other."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls in this message."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The results in this message."""
        return tuple(part for part in self.parts if isinstance(part, ToolResult))

    @property
    def tool_call_id(self) -> str:
        """The id of the call that this message answers, or empty."""
        return next((part.id for part in self.parts if isinstance(part, ToolResult)), "")
