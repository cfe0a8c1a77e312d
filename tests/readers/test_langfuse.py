"""Langfuse in all the ways that it exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelwidget.content import span_messages, to_blocks
from labelwidget.model import AssessmentKind, SourceType, SpanStatus, TraceState
from labelwidget.readers import limits, read_traces

TRACE = {
    "id": "t-1",
    "name": "support",
    "timestamp": "2025-06-06T11:31:33.965Z",
    "public": False,
    "sessionId": "s-1",
    "userId": "ada",
    "tags": ["beta"],
    "input": '"{\\"question\\":\\"Why?\\"}"',
    "output": '"Because."',
    "latency": 2.5,
    "metadata": '{"plan": "free"}',
}
ROOT = {
    "id": "o-1",
    "traceId": "t-1",
    "type": "SPAN",
    "name": "app",
    "startTime": "2025-06-06T11:31:33.965Z",
    "endTime": "2025-06-06T11:31:36.465Z",
    "parentObservationId": None,
    "input": None,
    "output": None,
    "level": "DEFAULT",
}
CALL = {
    "id": "o-2",
    "traceId": "t-1",
    "type": "GENERATION",
    "name": "answer",
    "startTime": "2025-06-06T11:31:34.000Z",
    "endTime": "2025-06-06T11:31:36.000Z",
    "parentObservationId": "o-1",
    "model": "gpt-4o",
    "usageDetails": {"input": 12, "output": 3, "total": 15},
    "input": '[{"role": "user", "content": "Why?"}]',
    "output": '{"role": "assistant", "content": "Because."}',
    "level": "DEFAULT",
}


def snake(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the exports to a bucket spell it."""
    return {
        "".join("_" + sign.lower() if sign.isupper() else sign for sign in key): value
        for key, value in row.items()
    }


def lines(*rows: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


FORMS = {
    "trace and observations": {"trace": TRACE, "observations": [ROOT, CALL]},
    "observations inside": {**TRACE, "observations": [ROOT, CALL]},
    "page of traces": {"data": [{**TRACE, "observations": [ROOT, CALL]}], "meta": {"page": 1}},
    "session": {"id": "s-1", "traces": [{**TRACE, "observations": [ROOT, CALL]}]},
    "lines of rows": lines(CALL, ROOT, TRACE),
    "lines of a bucket": lines(snake(ROOT), snake(CALL), snake(TRACE)),
    "ingestion batch": {
        "batch": [
            {"type": "trace-create", "id": "e-1", "body": {**TRACE, "output": None}},
            {"type": "span-create", "id": "e-2", "body": ROOT},
            {"type": "generation-create", "id": "e-3", "body": {**CALL, "output": None}},
            {
                "type": "generation-update",
                "id": "e-4",
                "body": {"id": "o-2", "traceId": "t-1", "output": CALL["output"]},
            },
            {"type": "trace-create", "id": "e-5", "body": {"id": "t-1", "output": "Because."}},
        ]
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_each_way_to_export_gives_the_same_trace(form: str) -> None:
    reader = read_traces(FORMS[form])
    (trace,) = reader
    assert reader.refused == []
    assert (trace.trace_id, trace.name, trace.format) == ("t-1", "support", "langfuse")
    assert trace.conversation_id == "s-1"
    assert trace.inputs == {"question": "Why?"}
    assert trace.outputs == "Because."
    assert trace.tags == {"beta": ""}
    assert trace.metadata["userId"] == "ada"
    assert trace.metadata["metadata"] == {"plan": "free"}
    assert trace.duration_ms == 2500
    assert trace.state is TraceState.OK
    assert (trace.input_tokens, trace.output_tokens) == (12, 3)
    assert trace.model_name == "gpt-4o"
    assert [span.span_id for span in trace.spans] == ["o-1", "o-2"]
    assert trace.spans[1].parent_id == "o-1"
    assert trace.spans[1].span_type == "LLM"
    assert "Because." in str(to_blocks(trace))


def test_enriched_observations_need_no_trace_row() -> None:
    row = {**CALL, "parentObservationId": None, "traceName": "support", "sessionId": "s-1"}
    (trace,) = read_traces(lines({**row, "userId": "ada", "tags": ["beta"]}))
    assert (trace.name, trace.conversation_id) == ("support", "s-1")
    assert trace.tags == {"beta": ""}
    assert trace.metadata["userId"] == "ada"


def test_rows_of_several_traces_are_told_apart() -> None:
    other = {**ROOT, "traceId": "t-2", "id": "o-9"}
    traces = {trace.trace_id: trace for trace in read_traces(lines(ROOT, other, CALL))}
    assert {key: len(trace.spans) for key, trace in traces.items()} == {"t-1": 2, "t-2": 1}


def test_scores_become_assessments_with_their_source() -> None:
    scores = [
        {"id": "1", "name": "toxicity", "value": 0.5, "dataType": "NUMERIC", "source": "EVAL",
         "comment": "Mild.", "timestamp": "2025-06-06T12:00:00Z"},
        {"id": "2", "name": "helpful", "value": 1, "dataType": "BOOLEAN", "source": "ANNOTATION",
         "authorUserId": "ada", "observationId": "o-2"},
        {"id": "3", "name": "tone", "value": 0, "stringValue": "warm", "dataType": "CATEGORICAL",
         "source": "API"},
        {"id": "4", "name": "output", "value": 0, "longStringValue": "So.",
         "dataType": "CORRECTION", "source": "ANNOTATION"},
    ]  # fmt: skip
    (trace,) = read_traces({**TRACE, "observations": [ROOT, CALL], "scores": scores})
    toxicity, helpful, tone, output = trace.assessments
    assert (toxicity.value, toxicity.rationale) == (0.5, "Mild.")
    assert toxicity.source.source_type is SourceType.LLM_JUDGE
    assert toxicity.create_time_ms == 1749211200000
    assert toxicity.trace_id == "t-1"
    assert helpful.value is True
    assert (helpful.source.source_type, helpful.source.source_id) == (SourceType.HUMAN, "ada")
    assert helpful.span_id == "o-2"
    assert (tone.value, tone.source.source_type) == ("warm", SourceType.CODE)
    assert (output.kind, output.value) == (AssessmentKind.EXPECTATION, "So.")


def test_a_failed_observation_says_why() -> None:
    row = {**ROOT, "level": "ERROR", "statusMessage": "boom"}
    (trace,) = read_traces({"trace": TRACE, "observations": [row, CALL]})
    assert trace.state is TraceState.ERROR
    assert (trace.spans[0].status, trace.spans[0].status_message) == (SpanStatus.ERROR, "boom")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"type": "TOOL"}, "TOOL"),
        ({"type": "AGENT"}, "AGENT"),
        ({"metadata": {"attributes": {"gen_ai.operation.name": "execute_tool"}}}, "TOOL"),
        ({"metadata": '{"attributes": {"openinference.span.kind": "RETRIEVER"}}'}, "RETRIEVER"),
        ({"metadata": {"attributes": {"gen_ai.agent.name": "writer"}}}, "AGENT"),
        ({"output": {"type": "tool", "tool_call_id": "c", "content": "x"}}, "TOOL"),
        ({}, "UNKNOWN"),
    ],
)
def test_the_kind_of_a_span_is_taken_from_whoever_says_it(row: dict[str, Any], kind: str) -> None:
    (trace,) = read_traces({"trace": TRACE, "observations": [{**ROOT, **row}]})
    assert trace.spans[0].span_type == kind


def test_retrieved_documents_get_the_common_form() -> None:
    row = {
        **ROOT,
        "type": "RETRIEVER",
        "input": "login",
        "output": [
            {"page_content": "Reset it.", "metadata": {"source": "faq.md"}, "id": "d-1"},
            {"node": {"text": "Ask us.", "id_": "d-2"}, "score": 0.5},
        ],
    }
    (trace,) = read_traces({"trace": TRACE, "observations": [row]})
    assert trace.spans[0].outputs == [
        {"page_content": "Reset it.", "id": "d-1", "metadata": {"source": "faq.md"}},
        {"page_content": "Ask us.", "id": "d-2", "score": 0.5},
    ]


def test_an_answer_in_quotation_marks_keeps_them() -> None:
    (trace,) = read_traces({"trace": TRACE, "observations": [{**CALL, "output": '"Why not?"'}]})
    assert trace.spans[0].outputs == '"Why not?"'


def test_a_row_without_a_trace_is_refused_and_the_rest_read() -> None:
    reader = read_traces(lines(ROOT, {"type": "span-create", "body": {"id": "x"}}, CALL))
    assert [trace.trace_id for trace in reader] == ["t-1"]
    (refusal,) = reader.refused
    assert refusal.position == "line 2"
    assert "trace id" in refusal.reason


def test_rows_that_lie_too_far_apart_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PENDING_BYTES", 400)
    others = [{**ROOT, "traceId": f"t-{number}"} for number in range(2, 6)]
    reader = read_traces(lines(ROOT, *others, CALL))
    traces = list(reader)
    assert {trace.trace_id for trace in traces} == {f"t-{number}" for number in range(1, 6)}
    (refusal,) = reader.refused
    assert refusal.position == "line 6"
    assert "t-1" in refusal.reason
    assert "MAX_PENDING_BYTES" in refusal.reason


def test_every_sample_reads_with_a_story(samples: Path) -> None:
    reader = read_traces(str(samples / "langfuse" / "*.trace.json"))
    traces = list(reader)
    assert len(traces) == 7
    assert reader.refused == []
    assert all(len(to_blocks(trace)) >= 2 for trace in traces)
    judged = {one.source.source_type for trace in traces for one in trace.assessments}
    assert judged == {SourceType.LLM_JUDGE}


@pytest.mark.parametrize(
    ("told", "said", "roles"),
    [
        (
            {"contents": [{"parts": [{"text": "Hi"}], "role": "user"}],
             "config": {"system_instruction": "Be kind."}},
            {"content": {"parts": [{"text": "Ho"}], "role": "model"}, "finish_reason": "STOP"},
            ["system", "user", "assistant"],
        ),
        (
            [{"role": "user", "gen_ai.event.content": '{"role": "user", "content": "Hi"}'}],
            [{"gen_ai.event.content": '{"index": 0, "message": {"role": "Assistant", '
              '"content": "Ho"}}'}],
            ["user", "assistant"],
        ),
        (
            [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
             {"role": "user", "parts": [{"type": "tool_call_response", "id": "c", "result": 1}]}],
            [{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}]}],
            ["user", "tool", "assistant"],
        ),
        ({"messages": '[{"role": "user", "content": "Hi"}]'}, "Ho", ["user", "assistant"]),
        ([[{"role": "user", "content": "Hi"}]], {"role": "assistant", "content": "Ho"},
         ["user", "assistant"]),
    ],
    ids=["Gemini", "Semantic Kernel", "parts", "encoded twice", "nested"],
)  # fmt: skip
def test_messages_are_found_in_the_words_of_each_framework(
    told: Any, said: Any, roles: list[str]
) -> None:
    row = {**CALL, "input": json.dumps(told), "output": said}
    (trace,) = read_traces({"trace": {"id": "t-1"}, "observations": [row]})
    messages = span_messages(trace.spans[0])
    assert [message.role for message in messages] == roles
    assert messages[-1].text == "Ho"
