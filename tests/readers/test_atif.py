"""ATIF trajectories, sub-agents among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labelwidget.content import to_blocks
from labelwidget.content.blocks import MessageBlock, ToolBlock
from labelwidget.model import Trace
from labelwidget.readers import read_traces


def step(number: int, source: str, message: Any, **more: Any) -> dict[str, Any]:
    return {
        "step_id": number,
        "timestamp": f"2026-01-31T10:00:{number:02d}Z",
        "source": source,
        "message": message,
        **more,
    }


def call(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_call_id": call_id, "function_name": name, "arguments": arguments}


def results(*found: dict[str, Any]) -> dict[str, Any]:
    return {"results": list(found)}


def trajectory(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "schema_version": "ATIF-v1.7",
        "session_id": "run-1",
        "trajectory_id": "tr-1",
        "agent": {"name": "coder", "version": "1", "model_name": "gpt-x"},
        "steps": list(steps),
        **more,
    }


def only(value: Any) -> Trace:
    reader = read_traces(value)
    (trace,) = reader
    assert reader.refused == []
    return trace


def test_steps_become_model_calls_and_tools() -> None:
    trace = only(
        trajectory(
            step(1, "system", "Be brief."),
            step(2, "user", "Make a file."),
            step(
                3,
                "agent",
                "I make it.",
                reasoning_content="A file is wanted.",
                tool_calls=[call("c-1", "write", path="a"), call("c-2", "write", path="b")],
                observation=results(
                    {"source_call_id": "c-2", "content": "made b"},
                    {"source_call_id": "c-1", "content": "made a"},
                ),
                metrics={"prompt_tokens": 10, "completion_tokens": 4, "cost_usd": 0.1},
            ),
            step(4, "agent", "Done.", model_name="gpt-y", metrics={"prompt_tokens": 20}),
            final_metrics={"total_prompt_tokens": 30, "total_completion_tokens": 4},
        )
    )
    assert (trace.trace_id, trace.conversation_id) == ("tr-1", "run-1")
    assert (trace.name, trace.format) == ("coder", "atif")
    assert (trace.input_tokens, trace.output_tokens) == (30, 4)
    assert trace.model_name == "gpt-y"
    assert [span.span_type for span in trace.spans] == ["AGENT", "LLM", "TOOL", "TOOL", "LLM"]
    assert [span.outputs for span in trace.spans if span.span_type == "TOOL"] == [
        "made a",
        "made b",
    ]
    assert trace.spans[1].attributes["metrics"] == {
        "prompt_tokens": 10,
        "completion_tokens": 4,
        "cost_usd": 0.1,
    }
    blocks = to_blocks(trace)
    assert [block.kind for block in blocks] == [
        "message",
        "message",
        "message",
        "tool",
        "tool",
        "message",
    ]
    assert "A file is wanted." in str(blocks[2])


def test_an_observation_without_a_call_id_belongs_to_the_only_call() -> None:
    trace = only(
        trajectory(
            step(1, "user", "Look."),
            step(
                2,
                "agent",
                "",
                tool_calls=[call("c-1", "look")],
                observation=results({"content": "blue"}),
            ),
            step(3, "agent", "Waiting.", observation=results({"content": "tick"})),
        )
    )
    tools = [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]
    assert [str(block.result).count("blue") for block in tools] == [1, 0]
    assert "tick" in str(tools[1])


def test_embedded_sub_agents_lie_below_the_call_that_refers_to_them() -> None:
    inner = trajectory(
        step(1, "user", "Find it."),
        step(2, "agent", "Found it."),
        trajectory_id="tr-2",
        agent={"name": "explorer", "version": "1"},
    )
    refers = {"subagent_trajectory_ref": [{"trajectory_id": "tr-2"}], "source_call_id": "c-1"}
    trace = only(
        trajectory(
            step(1, "user", "Where?"),
            step(
                2,
                "agent",
                "I ask.",
                tool_calls=[call("c-1", "explore")],
                observation=results(refers),
            ),
            step(3, "agent", "There."),
            subagent_trajectories=[inner],
        )
    )
    tool = next(span for span in trace.spans if span.span_type == "TOOL")
    agent = next(span for span in trace.spans if span.name == "explorer")
    assert agent.parent_id == tool.span_id
    assert agent.attributes["trajectory_id"] == "tr-2"
    found = next(block for block in to_blocks(trace) if "Found it." in str(block))
    assert found.depth > 0


def test_sub_agents_that_nobody_refers_to_are_shown_and_loops_end() -> None:
    lost = trajectory(
        step(1, "agent", "Alone."),
        trajectory_id="tr-2",
        agent={"name": "lost", "version": "1"},
    )
    lost["subagent_trajectories"] = [
        {**lost, "trajectory_id": "tr-3", "agent": {"name": "deeper", "version": "1"}}
    ]
    trace = only(trajectory(step(1, "user", "Hi"), subagent_trajectories=[lost]))
    assert {"lost", "deeper"} <= {span.name for span in trace.spans}


def test_a_reference_to_a_file_is_kept_and_not_opened() -> None:
    refers = {"subagent_trajectory_ref": [{"trajectory_path": "/etc/passwd"}], "content": None}
    trace = only(
        trajectory(
            step(
                1,
                "agent",
                "I ask.",
                tool_calls=[call("c-1", "explore")],
                observation=results({**refers, "source_call_id": "c-1"}),
            )
        )
    )
    tool = next(span for span in trace.spans if span.span_type == "TOOL")
    assert tool.attributes["subagent_trajectory_ref"] == refers["subagent_trajectory_ref"]


def test_parts_of_a_message_and_steps_of_the_agents_own_code() -> None:
    picture = {"type": "image", "source": {"media_type": "image/png", "path": "shots/1.png"}}
    trace = only(
        trajectory(
            step(1, "user", [{"type": "text", "text": "See"}, picture]),
            step(2, "agent", "Seen."),
            step(3, "agent", "Copied.", llm_call_count=0),
            step(4, "system", "Summary.", extra={"context_management": {"type": "summary"}}),
            step(5, "agent", "Again."),
        )
    )
    said = [block for block in to_blocks(trace) if isinstance(block, MessageBlock)]
    assert [block.role for block in said] == [
        "user",
        "assistant",
        "assistant",
        "system",
        "assistant",
    ]
    assert "shots/1.png" in str(said[0])
    assert [span.span_type for span in trace.spans] == ["AGENT", "LLM", "TASK", "LLM"]


@pytest.mark.parametrize("steps", [[], ["x"], None])
def test_a_trajectory_without_steps_is_refused(steps: Any) -> None:
    reader = read_traces({**trajectory(), "steps": steps}, format="atif")
    assert list(reader) == []
    assert "no `steps`" in reader.refused[0].reason


def test_the_sample_reads(samples: Path) -> None:
    trace = only(str(samples / "atif" / "*.json"))
    assert (trace.input_tokens, trace.output_tokens) == (220, 80)
    blocks = to_blocks(trace)
    assert [block.name for block in blocks if isinstance(block, ToolBlock)] == [
        "str_replace_editor",
        "finish",
    ]
    assert sum(block.kind == "tool_definitions" for block in blocks) == 1
