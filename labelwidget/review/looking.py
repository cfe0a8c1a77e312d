"""What a reviewer sees of a session: the half of `Review` that changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labelwidget.errors import NotAssignedError, NotFoundError, shown
from labelwidget.model import (
    Assessment,
    Item,
    LabelSchema,
    Progress,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import Event
from labelwidget.review.history import undoable
from labelwidget.review.queue import Queue
from labelwidget.review.recent import RecentTraces
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.store.base import Store, TouchedItem

__all__ = ["Looking", "Opened"]


@dataclass(frozen=True)
class Opened:
    """An item as a reviewer sees it."""

    index: int
    item: Item
    trace: Trace
    answers: list[Assessment]
    prior: list[Assessment]
    status: ReviewerItem


class Looking:
    """A reviewer's view of a session: its queue, the traces, the answers given so far."""

    def __init__(
        self,
        store: Store,
        session_id: str,
        reviewer: str | None = None,
        *,
        positions: Iterable[int] | None = None,
    ) -> None:
        """Open a session for a reviewer.

        Args:
            store: Where the session is.
            session_id: The session.
            reviewer: Who reviews; None takes JupyterHub's user or the operating system's.
            positions: The queue, as positions in the session in the order wanted; None for all as added.

        Raises:
            NotFoundError: No such session, or it was deleted.
            InvalidValueError: The reviewer's name is not usable.
        """
        self.store = store
        self.session_id = session_id
        self.reviewer = checked_reviewer(reviewer)
        self.queue = Queue(store, session_id, positions)
        self._recent = RecentTraces(store.trace)
        _ = self.session

    @property
    def session(self) -> SessionInfo:
        """The session as it is now.

        Raises:
            NotFoundError: It was deleted.
        """
        info = self.store.session(self.session_id)
        if info is None:
            raise NotFoundError(
                f"Labeling session {shown(self.session_id)} does not exist in {self.store.url}. "
                "Where it was deleted, restore_labeling_session() brings it back."
            )
        return info

    @property
    def may_label(self) -> bool:
        """Whether this reviewer's labels are taken."""
        return self.session.may_label(self.reviewer)

    @property
    def questions(self) -> list[LabelSchema]:
        """The session's questions in order, each in its newest version; a deleted one still asks."""
        found = (self.store.schema(name, deleted=True) for name in self.session.label_schemas)
        return [schema for schema in found if schema is not None]

    @property
    def progress(self) -> Progress:
        """Counts of items by this reviewer's state."""
        return self.store.progress(self.session_id, self.reviewer)

    def resume(self) -> int | None:
        """The queue index to begin with: the first without a decision, or None when all are decided."""
        return self.queue.next_open(self.reviewer)

    def open(self, index: int) -> Opened:
        """The item at a queue index with its trace and this reviewer's answers.

        Raises:
            NotFoundError: The queue has no such index.
        """
        item = self.store.item_at(self.session_id, self.queue.position(index))
        if item is None:
            raise NotFoundError(f"Trace {index + 1} is no longer in the session.")
        answers, prior = self.answers(item.item_id)
        return Opened(
            index,
            item,
            self._recent.get(item),
            answers,
            prior,
            self.store.reviewer_item(item.item_id, self.reviewer),
        )

    def item(self, item_id: str) -> Item:
        """The item of this session with an id.

        Raises:
            NotFoundError: The session has no such item.
        """
        item = self.store.item(item_id)
        if item is None or item.session_id != self.session_id:
            raise NotFoundError(
                f"Session {shown(self.session.name)} has no trace {shown(item_id)}."
            )
        return item

    def trace(self, item_id: str) -> Trace:
        """The trace of an item of this session."""
        return self._recent.get(self.item(item_id))

    def status(self, item_id: str) -> ReviewerItem:
        """Where this reviewer stands on the item."""
        return self.store.reviewer_item(self.item(item_id).item_id, self.reviewer)

    def answers(self, item_id: str) -> tuple[list[Assessment], list[Assessment]]:
        """This reviewer's current answers, and the assessments that came along with the trace."""
        mine = self.reviewer.casefold()
        own: list[Assessment] = []
        prior: list[Assessment] = []
        for assessment in self.store.item_assessments(item_id):
            if assessment.session_id is None:
                prior.append(assessment)
            elif assessment.source.source_id.casefold() == mine:
                own.append(assessment)
        return own, prior

    def touched(self) -> list[TouchedItem]:
        """The items that this reviewer has done something to."""
        return self.store.touched(self.session_id, self.reviewer)

    def history(self, limit: int = 50) -> list[Event]:
        """What can be undone, the newest last."""
        events = self.store.events(self.session_id, self.reviewer, limit=max(4 * limit, 200))
        return undoable(events)[-limit:]

    def question(self, name: str) -> LabelSchema:
        """The question with a name.

        Raises:
            NotFoundError: The session does not ask it.
        """
        names = self.session.label_schemas
        schema = self.store.schema(name, deleted=True) if name in names else None
        if schema is None:
            raise NotFoundError(
                f"Session {shown(self.session.name)} does not ask {shown(name)}. Its questions: {shown(names, 300)}."
            )
        return schema

    def require_assigned(self) -> None:
        """Raise `NotAssignedError` when this reviewer's labels are not taken."""
        info = self.session
        if not info.may_label(self.reviewer):
            raise NotAssignedError(
                f"{shown(self.reviewer)} is not assigned to session {shown(info.name)}, so labels are not taken. "
                f"Assigned: {shown(info.assigned_users, 300)}. Pass user= with one of these names, or call session.set_assigned_users()."
            )
