"""Real traces of other projects: each file reads whole, in its own format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from labelwidget.content import to_blocks
from labelwidget.model import JsonValue, Trace
from labelwidget.readers import read_traces

# What each folder or file holds: its format, and how many traces.
HOLDS: dict[str, tuple[str, int]] = {
    "atif/openhands_hello-world.trajectory.json": ("atif", 1),
    "claude_code/agent_session.jsonl": ("claude_code", 1),
    "claude_code/compaction_session.jsonl": ("claude_code", 1),
    "claude_code/simple_conversation.jsonl": ("claude_code", 1),
    "claude_code/tool_call_conversation.jsonl": ("claude_code", 1),
    "inspect/docent-sample.eval": ("inspect_log", 15),
    "inspect/log_tool_call_error.json": ("inspect_log", 1),
    "langfuse/autogen-2025-06-06.trace.json": ("langfuse", 1),
    "langfuse/claude-agent-2025-12-22.trace.json": ("langfuse", 1),
    "langfuse/crewai-2025-07-11.trace.json": ("langfuse", 1),
    "langfuse/langgraph-python-2025-08-22.trace.json": ("langfuse", 1),
    "langfuse/openai-agents-2025-09-30.trace.json": ("langfuse", 1),
    "langfuse/pydantic-ai-tools-2025-12-04.trace.json": ("langfuse", 1),
    "langfuse/vercel-aisdk-2025-11-17.trace.json": ("langfuse", 1),
    "langsmith/langsmith_py_wrap_openai_stream.json": ("langsmith", 1),
    "mlflow/shapes.json": ("mlflow", 14),
    "openinference/langgraph-agent.otlp.json": ("otlp", 1),
    "openinference/vercel-ai-v6-spans-by-operation.json": ("otel_spans", 10),
    "otel_genai/pydantic-ai-agent.otlp.json": ("otlp", 1),
    "swe_agent/marshmallow-1867.function_calling.traj": ("swe_agent", 1),
    "tau_bench/gpt-4o-airline.first20.json": ("tau_bench", 20),
}


def read(path: object) -> list[Trace]:
    reader = read_traces(path)
    traces = list(reader)
    assert reader.refused == []
    return traces


@pytest.mark.parametrize("name", HOLDS)
def test_every_sample_reads_whole_and_shows_something(samples: Path, name: str) -> None:
    format_name, count = HOLDS[name]
    traces = read(samples / name)
    assert [trace.format for trace in traces] == [format_name] * count
    for trace in traces:
        assert trace.spans
        assert to_blocks(trace)
        assert Trace.model_validate(trace.model_dump()) == trace


def test_no_sample_is_missing_here(samples: Path) -> None:
    there = {str(path.relative_to(samples)) for path in samples.glob("*/*") if path.suffix != ".md"}
    assert {
        name for name in there if "chatml" not in name and not name.startswith("hostile")
    } == set(HOLDS)


@pytest.mark.parametrize("name", [name for name in HOLDS if not name.endswith(".eval")])
def test_a_sample_reads_the_same_compressed_and_from_memory(samples: Path, name: str) -> None:
    raw = (samples / name).read_bytes()
    expected = read(samples / name)
    assert read(gzip.compress(raw)) == expected
    assert read(raw.decode()) == expected


def test_mlflow_shapes_keep_what_their_makers_put_in(samples: Path) -> None:
    shapes: dict[str, JsonValue] = json.loads((samples / "mlflow" / "shapes.json").read_bytes())
    traces = dict(zip(shapes, read(list(shapes.values())), strict=True))
    assert traces["rag1"].spans[1].span_type == "RETRIEVER"
    assert [note.value for note in traces["rag1"].assessments if note.name == "expected_facts"] == [
        ["a", "b"]
    ]
    assert {traces[name].conversation_id for name in ("turn0", "turn1", "turn2")} == {"sess-1"}
    assert traces["error"].root is not None
    assert traces["error"].root.status_message == "ValueError: upstream 503: model overloaded"
    assert traces["nested"].outputs is not None


def test_tool_calls_of_both_otel_conventions(samples: Path) -> None:
    (oi,) = read(samples / "openinference" / "langgraph-agent.otlp.json")
    asked = next(span for span in oi.spans if span.span_type == "LLM")
    assert isinstance(asked.outputs, dict)
    assert asked.outputs["messages"] == [
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "type": "function",
                    "id": "call_7p1vRWhZc9Pm0j6JVvrHK4ZE",
                    "function": {"name": "get_weather", "arguments": '{"location": "London"}'},
                }
            ],
        }
    ]
    (genai,) = read(samples / "otel_genai" / "pydantic-ai-agent.otlp.json")
    assert [(span.span_type, span.name) for span in genai.spans] == [
        ("AGENT", "invoke_agent a"),
        ("CHAT_MODEL", "chat gpt-4o-mini"),
        ("TOOL", "execute_tool get_weather"),
        ("CHAT_MODEL", "chat gpt-4o-mini"),
    ]
    assert (genai.spans[2].inputs, genai.spans[2].outputs) == (
        {"location": "London"},
        "The weather in London is sunny.",
    )
