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

from dataclasses import dataclass, field

from labelwidget.content.json_text import decoded
from labelwidget.content.message import Data, Message, Text, ToolSpec
from labelwidget.content.shapes.agents import autogen_message, wrapped_message
from labelwidget.content.shapes.anthropic import system_messages
from labelwidget.content.shapes.bedrock import converse_message
from labelwidget.content.shapes.fields import JsonObject, items, mapping, string, value_of
from labelwidget.content.shapes.gemini import candidate_messages, content_messages
from labelwidget.content.shapes.genai import pydantic_message
from labelwidget.content.shapes.langchain import generation_messages, langchain_message, prompts
from labelwidget.content.shapes.openai_chat import choice_messages, role_message
from labelwidget.content.shapes.parts import read_parts
from labelwidget.content.shapes.responses import ITEM_TYPES, response_item
from labelwidget.content.shapes.tool_calls import read_call, read_specs
from labelwidget.content.shapes.vercel import result_message
from labelwidget.model import JsonValue

__all__ = ["Found", "read_messages"]

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


def read_messages(value: JsonValue, *, role: str, model_call: bool = False) -> Found | None:
    """The messages that a span's inputs or outputs hold.

    Args:
        value: Inputs or outputs.
        role: Whose a message is that does not say so: `user` for inputs, else `assistant`.
        model_call: The value went into or came out of a model, so that bare text is a message.

    Returns:
        What was found, or None when the value is no conversation.
    """
    found = _read(decoded(value), role, model_call, MAX_WRAPPERS)
    if found is None and model_call:
        found = _bare(value, role)
    return found


def _read(value: JsonValue, role: str, model_call: bool, depth: int) -> Found | None:
    if depth <= 0:
        return None
    if isinstance(value, list):
        return _list(value, role, model_call, depth)
    if isinstance(value, dict):
        one = _items(value, role)
        if one is not None:
            return _sorted(one)
        return _container(value, role, model_call, depth)
    return None


def _items(value: JsonValue, role: str) -> list[Message | ToolSpec] | None:
    """One entry of a list of messages; a few sources put several into one object."""
    if isinstance(value, list):
        # LangChain's shorthand: ["human", "Hi"]
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str):
            message = role_message({"role": value[0], "content": value[1]})
            return [message] if isinstance(message, Message) and message.role in _ROLES else None
        return None
    if not isinstance(value, dict):
        return None
    kind = string(value, "type")
    message: Message | ToolSpec | None = None
    if kind in ITEM_TYPES:
        message = response_item(value, role)
    if message is None and kind:
        message = langchain_message(value) or autogen_message(value)
    if message is None:
        message = role_message(value) or wrapped_message(value)
    if message is None and "toolCallId" in value and "toolName" in value and "result" not in value:
        call = read_call(value)
        message = Message("assistant", (call,)) if call is not None else None
    if message is not None:
        return [message]
    return list(pydantic_message(value)) or None


_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def _sorted(entries: list[Message | ToolSpec]) -> Found:
    found = Found()
    for entry in entries:
        if isinstance(entry, Message):
            found.messages.append(entry)
        else:
            found.tools.append(entry)
    return found


def _list(value: list[JsonValue], role: str, model_call: bool, depth: int) -> Found | None:
    if value and all(isinstance(entry, list) for entry in value):
        nested = [_read(entry, role, model_call, depth - 1) for entry in value]
        if all(inner is not None for inner in nested):  # a batch
            return _joined([inner for inner in nested if inner is not None])
    found = Found()
    known = 0
    for entry in value:
        entries = _items(decoded(entry), role)
        if entries is not None:
            known += 1
            for one in entries:
                if isinstance(one, Message):
                    found.messages.append(one)
                else:
                    found.tools.append(one)
        elif isinstance(entry, str):
            found.messages.append(Message(role, (Text(entry),)))
        elif entry is not None:
            found.messages.append(Message(role, (Data(entry),)))
    if known * 2 >= len(value) and known:
        return found
    wrapped = [
        inner
        for entry in value
        if isinstance(entry, dict)
        and (inner := _container(entry, role, model_call=False, depth=depth - 1)) is not None
    ]
    return _joined(wrapped) if wrapped and len(wrapped) == len(value) else None


def _joined(parts: list[Found]) -> Found:
    found = Found()
    for part in parts:
        found.messages.extend(part.messages)
        found.tools.extend(part.tools)
        found.rest.update(part.rest)
    return found


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
_WRAPPERS = ("update", "message", "response", "chat_message", "output", "input", "result", "value")


def _container(value: JsonObject, role: str, model_call: bool, depth: int) -> Found | None:
    used: set[str] = set()
    found = _body(value, role, model_call, depth, used)
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


def _body(
    value: JsonObject, role: str, model_call: bool, depth: int, used: set[str]
) -> Found | None:
    if isinstance(value.get("choices"), list) and (got := choice_messages(value["choices"])):
        used.add("choices")
        return Found(got)
    if (converse := converse_message(value)) is not None:
        used.add("output")
        return Found([converse])
    if isinstance(value.get("candidates"), list):
        used.add("candidates")
        return Found(candidate_messages(value["candidates"]))
    if isinstance(value.get("generations"), list) and (got := generation_messages(value)):
        used.add("generations")
        return Found(got)
    if value.get("contents") is not None and (model_call or isinstance(value["contents"], list)):
        used.add("contents")
        return Found(content_messages(value["contents"], role))
    for key in _LISTS:
        inner = decoded(value.get(key))
        if isinstance(inner, list) and inner:
            got_list = _list(inner, role, model_call, depth - 1)
            if got_list is not None:
                used.add(key)
                return got_list
    if items(value.get("prompts")) and (got := prompts(value)):
        used.add("prompts")
        return Found(got)
    for key in _WRAPPERS:
        inner = decoded(value.get(key))
        if isinstance(inner, dict):
            got_inner = _read(inner, role, model_call, depth - 1)
            if got_inner is not None:
                used.add(key)
                return got_inner
    return _model_call(value, role, used) if model_call else None


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
