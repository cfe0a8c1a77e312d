"""What a reviewer's action means for an item: pure rules over one transaction.

`Change` says what was and what becomes; `apply_change` carries it out. Every action, undo and redo goes through the same
three steps: read what is there, work out the changes, apply and append them as one event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from time import time

from labelwidget.errors import ConflictError, InvalidValueError, NotFoundError, shown
from labelwidget.model import (
    Anchor,
    Assessment,
    AssessmentKind,
    AssessmentSource,
    Item,
    ItemState,
    JsonValue,
    LabelSchema,
    ReviewerItem,
)
from labelwidget.model.event import (
    AnswerChange,
    AnswerValue,
    Change,
    Event,
    FlagChange,
    NoteChange,
    StateChange,
    place_of,
)
from labelwidget.model.resolver import RESOLVES, is_resolver
from labelwidget.store.base import Transaction

__all__ = [
    "MAX_NOTE",
    "SAMPLING_WEIGHT",
    "answer_changes",
    "apply",
    "flag_changes",
    "is_shown",
    "missing_answers",
    "note_changes",
    "reversed_changes",
    "state_changes",
]

SAMPLING_WEIGHT = "sampling_weight"
"""Where an answer's metadata says how many traces its trace stands for."""
MAX_NOTE = 100_000
"""Most characters of a note or rationale."""


def now_ms() -> int:
    """Milliseconds since 1970 (UTC)."""
    return int(time() * 1000)


def is_shown(schema: LabelSchema, answers: Mapping[str, JsonValue]) -> bool:
    """Whether a question is asked, given the other answers (`show_if`)."""
    for name, wanted in schema.show_if.items():
        given = answers.get(name)
        choices = wanted if isinstance(wanted, list) else [wanted]
        values = given if isinstance(given, list) else [given]
        if name not in answers or not any(
            _same(value, choice) for value in values for choice in choices
        ):
            return False
    return True


def _same(value: JsonValue, other: JsonValue) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _equal(value: AnswerValue | None, other: AnswerValue | None) -> bool:
    if value is None or other is None:
        return value is other
    return value.rationale == other.rationale and _exactly(value.value, other.value)


def _exactly(value: JsonValue, other: JsonValue) -> bool:
    """Equal with the same types: True is not 1, and 1.0 is not 1."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(
            _exactly(a, b) for a, b in zip(value, other, strict=True)
        )
    return type(value) is type(other) and value == other


def missing_answers(
    questions: Sequence[LabelSchema], answers: Mapping[str, JsonValue]
) -> list[LabelSchema]:
    """The required questions that are asked and not answered; for none required, all when nothing is answered."""
    asked = [question for question in questions if is_shown(question, answers)]
    missing = [question for question in asked if question.required and question.name not in answers]
    if not missing and asked and not any(question.name in answers for question in asked):
        return asked
    return missing


def answer_changes(
    tx: Transaction,
    item: Item,
    reviewer: str,
    schema: LabelSchema,
    given: AnswerValue | None,
    span_id: str | None,
    anchor: Anchor | None,
) -> list[Change]:
    """The changes that an answer makes: itself, and the item is in progress from the first one on."""
    current = tx.current_answer(item.item_id, reviewer, schema.name, place_of(span_id, anchor))
    before = _given(current)
    # The same answer once more is one to the question as it is asked now.
    answered = None if current is None else current.schema_version
    confirms = given is not None and answered is not None and answered < schema.version
    if _equal(before, given) and not confirms:
        return []
    changes: list[Change] = [
        AnswerChange(name=schema.name, span_id=span_id, anchor=anchor, before=before, after=given)
    ]
    state = tx.reviewer_item(item.item_id, reviewer).state
    if given is not None and state in (ItemState.PENDING, ItemState.SKIPPED):
        changes.append(StateChange(before=state, after=ItemState.IN_PROGRESS))
    return changes


def state_changes(
    tx: Transaction, item: Item, reviewer: str, state: ItemState, questions: Sequence[LabelSchema]
) -> list[Change]:
    """The change to a state; completing needs the required answers.

    Raises:
        InvalidValueError: Names the questions that still need an answer.
    """
    before = tx.reviewer_item(item.item_id, reviewer).state
    if before == state:
        return []
    if state is ItemState.COMPLETED and questions:
        answers = {
            question.name: answer.value
            for question in questions
            if (answer := tx.current_answer(item.item_id, reviewer, question.name, "")) is not None
            and answer.value is not None
        }
        missing = missing_answers(questions, answers)
        if missing:
            names = ", ".join(shown(question.title or question.name) for question in missing[:5])
            raise InvalidValueError(
                f"Not done yet: {names} {'needs' if len(missing) == 1 else 'need'} an answer. Answer, or skip the trace."
            )
    return [StateChange(before=before, after=state)]


def flag_changes(tx: Transaction, item: Item, reviewer: str, flagged: bool) -> list[Change]:
    """The change of the flag."""
    before = tx.reviewer_item(item.item_id, reviewer).flagged
    return [] if before == flagged else [FlagChange(before=before, after=flagged)]


def note_changes(tx: Transaction, item: Item, reviewer: str, note: str) -> list[Change]:
    """The change of the note."""
    before = tx.reviewer_item(item.item_id, reviewer).note
    return [] if before == note else [NoteChange(before=before, after=note)]


def reversed_changes(tx: Transaction, item: Item, target: Event) -> list[Change]:
    """The changes that take an event back.

    Raises:
        ConflictError: What the event changed has been changed again since.
    """
    turned = [
        change.model_copy(update={"before": change.after, "after": change.before})
        for change in reversed(target.changes)
    ]
    for change in turned:
        if not _holds(tx, item, target.reviewer, change):
            raise ConflictError(
                "This was changed again since, so it cannot be undone by itself. Undo the later change first."
            )
    return turned


def _holds(tx: Transaction, item: Item, reviewer: str, change: Change) -> bool:
    if isinstance(change, AnswerChange):
        return _equal(
            _current(tx, item, reviewer, change.name, change.span_id, change.anchor), change.before
        )
    status = tx.reviewer_item(item.item_id, reviewer)
    if isinstance(change, StateChange):
        return status.state == change.before
    return (status.flagged if isinstance(change, FlagChange) else status.note) == change.before


def _current(
    tx: Transaction,
    item: Item,
    reviewer: str,
    name: str,
    span_id: str | None,
    anchor: Anchor | None,
) -> AnswerValue | None:
    return _given(tx.current_answer(item.item_id, reviewer, name, place_of(span_id, anchor)))


def _given(answer: Assessment | None) -> AnswerValue | None:
    return None if answer is None else AnswerValue(value=answer.value, rationale=answer.rationale)


def apply(
    tx: Transaction,
    item: Item,
    event: Event,
    versions: Mapping[str, int] | None = None,
    weight: float = 1.0,
) -> Event:
    """Carry out an event's changes and append it; the same transaction makes both durable.

    Args:
        tx: The transaction.
        item: The event's item.
        event: What happened.
        versions: The versions of the questions that were answered, where they are not the newest.
        weight: How many traces the item stands for in the sample that is gone through; kept with each answer.
    """
    status = tx.reviewer_item(item.item_id, event.reviewer)
    update: dict[str, object] = {
        "duration_ms": status.duration_ms + event.duration_ms,
        "updated_at": event.create_time_ms,
    }
    for number, change in enumerate(event.changes):
        if isinstance(change, AnswerChange):
            _write_answer(tx, item, event, number, change, versions or {}, weight)
        elif isinstance(change, StateChange):
            update["state"] = change.after
        elif isinstance(change, FlagChange):
            update["flagged"] = change.after
        else:
            update["note"] = change.after
    if event.changes or event.duration_ms:
        tx.put_reviewer_item(
            item, event.reviewer, ReviewerItem.model_validate({**status.model_dump(), **update})
        )
    return tx.append_event(event)


def _write_answer(
    tx: Transaction,
    item: Item,
    event: Event,
    number: int,
    change: AnswerChange,
    versions: Mapping[str, int],
    weight: float,
) -> None:
    current = tx.current_answer(
        item.item_id, event.reviewer, change.name, place_of(change.span_id, change.anchor)
    )
    if change.after is None:
        if current is not None:
            tx.clear_answer(current.assessment_id)
        return
    schema = tx.schema(change.name)
    if schema is None:
        raise NotFoundError(
            f"There is no question {shown(change.name)} any more. Create it again with create_label_schema()."
        )
    metadata: dict[str, JsonValue] = {} if weight == 1.0 else {SAMPLING_WEIGHT: weight}
    if is_resolver(event.reviewer):
        place = place_of(change.span_id, change.anchor)
        metadata[RESOLVES] = [
            one.assessment_id
            for one in tx.answers_to(item.item_id, change.name, place)
            if not is_resolver(one.source.source_id)
        ]
    # The id follows from the event's, so that a transaction that is run again writes the same row.
    digest = hashlib.sha256(f"{event.event_id}:{number}".encode()).hexdigest()[:32]
    tx.put_answer(
        item,
        Assessment(
            assessment_id=f"a-{digest}",
            trace_id=item.item_id,
            session_id=item.session_id,
            name=change.name,
            kind=AssessmentKind(schema.type.value),
            value=change.after.value,
            rationale=change.after.rationale,
            source=AssessmentSource("HUMAN", event.reviewer),
            span_id=change.span_id,
            anchor=change.anchor,
            metadata=metadata,
            create_time_ms=event.create_time_ms,
            overrides=None if current is None else current.assessment_id,
            schema_version=versions.get(change.name, schema.version),
            duration_ms=event.duration_ms or None,
        ),
    )
