"""From spans to a trace: order, unique ids, no loops, and what the whole takes from its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError
from labelwidget.model import (
    Assessment,
    AssessmentSource,
    JsonValue,
    SourceType,
    Span,
    SpanStatus,
    Trace,
    TraceState,
)
from labelwidget.readers.values import as_dict, as_int, as_text, first

__all__ = [
    "LLM_TYPES",
    "assemble",
    "assessment_source",
    "span_status",
    "token_usage",
    "trace_state",
]

LLM_TYPES = frozenset({"LLM", "CHAT_MODEL"})


def assemble(
    *,
    trace_id: str,
    spans: Iterable[Span],
    format: str,  # noqa: A002 - the name of the model's field
    name: str | None = None,
    state: TraceState | None = None,
    request_time_ms: int | None = None,
    duration_ms: float | None = None,
    inputs: JsonValue = None,
    outputs: JsonValue = None,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, JsonValue] | None = None,
    assessments: Sequence[Assessment] = (),
    conversation_id: str | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    model_name: str | None = None,
) -> Trace:
    """Make a trace; what is not given is taken from the spans.

    Spans come in any order; they are sorted by start, parents before children. A span id that
    occurs twice gets a suffix (`#2`) unless the spans are equal; a loop of parents is cut.

    Args:
        trace_id: As `clean_id` returns it.
        spans: All spans of the trace.
        format: The reader's `FORMAT`.
        name: What the application calls this kind of run. Default: the root span's name.
        state: Default: ERROR when the root failed, OK when it ended, IN_PROGRESS when it only
            started.
        request_time_ms: Default: the earliest start.
        duration_ms: Default: from the earliest start to the latest end.
        inputs: Default: the root's.
        outputs: Default: the root's.
        tags: The application's tags.
        metadata: Everything else of the source.
        assessments: Scores and labels that came along; they get this trace's id.
        conversation_id: What groups the turns of a conversation.
        input_tokens: Of all model calls together. Default: the sum over LLM spans that say so.
        output_tokens: Likewise.
        model_name: Default: the model of the last LLM span that names one.

    Raises:
        InvalidValueError: More than `limits.MAX_SPANS` spans.
    """
    ordered = _sorted(_unique(spans))
    root = _root(ordered)
    if request_time_ms is None:
        starts = [span.start_ns for span in ordered if span.start_ns is not None]
        request_time_ms = min(starts) // 1_000_000 if starts else None
    if duration_ms is None:
        duration_ms = _duration(ordered)
    if input_tokens is None and output_tokens is None:
        input_tokens, output_tokens = _token_sums(ordered)
    if root is not None:
        inputs = root.inputs if inputs is None else inputs
        outputs = root.outputs if outputs is None else outputs
        name = root.name if name is None else name
    return Trace(
        trace_id=trace_id,
        name=name or "",
        state=_state(root) if state is None else state,
        request_time_ms=request_time_ms,
        duration_ms=duration_ms,
        inputs=inputs,
        outputs=outputs,
        spans=tuple(ordered),
        tags=dict(tags or {}),
        metadata=dict(metadata or {}),
        assessments=tuple(
            one if one.trace_id == trace_id else one.model_copy(update={"trace_id": trace_id})
            for one in assessments
        ),
        conversation_id=conversation_id,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        model_name=model_name or _model_name(ordered),
        format=format,
    )


def _unique(spans: Iterable[Span]) -> list[Span]:
    found: dict[str, Span] = {}
    for span in spans:
        same = found.get(span.span_id)
        if same is None:
            found[span.span_id] = span
        elif same != span:
            number = 2
            while f"{span.span_id}#{number}" in found:
                number += 1
            found[f"{span.span_id}#{number}"] = span.model_copy(
                update={"span_id": f"{span.span_id}#{number}"}
            )
        if len(found) > limits.MAX_SPANS:
            raise InvalidValueError(
                f"The trace has more than {limits.MAX_SPANS:,} spans. "
                + limits.how_to_raise("MAX_SPANS")
            )
    return list(found.values())


def _sorted(spans: list[Span]) -> list[Span]:
    """In order of start, parents before children; loops of parents are cut."""
    if _in_order(spans):
        return spans
    parents = {span.span_id: span.parent_id for span in spans}
    depths: dict[str, int] = {}
    cut: set[str] = set()
    for start in parents:
        path: list[str] = []
        at: str | None = start
        while at is not None and at in parents and at not in depths:
            # Marks the way, so that meeting it again is a loop.
            depths[at] = -1
            path.append(at)
            at = parents[at]
        if at is None or at not in depths:
            depth = -1
        elif depths[at] >= 0:
            depth = depths[at]
        else:
            cut.add(at)
            depths[at] = depth = 0
            path.remove(at)
        for one in reversed(path):
            depth += 1
            depths[one] = depth
    if cut:
        spans = [
            span.model_copy(update={"parent_id": None}) if span.span_id in cut else span
            for span in spans
        ]
    if any(span.start_ns is None for span in spans):
        # Without times the source's order is the best there is; only parents move before children.
        if _child_first(spans):
            return sorted(spans, key=lambda span: depths[span.span_id])
        return spans
    return sorted(spans, key=lambda span: (span.start_ns or 0, depths[span.span_id]))


def _in_order(spans: list[Span]) -> bool:
    """Whether each span starts after the one before and stands behind its parent, as most exports have them."""
    seen: set[str | None] = {None}
    before = -1
    for span in spans:
        if span.start_ns is None or span.start_ns <= before or span.parent_id not in seen:
            return False
        seen.add(span.span_id)
        before = span.start_ns
    return True


def _child_first(spans: list[Span]) -> bool:
    seen: set[str] = set()
    known = {span.span_id for span in spans}
    for span in spans:
        if span.parent_id in known and span.parent_id not in seen:
            return True
        seen.add(span.span_id)
    return False


def _root(spans: list[Span]) -> Span | None:
    known = {span.span_id for span in spans}
    return next((span for span in spans if span.parent_id not in known), None)


def _duration(spans: list[Span]) -> float | None:
    starts = [span.start_ns for span in spans if span.start_ns is not None]
    ends = [span.end_ns for span in spans if span.end_ns is not None]
    return max(0.0, (max(ends) - min(starts)) / 1e6) if starts and ends else None


def _state(root: Span | None) -> TraceState:
    if root is None:
        return TraceState.UNSPECIFIED
    if root.status is SpanStatus.ERROR:
        return TraceState.ERROR
    if root.start_ns is not None and root.end_ns is None:
        return TraceState.IN_PROGRESS
    return TraceState.OK


def span_status(code: JsonValue) -> SpanStatus:
    """A span's status from an OpenTelemetry code: `STATUS_CODE_ERROR`, `ERROR` or 2, and so on."""
    if isinstance(code, int) and not isinstance(code, bool):
        return {1: SpanStatus.OK, 2: SpanStatus.ERROR}.get(code, SpanStatus.UNSET)
    word = code.upper().removeprefix("STATUS_CODE_") if isinstance(code, str) else ""
    if word in {"OK", "SUCCESS", "COMPLETED", "1"}:
        return SpanStatus.OK
    return SpanStatus.ERROR if word in {"ERROR", "FAILED", "FAILURE", "2"} else SpanStatus.UNSET


def trace_state(value: JsonValue) -> TraceState | None:
    """A trace's state from its name in any case, or None when it is none."""
    word = value.upper().removeprefix("TRACE_STATUS_") if isinstance(value, str) else ""
    return TraceState(word) if word in set(TraceState) else None


def assessment_source(
    source_type: JsonValue, source_id: JsonValue, default: SourceType
) -> AssessmentSource:
    """Who made an assessment; a type that is not known becomes the default.

    Args:
        source_type: `HUMAN`, `LLM_JUDGE`, `AI_JUDGE`, `LLM`, `CODE` in any case, or anything else.
        source_id: The reviewer, the judge or the code.
        default: For other types.
    """
    word = source_type.upper() if isinstance(source_type, str) else ""
    word = {"AI_JUDGE": "LLM_JUDGE", "LLM": "LLM_JUDGE", "ANNOTATION": "HUMAN"}.get(word, word)
    return AssessmentSource(
        word if word in set(SourceType) else default, as_text(source_id) or "default"
    )


def token_usage(value: JsonValue) -> tuple[int | None, int | None]:
    """Input and output tokens of a usage object under any of the usual names.

    Args:
        value: For example `{"prompt_tokens": 12, "completion_tokens": 3}` or `{"input_tokens": 12,
            ...}`.

    Returns:
        (input, output), each None when not said.
    """
    usage = as_dict(value)
    return (
        as_int(
            first(usage, "input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "input")
        ),
        as_int(
            first(
                usage,
                "output_tokens",
                "completion_tokens",
                "outputTokens",
                "completionTokens",
                "output",
            )
        ),
    )


_USAGE_KEYS = (
    ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
    ("llm.token_count.prompt", "llm.token_count.completion"),
    ("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"),
    ("ai.usage.inputTokens", "ai.usage.outputTokens"),
    ("ai.usage.promptTokens", "ai.usage.completionTokens"),
)
_MODEL_KEYS = (
    "gen_ai.response.model", "mlflow.llm.model", "llm.model_name", "gen_ai.request.model",
    "ai.response.model", "ai.model.id", "model",
)  # fmt: skip


def _token_sums(spans: list[Span]) -> tuple[int | None, int | None]:
    used = {
        span.span_id: counts
        for span in spans
        if span.span_type in LLM_TYPES and (counts := _tokens(span)) != (None, None)
    }
    # A library's call around the provider's call reports the same tokens once more.
    parents = {span.span_id: span.parent_id for span in spans}
    around: set[str] = set()
    for span_id in used:
        at = parents.get(span_id)
        while at is not None and at in parents and at not in around:
            around.add(at)
            at = parents[at]
    counts = [one for span_id, one in used.items() if span_id not in around]
    return _sum(one for one, _ in counts), _sum(one for _, one in counts)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _tokens(span: Span) -> tuple[int | None, int | None]:
    said = span.attributes
    usage = said.get("mlflow.chat.tokenUsage")
    if usage is not None and (found := token_usage(usage)) != (None, None):
        return found
    for key_in, key_out in _USAGE_KEYS:
        if key_in in said or key_out in said:
            found = as_int(said.get(key_in)), as_int(said.get(key_out))
            if found != (None, None):
                return found
    usage = as_dict(span.outputs).get("usage")
    return (None, None) if usage is None else token_usage(usage)


def _model_name(spans: list[Span]) -> str | None:
    for span in reversed(spans):
        if span.span_type not in LLM_TYPES:
            continue
        found = (
            first(span.attributes, *_MODEL_KEYS)
            or as_dict(span.outputs).get("model")
            or as_dict(span.inputs).get("model")
        )
        if as_text(found):
            return as_text(found)
    return None
