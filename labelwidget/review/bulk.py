"""One action on many items: skip, flag, reopen, the same answer; in batches, and undone as one.

```
bulk = Bulk("skip")
result = apply_bulk(review, "b-1", bulk, positions)       # up to MAX_BATCH items, one transaction
undo_bulk(review, "b-2", "b-1", positions)
```

Each item gets an event of its own, so that every change can also be undone by itself. Its id follows from the id of the
whole and the item's position: a batch that is sent again changes nothing twice.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from labelwidget.errors import (
    ConflictError,
    InvalidValueError,
    LabelWidgetError,
    NotAssignedError,
    NotFoundError,
)
from labelwidget.model import Item, ItemState, JsonValue, LabelSchema
from labelwidget.model.event import AnswerValue, Change, Event, EventKind
from labelwidget.review.changes import notify
from labelwidget.review.review import Review
from labelwidget.review.rules import (
    answer_changes,
    apply,
    flag_changes,
    now_ms,
    reversed_changes,
    state_changes,
)
from labelwidget.store.base import Transaction

__all__ = ["MAX_BATCH", "MAX_BULK", "Bulk", "BulkAction", "BulkResult", "apply_bulk", "undo_bulk"]

MAX_BATCH = 250
"""Items of one transaction: a few hundred milliseconds, in which a save of another tab waits."""
MAX_BULK = 100_000
"""Items of one bulk action."""
_SHOWN_PROBLEMS = 5

BulkAction = Literal["skip", "done", "reopen", "flag", "unflag", "answer"]


@dataclass(frozen=True)
class Bulk:
    """What is done to each item.

    Attributes:
        action: `answer` gives the same answer; the others are states and the flag.
        name: The question, for `answer`.
        value: The answer, for `answer`; None clears it.
    """

    action: BulkAction
    name: str = ""
    value: JsonValue = None


@dataclass
class BulkResult:
    """What became of a batch.

    Attributes:
        changed: Items that were changed, by this call or by the same one before.
        unchanged: Items on which there was nothing to do.
        refused: Items that could not be changed, with `reasons` for the first few kinds.
        events: The events that were saved by this call.
    """

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list[str])
    events: list[Event] = field(default_factory=list[Event])

    def refuse(self, error: LabelWidgetError) -> None:
        """Count an item that could not be changed."""
        self.refused += 1
        if str(error) not in self.reasons and len(self.reasons) < _SHOWN_PROBLEMS:
            self.reasons.append(str(error))


def apply_bulk(review: Review, bulk_id: str, bulk: Bulk, positions: Sequence[int]) -> BulkResult:
    """Do one action to up to `MAX_BATCH` items in one durable transaction.

    Args:
        review: Whose work.
        bulk_id: At most 50 characters; the same for all batches of one action.
        bulk: The action.
        positions: Positions in the session.

    Returns:
        How many were changed; items whose required questions have no answer are refused by `done`, one by one.

    Raises:
        InvalidValueError: Too many positions, or an answer that the question does not take.
        NotFoundError: The session does not ask the question.
        NotAssignedError: The reviewer is not assigned.
        StoreError: Nothing was written.
    """
    _check(review, bulk_id, positions)
    changes = _maker(review, bulk)
    kind: EventKind = (
        "answer"
        if bulk.action == "answer"
        else "flag"
        if bulk.action in ("flag", "unflag")
        else "state"
    )
    items = [
        row.item for row in review.store.queue_rows(review.session_id, review.reviewer, positions)
    ]

    def work(tx: Transaction) -> BulkResult:
        result = BulkResult()
        _lock(tx, items)
        for item in items:
            event_id = _event_id(bulk_id, item)
            if tx.event(event_id) is not None:
                result.changed += 1
                continue
            try:
                made = changes(tx, item)
                review.authority.allow(tx, item, made)
            except LabelWidgetError as error:
                result.refuse(error)
                continue
            if not made:
                result.unchanged += 1
                continue
            event = _event(review, item, kind, event_id, made)
            result.events.append(apply(tx, item, event, weight=review.weight(item.position)))
            result.changed += 1
        return result

    return _commit(review, work)


def undo_bulk(review: Review, undo_id: str, bulk_id: str, positions: Sequence[int]) -> BulkResult:
    """Take back what a bulk action did to up to `MAX_BATCH` items.

    Args:
        review: Whose work.
        undo_id: The id of the undo; the same for all its batches.
        bulk_id: The action that is taken back.
        positions: Positions in the session; those that it did not change are left alone.

    Returns:
        How many were changed back; what was changed again since is refused.
    """
    _check(review, undo_id, positions)
    items = [
        row.item for row in review.store.queue_rows(review.session_id, review.reviewer, positions)
    ]

    def work(tx: Transaction) -> BulkResult:
        result = BulkResult()
        _lock(tx, items)
        for item in items:
            event_id, target = _event_id(undo_id, item), tx.event(_event_id(bulk_id, item))
            if target is None or target.item_id != item.item_id:
                result.unchanged += 1
            elif tx.event(event_id) is not None:
                result.changed += 1
            elif tx.undone_by(target.event_id) is not None:
                result.unchanged += 1
            else:
                try:
                    made = reversed_changes(tx, item, target)
                    review.authority.allow(tx, item, made)
                except (ConflictError, NotAssignedError) as error:
                    result.refuse(error)
                    continue
                event = _event(review, item, "undo", event_id, made, undoes=target.event_id)
                result.events.append(apply(tx, item, event, weight=review.weight(item.position)))
                result.changed += 1
        return result

    return _commit(review, work)


def _lock(tx: Transaction, items: Sequence[Item]) -> None:
    """Lock them all in the one order that everybody takes, so that two never wait for each other."""
    for item_id in sorted(item.item_id for item in items):
        tx.lock(item_id)


def _check(review: Review, bulk_id: str, positions: Sequence[int]) -> None:
    review.require_assigned()
    if len(positions) > MAX_BATCH:
        raise InvalidValueError(
            f"{len(positions):,} items came in one batch; {MAX_BATCH} is the most. Send them in several."
        )
    if not 0 < len(bulk_id) <= 50:
        raise InvalidValueError("The id of a bulk action has 1 to 50 characters.")


def _reopened(
    tx: Transaction, item: Item, review: Review, questions: Sequence[LabelSchema]
) -> ItemState:
    """Begun where there is an answer already, else as if never touched."""
    answers = (
        tx.current_answer(item.item_id, review.reviewer, question.name, "")
        for question in questions
    )
    return ItemState.PENDING if all(answer is None for answer in answers) else ItemState.IN_PROGRESS


def _maker(review: Review, bulk: Bulk) -> Callable[[Transaction, Item], list[Change]]:
    reviewer = review.reviewer
    match bulk.action:
        case "answer":
            schema = _question(review.questions, bulk.name)
            given = None if bulk.value is None else AnswerValue(value=schema.check(bulk.value))

            def answered(tx: Transaction, item: Item) -> list[Change]:
                kept = given
                known = tx.current_answer(item.item_id, reviewer, schema.name, "")
                if given is not None and known is not None:  # a rationale of one's own stays
                    kept = given.model_copy(update={"rationale": known.rationale})
                return answer_changes(tx, item, reviewer, schema, kept, None, None)

            return answered
        case "flag" | "unflag":
            wanted = bulk.action == "flag"
            return lambda tx, item: flag_changes(tx, item, reviewer, wanted)
        case _:
            questions = review.questions

            def moved(tx: Transaction, item: Item) -> list[Change]:
                state = ItemState.SKIPPED if bulk.action == "skip" else ItemState.COMPLETED
                if bulk.action == "reopen":
                    now = tx.reviewer_item(item.item_id, reviewer).state
                    if now in (ItemState.PENDING, ItemState.IN_PROGRESS):
                        return []
                    state = _reopened(tx, item, review, questions)
                return state_changes(tx, item, reviewer, state, questions)

            return moved


def _question(questions: Sequence[LabelSchema], name: str) -> LabelSchema:
    for question in questions:
        if question.name == name:
            return question
    raise NotFoundError("The session does not ask this question any more. Open the queue again.")


def _event_id(bulk_id: str, item: Item) -> str:
    return f"{bulk_id}-{item.position}"


def _event(
    review: Review,
    item: Item,
    kind: EventKind,
    event_id: str,
    changes: list[Change],
    undoes: str | None = None,
) -> Event:
    return Event(
        event_id=event_id,
        session_id=review.session_id,
        item_id=item.item_id,
        reviewer=review.reviewer,
        kind=kind,
        changes=changes,
        undoes=undoes,
        create_time_ms=now_ms(),
    )


def _commit(review: Review, work: Callable[[Transaction], BulkResult]) -> BulkResult:
    result = review.store.transact(work)
    for event in result.events:
        for error in notify(review.store, event):
            warnings.warn(
                f"A function called on labels raised {type(error).__name__}: {error}", stacklevel=4
            )
    return result
