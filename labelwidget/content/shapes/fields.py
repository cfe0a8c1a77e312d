"""Reading fields of JSON objects that may be missing, null or of another type."""

from __future__ import annotations

from labelwidget.model import JsonValue

__all__ = ["JsonObject", "items", "mapping", "role_of", "string", "value_of"]

JsonObject = dict[str, JsonValue]

_ROLES = {
    "ai": "assistant",
    "aimessage": "assistant",
    "assistantmessage": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "function": "tool",
    "human": "user",
    "humanmessage": "user",
    "model": "assistant",
    "systemmessage": "system",
    "toolmessage": "tool",
    "usermessage": "user",
}


def string(value: JsonObject, *keys: str) -> str:
    """The first non-empty string under one of the keys, or empty."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
    return ""


def value_of(value: JsonObject, *keys: str) -> JsonValue:
    """The first value under one of the keys that is not null, or None."""
    for key in keys:
        found = value.get(key)
        if found is not None:
            return found
    return None


def mapping(value: JsonValue) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: JsonValue) -> list[JsonValue]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def role_of(word: str) -> str:
    """A source's word for a role in the words of `Message`; unknown words stay."""
    lower = word.strip().lower()
    lower = lower.rsplit(".", 1)[-1]  # "MessageRole.USER"
    lower = lower.removesuffix("chunk")
    return _ROLES.get(lower, lower)
