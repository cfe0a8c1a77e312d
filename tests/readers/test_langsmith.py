"""LangSmith runs, in batches, pages, trees and lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelwidget.content import to_blocks
from labelwidget.model import AssessmentKind, SourceType, TraceState
from labelwidget.readers import read_traces

ROOT = {
    "id": "r-1",
    "trace_id": "r-1",
    "name": "agent",
    "run_type": "chain",
    "start_time": "2024-10-11T20:58:20.000000+00:00",
    "end_time": "2024-10-11T20:58:22.000000+00:00",
    "inputs": {"question": "Weather?"},
    "outputs": {"output": "Sunny."},
    "extra": {"metadata": {"thread_id": "th-1"}},
    "tags": ["prod"],
    "session_id": "project-1",
}
CALL = {
    "id": "r-2",
    "trace_id": "r-1",
    "parent_run_id": "r-1",
    "name": "ChatOpenAI",
    "run_type": "llm",
    "start_time": "2024-10-11T20:58:20.500000+00:00",
    "end_time": "2024-10-11T20:58:21.500000+00:00",
    "inputs": {
        "messages": [
            [
                {
                    "lc": 1,
                    "type": "constructor",
                    "id": ["langchain", "schema", "messages", "HumanMessage"],
                    "kwargs": {"content": "Weather?", "type": "human"},
                }
            ]
        ]
    },
    "outputs": {
        "generations": [
            [
                {
                    "text": "Sunny.",
                    "message": {
                        "lc": 1,
                        "type": "constructor",
                        "id": ["langchain", "schema", "messages", "AIMessage"],
                        "kwargs": {
                            "content": "Sunny.",
                            "type": "ai",
                            "usage_metadata": {"input_tokens": 7, "output_tokens": 2},
                        },
                    },
                }
            ]
        ]
    },
    "extra": {
        "metadata": {"ls_model_name": "gpt-4o"},
        "invocation_params": {"tools": [{"type": "function", "function": {"name": "look"}}]},
    },
}


def lines(*rows: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def half(run: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: run[key] for key in ("id", "trace_id", *keys) if key in run}


FORMS = {
    "batch": {
        "post": [{**ROOT, "outputs": {}, "end_time": None}, {**CALL, "outputs": {}}],
        "patch": [half(ROOT, "outputs", "end_time"), half(CALL, "outputs", "end_time")],
    },
    "page": {"runs": [CALL, ROOT], "cursors": {}},
    "tree": {**ROOT, "child_runs": [{k: v for k, v in CALL.items() if k != "parent_run_id"}]},
    "lines": lines(CALL, ROOT),
    "lines of batches": lines({"post": [ROOT]}, {"post": [CALL]}),
    "list": [ROOT, CALL],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_trace(form: str) -> None:
    reader = read_traces(FORMS[form])
    (trace,) = reader
    assert reader.refused == []
    assert (trace.trace_id, trace.name, trace.format) == ("r-1", "agent", "langsmith")
    assert trace.conversation_id == "th-1"
    assert trace.tags == {"prod": ""}
    assert trace.metadata["langsmith.session_id"] == "project-1"
    assert trace.inputs == {"question": "Weather?"}
    assert trace.outputs == {"output": "Sunny."}
    assert trace.duration_ms == 2000
    assert (trace.input_tokens, trace.output_tokens) == (7, 2)
    assert trace.model_name == "gpt-4o"
    assert [(span.span_id, span.span_type) for span in trace.spans] == [
        ("r-1", "CHAIN"),
        ("r-2", "LLM"),
    ]
    story = str(to_blocks(trace))
    assert "Weather?" in story
    assert "Sunny." in story
    assert "look" in story


def test_runs_without_a_trace_id_find_their_root() -> None:
    bare = [{k: v for k, v in run.items() if k != "trace_id"} for run in (CALL, ROOT)]
    tool = {**bare[0], "id": "r-3", "parent_run_id": "r-2", "run_type": "tool"}
    (trace,) = read_traces({"runs": [tool, *bare]})
    assert trace.trace_id == "r-1"
    assert len(trace.spans) == 3


def test_an_error_and_events_are_kept() -> None:
    run = {
        **CALL,
        "parent_run_id": None,
        "error": "RateLimitError('slow down')",
        "events": [{"name": "new_token", "time": "2024-10-11T20:58:21+00:00", "kwargs": {"t": 1}}],
    }
    (trace,) = read_traces(run)
    assert trace.state is TraceState.ERROR
    assert trace.spans[0].status_message == "RateLimitError('slow down')"
    (event,) = trace.spans[0].events
    assert (event.name, event.attributes) == ("new_token", {"kwargs": {"t": 1}})


def test_feedback_becomes_assessments() -> None:
    told = [
        {"id": "f-1", "run_id": "r-1", "key": "correct", "score": 1, "comment": "Yes.",
         "feedback_source": {"type": "app", "user_name": "ada"}},
        {"id": "f-2", "run_id": "r-2", "key": "tone", "value": "warm",
         "correction": {"tone": "neutral"}, "feedback_source": {"type": "model"}},
    ]  # fmt: skip
    (trace,) = read_traces(lines(ROOT, CALL, *[{**one, "trace_id": "r-1"} for one in told]))
    correct, tone, wanted = trace.assessments
    assert (correct.value, correct.rationale, correct.span_id) == (1, "Yes.", None)
    assert (correct.source.source_type, correct.source.source_id) == (SourceType.HUMAN, "ada")
    assert (tone.value, tone.span_id) == ("warm", "r-2")
    assert tone.source.source_type is SourceType.LLM_JUDGE
    assert (wanted.kind, wanted.value) == (AssessmentKind.EXPECTATION, {"tone": "neutral"})


def test_sums_of_feedback_are_better_than_none() -> None:
    (trace,) = read_traces({**ROOT, "feedback_stats": {"correct": {"n": 4, "avg": 0.75}}})
    (correct,) = trace.assessments
    assert (correct.name, correct.value) == ("correct", 0.75)
    assert correct.metadata["n"] == 4


def test_feedback_without_its_run_is_refused() -> None:
    lost = {"run_id": "r-9", "trace_id": "r-9", "key": "correct", "score": 1}
    reader = read_traces(lines(ROOT, lost))
    assert [trace.trace_id for trace in reader] == ["r-1"]
    (refusal,) = reader.refused
    assert refusal.position == "line 2"
    assert "not in this file" in refusal.reason


def test_the_sample_reads(samples: Path) -> None:
    (trace,) = read_traces(str(samples / "langsmith" / "*.json"))
    assert trace.state is TraceState.OK
    assert trace.input_tokens == 9
    assert {event.name for event in trace.spans[0].events} == {"new_token"}
    assert [block.kind for block in to_blocks(trace)] == ["message", "message"]
