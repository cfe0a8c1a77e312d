"""Our own traces come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelwidget.errors import InvalidValueError
from labelwidget.model import Expectation, Feedback, Span, Trace
from labelwidget.readers import read_traces
from labelwidget.readers.native import read

TRACE = Trace(
    trace_id="tr-1",
    name="app",
    inputs={"q": 2**70},
    outputs="a",
    spans=(Span(span_id="s1", inputs=["x"], attributes={"k": [1, 2.0]}),),
    assessments=(Feedback("ok", True), Expectation("facts", ["a"])),
    metadata={"n": 1},
)


def read_back(source: object) -> list[dict[str, object]]:
    return [trace.to_json() for trace in read_traces(source)]


def test_objects_and_json_lines_round_trip(tmp_path: Path) -> None:
    assert read_back([TRACE]) == [TRACE.to_json()]
    assert read_back(TRACE) == [TRACE.to_json()]
    path = tmp_path / "own.jsonl"
    path.write_text(TRACE.model_dump_json())
    assert read_back(path) == [TRACE.to_json()]


def test_a_broken_field_is_named() -> None:
    with pytest.raises(InvalidValueError, match=r"spans\.0\.span_id"):
        list(read({**TRACE.to_json(), "spans": [{"name": "no id"}]}))
