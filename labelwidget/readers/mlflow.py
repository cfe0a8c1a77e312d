"""MLflow traces: `Trace.to_dict()` and its JSON (schema 3 and 2), and rows of `search_traces`.

MLflow itself is not needed. Attribute values are JSON inside strings and are decoded once; ids in
base64 become the hexadecimal digits that MLflow shows; assessments come along.
"""

from __future__ import annotations

from collections.abc import Iterator

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import (
    Assessment,
    AssessmentKind,
    JsonValue,
    SourceType,
    Span,
    SpanEvent,
    Trace,
)
from labelwidget.readers.assemble import (
    assemble,
    assessment_source,
    span_status,
    token_usage,
    trace_state,
)
from labelwidget.readers.values import (
    as_bool,
    as_dict,
    as_dicts,
    as_list,
    as_number,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    hex_id,
    json_text,
    milliseconds,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "read"]

FORMAT = "mlflow"

_INPUTS = "mlflow.spanInputs"
_OUTPUTS = "mlflow.spanOutputs"
_TYPE = "mlflow.spanType"
_REQUEST_ID = "mlflow.traceRequestId"
_MAPPED = frozenset({_INPUTS, _OUTPUTS, _TYPE, _REQUEST_ID})
_ROW_MARKS = frozenset({"spans", "trace_metadata", "execution_duration", "execution_time_ms"})


def matches(value: JsonValue) -> bool:
    """Whether it is a trace with `info` and `data`, or a row of `search_traces`."""
    if not isinstance(value, dict):
        return False
    if "info" in value and isinstance(value["info"], dict):
        return isinstance(value.get("data"), dict) or "trace_id" in value["info"]
    if "trace_id" in value or "request_id" in value:
        return not _ROW_MARKS.isdisjoint(value)
    return False


def read(value: JsonValue) -> Iterator[Trace]:
    """The one trace of a record.

    Args:
        value: `Trace.to_dict()`, or one row of `search_traces` as an object.

    Raises:
        InvalidValueError: `data.spans` is not a list of objects.
    """
    record = as_dict(value)
    info, data = (record["info"], record.get("data")) if "info" in record else (record, record)
    yield _trace(as_dict(info), as_dict(data), value)


def _trace(info: dict[str, JsonValue], data: dict[str, JsonValue], raw: JsonValue) -> Trace:
    spans = data.get("spans")
    if spans is not None and not isinstance(spans, list):
        raise InvalidValueError(
            f"spans of the trace is {shown(spans)}; a list of spans is needed. "
            "Export the trace again."
        )
    trace_id = clean_id(first(info, "trace_id", "request_id")) or content_id(raw, "mlflow-")
    metadata = _pairs(first(info, "trace_metadata", "request_metadata"))
    tags = _pairs(info.get("tags"))
    name = as_text(tags.pop("mlflow.traceName", None))
    usage = token_usage(metadata.get("mlflow.trace.tokenUsage"))
    metadata |= {key: tags.pop(key) for key in list(tags) if key.startswith("mlflow.")}
    for key in ("request_preview", "response_preview", "client_request_id", "trace_location"):
        if info.get(key) is not None:
            metadata[key] = info[key]
    if info.get("experiment_id") is not None:
        metadata["experiment_id"] = info["experiment_id"]
    notes = as_list(info.get("assessments"))
    issues = [note for note in as_dicts(notes) if "issue" in note]
    if issues:
        metadata["issues"] = list(issues)
    return assemble(
        trace_id=trace_id,
        spans=[_span(part, number) for number, part in enumerate(spans or [], 1)],
        format=FORMAT,
        name=name,
        state=trace_state(first(info, "state", "status")),
        request_time_ms=milliseconds(first(info, "request_time", "timestamp_ms")),
        duration_ms=_duration(info),
        inputs=json_text(data.get("request")),
        outputs=json_text(data.get("response")),
        tags={key: part for key, part in tags.items() if isinstance(part, str)},
        metadata=metadata,
        assessments=[
            made
            for note in as_dicts(notes)
            if "issue" not in note and (made := _assessment(note, trace_id)) is not None
        ],
        conversation_id=as_text(metadata.get("mlflow.trace.session")),
        input_tokens=usage[0],
        output_tokens=usage[1],
    )


def _pairs(value: JsonValue) -> dict[str, JsonValue]:
    """Tags or metadata as an object, also from a list of `{key, value}`; JSON objects in strings
    decoded.
    """
    if isinstance(value, list):
        value = {str(pair.get("key")): pair.get("value") for pair in as_dicts(value)}
    return {
        key: decoded(part) if key.startswith("mlflow.trace.") else part
        for key, part in as_dict(value).items()
    }


def _duration(info: dict[str, JsonValue]) -> float | None:
    found = first(info, "execution_duration_ms", "execution_time_ms", "execution_duration")
    if isinstance(found, str) and found.endswith("s"):  # protobuf's JSON: "0.412s"
        seconds = as_number(found[:-1])
        return None if seconds is None else seconds * 1e3
    return as_number(found)


def _span(value: JsonValue, number: int) -> Span:
    if not isinstance(value, dict):
        raise InvalidValueError(
            f"Span {number} is {shown(value)}; an object is needed. Export the trace again."
        )
    context = as_dict(value.get("context"))
    status = value.get("status")
    told = status if isinstance(status, dict) else {}
    raw = {key: json_text(part) for key, part in as_dict(value.get("attributes")).items()}
    kind = raw.get(_TYPE) or value.get("span_type")
    events = [_event(part) for part in as_dicts(value.get("events"))]
    return Span(
        span_id=hex_id(value.get("span_id") or context.get("span_id"), 8) or f"span-{number}",
        parent_id=hex_id(value.get("parent_span_id") or value.get("parent_id"), 8),
        name=as_text(value.get("name")) or "",
        span_type=as_text(kind) or "UNKNOWN",
        start_ns=nanoseconds(value.get("start_time_unix_nano") or value.get("start_time")),
        end_ns=nanoseconds(value.get("end_time_unix_nano") or value.get("end_time")),
        status=span_status(told.get("code", value.get("status_code"))),
        status_message=as_text(told.get("message") or value.get("status_message")) or "",
        inputs=raw.get(_INPUTS, value.get("inputs")),
        outputs=raw.get(_OUTPUTS, value.get("outputs")),
        attributes={key: part for key, part in raw.items() if key not in _MAPPED},
        events=tuple(event for event in events if event is not None),
    )


def _event(value: dict[str, JsonValue]) -> SpanEvent | None:
    name = as_text(value.get("name"))
    attributes = as_dict(value.get("attributes"))
    if name is None and not attributes:
        return None
    return SpanEvent(
        name=name or "event",
        time_ns=nanoseconds(first(value, "time_unix_nano", "timestamp")),
        attributes=attributes,
    )


def _assessment(note: dict[str, JsonValue], trace_id: str) -> Assessment | None:
    name = as_text(first(note, "assessment_name", "name"))
    feedback, expectation = note.get("feedback"), note.get("expectation")
    if name is None or not (isinstance(feedback, dict) or isinstance(expectation, dict)):
        return None
    about = as_dict(expectation if isinstance(expectation, dict) else feedback)
    source = as_dict(note.get("source"))
    is_expectation = isinstance(expectation, dict)
    return Assessment(
        assessment_id=clean_id(note.get("assessment_id")) or content_id(note, "a-"),
        trace_id=trace_id,
        name=name,
        kind=AssessmentKind.EXPECTATION if is_expectation else AssessmentKind.FEEDBACK,
        value=_value(about),
        rationale=as_text(note.get("rationale")),
        source=assessment_source(
            source.get("source_type"),
            source.get("source_id"),
            SourceType.HUMAN if is_expectation else SourceType.CODE,
        ),
        span_id=hex_id(note.get("span_id"), 8),
        metadata=as_dict(note.get("metadata")),
        error=_error(about.get("error") or note.get("error")),
        create_time_ms=milliseconds(first(note, "create_time", "create_time_ms")) or 0,
        overrides=clean_id(note.get("overrides")),
        valid=as_bool(note.get("valid"), default=True),
    )


def _value(about: dict[str, JsonValue]) -> JsonValue:
    packed = about.get("serialized_value")
    if isinstance(packed, dict):
        return json_text(packed.get("value"))
    return about.get("value")


def _error(value: JsonValue) -> str | None:
    if not isinstance(value, dict):
        return as_text(value)
    parts = [as_text(value.get("error_code")), as_text(value.get("error_message"))]
    return ": ".join(part for part in parts if part) or None
