"""Whether suggestions moved reviewers: each first answer beside the last one and what was suggested."""

from __future__ import annotations

from typing import cast

import pandas as pd

from labelwidget.model import JsonValue, SessionInfo
from labelwidget.model.json import dumps
from labelwidget.store.base import Store

__all__ = ["shift_frame"]


def shift_frame(store: Store, info: SessionInfo) -> pd.DataFrame:
    """One row a reviewer, question and trace; see `LabelingSession.shift_df`."""
    columns = store.assessment_columns(info.session_id, everything=True, prior=True)
    first: dict[tuple[str, str, str], JsonValue] = {}
    last: dict[tuple[str, str, str], JsonValue] = {}
    answers: dict[tuple[str, str, str], int] = {}
    suggested: dict[tuple[str, str], JsonValue] = {}
    for row, (item_id, name, source) in enumerate(
        zip(columns["item_id"], columns["name"], columns["source_id"], strict=True)
    ):
        if columns["span_id"][row] is not None or columns["anchor"][row] is not None:
            continue
        value = columns["value"][row]
        if columns["prior"][row]:
            if columns["valid"][row] and value is not None:
                suggested.setdefault((cast(str, item_id), cast(str, name)), value)
            continue
        key = (cast(str, item_id), cast(str, name), cast(str, source).casefold())
        if value is not None:
            first.setdefault(key, value)
            answers[key] = answers.get(key, 0) + 1
        if columns["valid"][row]:
            last[key] = value
    rows = [
        {
            "trace_id": item_id,
            "name": name,
            "reviewer": reviewer,
            "first": first[item_id, name, reviewer],
            "last": last.get((item_id, name, reviewer)),
            "suggestion": suggested.get((item_id, name)),
            "answers": answers[item_id, name, reviewer],
        }
        for item_id, name, reviewer in first
    ]
    names = ["trace_id", "name", "reviewer", "first", "last", "suggestion", "answers"]
    frame = pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype="object") for name in names}
    )
    frame["answers"] = frame["answers"].astype("int64")
    changed = [not _same(row["first"], row["last"]) for row in rows]
    toward = [
        moved and row["suggestion"] is not None and _same(row["last"], row["suggestion"])
        for row, moved in zip(rows, changed, strict=True)
    ]
    frame["changed"] = pd.Series(changed, dtype="bool")
    frame["toward_suggestion"] = pd.Series(toward, dtype="bool")
    return frame


def _same(value: object, other: object) -> bool:
    return dumps(value) == dumps(other)
