"""Spans of the Vercel AI SDK (versions 3 to 6): `ai.*` attributes, most of them JSON in strings."""

from __future__ import annotations

from collections.abc import Mapping

from labelwidget.model import JsonValue
from labelwidget.readers.meaning import Meaning
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_text,
    decoded,
    first,
    json_text,
)

__all__ = ["meaning"]

_MODEL_CALLS = ("doGenerate", "doStream")
_TEXT = ("ai.response.text", "ai.result.text")
_CALLS = ("ai.response.toolCalls", "ai.result.toolCalls")
_OBJECT = ("ai.response.object", "ai.result.object")
_REASONING = "ai.response.reasoning"
_VALUES = ("ai.value", "ai.values")
_VECTORS = ("ai.embedding", "ai.embeddings")


def meaning(attributes: Mapping[str, JsonValue]) -> Meaning:
    """What the SDK says of a span; nothing when it did not make it."""
    operation = as_text(attributes.get("ai.operationId"))
    if operation is None:
        words = as_text(attributes.get("operation.name")) or ""
        operation = words.split(" ", 1)[0] if words.startswith("ai.") else None
    if operation is None:
        return Meaning()
    if operation == "ai.toolCall":
        return Meaning(
            "TOOL",
            json_text(attributes.get("ai.toolCall.args")),
            json_text(attributes.get("ai.toolCall.result")),
            frozenset({"ai.toolCall.args"}),
            frozenset({"ai.toolCall.result"}),
        )
    if operation.startswith("ai.embed"):
        values, vectors = first(attributes, *_VALUES), first(attributes, *_VECTORS)
        return Meaning(
            "EMBEDDING", _each(values), _each(vectors), frozenset(_VALUES), frozenset(_VECTORS)
        )
    inputs, used_in = _inputs(attributes)
    outputs, used_out = _outputs(attributes)
    kind = "LLM" if operation.endswith(_MODEL_CALLS) else "CHAIN"
    return Meaning(kind, inputs, outputs, used_in, used_out)


def _each(value: JsonValue) -> JsonValue:
    """Texts that are JSON each, as the SDK writes embeddings."""
    return [json_text(part) for part in value] if isinstance(value, list) else json_text(value)


def _inputs(attributes: Mapping[str, JsonValue]) -> tuple[JsonValue, frozenset[str]]:
    found: dict[str, JsonValue] = {}
    used: set[str] = set()
    messages = decoded(attributes.get("ai.prompt.messages"))
    prompt = decoded(first(attributes, "ai.prompt", "ai.prompt.prompt"))
    if isinstance(messages, list):
        found["messages"] = messages
        used.add("ai.prompt.messages")
        if "ai.prompt" in attributes and isinstance(prompt, dict):
            found = {
                key: part
                for key, part in prompt.items()
                if key not in {"messages", "prompt", "system"}
            } | found
    elif isinstance(prompt, dict):
        found, used = _from_prompt(prompt), {"ai.prompt"}
    elif isinstance(prompt, str):
        found, used = (
            {"messages": [{"role": "user", "content": prompt}]},
            {"ai.prompt", "ai.prompt.prompt"},
        )
    if not found:
        return None, frozenset()
    tools = attributes.get("ai.prompt.tools")
    if tools is not None:
        found["tools"] = _each(decoded(tools))
        used.add("ai.prompt.tools")
    choice = attributes.get("ai.prompt.toolChoice")
    if choice is not None:
        found["tool_choice"] = decoded(choice)
        used.add("ai.prompt.toolChoice")
    return found, frozenset(used)


def _from_prompt(prompt: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The call's own form `{system, prompt | messages}` as messages."""
    messages: list[JsonValue] = []
    if as_text(prompt.get("system")):
        messages.append({"role": "system", "content": prompt["system"]})
    asked = prompt.get("prompt")
    if as_dicts(prompt.get("messages")):
        messages += as_list(prompt["messages"])
    elif as_dicts(asked):
        messages += as_list(asked)
    elif asked is not None:
        messages.append({"role": "user", "content": asked})
    if not messages:
        return dict(prompt)
    rest = {
        key: part for key, part in prompt.items() if key not in {"system", "prompt", "messages"}
    }
    return {"messages": messages, **rest}


def _outputs(attributes: Mapping[str, JsonValue]) -> tuple[JsonValue, frozenset[str]]:
    text, made = first(attributes, *_TEXT), json_text(first(attributes, *_OBJECT))
    calls = decoded(first(attributes, *_CALLS))
    thought = attributes.get(_REASONING)
    if text is None and calls is None and thought is None:
        return (None, frozenset()) if made is None else (made, frozenset(_OBJECT))
    message: dict[str, JsonValue] = {"role": "assistant", "content": text}
    if thought is not None:
        message["reasoning_content"] = thought
    if calls is not None:
        message["tool_calls"] = [_call(part) for part in as_list(calls)] or calls
    if made is not None:
        message["object"] = made
    return {"messages": [message]}, frozenset({*_TEXT, *_OBJECT, *_CALLS, _REASONING})


def _call(value: JsonValue) -> JsonValue:
    """A tool call in the form of OpenAI; what the SDK has beyond it stays."""
    call = as_dict(value)
    if not call:
        return value
    arguments = first(call, "args", "input")
    rest = {
        key: part
        for key, part in call.items()
        if key not in {"toolCallId", "toolName", "args", "input", "toolCallType"}
    }
    return {
        "id": call.get("toolCallId"),
        "type": "function",
        "function": {"name": call.get("toolName"), "arguments": arguments},
        **rest,
    }
