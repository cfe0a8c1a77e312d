"""AutoGen, Haystack, LlamaIndex and OpenInference: messages in words of their own."""

from __future__ import annotations

from labelwidget.content.message import Message, MessagePart, Text, ToolResult, ToolSpec, tool_error
from labelwidget.content.shapes.fields import JsonObject, items, mapping, role_of, string, value_of
from labelwidget.content.shapes.openai_chat import role_message
from labelwidget.content.shapes.parts import keyed_part, read_part, read_parts
from labelwidget.content.shapes.tool_calls import read_call, read_calls

__all__ = ["autogen_message", "autogen_response", "wrapped_message"]

_AUTOGEN_ROLES = {
    "SystemMessage": "system",
    "UserMessage": "user",
    "AssistantMessage": "assistant",
    "FunctionExecutionResultMessage": "tool",
    "ToolCallExecutionEvent": "tool",
    "ToolCallExecutionMessage": "tool",
}


def autogen_message(value: JsonObject) -> Message | None:
    """A message or event of AutoGen: `type`, `source`, `content`; else None.

    Args:
        value: An object of the source.

    Returns:
        The message; the source's name is its speaker.
    """
    kind = string(value, "type")
    source = string(value, "source")
    if not kind.endswith(("Message", "Event")) or "content" not in value:
        return None
    if kind not in _AUTOGEN_ROLES and not source:
        return None
    role = _AUTOGEN_ROLES.get(kind) or ("user" if source == "user" else "assistant")
    parts: list[MessagePart] = []
    content = value["content"]
    for entry in content if isinstance(content, list) else [content]:
        inner = mapping(entry)
        if role == "tool" and inner:
            call_id, name = string(inner, "call_id", "id"), string(inner, "name")
            failed = tool_error(inner.get("is_error"))
            parts.append(ToolResult(call_id, name, inner.get("content"), error=failed))
        elif inner and string(inner, "name") and "arguments" in inner:
            parts.extend(read_calls([entry]))
        elif entry is not None:
            parts.append(read_part(entry))
    thought = string(value, "thought")
    if thought:
        parts.insert(0, Text(thought))
    return Message(role, tuple(parts), name="" if role == "user" else source)


def wrapped_message(value: JsonObject) -> Message | ToolSpec | None:
    """A message inside an object: OpenInference's `message`, LlamaIndex's `ChatResponse`.

    Args:
        value: An object of the source.

    Returns:
        The message, or None.
    """
    inner = mapping(value.get("message"))
    if not string(inner, "role"):
        return None
    return role_message({**inner, "role": role_of(string(inner, "role"))})


def autogen_response(value: JsonObject) -> list[Message]:
    """A `Response` of AutoGen: what the agent thought and called, then what it says.

    Args:
        value: An object with `chat_message` and perhaps `inner_messages`.

    Returns:
        The messages in order.
    """
    entries = [*items(value.get("inner_messages")), value.get("chat_message")]
    read = (autogen_message(mapping(entry)) for entry in entries)
    return [message for message in read if message is not None]


@keyed_part("tool_call")
def _haystack_call(value: JsonObject) -> MessagePart | None:
    return read_call(value["tool_call"])


@keyed_part("tool_call_result")
def _haystack_result(value: JsonObject) -> MessagePart | None:
    found = mapping(value["tool_call_result"])
    origin = mapping(found.get("origin"))
    return ToolResult(
        string(origin, "id"),
        string(origin, "tool_name"),
        found.get("result"),
        error=tool_error(found.get("error")),
    )


@keyed_part("message_content")
def _message_content(value: JsonObject) -> MessagePart | None:
    inner = mapping(value["message_content"])
    image = mapping(mapping(inner.get("image")).get("image") or inner.get("image"))
    if string(image, "url"):
        return read_part({"type": "image_url", "image_url": string(image, "url")})
    return read_part(inner) if inner else None


@keyed_part("message_content.text")
def _flat_text(value: JsonObject) -> MessagePart | None:
    return Text(string(value, "message_content.text"))


@keyed_part("message_content.image.image.url")
def _flat_image(value: JsonObject) -> MessagePart | None:
    return read_part(
        {"type": "image_url", "image_url": string(value, "message_content.image.image.url")}
    )


def mcp_parts(value: JsonObject) -> list[MessagePart] | None:
    """The parts of a tool result as the Model Context Protocol and Anthropic write it.

    Args:
        value: An object with `content` that is a list of typed parts.

    Returns:
        The parts, or None when it is no such object.
    """
    content = items(value_of(value, "content"))
    if not content or not all(string(mapping(entry), "type") for entry in content):
        return None
    return read_parts(content)
