"""OpenTelemetry GenAI parts and pydantic-ai's own: `{role, parts: [{type, content}]}`."""

from __future__ import annotations

from labelwidget.content.message import Media, Message, MessagePart, Text, ToolResult, tool_error
from labelwidget.content.shapes.fields import JsonObject, items, string, value_of
from labelwidget.content.shapes.parts import part, read_part, read_parts

__all__ = ["pydantic_message"]

_PYDANTIC_ROLES = {"system-prompt": "system", "user-prompt": "user", "tool-return": "tool"}


@part("tool_call_response", "tool-return", "retry-prompt", "builtin-tool-return")
def _response(value: JsonObject) -> MessagePart | None:
    if string(value, "part_kind") == "retry-prompt" and not string(value, "tool_name"):
        return Text(string(value, "content"))
    return ToolResult(
        string(value, "id", "tool_call_id"),
        string(value, "name", "tool_name"),
        value_of(value, "response", "result", "content"),
        error=tool_error(string(value, "part_kind") == "retry-prompt"),
    )


@part("builtin-tool-call", "server_tool_call")
def _server_call(value: JsonObject) -> MessagePart | None:
    inner = {**value, "type": "tool_call"}
    inner.pop("part_kind", None)
    return read_part(inner)


@part("server_tool_call_response")
def _server_response(value: JsonObject) -> MessagePart | None:
    answer = value_of(value, "server_tool_call_response", "response", "result")
    return ToolResult(string(value, "id"), string(value, "name"), answer)


@part("blob", "binary", "uri", "image-url", "audio-url", "document-url", "video-url")
def _media(value: JsonObject) -> MessagePart | None:
    kind = string(value, "type", "part_kind", "kind")
    mime = string(value, "mime_type", "media_type", "mimeType")
    modality = string(value, "modality") or kind.removesuffix("-url") or ""
    if modality not in ("image", "audio"):
        modality = mime.split("/", 1)[0]
    return Media(
        "image" if modality == "image" else "audio" if modality == "audio" else "file",
        mime=mime,
        name=string(value, "identifier", "name"),
        url=string(value, "uri", "url"),
        data=string(value, "content", "data", "blob"),
    )


@part("system-prompt", "user-prompt")
def _prompt(value: JsonObject) -> MessagePart | None:
    content = value.get("content")
    return Text(content) if isinstance(content, str) else None


def pydantic_message(value: JsonObject) -> list[Message]:
    """A `ModelRequest` or `ModelResponse` of pydantic-ai, which holds parts of several roles.

    Args:
        value: An object with `kind` and `parts`.

    Returns:
        One message a run of parts of one role; none when it is no such object.
    """
    kind = string(value, "kind")
    if kind not in ("request", "response") or not isinstance(value.get("parts"), list):
        return []
    found: list[Message] = []
    for entry in items(value["parts"]):
        if not isinstance(entry, dict):
            continue
        word = string(entry, "part_kind")
        role = "assistant" if kind == "response" else _PYDANTIC_ROLES.get(word, "user")
        parts = [read_part(entry)]
        if word == "user-prompt" and not isinstance(entry.get("content"), str):
            parts = read_parts(entry.get("content"))
        if found and found[-1].role == role == "assistant":
            parts = [*found.pop().parts, *parts]
        found.append(Message(role, tuple(parts)))
    return found
