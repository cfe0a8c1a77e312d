"""Who said what about a trace, when, and to which version of the question."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from labelwidget.model import Assessment, JsonValue
from labelwidget.model.event import AnswerChange, AnswerValue, Event

__all__ = ["history_frame"]

_COLUMNS = (
    "time", "reviewer", "kind", "question", "schema_version", "before", "after", "rationale", "span_id", "seconds",
    "event_id",
)  # fmt: skip


def history_frame(events: Sequence[Event], answers: Sequence[Assessment]) -> pd.DataFrame:
    """One row a change; see `LabelingSession.history`.

    Args:
        events: All events about the item, in the order of saving.
        answers: Every answer ever given to it, in the order of saving.
    """
    versions: dict[tuple[str, str, int], int | None] = {
        (one.source.source_id.casefold(), one.name, one.create_time_ms): one.schema_version
        for one in answers
    }
    rows: list[dict[str, object]] = []
    for event in events:
        for change in event.changes:
            row: dict[str, object] = {
                "time": event.create_time_ms,
                "reviewer": event.reviewer,
                "kind": event.kind if event.kind in ("undo", "redo") else change.kind,
                "question": None,
                "schema_version": None,
                "before": None,
                "after": None,
                "rationale": None,
                "span_id": None,
                "seconds": event.duration_ms / 1000,
                "event_id": event.event_id,
            }
            if isinstance(change, AnswerChange):
                row |= {
                    "question": change.name,
                    "before": _value(change.before),
                    "after": _value(change.after),
                    "rationale": None if change.after is None else change.after.rationale,
                    "span_id": change.span_id,
                    "schema_version": None
                    if change.after is None
                    else versions.get(
                        (event.reviewer.casefold(), change.name, event.create_time_ms)
                    ),
                }
            else:
                row |= {"before": _plain(change.before), "after": _plain(change.after)}
            rows.append(row)
    frame = pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype="object") for name in _COLUMNS}
    )
    frame["time"] = pd.to_datetime(frame["time"].astype("Int64"), unit="ms", utc=True)
    frame["schema_version"] = frame["schema_version"].astype("Int64")
    frame["seconds"] = frame["seconds"].astype("float64")
    return frame


def _value(answer: AnswerValue | None) -> JsonValue:
    return None if answer is None else answer.value


def _plain(value: object) -> object:
    return value if isinstance(value, bool) else str(value)
