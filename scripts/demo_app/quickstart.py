"""Writes notebooks/data/quickstart.jsonl: the demo app, traced with MLflow, one trace a line."""

from __future__ import annotations

import json
import logging
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import normalize
from app import REWRITE, Assistant, Kind
from fake_model import MODELS, FakeModel, client
from knowledge import Hit
from mlflow.entities import AssessmentError, AssessmentSource, Document, SpanType, Trace
from scenarios import ALL, opening
from script import Conversation, Note, Say, Scenario
from shop import Json

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data"
FIRST_REQUEST = datetime(2026, 3, 3, 15, 2, 11, 318_000, tzinfo=UTC)
JUDGE = "northwind-judge-1"


class MlflowSpot:
    def __init__(self, span: Any) -> None:
        self._span = span

    def outputs(self, value: Json) -> None:
        self._span.set_outputs(value)

    @property
    def span_id(self) -> str:
        return self._span.span_id


class MlflowTracer:
    """Opens MLflow spans; the calls to the model come from ``mlflow.openai.autolog``."""

    def __init__(self) -> None:
        self.retriever: str | None = None
        self.labels: tuple[dict[str, str], dict[str, str]] = ({}, {})

    @contextmanager
    def span(self, name: str, kind: Kind, inputs: Json) -> Iterator[MlflowSpot]:
        with mlflow.start_span(name, span_type=getattr(SpanType, kind)) as span:
            span.set_inputs(inputs)
            if span.parent_id is None:
                tags, metadata = self.labels
                mlflow.update_current_trace(tags=tags, metadata=metadata)
            if kind == "RETRIEVER":
                self.retriever = span.span_id
            yield MlflowSpot(span)

    def documents(self, spot: MlflowSpot, hits: list[Hit]) -> None:
        spot.outputs([
            Document(hit.document.text, {
                "doc_uri": hit.document.uri, "title": hit.document.title, "score": hit.score,
                "updated": hit.document.updated,
            }, hit.document.id).to_dict()
            for hit in hits
        ])  # fmt: skip


class Recorder:
    """Runs scenarios against the app and keeps their traces."""

    def __init__(self) -> None:
        self._model = FakeModel()
        self._tracer = MlflowTracer()
        openai_client = client(self._model)
        self._apps = {version: Assistant(openai_client, self._tracer, model)
                      for version, model in MODELS.items()}  # fmt: skip
        self._clock = round(FIRST_REQUEST.timestamp() * 1000) * 1_000_000
        self._dice = random.Random(7)

    def record(self, item: Scenario | Conversation) -> Iterator[dict[str, Any]]:
        """Yield the item's traces, normalised."""
        if isinstance(item, Scenario):
            yield self._one(item, None, [])
            self._wait(4, 55)
            return
        history: list[dict[str, str]] = []
        for turn in item.turns:
            history.append({"role": "user", "content": turn.question})
            trace = self._one(turn, item.id, history)
            output = json.loads(trace["data"]["spans"][0]["attributes"]["mlflow.spanOutputs"])
            history.append(output["messages"][-1])
            yield trace
            self._wait(1, 4)

    def _wait(self, least: int, most: int) -> None:
        """Let some minutes pass until the next request."""
        self._clock += self._dice.randint(least * 60_000, most * 60_000) * 1_000_000

    def _one(
        self, scenario: Scenario, session: str | None, history: list[dict[str, str]]
    ) -> dict[str, Any]:
        app = self._apps[scenario.version]
        self._model.now = self._clock // 1_000_000_000
        self._model.learn(scenario.question, scenario.steps)
        if scenario.search is not None:
            self._model.learn(REWRITE + scenario.question, [Say(scenario.search)])
        tags = {
            "app_version": scenario.version,
            "channel": "chat" if session else "web",
            **scenario.tags,
        }
        metadata = {"mlflow.trace.user": scenario.user}
        if session is not None:
            metadata["mlflow.trace.session"] = session
        self._tracer.labels, self._tracer.retriever = (tags, metadata), None
        app.index_down = scenario.index_down
        rewrite = scenario.search is not None
        # A request that fails is a trace like any other: the error is in its spans.
        try:
            match scenario.app:
                case "answer":
                    app.answer(scenario.question, rewrite, scenario.tools)
                case "chat":
                    app.chat(list(history), rewrite, scenario.tools)
                case "analyst":
                    app.analyst(scenario.question)
                case "extract":
                    app.extract(scenario.question)
        except Exception as error:  # noqa: BLE001
            print(f"{scenario.key}: {type(error).__name__}")
        trace_id = mlflow.get_last_active_trace_id()
        assert trace_id is not None
        for note in scenario.notes:
            self._write(trace_id, note)
        captured = json.loads(mlflow.get_trace(trace_id).to_json())
        captured["info"]["trace_metadata"]["mlflow.user"] = "support-bot"
        captured["info"]["trace_metadata"]["northwind.case"] = scenario.key
        normalised = normalize.trace(captured, scenario.key, self._clock)
        Trace.from_dict(json.loads(json.dumps(normalised)))
        return normalised

    def _write(self, trace_id: str, note: Note) -> None:
        judge = note.by == "judge"
        source = AssessmentSource("LLM_JUDGE" if judge else "HUMAN", JUDGE if judge else note.by)
        if note.kind == "expectation":
            mlflow.log_expectation(
                trace_id=trace_id, name=note.name, value=note.value, source=source
            )
            return
        mlflow.log_feedback(
            trace_id=trace_id, name=note.name, value=note.value, rationale=note.why, source=source,
            error=AssessmentError("JUDGE_ERROR", note.error) if note.error else None,
            span_id=self._tracer.retriever if note.on == "retriever" else None,
        )  # fmt: skip


def order() -> list[Scenario | Conversation]:
    """The first traces are chosen, the others shuffled: each part of the file shows some of all."""
    first = opening()
    rest = [item for item in ALL if item not in first]
    random.Random(11).shuffle(rest)
    return [*first, *rest]


def main() -> None:
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.set_experiment("northwind-support")
        mlflow.openai.autolog()
        recorder = Recorder()
        traces = [trace for item in order() for trace in recorder.record(item)]
    DATA.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(trace, ensure_ascii=False, separators=(",", ":")) for trace in traces]
    target = DATA / "quickstart.jsonl"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(traces)} traces, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
