"""MLflow traces: schema 3 and 2, rows of `search_traces`, assessments with their exact values."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd
import pytest

from labelwidget.model import AssessmentKind, JsonValue, SourceType, SpanStatus, Trace, TraceState
from labelwidget.readers import read_traces

SPANS: list[JsonValue] = [
    {
        "trace_id": "GZsUjnUYCLToEhKACUl25w==",
        "span_id": "hqJqA8lm4AU=",
        "parent_span_id": "9I3+19SFeGE=",
        "name": "search",
        "start_time_unix_nano": 1795467421706813356,
        "end_time_unix_nano": 1795467421707495135,
        "events": [],
        "status": {"code": "STATUS_CODE_ERROR", "message": "TimeoutError: slow"},
        "attributes": {
            "mlflow.spanType": '"RETRIEVER"',
            "mlflow.spanInputs": '{"query": "login"}',
            "mlflow.spanOutputs": '[{"page_content": "doc", "id": "d1"}]',
            "custom": '{"k": [1, 2]}',
            "not json": "plain words",
        },
    },
    {
        "trace_id": "GZsUjnUYCLToEhKACUl25w==",
        "span_id": "9I3+19SFeGE=",
        "parent_span_id": None,
        "name": "my_app",
        "start_time_unix_nano": 1795467421318319388,
        "end_time_unix_nano": 1795467421731298258,
        "events": [
            {
                "name": "exception",
                "time_unix_nano": 1795467421731000000,
                "attributes": {"exception.message": "boom"},
            }
        ],
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {
            "mlflow.spanType": '"AGENT"',
            "mlflow.spanInputs": '{"q": "what?"}',
            "mlflow.spanOutputs": '"an answer"',
        },
    },
]


def info(**more: JsonValue) -> dict[str, JsonValue]:
    return {
        "trace_id": "tr-1",
        "request_time": "2026-11-23T20:57:01.318Z",
        "execution_duration_ms": 412,
        "state": "OK",
        "trace_metadata": {
            "mlflow.trace.session": "s-1",
            "mlflow.trace.tokenUsage": '{"input_tokens": 20, "output_tokens": 10}',
            "mlflow.trace.user": "u1",
        },
        "tags": {"mlflow.traceName": "support", "team": "blue"},
        **more,
    }


def read_one(value: object) -> Trace:
    reader = read_traces(value)
    (trace,) = list(reader)
    assert reader.refused == []
    return trace


@pytest.fixture
def trace() -> Trace:
    return read_one({"info": info(), "data": {"spans": SPANS}})


def test_what_the_whole_says(trace: Trace) -> None:
    assert (trace.trace_id, trace.name, trace.state) == ("tr-1", "support", TraceState.OK)
    assert (trace.request_time_ms, trace.duration_ms) == (1795467421318, 412.0)
    assert (trace.input_tokens, trace.output_tokens) == (20, 10)
    assert trace.conversation_id == "s-1"
    assert trace.tags == {"team": "blue"}
    assert trace.metadata["mlflow.trace.user"] == "u1"
    assert (trace.inputs, trace.outputs) == ({"q": "what?"}, "an answer")
    assert trace.format == "mlflow"


def test_attribute_values_are_decoded_once_and_ids_are_hexadecimal(trace: Trace) -> None:
    root, search = trace.spans
    assert (root.span_id, root.parent_id) == ("f48dfed7d4857861", None)
    assert search.parent_id == root.span_id
    assert search.span_type == "RETRIEVER"
    assert search.inputs == {"query": "login"}
    assert search.outputs == [{"page_content": "doc", "id": "d1"}]
    assert search.attributes == {"custom": {"k": [1, 2]}, "not json": "plain words"}
    assert (search.status, search.status_message) == (SpanStatus.ERROR, "TimeoutError: slow")
    assert root.events[0].attributes == {"exception.message": "boom"}


def assessment(name: str, **more: JsonValue) -> JsonValue:
    return {
        "assessment_id": f"a-{name}",
        "assessment_name": name,
        "trace_id": "tr-1",
        "source": {"source_type": "HUMAN", "source_id": "alice"},
        "create_time": "2026-11-23T20:58:08.300Z",
        "valid": True,
        **more,
    }


def test_assessments_keep_kind_value_source_and_history() -> None:
    serialized = {"serialization_format": "JSON_FORMAT", "value": '["a", "b"]'}
    error = {"error_code": "ValueError", "error_message": "boom", "stack_trace": "..."}
    notes: list[JsonValue] = [
        assessment("score", feedback={"value": 3.0}, rationale="short", span_id="hqJqA8lm4AU="),
        assessment("facts", expectation={"serialized_value": serialized}),
        assessment(
            "judge",
            feedback={"value": None, "error": error},
            source={"source_type": "AI_JUDGE", "source_id": "gpt"},
        ),
        assessment("old", feedback={"value": False}, valid=False),
        assessment("new", feedback={"value": True}, overrides="a-old"),
        {"issue": {"id": "i-1"}, "assessment_name": "found"},
    ]
    trace = read_one({"info": info(assessments=notes), "data": {"spans": SPANS}})
    score, facts, judge, old, new = trace.assessments
    assert (score.kind, score.value, score.rationale) == (AssessmentKind.FEEDBACK, 3.0, "short")
    assert (score.source.source_type, score.source.source_id) == (SourceType.HUMAN, "alice")
    assert score.span_id == "86a26a03c966e005"
    assert score.create_time_ms == 1795467488300
    assert (facts.kind, facts.value) == (AssessmentKind.EXPECTATION, ["a", "b"])
    assert (judge.error, judge.source.source_type) == ("ValueError: boom", SourceType.LLM_JUDGE)
    assert (old.valid, new.overrides) == (False, old.assessment_id)
    assert trace.metadata["issues"] == [notes[-1]]


def test_schema_2() -> None:
    trace = read_one(
        {
            "info": {
                "request_id": "req-1",
                "experiment_id": "7",
                "timestamp_ms": 1_700_000_000_000,
                "execution_time_ms": 12,
                "status": "ERROR",
                "request_metadata": {"mlflow.trace_schema.version": "2"},
                "tags": [{"key": "team", "value": "red"}],
            },
            "data": {
                "request": '{"q": 1}',
                "response": '"r"',
                "spans": [
                    {
                        "name": "root",
                        "context": {"trace_id": "0x1", "span_id": "0x00f067aa0ba902b7"},
                        "parent_id": None,
                        "start_time": 1_700_000_000_000_000_000,
                        "end_time": 1_700_000_000_012_000_000,
                        "status_code": "ERROR",
                        "status_message": "bad",
                        "attributes": {"mlflow.spanInputs": '{"q": 1}'},
                        "events": [],
                    }
                ],
            },
        }
    )
    assert (trace.trace_id, trace.state, trace.duration_ms) == ("req-1", TraceState.ERROR, 12.0)
    assert (trace.inputs, trace.outputs) == ({"q": 1}, "r")
    assert trace.tags == {"team": "red"}
    assert trace.spans[0].span_id == "00f067aa0ba902b7"
    assert trace.spans[0].status_message == "bad"


@dataclass
class TraceLike:
    """What an MLflow trace object is to us: something with `to_dict`."""

    info: object
    data: object

    def to_dict(self) -> dict[str, object]:
        return {"info": info(), "data": {"spans": SPANS}}


def test_objects_json_and_rows_of_search_traces_are_the_same_trace(trace: Trace) -> None:
    document: JsonValue = {"info": info(), "data": {"spans": SPANS}}
    assert read_one(TraceLike(1, 2)) == trace
    assert read_one([TraceLike(1, 2)]) == trace
    assert read_one(pd.DataFrame({"trace_id": ["tr-1"], "trace": [json.dumps(document)]})) == trace
    assert read_one(pd.DataFrame({"trace": [TraceLike(1, 2)]})) == trace
    row = {
        "trace_id": "tr-1", "state": "OK", "request_time": 1795467421318, "execution_duration": 412,
        "request": {"q": "what?"}, "response": "an answer", "trace_metadata": info()["trace_metadata"],
        "tags": info()["tags"], "spans": SPANS, "assessments": [],
    }  # fmt: skip
    assert read_one(pd.DataFrame([row])) == trace


def test_spans_that_are_no_list_refuse_the_record() -> None:
    reader = read_traces([{"info": info(), "data": {"spans": "none"}}])
    assert list(reader) == []
    assert "'none'" in reader.refused[0].reason
