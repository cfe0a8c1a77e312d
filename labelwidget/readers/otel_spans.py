"""OpenTelemetry spans as SDKs and tools write them one by one, outside of OTLP.

The console exporters of Python and JavaScript, Phoenix (its API and rows of its data frames), and
plain lists of spans with flat attributes. Spans of one trace may stand on several lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue, SpanEvent, Trace
from labelwidget.readers.assemble import span_status
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.grouping import grouped
from labelwidget.readers.openinference import opened
from labelwidget.readers.otel_trace import RawSpan, notes_of, trace_of
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    decoded,
    first,
    hex_id,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "read", "read_stream"]

FORMAT = "otel_spans"

_CONTEXTS = ("context", "spanContext", "span_context")
_MARKS = frozenset(
    {
        "attributes",
        "startTime",
        "start_time",
        "startTimeUnixNano",
        "endTime",
        "end_time",
        "status_code",
    }
)
_COLUMN = "attributes."


def matches(value: JsonValue) -> bool:
    """Whether it is one span, or a list of spans."""
    if isinstance(value, list):
        return bool(value) and all(_is_span(part) for part in value)
    return _is_span(value)


def _is_span(value: JsonValue) -> bool:
    if not isinstance(value, dict) or "name" not in value:
        return False
    if "attributes" not in value and not any(key.startswith(_COLUMN) for key in value):
        return False
    return _ids(value)[0] is not None and not _MARKS.isdisjoint(value)


def _ids(value: dict[str, JsonValue]) -> tuple[str | None, str | None]:
    """Trace id and span id."""
    context: dict[str, JsonValue] = {}
    for name in _CONTEXTS:
        context = context or as_dict(value.get(name))
    trace_id = first(context, "traceId", "trace_id") or first(
        value, "traceId", "trace_id", "context.trace_id"
    )
    span_id = first(context, "spanId", "span_id") or first(
        value, "spanId", "span_id", "context.span_id", "id"
    )
    return hex_id(trace_id, 16), hex_id(span_id, 8)


def read(value: JsonValue) -> Iterator[Trace]:
    """The traces of one span or a list of them.

    Args:
        value: As described above.

    Raises:
        InvalidValueError: A span has no ids.
    """
    traces: dict[str, list[RawSpan]] = {}
    for number, part in enumerate(value if isinstance(value, list) else [value], 1):
        trace_id, span = _span(part, number)
        traces.setdefault(trace_id, []).append(span)
    for trace_id, spans in traces.items():
        yield trace_of(trace_id, spans, FORMAT)


def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]:
    """The traces of all spans of one file.

    Args:
        records: Spans or lists of spans.
        refuse: Told of malformed spans and of those that come too late.
    """
    for rows in grouped(_single(records), lambda value: _ids(as_dict(value))[0], refuse):
        spans: list[RawSpan] = []
        trace_id = ""
        for row in rows:
            try:
                trace_id, span = _span(row.value, 1)
            except InvalidValueError as error:
                refuse(row.position, str(error))
                continue
            spans.append(span)
        try:
            if spans:
                yield trace_of(trace_id, spans, FORMAT)
        except InvalidValueError as error:
            refuse(rows[0].position, str(error))


def _single(records: Iterator[Record]) -> Iterator[Record]:
    for record in records:
        parts = record.value if isinstance(record.value, list) else [record.value]
        for part in parts:
            yield Record(record.position, part, record.size // len(parts))


def _span(value: JsonValue, number: int) -> tuple[str, RawSpan]:
    span = as_dict(value)
    trace_id, span_id = _ids(span)
    if trace_id is None or span_id is None:
        raise InvalidValueError(
            f"Span {number} is {shown(value)} without trace and span id. Export it again."
        )
    attributes = _attributes(span)
    status = span.get("status")
    code = (
        first(as_dict(status), "code", "status_code", "statusCode")
        if isinstance(status, dict)
        else status
    )
    if isinstance(status, dict) and as_int(code) is not None and "spanContext" not in span:
        code = as_int(code)
    scope = as_dict(first(span, "instrumentationScope", "instrumentationLibrary", "scope"))
    if as_text(scope.get("name")):
        attributes["otel.scope.name"] = scope["name"]
    if span.get("links"):
        attributes["otel.links"] = span["links"]
    parent = first(span, "parentSpanId", "parent_span_id", "parent_id", "parentId")
    if parent is None:
        parent = first(as_dict(span.get("parentSpanContext")), "spanId", "span_id")
    return trace_id, RawSpan(
        span_id=span_id,
        parent_id=hex_id(parent, 8),
        name=as_text(span.get("name")) or "",
        start_ns=_time(first(span, "startTime", "start_time", "startTimeUnixNano", "timestamp")),
        end_ns=_time(first(span, "endTime", "end_time", "endTimeUnixNano")),
        status=span_status(code if code is not None else first(span, "status_code", "statusCode")),
        message=as_text(first(as_dict(status), "message", "description"))
        or as_text(span.get("status_message"))
        or "",
        attributes=attributes,
        events=[_event(event) for event in as_dicts(decoded(span.get("events")))],
        resource=_resource(span),
        notes=notes_of(span),
    )


def _attributes(span: dict[str, JsonValue]) -> dict[str, JsonValue]:
    inside = span.get("attributes")
    if isinstance(inside, list):
        pairs = [(pair.get("key"), pair.get("value")) for pair in as_dicts(inside)]
        found = {key: part for key, part in pairs if isinstance(key, str)}
    else:
        found = dict(as_dict(decoded(inside)))
    for key, part in span.items():
        if key.startswith(_COLUMN) and part is not None:
            found[key.removeprefix(_COLUMN)] = part
    kind = as_text(span.get("span_kind"))
    if (
        kind
        and "openinference.span.kind" not in found
        and as_dict(found.get("openinference")).get("span") is None
    ):
        found["openinference.span.kind"] = kind
    found.pop("annotations", None)
    return opened(found)


def _resource(span: dict[str, JsonValue]) -> dict[str, JsonValue]:
    resource = as_dict(span.get("resource"))
    return as_dict(resource.get("attributes")) or resource


def _time(value: JsonValue) -> int | None:
    """A moment, also as JavaScript's pair of seconds and nanoseconds."""
    if isinstance(value, list) and len(value) == 2:
        seconds, rest = as_int(value[0]), as_int(value[1])
        return (
            None if seconds is None or rest is None else nanoseconds(seconds * 1_000_000_000 + rest)
        )
    return nanoseconds(value)


def _event(value: dict[str, JsonValue]) -> SpanEvent:
    attributes = value.get("attributes")
    return SpanEvent(
        name=as_text(value.get("name")) or "event",
        time_ns=_time(first(value, "time", "timestamp", "timeUnixNano", "time_unix_nano")),
        attributes=dict(as_dict(attributes))
        if not isinstance(attributes, list)
        else {"attributes": as_list(attributes)},
    )
