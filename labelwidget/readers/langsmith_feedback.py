"""LangSmith feedback as assessments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from labelwidget.model import Assessment, AssessmentKind, AssessmentSource, JsonValue
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_text,
    clean_id,
    first,
    milliseconds,
)

__all__ = ["feedback_of", "is_feedback"]

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_PLACED = frozenset({"key", "score", "value", "comment", "correction", "run_id", "trace_id"})


def is_feedback(value: JsonValue) -> bool:
    """Whether a record is one piece of feedback on a run."""
    record = as_dict(value)
    return (
        "run_id" in record
        and isinstance(record.get("key"), str)
        and "run_type" not in record
        and bool(record.keys() & {"score", "value", "comment", "correction"})
    )


def feedback_of(rows: Iterable[Mapping[str, JsonValue]], trace_id: str) -> list[Assessment]:
    """All feedback of one trace's runs.

    Args:
        rows: Runs, with feedback under `feedback`, `feedbacks` or summed up in `feedback_stats`,
            and rows that are feedback themselves.
        trace_id: Feedback on the root run is about the whole trace.
    """
    made: list[Assessment] = []
    for row in rows:
        if is_feedback(dict(row)):
            made += _one(row, clean_id(row.get("run_id")), trace_id)
            continue
        run_id = clean_id(row.get("id"))
        listed = [*as_dicts(row.get("feedback")), *as_dicts(row.get("feedbacks"))]
        for one in listed:
            made += _one(one, clean_id(one.get("run_id")) or run_id, trace_id)
        if not listed:
            made += _summed(as_dict(row.get("feedback_stats")), run_id, trace_id)
    return made


def _one(row: Mapping[str, JsonValue], run_id: str | None, trace_id: str) -> Iterator[Assessment]:
    name = as_text(row.get("key"))
    if name is None:
        return
    source = as_dict(row.get("feedback_source"))
    kind = (as_text(source.get("type")) or "api").lower()
    who = as_text(first(source, "user_name", "user_id"))
    if kind in {"model", "auto_eval"}:
        made_by = AssessmentSource("LLM_JUDGE", name)
    elif kind == "app" or who is not None:
        made_by = AssessmentSource("HUMAN", who or "reviewer")
    else:
        made_by = AssessmentSource("CODE", f"langsmith-{kind}")
    value = first(row, "score", "value")
    about = None if run_id == trace_id else run_id
    when = milliseconds(first(row, "created_at", "modified_at")) or 0
    rest = {k: part for k, part in row.items() if k not in _PLACED and part not in _EMPTY}
    if row.get("score") is not None and row.get("value") not in _EMPTY:
        rest["value"] = row["value"]
    if value is not None or row.get("comment") not in _EMPTY:
        yield Assessment(
            name=name,
            kind=AssessmentKind.FEEDBACK,
            value=value,
            rationale=as_text(row.get("comment")),
            source=made_by,
            span_id=about,
            metadata=rest,
            create_time_ms=when,
        )
    if row.get("correction") not in _EMPTY:
        yield Assessment(
            name=name,
            kind=AssessmentKind.EXPECTATION,
            value=row["correction"],
            source=made_by,
            span_id=about,
            create_time_ms=when,
        )


def _summed(
    stats: Mapping[str, JsonValue], run_id: str | None, trace_id: str
) -> Iterator[Assessment]:
    """Exports without single feedback have its sums; the average is better than nothing."""
    for name, found in stats.items():
        summary = as_dict(found)
        if not as_int(summary.get("n")) or summary.get("avg") is None:
            continue
        yield Assessment(
            name=name,
            kind=AssessmentKind.FEEDBACK,
            value=summary["avg"],
            source=AssessmentSource("CODE", "langsmith-average"),
            span_id=None if run_id == trace_id else run_id,
            metadata=dict(summary),
        )
