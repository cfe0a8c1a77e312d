"""One request and its response, as logs of model APIs keep them: a trace with one span."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labelwidget.model import JsonValue, Span, SpanStatus, Trace, TraceState
from labelwidget.readers.assemble import assemble
from labelwidget.readers.chat import conversation_of, own_id
from labelwidget.readers.values import (
    as_dict,
    as_number,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    nanoseconds,
    text_tags,
)

__all__ = ["Exchange", "found_in", "trace_of"]

_REQUESTS = ("request", "params", "body", "kwargs", "inputs", "input")
_RESPONSES = ("response", "result", "message", "outputs", "output", "completion")
_WRAPPERS = ("body", "message", "response", "json", "content")
_DEEPEST = 3
_ERRORS = ("error", "exception")
_STARTED = ("timestamp", "start_time", "started_at", "created_at", "created", "request_time")
_ENDED = ("end_time", "ended_at", "completed_at", "response_time")
_SECONDS = ("duration", "elapsed", "latency", "duration_s", "latency_s")
_MILLISECONDS = ("duration_ms", "latency_ms", "elapsed_ms")


@dataclass
class Exchange:
    """A request, a response, and what a log says besides.

    Attributes:
        request: Empty when the log keeps only the response.
        response: Empty when there was none.
        rest: The record's other members.
    """

    request: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    response: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    rest: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])


def found_in(
    value: JsonValue,
    is_request: Callable[[Mapping[str, JsonValue]], bool],
    is_response: Callable[[Mapping[str, JsonValue]], bool],
) -> Exchange | None:
    """The request and the response that a record holds, or None when it holds neither.

    Args:
        value: A record: the request or response itself, or an object with them under the usual
            names, also as JSON in a text and one or two wrappers (`body`, `message`) deep.
        is_request: Tells a request of the API.
        is_response: Tells a response of the API.
    """
    record = as_dict(value)
    if is_response(record):
        return Exchange(response=record)
    made = Exchange(rest=dict(record))
    for key in _RESPONSES:
        inner = _inside(record.get(key), is_response)
        if inner is not None:
            made.response = inner
            del made.rest[key]
            break
    for key in _REQUESTS:
        inner = _inside(made.rest.get(key), is_request)
        if inner is not None:
            made.request = inner
            del made.rest[key]
            break
    if not made.request and is_request(record):
        made.request, made.rest = made.rest, {}
    return made if made.request or made.response else None


def _inside(
    value: JsonValue, is_it: Callable[[Mapping[str, JsonValue]], bool]
) -> dict[str, JsonValue] | None:
    found = decoded(value)
    for _ in range(_DEEPEST):
        if not isinstance(found, dict):
            return None
        if is_it(found):
            return found
        found = decoded(next((found[key] for key in _WRAPPERS if key in found), None))
    return None


def trace_of(
    value: JsonValue,
    exchange: Exchange,
    *,
    format: str,  # noqa: A002 - the name of the model's field
    inputs: JsonValue,
    outputs: JsonValue,
    tokens: tuple[int | None, int | None],
    error: str | None,
    conversation: JsonValue = None,
) -> Trace:
    """The trace of one exchange.

    Args:
        value: The whole record, for an id where it brings none.
        exchange: Its parts.
        format: The reader's `FORMAT`.
        inputs: The span's inputs.
        outputs: The span's outputs.
        tokens: Input and output tokens.
        error: Why it failed, or None.
        conversation: What groups the turns, if the API has such a thing.
    """
    request, response = exchange.request, exchange.response
    # A bare request keeps members of its log beside those of the API.
    record = exchange.rest or request
    error = error or _error(record)
    model = as_text(response.get("model")) or as_text(request.get("model"))
    started = nanoseconds(first(record, *_STARTED) or first(response, "created_at", "created"))
    attributes: dict[str, JsonValue] = {}
    if model is not None:
        attributes["gen_ai.response.model"] = model
    for name, count in zip(("input_tokens", "output_tokens"), tokens, strict=True):
        if count is not None:
            attributes[f"gen_ai.usage.{name}"] = count
    span = Span(
        span_id="call",
        name=as_text(first(record, "name")) or model or format,
        span_type="CHAT_MODEL",
        start_ns=started,
        end_ns=_end(record, response, started),
        status=SpanStatus.ERROR if error else SpanStatus.OK,
        status_message=error or "",
        inputs=inputs,
        outputs=outputs,
        attributes=attributes,
    )
    metadata = as_dict(record.get("metadata")) | {
        key: part for key, part in exchange.rest.items() if key not in {"metadata", "tags"}
    }
    return assemble(
        trace_id=own_id(record) or own_id(response) or content_id(value, f"{format}-"),
        spans=[span],
        format=format,
        name=as_text(exchange.rest.get("name")) or "",
        state=TraceState.ERROR if error else TraceState.OK,
        tags=text_tags(record.get("tags")),
        metadata={key: part for key, part in metadata.items() if part not in (None, "", [], {})},
        conversation_id=clean_id(conversation) or conversation_of(record, metadata),
        model_name=model,
    )


def _end(
    record: Mapping[str, JsonValue], response: Mapping[str, JsonValue], started: int | None
) -> int | None:
    ended = nanoseconds(first(record, *_ENDED) or response.get("completed_at"))
    if ended is not None or started is None:
        return ended
    seconds = as_number(first(record, *_SECONDS))
    if seconds is None:
        milliseconds = as_number(first(record, *_MILLISECONDS))
        seconds = None if milliseconds is None else milliseconds / 1000
    if seconds is None or not 0 <= seconds < 1e9:
        return None
    return started + round(seconds * 1e9)


def _error(record: Mapping[str, JsonValue]) -> str | None:
    found = decoded(first(record, *_ERRORS))
    for _ in range(_DEEPEST):
        if isinstance(found, str):
            return found or None
        if not isinstance(found, dict) or not found:
            return None
        found = first(found, "message", "error", "detail", "type", "code")
    return "error"
