"""Chat records and plain records of inputs and outputs, under the names that people use."""

from __future__ import annotations

import pytest

from labelwidget.model import AssessmentKind, JsonValue, SpanStatus, Trace, TraceState
from labelwidget.readers import read_traces

SYSTEM: JsonValue = {"role": "system", "content": "Be brief."}
USER: JsonValue = {"role": "user", "content": "Hi"}
ANSWER: JsonValue = {"role": "assistant", "content": "Hello!"}
COMPLETION: JsonValue = {
    "id": "chatcmpl-0123456789",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": ANSWER, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2},
}


def read_one(value: JsonValue) -> Trace:
    reader = read_traces([value])
    (trace,) = list(reader)
    assert reader.refused == []
    return trace


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"messages": [SYSTEM, USER, ANSWER]}, id="fine-tuning line"),
        pytest.param([SYSTEM, USER, ANSWER], id="bare list"),
        pytest.param(
            {"messages": [SYSTEM, USER], "completion": "Hello!"}, id="messages and completion"
        ),
        pytest.param(
            {"prompt": [SYSTEM, USER], "completion": [ANSWER]}, id="prompt and completion"
        ),
        pytest.param(
            {"prompt": [SYSTEM, USER], "chosen": [ANSWER], "rejected": []}, id="preference"
        ),
        pytest.param(
            {
                "input": {"messages": [SYSTEM, USER]},
                "preferred_output": [ANSWER],
                "non_preferred_output": [],
            },
            id="preference file",
        ),
        pytest.param(
            {
                "conversations": [
                    {"from": "system", "value": "Be brief."},
                    {"from": "human", "value": "Hi"},
                    {"from": "gpt", "value": "Hello!"},
                ]
            },
            id="from and value",
        ),
    ],
)
def test_the_last_assistant_message_is_the_output(record: JsonValue) -> None:
    trace = read_one(record)
    assert trace.format == "chat"
    assert trace.inputs == {"messages": [SYSTEM, USER]}
    assert trace.outputs == {"messages": [ANSWER]}
    assert [span.span_type for span in trace.spans] == ["CHAT_MODEL"]


@pytest.mark.parametrize(
    "record",
    [
        {"request": {"model": "gpt-4o", "messages": [USER]}, "response": COMPLETION},
        {
            "request": {"body": {"model": "gpt-4o", "messages": [USER]}},
            "response": {"body": COMPLETION},
        },
        {"messages": [USER], "model": "gpt-4o", "response": COMPLETION},
    ],
)
def test_request_and_response_logs(record: JsonValue) -> None:
    trace = read_one(record)
    assert trace.trace_id == "chatcmpl-0123456789"
    assert trace.inputs == {"messages": [USER], "model": "gpt-4o"}
    assert trace.outputs == COMPLETION
    assert (trace.input_tokens, trace.output_tokens) == (5, 2)
    assert trace.model_name == "gpt-4o-mini"


def test_batch_results_and_errors() -> None:
    done = read_one(
        {
            "id": "batch_req_012345",
            "custom_id": "r1",
            "response": {"status_code": 200, "body": COMPLETION},
            "error": None,
        }
    )
    assert done.outputs == COMPLETION
    assert done.metadata["custom_id"] == "r1"
    failed = read_one(
        {"request": {"messages": [USER]}, "response": {"error": {"message": "rate limit"}}}
    )
    assert failed.state is TraceState.ERROR
    assert (failed.spans[0].status, failed.spans[0].status_message) == (
        SpanStatus.ERROR,
        "rate limit",
    )


def test_short_ids_do_not_name_a_trace_because_other_files_have_them_too() -> None:
    first, second = (
        read_one({"id": "1", "messages": [USER]}),
        read_one({"id": "1", "messages": [SYSTEM, USER]}),
    )
    assert first.trace_id != second.trace_id
    assert first.metadata == {"id": "1"}


def test_conversation_tags_and_everything_else_come_along() -> None:
    trace = read_one(
        {
            "messages": [USER],
            "session_id": "s-1",
            "tags": ["a"],
            "rating": 4,
            "metadata": {"k": [1]},
        }
    )
    assert trace.conversation_id == "s-1"
    assert trace.tags == {"a": ""}
    assert trace.metadata == {"k": [1], "rating": 4}


@pytest.mark.parametrize(
    "record",
    [
        {"inputs": "q", "outputs": "a"},
        {"input": "q", "output": "a"},
        {"request": "q", "response": "a"},
        {"question": "q", "answer": "a"},
        {"prompt": "q", "completion": "a"},
        {"query": "q", "response": "a"},
    ],
)
def test_usual_names_of_inputs_and_outputs(record: JsonValue) -> None:
    trace = read_one(record)
    assert (trace.format, trace.inputs, trace.outputs) == ("plain", "q", "a")


def test_instruction_records_keep_both_parts_of_the_request() -> None:
    trace = read_one({"instruction": "Translate", "input": "Haus", "output": "house"})
    assert (trace.inputs, trace.outputs) == ({"instruction": "Translate", "input": "Haus"}, "house")


def test_contexts_are_a_retrieval_and_expectations_are_kept() -> None:
    trace = read_one(
        {
            "inputs": {"question": "q"},
            "outputs": "a",
            "contexts": ["one", {"page_content": "two", "id": 2}],
            "expectations": {"expected_facts": ["f"]},
            "split": "test",
        }
    )
    assert [span.outputs for span in trace.spans if span.span_type == "RETRIEVER"] == [
        [{"page_content": "one"}, {"page_content": "two", "id": 2}]
    ]
    (note,) = trace.assessments
    assert (note.name, note.kind, note.value) == (
        "expected_facts",
        AssessmentKind.EXPECTATION,
        ["f"],
    )
    assert trace.metadata == {"split": "test"}


def test_json_in_the_cells_of_inputs_is_read_and_other_text_is_left_alone() -> None:
    trace = read_one({"inputs": '{"q": 1}', "outputs": "[1] is a citation"})
    assert (trace.inputs, trace.outputs) == ({"q": 1}, "[1] is a citation")
    assert read_one({"question": "q", "answer": '{"raw": true}'}).outputs == '{"raw": true}'


def test_messages_within_inputs_and_an_error() -> None:
    trace = read_one({"inputs": [USER], "outputs": None, "error": "timed out"})
    assert trace.inputs == {"messages": [USER]}
    assert (trace.state, trace.spans[0].status_message) == (TraceState.ERROR, "timed out")
    assert trace.spans[0].span_type == "CHAT_MODEL"
