"""What the agent's own instrumentation records stands under the turn."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider

from labelwidget.agents.asked import Asked
from labelwidget.agents.run import Outcome, Run
from labelwidget.agents.turns import turn_trace
from labelwidget.model import Trace


def ask(function: object) -> tuple[Outcome, Trace]:
    asked = Asked([{"role": "user", "content": "q"}], {"question": "q"})
    outcome = Run(function, asked).wait()  # type: ignore[arg-type]
    return outcome, turn_trace("tn-1", "shop", asked, outcome)


def test_without_instrumentation_there_is_the_root() -> None:
    _, trace = ask(lambda question: f"about {question}")
    (root,) = trace.spans
    assert (root.span_id, root.name, root.span_type) == ("tn-1", "shop", "AGENT")
    assert (root.inputs, root.outputs) == ({"question": "q"}, "about q")
    assert root.duration_ms is not None
    assert root.duration_ms >= 0


def test_spans_of_opentelemetry_are_kept_in_their_order() -> None:
    if not isinstance(otel.get_tracer_provider(), TracerProvider):
        otel.set_tracer_provider(TracerProvider())
    tracer = otel.get_tracer("test")

    def agent(question: str) -> str:
        with tracer.start_as_current_span("answer"):
            with tracer.start_as_current_span("llm") as span:
                span.set_attribute("gen_ai.request.model", "tiny")
            return "a"

    async def later(question: str) -> str:
        with tracer.start_as_current_span("answer"):
            await asyncio.sleep(0)
            with tracer.start_as_current_span("llm"):
                return "a"

    with tracer.start_as_current_span("not the agent's"):
        for function in (agent, later):
            _, trace = ask(function)
            names = {span.span_id: span.name for span in trace.spans}
            assert sorted(names.values()) == ["answer", "llm", "shop"]
            parents = {span.name: names.get(span.parent_id or "") for span in trace.spans}
            assert parents == {"shop": None, "answer": "shop", "llm": "answer"}
            assert len(names) == 3


def test_a_trace_of_mlflow_is_taken_when_the_agent_makes_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    fake = ModuleType("mlflow")
    span = {
        "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==",
        "span_id": "AAAAAAAAAAE=",
        "parent_span_id": None,
        "name": "from mlflow",
        "start_time_unix_nano": 1,
        "end_time_unix_nano": 2,
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {"mlflow.spanType": '"LLM"', "mlflow.spanInputs": '"q"'},
        "events": [],
    }
    found = {"info": {"trace_id": "tr-1", "state": "OK"}, "data": {"spans": [span]}}
    fake.get_last_active_trace_id = lambda **_: made[-1] if made else None  # type: ignore[attr-defined]
    fake.get_trace = lambda _: found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", fake)

    def agent(question: str) -> str:
        made.append("tr-1")
        return "a"

    _, trace = ask(agent)
    assert [span.name for span in trace.spans] == ["shop", "from mlflow"]
    assert trace.spans[1].parent_id == "tn-1"


def test_instrumentation_that_breaks_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("mlflow")
    fake.get_last_active_trace_id = lambda **_: 1 / 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    outcome, trace = ask(lambda _: "a")
    assert outcome.failure is None
    assert trace.outputs == "a"
