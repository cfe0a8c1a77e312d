"""A trace as its copy in MLflow: `Trace.to_dict()` of schema 3, with the item's own ids."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from labelwidget.model import Item, JsonValue, Span, Trace
from labelwidget.model.json import dumps_ascii
from labelwidget.store.mlflow.answers import clean_text

__all__ = ["POSITION_TAG", "SESSION_TAG", "SOURCE_TAG", "copied", "span_hex"]

SESSION_TAG = "labelwidget.session"
SOURCE_TAG = "labelwidget.source_trace"
POSITION_TAG = "labelwidget.position"

_MAX_VALUE = 8_000
_MAX_KEY = 250
_MAX_PREVIEW = 1_000
# What says where the original is, or what MLflow writes by itself, would be wrong on a copy.
_OWN = frozenset(
    {
        "client_request_id",
        "experiment_id",
        "issues",
        "mlflow.artifactLocation",
        "mlflow.sourceRun",
        "mlflow.trace.infoFinalized",
        "mlflow.trace.sizeBytes",
        "mlflow.trace.sizeStats",
        "mlflow.trace.spansLocation",
        "mlflow.trace_schema.version",
        "request_preview",
        "response_preview",
        "trace_location",
    }
)


def span_hex(span_id: str) -> str:
    """The span's id in the copy: itself where it is 16 hexadecimal digits, else made from it."""
    try:
        raw = bytes.fromhex(span_id)
    except ValueError:
        raw = b""
    if len(raw) != 8 or not any(raw):
        raw = hashlib.sha256(span_id.encode("utf-8", "surrogatepass")).digest()[:8]
    return raw.hex()


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode("ascii")


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def _texts(pairs: Mapping[str, JsonValue]) -> dict[str, str]:
    """Pairs as MLflow's databases take them; what is too long for a column is left out, not cut."""
    found: dict[str, str] = {}
    for key, value in pairs.items():
        text = clean_text(value if isinstance(value, str) else dumps_ascii(value))
        if key not in _OWN and len(key) <= _MAX_KEY and len(text) <= _MAX_VALUE:
            found[clean_text(key)] = text
    return found


def copied(trace: Trace, item: Item, *, run_id: str, experiment_id: str) -> dict[str, JsonValue]:
    """The copy of a trace.

    Args:
        trace: The trace as the store has it.
        item: Its row; the copy has the item's id.
        run_id: The session's run, where `mlflow.search_traces(run_id=…)` finds the copy.
        experiment_id: The experiment.

    Returns:
        What `mlflow.entities.Trace.from_dict` takes.
    """
    start_ms = trace.request_time_ms or item.added_at
    metadata = _texts(trace.metadata)
    if trace.conversation_id is not None and len(trace.conversation_id) <= _MAX_VALUE:
        metadata.setdefault("mlflow.trace.session", clean_text(trace.conversation_id))
    metadata["mlflow.sourceRun"] = run_id
    tags = _texts(dict(trace.tags))
    if trace.name:
        tags["mlflow.traceName"] = clean_text(trace.name[:_MAX_KEY])
    tags |= {
        SESSION_TAG: run_id,
        SOURCE_TAG: clean_text(item.source_trace_id),
        POSITION_TAG: str(item.position),
    }
    info: dict[str, JsonValue] = {
        "trace_id": item.item_id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": experiment_id},
        },
        "request_time": _iso(start_ms),
        "execution_duration_ms": None if trace.duration_ms is None else round(trace.duration_ms),
        "state": trace.state.value,
        "request_preview": clean_text(item.request[:_MAX_PREVIEW]),
        "response_preview": clean_text(item.response[:_MAX_PREVIEW]),
        "trace_metadata": {**metadata},
        "tags": {**tags},
    }
    spans = trace.spans or (
        Span(
            span_id="root", name=trace.name or "request", inputs=trace.inputs, outputs=trace.outputs
        ),
    )
    known = {span.span_id for span in spans}
    return {
        "info": info,
        "data": {
            "spans": [_span(item.item_id, span, start_ms * 1_000_000, known) for span in spans]
        },
    }


def _span(trace_id: str, span: Span, start_ns: int, known: set[str]) -> dict[str, JsonValue]:
    # A span whose parent is not in the trace is a root: MLflow shows no trace without one.
    parent = span.parent_id if span.parent_id in known else None
    begin = span.start_ns if span.start_ns is not None else start_ns
    attributes: dict[str, JsonValue] = {
        clean_text(key): dumps_ascii(value) for key, value in span.attributes.items()
    }
    attributes["mlflow.traceRequestId"] = dumps_ascii(trace_id)
    attributes["mlflow.spanType"] = dumps_ascii(span.span_type)
    if span.inputs is not None:
        attributes["mlflow.spanInputs"] = dumps_ascii(span.inputs)
    if span.outputs is not None:
        attributes["mlflow.spanOutputs"] = dumps_ascii(span.outputs)
    return {
        "trace_id": _base64(trace_id.removeprefix("tr-")),
        "span_id": _base64(span_hex(span.span_id)),
        "parent_span_id": None if parent is None else _base64(span_hex(parent)),
        "name": clean_text(span.name) or "span",
        "start_time_unix_nano": begin,
        "end_time_unix_nano": span.end_ns if span.end_ns is not None else begin,
        "events": [
            {
                "name": clean_text(event.name),
                "time_unix_nano": event.time_ns if event.time_ns is not None else begin,
                "attributes": {
                    clean_text(key): clean_text(value)
                    if isinstance(value, str)
                    else dumps_ascii(value)
                    for key, value in event.attributes.items()
                },
            }
            for event in span.events
        ],
        "status": {
            "code": f"STATUS_CODE_{span.status.value}",
            "message": clean_text(span.status_message),
        },
        "attributes": attributes,
        "links": [],
    }
