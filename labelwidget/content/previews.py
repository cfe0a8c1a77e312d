"""The request and response of a trace in short: for the queue, the strip and search."""

from __future__ import annotations

from typing import NamedTuple

from labelwidget.content.json_text import decoded, printable, short_json
from labelwidget.content.shapes import read_messages
from labelwidget.content.shapes.fields import string
from labelwidget.content.tree import is_model_call
from labelwidget.model import JsonValue, Trace

__all__ = ["MAX_PREVIEW", "MAX_TITLE", "Previews", "previews"]

MAX_TITLE = 300
"""Longest title in characters; one line."""

MAX_PREVIEW = 1_000
"""Longest request or response in characters."""

# What applications call the text among their inputs and outputs.
_TEXT_KEYS = {
    "user": ("question", "query", "prompt", "input", "message", "text", "content", "request"),
    "assistant": ("answer", "response", "output", "result", "message", "text", "content", "reply"),
}


class Previews(NamedTuple):
    """A trace in short.

    Attributes:
        title: The request on one line, at most `MAX_TITLE` characters; else the trace's name.
        request: What was asked, at most `MAX_PREVIEW` characters.
        response: What was answered, likewise.
    """

    title: str
    request: str
    response: str


def previews(trace: Trace) -> Previews:
    """The last user message and the last answer, else the inputs and outputs as compact JSON.

    Args:
        trace: Any trace.

    Returns:
        Short texts; empty where the trace has nothing.
    """
    root = trace.root
    inputs, outputs = trace.inputs, trace.outputs
    if root is not None:
        inputs = root.inputs if inputs is None else inputs
        outputs = root.outputs if outputs is None else outputs
    called = root is not None and is_model_call(root)
    request = _text(inputs, "user", called=called)
    response = _text(outputs, "assistant", called=called)
    calls = [span for span in trace.spans if is_model_call(span)]
    if not request:
        request = next((t for span in calls if (t := _text(span.inputs, "user", called=True))), "")
    if not response:
        response = next(
            (t for span in reversed(calls) if (t := _text(span.outputs, "assistant", called=True))),
            "",
        )
    if not response and root is not None:
        response = root.status_message
    title = " ".join(request[: MAX_TITLE * 4].split()) or trace.name
    return Previews(_cut(title, MAX_TITLE), _cut(request, MAX_PREVIEW), _cut(response, MAX_PREVIEW))


def _text(value: JsonValue, role: str, *, called: bool) -> str:
    if value is None:
        return ""
    found = read_messages(value, role=role, model_call=called)
    if found is not None:
        for message in reversed(found.messages):
            if message.role == role and message.text.strip():
                return message.text.strip()
        for message in reversed(found.messages):
            if role == "assistant" and message.tool_calls:
                calls = ", ".join(call.name for call in message.tool_calls)
                return f"calls {calls}"
    value = decoded(value)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        text = string(value, *_TEXT_KEYS[role])
        only = next(iter(value.values())) if len(value) == 1 else None
        if text or isinstance(only, str):
            return (text or str(only)).strip()
    return "" if value in ({}, []) else short_json(value, MAX_PREVIEW)


def _cut(text: str, limit: int) -> str:
    text = printable(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
