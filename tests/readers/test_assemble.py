"""From spans to a trace: order, unique ids, loops, and what the whole takes from its parts."""

from __future__ import annotations

import pytest

from labelwidget.errors import InvalidValueError
from labelwidget.model import Span, SpanStatus, TraceState
from labelwidget.readers import limits
from labelwidget.readers.assemble import assemble


def span(name: str, parent: str | None = None, start: int | None = 1, **more: object) -> Span:
    return Span.model_validate(
        {"span_id": name, "parent_id": parent, "name": name, "start_ns": start, **more}
    )


def order(*spans: Span) -> list[tuple[str, str | None]]:
    made = assemble(trace_id="t", spans=spans, format="x").spans
    return [(one.span_id, one.parent_id) for one in made]


def test_by_start_and_parents_first_where_starts_are_equal() -> None:
    assert order(span("c", "b"), span("late", "a", 9), span("b", "a"), span("a")) == [
        ("a", None), ("b", "a"), ("c", "b"), ("late", "a"),
    ]  # fmt: skip


def test_without_times_the_order_of_the_source_stays() -> None:
    assert [name for name, _ in order(span("b", None, None), span("a", None, None))] == ["b", "a"]
    assert [name for name, _ in order(span("b", "a", None), span("a", None, None))] == ["a", "b"]


def test_a_loop_of_parents_is_cut_once() -> None:
    found = dict(
        order(span("a", "b"), span("b", "c"), span("c", "a"), span("self", "self"), span("x", "a"))
    )
    assert [name for name, parent in found.items() if parent is None] == ["a", "self"]
    assert found["x"] == "a"
    assert list(found).index("a") < list(found).index("c") < list(found).index("b")


def test_an_id_twice_is_renamed_unless_the_spans_are_equal() -> None:
    assert order(span("a"), span("a")) == [("a", None)]
    assert order(span("a"), span("a", None, 2), span("a", None, 3)) == [
        ("a", None),
        ("a#2", None),
        ("a#3", None),
    ]


def test_the_whole_from_its_parts() -> None:
    model = span(
        "m",
        "r",
        5_000_000,
        end_ns=9_000_000,
        span_type="LLM",
        attributes={"gen_ai.usage.input_tokens": 3, "gen_ai.response.model": "gpt"},
    )
    root = span(
        "r", None, 2_000_000, end_ns=12_000_000, status=SpanStatus.ERROR, inputs="in", outputs="out"
    )
    trace = assemble(trace_id="t", spans=[model, root], format="x")
    assert (trace.name, trace.inputs, trace.outputs) == ("r", "in", "out")
    assert (trace.state, trace.request_time_ms, trace.duration_ms) == (TraceState.ERROR, 2, 10.0)
    assert (trace.input_tokens, trace.output_tokens, trace.model_name) == (3, None, "gpt")


def test_too_many_spans_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SPANS", 3)
    with pytest.raises(InvalidValueError, match="MAX_SPANS"):
        assemble(trace_id="t", spans=[span(str(number)) for number in range(4)], format="x")
