"""The small files in other formats: what the notebooks rely on."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labelwidget.content import to_blocks
from labelwidget.content.blocks import ToolBlock
from labelwidget.readers import read_traces

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "notebooks" / "data"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def otlp_spans(name: str) -> list[dict[str, Any]]:
    body = json.loads((DATA / name).read_text(encoding="utf-8"))
    return [
        span
        for resource in body["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


@pytest.mark.parametrize("name", ["otlp-openinference.json", "otlp-genai.json"])
def test_otlp_files_hold_whole_traces_with_ids_in_hex(name: str) -> None:
    spans = otlp_spans(name)
    ids = {span["spanId"] for span in spans}
    assert len(ids) == len(spans)
    assert len({span["traceId"] for span in spans}) == 8
    for span in spans:
        assert len(bytes.fromhex(span["traceId"])) == 16
        assert len(bytes.fromhex(span["spanId"])) == 8
        assert span.get("parentSpanId") is None or span["parentSpanId"] in ids
    assert any(span["status"].get("code") == 2 for span in spans)


def test_openinference_has_messages_documents_and_annotations() -> None:
    names = {name for span in otlp_spans("otlp-openinference.json") for name in attributes(span)}
    for name in (
        "llm.input_messages.0.message.content",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name",
        "retrieval.documents.0.document.content",
        "annotations.0.annotation.explanation",
        "session.id",
    ):
        assert name in names


def test_genai_has_messages_tools_and_evaluations() -> None:
    spans = otlp_spans("otlp-genai.json")
    operations = {attributes(span).get("gen_ai.operation.name") for span in spans}
    assert operations >= {"chat", "execute_tool", "invoke_agent", "retrieval"}
    events = {event["name"] for span in spans for event in span.get("events", [])}
    assert "gen_ai.evaluation.result" in events
    chats = [each for each in map(attributes, spans) if each["gen_ai.operation.name"] == "chat"]
    for chat in chats:
        assert all(message["parts"] for message in json.loads(chat["gen_ai.input.messages"]))
        assert "gen_ai.output.messages" in chat


def test_chat_records_end_with_the_assistant_and_pair_calls_with_results() -> None:
    records = lines("chat.jsonl")
    assert len(records) >= 5
    for record in records:
        assert record["messages"][-1]["role"] == "assistant"
        called = [
            call["id"] for message in record["messages"] for call in message.get("tool_calls", [])
        ]
        answered = [
            message["tool_call_id"] for message in record["messages"] if message["role"] == "tool"
        ]
        assert called == answered
    assert max(len(record["messages"]) for record in records) >= 8


def test_provider_logs_hold_a_request_and_a_response() -> None:
    for record in lines("anthropic-messages.jsonl"):
        assert record["response"]["type"] == "message"
        assert record["request"]["system"]
    for record in lines("openai-responses.jsonl"):
        assert record["response"]["object"] == "response"
        assert record["request"]["input"][0]["role"] == "user"


def test_the_table_has_a_row_without_an_answer_and_numbers_for_latency() -> None:
    with (DATA / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert list(rows[0]) == ["question", "answer", "latency_ms", "model", "customer", "asked_at"]
    assert all(int(row["latency_ms"]) > 0 for row in rows)
    assert any(row["answer"] == "" for row in rows)
    assert (DATA / "answers.parquet").read_bytes()[:4] == b"PAR1"


ELSEWHERE = {
    "langfuse.json": ("langfuse", 2),
    "langsmith.jsonl": ("langsmith", 2),
    "inspect-log.json": ("inspect_log", 2),
    "atif.jsonl": ("atif", 2),
    "coding-agent.jsonl": ("claude_code", 1),
    "tau-bench.json": ("tau_bench", 2),
    "swe-agent.traj": ("swe_agent", 1),
    "vercel-spans.jsonl": ("otel_spans", 2),
}


def test_the_files_of_other_tools_are_what_their_script_writes(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "demo_app" / "elsewhere.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(written) == sorted(ELSEWHERE)
    assert written == {name: (DATA / name).read_bytes() for name in ELSEWHERE}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_same_exchange_reads_the_same_from_every_tool(name: str) -> None:
    form, count = ELSEWHERE[name]
    reader = read_traces(DATA / name)
    traces = list(reader)
    assert reader.refused == []
    assert [trace.format for trace in traces] == [form] * count
    cases = {record["metadata"]["case"]: record["messages"] for record in lines("chat.jsonl")}
    told = [cases["lost-parcel"], cases["return-rates"]]
    for trace, messages in zip(
        traces, told if count == 2 else told[form == "swe_agent" :], strict=False
    ):
        shown = json.dumps([block.model_dump() for block in to_blocks(trace)], ensure_ascii=False)
        for message in messages[1:]:
            text = message.get("content") or ""
            if message["role"] != "tool":
                assert json.dumps(text, ensure_ascii=False)[1:-1] in shown
        tools = [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]
        called = sum(len(message.get("tool_calls", [])) for message in messages)
        assert len([tool for tool in tools if tool.answered and tool.result]) == called
