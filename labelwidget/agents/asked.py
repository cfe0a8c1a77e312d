"""What an agent is asked: the conversation so far, as messages or as keyword arguments, by its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from labelwidget.content import Message, input_messages, output_messages
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue, Span, Trace
from labelwidget.model.json import dumps

__all__ = ["Asked", "arguments_for", "asked_messages", "next_messages"]

_MESSAGES = ("messages", "history", "conversation", "chat_history")
_WHOLE = ("inputs", "request", "data", "payload", "model_input", "kwargs")
_TEXT = ("question", "query", "prompt", "input", "message", "text", "content", "user_input")
_MESSAGE_KEYS = ("role", "content", "name", "tool_calls", "tool_call_id")


@dataclass(frozen=True)
class Asked:
    """One question to an agent.

    Attributes:
        messages: The whole conversation in OpenAI's form; the last is the user's.
        inputs: The item's inputs; of a later turn `{"messages": …}`.
        custom_inputs: What the session passes to its agent, or None.
        conversation_id: The same for all turns of a conversation.
    """

    messages: list[JsonValue]
    inputs: JsonValue
    custom_inputs: dict[str, JsonValue] | None = None
    conversation_id: str = ""
    extras: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])

    @property
    def text(self) -> str:
        """What the user said last."""
        for message in reversed(self.messages):
            if isinstance(message, dict) and message.get("role") == "user":
                return _text_of(message.get("content"))
        return ""


def asked_messages(inputs: JsonValue) -> list[JsonValue]:
    """The messages in the inputs of a run, or one of the user that says them.

    Args:
        inputs: `{"messages": […]}`, a list of messages, a text, `{"question": "…"}`, or any JSON.
    """
    listed = inputs.get("messages", inputs.get("input")) if isinstance(inputs, dict) else inputs
    if isinstance(listed, list) and listed and all(_is_message(one) for one in listed):
        return [_plain(cast("dict[str, JsonValue]", one)) for one in listed]
    if isinstance(inputs, str):
        return [{"role": "user", "content": inputs}]
    if isinstance(inputs, dict):
        texts = [inputs[name] for name in _TEXT if isinstance(inputs.get(name), str)]
        if len(inputs) == 1 and isinstance(only := next(iter(inputs.values())), str):
            texts = [only]
        if len(texts) == 1 and len(inputs) == 1:
            return [{"role": "user", "content": texts[0]}]
    found = _read(inputs)
    if found:
        return found
    return [{"role": "user", "content": dumps(inputs).decode("utf-8")}]


def next_messages(turns: Sequence[Trace], text: str) -> list[JsonValue]:
    """The conversation after some turns, with what the user says next.

    Args:
        turns: The turns so far, each with the whole conversation before it as its inputs.
        text: What the user says.
    """
    messages: list[JsonValue] = []
    if turns:
        messages = [*asked_messages(turns[-1].inputs), *_answered(turns[-1])]
    return [*messages, {"role": "user", "content": text}]


def arguments_for(
    function: Callable[..., object], asked: Asked
) -> tuple[list[object], dict[str, object]]:
    """How to call an agent.

    It gets messages where a parameter is called `messages` (or `history`, `conversation`), the item's inputs by keyword where
    their names are its parameters, the whole inputs where its one parameter is called `inputs` or `request` or is a dict, and
    otherwise what the user said last. `custom_inputs` and `conversation_id` are passed to parameters of these names.

    Raises:
        InvalidValueError: It needs parameters that nothing is known of.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some built-ins and classes do not say
        return [asked.messages], {}
    known: dict[str, object] = {
        "custom_inputs": asked.custom_inputs,
        "conversation_id": asked.conversation_id,
    }
    for name in _MESSAGES:
        known[name] = asked.messages
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    by_keyword = [one for one in named if one.kind is not one.POSITIONAL_ONLY]
    wanted = {one.name: known[one.name] for one in by_keyword if one.name in known}
    rest = [one for one in named if one.name not in wanted]
    inputs = asked.inputs if isinstance(asked.inputs, dict) else {}
    required = [one for one in rest if one.default is one.empty]
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters)
    names = {one.name for one in by_keyword}
    if inputs and {one.name for one in required} <= inputs.keys():
        taken = {key: value for key, value in inputs.items() if key in names or open_ended}
        if taken and (names & inputs.keys() or open_ended):
            return [], {**wanted, **taken}
    if not required:
        return ([], wanted) if wanted or not rest else _single(rest[0], asked, wanted)
    if len(required) == 1:
        return _single(required[0], asked, wanted)
    raise InvalidValueError(
        f"The agent needs the parameters {shown([one.name for one in required], 200)}, the inputs have "
        f"{shown(sorted(inputs), 200)}. Let it take `messages`, or give the inputs these names."
    )


def _single(
    parameter: inspect.Parameter, asked: Asked, wanted: dict[str, object]
) -> tuple[list[object], dict[str, object]]:
    hint = str(parameter.annotation).lower()
    if parameter.annotation is str or hint in ("str", "str | none"):
        value: object = asked.text
    elif hint.startswith(("list", "sequence", "typing.list")):
        value = asked.messages
    elif parameter.name in _WHOLE or "dict" in hint or "mapping" in hint:
        value = asked.inputs
    else:
        value = asked.text
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return [value], wanted
    return [], {**wanted, parameter.name: value}


def _answered(turn: Trace) -> list[JsonValue]:
    outputs = turn.outputs
    found: list[JsonValue] = []
    if isinstance(outputs, str):
        found = [{"role": "assistant", "content": outputs}]
    elif isinstance(outputs, dict):
        choices, messages = outputs.get("choices"), outputs.get("messages")
        if isinstance(choices, list) and choices and isinstance(first := choices[0], dict):
            found = [_plain(one) for one in [first.get("message")] if isinstance(one, dict)]
        elif isinstance(messages, list):
            found = [_plain(one) for one in messages if isinstance(one, dict)]
    if not found and outputs is not None:
        span = Span(span_id="answer", outputs=outputs)
        read = [_as_json(message) for message in output_messages(span) if message.text]
        found = read or [{"role": "assistant", "content": dumps(outputs).decode("utf-8")}]
    return _without_open_calls(found)


def _without_open_calls(messages: list[JsonValue]) -> list[JsonValue]:
    """A call of a tool that nobody answered is refused by servers when it is repeated."""
    answered = {
        str(one.get("tool_call_id"))
        for one in messages
        if isinstance(one, dict) and one.get("role") == "tool"
    }
    kept: list[JsonValue] = []
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        if not isinstance(message, dict) or not isinstance(calls, list):
            kept.append(message)
            continue
        if all(isinstance(call, dict) and str(call.get("id")) in answered for call in calls):
            kept.append(message)
            continue
        text = message.get("content") or "(asked for tools)"
        kept.append({"role": "assistant", "content": text})
    return kept


def _read(inputs: JsonValue) -> list[JsonValue]:
    span = Span(span_id="question", inputs=inputs)
    return [_as_json(message) for message in input_messages(span) if message.text]


def _as_json(message: Message) -> JsonValue:
    return {"role": message.role, "content": message.text}


def _is_message(value: JsonValue) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str)


def _plain(message: dict[str, JsonValue]) -> JsonValue:
    kept: dict[str, JsonValue] = {"role": message.get("role", "assistant")}
    for name in _MESSAGE_KEYS:
        if message.get(name) is not None:
            kept[name] = message[name]
    kept.setdefault("content", None)
    return kept


def _text_of(content: JsonValue) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""
