"""Google Gemini and Vertex: `contents` of `parts`, `candidates`, function calls and responses."""

from __future__ import annotations

from labelwidget.content.message import (
    Media,
    Message,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    tool_error,
)
from labelwidget.content.shapes.fields import JsonObject, items, mapping, role_of, string, value_of
from labelwidget.content.shapes.parts import keyed_part, read_parts
from labelwidget.model import JsonValue

__all__ = ["candidate_messages", "content_messages"]


def content_messages(contents: JsonValue, role: str) -> list[Message]:
    """The messages in `contents`, which may be text, one content, parts, or a list of these.

    Args:
        contents: The value under `contents`, `systemInstruction` or `content`.
        role: Whose they are when they do not say so.

    Returns:
        The messages in order.
    """
    if isinstance(contents, str):
        return [Message(role, (Text(contents),))]
    found: list[Message] = []
    loose: list[JsonValue] = []
    for entry in contents if isinstance(contents, list) else [contents]:
        if isinstance(entry, dict) and isinstance(entry.get("parts"), (list, str, dict)):
            word = role_of(string(entry, "role") or role)
            found.append(Message(word, tuple(read_parts(entry["parts"]))))
        elif entry is not None:
            loose.append(entry)
    if loose:
        found.append(Message(role, tuple(read_parts(loose))))
    return found


def candidate_messages(candidates: JsonValue) -> list[Message]:
    """The answers in `candidates`.

    Args:
        candidates: The value under `candidates`.

    Returns:
        One message a candidate that has content.
    """
    found: list[Message] = []
    for entry in items(candidates):
        content = mapping(entry).get("content")
        if content is not None:
            found.extend(content_messages(content, "assistant"))
    return found


@keyed_part("text")
def _text(value: JsonObject) -> MessagePart | None:
    text = value.get("text")
    if not isinstance(text, str) or "image_url" in value:
        return None
    return Reasoning(text) if value.get("thought") is True else Text(text)


@keyed_part("functionCall", "function_call")
def _call(value: JsonObject) -> MessagePart | None:
    call = mapping(value_of(value, "functionCall", "function_call"))
    name = string(call, "name")
    if not name:
        return None
    return ToolCall(name, value_of(call, "args", "arguments"), string(call, "id"))


@keyed_part("functionResponse", "function_response")
def _response(value: JsonObject) -> MessagePart | None:
    answer = mapping(value_of(value, "functionResponse", "function_response"))
    response = answer.get("response")
    inner = mapping(response)
    if set(inner) in ({"result"}, {"output"}, {"content"}):
        response = next(iter(inner.values()))
    return ToolResult(
        string(answer, "id"),
        string(answer, "name"),
        response,
        error=tool_error(set(inner) == {"error"}),
    )


@keyed_part("inlineData", "inline_data", "fileData", "file_data")
def _media(value: JsonObject) -> MessagePart | None:
    found = mapping(value_of(value, "inlineData", "inline_data", "fileData", "file_data"))
    if not found:
        return None
    mime = string(found, "mimeType", "mime_type")
    kind = mime.split("/", 1)[0]
    return Media(
        "image" if kind == "image" else "audio" if kind == "audio" else "file",
        mime=mime,
        name=string(found, "displayName", "display_name"),
        url=string(found, "fileUri", "file_uri"),
        data=string(found, "data"),
    )


@keyed_part("executableCode", "executable_code")
def _code(value: JsonObject) -> MessagePart | None:
    found = mapping(value_of(value, "executableCode", "executable_code"))
    return Text(string(found, "code"), plain=True, language=string(found, "language").lower())


@keyed_part("codeExecutionResult", "code_execution_result")
def _ran(value: JsonObject) -> MessagePart | None:
    found = mapping(value_of(value, "codeExecutionResult", "code_execution_result"))
    return Text(string(found, "output"), plain=True)
