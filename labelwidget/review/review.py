"""One reviewer at work on one session, without a widget.

```
review = Review(store, session_id, "alice")
item = review.open(review.resume() or 0).item
review.answer(item.item_id, "helpful", True, rationale="Covers both calls.")
review.set_state(item.item_id, "completed")
review.undo()
```

Everything that the widget does is one of these calls. Each write is durable when it returns, is kept once however often
the same `event_id` is sent, and can be undone.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable

from labelwidget.errors import (
    ConflictError,
    InvalidValueError,
    NotFoundError,
    shown,
)
from labelwidget.model import (
    Anchor,
    Item,
    ItemState,
    JsonValue,
)
from labelwidget.model.event import AnswerValue, Change, Event, EventKind
from labelwidget.review.changes import notify
from labelwidget.review.history import UNDOABLE, redoable
from labelwidget.review.looking import Looking
from labelwidget.review.places import FIRST_ERROR, check_place, other_marks
from labelwidget.review.rules import (
    MAX_NOTE,
    answer_changes,
    apply,
    flag_changes,
    note_changes,
    now_ms,
    reversed_changes,
    state_changes,
)
from labelwidget.store.base import Transaction

__all__ = ["Review"]


class Review(Looking):
    """One reviewer's work on one session.

    Attributes:
        clock: When things happen, milliseconds since 1970 (UTC); another one for what happened earlier, elsewhere.
    """

    clock: Callable[[], int] = staticmethod(now_ms)

    def answer(
        self,
        item_id: str,
        name: str,
        value: JsonValue,
        rationale: str | None = None,
        *,
        span_id: str | None = None,
        anchor: Anchor | None = None,
        event_id: str | None = None,
        duration_ms: int = 0,
    ) -> Event:
        """Answer a question; value and rationale both None clears the answer.

        Args:
            item_id: The item.
            name: The question.
            value: The answer; None keeps just the rationale.
            rationale: Why, or None.
            span_id: The span that the answer is about; None for the whole trace.
            anchor: The range of text, or the block of the conversation, that it is about.
            event_id: Makes a resend harmless; made here when None.
            duration_ms: Time on task to add.

        Returns:
            The event; without changes when the answer was there already.

        Raises:
            InvalidValueError: Wrong type, out of bounds or too long; names question and value. A range that is not in the
                trace's text.
            NotFoundError: Unknown item, question, span or block.
            NotAssignedError: The reviewer is not assigned.
        """
        schema = self.question(name)
        checked = None if value is None else schema.check(value)
        why = (
            None
            if rationale is None or not rationale.strip()
            else _bounded(rationale, f"The rationale of {shown(name)}")
        )
        given = (
            None if checked is None and why is None else AnswerValue(value=checked, rationale=why)
        )
        is_mark = name == FIRST_ERROR and name not in self.session.label_schemas
        if is_mark and span_id is None and anchor is None:
            raise InvalidValueError(f"{shown(name)} marks a step: pass span_id= or anchor=.")
        # What is there already may be cleared, whatever became of the trace.
        if given is not None and (span_id is not None or anchor is not None):
            check_place(self.trace(item_id), span_id, anchor)
        marks = other_marks(self.answers(item_id)[0], span_id, anchor) if is_mark and given else []

        def changes(tx: Transaction, item: Item) -> list[Change]:
            changed = answer_changes(tx, item, self.reviewer, schema, given, span_id, anchor)
            return [*marks, *changed] if changed else []

        return self._write("answer", item_id, changes, event_id, duration_ms)

    def set_state(
        self,
        item_id: str,
        state: ItemState | str,
        *,
        event_id: str | None = None,
        duration_ms: int = 0,
    ) -> Event:
        """Complete, skip or reopen an item.

        Args:
            item_id: The item.
            state: `completed`, `skipped`, `in_progress` or `pending`.
            event_id: As in `answer`.
            duration_ms: As in `answer`.

        Raises:
            InvalidValueError: Unknown state, or required questions without an answer.
        """
        if state not in set(ItemState):
            raise InvalidValueError(
                f"The state is {shown(state)}; it is one of {[str(known) for known in ItemState]}."
            )
        wanted, questions = ItemState(state), self.questions

        def changes(tx: Transaction, item: Item) -> list[Change]:
            return state_changes(tx, item, self.reviewer, wanted, questions)

        return self._write("state", item_id, changes, event_id, duration_ms)

    def flag(
        self,
        item_id: str,
        flagged: bool = True,
        *,
        event_id: str | None = None,
        duration_ms: int = 0,
    ) -> Event:
        """Mark an item for a second look, or take the mark away."""

        def changes(tx: Transaction, item: Item) -> list[Change]:
            return flag_changes(tx, item, self.reviewer, flagged)

        return self._write("flag", item_id, changes, event_id, duration_ms)

    def note(
        self, item_id: str, text: str, *, event_id: str | None = None, duration_ms: int = 0
    ) -> Event:
        """Keep a free note on an item; empty removes it."""
        kept = _bounded(text, "The note") if text.strip() else ""

        def changes(tx: Transaction, item: Item) -> list[Change]:
            return note_changes(tx, item, self.reviewer, kept)

        return self._write("note", item_id, changes, event_id, duration_ms)

    def undo(self, target: str | None = None, *, event_id: str | None = None) -> Event | None:
        """Take back an event, the last one when none is named.

        Returns:
            The undo event, or None when there is nothing to undo.

        Raises:
            NotFoundError: This reviewer has no such event in this session.
            ConflictError: It was changed again since.
        """
        if target is None:
            history = self.history(1)
            if not history:
                return None
            target = history[-1].event_id
        return self._reverse("undo", target, event_id)

    def redo(self, target: str | None = None, *, event_id: str | None = None) -> Event | None:
        """Take back an undo, the last one when none is named and nothing was done since.

        Args:
            target: The undo event's id.
            event_id: As in `answer`.

        Returns:
            The redo event, or None when there is nothing to redo.
        """
        if target is None:
            target = redoable(self.store.events(self.session_id, self.reviewer, limit=200))
            if target is None:
                return None
        return self._reverse("redo", target, event_id)

    def _reverse(self, kind: EventKind, target: str, event_id: str | None) -> Event:
        # Made before the transaction, which is run again after a COMMIT whose answer was lost.
        made_id = event_id or uuid.uuid4().hex

        def work(tx: Transaction) -> Event:
            if (known := tx.event(made_id)) is not None:
                return known
            event = tx.event(target)
            right_kind = event is not None and (
                event.kind == "undo" if kind == "redo" else event.kind in UNDOABLE
            )
            if (
                event is None
                or not right_kind
                or event.session_id != self.session_id
                or not self._mine(event)
            ):
                raise NotFoundError(f"There is nothing to {kind} under the id {shown(target)}.")
            if (undone := tx.undone_by(target)) is not None and (
                done := tx.event(undone)
            ) is not None:
                return done
            item = self._item(tx, event.item_id)
            changes = reversed_changes(tx, item, event)
            self.authority.allow(tx, item, changes)
            made = self._event(kind, item, changes, made_id, 0, undoes=target)
            return apply(tx, item, made, self.versions, self.weight(item.position))

        return self._commit(work)

    def _commit(self, work: Callable[[Transaction], Event]) -> Event:
        self.require_assigned()
        event = self.store.transact(work)
        for error in notify(self.store, event):
            warnings.warn(
                f"A function called on labels raised {type(error).__name__}: {error}", stacklevel=4
            )
        return event

    def _mine(self, event: Event) -> bool:
        return event.reviewer.casefold() == self.reviewer.casefold()

    def _write(
        self,
        kind: EventKind,
        item_id: str,
        changes: Callable[[Transaction, Item], list[Change]],
        event_id: str | None,
        duration_ms: int,
    ) -> Event:
        made_id = event_id or uuid.uuid4().hex

        def work(tx: Transaction) -> Event:
            if (known := tx.event(made_id)) is not None:
                if known.item_id != item_id or not self._mine(known):
                    raise ConflictError(
                        f"The event id {shown(made_id)} was used for something else."
                    )
                return known
            item = self._item(tx, item_id)
            made = changes(tx, item)
            self.authority.allow(tx, item, made)
            event = self._event(kind, item, made, made_id, duration_ms)
            return apply(tx, item, event, self.versions, self.weight(item.position))

        return self._commit(work)

    def _event(
        self,
        kind: EventKind,
        item: Item,
        changes: list[Change],
        event_id: str,
        duration_ms: int,
        undoes: str | None = None,
    ) -> Event:
        return Event(
            event_id=event_id,
            session_id=self.session_id,
            item_id=item.item_id,
            reviewer=self.reviewer,
            kind=kind,
            changes=changes,
            undoes=undoes,
            duration_ms=duration_ms,
            create_time_ms=self.clock(),
        )

    def _item(self, tx: Transaction, item_id: str) -> Item:
        tx.lock(item_id)
        item = tx.item(item_id)
        if item is None or item.session_id != self.session_id:
            raise self.authority.unknown(item_id)
        return item


def _bounded(text: str, what: str) -> str:
    if len(text) > MAX_NOTE:
        raise InvalidValueError(
            f"{what} has {len(text):,} characters; {MAX_NOTE:,} is the most. Shorten it by {len(text) - MAX_NOTE:,}."
        )
    return text
