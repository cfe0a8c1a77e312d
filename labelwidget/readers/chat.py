"""OpenAI-style chat records: fine-tuning files, request and response logs, batches, bare lists of
messages.

```
{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
{"request": {"model": "gpt-4o", "messages": [...]}, "response": {"choices": [{"message": {...}}]}}
[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
```

A record becomes one trace with one span. What the last assistant message says is the output, all
before it the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue, Span, SpanStatus, Trace, TraceState
from labelwidget.readers.assemble import assemble, token_usage
from labelwidget.readers.values import (
    as_dict,
    as_list,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    milliseconds,
    text_tags,
)

__all__ = ["FORMAT", "conversation_of", "is_messages", "matches", "own_id", "read"]

FORMAT = "chat"

_SHORTEST_ID = 12
_PARAMETERS = frozenset(
    {
        "model",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "functions",
        "function_call",
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "n",
        "stop",
        "seed",
        "stream",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "frequency_penalty",
        "presence_penalty",
        "response_format",
        "reasoning_effort",
        "modalities",
        "audio",
        "prediction",
        "service_tier",
        "store",
        "stream_options",
    }
)
_TAKEN = frozenset(
    {
        "messages",
        "conversations",
        "request",
        "body",
        "response",
        "input",
        "output",
        "choices",
        "preferred_output",
        "prompt",
        "completion",
        "chosen",
        "id",
        "trace_id",
        "metadata",
        "tags",
        "usage",
        "session_id",
        "conversation_id",
        "thread_id",
        "error",
        "object",
    }
)
_SHAREGPT_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "function": "tool",
}


def is_messages(value: JsonValue) -> bool:
    """Whether it is a non-empty list of objects that each have a `role` in words."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, dict) and isinstance(part.get("role"), str) for part in value)
    )


def matches(value: JsonValue) -> bool:
    """Whether a record holds messages or chat completions in one of the usual places."""
    if isinstance(value, list):
        return is_messages(value)
    if not isinstance(value, dict):
        return False
    if any(is_messages(decoded(value.get(key))) for key in ("messages", "prompt", "chosen")):
        return True
    if _is_sharegpt(value.get("conversations")) or _has_choices(value):
        return True
    request = _request(value)
    if is_messages(request.get("messages")):
        return True
    return _has_choices(_response(value)) and "spans" not in value


def read(value: JsonValue) -> Iterator[Trace]:
    """The one trace of a record.

    Args:
        value: One record in any of the forms above.

    Raises:
        InvalidValueError: The messages are not a list of objects with a role.
    """
    record: dict[str, JsonValue] = (
        {"messages": value} if isinstance(value, list) else as_dict(value)
    )
    request, response = _request(record), _response(record)
    inputs, outputs, extra = _exchange(record, request, response)
    error = _error(record, response)
    span = Span(
        span_id="chat",
        name="chat",
        span_type="CHAT_MODEL",
        start_ns=None,
        status=SpanStatus.ERROR if error else SpanStatus.OK,
        status_message=error or "",
        inputs=inputs,
        outputs=outputs,
    )
    metadata = as_dict(record.get("metadata")) | extra
    used_in, used_out = token_usage(first(response, "usage") or record.get("usage"))
    yield assemble(
        trace_id=own_id(record) or _response_id(response) or content_id(value, "chat-"),
        spans=[span],
        format=FORMAT,
        name=as_text(record.get("name")) or "",
        state=TraceState.ERROR if error else TraceState.OK,
        request_time_ms=milliseconds(
            first(record, "timestamp", "created_at", "created", "request_time")
            or response.get("created")
        ),
        tags=text_tags(record.get("tags")),
        metadata=metadata,
        conversation_id=conversation_of(record, metadata),
        input_tokens=used_in,
        output_tokens=used_out,
        model_name=as_text(response.get("model"))
        or as_text(first(request, "model"))
        or as_text(record.get("model")),
    )


def own_id(record: dict[str, JsonValue]) -> str | None:
    """The record's own trace id.

    `id` and `custom_id` count only when they are long enough to be unique elsewhere too: `1` or
    `row-7` would make two files' records look the same.
    """
    found = clean_id(first(record, "trace_id", "traceId", "request_id"))
    if found is None:
        short = first(record, "id", "custom_id", "uuid")
        found = clean_id(short) if isinstance(short, str) and len(short) >= _SHORTEST_ID else None
    return found


def conversation_of(record: dict[str, JsonValue], metadata: dict[str, JsonValue]) -> str | None:
    """What groups the turns of one conversation, from the record or its metadata."""
    keys = ("conversation_id", "session_id", "thread_id", "sessionId", "conversationId")
    return clean_id(first(record, *keys) or first(metadata, *keys, "mlflow.trace.session"))


def _exchange(
    record: dict[str, JsonValue], request: dict[str, JsonValue], response: dict[str, JsonValue]
) -> tuple[JsonValue, JsonValue, dict[str, JsonValue]]:
    """Inputs, outputs, and what is neither."""
    extra = {
        key: part
        for key, part in record.items()
        if key not in _TAKEN and (key not in _PARAMETERS or request is not record)
    }
    short = first(record, "id")
    if short is not None and own_id(record) != short:
        extra["id"] = short
    if request is not record and request:
        inputs: dict[str, JsonValue] = dict(request)
    else:
        inputs = {key: part for key, part in record.items() if key in _PARAMETERS}
    messages, outputs = _messages(record, inputs)
    if response:
        outputs = response
    elif messages and outputs is None:
        messages, outputs = _split_last(messages)
    if messages:
        inputs = {
            "messages": messages,
            **{key: part for key, part in inputs.items() if key != "messages"},
        }
    for key in ("rejected", "non_preferred_output"):
        if key in record:
            extra[key] = record[key]
    return inputs or None, outputs, extra


def _messages(
    record: dict[str, JsonValue], inputs: dict[str, JsonValue]
) -> tuple[list[JsonValue], JsonValue]:
    """The messages that went in, and the answer where the record keeps it apart from them."""
    if _is_sharegpt(record.get("conversations")):
        return [_from_sharegpt(part) for part in as_list(record["conversations"])], None
    if is_messages(record.get("chosen")) and "messages" not in record:
        chosen, prompt = as_list(record["chosen"]), decoded(record.get("prompt"))
        return (as_list(prompt), {"messages": chosen}) if is_messages(prompt) else (chosen, None)
    found = first(record, "messages") or inputs.get("messages")
    answer = first(record, "preferred_output", "output", "completion")
    if found is None:
        prompt = decoded(record.get("prompt"))
        found = prompt if is_messages(prompt) else as_dict(record.get("input")).get("messages")
    found = decoded(found)
    if found is None:
        return [], None
    if not is_messages(found):
        raise InvalidValueError(
            f"messages is {shown(found)}; a list of objects with a role is needed, "
            'like [{"role": "user", "content": "Hi"}].'
        )
    if is_messages(answer):
        return as_list(found), {"messages": answer}
    if isinstance(answer, str):
        return as_list(found), {"messages": [{"role": "assistant", "content": answer}]}
    return as_list(found), answer


def _split_last(messages: list[JsonValue]) -> tuple[list[JsonValue], JsonValue]:
    last = as_dict(messages[-1])
    if len(messages) > 1 and last.get("role") == "assistant":
        return messages[:-1], {"messages": [last]}
    return messages, None


def _request(record: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The request: under `request`, `body` (batches), `request.body`, or the record itself."""
    for key in ("request", "body", "kwargs"):
        found = decoded(record.get(key))
        if isinstance(found, dict):
            body = decoded(found.get("body"))
            return body if isinstance(body, dict) else found
    inner = as_dict(record.get("input"))
    return inner if is_messages(inner.get("messages")) else record


def _response(record: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The chat completion: under `response`, `response.body`, `output`, `completion`, or the record
    itself.
    """
    for key in ("response", "output", "completion"):
        found = decoded(record.get(key))
        if isinstance(found, dict):
            body = decoded(found.get("body"))
            found = body if isinstance(body, dict) else found
            if _has_choices(found) or key == "response":
                return found
    if _has_choices(record):
        keys = (
            "id",
            "object",
            "created",
            "model",
            "choices",
            "usage",
            "system_fingerprint",
            "service_tier",
        )
        return {key: record[key] for key in keys if key in record}
    return {}


def _response_id(response: dict[str, JsonValue]) -> str | None:
    found = response.get("id")
    return clean_id(found) if isinstance(found, str) and len(found) >= _SHORTEST_ID else None


def _has_choices(value: dict[str, JsonValue]) -> bool:
    choices = value.get("choices")
    return (
        isinstance(choices, list)
        and bool(choices)
        and all(
            isinstance(part, dict) and ("message" in part or "delta" in part) for part in choices
        )
    )


def _error(record: dict[str, JsonValue], response: dict[str, JsonValue]) -> str | None:
    found = first(record, "error", "exception") or response.get("error")
    if isinstance(found, dict):
        found = first(found, "message", "detail", "code", "type") or "error"
    return found if isinstance(found, str) else None


def _is_sharegpt(value: JsonValue) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(part, dict) and isinstance(part.get("from"), str) and "value" in part
            for part in value
        )
    )


def _from_sharegpt(value: JsonValue) -> JsonValue:
    part = as_dict(value)
    role = as_text(part.get("from")) or "user"
    rest = {key: inner for key, inner in part.items() if key not in {"from", "value"}}
    return {"role": _SHAREGPT_ROLES.get(role, role), "content": part.get("value"), **rest}
