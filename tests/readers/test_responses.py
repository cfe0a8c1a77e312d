"""Logs of the OpenAI Responses API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labelwidget.content import to_blocks
from labelwidget.model import Trace, TraceState
from labelwidget.readers import read_traces
from labelwidget.readers.responses import matches

CALL = {"type": "function_call", "id": "fc_1", "call_id": "c-1", "name": "look", "arguments": "{}"}
FOUND = {"type": "function_call_output", "call_id": "c-1", "output": "blue"}
SAID = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "It is blue.", "annotations": []}],
}
ASKED = {"role": "user", "content": "What colour?"}
REQUEST: dict[str, Any] = {"model": "gpt-x", "input": [ASKED, CALL, FOUND]}
RESPONSE: dict[str, Any] = {
    "id": "resp_0123456789",
    "object": "response",
    "created_at": 1759223040,
    "completed_at": 1759223042,
    "status": "completed",
    "model": "gpt-x-1",
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "look", "parameters": {}}],
    "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, SAID],
    "usage": {"input_tokens": 9, "output_tokens": 4},
    "conversation": {"id": "conv_1"},
}
PAIRS = {
    "request and response": {"request": REQUEST, "response": RESPONSE},
    "batch": {"custom_id": "q", "request": REQUEST, "response": {"body": RESPONSE}},
    "input beside": {"input": REQUEST["input"], "response": RESPONSE},
    "texts": {"request": json.dumps(REQUEST), "response": json.dumps(RESPONSE)},
}


def only(value: Any) -> Trace:
    reader = read_traces(value)
    (trace,) = reader
    assert reader.refused == []
    return trace


def roles(trace: Trace) -> list[str]:
    return [getattr(block, "role", block.kind) for block in to_blocks(trace)]


@pytest.mark.parametrize("form", PAIRS)
def test_a_pair_reads_whole(form: str) -> None:
    trace = only(PAIRS[form])
    assert trace.format == "responses"
    assert trace.trace_id == "resp_0123456789"
    assert trace.conversation_id == "conv_1"
    assert (trace.input_tokens, trace.output_tokens) == (9, 4)
    assert trace.model_name == "gpt-x-1"
    assert trace.duration_ms == 2000
    assert roles(trace) == ["system", "tool_definitions", "user", "tool", "assistant"]
    assert "blue" in str(to_blocks(trace)[3])


def test_a_text_as_input_and_the_last_event_of_a_stream() -> None:
    trace = only({"request": {"model": "gpt-x", "input": "Hi", "store": True},
                  "response": {**RESPONSE, "tools": []}})  # fmt: skip
    assert roles(trace) == ["system", "user", "assistant"]
    ended = only({"type": "response.completed", "sequence_number": 9, "response": RESPONSE})
    assert ended.trace_id == "resp_0123456789"
    assert "It is blue." in str(to_blocks(ended))


def test_items_that_an_agent_kept_read_as_one_conversation() -> None:
    for kept in ([[ASKED, CALL, FOUND, SAID]], {"object": "list", "data": [ASKED, CALL, SAID]}):
        trace = only(kept)
        assert roles(trace) == ["user", "tool", "assistant"]
        assert trace.outputs == {"output": [SAID]}


def test_a_failed_response_says_why() -> None:
    failed = {**RESPONSE, "status": "failed", "error": {"code": "x", "message": "No."}}
    trace = only(failed)
    assert (trace.state, trace.spans[0].status_message) == (TraceState.ERROR, "No.")


@pytest.mark.parametrize(
    "other",
    [
        {"input": "Hi", "output": "Ho"},
        {"model": "m", "input": "Hi", "output": "Ho"},
        {"messages": [ASKED]},
        [ASKED],
        {"object": "response"},
        {"items": [{"type": "dress", "price": 1}]},
        [],
        None,
    ],
)
def test_records_of_others_are_left_to_them(other: Any) -> None:
    assert not matches(other)
