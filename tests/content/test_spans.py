"""The Spans tab: the tree as narrow rows, one span in full."""

from __future__ import annotations

import pytest

from labelwidget.content import full_text, span_detail, span_rows
from labelwidget.errors import NotFoundError
from labelwidget.model import Span, SpanEvent, Trace
from labelwidget.model.json import loads
from tests.builders import a_trace, says, user


def test_rows_are_the_tree_with_offsets_from_the_first_start():
    trace = (
        a_trace("AGENT")
        .within("step", "CHAIN")
        .with_llm([user("Hi")], says("Hello"))
        .up()
        .with_tool("t", {}, error="E: x")
        .build()
    )
    rows = [
        (r.name, r.depth, r.span_type, r.status, r.start_ms, r.has_children)
        for r in span_rows(trace)
    ]
    assert rows == [
        ("app", 0, "AGENT", "OK", 0.0, True),
        ("step", 1, "CHAIN", "OK", 10.0, True),
        ("chat", 2, "LLM", "OK", 20.0, False),
        ("t", 1, "TOOL", "ERROR", 30.0, False),
    ]
    assert [r.parent_id for r in span_rows(trace)] == [None, "s0", "s1", "s0"]
    assert span_rows(trace)[2].duration_ms == 10.0


def test_children_stand_in_order_of_start_and_orphans_are_roots():
    spans = (
        Span(span_id="b", parent_id="a", start_ns=200),
        Span(span_id="a", start_ns=100),
        Span(span_id="c", parent_id="a", start_ns=150),
        Span(span_id="lost", parent_id="gone", start_ns=50),
    )
    rows = span_rows(Trace(trace_id="t", spans=spans))
    assert [(r.span_id, r.depth, r.parent_id) for r in rows] == [
        ("lost", 0, None),
        ("a", 0, None),
        ("c", 1, "a"),
        ("b", 1, "a"),
    ]


def test_spans_in_a_loop_are_each_a_row_once():
    spans = (Span(span_id="a", parent_id="b"), Span(span_id="b", parent_id="a"))
    assert sorted(r.span_id for r in span_rows(Trace(trace_id="t", spans=spans))) == ["a", "b"]


def test_a_chain_of_ten_thousand_spans_has_rows():
    spans = tuple(Span(span_id=str(i), parent_id=str(i - 1) if i else None) for i in range(10_000))
    rows = span_rows(Trace(trace_id="t", spans=spans))
    assert rows[-1].depth == 9_999


def test_one_span_in_full():
    event = SpanEvent(name="note", time_ns=1_005_000_000, attributes={"k": "v"})
    span = Span(
        span_id="a",
        name="step",
        start_ns=1_000_000_000,
        end_ns=1_010_000_000,
        inputs={"z": 1, "a": 2},
        outputs="Some *text*",
        attributes={"model": "m"},
        events=(event,),
    )
    detail = span_detail(Trace(trace_id="t", spans=(span,)), "a")
    assert detail.row.name == "step"
    assert [p.json_text for p in detail.inputs if p.kind == "json"] == ['{"z":1,"a":2}']
    assert [p.text for p in detail.outputs if p.kind == "text"] == ["Some *text*"]
    assert detail.attributes.json_text == '{"model":"m"}'
    assert [(e.name, e.time_ms, e.attributes.json_text) for e in detail.events] == [
        ("note", 5.0, '{"k":"v"}')
    ]


def test_long_fields_of_a_span_are_asked_for_whole():
    event = SpanEvent(name="e", attributes={"long": "w" * 40_000})
    span = Span(
        span_id="a:b/c",
        inputs={"long": "x" * 40_000},
        outputs="y" * 40_000,
        attributes={"long": "z" * 40_000},
        events=(event,),
    )
    trace = Trace(trace_id="t", spans=(span,))
    detail = span_detail(trace, "a:b/c")
    assert loads(full_text(trace, detail.inputs[0].ref)) == span.inputs
    assert full_text(trace, detail.outputs[0].ref) == span.outputs
    assert loads(full_text(trace, detail.attributes.ref or "")) == span.attributes
    assert loads(full_text(trace, detail.events[0].attributes.ref or "")) == event.attributes


def test_an_unknown_span_is_refused_by_its_name():
    with pytest.raises(NotFoundError, match="'nope'"):
        span_detail(Trace(trace_id="t", spans=(Span(span_id="a"),)), "nope")
