"""OpenTelemetry: OTLP in JSON and protobuf, single spans, and the conventions for what attributes
mean.
"""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path

import pytest

from labelwidget.model import JsonValue, SourceType, SpanStatus, Trace, TraceState
from labelwidget.readers import limits, otlp, read_traces

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


def test_openinference_messages_tools_and_documents() -> None:
    model = read_span(
        {
            "openinference.span.kind": "LLM",
            "input.value": '{"raw": 1}',
            "input.mime_type": "application/json",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "look",
            "llm.input_messages.0.message.contents.1.message_content.type": "image",
            "llm.input_messages.0.message.contents.1.message_content.image.image.url": "data:image/png;base64,AA==",
            "llm.input_messages.10.message.role": "tool",
            "llm.input_messages.10.message.content": "sunny",
            "llm.input_messages.10.message.tool_call_id": "c1",
            "llm.input_messages.2.message.role": "assistant",
            "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
            "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "weather",
            "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"city": "Paris"}',
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "It is sunny.",
            "llm.tools.0.tool.json_schema": '{"type": "function", "function": {"name": "weather"}}',
            "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": 11,
            "llm.token_count.completion": 4,
        }
    )
    call = {
        "type": "function",
        "id": "c1",
        "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
    }
    assert model.spans[0].span_type == "LLM"
    assert model.inputs == {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                ],
            },
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
        ],
        "tools": [{"type": "function", "function": {"name": "weather"}}],
    }
    assert model.outputs == {"messages": [{"role": "assistant", "content": "It is sunny."}]}
    assert (model.input_tokens, model.output_tokens, model.model_name) == (11, 4, "gpt-4o")
    # What the messages do not hold stays.
    assert model.spans[0].attributes["input.value"] == '{"raw": 1}'

    search = read_span(
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "login",
            "input.mime_type": "text/plain",
            "retrieval.documents.0.document.content": "one",
            "retrieval.documents.0.document.id": "d1",
            "retrieval.documents.0.document.score": 0.5,
            "retrieval.documents.0.document.metadata": '{"source": "wiki"}',
            "retrieval.documents.1.document.content": "two",
        }
    )
    assert search.inputs == "login"
    assert search.outputs == [
        {"page_content": "one", "id": "d1", "score": 0.5, "metadata": {"source": "wiki"}},
        {"page_content": "two"},
    ]


def test_openinference_reranker_and_tool() -> None:
    ranked = read_span(
        {
            "openinference.span.kind": "RERANKER",
            "reranker.query": "q",
            "reranker.input_documents.0.document.content": "a",
            "reranker.output_documents.0.document.content": "a",
            "reranker.output_documents.0.document.score": 0.9,
        }
    )
    assert ranked.inputs == {"query": "q", "documents": [{"page_content": "a"}]}
    assert ranked.outputs == [{"page_content": "a", "score": 0.9}]
    tool = read_span(
        {"openinference.span.kind": "TOOL", "input.value": '{"a": 1}', "output.value": "3"}
    )
    assert (tool.spans[0].span_type, tool.inputs, tool.outputs) == ("TOOL", {"a": 1}, "3")


def test_genai_messages_in_attributes_keep_their_parts() -> None:
    asked: JsonValue = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    said: JsonValue = [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Hello"}],
            "finish_reason": "stop",
        }
    ]
    trace = read_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
            "gen_ai.input.messages": json.dumps(asked),
            "gen_ai.output.messages": json.dumps(said),
            "gen_ai.tool.definitions": json.dumps([{"type": "function", "name": "f"}]),
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 3,
            "gen_ai.conversation.id": "c-1",
        }
    )
    instructions: JsonValue = {
        "role": "system",
        "parts": [{"type": "text", "content": "Be brief."}],
    }
    assert trace.spans[0].span_type == "CHAT_MODEL"
    assert trace.inputs == {
        "messages": [instructions, *asked],
        "tools": [{"type": "function", "name": "f"}],
    }
    assert trace.outputs == {"messages": said}
    assert (trace.model_name, trace.input_tokens, trace.conversation_id) == ("gpt-4o", 3, "c-1")


def test_genai_older_flattened_attributes() -> None:
    trace = read_span(
        {
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": '[{"type": "text", "text": "Hi"}]',
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c1",
            "gen_ai.completion.0.tool_calls.0.name": "f",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"a": 1}',
            "llm.request.functions.0.name": "f",
            "llm.request.functions.0.parameters": '{"type": "object"}',
            "gen_ai.usage.prompt_tokens": 7,
            "gen_ai.usage.completion_tokens": 8,
        }
    )
    assert trace.inputs == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
        ],
    }
    assert trace.outputs == {
        "messages": [
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "type": "function",
                        "id": "c1",
                        "function": {"name": "f", "arguments": '{"a": 1}'},
                    }
                ],
                "finish_reason": "tool_calls",
            }
        ]
    }
    assert (trace.input_tokens, trace.output_tokens) == (7, 8)


def test_genai_messages_on_events() -> None:
    events: JsonValue = [
        {"name": "gen_ai.system.message", "attributes": attributes({"content": "Be brief."})},
        {
            "name": "gen_ai.user.message",
            "attributes": attributes({"content": "Hi", "role": "user"}),
        },
        {"name": "gen_ai.tool.message", "attributes": attributes({"content": "18", "id": "c1"})},
        {
            "name": "gen_ai.choice",
            "attributes": attributes(
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "Hello"},
                }
            ),
        },
    ]
    trace = read_span({"gen_ai.system": "openai"}, events=events)
    assert trace.inputs == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "tool", "content": "18", "tool_call_id": "c1"},
        ]
    }
    assert trace.outputs == {
        "messages": [{"role": "assistant", "content": "Hello", "finish_reason": "stop"}]
    }
    assert len(trace.spans[0].events) == 4


def test_genai_tools_agents_retrievals_and_whole_runs() -> None:
    tool = read_span(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.arguments": '{"a": 1}',
            "gen_ai.tool.call.result": "ok",
        }
    )
    assert (tool.spans[0].span_type, tool.inputs, tool.outputs) == ("TOOL", {"a": 1}, "ok")
    run: JsonValue = [
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]},
    ]
    agent = read_span(
        {"gen_ai.operation.name": "invoke_agent", "pydantic_ai.all_messages": json.dumps(run)}
    )
    assert agent.spans[0].span_type == "AGENT"
    assert (agent.inputs, agent.outputs) == ({"messages": run[:1]}, {"messages": run[1:]})
    found = read_span(
        {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.query.text": "q",
            "gen_ai.retrieval.documents": '[{"id": "d", "content": "text", "score": 0.5}]',
        }
    )
    assert (found.spans[0].span_type, found.inputs) == ("RETRIEVER", {"query": "q"})
    assert isinstance(found.outputs, list)
    assert found.outputs[0] == {"page_content": "text", "id": "d", "score": 0.5}
    entity = read_span(
        {
            "traceloop.span.kind": "workflow",
            "traceloop.entity.input": '{"x": 1}',
            "traceloop.entity.output": '"y"',
        }
    )
    assert (entity.spans[0].span_type, entity.inputs, entity.outputs) == ("WORKFLOW", {"x": 1}, "y")


def test_evaluations_and_annotations_are_prior_assessments() -> None:
    event: JsonValue = {
        "name": "gen_ai.evaluation.result",
        "timeUnixNano": "1795468544752654080",
        "attributes": attributes(
            {
                "gen_ai.evaluation.name": "relevance",
                "gen_ai.evaluation.score.value": 0.75,
                "gen_ai.evaluation.explanation": "close",
            }
        ),
    }
    (judged,) = read_span({"gen_ai.system": "x"}, events=[event]).assessments
    assert (judged.name, judged.value, judged.rationale) == ("relevance", 0.75, "close")
    assert judged.source.source_type is SourceType.LLM_JUDGE
    flat = {
        "annotations.0.annotation.name": "correct",
        "annotations.0.annotation.label": "yes",
        "annotations.0.annotation.score": 1,
        "annotations.0.annotation.annotator_kind": "HUMAN",
    }
    (noted,) = read_span(flat).assessments
    assert (noted.name, noted.value, noted.metadata) == ("correct", "yes", {"score": 1})


def sdk_span(values: dict[str, JsonValue], **more: JsonValue) -> dict[str, JsonValue]:
    return {
        "name": "ai.generateText.doGenerate",
        "spanContext": {"traceId": TRACE, "spanId": ROOT},
        "attributes": values,
        "status": {"code": 0},
        "startTime": [1770131992, 242000000],
        "endTime": [1770131994, 21415667],
        "events": [],
        **more,
    }


def test_vercel_model_calls_and_tool_calls() -> None:
    (trace,) = read(
        [
            sdk_span(
                {
                    "ai.operationId": "ai.streamText.doStream",
                    "ai.prompt.messages": '[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]',
                    "ai.prompt.tools": ['{"type": "function", "name": "f"}'],
                    "ai.response.text": "",
                    "ai.response.toolCalls": '[{"toolCallId": "c1", "toolName": "f", "input": {"a": 1}}]',
                    "ai.usage.inputTokens": 5,
                    "ai.usage.outputTokens": 6,
                }
            ),
            sdk_span(
                {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "f", "ai.toolCall.args": '{"a": 1}', "ai.toolCall.result": '"ok"'},
                spanContext={"traceId": TRACE, "spanId": CHILD}, parentSpanId=ROOT, name="ai.toolCall",
            ),
        ]
    )  # fmt: skip
    model, tool = trace.spans
    assert model.span_type == "LLM"
    assert model.start_ns == 1770131992242000000
    assert model.inputs == {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "tools": [{"type": "function", "name": "f"}],
    }
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    assert model.outputs == {
        "messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]
    }
    assert (trace.input_tokens, trace.output_tokens) == (5, 6)
    assert (tool.span_type, tool.inputs, tool.outputs, tool.parent_id) == (
        "TOOL",
        {"a": 1},
        "ok",
        ROOT,
    )


def test_vercel_whole_calls() -> None:
    (trace,) = read(
        [
            sdk_span(
                {
                    "ai.operationId": "ai.generateText",
                    "ai.prompt": '{"system": "Be brief.", "prompt": "Hi"}',
                    "ai.response.text": "Hello",
                }
            )
        ]
    )
    assert trace.inputs == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    }
    assert trace.outputs == {"messages": [{"role": "assistant", "content": "Hello"}]}
    (made,) = read(
        [
            sdk_span(
                {
                    "ai.operationId": "ai.generateObject",
                    "ai.prompt": '{"prompt": "Hi"}',
                    "ai.response.object": '{"x": 1}',
                }
            )
        ]
    )
    assert made.outputs == {"x": 1}


def test_python_console_spans_and_phoenix_rows() -> None:
    console: JsonValue = {
        "name": "chat",
        "context": {"trace_id": f"0x{TRACE}", "span_id": f"0x{ROOT}", "trace_state": "[]"},
        "kind": "SpanKind.INTERNAL",
        "parent_id": None,
        "start_time": "2026-01-02T03:04:05.000001Z",
        "end_time": "2026-01-02T03:04:06Z",
        "status": {"status_code": "ERROR", "description": "bad"},
        "attributes": {"input.value": "Hi", "output.value": "Hello"},
        "events": [],
        "resource": {"attributes": {"service.name": "app"}},
    }
    (trace,) = read([console])
    assert (trace.trace_id, trace.inputs, trace.outputs) == (TRACE, "Hi", "Hello")
    assert (trace.state, trace.spans[0].status_message) == (TraceState.ERROR, "bad")
    row: JsonValue = {
        "name": "llm",
        "span_kind": "LLM",
        "parent_id": None,
        "start_time": "2026-01-02T03:04:05Z",
        "end_time": "2026-01-02T03:04:06Z",
        "status_code": "OK",
        "context.span_id": ROOT,
        "context.trace_id": TRACE,
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": "Hi"}],
        "attributes.llm.model_name": "m",
    }
    (phoenix,) = read([row])
    assert phoenix.inputs == {"messages": [{"role": "user", "content": "Hi"}]}
    nested = row | {
        "attributes": {"llm": {"input_messages": [{"message": {"role": "user", "content": "Hi"}}]}},
        "annotations": [
            {"name": "ok", "annotator_kind": "LLM", "result": {"score": 1, "explanation": "e"}}
        ],
    }
    (opened,) = read(
        [{key: value for key, value in nested.items() if not key.startswith("attributes.")}]
    )
    assert opened.inputs == phoenix.inputs
    assert (opened.assessments[0].value, opened.assessments[0].source.source_type) == (
        1,
        SourceType.LLM_JUDGE,
    )
