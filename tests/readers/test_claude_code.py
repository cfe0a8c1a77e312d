"""Claude Code's session files and its stream of JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labelwidget.content import to_blocks
from labelwidget.content.blocks import MessageBlock, ToolBlock
from labelwidget.model import SpanStatus, Trace, TraceState
from labelwidget.readers import read_traces


def line(uuid: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
    """A line of a session file; `message` members go into the message."""
    message = {"role": role, "content": content, **more.pop("message", {})}
    return {
        "uuid": uuid,
        "parentUuid": parent,
        "isSidechain": False,
        "sessionId": "s-1",
        "type": role,
        "timestamp": f"2026-01-31T10:00:{int(uuid[1:]):02d}.000Z",
        "message": message,
        **more,
    }


def use(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def result(call_id: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def session(*rows: dict[str, Any]) -> Trace:
    reader = read_traces(b"\n".join(json.dumps(row).encode() for row in rows))
    (trace,) = reader
    assert reader.refused == []
    return trace


def shapes(trace: Trace) -> list[tuple[str, str | None, str]]:
    return [(span.span_type, span.parent_id, span.name) for span in trace.spans]


ANSWER = {"id": "m-1", "model": "claude-x", "usage": {"input_tokens": 5, "output_tokens": 2}}


def test_parts_of_one_answer_are_joined_also_around_results() -> None:
    trace = session(
        line("u1", None, "user", "Read both."),
        line("u2", "u1", "assistant", [text("I read.")], message=ANSWER),
        line("u3", "u2", "assistant", [use("c-1", "Read", path="a")], message=ANSWER),
        line("u4", "u3", "user", [result("c-1", "A")]),
        line(
            "u5",
            "u3",
            "assistant",
            [use("c-2", "Read", path="b")],
            message={**ANSWER, "usage": {"input_tokens": 5, "output_tokens": 9}},
        ),
        line("u6", "u5", "user", [result("c-2", "no such file", is_error=True)]),
        line("u7", "u6", "assistant", [text("Done.")], message={**ANSWER, "id": "m-2"}),
    )
    assert trace.trace_id == "s-1"
    assert trace.conversation_id == "s-1"
    assert [kind for kind, _, _ in shapes(trace)] == ["AGENT", "LLM", "TOOL", "TOOL", "LLM"]
    assert (trace.input_tokens, trace.output_tokens) == (10, 11)
    assert trace.model_name == "claude-x"
    assert [span.outputs for span in trace.spans if span.span_type == "TOOL"] == [
        "A",
        "no such file",
    ]
    failed = trace.spans[3]
    assert (failed.status, failed.status_message) == (SpanStatus.ERROR, "no such file")
    story = to_blocks(trace)
    assert [block.kind for block in story] == ["message", "message", "tool", "tool", "message"]


def test_lines_that_are_no_messages_become_events_and_titles() -> None:
    trace = session(
        {"type": "file-history-snapshot", "messageId": "x", "snapshot": {"files": {}}},
        line("u1", None, "user", "Hi"),
        line("u2", "u1", "assistant", [text("Hello")], message=ANSWER),
        {"type": "system", "subtype": "turn_duration", "sessionId": "s-1", "durationMs": 3},
        {"type": "summary", "summary": "A greeting", "leafUuid": "u2"},
    )
    assert trace.name == "A greeting"
    assert [event.name for event in trace.spans[0].events] == [
        "file-history-snapshot",
        "system.turn_duration",
        "summary",
    ]
    assert trace.spans[0].events[1].attributes["durationMs"] == 3


def test_compaction_is_part_of_the_story() -> None:
    trace = session(
        line("u1", None, "user", "Start"),
        line("u2", "u1", "assistant", [text("Started")], message=ANSWER),
        {
            "type": "system",
            "subtype": "compact_boundary",
            "content": "Conversation compacted",
            "uuid": "u3",
            "parentUuid": None,
            "sessionId": "s-1",
            "timestamp": "2026-01-31T10:00:03.000Z",
        },
        line("u4", "u3", "user", "It began.", isCompactSummary=True),
        line("u5", "u4", "assistant", [text("On we go")], message={**ANSWER, "id": "m-2"}),
    )
    said = [
        (block.role, block.name) for block in to_blocks(trace) if isinstance(block, MessageBlock)
    ]
    assert said == [
        ("user", ""),
        ("assistant", ""),
        ("system", "compact_boundary"),
        ("user", "summary"),
        ("assistant", ""),
    ]


def assert_sub_agent(trace: Trace, name: str) -> None:
    """One sub-agent under its call, its words indented below those of the session."""
    task = next(span for span in trace.spans if span.name in {"Task", "Agent"})
    agent = next(span for span in trace.spans if span.parent_id == task.span_id)
    assert (agent.span_type, agent.name) == ("AGENT", name)
    inner = [span for span in trace.spans if span.parent_id == agent.span_id]
    assert [span.span_type for span in inner] == ["LLM"]
    (found,) = [block for block in to_blocks(trace) if "found it" in str(block).lower()][:1]
    assert found.depth > 0


CALL = use("c-1", "Task", subagent_type="Explore", description="Look", prompt="Find it.")
AROUND = (
    line("u1", None, "user", "Where is it?"),
    line("u2", "u1", "assistant", [CALL], message=ANSWER),
)
INSIDE = (
    line("u3", None, "user", "Find it."),
    line("u4", "u3", "assistant", [text("Found it: here.")], message={**ANSWER, "id": "m-2"}),
)
AFTER = line("u9", "u8", "assistant", [text("There.")], message={**ANSWER, "id": "m-9"})


def back(**more: Any) -> dict[str, Any]:
    return line("u8", "u2", "user", [result("c-1", [text("Here.")])], **more)


def test_a_side_chain_lies_below_the_call_with_its_prompt() -> None:
    inside = [{**row, "isSidechain": True} for row in INSIDE]
    assert_sub_agent(session(*AROUND, *inside, back(), AFTER), "Explore")


def test_a_side_chain_is_found_by_the_agent_that_the_result_names() -> None:
    inside = [{**row, "isSidechain": True, "agentId": "a7"} for row in INSIDE]
    inside[0]["message"] = {"role": "user", "content": "Warm-up"}
    assert_sub_agent(
        session(*AROUND, *inside, back(toolUseResult={"agentId": "a7"}), AFTER), "Explore"
    )


def test_progress_lines_hold_a_sub_agent_too() -> None:
    wrapped = [
        {
            "type": "progress",
            "sessionId": "s-1",
            "uuid": f"p{number}",
            "timestamp": row["timestamp"],
            "parentToolUseID": "c-1",
            "data": {"type": "agent_progress", "agentId": "a7", "message": row},
        }
        for number, row in enumerate(INSIDE)
    ]
    assert_sub_agent(session(*AROUND, *wrapped, back(), AFTER), "Explore")


def test_the_stream_of_json_has_sub_agents_and_a_result() -> None:
    def streamed(row: dict[str, Any], call: str | None = None) -> dict[str, Any]:
        return {
            "type": row["type"],
            "message": row["message"],
            "parent_tool_use_id": call,
            "session_id": "s-1",
        }

    trace = session(
        {"type": "system", "subtype": "init", "session_id": "s-1", "cwd": "/app", "tools": []},
        *[streamed(row) for row in AROUND],
        *[streamed(row, "c-1") for row in INSIDE],
        streamed(back()),
        streamed(AFTER),
        {
            "type": "result",
            "subtype": "success",
            "session_id": "s-1",
            "is_error": False,
            "duration_ms": 1500,
            "total_cost_usd": 0.01,
            "result": "There.",
        },
    )
    assert_sub_agent(trace, "Explore")
    assert trace.duration_ms == 1500
    assert trace.metadata["total_cost_usd"] == 0.01
    assert trace.state is TraceState.OK


def test_a_sub_agents_own_file_is_a_trace_of_its_own() -> None:
    rows = [{**row, "isSidechain": True, "agentId": "a7"} for row in INSIDE]
    trace = session(*rows)
    assert trace.trace_id == "s-1.a7"
    assert trace.conversation_id == "s-1"
    assert [kind for kind, _, _ in shapes(trace)] == ["AGENT", "LLM"]


def test_an_error_of_the_api_is_an_error() -> None:
    trace = session(
        line("u1", None, "user", "Hi"),
        line(
            "u2",
            "u1",
            "assistant",
            [text("API Error: overloaded")],
            isApiErrorMessage=True,
            message={"id": "m-1", "model": "<synthetic>"},
        ),
    )
    assert trace.spans[1].status is SpanStatus.ERROR
    assert trace.spans[1].status_message == "API Error: overloaded"


def test_lines_that_a_resumed_session_repeats_count_once() -> None:
    rows = (
        line("u1", None, "user", "Hi"),
        line("u2", "u1", "assistant", [text("Hello")], message=ANSWER),
    )
    assert session(*rows, *rows).spans == session(*rows).spans


def test_two_sessions_in_one_file_are_two_traces() -> None:
    rows = [line("u1", None, "user", "Hi"), {**line("u2", None, "user", "Ho"), "sessionId": "s-2"}]
    reader = read_traces(b"\n".join(json.dumps(row).encode() for row in rows))
    assert [trace.trace_id for trace in reader] == ["s-1", "s-2"]


def test_a_file_without_messages_and_a_broken_line_are_refused() -> None:
    only = {"type": "summary", "summary": "Nothing", "leafUuid": "u2"}
    reader = read_traces(json.dumps(only).encode())
    assert list(reader) == []
    assert "holds a message" in reader.refused[0].reason
    rows = [json.dumps(line("u1", None, "user", "Hi")), '{"type": "user", ']
    reader = read_traces("\n".join(rows).encode())
    assert len(list(reader)) == 1
    assert [refusal.position for refusal in reader.refused] == ["line 2"]


def test_the_samples_read(samples: Path) -> None:
    reader = read_traces(str(samples / "claude_code" / "*.jsonl"))
    traces = {trace.trace_id: trace for trace in reader}
    assert reader.refused == []
    assert len(traces) == 4
    tools = {
        block.name: block
        for trace in traces.values()
        for block in to_blocks(trace)
        if isinstance(block, ToolBlock)
    }
    assert set(tools) == {"Task", "Read"}
    assert all(block.answered and block.result for block in tools.values())
