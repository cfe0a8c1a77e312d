"""OpenAI Responses API: requests, responses, pairs of them in logs, batches, and lists of items.

```
{"request": {"model": "gpt-…", "input": "Hi"}, "response": {"object": "response", "output": […]}}
[{"role": "user", "content": "Hi"}, {"type": "function_call", "call_id": "…", "name": "…", …}, …]
```

A record becomes one trace with one span; items stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Trace
from labelwidget.readers.assemble import token_usage
from labelwidget.readers.exchange import Exchange, found_in, trace_of
from labelwidget.readers.values import as_dict, as_dicts, as_list, as_text, first

__all__ = ["FORMAT", "instructed", "matches", "read"]

FORMAT = "responses"

# Items that only this API has; `message` is one too, but so are messages of other formats.
_ITEMS = frozenset(
    {
        "function_call", "function_call_output", "reasoning", "custom_tool_call",
        "custom_tool_call_output", "file_search_call", "web_search_call", "computer_call",
        "computer_call_output", "code_interpreter_call", "image_generation_call", "mcp_call",
        "mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "local_shell_call",
        "local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call",
        "apply_patch_call_output",
    }
)  # fmt: skip
_PARTS = frozenset({"input_text", "output_text", "input_image", "input_file"})
_LOOK = 50


def matches(value: JsonValue) -> bool:
    """Whether a record is a request, a response, a pair, a line of a batch, or a list of items."""
    if isinstance(value, list):
        return _are_items(value)
    record = as_dict(value)
    if record.keys() & {"spans", "run_type", "traceId"}:
        return False
    return found_in(value, _is_request, _is_response) is not None or _listed(record) is not None


def _are_items(value: JsonValue) -> bool:
    items = as_list(value)
    records = as_dicts(items)
    if not records or len(records) < len(items):
        return False
    return all("role" in one or "type" in one for one in records) and any(
        as_text(one.get("type")) in _ITEMS or _has_parts(one) for one in records[:_LOOK]
    )


def _has_parts(message: Mapping[str, JsonValue]) -> bool:
    return any(as_text(part.get("type")) in _PARTS for part in as_dicts(message.get("content")))


def _listed(record: Mapping[str, JsonValue]) -> list[JsonValue] | None:
    """The items of a list that the API gives out, or that an agent kept."""
    for key in ("data", "items", "input_items", "new_items"):
        if _are_items(record.get(key)):
            return as_list(record[key])
    return None


def _is_request(value: Mapping[str, JsonValue]) -> bool:
    asked = value.get("input")
    if _are_items(asked):
        return True
    if not isinstance(asked, (str, list)) or not asked or "messages" in value:
        return False
    # Plain records have an `input` too; what is told to this API names a model, and one thing more.
    return "model" in value and bool(
        value.keys()
        & {
            "instructions", "previous_response_id", "max_output_tokens", "store", "reasoning",
            "include", "truncation", "conversation", "parallel_tool_calls",
        }
    )  # fmt: skip


def _is_response(value: Mapping[str, JsonValue]) -> bool:
    return value.get("object") == "response" and isinstance(value.get("output"), list)


def read(value: JsonValue) -> Iterator[Trace]:
    """The one trace of a record.

    Raises:
        InvalidValueError: Neither a request nor a response nor items.
    """
    items = value if isinstance(value, list) else None
    record = as_dict(value)
    exchange = None if items is not None else found_in(value, _is_request, _is_response)
    if exchange is None:
        items = items if items is not None else _listed(record)
        if items is None:
            raise InvalidValueError(
                "This is neither a request with `input`, a response with `output`, nor a list of "
                "items."
            )
        rest = {key: part for key, part in record.items() if part is not items}
        exchange = Exchange(rest=rest)
    # Logs of whole calls often have the text of a request as the only thing beside the response.
    beside = exchange.rest.get("input")
    if not exchange.request and exchange.response and isinstance(beside, (str, list)):
        exchange.request = {"input": exchange.rest.pop("input")}
    inputs: dict[str, JsonValue] = dict(exchange.request)
    outputs: JsonValue = exchange.response or None
    whole = items if items is not None else as_list(inputs.get("input"))
    if outputs is None and len(whole) > 1:
        kept, last = _split(whole)
        if last:
            outputs = {"output": last}
        inputs["input"] = kept
    elif items is not None:
        inputs["input"] = whole
    response = exchange.response
    asked, outputs = instructed(inputs or None, outputs)
    yield trace_of(
        value,
        exchange,
        format=FORMAT,
        inputs=asked,
        outputs=outputs,
        tokens=token_usage(response.get("usage")),
        error=_error(response),
        conversation=first(as_dict(response.get("conversation")), "id")
        or as_text(response.get("conversation")),
    )


def instructed(inputs: JsonValue, outputs: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Instructions and tools moved from a response, which repeats them, to what went in.

    Args:
        inputs: A request, a list of items or messages, or None.
        outputs: A response of this API; any other value changes nothing.
    """
    response = as_dict(outputs)
    repeated = {key: response[key] for key in ("instructions", "tools") if response.get(key)}
    if not _is_response(response) or not repeated or not isinstance(inputs, (dict, list, str)):
        return inputs, outputs
    asked: dict[str, JsonValue] = dict(inputs) if isinstance(inputs, dict) else {"input": inputs}
    kept: JsonValue = {key: part for key, part in response.items() if key not in repeated}
    return repeated | asked, kept


def _split(items: list[JsonValue]) -> tuple[list[JsonValue], list[JsonValue]]:
    """The items before the assistant's last message, and that message."""
    last = as_dict(items[-1])
    said = last.get("role") == "assistant" or as_text(last.get("type")) in {
        "function_call",
        "reasoning",
    }
    return (items[:-1], items[-1:]) if said else (items, [])


def _error(response: Mapping[str, JsonValue]) -> str | None:
    found = as_dict(response.get("error"))
    if found:
        return as_text(first(found, "message", "code")) or "error"
    return "The response failed." if response.get("status") == "failed" else None
