"""Logs of the Anthropic Messages API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labelwidget.content import to_blocks
from labelwidget.model import Trace, TraceState
from labelwidget.readers import read_traces
from labelwidget.readers.anthropic import matches

REQUEST: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 100,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Weather?"}],
    "tools": [{"name": "look", "input_schema": {"type": "object"}}],
}
RESPONSE: dict[str, Any] = {
    "id": "msg_0123456789",
    "type": "message",
    "role": "assistant",
    "model": "claude-x-1",
    "content": [
        {"type": "thinking", "thinking": "The sky.", "signature": "s"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "sky"}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 3},
}
PAIRS = {
    "request and response": {"request": REQUEST, "response": RESPONSE},
    "bodies": {"request": {"body": REQUEST}, "response": {"status": 200, "body": RESPONSE}},
    "texts": {"request": json.dumps(REQUEST), "response": json.dumps(RESPONSE)},
    "response beside": {**REQUEST, "response": RESPONSE},
    "inputs and outputs": {"inputs": REQUEST, "outputs": RESPONSE},
}


def only(value: Any) -> Trace:
    reader = read_traces(value)
    (trace,) = reader
    assert reader.refused == []
    return trace


@pytest.mark.parametrize("form", PAIRS)
def test_a_pair_reads_whole(form: str) -> None:
    trace = only(PAIRS[form])
    assert trace.format == "anthropic"
    assert trace.trace_id == "msg_0123456789"
    assert trace.model_name == "claude-x-1"
    assert (trace.input_tokens, trace.output_tokens) == (12, 3)
    kinds = [getattr(block, "role", block.kind) for block in to_blocks(trace)]
    assert kinds == ["system", "tool_definitions", "user", "assistant", "tool"]
    assert "The sky." in str(to_blocks(trace))


def test_what_a_log_says_besides_is_kept() -> None:
    trace = only(
        {
            "request": REQUEST,
            "response": RESPONSE,
            "id": "a-long-enough-id",
            "timestamp": "2025-06-06T11:00:00Z",
            "duration_ms": 1500,
            "session_id": "s-1",
            "tags": ["prod"],
            "metadata": {"user": "ada"},
            "region": "eu",
        }
    )
    assert trace.trace_id == "a-long-enough-id"
    assert trace.duration_ms == 1500
    assert trace.conversation_id == "s-1"
    assert trace.tags == {"prod": ""}
    assert (trace.metadata["user"], trace.metadata["region"]) == ("ada", "eu")


def test_a_response_or_a_request_alone_reads() -> None:
    assert [block.kind for block in to_blocks(only(RESPONSE))] == ["message", "tool"]
    roles = [getattr(block, "role", block.kind) for block in to_blocks(only(REQUEST))]
    assert roles == ["system", "tool_definitions", "user"]


def test_the_last_word_of_a_kept_conversation_is_its_output() -> None:
    talk = [*REQUEST["messages"], {"role": "assistant", "content": "Sunny."}]
    trace = only({**REQUEST, "messages": talk})
    assert trace.outputs == {"messages": [talk[-1]]}


def test_lines_of_a_batch_read_also_where_they_failed() -> None:
    rows = [
        {"custom_id": "question-number-1", "result": {"type": "succeeded", "message": RESPONSE}},
        {
            "custom_id": "question-number-2",
            "result": {
                "type": "errored",
                "error": {"type": "error", "error": {"type": "invalid", "message": "Too long."}},
            },
        },
        {"custom_id": "question-number-3", "result": {"type": "expired"}},
        {"custom_id": "question-number-4", "params": REQUEST},
    ]
    reader = read_traces(b"\n".join(json.dumps(row).encode() for row in rows))
    succeeded, failed, expired, asked = reader
    assert reader.refused == []
    assert succeeded.trace_id == "question-number-1"
    assert (failed.state, failed.spans[0].status_message) == (TraceState.ERROR, "Too long.")
    assert expired.spans[0].status_message == "The request was expired."
    assert asked.inputs == REQUEST


def test_an_error_response_is_an_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    trace = only({"request": REQUEST, "response": error})
    assert (trace.state, trace.spans[0].status_message) == (TraceState.ERROR, "Overloaded")


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [{"role": "user", "content": "Hi"}]},
        {"model": "gpt-4o", "messages": [{"role": "system", "content": "x"}]},
        {"model": "claude-x", "messages": [{"role": "assistant", "tool_calls": []}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text"}]},
        {"messages": []},
        {"question": "x", "response": "y"},
        [],
        None,
    ],
)
def test_records_of_others_are_left_to_them(other: Any) -> None:
    assert not matches(other)
