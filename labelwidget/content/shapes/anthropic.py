"""Anthropic messages: content blocks, and the system prompt outside the messages."""

from __future__ import annotations

from labelwidget.content.message import (
    Media,
    Message,
    MessagePart,
    Text,
    ToolCall,
    ToolResult,
    tool_error,
)
from labelwidget.content.shapes.fields import JsonObject, mapping, string, value_of
from labelwidget.content.shapes.gemini import content_messages
from labelwidget.content.shapes.parts import part, read_part

__all__ = ["system_messages"]

# Anthropic, Bedrock and Vercel say `system`; the Responses API `instructions`; Gemini and OTel the
# rest. The form is the same everywhere: text, or parts.
_SYSTEM = (
    "system",
    "instructions",
    "system_instruction",
    "systemInstruction",
    "system_instructions",
)


def system_messages(value: JsonObject, used: set[str]) -> list[Message]:
    """The system prompt that stands outside the messages.

    Args:
        value: The object that holds the messages, or its settings.
        used: Takes the keys that were read.

    Returns:
        One message a prompt; none when there is none.
    """
    found: list[Message] = []
    for key in _SYSTEM:
        content = value.get(key)
        if content and isinstance(content, (str, list, dict)):
            found.extend(content_messages(content, "system"))
            used.add(key)
    return [message for message in found if message.parts]


@part("tool_use", "server_tool_use", "mcp_tool_use", "tool_call", "tool-call")
def _tool_use(value: JsonObject) -> MessagePart | None:
    inner = mapping(value_of(value, "function", "tool_call"))
    name = string(value, "name", "toolName", "tool_name") or string(inner, "name")
    if not name:
        return None
    arguments = value_of(value, "input", "arguments", "args", "tool_input")
    if arguments is None:
        arguments = value_of(inner, "arguments", "args")
    return ToolCall(name, arguments, string(value, "id", "toolCallId", "tool_call_id", "call_id"))


@part(
    "tool_result",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "mcp_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
)
def _tool_result(value: JsonObject) -> MessagePart | None:
    return ToolResult(
        string(value, "tool_use_id", "tool_call_id", "id"),
        string(value, "name"),
        value_of(value, "content", "output", "result"),
        error=tool_error(value.get("is_error")),
    )


@part("image", "document", "audio", "video")
def _media(value: JsonObject) -> MessagePart | None:
    kind = string(value, "type")
    media = "image" if kind == "image" else "audio" if kind == "audio" else "file"
    source = value_of(value, "source", "image", "audio", "document", "file")
    name = string(value, "title", "filename", "name")
    mime = string(value, "mediaType", "mimeType", "mime_type", "media_type")
    if isinstance(source, str):
        address = source[:40]
        remote = "://" in address or address.startswith("data:")
        return Media(media, mime, name, url=source if remote else "", data="" if remote else source)
    inner = mapping(source)
    if string(inner, "type") == "text":
        return Text(string(inner, "data"), plain=True)
    if string(inner, "type") == "content":
        return read_part(inner.get("content"))
    found = inner or value
    nested = mapping(found.get("source"))  # Bedrock: {"image": {"format": "png", "source": {…}}}
    return Media(
        media,
        mime or string(found, "media_type", "mime_type", "mimeType"),
        name or string(found, "filename", "name"),
        url=string(found, "url", "file_id", "uri", "image_url"),
        data=string(found, "data", "base64", "image", "content") or string(nested, "bytes"),
    )
