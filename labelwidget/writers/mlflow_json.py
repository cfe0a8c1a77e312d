"""Traces and assessments as MLflow writes them (schema v3), so that code for `mlflow.search_traces` reads them."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

from labelwidget.model import Assessment, AssessmentKind, JsonValue, Span, Trace
from labelwidget.model.json import dumps_ascii

__all__ = ["assessment_to_mlflow", "trace_to_mlflow"]


def _iso(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def _binary_id(text: str, size: int) -> str:
    """Hexadecimal ids become bytes; any other id is hashed, as OpenTelemetry ids have a fixed length."""
    raw = text.removeprefix("tr-")
    try:
        data = bytes.fromhex(raw)
    except ValueError:
        data = b""
    if len(data) != size:
        data = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size]
    return base64.b64encode(data).decode("ascii")


def assessment_to_mlflow(assessment: Assessment) -> dict[str, JsonValue]:
    """An assessment as MLflow's JSON.

    Args:
        assessment: Feedback or expectation.

    Returns:
        The dict of MLflow's `Assessment.to_dictionary()`; lists and dicts of an expectation are serialised as it does.
    """
    value: JsonValue = assessment.value
    body: dict[str, JsonValue]
    if assessment.kind is AssessmentKind.EXPECTATION and isinstance(value, (list, dict)):
        body = {
            "serialized_value": {"serialization_format": "JSON_FORMAT", "value": dumps_ascii(value)}
        }
    else:
        body = {"value": value}
    if assessment.error is not None:
        body["error"] = {"error_code": "ERROR", "error_message": assessment.error}
    found: dict[str, JsonValue] = {
        "assessment_id": assessment.assessment_id,
        "assessment_name": assessment.name,
        "trace_id": assessment.trace_id,
        "source": {
            "source_type": assessment.source.source_type.value,
            "source_id": assessment.source.source_id,
        },
        "create_time": _iso(assessment.create_time_ms),
        "last_update_time": _iso(assessment.create_time_ms),
        assessment.kind.value: body,
    }
    optional: dict[str, JsonValue] = {
        "rationale": assessment.rationale,
        "span_id": assessment.span_id,
        "overrides": assessment.overrides,
        "metadata": dict(assessment.metadata) or None,
    }
    found.update({key: part for key, part in optional.items() if part is not None})
    found["valid"] = assessment.valid
    return found


def _span_to_mlflow(trace: Trace, span: Span) -> dict[str, JsonValue]:
    attributes: dict[str, JsonValue] = {
        "mlflow.traceRequestId": dumps_ascii(trace.trace_id),
        "mlflow.spanType": dumps_ascii(span.span_type),
        "mlflow.spanInputs": dumps_ascii(span.inputs),
        "mlflow.spanOutputs": dumps_ascii(span.outputs),
    }
    attributes.update(
        {key: dumps_ascii(value) for key, value in span.attributes.items() if key not in attributes}
    )
    return {
        "trace_id": _binary_id(trace.trace_id, 16),
        "span_id": _binary_id(span.span_id, 8),
        "parent_span_id": None if span.parent_id is None else _binary_id(span.parent_id, 8),
        "name": span.name,
        "start_time_unix_nano": span.start_ns,
        "end_time_unix_nano": span.end_ns,
        "events": [
            {
                "name": event.name,
                "time_unix_nano": event.time_ns,
                "attributes": dict(event.attributes),
            }
            for event in span.events
        ],
        "status": {"code": f"STATUS_CODE_{span.status.value}", "message": span.status_message},
        "attributes": attributes,
        "links": [],
    }


def trace_to_mlflow(
    trace: Trace, assessments: list[Assessment] | None = None
) -> dict[str, JsonValue]:
    """A trace as `mlflow.entities.Trace.to_dict()` gives it.

    Args:
        trace: The trace.
        assessments: The assessments to write; those that came along when None.

    Returns:
        A dict that `mlflow.entities.Trace.from_dict` and `labelwidget.read_traces` read.
    """
    metadata: dict[str, JsonValue] = {
        key: value if isinstance(value, str) else dumps_ascii(value)
        for key, value in trace.metadata.items()
    }
    if trace.conversation_id is not None:
        metadata.setdefault("mlflow.trace.session", trace.conversation_id)
    written = trace.assessments if assessments is None else assessments
    return {
        "info": {
            "trace_id": trace.trace_id,
            "trace_location": {
                "type": "MLFLOW_EXPERIMENT",
                "mlflow_experiment": {"experiment_id": "0"},
            },
            "request_time": _iso(trace.request_time_ms or 0),
            "execution_duration_ms": None
            if trace.duration_ms is None
            else round(trace.duration_ms),
            "state": trace.state.value,
            "trace_metadata": metadata,
            "tags": {**({"mlflow.traceName": trace.name} if trace.name else {}), **trace.tags},
            "assessments": [assessment_to_mlflow(assessment) for assessment in written],
        },
        "data": {"spans": [_span_to_mlflow(trace, span) for span in trace.spans]},
    }
