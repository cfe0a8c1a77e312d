"""SWE-agent trajectories, with tool calls and with commands as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labelwidget.content import to_blocks
from labelwidget.content.blocks import MessageBlock, ToolBlock
from labelwidget.model import Trace, TraceState
from labelwidget.readers import read_traces

STEPS = [
    {"action": "ls", "observation": "a.py", "response": "I look.\n```\nls\n```",
     "thought": "I look.", "execution_time": 0.5, "state": {"working_dir": "/"}},
    {"action": "submit", "observation": "", "response": "Done.\n```\nsubmit\n```",
     "thought": "Done."},
]  # fmt: skip
TOLD: list[dict[str, Any]] = [
    {"role": "system", "content": "You fix.", "agent": "main"},
    {"role": "user", "content": "An issue.", "agent": "main"},
]
TEXTS = [
    *TOLD,
    {"role": "assistant", "content": STEPS[0]["response"], "action": "ls", "thought": "I look."},
    {"role": "user", "content": "a.py\nbash-$"},
    {"role": "assistant", "content": STEPS[1]["response"], "action": "submit"},
]


def only(value: Any) -> Trace:
    reader = read_traces(value)
    (trace,) = reader
    assert reader.refused == []
    return trace


def tools_of(trace: Trace) -> list[ToolBlock]:
    return [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]


def test_commands_as_text_are_shown_as_calls_of_a_tool() -> None:
    trace = only({"environment": "main", "trajectory": STEPS, "history": TEXTS, "info": {}})
    assert trace.format == "swe_agent"
    assert [block.kind for block in to_blocks(trace)] == [
        "message", "message", "message", "tool", "message", "tool",
    ]  # fmt: skip
    first, last = tools_of(trace)
    assert "ls" in str(first.arguments)
    assert "bash-$" in str(first.result)
    assert "submit" in str(last.arguments)
    span = next(span for span in trace.spans if span.span_type == "TOOL")
    assert span.outputs == "a.py"
    assert span.attributes["step.execution_time"] == 0.5


def test_steps_alone_tell_the_story() -> None:
    trace = only({"trajectory": STEPS, "history": [], "info": {"exit_status": "submitted"}})
    said = [block for block in to_blocks(trace) if isinstance(block, MessageBlock)]
    assert [block.role for block in said] == ["assistant", "assistant"]
    assert "a.py" in str(tools_of(trace)[0].result)
    assert trace.state is TraceState.OK


def test_tool_calls_are_joined_with_their_observations() -> None:
    called = {
        "role": "assistant",
        "content": "I look.",
        "action": "ls",
        "tool_calls": [
            {"id": "c-1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}
        ],
    }
    answered = {"role": "tool", "content": "a.py\nbash-$", "tool_call_ids": ["c-1"]}
    trace = only({"trajectory": STEPS[:1], "history": [*TOLD, called, answered], "info": {}})
    (tool,) = tools_of(trace)
    assert (tool.name, tool.call_id, tool.answered) == ("bash", "c-1", True)


def test_a_demonstration_is_no_part_of_the_run() -> None:
    shown = {"role": "user", "content": "Watch this.", "is_demo": True}
    acted = {"role": "assistant", "content": "ls", "action": "ls", "is_demo": True}
    history = [TOLD[0], shown, acted, *TEXTS[1:]]
    trace = only({"trajectory": STEPS, "history": history, "info": {}})
    said = [block for block in to_blocks(trace) if isinstance(block, MessageBlock)]
    assert [block.name for block in said].count("demonstration") == 2
    assert len(tools_of(trace)) == 2


def test_how_it_ended_is_told() -> None:
    info = {
        "exit_status": "exit_cost",
        "submission": "diff --git a b",
        "model_stats": {"tokens_sent": 10, "tokens_received": 2, "instance_cost": 0.1},
    }
    config = {"agent": {"model": {"name": "gpt-x"}}, "problem_statement": {"id": "repo-1"}}
    trace = only({"trajectory": STEPS, "history": TEXTS, "info": info, "replay_config": config})
    assert trace.state is TraceState.ERROR
    assert trace.name == "repo-1"
    assert trace.outputs == "diff --git a b"
    assert (trace.input_tokens, trace.output_tokens) == (10, 2)
    assert trace.model_name == "gpt-x"
    assert trace.metadata["info.exit_status"] == "exit_cost"


def test_the_small_agents_messages_read() -> None:
    answer = {
        "role": "assistant",
        "content": "ls",
        "extra": {"response": {"usage": {"prompt_tokens": 5, "completion_tokens": 1}}},
    }
    trace = only(
        {
            "trajectory_format": "mini-swe-agent-1",
            "info": {"exit_status": "Submitted", "config": {"model": {"model_name": "gpt-x"}}},
            "messages": [*TOLD, answer, {"role": "user", "content": "a.py"}],
        }
    )
    assert trace.state is TraceState.OK
    assert (trace.input_tokens, trace.output_tokens) == (5, 1)
    roles = [getattr(block, "role", block.kind) for block in to_blocks(trace)]
    assert roles == ["system", "user", "assistant", "user"]


def test_an_empty_trajectory_is_refused() -> None:
    reader = read_traces({"environment": "main", "trajectory": [], "history": []}, "swe_agent")
    assert list(reader) == []
    assert "empty" in reader.refused[0].reason


def test_the_sample_reads(samples: Path) -> None:
    trace = only(str(samples / "swe_agent" / "*.traj"))
    assert trace.name == "marshmallow-code__marshmallow-1867"
    assert trace.state is TraceState.OK
    tools = tools_of(trace)
    assert len(tools) == 11
    assert all(tool.answered for tool in tools)
