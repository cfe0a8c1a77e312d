"""OpenTelemetry GenAI conventions: messages in attributes and on events, current and older; tools, agents, retrievals."""

from __future__ import annotations

import json

from labelwidget.model import JsonValue
from tests.readers.otlp_builders import (
    attributes,
    read_span,
)


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
