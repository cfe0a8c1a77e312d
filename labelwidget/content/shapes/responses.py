"""OpenAI Responses API: typed items in one list, from `input` and `output`."""

from __future__ import annotations

from labelwidget.content.message import (
    Data,
    Message,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    tool_error,
)
from labelwidget.content.shapes.fields import JsonObject, items, mapping, role_of, string, value_of
from labelwidget.content.shapes.parts import part, read_parts

__all__ = ["ITEM_TYPES", "response_item"]

_CALLS = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "mcp_call": "arguments",
    "computer_call": "action",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
    "code_interpreter_call": "code",
    "file_search_call": "queries",
    "web_search_call": "action",
    "image_generation_call": "revised_prompt",
}
# Hosted tools carry their result in the call itself, under one of these.
_OWN_RESULTS = ("output", "outputs", "results", "result", "error")
_OUTPUTS = frozenset(
    {
        "function_call_output",
        "custom_tool_call_output",
        "computer_call_output",
        "local_shell_call_output",
        "shell_call_output",
        "apply_patch_call_output",
    }
)
ITEM_TYPES = frozenset({*_CALLS, *_OUTPUTS, "message", "reasoning", "mcp_list_tools"})
"""Words in `type` that make an object an item of the Responses API."""


def response_item(value: JsonObject, role: str) -> Message | None:
    """One item of a Responses list.

    Args:
        value: An object with `type`.
        role: Whose it is when it does not say so.

    Returns:
        A message, or None when the type is not one of `ITEM_TYPES`.
    """
    kind = string(value, "type")
    if kind == "message":
        if "content" not in value:
            return None
        parts = read_parts(value["content"])
        return Message(role_of(string(value, "role") or role), tuple(parts))
    if kind == "reasoning":
        return _reasoning(value)
    if kind in _CALLS:
        return _call(value, kind)
    if kind in _OUTPUTS:
        output = value_of(value, "output", "result")
        return Message("tool", (ToolResult(string(value, "call_id", "id"), value=output),))
    if kind == "mcp_list_tools":
        return Message("assistant", (Data(value),), detail="tools of a server")
    return None


def _reasoning(value: JsonObject) -> Message | None:
    texts: list[str] = []
    for key in ("summary", "content", "text"):
        found = value.get(key)
        if isinstance(found, str):
            texts.append(found)
        texts.extend(string(mapping(entry), "text") for entry in items(found))
    text = "\n\n".join(text for text in texts if text)
    # An encrypted or empty thought is nothing to read; it stays in the raw view.
    return Message("assistant", (Reasoning(text),)) if text else Message("assistant", ())


def _call(value: JsonObject, kind: str) -> Message:
    call_id = string(value, "call_id", "id")
    name = string(value, "name") or kind.removesuffix("_call")
    parts: list[MessagePart] = [
        ToolCall(name, value_of(value, _CALLS[kind], "arguments", "input"), call_id)
    ]
    if kind not in ("function_call", "custom_tool_call"):
        result = value_of(value, *_OWN_RESULTS)
        if result is not None:
            parts.append(ToolResult(call_id, name, result, error=tool_error(value.get("error"))))
    return Message("assistant", tuple(parts))


@part("reasoning_text", "reasoning", "thinking", "redacted_thinking", "thinking_delta")
def _thought(value: JsonObject) -> MessagePart | None:
    text = string(value, "text", "thinking", "reasoning", "content", "reasoningText", "summary")
    if not text:
        inner = mapping(value_of(value, "reasoning_content", "reasoningText"))
        text = string(inner, "text")
    if not text and isinstance(value.get("summary"), list):
        text = "\n\n".join(string(mapping(entry), "text") for entry in items(value["summary"]))
    return Reasoning(text) if text else None


@part("code", "executable_code")
def _code(value: JsonObject) -> MessagePart | None:
    text = string(value, "code", "text", "content")
    language = string(value, "language", "lang").lower() or None
    return Text(text, plain=True, language=language) if text else None
