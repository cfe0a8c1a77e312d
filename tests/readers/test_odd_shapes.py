"""Any JSON in any place of a record becomes a trace or a refusal, never another error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelwidget.content import to_blocks
from labelwidget.readers import read_traces

CALLED = {
    "role": "assistant",
    "content": "I look.",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
BLOCKS = [
    {"type": "text", "text": "I look."},
    {"type": "tool_use", "id": "c", "name": "Task", "input": {"prompt": "Find it."}},
]
LINE = {"sessionId": "s", "uuid": "1", "timestamp": "2026-01-31T10:00:00Z", "isSidechain": False}
RECORDS: dict[str, Any] = {
    "langfuse": {
        "trace": {"id": "t", "input": '"x"', "tags": ["a"], "scores": [{"name": "s", "value": 1}]},
        "observations": [
            {"id": "o", "traceId": "t", "type": "GENERATION", "startTime": "2025-06-06T11:31:33Z",
             "input": [CALLED], "output": [{"toolCallId": "c", "toolName": "f", "input": {}}],
             "usageDetails": {"input": 1}, "metadata": {"attributes": {"gen_ai.agent.name": "a"}}},
            {"id": "p", "traceId": "t", "type": "RETRIEVER", "parentObservationId": "o",
             "output": [[{"page_content": "x", "metadata": {}}, 0.5]]},
        ],
    },
    "langsmith": {
        "post": [{"id": "r", "trace_id": "r", "run_type": "llm", "inputs": {"messages": [[CALLED]]},
                  "extra": {"metadata": {"thread_id": "t"}, "invocation_params": {"tools": [{}]}},
                  "events": [{"name": "e", "time": 1}], "feedback": [{"key": "k", "score": 1}]}],
        "patch": [{"id": "r", "outputs": {"generations": [[{"text": "x", "message": {}}]]}}],
    },
    "inspect_log": {
        "version": 2, "eval": {"task": "t", "model": "m"},
        "samples": [{
            "id": 1, "epoch": 1, "input": "x", "target": "y", "messages": [CALLED],
            "attachments": {"k": "x"}, "events_data": {"messages": [CALLED]},
            "scores": {"s": {"value": 1, "history": [{"provenance": {"author": "a"}}]}},
            "events": [
                {"event": "span_begin", "id": "s", "name": "a", "type": "agent", "timestamp": 1},
                {"event": "model", "input_refs": [[0, 1]], "output": {"choices": [{}]}},
                {"event": "tool", "id": "c", "function": "f", "events": [{"event": "info"}]},
                {"event": "step", "action": "end", "name": "a"},
            ],
        }],
    },
    "atif": {
        "schema_version": "ATIF-v1.7", "agent": {"name": "a"},
        "steps": [{"step_id": 1, "source": "agent", "message": [{"type": "text", "text": "x"}],
                   "tool_calls": [{"tool_call_id": "c", "function_name": "f", "arguments": {}}],
                   "observation": {"results": [{"subagent_trajectory_ref": [
                       {"trajectory_id": "b"}]}]}}],
        "subagent_trajectories": [{"trajectory_id": "b", "agent": {}, "steps": [{}]}],
    },
    "claude_code": [
        {**LINE, "type": "assistant", "message": {"id": "m", "content": BLOCKS, "usage": {}}},
        {**LINE, "uuid": "2", "isSidechain": True, "type": "user",
         "message": {"content": "Find it."}},
        {**LINE, "uuid": "3", "type": "user", "toolUseResult": {"agentId": "a"},
         "message": {"content": [{"type": "tool_result", "tool_use_id": "c", "content": "x"}]}},
    ],
    "tau_bench": {"task_id": 1, "reward": 1, "traj": [CALLED, {"role": "tool", "content": "x"}],
                  "info": {"task": {"actions": [{}]}, "reward_info": {"reward": 1}}},
    "swe_agent": {
        "trajectory": [{"action": "ls", "observation": "x", "execution_time": 1}],
        "history": [CALLED, {"role": "tool", "tool_call_ids": ["c"], "content": "x"}],
        "info": {"exit_status": "submitted", "model_stats": {"tokens_sent": 1}},
    },
    "anthropic": {
        "request": {"system": "x", "messages": [{"role": "user", "content": BLOCKS}]},
        "response": {"type": "message", "role": "assistant", "content": BLOCKS, "usage": {}},
        "timestamp": 1, "duration_ms": 2, "error": {"message": "x"},
    },
    "responses": {
        "request": {"model": "m", "input": [{"type": "function_call", "name": "f"}]},
        "response": {"object": "response", "output": [{"type": "message", "content": []}],
                     "instructions": "x", "usage": {}, "conversation": {"id": "c"}},
    },
}  # fmt: skip

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["[", '{"a": 1}', '"x"', "\ud800", "2025-01-01T00:00:00Z", "AAAA" * 60]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in members:
        yield (*path, key)
        if isinstance(part, (dict, list)):
            yield from places(part, (*path, key))


def replaced(value: Any, path: tuple[str | int, ...], part: Any) -> Any:
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = part
    return made


@pytest.mark.parametrize("name", RECORDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_odd_parts_are_read_or_refused(name: str, data: st.DataObject) -> None:
    record = RECORDS[name]
    path = data.draw(st.sampled_from(list(places(record))))
    reader = read_traces([replaced(record, path, data.draw(ODD))], format=name)
    traces = list(reader)
    assert traces or reader.refused
    # A reader's own mistake is caught and refused too, but by the name of the error.
    assert not any("Error)" in refusal.reason for refusal in reader.refused)
    assert all(to_blocks(trace) is not None for trace in traces)


@pytest.mark.parametrize("name", RECORDS)
def test_the_whole_record_is_detected_and_read(name: str) -> None:
    reader = read_traces([RECORDS[name]])
    assert {trace.format for trace in reader} == {name}
    assert reader.refused == []
