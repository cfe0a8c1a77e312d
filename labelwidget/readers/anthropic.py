"""Anthropic Messages API: requests, responses, pairs of them in logs, and batches.

```
{"request": {"model": "claude-…", "system": "…", "messages": […]}, "response": {"type": "message",
…}} {"custom_id": "q-1", "result": {"type": "succeeded", "message": {"type": "message", …}}}
```

A record becomes one trace with one span; content blocks stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Trace
from labelwidget.readers.exchange import Exchange, found_in, trace_of
from labelwidget.readers.values import as_dict, as_dicts, as_int, as_list, as_text

__all__ = ["FORMAT", "matches", "read"]

FORMAT = "anthropic"

# Content blocks that only this API has.
_BLOCKS = frozenset(
    {
        "tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use",
        "web_search_tool_result", "mcp_tool_use", "mcp_tool_result", "container_upload",
    }
)  # fmt: skip
_LOOK = 50


def matches(value: JsonValue) -> bool:
    """Whether a record is a request, a response, a pair, or a line of a batch."""
    record = as_dict(value)
    return _failed(record) is not None or (
        found_in(value, _is_request, _is_response) is not None
        # Traces of other formats hold such messages too; a log of calls has no spans.
        and not record.keys() & {"spans", "trace_id", "run_type", "traj", "simulations"}
    )


def _is_request(value: Mapping[str, JsonValue]) -> bool:
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages:
        return False
    if not all(isinstance(one, dict) and "role" in one for one in messages[:_LOOK]):
        return False
    if "system" in value or "anthropic_version" in value or "anthropic_beta" in value:
        return True
    model = as_text(value.get("model")) or ""
    if "claude" in model.lower() and all(
        as_text(one.get("role")) in {"user", "assistant"} and "tool_calls" not in one
        for one in as_dicts(messages)
    ):
        return True
    return any(
        as_text(block.get("type")) in _BLOCKS
        for one in as_dicts(messages[:_LOOK])
        for block in as_dicts(one.get("content"))
    )


def _is_response(value: Mapping[str, JsonValue]) -> bool:
    return (
        value.get("type") == "message"
        and value.get("role") == "assistant"
        and isinstance(value.get("content"), list)
        # The Responses API has items of this type too, with other blocks inside.
        and not any(
            as_text(block.get("type")) in {"output_text", "refusal"}
            for block in as_dicts(value.get("content"))
        )
    )


def _failed(record: Mapping[str, JsonValue]) -> str | None:
    """The error of a batch's line that has no message, or of a logged error response."""
    for key in ("result", "response"):
        result = as_dict(record.get(key))
        kind = as_text(result.get("type"))
        if kind in {"canceled", "expired"} and "custom_id" in record:
            return f"The request was {kind}."
        if kind in {"errored", "error"} and (key == "response" or "custom_id" in record):
            found = as_dict(result.get("error"))
            found = as_dict(found.get("error")) or found
            return as_text(found.get("message")) or as_text(found.get("type")) or "error"
    return None


def read(value: JsonValue) -> Iterator[Trace]:
    """The one trace of a record.

    Raises:
        InvalidValueError: Neither a request nor a response.
    """
    record = as_dict(value)
    exchange = found_in(value, _is_request, _is_response)
    error = _failed(record)
    if exchange is None and error is None:
        raise InvalidValueError(
            "This is neither a request with `messages` nor a response of type `message`."
        )
    exchange = exchange or Exchange(rest=dict(record))
    inputs: dict[str, JsonValue] = dict(exchange.request)
    outputs: JsonValue = exchange.response or None
    messages = as_list(inputs.get("messages"))
    if outputs is None and len(messages) > 1 and as_dict(messages[-1]).get("role") == "assistant":
        # A conversation that was kept whole: its last word is what came out.
        outputs = {"messages": [messages[-1]]}
        inputs["messages"] = messages[:-1]
    yield trace_of(
        value,
        exchange,
        format=FORMAT,
        inputs=inputs or None,
        outputs=outputs,
        tokens=_tokens(exchange.response.get("usage")),
        error=error,
    )


def _tokens(usage: JsonValue) -> tuple[int | None, int | None]:
    """Input tokens with those read from and written to the cache, and output tokens."""
    said = as_dict(usage)
    counted = [
        as_int(said.get(key))
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    ]
    known = [count for count in counted if count is not None]
    return (sum(known) if known else None), as_int(said.get("output_tokens"))
