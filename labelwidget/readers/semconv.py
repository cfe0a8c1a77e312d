"""What the attributes of a span mean: inputs, outputs and kind, under whichever convention they
were written.

Conventions overlap in real spans (an instrumentation may write two of them), so each says what it
found and the first answer to each question counts. Attributes that went over whole are not kept
twice; all others stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import labelwidget.readers.openinference as openinference
import labelwidget.readers.otel_genai as otel_genai
import labelwidget.readers.vercel as vercel
from labelwidget.model import JsonValue, SpanEvent
from labelwidget.readers.meaning import Meaning
from labelwidget.readers.values import json_text

__all__ = ["meaning_of"]


_NOTHING = Meaning()


def meaning_of(
    attributes: Mapping[str, JsonValue], events: Sequence[SpanEvent]
) -> tuple[Meaning, dict[str, JsonValue]]:
    """What a span means, and the attributes that are left.

    Args:
        attributes: All attributes, by their full names.
        events: The span's events; some conventions put messages there.
    """
    span_type: str | None = None
    inside = outside = _NOTHING
    for answer in _answers(attributes, events):
        span_type = span_type or answer.span_type
        inside = answer if inside.inputs is None else inside
        outside = answer if outside.outputs is None else outside
        if span_type and inside.inputs is not None and outside.outputs is not None:
            break
    used_in, used_out = inside.used_in, outside.used_out
    left = {
        key: value
        for key, value in attributes.items()
        if key not in used_in and key not in used_out
    }
    # Mostly one convention said it all.
    if inside is outside and inside.span_type == span_type:
        return inside, left
    return Meaning(span_type=span_type, inputs=inside.inputs, outputs=outside.outputs), left


def _answers(attributes: Mapping[str, JsonValue], events: Sequence[SpanEvent]) -> Iterator[Meaning]:
    """Each convention that left a trace in the names, asked only when the ones before it did not
    say all.
    """
    if "mlflow.spanType" in attributes or "mlflow.spanInputs" in attributes:
        yield _mlflow(attributes)
    follows = "openinference.span.kind" in attributes
    if follows:
        yield openinference.meaning(attributes)
    roots = {key.partition(".")[0] for key in attributes}
    if not follows and not roots.isdisjoint(openinference.ROOTS):
        yield openinference.meaning(attributes)
    if "ai" in roots or "operation" in roots:
        yield vercel.meaning(attributes)
    told = any(event.name.startswith("gen_ai.") for event in events)
    if told or not roots.isdisjoint(otel_genai.ROOTS):
        yield otel_genai.meaning(attributes, events)
    yield _generic(attributes)


def _mlflow(attributes: Mapping[str, JsonValue]) -> Meaning:
    """MLflow's own attributes, each JSON in a string; they also travel over OTLP."""
    kind = json_text(attributes.get("mlflow.spanType"))
    return Meaning(
        span_type=kind if isinstance(kind, str) and kind else None,
        inputs=json_text(attributes.get("mlflow.spanInputs")),
        outputs=json_text(attributes.get("mlflow.spanOutputs")),
        used_in=frozenset({"mlflow.spanInputs"}),
        used_out=frozenset({"mlflow.spanOutputs"}),
    )


_GENERIC_IN = (
    "langfuse.observation.input", "langfuse.trace.input", "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.tool_call_args", "traceloop.entity.input", "input.value", "input", "request_data", "lk.input_text",
)  # fmt: skip
_GENERIC_OUT = (
    "langfuse.observation.output", "langfuse.trace.output", "gcp.vertex.agent.llm_response",
    "gcp.vertex.agent.tool_response", "traceloop.entity.output", "output.value", "output", "response_data",
    "lk.response.text",
)  # fmt: skip
_LANGFUSE_TYPES = {
    "generation": "LLM",
    "tool": "TOOL",
    "retriever": "RETRIEVER",
    "agent": "AGENT",
    "chain": "CHAIN",
}


def _generic(attributes: Mapping[str, JsonValue]) -> Meaning:
    """Inputs and outputs under names that tools write outside of any convention."""
    inside = next((key for key in _GENERIC_IN if _says_something(attributes.get(key))), None)
    outside = next((key for key in _GENERIC_OUT if _says_something(attributes.get(key))), None)
    kind = attributes.get("langfuse.observation.type")
    return Meaning(
        span_type=_LANGFUSE_TYPES.get(kind) if isinstance(kind, str) else None,
        inputs=None if inside is None else json_text(attributes[inside]),
        outputs=None if outside is None else json_text(attributes[outside]),
        used_in=frozenset() if inside is None else frozenset({inside}),
        used_out=frozenset() if outside is None else frozenset({outside}),
    )


def _says_something(value: JsonValue) -> bool:
    return value not in (None, "", "{}", "null")
