"""The turns of conversations as a DataFrame: one row a turn."""

from __future__ import annotations

from typing import cast

import pandas as pd

from labelwidget.content import previews
from labelwidget.model import JsonValue, SessionInfo
from labelwidget.model.conversation import turn_parts
from labelwidget.store.base import Store
from labelwidget.writers.frames import typed_column

__all__ = ["turns_frame"]


def turns_frame(store: Store, info: SessionInfo) -> pd.DataFrame:
    """One row a turn; see `LabelingSession.turns_df`."""
    answers = _answers(store, info.session_id)
    agents = {row.turn_id: row.agent for row in store.turns(info.session_id)}
    names = list(dict.fromkeys([*info.label_schemas, *(name for _, _, name in answers)]))
    ids: list[str] = []
    rows: list[dict[str, JsonValue]] = []
    given: dict[str, list[JsonValue]] = {name: [] for name in names}
    for item, trace in store.traces(info.session_id):
        for number, part in enumerate(turn_parts(trace), 1):
            seen = previews(part.trace)
            turn_id = part.turn_id
            # An item that was answered once keeps its own id as a trace; the turn is its root span.
            if turn_id == item.item_id and part.root_id in agents:
                turn_id = part.root_id
            ids.append(turn_id)
            rows.append(
                {
                    "trace_id": item.item_id,
                    "turn": number,
                    "span_id": part.span_id,
                    "agent": agents.get(turn_id) or None,
                    "request": seen.request,
                    "response": seen.response,
                    "state": part.trace.state.value,
                    "duration_ms": part.trace.duration_ms,
                }
            )
            for name in names:
                given[name].append(answers.get((item.item_id, part.span_id, name)))
    index = pd.Index(ids, name="turn_id", dtype="object")
    columns = list(rows[0]) if rows else []
    frame = {name: typed_column([row[name] for row in rows], index) for name in columns}
    frame |= {name: typed_column(values, index) for name, values in given.items()}
    return pd.DataFrame(frame, index=index)


def _answers(store: Store, session_id: str) -> dict[tuple[str, str | None, str], JsonValue]:
    """The newest valid answer to each question about each item and span."""
    columns = store.assessment_columns(session_id)
    found: dict[tuple[str, str | None, str], JsonValue] = {}
    for item_id, span_id, name, value, anchor in zip(
        columns["item_id"], columns["span_id"], columns["name"], columns["value"], columns["anchor"], strict=True,
    ):  # fmt: skip
        if anchor is None and value is not None:
            found[cast(str, item_id), cast("str | None", span_id), cast(str, name)] = value
    return found
