"""Makes a captured trace the same on each run.

MLflow draws ids at random, takes times from the clock and notes the machine that it runs on. Those
values, and only those, are replaced: ids by hashes of the scenario's name, times by durations drawn
from a generator with a fixed seed (the stand-in model answers in no time at all, which would look
odd), paths of this machine in stack traces by short ones. What was asked, answered, retrieved and
raised stays as it was captured.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from datetime import UTC, datetime
from typing import Any

Span = dict[str, Any]

_MACHINE = (
    "mlflow.source.name", "mlflow.source.type", "mlflow.source.git.commit", "mlflow.source.git.branch",
    "mlflow.source.git.repoURL", "mlflow.source.git.dirty", "mlflow.source.git.diff",
    "mlflow.trace.sizeStats", "mlflow.trace.sizeBytes", "mlflow.artifactLocation",
)  # fmt: skip
_PATHS = (
    (re.compile(r'File "[^"]*/site-packages/'), 'File "site-packages/'),
    (re.compile(r'File "[^"]*/demo_app/'), 'File "demo_app/'),
    (re.compile(r'File "[^"]*/lib/python3\.\d+/'), 'File "python3/'),
)


def hashed(text: str, length: int) -> str:
    """Return a stable hexadecimal id."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def timestamp(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def short_paths(text: str) -> str:
    """Take this machine's folders out of a stack trace."""
    for pattern, short in _PATHS:
        text = pattern.sub(short, text)
    return text


def durations(spans: list[Span], seed: str) -> dict[str, tuple[int, int]]:
    """Lay the spans out in time: children one after the other, leaves by what they do.

    Each span is ``{"id", "parent", "kind", "tokens", "failed"}``, where
    ``failed`` is the name of the exception or None. The result maps the id to its
    start and end in nanoseconds after the start of the trace.
    """
    dice = random.Random(seed)
    children: dict[str | None, list[Span]] = {}
    for span in spans:
        children.setdefault(span["parent"], []).append(span)
    times: dict[str, tuple[int, int]] = {}

    def place(span: Span, start: int) -> int:
        clock = start
        inner = children.get(span["id"], [])
        for child in inner:
            clock = place(child, clock + dice.randint(300_000, 2_500_000))
        if not inner:
            clock += round(_leaf(span, dice) * 1e9) + dice.randint(1_000, 999_999)
        clock += dice.randint(200_000, 1_500_000)
        times[span["id"]] = (start, clock)
        return clock

    for root in children[None]:
        place(root, 0)
    return times


def _leaf(span: Span, dice: random.Random) -> float:
    """Return how long a leaf takes, in seconds."""
    match span["kind"]:
        case "CHAT_MODEL":
            if span["failed"]:
                return 30.0 if "Timeout" in span["failed"] else dice.uniform(0.08, 0.3)
            return 0.35 + span["tokens"] / dice.uniform(70, 95)
        case "RETRIEVER":
            return 2.0 if span["failed"] else dice.uniform(0.025, 0.12)
        case "TOOL":
            return dice.uniform(3.1, 4.2) if span["failed"] else dice.uniform(0.06, 0.6)
        case _:
            return dice.uniform(0.001, 0.004)


def trace(captured: dict[str, Any], key: str, start: int) -> dict[str, Any]:
    """Normalise an MLflow trace (the form of ``Trace.to_dict``).

    Args:
        captured: The trace. It is changed in place.
        key: The scenario's name, from which ids come.
        start: When the request arrived, in nanoseconds since 1970.
    """
    info, spans = captured["info"], captured["data"]["spans"]
    old_id, number = info["trace_id"], hashed(f"trace {key}", 32)
    new_id = f"tr-{number}"
    ids = {span["span_id"]: _base64(hashed(f"{key} span {n}", 16)) for n, span in enumerate(spans)}
    times = durations([_outline(span) for span in spans], key)

    for span in spans:
        begin, end = times[span["span_id"]]
        span["start_time_unix_nano"], span["end_time_unix_nano"] = start + begin, start + end
        span["trace_id"] = _base64(number)
        for event in span["events"]:
            event["time_unix_nano"] = start + end - 50_000
            attributes = event.get("attributes", {})
            if "exception.stacktrace" in attributes:
                attributes["exception.stacktrace"] = short_paths(attributes["exception.stacktrace"])
        span["attributes"]["mlflow.traceRequestId"] = json.dumps(new_id)
        span["parent_span_id"] = ids.get(span["parent_span_id"])
        span["span_id"] = ids[span["span_id"]]

    info["trace_id"] = new_id
    info["request_time"] = timestamp(start)
    whole = max(end for _, end in times.values())
    info["execution_duration"] = f"{whole / 1e9:.3f}s"
    info.pop("execution_duration_ms", None)
    info.pop("client_request_id", None)
    for name in _MACHINE:
        info["trace_metadata"].pop(name, None)
        info["tags"].pop(name, None)
    # The store gives both back in no fixed order.
    info["trace_metadata"] = dict(sorted(info["trace_metadata"].items()))
    info["tags"] = dict(sorted(info["tags"].items()))
    hex_ids = {_hex(old): _hex(new) for old, new in ids.items()}
    for n, assessment in enumerate(info.get("assessments", [])):
        _assessment(assessment, key, n, new_id, hex_ids, start + whole)
    text = json.dumps(captured, ensure_ascii=False)
    if old_id in text:
        raise AssertionError(f"{key}: the id that MLflow drew is still in the trace")
    return captured


def _assessment(
    assessment: dict[str, Any], key: str, n: int, trace_id: str, spans: dict[str, str], end: int
) -> None:
    assessment["assessment_id"] = f"a-{hashed(f'{key} assessment {n}', 32)}"
    assessment["trace_id"] = trace_id
    if "span_id" in assessment:
        assessment["span_id"] = spans[assessment["span_id"]]
    human = assessment["source"]["source_type"] == "HUMAN"
    # Judges run a minute after the request, people on the next days.
    later = (26 * 3600 + 97 * n) if human else (60 + 3 * n)
    written = timestamp(end + later * 1_000_000_000)
    assessment["create_time"] = assessment["last_update_time"] = written
    error = assessment.get("feedback", {}).get("error", {})
    if "stack_trace" in error:
        error["stack_trace"] = short_paths(error["stack_trace"])


def _outline(span: Span) -> Span:
    attributes = span["attributes"]
    usage = json.loads(attributes.get("mlflow.chat.tokenUsage", "{}"))
    failed = next((event["attributes"]["exception.type"] for event in span["events"]
                   if event["name"] == "exception"), None)  # fmt: skip
    return {
        "id": span["span_id"], "parent": span["parent_span_id"] or None,
        "kind": json.loads(attributes["mlflow.spanType"]),
        "tokens": usage.get("output_tokens", 0), "failed": failed,
    }  # fmt: skip


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def _hex(encoded: str) -> str:
    return base64.b64decode(encoded).hex()
