"""What `read_traces` may be given, and what it says when it cannot read something."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import zstandard

from labelwidget.content import to_blocks
from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import dumps
from labelwidget.readers import Refusal, limits, read_traces

QUESTIONS: list[JsonValue] = [
    {"question": "What is RAG?", "answer": "Retrieval.", "contexts": ["RAG is retrieval."]},
    {"question": "And LLM?", "answer": "A model."},
]


def read(source: object, **options: object) -> list[Trace]:
    reader = read_traces(source, **options)  # type: ignore[arg-type]
    traces = list(reader)
    assert reader.refused == []
    assert reader.read == len(traces)
    return traces


def lines(records: list[JsonValue]) -> str:
    return "\n".join(json.dumps(record) for record in records)


@pytest.fixture
def expected() -> list[Trace]:
    return read(QUESTIONS)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(json.dumps(QUESTIONS), id="JSON text"),
        pytest.param(lines(QUESTIONS), id="JSON lines text"),
        pytest.param(json.dumps(QUESTIONS).encode(), id="bytes"),
        pytest.param(json.dumps(QUESTIONS, indent=2).encode(), id="indented bytes"),
        pytest.param(b"\xef\xbb\xbf" + lines(QUESTIONS).encode(), id="with byte order mark"),
        pytest.param(gzip.compress(lines(QUESTIONS).encode()), id="gzip bytes"),
        pytest.param(zstandard.compress(lines(QUESTIONS).encode()), id="zstd bytes"),
        pytest.param([json.dumps(one) for one in QUESTIONS], id="a list of JSON texts"),
        pytest.param({"data": QUESTIONS}, id="a wrapping object"),
        pytest.param({"first": QUESTIONS[0], "second": QUESTIONS[1]}, id="an object of records"),
        pytest.param((one for one in QUESTIONS), id="a generator"),
    ],
)
def test_the_same_records_in_any_wrapping_are_the_same_traces(
    source: object, expected: list[Trace]
) -> None:
    assert read(source) == expected


def test_open_files_in_text_and_binary_mode(tmp_path: Path, expected: list[Trace]) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(lines(QUESTIONS), encoding="utf-8")
    with path.open("rb") as binary, path.open(encoding="utf-8") as text:
        assert read(binary) == expected
        assert read(text) == expected
    assert read(io.StringIO(lines(QUESTIONS))) == expected


def test_files_folders_and_globs(tmp_path: Path, expected: list[Trace]) -> None:
    inner = tmp_path / "runs" / "monday"
    inner.mkdir(parents=True)
    (inner / "a.jsonl").write_text(lines(QUESTIONS[:1]), encoding="utf-8")
    (tmp_path / "runs" / "b.json.gz").write_bytes(gzip.compress(json.dumps(QUESTIONS[1:]).encode()))
    (inner / "notes.txt").write_text("not a trace", encoding="utf-8")
    by_id = {trace.trace_id: trace for trace in expected}
    for source in (
        tmp_path,
        str(tmp_path),
        str(tmp_path / "**" / "*.json*"),
        [inner / "a.jsonl", tmp_path / "runs" / "b.json.gz"],
    ):
        assert {trace.trace_id: trace for trace in read(source)} == by_id


def test_parquet_and_csv_and_frames_hold_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"question": ["a", "b"], "answer": ["x", "y"]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    wanted = read(frame)
    assert [trace.inputs for trace in wanted] == ["a", "b"]
    for name in ("t.parquet", "t.csv", "t.tsv"):
        assert read(tmp_path / name) == wanted


def test_cells_become_json(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "inputs": [{"q": np.int64(3), "tags": np.array(["a"])}],
            "outputs": ["fine"],
            "score": [np.float32(0.5)],
            "missing": [np.nan],
            "when": pd.to_datetime(["2026-01-02T03:04:05Z"]),
        }
    )
    (trace,) = read(frame)
    assert trace.inputs == {"q": 3, "tags": ["a"]}
    assert trace.metadata == {"score": 0.5, "missing": None, "when": "2026-01-02T03:04:05+00:00"}


def test_named_columns_and_the_rest_as_metadata() -> None:
    frame = pd.DataFrame(
        {
            "q": ["Hi"],
            "lang": ["en"],
            "a": ["Hello"],
            "docs": [["d1", "d2"]],
            "n": [1],
            "key": ["k-1"],
        }
    )
    columns = {"inputs": ["q", "lang"], "outputs": "a", "contexts": "docs", "trace_id": "key"}
    (trace,) = read(frame, columns=columns)
    assert (trace.trace_id, trace.inputs, trace.outputs) == (
        "k-1",
        {"q": "Hi", "lang": "en"},
        "Hello",
    )
    assert trace.metadata == {"n": 1}
    assert [span.outputs for span in trace.spans if span.span_type == "RETRIEVER"] == [
        [{"page_content": "d1"}, {"page_content": "d2"}]
    ]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (None, ["'x', 'y'", 'columns={"inputs"']),
        ({"inputs": "nope"}, ["'nope'", "'x', 'y'"]),
        ({"question": "x"}, ["'question'", "inputs, outputs"]),
        ({"inputs": 3}, ["3", "list of names"]),
    ],
)
def test_a_frame_without_usable_columns_says_what_it_has(
    columns: dict[str, object] | None, words: list[str]
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_traces(pd.DataFrame({"x": [1], "y": [2]}), columns=columns)
    for word in words:
        assert word in str(caught.value)


def test_bad_records_are_named_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    good = json.dumps(QUESTIONS[0])
    path.write_text(
        f'{good}\n{{"question": \n\n{{"a": 1}}\n[1]\n{json.dumps(QUESTIONS[1])}\n', encoding="utf-8"
    )
    told: list[Refusal] = []
    reader = read_traces(path, on_refused=told.append)
    assert [trace.inputs for trace in reader] == ["What is RAG?", "And LLM?"]
    assert [one.position for one in told] == ["line 2", "line 4", "line 5, record 1"]
    assert reader.refused == told
    assert reader.refused_count == 3
    assert all(one.source == str(path) for one in told)
    assert "'a'" in told[1].reason


def test_a_broken_element_of_an_array_costs_only_itself() -> None:
    text = f'[{json.dumps(QUESTIONS[0])}, {{"question": tru}}, {json.dumps(QUESTIONS[1])}]'
    reader = read_traces(text)
    assert len(list(reader)) == 2
    assert [one.position for one in reader.refused] == ["record 2"]


def test_an_unreadable_file_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(pickle.dumps(QUESTIONS))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines(QUESTIONS).encode())[:40])
    (tmp_path / "c.parquet").write_bytes(b"PAR1 damaged PAR1")
    (tmp_path / "d.jsonl").write_text(lines(QUESTIONS), encoding="utf-8")
    (tmp_path / "e.csv").write_bytes("question,answer\né,à\n".encode("latin-1"))
    reader = read_traces(tmp_path)
    assert len(list(reader)) == 2
    reasons = {Path(one.source).name: one.reason for one in reader.refused}
    assert "pickle" in reasons["a.json"]
    assert "damaged or cut off" in reasons["b.jsonl.gz"]
    assert "damaged" in reasons["c.parquet"]
    assert "UTF-8" in reasons["e.csv"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("no/such/file.json", "no file"),
        ("no/such/*.json", "No file matches"),
        ("https://example.com/traces.json", "Nothing is fetched"),
        ("{not json", "Not valid JSON"),
        ("", "empty"),
        (3.5, "3.5"),
        (None, "None"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (gzip.compress(gzip.compress(b"[]", mtime=0), mtime=0), "compressed twice"),
    ],
)
def test_what_cannot_be_a_source_is_an_error_at_once(source: object, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words.replace("*", r"\*")):
        read_traces(source)


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(InvalidValueError, match="mlflow"):
        read_traces(QUESTIONS, "nonsense")


def test_the_same_trace_twice_is_read_once_and_another_of_the_same_id_is_refused() -> None:
    first = {"trace_id": "t-1", "question": "a", "answer": "b"}
    other = first | {"answer": "c"}
    reader = read_traces(lines([first, first, other]))
    assert len(list(reader)) == 1
    assert reader.skipped == 1
    (refusal,) = reader.refused
    assert refusal.position == "line 3"
    assert "'t-1'" in refusal.reason
    assert "line 1" in refusal.reason


def test_ids_that_are_not_printable_are_hashed_and_missing_ids_follow_from_the_content() -> None:
    strange, again, missing = (
        read([{"trace_id": "é", "question": "a"}]),
        read([{"trace_id": "é", "question": "other"}]),
        read([{"question": "a"}]),
    )
    assert len(strange[0].trace_id) == 32
    assert strange[0].trace_id == again[0].trace_id
    assert missing[0].trace_id == read([{"question": "a"}])[0].trace_id
    assert missing[0].trace_id != read([{"question": "b"}])[0].trace_id


def test_duplicate_keys_and_deep_nesting_are_refused() -> None:
    deep = '{"question": ' + "[" * 101 + "]" * 101 + "}"
    reader = read_traces('{"question": "a", "question": "b"}\n' + deep + '\n{"question" : ":ok:"}')
    assert [trace.inputs for trace in reader] == [":ok:"]
    assert "twice" in reader.refused[0].reason
    assert "deeper than 100" in reader.refused[1].reason


def test_large_integers_and_lone_surrogates_survive() -> None:
    reader = read_traces('{"question": 123456789012345678901234567890}\n{"question": "\\ud800"}')
    assert [trace.inputs for trace in reader] == [123456789012345678901234567890, "\ud800"]


def test_a_line_over_the_bound_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 1_000)
    long = json.dumps({"question": "x" * 2_000})
    reader = read_traces("\n".join([json.dumps(QUESTIONS[0]), long, json.dumps(QUESTIONS[1])]))
    assert len(list(reader)) == 2
    (refusal,) = reader.refused
    assert refusal.position == "line 2"
    assert "limits.MAX_RECORD_BYTES" in refusal.reason


def test_a_decompression_bomb_is_stopped() -> None:
    bomb = gzip.compress(b"[" + b" " * (32 * 2**20) + b"]")
    reader = read_traces(bomb)
    assert list(reader) == []
    assert "limits.MAX_COMPRESSION_RATIO" in reader.refused[0].reason


def test_many_refusals_are_counted_but_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REFUSALS", 5)
    reader = read_traces("\n".join(['{"question": "a"}', *["{bad}"] * 20]))
    assert len(list(reader)) == 1
    assert len(reader.refused) == 5
    assert reader.refused_count == 20


def test_traces_in_a_column_are_read_and_missing_ones_named() -> None:
    trace: JsonValue = {"info": {"trace_id": "tr-1", "state": "OK"}, "data": {"spans": []}}
    reader = read_traces(
        pd.DataFrame({"trace": [trace, None, json.dumps(trace | {"info": {"trace_id": "tr-2"}})]})
    )
    assert [one.trace_id for one in reader] == ["tr-1", "tr-2"]
    assert [one.position for one in reader.refused] == ["row 2"]


def test_a_bound_on_depth_can_be_raised_where_the_message_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep = b'{"inputs": ' + b"[" * 150 + b"]" * 150 + b', "outputs": "a"}'
    reader = read_traces(deep)
    assert list(reader) == []
    assert "limits.MAX_DEPTH" in reader.refused[0].reason
    monkeypatch.setattr(limits, "MAX_DEPTH", 200)
    (trace,) = read_traces(deep)
    (again,) = read_traces([json.loads(deep)])
    assert again.inputs == trace.inputs
    assert to_blocks(trace)
    assert Trace.model_validate(json.loads(dumps(trace.model_dump()))) == trace
