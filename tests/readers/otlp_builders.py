"""OTLP requests as an SDK would write them, from plain attributes."""

from __future__ import annotations

from labelwidget.model import JsonValue, Trace
from labelwidget.readers import read_traces

TRACE = "216f1618782da29e135b06b6315a4d08"
ROOT = "bdd1576d061682f9"
CHILD = "caef63b268b468cc"


def any_value(value: JsonValue) -> JsonValue:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [any_value(part) for part in value]}}
        case dict():
            return {"kvlistValue": {"values": attributes(value)}}
        case None:
            return {}


def attributes(values: dict[str, JsonValue]) -> JsonValue:
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def span(values: dict[str, JsonValue], **more: JsonValue) -> dict[str, JsonValue]:
    return {
        "traceId": TRACE,
        "spanId": ROOT,
        "name": "step",
        "kind": "SPAN_KIND_INTERNAL",
        "startTimeUnixNano": "1795468544752654080",
        "endTimeUnixNano": "1795468544870423040",
        "attributes": attributes(values),
        "status": {"code": "STATUS_CODE_OK"},
        **more,
    }


def request(*spans: JsonValue) -> dict[str, JsonValue]:
    resource = {"attributes": attributes({"service.name": "app"})}
    return {
        "resourceSpans": [
            {"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": list(spans)}]}
        ]
    }


def read(value: object) -> list[Trace]:
    reader = read_traces(value)
    traces = list(reader)
    assert reader.refused == []
    return traces


def read_span(values: dict[str, JsonValue], **more: JsonValue) -> Trace:
    (trace,) = read(request(span(values, **more)))
    return trace
