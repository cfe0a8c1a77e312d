"""Sessions whose traces are answered in one line, and what a dataset holds."""

from __future__ import annotations

from typing import cast

import pandas as pd

import labelwidget as lw
from labelwidget.model import JsonValue, Trace
from labelwidget.review import Review
from labelwidget.review.importing import new_item

QUESTIONS = ("expected_response", "expected_facts", "ok")


def make_session(count: int = 3, **more: object) -> lw.LabelingSession:
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail(), overwrite=True)
    made = lw.create_labeling_session("s", label_schemas=list(QUESTIONS), **more)
    frame = pd.DataFrame(
        {
            "inputs": [{"q": f"q{n}"} for n in range(count)],
            "outputs": [f"a{n}" for n in range(count)],
        }
    )
    return made.add_traces(frame)


def add(session: lw.LabelingSession, traces: list[Trace]) -> None:
    """Add traces as they are, without a reader."""
    session_id = session.labeling_session_id
    session.store.add_items(session_id, [new_item(session_id, trace) for trace in traces])


def answer(
    session: lw.LabelingSession,
    position: int,
    value: JsonValue,
    *,
    name: str = "expected_response",
    reviewer: str = "alice",
    **more: object,
) -> None:
    item = item_id(session, position)
    Review(session.store, session.labeling_session_id, reviewer).answer(item, name, value, **more)


def set_state(
    session: lw.LabelingSession, position: int, state: str, reviewer: str = "alice"
) -> None:
    review = Review(session.store, session.labeling_session_id, reviewer)
    review.set_state(item_id(session, position), state)


def item_id(session: lw.LabelingSession, position: int) -> str:
    item = session.store.item_at(session.labeling_session_id, position)
    assert item is not None
    return item.item_id


def by_question(dataset: lw.EvaluationDataset) -> dict[JsonValue, dict[str, JsonValue]]:
    """The records of a dataset whose inputs are {"q": …}, by q."""
    return {
        cast("dict[str, JsonValue]", record["inputs"])["q"]: record for record in dataset.records
    }
