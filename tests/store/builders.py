"""Sessions, items and labels as the review core makes them, in one line each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from labelwidget.model import (
    Assessment,
    AssessmentSource,
    Item,
    ItemState,
    JsonValue,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import AnswerChange, AnswerValue, Event, EventKind, place_of
from labelwidget.store import NewItem, Store, Transaction


def new_item(
    source: str, *, inputs: JsonValue = "hello", assessments: Sequence[Assessment] = ()
) -> NewItem:
    item_id = uuid.uuid4().hex
    item = Item(item_id=item_id, session_id="", position=0, source_trace_id=source, title=source)
    return NewItem(
        item, Trace(trace_id=item_id, inputs=inputs, assessments=tuple(assessments), format="test")
    )


def a_session(store: Store, traces: int = 0, *, name: str = "session") -> str:
    session_id = uuid.uuid4().hex
    store.put_session(SessionInfo(session_id=session_id, name=name))
    if traces:
        store.add_items(session_id, [new_item(f"trace-{number}") for number in range(traces)])
    return session_id


def judged(value: JsonValue = 0.5, name: str = "quality", **more: object) -> Assessment:
    source = AssessmentSource("LLM_JUDGE", "judge-1")
    return Assessment(name=name, kind="feedback", value=value, source=source, **more)


def an_event(item: Item, reviewer: str, kind: EventKind = "answer", **more: object) -> Event:
    made = {"event_id": uuid.uuid4().hex, **more}
    return Event(
        session_id=item.session_id, item_id=item.item_id, reviewer=reviewer, kind=kind, **made
    )


def label(
    store: Store,
    item: Item,
    value: JsonValue,
    *,
    reviewer: str = "alice",
    name: str = "helpful",
    rationale: str | None = None,
    event_id: str | None = None,
    state: ItemState = ItemState.IN_PROGRESS,
) -> Event:
    """Answer as the review core does: event, answer, state, in one transaction, once an event id."""
    made_id = event_id or uuid.uuid4().hex

    def work(tx: Transaction) -> Event:
        known = tx.event(made_id)
        if known is not None:
            return known
        old = tx.current_answer(item.item_id, reviewer, name, place_of(None, None))
        change = AnswerChange(
            name=name,
            before=None if old is None else AnswerValue(value=old.value, rationale=old.rationale),
            after=AnswerValue(value=value, rationale=rationale),
        )
        event = tx.append_event(an_event(item, reviewer, event_id=made_id, changes=[change]))
        tx.put_answer(
            item,
            Assessment(
                assessment_id=f"a-{uuid.uuid4().hex}",
                name=name,
                kind="feedback",
                value=value,
                rationale=rationale,
                source=AssessmentSource("HUMAN", reviewer),
                overrides=None if old is None else old.assessment_id,
            ),
        )
        status = tx.reviewer_item(item.item_id, reviewer)
        tx.put_reviewer_item(item, reviewer, status.model_copy(update={"state": state}))
        return event

    return store.transact(work)


def set_status(store: Store, item: Item, reviewer: str, status: ReviewerItem) -> None:
    store.transact(lambda tx: tx.put_reviewer_item(item, reviewer, status))
