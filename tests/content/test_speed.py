"""Large traces stay usable: the work grows with the size of a trace, not with its square."""

from __future__ import annotations

import json
import time

from labelwidget.content.reading import Reading
from labelwidget.model import JsonValue, Span, Trace
from tests.builders import calls, completion, result, system, user

KEPT = 40


def an_agent_of(steps: int) -> Trace:
    """An agent whose every call is told the last `KEPT` messages again."""
    begin = [system("Rules"), user("Go")]
    history: list[dict[str, JsonValue]] = []
    spans = [Span(span_id="root", name="agent", span_type="AGENT", start_ns=0)]
    for i in range(steps):
        asked = calls("look", id=f"c{i}", where=f"place {i} " + "x" * 50)
        told: list[JsonValue] = [*begin, *history[-KEPT:]]
        spans.append(
            Span(
                span_id=f"llm{i}",
                parent_id="root",
                span_type="LLM",
                start_ns=i * 10 + 1,
                inputs={"messages": json.loads(json.dumps(told))},
                outputs=completion(asked),
            )
        )
        found = f"finding {i} " + "y" * 100
        spans.append(
            Span(
                span_id=f"tool{i}",
                parent_id="root",
                name="look",
                span_type="TOOL",
                start_ns=i * 10 + 5,
                inputs={"where": f"place {i} " + "x" * 50},
                outputs=found,
            )
        )
        history += [asked, result(found, id=f"c{i}")]
    return Trace(trace_id="t", spans=tuple(spans))


def seconds(trace: Trace) -> float:
    """Processor time, so that a busy machine does not decide."""
    begin = time.process_time()
    Reading(trace)
    return time.process_time() - begin


def test_five_thousand_spans_are_read_in_seconds():
    trace = an_agent_of(2_500)
    assert len(trace.spans) == 5_001
    assert seconds(trace) < 5


def test_four_times_the_spans_take_about_four_times_as_long():
    small, large = an_agent_of(300), an_agent_of(1_200)
    fastest_small = min(seconds(small) for _ in range(3))
    fastest_large = min(seconds(large) for _ in range(3))
    assert fastest_large < 4 * 2.5 * fastest_small


def test_ten_thousand_nested_spans_are_read():
    spans = tuple(
        Span(span_id=str(i), parent_id=str(i - 1) if i else None, span_type="LLM", outputs="x")
        for i in range(10_000)
    )
    assert Reading(Trace(trace_id="t", spans=spans)).blocks
