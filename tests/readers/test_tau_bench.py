"""tau-bench and tau²-bench results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labelwidget.content import to_blocks
from labelwidget.content.blocks import ToolBlock
from labelwidget.model import AssessmentKind, SourceType
from labelwidget.readers import read_traces

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "yes"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c-1", "type": "function", "function": {"name": "find", "arguments": '{"a": 1}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c-1", "name": "find", "content": "found"},
    {"role": "assistant", "content": "Found. Go on?"},
    {"role": "user", "content": "yes"},
    {"role": "assistant", "content": "Done."},
    {"role": "user", "content": "###STOP###"},
]
RESULT: dict[str, Any] = {
    "task_id": 3,
    "reward": 1.0,
    "info": {"task": {"actions": [{"name": "find", "kwargs": {"a": 1}}], "outputs": []}},
    "traj": TALK,
    "trial": 2,
}


def test_a_result_reads_as_a_conversation_with_its_reward() -> None:
    (trace,) = read_traces([RESULT])
    assert (trace.format, trace.name) == ("tau_bench", "task 3")
    assert trace.tags == {"trial": "2"}
    roles = [getattr(block, "role", block.kind) for block in to_blocks(trace)]
    assert roles == ["system", "user", "tool", "assistant", "user", "assistant", "user"]
    (tool,) = [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]
    assert tool.answered
    reward, actions = trace.assessments
    assert (reward.name, reward.value) == ("reward", 1.0)
    assert reward.source.source_type is SourceType.CODE
    assert (actions.kind, actions.name) == (AssessmentKind.EXPECTATION, "expected_actions")


def test_trials_of_one_task_are_traces_of_their_own() -> None:
    other = {**RESULT, "trial": 3}
    assert len({trace.trace_id for trace in read_traces([RESULT, other])}) == 2


def test_a_run_of_the_second_version_reads() -> None:
    message = {"timestamp": "2025-06-06T11:31:33Z", "turn_idx": 0}
    run = {
        "timestamp": "2025-06-06T11:00:00Z",
        "info": {"agent_info": {"llm": "gpt-x"}},
        "tasks": [{"id": "7", "evaluation_criteria": {"actions": [{"name": "find"}]}}],
        "simulations": [
            {
                "id": "sim-1",
                "task_id": "7",
                "trial": 0,
                "reward_info": {"reward": 0.0, "db_check": {"db_match": False}},
                "messages": [
                    {**message, "role": "user", "content": "Find it."},
                    {
                        **message,
                        "role": "assistant",
                        "content": None,
                        "usage": {"prompt_tokens": 5, "completion_tokens": 1},
                        "tool_calls": [{"id": "c-1", "name": "find", "arguments": {"a": 1}}],
                    },
                    {**message, "role": "tool", "id": "c-1", "content": "no", "error": True},
                ],
            }
        ],
    }
    (trace,) = read_traces(run)
    assert (trace.trace_id, trace.model_name) == ("sim-1", "gpt-x")
    assert (trace.input_tokens, trace.output_tokens) == (5, 1)
    reward, actions = trace.assessments
    assert (reward.value, reward.metadata["db_check"]) == (0.0, {"db_match": False})
    assert actions.value == [{"name": "find"}]
    (tool,) = [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]
    assert tool.error is not None


def test_a_result_without_messages_is_refused_and_the_rest_read() -> None:
    reader = read_traces([RESULT, {**RESULT, "traj": "lost"}, {**RESULT, "task_id": 4}])
    assert [trace.name for trace in reader] == ["task 3", "task 4"]
    assert len(reader.refused) == 1
    assert "2" in reader.refused[0].position


def test_the_sample_reads(samples: Path) -> None:
    reader = read_traces(samples / "tau_bench" / "gpt-4o-airline.first20.json")
    traces = list(reader)
    assert reader.refused == []
    assert len(traces) == 20
    assert sum(trace.assessments[0].value == 1.0 for trace in traces) == 4
    for trace in traces:
        tools = [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]
        assert len(tools) == sum(span.span_type == "TOOL" for span in trace.spans)
