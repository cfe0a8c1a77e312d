"""Inspect logs: events old and new, pooled messages, attachments, scores, archives."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from labelwidget.content import to_blocks
from labelwidget.content.blocks import MessageBlock, ToolBlock
from labelwidget.model import AssessmentKind, SourceType, SpanStatus, Trace, TraceState
from labelwidget.readers import limits, read_traces

SPEC = {"task": "capitals", "model": "openai/gpt-4o", "run_id": "run-1", "eval_id": "ev-1"}
HEADER = {"version": 2, "status": "success", "eval": SPEC, "plan": {"name": "plan"}}

SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = {"role": "user", "content": "Capital of France?", "source": "input"}
CALLS = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "c-1", "function": "look", "arguments": {"q": "France"}}],
}
FOUND = {"role": "tool", "content": "Paris", "tool_call_id": "c-1", "function": "look"}
SAID = {"role": "assistant", "content": "Paris."}


def at(second: int) -> str:
    return f"2025-03-05T13:36:{second:02d}-08:00"


def model(told: list[Any], said: dict[str, Any], second: int, **more: Any) -> dict[str, Any]:
    return {
        "event": "model",
        "timestamp": at(second),
        "completed": at(second + 1),
        "model": "openai/gpt-4o",
        "input": told,
        "tools": [{"name": "look", "description": "Looks up.", "parameters": {"type": "object"}}],
        "output": {
            "model": "gpt-4o-2024",
            "choices": [{"message": said, "stop_reason": "stop"}],
            "usage": {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12},
        },
        **more,
    }


TOOL = {
    "event": "tool",
    "timestamp": at(4),
    "completed": at(6),
    "id": "c-1",
    "function": "look",
    "arguments": {"q": "France"},
    "result": "Paris",
}


def sample(**more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "epoch": 1,
        "input": "Capital of France?",
        "target": "Paris",
        "messages": [SYSTEM, ASKED, CALLS, FOUND, SAID],
        "output": {"model": "gpt-4o-2024", "choices": [{"message": SAID}]},
        "scores": {"match": {"value": "C", "answer": "Paris", "explanation": "Same."}},
        "metadata": {"level": "easy"},
        "model_usage": {"openai/gpt-4o": {"input_tokens": 30, "output_tokens": 6}},
        "total_time": 8.5,
        **more,
    }


def only(value: Any) -> Trace:
    reader = read_traces(value)
    (trace,) = reader
    assert reader.refused == []
    return trace


def told(trace: Trace) -> list[str]:
    return [
        f"{block.role}: {block.parts[0].text}"
        if isinstance(block, MessageBlock)
        else f"{block.name}()"
        for block in to_blocks(trace)
        if isinstance(block, (MessageBlock, ToolBlock))
    ]


STORY = ["system: Be brief.", "user: Capital of France?", "look()", "assistant: Paris."]

STEPS = [
    {"event": "sample_init", "timestamp": at(1), "sample": {}, "state": {}},
    {"event": "step", "timestamp": at(1), "action": "begin", "type": "solver", "name": "agent"},
    model([SYSTEM, ASKED], CALLS, 2),
    TOOL,
    model([SYSTEM, ASKED, CALLS, FOUND], SAID, 7),
    {"event": "info", "timestamp": at(8), "source": "me", "data": {"note": 1}},
    {"event": "step", "timestamp": at(8), "action": "end", "type": "solver", "name": "agent"},
]
SPANS = [
    {"event": "span_begin", "timestamp": at(1), "id": "sp-1", "type": "agent", "name": "agent"},
    {**STEPS[2], "span_id": "sp-1", "uuid": "e-1"},
    {**TOOL, "span_id": "sp-1", "uuid": "e-2"},
    {**STEPS[4], "span_id": "sp-1", "uuid": "e-3"},
    {**STEPS[5], "span_id": "sp-1"},
    {"event": "span_end", "timestamp": at(8), "id": "sp-1"},
]


@pytest.mark.parametrize("events", [STEPS, SPANS, []], ids=["steps", "spans", "messages only"])
def test_a_sample_reads_as_one_story(events: list[Any]) -> None:
    trace = only({**HEADER, "samples": [sample(events=events)]})
    assert told(trace) == STORY
    assert trace.format == "inspect_log"
    assert trace.name == "capitals · 1"
    assert trace.trace_id == "ev-1.1.1"
    assert (trace.input_tokens, trace.output_tokens) == (30, 6)
    assert trace.duration_ms == 8500
    assert trace.model_name == "gpt-4o-2024"
    assert trace.metadata["eval.task"] == "capitals"
    assert trace.metadata["metadata"] == {"level": "easy"}
    assert trace.state is TraceState.OK
    kinds = [span.span_type for span in trace.spans if span.span_type in {"LLM", "TOOL"}]
    assert kinds == ["LLM", "TOOL", "LLM"]


@pytest.mark.parametrize("events", [STEPS, SPANS], ids=["steps", "spans"])
def test_events_lie_in_the_span_that_they_belong_to(events: list[Any]) -> None:
    trace = only({**HEADER, "samples": [sample(events=events)]})
    agent = next(span for span in trace.spans if span.name == "agent")
    inner = [span for span in trace.spans if span.parent_id == agent.span_id]
    assert [span.span_type for span in inner] == ["LLM", "TOOL", "LLM"]
    assert [event.name for event in agent.events] == ["info"]
    assert agent.duration_ms == 7000
    tool = inner[1]
    assert (tool.inputs, tool.outputs, tool.duration_ms) == ({"q": "France"}, "Paris", 2000)
    assert inner[2].attributes["messages_before"] == 3


def test_a_step_that_a_limit_cut_off_does_not_swallow_the_next() -> None:
    events = [
        {"event": "step", "timestamp": at(1), "action": "begin", "type": "solver", "name": "loop"},
        {"event": "step", "timestamp": at(2), "action": "begin", "type": "scorer", "name": "match"},
        {"event": "step", "timestamp": at(3), "action": "end", "type": "scorer", "name": "match"},
    ]
    trace = only({**HEADER, "samples": [sample(events=events, messages=[])]})
    status = {span.name: span.status for span in trace.spans}
    assert status["loop"] is SpanStatus.UNSET
    assert status["match"] is SpanStatus.OK


def test_attachments_are_put_back_and_pooled_messages_found() -> None:
    events = [
        {**model([], CALLS, 2), "input_refs": [[0, 2]]},
        {**TOOL, "result": "attachment://k-1"},
        {**model([], SAID, 7), "input_refs": [[0, 2], [2, 4]]},
    ]
    long = {**FOUND, "content": "attachment://k-1"}
    trace = only(
        {
            **HEADER,
            "samples": [
                sample(
                    events=events,
                    messages=[SYSTEM, ASKED, CALLS, long, SAID],
                    events_data={"messages": [SYSTEM, ASKED, CALLS, long], "calls": []},
                    attachments={"k-1": "Paris, of course"},
                )
            ],
        }
    )
    assert told(trace) == STORY
    assert "attachment://" not in str(to_blocks(trace))
    assert "Paris, of course" in str(to_blocks(trace))


def test_tool_errors_say_what_went_wrong() -> None:
    failed = {"type": "timeout", "message": "Took too long."}
    messages = [ASKED, CALLS, {**FOUND, "content": "", "error": failed}, SAID]
    for events in ([], [model([ASKED], CALLS, 2), {**TOOL, "result": "", "error": failed}]):
        trace = only({**HEADER, "samples": [sample(events=events, messages=messages)]})
        tool = next(span for span in trace.spans if span.span_type == "TOOL")
        assert (tool.status, tool.status_message) == (SpanStatus.ERROR, "Took too long.")
        (block,) = [one for one in to_blocks(trace) if isinstance(one, ToolBlock)]
        assert block.error is not None


def test_a_failed_sample_is_an_error() -> None:
    error = {"message": "out of memory", "traceback": "Traceback …", "traceback_ansi": ""}
    trace = only({**HEADER, "samples": [sample(error=error)]})
    assert trace.state is TraceState.ERROR
    assert trace.spans[0].status_message == "out of memory"


def test_scores_and_the_target_become_assessments() -> None:
    scores = {
        "match": {"value": "C", "answer": "Paris", "explanation": "Same."},
        "model_graded_qa": {"value": 0.5, "metadata": {"grading": []}},
        "edited": {
            "value": 1,
            "history": [
                {"value": 0, "explanation": "Wrong."},
                {
                    "value": 1,
                    "provenance": {
                        "timestamp": "2025-03-05T13:36:00Z",
                        "author": "ada",
                        "reason": "A typo.",
                    },
                },
            ],
        },
    }
    trace = only({**HEADER, "samples": [sample(scores=scores)]})
    match, graded, before, edited, target = trace.assessments
    assert (match.value, match.rationale) == ("C", "Same.")
    assert match.metadata == {"answer": "Paris"}
    assert match.source.source_type is SourceType.CODE
    assert graded.source.source_type is SourceType.LLM_JUDGE
    assert (before.value, before.valid) == (0, False)
    assert (edited.value, edited.source.source_id) == (1, "ada")
    assert edited.source.source_type is SourceType.HUMAN
    assert edited.metadata == {"reason": "A typo."}
    assert (target.kind, target.value) == (AssessmentKind.EXPECTATION, "Paris")


def test_a_log_without_samples_and_a_broken_sample_are_refused() -> None:
    reader = read_traces({**HEADER, "samples": []})
    assert list(reader) == []
    assert "no samples" in reader.refused[0].reason
    reader = read_traces({**HEADER, "samples": [sample(), {"id": 2}, sample(id=3)]})
    assert [trace.name for trace in reader] == ["capitals · 1", "capitals · 3"]
    (refusal,) = reader.refused
    assert refusal.position == "sample 2"


def archived(
    members: dict[str, Any], method: int = zipfile.ZIP_DEFLATED, *, raw: bool = False
) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, value in members.items():
            archive.writestr(name, value if raw else json.dumps(value))
    return held.getvalue()


MEMBERS = {
    "_journal/start.json": {"version": 2, "eval": SPEC, "plan": {}},
    "samples/1_epoch_1.json": sample(events=STEPS),
    "samples/2_epoch_1.json": sample(id=2),
    "_journal/summaries/1.json": [{"id": 1, "epoch": 1, "input": "x", "target": "y"}],
    "summaries.json": [{"id": 1, "epoch": 1, "input": "x", "target": "y"}],
    "reductions.json": [],
    "header.json": HEADER,
}


def in_zstandard(members: dict[str, Any]) -> bytes:
    """An archive with Zstandard members, written by hand: `zipfile` cannot before Python 3.14."""
    body, directory = b"", b""
    for name, value in members.items():
        raw = json.dumps(value).encode()
        packed = zstandard.ZstdCompressor().compress(raw)
        label = name.encode()
        sizes = struct.pack("<LLLHH", zlib.crc32(raw), len(packed), len(raw), len(label), 0)
        start = len(body)
        body += struct.pack("<4sHHHHH", b"PK\x03\x04", 63, 0, 93, 0, 33) + sizes + label + packed
        directory += (
            struct.pack("<4sHHHHHH", b"PK\x01\x02", 63, 63, 0, 93, 0, 33)
            + sizes
            + struct.pack("<HHHLL", 0, 0, 0, 0, start)
            + label
        )
    count = len(members)
    ends = struct.pack(
        "<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0
    )
    return body + directory + ends


@pytest.mark.parametrize(
    "archive",
    [archived(MEMBERS), archived(MEMBERS, zipfile.ZIP_STORED), in_zstandard(MEMBERS)],
    ids=["deflate", "stored", "zstandard"],
)
def test_an_archive_gives_one_trace_a_sample(archive: bytes) -> None:
    reader = read_traces(archive)
    traces = list(reader)
    assert [trace.name for trace in traces] == ["capitals · 1", "capitals · 2"]
    assert told(traces[0]) == STORY
    assert reader.refused == []


def test_a_log_that_was_cut_off_has_its_journal_only() -> None:
    members = {name: MEMBERS[name] for name in ("_journal/start.json", "samples/1_epoch_1.json")}
    (trace,) = read_traces(archived(members))
    assert trace.name == "capitals · 1"


def test_a_chunked_sample_is_put_together() -> None:
    events = [
        {**model([], CALLS, 2), "input_refs": [[0, 2]]},
        {**TOOL, "result": "attachment://0"},
        {**model([], SAID, 7), "input_refs": [[0, 4]]},
    ]
    whole = sample()
    folder = "samples/1_epoch_1"
    members = {
        "header.json": HEADER,
        f"{folder}/sample.json": {
            key: part for key, part in whole.items() if key not in {"messages", "metadata"}
        }
        | {"message_refs": [[0, 5]]},
        f"{folder}/metadata.json": {"level": "easy"},
        f"{folder}/skeleton.json": {},
        f"{folder}/messages/3.json": [{**FOUND, "content": "attachment://0"}, SAID],
        f"{folder}/messages/0.json": [SYSTEM, ASKED, CALLS],
        f"{folder}/events/0.json": events[:2],
        f"{folder}/events/2.json": events[2:],
        f"{folder}/events/stats.json": {},
        f"{folder}/attachments/0.json": ["Paris"],
    }
    trace = only(archived(members))
    assert told(trace) == STORY
    assert trace.metadata["metadata"] == {"level": "easy"}


def test_a_broken_member_is_refused_and_the_rest_read() -> None:
    members = {name: json.dumps(value) for name, value in MEMBERS.items()}
    members["samples/1_epoch_1.json"] = '{"id": 1, '
    reader = read_traces(archived(members, raw=True))
    assert [trace.name for trace in reader] == ["capitals · 2"]
    (refusal,) = reader.refused
    assert "samples/1_epoch_1.json" in refusal.position


def test_an_archive_that_is_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelwidget.readers.archive._SMALL", 1000)
    members = MEMBERS | {"samples/3_epoch_1.json": sample(id=3, setup=" " * 1_000_000)}
    reader = read_traces(archived(members))
    assert len(list(reader)) == 2
    (refusal,) = reader.refused
    assert "samples/3" in refusal.position
    assert "MAX_COMPRESSION_RATIO" in refusal.reason


def test_archives_are_bounded_in_members_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 2_000)
    reader = read_traces(archived(MEMBERS))
    assert len(list(reader)) == 1
    assert "MAX_RECORD_BYTES" in reader.refused[0].reason
    monkeypatch.setattr(limits, "MAX_DECOMPRESSED_BYTES", 1_000)
    reader = read_traces(archived(MEMBERS))
    list(reader)
    assert "MAX_DECOMPRESSED_BYTES" in str(reader.refused)
    monkeypatch.setattr(limits, "MAX_FILES", 3)
    reader = read_traces(archived(MEMBERS))
    assert list(reader) == []
    assert "MAX_FILES" in reader.refused[0].reason


def test_names_of_members_are_no_paths() -> None:
    members = {"header.json": HEADER, "samples/../../1_epoch_1.json": sample()}
    assert [trace.name for trace in read_traces(archived(members))] == ["capitals · 1"]


def test_damaged_and_encrypted_archives_are_refused() -> None:
    whole = archived(MEMBERS)
    for broken in (whole[: len(whole) // 2], whole[:-10]):
        reader = read_traces(broken)
        assert list(reader) == []
        assert "damaged" in reader.refused[0].reason
    flipped = bytearray(archived({"a.json": {"x": 1}}))
    at_directory = flipped.rfind(b"PK\x01\x02")
    flipped[at_directory + 8] |= 1
    reader = read_traces(bytes(flipped))
    assert list(reader) == []
    assert "encrypted" in reader.refused[0].reason


def test_any_other_archive_gives_the_records_of_its_json() -> None:
    chat = {"messages": [{"role": "user", "content": "Hi"}]}
    archive = archived({"notes.txt": "x", "a/one.json": chat, "two.jsonl": chat})
    assert len(list(read_traces(archive))) == 1  # equal content is one trace
    reader = read_traces(archived({"notes.txt": "x"}))
    assert list(reader) == []
    assert "no .json" in reader.refused[0].reason


def test_the_samples_read(samples: Path) -> None:
    reader = read_traces(samples / "inspect" / "docent-sample.eval")
    traces = list(reader)
    assert reader.refused == []
    assert len(traces) == 15
    for trace in traces:
        assert trace.name.startswith("inspect_evals/luce_intercode_ctf · ")
        assert {one.name for one in trace.assessments} == {"includes", "target"}
        assert not any(
            isinstance(block, ToolBlock) and not block.answered for block in to_blocks(trace)
        )
    (errors,) = read_traces(samples / "inspect" / "log_tool_call_error.json")
    failed = [block for block in to_blocks(errors) if isinstance(block, ToolBlock)]
    assert len(failed) == 11
    assert all(block.error for block in failed)
