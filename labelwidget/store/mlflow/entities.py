"""MLflow's objects as far as they are used, typed, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol, cast

from labelwidget.model import AssessmentKind, JsonValue
from labelwidget.store.mlflow.answers import Sent, Written
from labelwidget.store.mlflow.installed import module

__all__ = [
    "Assessment",
    "Experiment",
    "FoundRun",
    "Page",
    "Run",
    "Said",
    "Trace",
    "TraceInfo",
    "made_assessment",
    "made_tags",
    "made_trace",
    "read_run",
    "read_said",
]


class FoundRun(NamedTuple):
    """A run and what is written on it."""

    run_id: str
    name: str
    tags: dict[str, str]
    deleted: bool


class Said(NamedTuple):
    """What was said of a trace: its tags, and its assessments, also those that were replaced."""

    trace_id: str
    tags: dict[str, str]
    assessments: list[Written]


class Source(Protocol):
    """Who gave an assessment."""

    source_type: str
    source_id: str


class Value(Protocol):
    """What feedback or an expectation holds."""

    value: JsonValue


class Assessment(Protocol):
    """`mlflow.entities.Assessment`."""

    assessment_id: str
    name: str
    source: Source
    feedback: Value | None
    expectation: Value | None
    rationale: str | None
    metadata: dict[str, str] | None
    span_id: str | None
    create_time_ms: int | None
    overrides: str | None
    valid: bool | None


class TraceInfo(Protocol):
    """`mlflow.entities.TraceInfo`."""

    trace_id: str
    tags: dict[str, str]
    assessments: list[Assessment]


class TraceData(Protocol):
    """`mlflow.entities.TraceData`."""

    spans: list[object]


class Trace(Protocol):
    """`mlflow.entities.Trace`."""

    info: TraceInfo
    data: TraceData

    def to_json(self) -> str:
        """The trace as JSON."""
        ...


class RunInfo(Protocol):
    """`mlflow.entities.RunInfo`."""

    run_id: str
    run_name: str
    lifecycle_stage: str


class RunData(Protocol):
    """`mlflow.entities.RunData`."""

    tags: dict[str, str]


class Run(Protocol):
    """`mlflow.entities.Run`."""

    info: RunInfo
    data: RunData


class Experiment(Protocol):
    """`mlflow.entities.Experiment`."""

    experiment_id: str
    name: str


class Page(Protocol):
    """A page of traces."""

    token: str | None

    def __iter__(self) -> Iterator[Trace]: ...


def made_trace(trace: Mapping[str, JsonValue]) -> Trace:
    """A trace of `Trace.to_dict()`'s form."""
    make = cast(
        "Callable[[dict[str, JsonValue]], Trace]", module("mlflow.entities").Trace.from_dict
    )
    return make(dict(trace))


def made_tags(tags: Mapping[str, str]) -> list[object]:
    """Tags of a run."""
    make = cast("Callable[[str, str], object]", module("mlflow.entities").RunTag)
    return [make(key, value) for key, value in tags.items()]


def made_assessment(trace_id: str, sent: Sent, overrides: str | None) -> Assessment:
    """An answer by a person, on its way to a trace; `overrides` names the one that it replaces."""
    entities = module("mlflow.entities")
    kind = entities.Expectation if sent.kind is AssessmentKind.EXPECTATION else entities.Feedback
    made = cast(
        Assessment,
        kind(
            name=sent.name,
            value=sent.value,
            source=entities.AssessmentSource(source_type="HUMAN", source_id=sent.source_id),
            trace_id=trace_id,
            metadata=sent.metadata,
            span_id=sent.span_id,
            create_time_ms=sent.create_time_ms,
            last_update_time_ms=sent.create_time_ms,
        ),
    )
    made.rationale = sent.rationale
    made.assessment_id = sent.assessment_id
    made.overrides = overrides
    return made


def read_run(run: Run) -> FoundRun:
    """What a run says."""
    info = run.info
    return FoundRun(
        info.run_id, info.run_name or "", dict(run.data.tags), info.lifecycle_stage == "deleted"
    )


def read_said(info: TraceInfo) -> Said:
    """What was said of a trace."""
    return Said(
        info.trace_id,
        dict(info.tags),
        [_written(one) for one in info.assessments if _is_answer(one)],
    )


def _is_answer(one: Assessment) -> bool:
    return one.feedback is not None or one.expectation is not None


def _written(one: Assessment) -> Written:
    held = one.expectation if one.expectation is not None else one.feedback
    return Written(
        assessment_id=one.assessment_id,
        name=one.name,
        kind=AssessmentKind.EXPECTATION if one.expectation is not None else AssessmentKind.FEEDBACK,
        value=None if held is None else held.value,
        rationale=one.rationale,
        source_type=str(one.source.source_type),
        source_id=one.source.source_id,
        span_id=one.span_id,
        metadata=dict(one.metadata or {}),
        create_time_ms=one.create_time_ms or 0,
        overrides=one.overrides,
        # Expectations read over HTTP say nothing of it; they are never replaced there.
        valid=one.valid is not False,
    )
