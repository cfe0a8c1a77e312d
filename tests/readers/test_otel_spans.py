"""Spans one by one, as SDKs write them: Vercel AI SDK, the console exporter, Phoenix."""

from __future__ import annotations

from labelwidget.model import JsonValue, SourceType, TraceState
from tests.readers.otlp_builders import (
    CHILD,
    ROOT,
    TRACE,
    read,
)


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
