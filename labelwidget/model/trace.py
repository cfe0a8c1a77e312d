"""A trace: one run of an application, as spans in a tree. The one form that every reader makes and every store keeps."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.model.assessment import Assessment
from labelwidget.model.json import Json, JsonValue

__all__ = ["Span", "SpanEvent", "SpanStatus", "Trace", "TraceState"]


class TraceState(StrEnum):
    """How the run ended."""

    OK = "OK"
    ERROR = "ERROR"
    IN_PROGRESS = "IN_PROGRESS"
    UNSPECIFIED = "STATE_UNSPECIFIED"


class SpanStatus(StrEnum):
    """How a span ended."""

    OK = "OK"
    ERROR = "ERROR"
    UNSET = "UNSET"


class SpanEvent(BaseModel):
    """Something that happened within a span, such as an exception or a message.

    Attributes:
        name: The event's name, for example `exception`.
        time_ns: Nanoseconds since 1970 (UTC), or None.
        attributes: JSON values by name, order kept.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    time_ns: int | None = None
    attributes: dict[str, Json] = Field(default_factory=dict)


class Span(BaseModel):
    """One step of a run.

    Attributes:
        span_id: Unique within the trace.
        parent_id: The span that this one belongs to; None for a root.
        name: As the application named it.
        span_type: `LLM`, `CHAT_MODEL`, `TOOL`, `RETRIEVER`, `AGENT`, `CHAIN`, `EMBEDDING`, `RERANKER`, `PARSER`,
            `WORKFLOW`, `TASK`, `GUARDRAIL`, `EVALUATOR`, `MEMORY`, `UNKNOWN` or any other word.
        start_ns: Start, nanoseconds since 1970 (UTC), or None.
        end_ns: End, likewise.
        status: `OK`, `ERROR` or `UNSET`.
        status_message: What went wrong, in the application's words.
        inputs: What went in, as the format has it after decoding (not re-shaped).
        outputs: What came out, likewise.
        attributes: All other attributes, decoded, order kept.
        events: In order of time.
    """

    model_config = ConfigDict(frozen=True)

    span_id: str
    parent_id: str | None = None
    name: str = ""
    span_type: str = "UNKNOWN"
    start_ns: int | None = None
    end_ns: int | None = None
    status: SpanStatus = SpanStatus.UNSET
    status_message: str = ""
    inputs: Json = None
    outputs: Json = None
    attributes: dict[str, Json] = Field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from start to end, or None when either is unknown."""
        if self.start_ns is None or self.end_ns is None:
            return None
        return (self.end_ns - self.start_ns) / 1e6


class Trace(BaseModel):
    """One run of an application.

    Attributes:
        trace_id: Unique id; in a session the copy has its own.
        name: What the application calls this kind of run, or empty.
        state: How it ended.
        request_time_ms: Start, milliseconds since 1970 (UTC), or None.
        duration_ms: Milliseconds, or None.
        inputs: The request: the root span's inputs, or what the source says.
        outputs: The response, likewise.
        spans: In order of start; parents before children where the times are equal.
        tags: The application's own tags.
        metadata: Everything else of the source (model, user, token usage, cost), decoded.
        assessments: Scores, annotations and labels that came along.
        conversation_id: What groups the turns of one conversation, or None.
        input_tokens: Tokens of all model calls together, or None.
        output_tokens: Likewise.
        model_name: The model that gave the final answer, or None.
        format: The reader that made it, for example `mlflow` or `chat`.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    trace_id: str
    name: str = ""
    state: TraceState = TraceState.UNSPECIFIED
    request_time_ms: int | None = None
    duration_ms: float | None = None
    inputs: Json = None
    outputs: Json = None
    spans: tuple[Span, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    metadata: dict[str, Json] = Field(default_factory=dict)
    assessments: tuple[Assessment, ...] = ()
    conversation_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    model_name: str | None = None
    format: str = ""

    @property
    def root(self) -> Span | None:
        """The first span without a parent in this trace, or None when there are no spans."""
        known = {span.span_id for span in self.spans}
        return next(
            (span for span in self.spans if span.parent_id is None or span.parent_id not in known),
            None,
        )

    def children(self, span_id: str | None) -> list[Span]:
        """The spans directly under `span_id` in order of start; roots (and orphans) for None."""
        return self._children.get(span_id, [])

    @cached_property
    def _children(self) -> dict[str | None, list[Span]]:
        known = {span.span_id for span in self.spans}
        found: dict[str | None, list[Span]] = {}
        for span in self.spans:
            found.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
        for spans in found.values():
            spans.sort(key=lambda span: span.start_ns or 0)
        return found

    def span(self, span_id: str) -> Span | None:
        """The span with this id, or None."""
        return next((span for span in self.spans if span.span_id == span_id), None)

    def to_json(self) -> dict[str, JsonValue]:
        """The trace as JSON, as it is stored; `Trace.model_validate` reads it back."""
        return self.model_dump(mode="json")
