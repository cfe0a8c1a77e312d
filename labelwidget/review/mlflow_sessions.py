"""Sessions that were made elsewhere, from their MLflow run into the local file; and labels that were given elsewhere.

What comes in is kept as events, like everything else, but not sent back. An event has the id that its assessment at the
server names, so that it comes in once however often it is looked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from labelwidget.errors import LabelWidgetError
from labelwidget.model import (
    AssessmentKind,
    Item,
    ItemState,
    JsonValue,
    LabelSchema,
    Trace,
)
from labelwidget.model.event import (
    AnswerChange,
    AnswerValue,
    Change,
    Event,
    EventKind,
    StateChange,
    place_of,
)
from labelwidget.model.json import loads
from labelwidget.readers import read_traces
from labelwidget.review.importing import new_item
from labelwidget.review.rules import MAX_NOTE, apply, flag_changes, note_changes, now_ms
from labelwidget.store.base import NewItem, Transaction
from labelwidget.store.mlflow import reviewer_tags, run_tags
from labelwidget.store.mlflow.answers import (
    EVENT,
    Written,
    exact_rationale,
    exact_value,
    is_exact,
    place_in,
)
from labelwidget.store.mlflow.copying import POSITION_TAG, SOURCE_TAG
from labelwidget.store.mlflow.entities import FoundRun
from labelwidget.store.mlflow.mlflow_store import MlflowStore

__all__ = [
    "import_session",
    "questions_of",
    "refresh_session",
    "take_answers",
    "take_state",
]

_BATCH = 100


def import_session(store: MlflowStore, run: FoundRun) -> None:
    """Bring a session with its traces and labels into the store's file.

    Args:
        store: The store.
        run: The session's run.

    Raises:
        StoreCorruptError: The run is not as it was written.
        MlflowError: The server does not answer.
    """
    info, schemas = run_tags.read(run)
    info = info.model_copy(update={"session_id": run.run_id})
    store.take_session(info, schemas)
    found = sorted(_copies(store, run.run_id), key=lambda one: one[0])
    for start in range(0, len(found), _BATCH):
        store.take_items(run.run_id, [new for _, new, _ in found[start : start + _BATCH]])
    refresh_session(store, run.run_id)


def _copies(
    store: MlflowStore, run_id: str
) -> Iterator[tuple[int, NewItem, Mapping[str, JsonValue]]]:
    for record in store.server.traces(run_id=run_id):
        for trace in read_traces(record, "mlflow"):
            tags = _tags(record)
            source = tags.get(SOURCE_TAG)
            if not isinstance(source, str):
                continue  # logged into the run by somebody else
            new = new_item(run_id, without_own(trace))
            item = new.item.model_copy(
                update={"item_id": trace.trace_id, "source_trace_id": source}
            )
            copy = new.trace.model_copy(update={"trace_id": trace.trace_id})
            position = tags.get(POSITION_TAG)
            place = int(position) if isinstance(position, str) and position.isdigit() else 0
            yield place, NewItem(item, copy), tags


def without_own(trace: Trace) -> Trace:
    """The trace without what people said of it: that comes in as labels."""
    kept = [one for one in trace.assessments if one.source.source_type.value != "HUMAN"]
    return trace.model_copy(update={"assessments": tuple(kept)})


def _tags(record: JsonValue) -> Mapping[str, JsonValue]:
    info = record.get("info") if isinstance(record, dict) else None
    tags = info.get("tags") if isinstance(info, dict) else None
    return tags if isinstance(tags, dict) else {}


def refresh_session(store: MlflowStore, session_id: str) -> int:
    """Bring labels and states that were given elsewhere.

    Args:
        store: The store.
        session_id: The session; changes of ours that wait for the server are left to it.

    Returns:
        How many events are new.
    """
    new = 0
    info = store.session(session_id)
    questions = questions_of(store, session_id)
    if info is None:
        return 0
    for said in store.server.said(session_id):
        item = store.item(said.trace_id)
        if item is None or item.session_id != session_id:
            continue
        new += take_answers(store, item, questions, said.assessments)
        standings = reviewer_tags.read_standings(said.tags)
        for reviewer, state in standings.states.items():
            new += take_state(store, item, reviewer, state)
        for reviewer, flagged in standings.flags.items():
            new += _take_flag(store, item, reviewer, flagged)
        for reviewer, note in standings.notes.items():
            new += _take_note(store, item, reviewer, note)
    return new


def questions_of(store: MlflowStore, session_id: str) -> dict[str, LabelSchema]:
    """The questions of a session by name."""
    info = store.session(session_id)
    names = [] if info is None else info.label_schemas
    found = (store.schema(name, deleted=True) for name in names)
    return {schema.name: schema for schema in found if schema is not None}


def take_answers(
    store: MlflowStore, item: Item, questions: Mapping[str, LabelSchema], written: list[Written]
) -> int:
    """Keep the people's answers that the server has and the file has not.

    Args:
        store: The store.
        item: The item.
        questions: The session's questions by name; other assessments are left alone.
        written: What the server has.

    Returns:
        How many were new. An answer that the question does not allow (made where nothing checks it) is left out.
    """
    new = 0
    for one in sorted(written, key=lambda found: found.create_time_ms):
        schema = questions.get(one.name)
        if (
            schema is None
            or one.source_type != "HUMAN"
            or not one.valid
            or (one.kind is AssessmentKind.EXPECTATION) != (schema.type.value == "expectation")
        ):
            continue
        value = exact_value(one)
        if not is_exact(one):
            value = _as_asked(schema, value)
        try:
            value = None if value is None else schema.check(value)
        except LabelWidgetError:
            continue
        rationale = exact_rationale(one)
        given = (
            None
            if value is None and rationale is None
            else AnswerValue(value=value, rationale=rationale)
        )
        if given is not None:
            new += _take(
                store,
                item,
                one.source_id,
                "answer",
                one.create_time_ms,
                _answer(one, given),
                _event_id(one),
            )
    return new


def _as_asked(schema: LabelSchema, value: JsonValue) -> JsonValue:
    """What MLflow's own review page makes of values, put right: whole numbers as floats, lists as text of a list."""
    if value == "":
        return None
    kind = schema.input.kind
    if kind in ("numeric", "rating") and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and kind in ("categorical", "categorical_list", "text_list"):
        try:
            inner = loads(value)
        except LabelWidgetError:
            inner = None
        if isinstance(inner, list):
            return inner
        if kind != "categorical" or getattr(schema.input, "multi_select", False):
            return [value]
    return value


def _event_id(one: Written) -> str:
    known = one.metadata.get(EVENT)
    if known:
        return known
    # Made in MLflow's own page: another value under the same id is another event.
    content = f"{one.assessment_id}\n{exact_value(one)!r}\n{exact_rationale(one)!r}"
    return f"mlflow-{hashlib.sha256(content.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _answer(one: Written, given: AnswerValue) -> Callable[[Transaction, Item], list[Change]]:
    def changes(tx: Transaction, item: Item) -> list[Change]:
        span_id, anchor = place_in(one)
        current = tx.current_answer(
            item.item_id, one.source_id, one.name, place_of(span_id, anchor)
        )
        if current is not None and current.create_time_ms > one.create_time_ms:
            return []  # ours is newer: it is on its way, or already there
        before = (
            None
            if current is None
            else AnswerValue(value=current.value, rationale=current.rationale)
        )
        if before == given:
            return []
        found: list[Change] = [
            AnswerChange(name=one.name, span_id=span_id, anchor=anchor, before=before, after=given)
        ]
        state = tx.reviewer_item(item.item_id, one.source_id).state
        if state is ItemState.PENDING:
            found.append(StateChange(before=state, after=ItemState.IN_PROGRESS))
        return found

    return changes


def take_state(store: MlflowStore, item: Item, reviewer: str, state: ItemState) -> int:
    """Keep where a reviewer stands; 1 when that is new here.

    Args:
        store: The store.
        item: The item.
        reviewer: Who.
        state: Where they stand according to the server.
    """

    def changes(tx: Transaction, item: Item) -> list[Change]:
        before = tx.reviewer_item(item.item_id, reviewer).state
        return [] if before == state else [StateChange(before=before, after=state)]

    return _take(store, item, reviewer, "state", now_ms(), changes, None)


def _take_flag(store: MlflowStore, item: Item, reviewer: str, flagged: bool) -> int:
    def changes(tx: Transaction, item: Item) -> list[Change]:
        return flag_changes(tx, item, reviewer, flagged)

    return _take(store, item, reviewer, "flag", now_ms(), changes, None)


def _take_note(store: MlflowStore, item: Item, reviewer: str, note: str) -> int:
    kept = note.strip()[:MAX_NOTE]

    def changes(tx: Transaction, item: Item) -> list[Change]:
        return note_changes(tx, item, reviewer, kept)

    return _take(store, item, reviewer, "note", now_ms(), changes, None)


def _take(
    store: MlflowStore,
    item: Item,
    reviewer: str,
    kind: EventKind,
    when_ms: int,
    changes: Callable[[Transaction, Item], list[Change]],
    event_id: str | None,
) -> int:
    def work(tx: Transaction) -> int:
        if event_id is not None and tx.event(event_id) is not None:
            return 0
        if store.waits(item.item_id):
            return 0  # ours is newer than what the server has
        made = changes(tx, item)
        if not made:
            return 0
        digest = hashlib.sha256(
            f"{item.item_id}\n{reviewer}\n{kind}\n{when_ms}".encode("utf-8", "surrogatepass")
        ).hexdigest()[:32]
        apply(
            tx,
            item,
            Event(
                event_id=event_id or f"mlflow-{digest}",
                session_id=item.session_id,
                item_id=item.item_id,
                reviewer=reviewer,
                kind=kind,
                changes=made,
                create_time_ms=when_ms,
            ),
        )
        return 1

    return store.take(work)
