"""The beginning of a long trace, read without the rest: what it may say, and when it says nothing."""

from __future__ import annotations

import sys

import pytest

from labelwidget.model import JsonValue, Span, Trace
from labelwidget.store import NewItem, Store
from labelwidget.store.sql import payload
from labelwidget.store.sql.payload import Payload, begin, pack
from tests.store.builders import a_session, new_item

# Would pass for the end of a span, were it not within one.
MISLEADING: JsonValue = [{"a": 1}, {"span_id": "x"}, '},{"span_id":"y"', {"span_id": "z"}]


def a_trace(spans: int = 200, *, outputs: JsonValue = "word " * 200) -> Trace:
    return Trace(
        trace_id="t",
        inputs="question",
        spans=tuple(
            Span(span_id=f"s{n}", name=f"step {n}", inputs=MISLEADING, outputs=outputs)
            for n in range(spans)
        ),
        tags={"late": "yes"},
    )


def as_stored(trace: Trace, codec: str, monkeypatch: pytest.MonkeyPatch) -> Payload:
    if codec == "zlib":
        monkeypatch.setitem(sys.modules, "zstandard", None)
    packed = pack(trace)
    if codec == "none":
        return packed._replace(codec="none", data=trace.model_dump_json().encode())
    assert packed.codec == codec
    return packed


@pytest.mark.parametrize("codec", ["zstd", "zlib", "none"])
def test_it_is_the_first_spans_and_nothing_behind_them(codec: str, monkeypatch):
    monkeypatch.setattr(payload, "START_BYTES", 20_000)
    trace = a_trace()
    start = begin(as_stored(trace, codec, monkeypatch))
    assert start is not None
    assert 5 < len(start.spans) < 30
    assert start.spans == trace.spans[: len(start.spans)]
    assert (start.trace_id, start.inputs, start.tags) == ("t", "question", {})


def test_where_no_span_ends_there_is_none(monkeypatch):
    monkeypatch.setattr(payload, "START_BYTES", 20_000)
    assert begin(pack(a_trace(1))) is None
    assert begin(pack(a_trace(3, outputs="x" * 30_000))) is None
    assert begin(pack(Trace(trace_id="t", inputs="no spans"))) is None


@pytest.mark.parametrize("codec", ["zstd", "zlib", "none", "unknown"])
def test_damaged_bytes_say_nothing(codec: str):
    assert begin(Payload(codec, 10_000, "", b"\x00damaged" * 100)) is None


def test_no_more_is_unpacked_than_asked_for():
    """A small payload may stand for a very large text."""
    large = pack(Trace(trace_id="t", inputs="x" * 50_000_000))
    assert len(large.data) < payload.START_BYTES
    assert begin(large) is None


def test_a_store_gives_it_for_its_items_and_for_no_others(store: Store):
    session_id = a_session(store)
    made = new_item("long")
    trace = a_trace(2_000).model_copy(update={"trace_id": made.item.item_id})
    store.add_items(session_id, [NewItem(made.item, trace)])
    start = store.trace_start(made.item.item_id)
    assert start is not None
    assert 100 < len(start.spans) < 2_000
    assert start.spans == trace.spans[: len(start.spans)]
    assert store.trace_start("nobody") is None
