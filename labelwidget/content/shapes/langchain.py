"""LangChain: messages by `type`, in plain, `data` and serialised (`lc`, `kwargs`) form."""

from __future__ import annotations

from labelwidget.content.message import Message, MessagePart, Text, ToolResult, ToolSpec
from labelwidget.content.shapes.fields import JsonObject, items, mapping, role_of, string, value_of
from labelwidget.content.shapes.openai_chat import role_message

__all__ = ["generation_messages", "langchain_message"]

_TYPES = frozenset(
    {
        "human",
        "ai",
        "system",
        "tool",
        "function",
        "developer",
        "chat",
        "user",
        "assistant",
    }
)


def langchain_message(value: JsonObject) -> Message | ToolSpec | None:
    """A message of LangChain in any of its serialised forms, or None when it is none.

    Args:
        value: An object of the source.

    Returns:
        The message.
    """
    if "lc" in value and isinstance(value.get("kwargs"), dict):
        path = items(value.get("id"))
        last = path[-1] if path else ""
        name = last if isinstance(last, str) else ""
        kwargs = mapping(value["kwargs"])
        if "content" not in kwargs:
            return None
        return _message(kwargs, string(kwargs, "type") or name)
    kind = string(value, "type")
    word = kind.removesuffix("MessageChunk").removesuffix("Message").lower()
    if word not in _TYPES:
        return None
    data = value.get("data")
    if isinstance(data, dict) and "content" in data:
        return _message(data, kind)
    if "content" in value:
        return _message(value, kind)
    return None


def _message(value: JsonObject, kind: str) -> Message | ToolSpec | None:
    word = kind.removesuffix("Chunk").removesuffix("Message")
    role = role_of(word)
    if role == "chat":
        role = role_of(string(value, "role") or "user")
    found: JsonObject = {**value, "role": role}
    # Our reader knows the message's own id as the call's id only where no other is given.
    found.pop("id", None)
    return role_message(found)


def generation_messages(value: JsonObject) -> list[Message]:
    """The answers of an `LLMResult` (`generations`), chat or text.

    Args:
        value: An object with `generations`.

    Returns:
        One message a generation.
    """
    found: list[Message] = []
    rows = items(value.get("generations"))
    for row in rows:
        for entry in row if isinstance(row, list) else [row]:
            generation = mapping(entry)
            message = _inner(generation)
            if message is not None:
                found.append(message)
    return found


def _inner(generation: JsonObject) -> Message | None:
    inner = mapping(generation.get("message"))
    message = langchain_message(inner) or (role_message(inner) if inner else None)
    if isinstance(message, Message):
        return message
    if isinstance(generation.get("text"), str):
        return Message("assistant", (Text(string(generation, "text")),))
    return None


def tool_output(value: JsonObject) -> MessagePart | None:
    """The result in a serialised tool message, which LangChain tools return."""
    message = langchain_message(value)
    if isinstance(message, Message):
        return next((part for part in message.parts if isinstance(part, ToolResult)), None)
    if string(value, "role") == "tool":
        found = role_message(value)
        if isinstance(found, Message) and found.tool_results:
            return found.tool_results[0]
    return None


def prompts(value: JsonObject) -> list[Message]:
    """The prompts of a completion model (`prompts`), which LangChain formats as one text each."""
    return [
        Message("user", (Text(text),))
        for text in items(value_of(value, "prompts"))
        if isinstance(text, str)
    ]
