"""Writes notebooks/data/quickstart.jsonl: the demo app, traced with MLflow, one trace a line."""

from __future__ import annotations

import json
import logging
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import normalize
from app import Kind
from knowledge import Hit
from mlflow.entities import AssessmentError, AssessmentSource, Document, SpanType, Trace
from play import Request, Stage
from scenarios import ALL, opening
from script import Conversation, Note, Scenario
from shop import Json

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data"
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

    request: Request | None = None

    def __init__(self) -> None:
        self.retriever: str | None = None

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        inputs: Json,
        call_id: str | None = None,  # noqa: ARG002
    ) -> Iterator[MlflowSpot]:
        with mlflow.start_span(name, span_type=getattr(SpanType, kind)) as span:
            span.set_inputs(inputs)
            if span.parent_id is None:
                self._describe()
            if kind == "RETRIEVER":
                self.retriever = span.span_id
            yield MlflowSpot(span)

    def documents(self, spot: MlflowSpot, hits: list[Hit]) -> None:
        documents = [
            Document(
                hit.document.text,
                {
                    "doc_uri": hit.document.uri,
                    "title": hit.document.title,
                    "score": hit.score,
                    "updated": hit.document.updated,
                },
                hit.document.id,
            )
            for hit in hits
        ]
        spot.outputs([document.to_dict() for document in documents])

    def _describe(self) -> None:
        assert self.request is not None
        metadata = {"mlflow.trace.user": self.request.scenario.user}
        if self.request.session is not None:
            metadata["mlflow.trace.session"] = self.request.session
        mlflow.update_current_trace(tags=self.request.tags, metadata=metadata)
        self.retriever = None


def capture(request: Request, tracer: MlflowTracer) -> dict[str, Any]:
    """Fetch the trace of the last request, with its assessments, normalised."""
    trace_id = mlflow.get_last_active_trace_id()
    assert trace_id is not None
    for note in request.scenario.notes:
        assess(trace_id, note, tracer.retriever)
    captured = json.loads(mlflow.get_trace(trace_id).to_json())
    captured["info"]["trace_metadata"]["mlflow.user"] = "support-bot"
    captured["info"]["trace_metadata"]["northwind.case"] = request.scenario.key
    normalised = normalize.trace(captured, request.scenario.key, request.start)
    Trace.from_dict(json.loads(json.dumps(normalised)))
    return normalised


def assess(trace_id: str, note: Note, retriever: str | None) -> None:
    judge = note.by == "judge"
    source = AssessmentSource("LLM_JUDGE" if judge else "HUMAN", JUDGE if judge else note.by)
    if note.kind == "expectation":
        mlflow.log_expectation(trace_id=trace_id, name=note.name, value=note.value, source=source)
        return
    mlflow.log_feedback(
        trace_id=trace_id,
        name=note.name,
        value=note.value,
        rationale=note.why,
        source=source,
        error=AssessmentError("JUDGE_ERROR", note.error) if note.error else None,
        span_id=retriever if note.on == "retriever" else None,
    )


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
        tracer = MlflowTracer()
        traces = [capture(request, tracer) for request, _ in Stage(tracer).play(order())]
    DATA.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(trace, ensure_ascii=False, separators=(",", ":")) for trace in traces]
    target = DATA / "quickstart.jsonl"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(traces)} traces, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
