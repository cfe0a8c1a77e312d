"""Any value of a trace → the messages in it, whatever source wrote it.

```
found = read_messages({"messages": [{"role": "user", "content": "Hi"}], "model": "m"}, role="user")
found.messages  # [Message("user", (Text("Hi"),))]
found.rest      # {"model": "m"}
```

Shapes are told apart by their keys, not by what a source says of itself: many spans say nothing,
and frameworks hand each other's objects on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from labelwidget.content.json_text import decoded, json_text
from labelwidget.content.message import Data, Message, Text, ToolSpec
from labelwidget.content.shapes.agents import autogen_message, autogen_response, wrapped_message
from labelwidget.content.shapes.anthropic import system_messages
from labelwidget.content.shapes.bedrock import converse_messages
from labelwidget.content.shapes.fields import JsonObject, mapping, string, value_of
from labelwidget.content.shapes.gemini import candidate_messages, content_messages
from labelwidget.content.shapes.genai import pydantic_message
from labelwidget.content.shapes.langchain import generation_messages, langchain_message, prompts
from labelwidget.content.shapes.openai_chat import choice_messages, role_message, stream_message
from labelwidget.content.shapes.parts import read_parts
from labelwidget.content.shapes.responses import ITEM_TYPES, response_item
from labelwidget.content.shapes.tool_calls import read_call, read_specs
from labelwidget.content.shapes.vercel import result_message
from labelwidget.model import JsonValue

__all__ = ["Found", "Memo", "read_messages"]

MAX_WRAPPERS = 6
"""How many objects around the messages are opened in search of them."""


@dataclass(slots=True)
class Found:
    """What a value holds.

    Attributes:
        messages: In order.
        tools: Tools that were offered.
        rest: The keys that no shape used, null values left out.
    """

    messages: list[Message] = field(default_factory=list[Message])
    tools: list[ToolSpec] = field(default_factory=list[ToolSpec])
    rest: JsonObject = field(default_factory=dict[str, JsonValue])


Memo = dict[str, "list[Message | ToolSpec] | None"]
"""Messages read before, by their JSON: every model call of a run repeats its history."""


def read_messages(
    value: JsonValue, *, role: str, model_call: bool = False, memo: Memo | None = None
) -> Found | None:
    """The messages that a span's inputs or outputs hold.

    Args:
        value: Inputs or outputs.
        role: Whose a message is that does not say so: `user` for inputs, else `assistant`.
        model_call: The value went into or came out of a model, so that bare text is a message.
        memo: Shared between calls, it gives the same object for the same message.

    Returns:
        What was found, or None when the value is no conversation.
    """
    reader = _Reader(role, model_call, {} if memo is None else memo)
    found = reader.read(decoded(value), MAX_WRAPPERS)
    if found is None and model_call:
        found = _bare(value, role)
    return found


_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def _entry(value: JsonValue, role: str) -> list[Message | ToolSpec] | None:
    """One entry of a list of messages; a few sources put several into one object."""
    if isinstance(value, list):
        # LangChain's shorthand: ["human", "Hi"]
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str):
            message = role_message({"role": value[0], "content": value[1]})
            return [message] if isinstance(message, Message) and message.role in _ROLES else None
        return None
    if not isinstance(value, dict):
        return None
    event = mapping(decoded(value.get("gen_ai.event.content")))
    if event:  # Semantic Kernel: the message, or the choice with it, as JSON in a text
        return _entry(mapping(event.get("message")) or event, role)
    if "role" not in value and isinstance(mapping(value.get("content")).get("parts"), list):
        answers: list[Message | ToolSpec] = [*candidate_messages([value])]  # one of Gemini's
        return answers or None
    kind = string(value, "type")
    message: Message | ToolSpec | None = None
    if kind in ITEM_TYPES:
        message = response_item(value, role)
    if message is None and (kind or "lc" in value):
        message = langchain_message(value) or autogen_message(value)
    if message is None:
        message = role_message(value) or wrapped_message(value)
    if message is None and "toolCallId" in value and "toolName" in value and "result" not in value:
        call = read_call(value)
        message = Message("assistant", (call,)) if call is not None else None
    if message is not None:
        return [message]
    return list(pydantic_message(value)) or None


def _joined(parts: list[Found]) -> Found:
    found = Found()
    for part in parts:
        found.messages.extend(part.messages)
        found.tools.extend(part.tools)
        found.rest.update(part.rest)
    return found


def _sort_into(found: Found, entries: list[Message | ToolSpec]) -> None:
    for entry in entries:
        if isinstance(entry, Message):
            found.messages.append(entry)
        else:
            found.tools.append(entry)


_TOOLS = ("tools", "functions", "toolConfig", "tool_definitions", "available_tools")
# Lists of messages by the names that sources give them; the first that reads wins.
_LISTS = (
    "messages",
    "input",
    "output",
    "all_messages",
    "new_messages",
    "chat_history",
    "chat",
    "conversation",
    "history",
    "prompt",
    "inner_messages",
    "llm.input_messages",
    "llm.output_messages",
    "input_messages",
    "output_messages",
)
# What model calls return, by the key that gives it away.
_ANSWERS: dict[str, Callable[[JsonObject], list[Message]]] = {
    "choices": lambda value: choice_messages(value["choices"]),
    "output": converse_messages,
    "candidates": lambda value: candidate_messages(value["candidates"]),
    "generations": generation_messages,
    "prompts": prompts,
    "chat_message": autogen_response,
}
_COMPANIONS = {"chat_message": ("inner_messages",)}
_WRAPPERS = ("update", "message", "response", "chat_message", "output", "input", "result", "value")


class _Reader:
    """Opens objects and lists until it comes to messages."""

    def __init__(self, role: str, model_call: bool, memo: Memo) -> None:
        self._role = role
        self._model_call = model_call
        self._memo = memo

    def read(self, value: JsonValue, depth: int) -> Found | None:
        if depth <= 0:
            return None
        if isinstance(value, list):
            return self._list(value, depth)
        if isinstance(value, dict):
            one = _entry(value, self._role)
            if one is None:
                return self._container(value, depth)
            found = Found()
            _sort_into(found, one)
            return found
        return None

    def _known(self, value: JsonValue) -> list[Message | ToolSpec] | None:
        if not isinstance(value, dict):
            return _entry(value, self._role)
        key = json_text(value)
        if key not in self._memo:
            self._memo[key] = _entry(value, self._role)
        return self._memo[key]

    def _list(self, value: list[JsonValue], depth: int) -> Found | None:
        if value and all(isinstance(entry, list) for entry in value):
            nested = [self.read(entry, depth - 1) for entry in value]
            if all(inner is not None for inner in nested):  # a batch
                return _joined([inner for inner in nested if inner is not None])
        if (stream := stream_message(value)) is not None:
            return Found([stream])
        found = Found()
        known = 0
        for entry in value:
            entries = self._known(entry if isinstance(entry, dict) else decoded(entry))
            if entries is not None:
                known += 1
                _sort_into(found, entries)
            elif isinstance(entry, str):
                found.messages.append(Message(self._role, (Text(entry),)))
            elif entry is not None:
                found.messages.append(Message(self._role, (Data(entry),)))
        if known and known * 2 >= len(value):
            return found
        opened = [
            inner
            for entry in value
            if isinstance(entry, dict) and (inner := self._container(entry, depth - 1)) is not None
        ]
        return _joined(opened) if opened and len(opened) == len(value) else None

    def _container(self, value: JsonObject, depth: int) -> Found | None:
        used: set[str] = set()
        found = self._body(value, depth, used)
        if found is None:
            return None
        for key in _TOOLS:
            tools = read_specs(value.get(key))
            if tools:
                found.tools.extend(tools)
                used.add(key)
        config = mapping(value_of(value, "config", "generationConfig"))
        found.tools.extend(read_specs(config.get("tools")))
        found.messages[:0] = [*system_messages(value, used), *system_messages(config, set())]
        found.rest = {
            **{key: part for key, part in value.items() if key not in used and part is not None},
            **found.rest,
        }
        return found

    def _body(self, value: JsonObject, depth: int, used: set[str]) -> Found | None:
        for key, read in _ANSWERS.items():
            if value.get(key) is not None and (got := read(value)):
                used.update((key, *_COMPANIONS.get(key, ())))
                return Found(got)
        contents = value.get("contents")
        if contents is not None and (self._model_call or isinstance(contents, list)):
            used.add("contents")
            return Found(content_messages(contents, self._role))
        for key in _LISTS:
            inner = decoded(value.get(key))
            if isinstance(inner, list) and inner:
                found = self._list(inner, depth - 1)
                if found is not None:
                    used.add(key)
                    return found
        if value.get("messages") == []:
            used.add("messages")
            return Found()
        for key in _WRAPPERS:
            inner = decoded(value.get(key))
            if isinstance(inner, dict):
                found = self.read(inner, depth - 1)
                if found is not None:
                    used.add(key)
                    return found
        return _model_call(value, self._role, used) if self._model_call else None


def _model_call(value: JsonObject, role: str, used: set[str]) -> Found | None:
    """Objects that are messages only because they went into or came out of a model."""
    if role == "assistant" and (message := result_message(value)) is not None:
        used.update(("text", "object", "toolCalls", "reasoning", "reasoningText"))
        return Found([message])
    for key in (
        "prompt",
        "input",
        "query",
        "question",
        "text",
        "content",
        "completion",
        "response",
        "output",
        "output_text",
    ):
        text = value.get(key)
        if isinstance(text, str) and text:
            used.add(key)
            return Found([Message(role, (Text(text),))])
    content = value.get("content")
    if isinstance(content, list) and content:
        used.add("content")
        return Found([Message(role, tuple(read_parts(content)))])
    return None


def _bare(value: JsonValue, role: str) -> Found | None:
    """What a model took or gave without any message around it."""
    if isinstance(value, str):
        return Found([Message(role, (Text(value),))])
    if isinstance(value, list) and value and all(isinstance(entry, (str, dict)) for entry in value):
        parts = read_parts(value)
        if not any(isinstance(part, Data) for part in parts):
            return Found([Message(role, tuple(parts))])
    return None
