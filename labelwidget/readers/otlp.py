"""OTLP: export requests and files of the collector, as JSON or protobuf, with any of the
conventions for attributes.

A file holds one request, one a line, or a stream; the spans of a trace may be spread over several
of them.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterator
from typing import Protocol, cast

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, LabelWidgetError, MissingExtraError, shown
from labelwidget.model import JsonValue, SpanEvent, Trace
from labelwidget.readers.assemble import span_status
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.dotted import tree
from labelwidget.readers.otel_trace import RawSpan, trace_of
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_text,
    content_id,
    first,
    hex_id,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "protobuf_records", "read", "read_stream"]

FORMAT = "otlp"

_REQUEST = ("resourceSpans", "resource_spans", "batches")
_SCOPES = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
# A trace whose root has come is given out when so many more records brought nothing for it; sooner
# when every span's parent is there too. Waiting longer costs speed: what is read again after a
# while is no longer in the cache.
_QUIET_RECORDS = 200
_QUIET_WHEN_WHOLE = 8
_INTERNAL = ("SPAN_KIND_INTERNAL", "SPAN_KIND_UNSPECIFIED", 0, 1)
_NOTES = "annotations."
_FIRST_NOTE = "annotations.0.annotation.name"


def matches(value: JsonValue) -> bool:
    """Whether it is an export request (also inside Tempo's `{"trace": ...}` or `{"batches":
    ...}`).
    """
    if not isinstance(value, dict):
        return False
    if any(isinstance(value.get(name), list) for name in _REQUEST):
        return True
    inner = value.get("trace")
    return isinstance(inner, dict) and any(isinstance(inner.get(name), list) for name in _REQUEST)


def read(value: JsonValue) -> Iterator[Trace]:
    """The traces of one export request, in order of their first spans.

    Args:
        value: `{"resourceSpans": [...]}`.

    Raises:
        InvalidValueError: A span is not an object or has no trace id.
    """
    pending = _Pending()
    pending.add(value, 0)
    yield from pending.rest(None)


def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]:
    """The traces of all requests of one file.

    Args:
        records: Requests, in the file's order.
        refuse: Told of malformed requests, and of spans that come when their trace was already
            given out.
    """
    pending = _Pending()
    for record in records:
        try:
            late = pending.add(record.value, record.size)
        except LabelWidgetError as error:
            refuse(record.position, str(error))
            continue
        if late is None:
            refuse(record.position, "The request holds no spans.")
        elif late:
            refuse(
                record.position,
                f"{late} spans belong to traces that were already read. Sort the file by trace, or: "
                + limits.how_to_raise("MAX_PENDING_BYTES"),
            )
        yield from pending.ripe(refuse)
    yield from pending.rest(refuse)


class _Waiting:
    """The spans of one trace that have come so far."""

    def __init__(self) -> None:
        self.spans: list[RawSpan] = []
        self.has_root = False
        self.size = 0
        self.last = 0

    def is_whole(self) -> bool:
        """Whether there is a root and no span lacks its parent."""
        known = {span.span_id for span in self.spans}
        return self.has_root and all(
            span.parent_id is None or span.parent_id in known for span in self.spans
        )


class _Pending:
    """Traces that may still get spans. Least recently touched first."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, _Waiting] = OrderedDict()
        self._done: set[str] = set()
        self._size = 0
        self._records = 0

    def add(self, value: JsonValue, size: int) -> int | None:
        """Take one request's spans; returns how many came too late, or None when there are none."""
        found = list(_spans(value))
        self._records += 1
        share = size // len(found) if found else 0
        late = 0
        for trace_id, span in found:
            if trace_id in self._done:
                late += 1
                continue
            waiting = self._traces.get(trace_id)
            if waiting is None:
                waiting = self._traces[trace_id] = _Waiting()
            waiting.spans.append(span)
            waiting.has_root = waiting.has_root or span.parent_id is None
            waiting.size += share
            waiting.last = self._records
            self._traces.move_to_end(trace_id)
            self._size += share
        return late if found else None

    def ripe(self, refuse: Refuse) -> Iterator[Trace]:
        """Traces that seem complete, and the oldest ones while too much is waiting."""
        while self._traces:
            trace_id, waiting = next(iter(self._traces.items()))
            quiet = self._records - waiting.last
            ripe = (
                waiting.has_root
                and quiet >= _QUIET_WHEN_WHOLE
                and (quiet >= _QUIET_RECORDS or waiting.is_whole())
            )
            if not ripe and self._size <= limits.MAX_PENDING_BYTES:
                return
            yield from self._taken(trace_id, waiting, refuse)

    def rest(self, refuse: Refuse | None) -> Iterator[Trace]:
        """All traces that are left."""
        for trace_id in list(self._traces):
            yield from self._taken(trace_id, self._traces[trace_id], refuse)

    def _taken(self, trace_id: str, waiting: _Waiting, refuse: Refuse | None) -> Iterator[Trace]:
        """The trace; one that cannot be made does not cost the others, where somebody is told."""
        del self._traces[trace_id]
        self._done.add(trace_id)
        self._size -= waiting.size
        try:
            yield trace_of(trace_id, waiting.spans, FORMAT)
        except LabelWidgetError as error:
            if refuse is None:
                raise
            refuse(f"trace {trace_id}", str(error))


def _spans(value: JsonValue) -> Iterator[tuple[str, RawSpan]]:
    request = as_dict(value)
    if not any(name in request for name in _REQUEST):
        request = as_dict(request.get("trace"))
    number = 0
    for batch in as_list(first(request, *_REQUEST)):
        if not isinstance(batch, dict):
            raise InvalidValueError(
                f"An element of resourceSpans is {shown(batch)}; an object is needed."
            )
        resource = _attributes(as_dict(batch.get("resource")).get("attributes"))
        for scoped in as_dicts(first(batch, *_SCOPES)):
            scope = as_dict(scoped.get("scope") or scoped.get("instrumentationLibrary"))
            scope_name = as_text(scope.get("name"))
            for span in as_list(scoped.get("spans")):
                number += 1
                yield _span(span, number, resource, scope_name)


def _span(
    value: JsonValue, number: int, resource: dict[str, JsonValue], scope: str | None
) -> tuple[str, RawSpan]:
    if not isinstance(value, dict):
        raise InvalidValueError(f"Span {number} is {shown(value)}; an object is needed.")
    trace_id = hex_id(value.get("traceId") or value.get("trace_id"), 16)
    if trace_id is None:
        raise InvalidValueError(f"Span {number} has no traceId. Export it again.")
    attributes = _attributes(value.get("attributes"))
    noted = _FIRST_NOTE in attributes
    if scope is not None:
        attributes["otel.scope.name"] = scope
    kind = value.get("kind")
    if kind is not None and kind not in _INTERNAL:
        attributes["otel.kind"] = kind
    if value.get("links"):
        attributes["otel.links"] = value["links"]
    if value.get("traceState"):
        attributes["otel.trace_state"] = value["traceState"]
    status = as_dict(value.get("status"))
    found = RawSpan(
        span_id=hex_id(value.get("spanId") or value.get("span_id"), 8) or content_id(value)[:16],
        parent_id=hex_id(value.get("parentSpanId") or value.get("parent_span_id"), 8),
        name=as_text(value.get("name")) or "",
        start_ns=nanoseconds(first(value, "startTimeUnixNano", "start_time_unix_nano")),
        end_ns=nanoseconds(first(value, "endTimeUnixNano", "end_time_unix_nano")),
        status=span_status(status.get("code")),
        message=as_text(status.get("message")) or "",
        attributes=attributes,
        events=[_event(event) for event in as_dicts(value.get("events"))],
        resource=resource,
        notes=_notes(attributes) if noted else [],
    )
    return trace_id, found


def _notes(attributes: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """Annotations that travel as attributes: `annotations.0.annotation.name` and so on."""
    paths = {key[len(_NOTES) :]: part for key, part in attributes.items() if key.startswith(_NOTES)}
    return [as_dict(node.get("annotation")) or node for node in as_dicts(tree(paths))]


def _event(value: dict[str, JsonValue]) -> SpanEvent:
    return SpanEvent(
        name=as_text(value.get("name")) or "event",
        time_ns=nanoseconds(first(value, "timeUnixNano", "time_unix_nano")),
        attributes=_attributes(value.get("attributes")),
    )


def _attributes(value: JsonValue) -> dict[str, JsonValue]:
    """Attributes by name from OTLP's list of `{key, value}`; an object passes as it is."""
    if isinstance(value, dict):
        return dict(value)
    found: dict[str, JsonValue] = {}
    # Nearly all attributes are texts: what is none falls out and is looked at below.
    for pair in cast("list[dict[str, dict[str, str]]]", as_list(value)):
        try:
            key, text = pair["key"], pair["value"]["stringValue"]
        except (KeyError, TypeError):
            inner = as_dict(cast(JsonValue, pair))
            key, text = inner.get("key"), _any_value(inner.get("value"))
        if type(key) is str:
            found[key] = text
    return found


def _any_value(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict) or len(value) != 1:
        return None if value == {} else value
    ((kind, held),) = value.items()
    match kind:
        case (
            "stringValue"
            | "string_value"
            | "boolValue"
            | "bool_value"
            | "bytesValue"
            | "bytes_value"
        ):
            return held
        case "intValue" | "int_value":
            return _integer(held)
        case "doubleValue" | "double_value":
            return held
        case "arrayValue" | "array_value":
            return [_any_value(part) for part in as_list(as_dict(held).get("values"))]
        case "kvlistValue" | "kvlist_value":
            return _attributes(as_dict(held).get("values"))
        case _:
            return value


def _integer(value: JsonValue) -> JsonValue:
    """64-bit integers travel as texts in protobuf's JSON."""
    if isinstance(value, str) and len(value) <= 20:
        try:
            return int(value)
        except ValueError:
            return value
    return value


class _Reads(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def protobuf_records(handle: _Reads, refuse: Refuse) -> Iterator[Record]:
    """Export requests in protobuf, as records like those in JSON.

    One message whose `resource_spans` are read one by one, or messages that each follow their
    length (4 bytes, the collector's file format).

    Args:
        handle: Bytes.
        refuse: Told of messages that cannot be parsed.

    Raises:
        MissingExtraError: opentelemetry-proto is not installed.
    """
    try:
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData
    except ImportError:
        raise MissingExtraError(
            "Reading OTLP protobuf needs opentelemetry-proto. Install it with: pip install 'labelwidget[readers]'"
        ) from None
    for number, (whole, raw) in enumerate(_messages(handle, refuse), 1):
        position = f"message {number}"
        try:
            message = (TracesData if whole else ResourceSpans).FromString(raw)
        except DecodeError:
            refuse(
                position,
                "It is not OTLP protobuf. Check that the file holds traces, not metrics or logs.",
            )
            continue
        plain = cast("dict[str, JsonValue]", MessageToDict(message))
        yield Record(position, plain if whole else {"resourceSpans": [plain]}, len(raw))


_FIELD_ONE = b"\x0a"


def _messages(handle: _Reads, refuse: Refuse) -> Iterator[tuple[bool, bytes]]:
    """Raw messages: (True, a whole request) or (False, one ResourceSpans)."""
    first_byte = handle.read(1)
    framed = first_byte == b"\x00"
    while first_byte:
        if framed:
            head = first_byte + _exactly(handle, 3)
            size = struct.unpack(">I", head)[0] if len(head) == 4 else -1
        elif first_byte == _FIELD_ONE:
            size = _varint(handle)
        else:
            size = -1
        if size < 0 or size > limits.MAX_RECORD_BYTES:
            refuse(
                "",
                "The rest is not OTLP protobuf, or a message is too long. "
                + limits.how_to_raise("MAX_RECORD_BYTES"),
            )
            return
        raw = _exactly(handle, size)
        if len(raw) < size:
            refuse("", "The file is cut off in the middle of a message.")
            return
        yield framed, raw
        first_byte = handle.read(1)


def _exactly(handle: _Reads, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = handle.read(size - len(found))
        if not more:
            break
        found += more
    return found


def _varint(handle: _Reads) -> int:
    value = 0
    for shift in range(0, 35, 7):
        byte = handle.read(1)
        if not byte:
            return -1
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    return -1
