"""OTLP files: the tree of spans, traces spread over a file, JSON and protobuf."""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path

import pytest

from labelwidget.model import JsonValue, SpanStatus, TraceState
from labelwidget.readers import limits, otlp, read_traces
from tests.readers.otlp_builders import (
    CHILD,
    ROOT,
    TRACE,
    attributes,
    read,
    read_span,
    request,
    span,
)


def test_a_tree_of_spans_with_times_status_and_resource() -> None:
    (trace,) = read(
        request(
            span({"n": 3, "f": 0.5, "on": True, "list": ["a", 1], "map": {"k": "v"}}, spanId=CHILD, parentSpanId=ROOT,
                 startTimeUnixNano="1795468544752654999", status={"code": 2},
                 events=[{"name": "exception", "attributes": attributes({"exception.type": "E", "exception.message": "m"})}]),
            span({"session.id": "s-1"}, name="root"),
        )
    )  # fmt: skip
    root, child = trace.spans
    assert (trace.trace_id, trace.name, trace.state) == (TRACE, "root", TraceState.OK)
    assert trace.conversation_id == "s-1"
    assert trace.metadata["resource"] == {"service.name": "app"}
    assert trace.request_time_ms == 1795468544752
    assert (child.parent_id, child.status, child.status_message) == (
        root.span_id,
        SpanStatus.ERROR,
        "E: m",
    )
    assert child.attributes == {
        "n": 3, "f": 0.5, "on": True, "list": ["a", 1], "map": {"k": "v"}, "otel.scope.name": "lib",
    }  # fmt: skip
    assert root.duration_ms == pytest.approx(117.76896)


def test_a_root_that_holds_nothing_leaves_the_trace_without_inputs() -> None:
    trace = read_span({"x": 1})
    assert (trace.inputs, trace.outputs) == (None, None)


def test_traces_spread_over_lines_are_put_together() -> None:
    other = "d1a4741d1917e5b3e1165c5a2bb0ce40"
    lines = [
        request(span({}, spanId=CHILD, parentSpanId=ROOT)),
        request(span({}, traceId=other), span({}, name="root")),
    ]
    found = {trace.trace_id: len(trace.spans) for trace in read("\n".join(map(json.dumps, lines)))}
    assert found == {TRACE: 2, other: 1}


def test_spans_that_come_after_their_trace_was_given_out_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_PENDING_BYTES", 10)
    lines = [request(span({})), request(span({}, spanId=CHILD, parentSpanId=ROOT))]
    reader = read_traces("\n".join(map(json.dumps, lines)))
    assert [len(trace.spans) for trace in reader] == [1]
    assert reader.refused[0].position == "line 2"
    assert "MAX_PENDING_BYTES" in reader.refused[0].reason


def test_a_trace_is_given_out_while_reading_when_nothing_more_comes_for_it() -> None:
    def lines() -> bytes:
        ids = (f"{number:032x}" for number in range(1, 1_000))
        return "\n".join(json.dumps(request(span({}, traceId=one))) for one in ids).encode()

    handle = io.BytesIO(lines())
    reader = read_traces(handle)
    next(reader)
    assert otlp.FORMAT == "otlp"
    assert len(list(reader)) == 998


def in_base64(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [in_base64(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(part)).decode()
        if key in {"traceId", "spanId", "parentSpanId"} and isinstance(part, str)
        else in_base64(part)
        for key, part in value.items()
    }


def test_protobuf_files_and_base64_ids_are_the_same_trace(tmp_path: Path) -> None:
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    document = request(
        span({"input.value": "in", "n": 1}), span({}, spanId=CHILD, parentSpanId=ROOT)
    )
    raw = ParseDict(in_base64(document), TracesData()).SerializeToString()
    (tmp_path / "one.pb").write_bytes(raw)
    (tmp_path / "many.binpb").write_bytes(struct.pack(">I", len(raw)) + raw)
    wanted = read(document)
    assert read(in_base64(document)) == wanted
    assert read(tmp_path / "one.pb") == wanted
    assert read(tmp_path / "many.binpb") == wanted


@pytest.mark.parametrize(
    "raw", [b"\x0a\x05\xff\xff\xff\xff\xff", b"\x0a\x7f\x01", b"\x12\x00", b"\x00\x00\x00\x09abc"]
)
def test_damaged_protobuf_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bad.pb").write_bytes(raw)
    reader = read_traces(tmp_path / "bad.pb")
    assert list(reader) == []
    assert reader.refused


def test_a_trace_that_is_too_large_does_not_cost_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_SPANS", 2)
    many = [span({}, traceId="aa" * 16, spanId=f"{n:016x}") for n in range(1, 5)]
    lines = [request(span({})), request(*many), request(span({}, traceId="bb" * 16))]
    for raw in (b"\n".join(json.dumps(line).encode() for line in lines), lines):
        reader = read_traces(raw)
        assert {trace.trace_id for trace in reader} == {TRACE, "bb" * 16}
        (refusal,) = reader.refused
        assert "limits.MAX_SPANS" in refusal.reason
