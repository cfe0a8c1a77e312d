"""A trace from OpenTelemetry spans, whichever way they were exported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labelwidget.model import Assessment, JsonValue, Span, SpanEvent, SpanStatus, Trace
from labelwidget.readers.assemble import assemble
from labelwidget.readers.meaning import Meaning
from labelwidget.readers.openinference import annotation
from labelwidget.readers.otel_genai import evaluation
from labelwidget.readers.semconv import meaning_of
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_text,
    clean_id,
    decoded,
    first,
    text_tags,
)

__all__ = ["RawSpan", "notes_of", "trace_of"]

# In order of preference.
_CONVERSATION = (
    "session.id",
    "gen_ai.conversation.id",
    "mlflow.trace.session",
    "langfuse.session.id",
    "conversation.id",
    "ai.telemetry.metadata.sessionId",
    "ai.telemetry.metadata.session_id",
    "ai.telemetry.metadata.threadId",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "thread.id",
)
_USER = (
    "user.id",
    "enduser.id",
    "langfuse.user.id",
    "mlflow.trace.user",
    "ai.telemetry.metadata.userId",
)
_NAMES = ("langfuse.trace.name", "mlflow.traceName")


@dataclass
class RawSpan:
    """One exported span, its ids and times already read.

    Attributes:
        span_id: Hexadecimal digits.
        parent_id: Likewise, or None.
        name: As the application named it.
        start_ns: Nanoseconds since 1970 (UTC), or None.
        end_ns: Likewise.
        status: How it ended.
        message: What went wrong.
        attributes: By full name.
        events: In order of time.
        resource: What made it (service, SDK).
        notes: Annotations that were exported with it.
        said: What its attributes mean, and those that are left; found when the span is read, while
            its parts are still in the processor's cache, not when its trace is complete.
    """

    span_id: str
    parent_id: str | None
    name: str
    start_ns: int | None
    end_ns: int | None
    status: SpanStatus
    message: str
    attributes: dict[str, JsonValue]
    events: list[SpanEvent] = field(default_factory=list[SpanEvent])
    resource: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    notes: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    said: tuple[Meaning, dict[str, JsonValue]] = field(init=False)

    def __post_init__(self) -> None:
        self.said = meaning_of(self.attributes, self.events)


def trace_of(trace_id: str, raw: Sequence[RawSpan], format: str) -> Trace:  # noqa: A002 - as in the model
    """Make the trace.

    Args:
        trace_id: As `clean_id` or `hex_id` returns it.
        raw: All its spans, in any order; at least one.
        format: The reader's `FORMAT`.
    """
    known = {span.span_id for span in raw}
    roots = [span for span in raw if span.parent_id not in known]
    root = min(roots or raw, key=lambda span: span.start_ns or 0)
    resource = root.resource
    assessments: list[Assessment] = []
    spans: list[Span] = []
    for one in raw:
        found, left = one.said
        if one.resource is not resource and one.resource.get("service.name") != resource.get(
            "service.name"
        ):
            left["service.name"] = one.resource.get("service.name")
        status, message = one.status, one.message
        if status is SpanStatus.ERROR and not message:
            message = _exception(one.events)
        spans.append(
            Span(
                span_id=one.span_id,
                parent_id=one.parent_id,
                name=one.name,
                span_type=found.span_type or "UNKNOWN",
                start_ns=one.start_ns,
                end_ns=one.end_ns,
                status=status,
                status_message=message,
                inputs=found.inputs,
                outputs=found.outputs,
                attributes=left,
                events=tuple(one.events),
            )
        )
        for event in one.events:
            judged = evaluation(event, trace_id, one.span_id)
            if judged is not None:
                assessments.append(judged)
        for note in one.notes:
            noted = annotation(note, trace_id, one.span_id)
            if noted is not None:
                assessments.append(noted)
    ordered = [root, *(one for one in raw if one is not root)]
    names = set[str]().union(*(one.attributes for one in raw))
    metadata: dict[str, JsonValue] = {}
    if resource:
        metadata["resource"] = resource
    user = _first_of(ordered, names, _USER)
    if user is not None:
        metadata["user.id"] = user
    told = decoded(root.attributes.get("metadata"))
    if isinstance(told, dict):
        metadata |= told
    return assemble(
        trace_id=trace_id,
        spans=spans,
        format=format,
        name=as_text(_first_of(ordered, names, _NAMES)),
        tags=text_tags(decoded(first(root.attributes, "tag.tags", "langfuse.trace.tags")))
        if _has_tags(root)
        else None,
        metadata=metadata,
        assessments=assessments,
        conversation_id=clean_id(_first_of(ordered, names, _CONVERSATION)),
    )


def _has_tags(root: RawSpan) -> bool:
    return "tag.tags" in root.attributes or "langfuse.trace.tags" in root.attributes


def _first_of(spans: Sequence[RawSpan], there: set[str], wanted: Sequence[str]) -> JsonValue:
    """What the first span that has one of the attributes says; the root comes first.

    Args:
        spans: In order of trust.
        there: The names of all their attributes; spares the search in nearly all cases.
        wanted: In order of preference.
    """
    if there.isdisjoint(wanted):
        return None
    return next((found for span in spans if (found := first(span.attributes, *wanted))), None)


def _exception(events: Iterable[SpanEvent]) -> str:
    for event in events:
        if event.name == "exception":
            kind = as_text(event.attributes.get("exception.type"))
            message = as_text(event.attributes.get("exception.message"))
            return ": ".join(part for part in (kind, message) if part)
    return ""


def notes_of(span: Mapping[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """Annotations that an export puts beside a span's attributes, or among them."""
    found: list[dict[str, JsonValue]] = []
    for name in ("annotations", "span_annotations", "spanAnnotations", "evaluations"):
        found += as_dicts(as_list(span.get(name)))
    inside = as_dict(span.get("attributes"))
    found += as_dicts(decoded(inside.get("annotations")))
    return found
