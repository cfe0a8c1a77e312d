"""Vercel AI SDK: core message parts (`tool-call`, `tool-result`), UI parts, and results."""

from __future__ import annotations

from labelwidget.content.json_text import decoded
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
from labelwidget.content.shapes.fields import JsonObject, items, mapping, string, value_of
from labelwidget.content.shapes.parts import part
from labelwidget.content.shapes.tool_calls import read_calls

__all__ = ["result_message"]

_RESULT_KEYS = frozenset({"text", "toolCalls", "object", "reasoning", "reasoningText", "files"})


@part("tool-result", "tool-error")
def _result(value: JsonObject) -> MessagePart | None:
    output = value_of(value, "output", "result", "error", "content")
    failed = value.get("isError") is True or string(value, "type") == "tool-error"
    typed = mapping(output)
    if string(typed, "type") in ("text", "json", "content", "error-text", "error-json"):
        failed = failed or string(typed, "type").startswith("error")
        output = typed.get("value")
    return ToolResult(
        string(value, "toolCallId"), string(value, "toolName"), output, error=tool_error(failed)
    )


@part("dynamic-tool", "tool-invocation")
def _ui_tool(value: JsonObject) -> MessagePart | None:
    inner = {**value, **mapping(value.get("toolInvocation"))}
    name = string(inner, "toolName") or string(value, "type").removeprefix("tool-")
    return ToolCall(name, value_of(inner, "input", "args", "rawInput"), string(inner, "toolCallId"))


@part("step-start", "step_start")
def _step(value: JsonObject) -> MessagePart | None:  # a boundary, nothing to read
    return Text("") if set(value) == {"type"} else None


def result_message(value: JsonObject) -> Message | None:
    """The result of `generateText`, `streamText` or `generateObject`.

    Args:
        value: An object with `text`, `toolCalls` or `object`.

    Returns:
        The assistant's message, or None when there is nothing of it.
    """
    if _RESULT_KEYS.isdisjoint(value):
        return None
    parts: list[MessagePart] = []
    thought = value_of(value, "reasoningText", "reasoning")
    if isinstance(thought, str) and thought:
        parts.append(Reasoning(thought))
    elif thought is not None:
        texts = (string(mapping(entry), "text") for entry in items(thought))
        parts.extend(Reasoning(text) for text in texts if text)
    if text := string(value, "text"):
        parts.append(Text(text))
    if (made := decoded(value.get("object"))) is not None:
        parts.append(Data(made))
    parts.extend(read_calls(decoded(value.get("toolCalls"))))
    return Message("assistant", tuple(parts)) if parts else None
