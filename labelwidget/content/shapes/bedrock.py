"""Amazon Bedrock Converse: parts that are told apart by their key."""

from __future__ import annotations

from labelwidget.content.message import (
    Message,
    MessagePart,
    Reasoning,
    ToolCall,
    ToolResult,
    tool_error,
)
from labelwidget.content.shapes.fields import JsonObject, mapping, role_of, string, value_of
from labelwidget.content.shapes.parts import keyed_part, read_part, read_parts

__all__ = ["converse_messages"]


def converse_messages(value: JsonObject) -> list[Message]:
    """The answer of Converse: `{"output": {"message": {…}}}`.

    Args:
        value: An object of the source.

    Returns:
        The message, or none.
    """
    message = mapping(mapping(value.get("output")).get("message"))
    if not isinstance(message.get("content"), list):
        return []
    role = role_of(string(message, "role") or "assistant")
    return [Message(role, tuple(read_parts(message["content"])))]


@keyed_part("toolUse")
def _call(value: JsonObject) -> MessagePart | None:
    call = mapping(value["toolUse"])
    name = string(call, "name")
    return ToolCall(name, call.get("input"), string(call, "toolUseId")) if name else None


@keyed_part("toolResult")
def _result(value: JsonObject) -> MessagePart | None:
    result = mapping(value["toolResult"])
    return ToolResult(
        string(result, "toolUseId"),
        value=value_of(result, "content"),
        error=tool_error(string(result, "status") == "error"),
    )


@keyed_part("reasoningContent")
def _reasoning(value: JsonObject) -> MessagePart | None:
    found = mapping(value["reasoningContent"])
    text = string(mapping(found.get("reasoningText")), "text")
    return Reasoning(text) if text else None


@keyed_part("image", "document", "video", "audio")
def _media(value: JsonObject) -> MessagePart | None:
    for kind in ("image", "document", "video", "audio"):
        found = mapping(value.get(kind))
        if found:
            word = string(found, "format")
            mime = f"{kind}/{word}" if kind in ("image", "audio", "video") and word else ""
            return read_part({"type": kind, kind: found, "mime_type": mime, **_name(found)})
    return None


def _name(found: JsonObject) -> JsonObject:
    return {"name": found["name"]} if "name" in found else {}
