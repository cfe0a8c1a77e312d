"""OpenAI chat completions: messages with `role` and `content`, and what borrowed that form.

Anthropic, Bedrock, Mistral, Groq, Vercel core messages and most others differ only in the parts
within `content`, which their own families enter.
"""

from __future__ import annotations

from labelwidget.content.message import (
    Data,
    Media,
    Message,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    tool_error,
)
from labelwidget.content.shapes.fields import JsonObject, items, mapping, role_of, string, value_of
from labelwidget.content.shapes.parts import part, read_parts
from labelwidget.content.shapes.tool_calls import is_spec, read_call, read_calls, read_spec
from labelwidget.model import JsonValue

__all__ = ["choice_messages", "role_message", "stream_message"]

_MESSAGE_KEYS = frozenset(
    {
        "additional_kwargs",
        "audio",
        "blocks",
        "content",
        "contents",
        "function_call",
        "parts",
        "reasoning",
        "reasoning_content",
        "refusal",
        "tool_call_id",
        "tool_calls",
        "toolCalls",
    }
)
_CONTENTS = (
    "content",
    "parts",
    "blocks",
    "contents",
    "_content",
    "message.content",
    "message.contents",
)
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def role_message(value: JsonObject) -> Message | ToolSpec | None:
    """A message with a role, or the tool definition that some sources pass as one.

    Args:
        value: An object of the source.

    Returns:
        What it is, or None when it is no message.
    """
    word = string(value, "role", "_role", "message.role")
    if not word:
        return None
    role = role_of(word)
    if role not in _ROLES and _MESSAGE_KEYS.isdisjoint(value) and "message.content" not in value:
        return None
    extra = mapping(value.get("additional_kwargs"))
    content = value_of(value, *_CONTENTS)
    if role == "tool":
        return _tool_message(value, content)
    parts = _before(value, extra)
    parts.extend(read_parts(content))
    parts.extend(_after(value, extra))
    detail = "refusal" if string(value, "refusal") else ""
    return Message(role, tuple(parts), name=string(value, "name", "sender"), detail=detail)


def _before(value: JsonObject, extra: JsonObject) -> list[MessagePart]:
    reasoning = string(value, "reasoning_content", "reasoning") or string(
        extra, "reasoning_content", "reasoning"
    )
    return [Reasoning(reasoning)] if reasoning else []


def _after(value: JsonObject, extra: JsonObject) -> list[MessagePart]:
    parts: list[MessagePart] = []
    refusal = value.get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Text(refusal))
    audio = mapping(value.get("audio"))
    if audio:
        parts.append(Media("audio", data=string(audio, "data"), name=string(audio, "id")))
        if transcript := string(audio, "transcript"):
            parts.append(Text(transcript))
    if annotations := items(value.get("annotations")):
        parts.append(Data(annotations))
    calls = value_of(value, "tool_calls", "toolCalls", "message.tool_calls")
    if not items(calls):
        calls = extra.get("tool_calls")
    parts.extend(read_calls(calls))
    legacy = read_call(value.get("function_call")) or read_call(extra.get("function_call"))
    if legacy is not None:
        parts.append(legacy)
    return parts


def _tool_message(value: JsonObject, content: JsonValue) -> Message | ToolSpec | None:
    call_id = string(value, "tool_call_id", "toolCallId", "message.tool_call_id", "id")
    name = string(value, "name", "tool_name", "toolName", "message.name")
    if is_spec(content) and not string(value, "tool_call_id"):
        return read_spec(content)
    if isinstance(content, list):
        parts = read_parts(content)
        if any(isinstance(found, ToolResult) for found in parts):
            return Message("tool", tuple(parts), name=name)
    said = value.get("error")
    failed = value.get("is_error") is True or string(value, "status") == "error" or bool(said)
    error = said if isinstance(said, str) else string(mapping(said), "message")
    error = error or tool_error(failed)
    return Message("tool", (ToolResult(call_id, name, content, error),), name=name)


def choice_messages(choices: JsonValue) -> list[Message]:
    """The messages of a completion: `choices[].message`, `.delta`, or the legacy `.text`.

    Args:
        choices: The value under `choices`.

    Returns:
        One message a choice; with several choices each says which it is.
    """
    found: list[Message] = []
    entries = items(choices)
    for index, entry in enumerate(entries):
        choice = mapping(entry)
        inner = mapping(value_of(choice, "message", "delta"))
        message: Message | ToolSpec | None = None
        if inner:
            message = role_message({"role": "assistant", **inner})
        elif isinstance(choice.get("text"), str):
            message = Message("assistant", (Text(string(choice, "text")),))
        if isinstance(message, Message):
            detail = f"choice {index + 1} of {len(entries)}" if len(entries) > 1 else message.detail
            found.append(Message(message.role, message.parts, message.name, detail))
    return found


def stream_message(chunks: list[JsonValue]) -> Message | None:
    """The message that the chunks of a stream make together.

    Args:
        chunks: Objects with `choices[].delta`.

    Returns:
        The message, or None when they are no such chunks.
    """
    texts: list[str] = []
    thoughts: list[str] = []
    calls: dict[int, ToolCall] = {}
    for chunk in chunks:
        choices = items(mapping(chunk).get("choices"))
        for choice in choices[:1]:
            delta = mapping(choice).get("delta")
            if not isinstance(delta, dict):
                return None
            texts.append(string(delta, "content"))
            thoughts.append(string(delta, "reasoning_content", "reasoning"))
            for entry in items(delta.get("tool_calls")):
                _extend_call(calls, mapping(entry))
    parts: list[MessagePart] = []
    if thought := "".join(thoughts):
        parts.append(Reasoning(thought))
    if text := "".join(texts):
        parts.append(Text(text))
    return Message("assistant", (*parts, *calls.values())) if parts or calls else None


def _extend_call(calls: dict[int, ToolCall], entry: JsonObject) -> None:
    index = entry.get("index")
    place = index if isinstance(index, int) else 0
    function = mapping(entry.get("function"))
    known = calls.get(place, ToolCall("", ""))
    written = known.arguments if isinstance(known.arguments, str) else ""
    calls[place] = ToolCall(
        known.name or string(function, "name"),
        written + string(function, "arguments"),
        known.id or string(entry, "id"),
    )


@part("text", "input_text", "output_text", "summary_text", "TextContent")
def _text(value: JsonObject) -> MessagePart | None:
    for key in ("text", "content", "input_text", "output_text"):
        text = value.get(key)
        if isinstance(text, dict):  # the Assistants API: {"value": …, "annotations": […]}
            text = text.get("value")
        if isinstance(text, str):
            return Text(text)
    return None


@part("refusal")
def _refusal(value: JsonObject) -> MessagePart | None:
    return Text(string(value, "refusal")) if string(value, "refusal") else None


@part("image_url", "input_image", "computer_screenshot")
def _image_url(value: JsonObject) -> MessagePart | None:
    image = value_of(value, "image_url", "url", "file_id", "image")
    if isinstance(image, dict):
        image = image.get("url")
    return Media("image", url=image) if isinstance(image, str) else None


@part("input_audio", "audio_url", "video_url")
def _audio(value: JsonObject) -> MessagePart | None:
    audio = value_of(value, "input_audio", "audio_url", "video_url", "audio")
    if isinstance(audio, str):
        return Media("audio", url=audio)
    inner = mapping(audio)
    data, kind = string(inner, "data"), string(inner, "format")
    if "://" in data[:40]:
        return Media("audio", url=data, mime=f"audio/{kind}" if kind else "")
    if inner:
        return Media(
            "audio", mime=f"audio/{kind}" if kind else "", data=data, url=string(inner, "url")
        )
    return None


@part("input_file")
def _file(value: JsonObject) -> MessagePart | None:
    return file_part({**value, **mapping(value.get("file"))})


@part("file")
def file_part(value: JsonObject) -> MessagePart | None:
    """A file of OpenAI (`file`), OTel (`file_id`), Vercel (`data`, `mediaType`) or MLflow."""
    inner = {**value, **mapping(value.get("file"))}
    data = string(inner, "file_data", "data", "content", "fileData", "bytes")
    url = string(inner, "url", "file_url", "uri", "file_uri")
    mime = string(inner, "mediaType", "mimeType", "mime_type", "media_type")
    name = string(inner, "filename", "file_name", "name", "file_id")
    if data.startswith(("data:", "http://", "https://", "mlflow-attachment:")):
        data, url = "", data
    if not (data or url or name):
        return None
    media = mime.split("/", 1)[0]
    kind = "image" if media == "image" else "audio" if media == "audio" else "file"
    return Media(kind, mime=mime, name=name, url=url, data=data)
