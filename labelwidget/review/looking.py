"""What a reviewer sees of a session: the half of `Review` that changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labelwidget.errors import NotAssignedError, NotFoundError, shown
from labelwidget.model import (
    Anchor,
    Assessment,
    Item,
    LabelSchema,
    Progress,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import Event
from labelwidget.model.resolver import is_resolver, resolver_name
from labelwidget.review.authority import Authority
from labelwidget.review.disagreeing import disagreements
from labelwidget.review.history import undoable
from labelwidget.review.places import FIRST_ERROR, first_error_schema, range_of
from labelwidget.review.queue import Queue
from labelwidget.review.recent import RecentTraces
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.store.base import Store, TouchedItem

__all__ = ["Looking", "Opened"]

_TRIES = 20
"""Of how many items in a row others may have been faster."""


@dataclass(frozen=True)
class Opened:
    """An item as a reviewer sees it. Its trace is read when it is asked for."""

    index: int
    item: Item
    answers: list[Assessment]
    prior: list[Assessment]
    status: ReviewerItem
    store: Store
    recent: RecentTraces

    @property
    def trace(self) -> Trace:
        """The whole trace."""
        return self.recent.get(self.item)

    @property
    def start(self) -> Trace | None:
        """The beginning of a trace that was not read yet (`Store.trace_start`), else None."""
        known = self.recent.kept(self.item) is not None
        return None if known else self.store.trace_start(self.item.item_id)


class Looking:
    """A reviewer's view of a session: its queue, the traces, the answers given so far.

    Attributes:
        versions: The versions of questions that are answered, where they are not the newest: answers that were given
            elsewhere before a question changed.
    """

    def __init__(
        self,
        store: Store,
        session_id: str,
        reviewer: str | None = None,
        *,
        positions: Iterable[int] | None = None,
        restricted: bool = False,
        resolve: bool = False,
        hide_names: bool = False,
    ) -> None:
        """Open a session for a reviewer.

        Args:
            store: Where the session is.
            session_id: The session.
            reviewer: Who reviews; None takes JupyterHub's user or the operating system's.
            positions: The queue, as positions in the session in the order wanted; None for all that are the reviewer's, as
                added.
            restricted: See and answer only what is the reviewer's: for those who were let in by a link. Without it
                everything may be looked at, as in one's own notebook.
            resolve: Resolve what reviewers answered differently: the queue is the traces on which they disagree, their answers
                are shown, and what is answered is a resolution that names theirs.
            hide_names: Whoever shows others' answers is to leave out whose they are.

        Raises:
            NotFoundError: No such session, or it was deleted, or a restricted reviewer is not assigned to it.
            InvalidValueError: The reviewer's name is not usable.
        """
        self.store = store
        self.session_id = session_id
        self.hide_names = hide_names
        self.person = checked_reviewer(reviewer)
        self.reviewer = resolver_name(self.person) if resolve else self.person
        self.authority = Authority(store, session_id, self.reviewer, restricted=restricted)
        if resolve and positions is None:
            found = disagreements(store, self.authority.session())
            positions = [one.position for one in found]
        self._own: int | None = None
        self.choose(positions)
        self._recent = RecentTraces(store.trace)
        self.versions: Mapping[str, int] = {}

    @property
    def session(self) -> SessionInfo:
        """The session as it is now.

        Raises:
            NotFoundError: It was deleted.
        """
        return self.authority.session()

    @property
    def may_label(self) -> bool:
        """Whether this reviewer's labels are taken."""
        return self.session.may_label(self.person)

    @property
    def questions(self) -> list[LabelSchema]:
        """The session's questions in order, each in its newest version; a deleted one still asks."""
        found = (self.store.schema(name, deleted=True) for name in self.session.label_schemas)
        return [schema for schema in found if schema is not None]

    @property
    def progress(self) -> Progress:
        """Counts of items by this reviewer's state, of those that are theirs."""
        counts = self.store.progress(self.session_id, self.reviewer)
        total = len(self.queue) if self.resolves else self._own
        return counts if total is None else counts.model_copy(update={"total": total})

    @property
    def resolves(self) -> bool:
        """Whether this is about resolving what others answered differently."""
        return is_resolver(self.reviewer)

    def resume(self) -> int | None:
        """The queue index to begin with: the first without a decision, or None when all are decided."""
        return self.queue.next_open(self.reviewer)

    def begin(self) -> int | None:
        """As `resume`; the item is reserved for this reviewer where the session is shared."""
        index = self.resume()
        for _ in range(_TRIES):
            if index is None:
                return None
            item = self.store.item_at(self.session_id, self.queue.position(index))
            if item is None or self.authority.take(item) is None:
                return index
            index = self.queue.next_open(self.reviewer, index)
        return index

    def weight(self, position: int) -> float:
        """How many traces the one at a position stands for: 1.0 but in a sample."""
        return self._weights.get(position, 1.0)

    def renew(self) -> None:
        """Look anew at what is the reviewer's, after traces were added or assigned; a chosen queue stays."""
        if not self._chosen:
            self.choose(None)

    def choose(
        self, positions: Iterable[int] | None, weights: Mapping[int, float] | None = None
    ) -> None:
        """Make some positions the queue, in this order; None for all that are the reviewer's.

        Args:
            positions: Positions in the session.
            weights: Of a sample, by position: how many traces each stands for. Kept with each answer.
        """
        self._weights = {one: weight for one, weight in (weights or {}).items() if weight != 1.0}
        given = self.authority.queue()
        self._chosen = positions is not None
        free = None
        if positions is None:
            positions = given
            free = None if given is None else self.authority.next_free
        elif given is not None and self.authority.restricted:
            allowed = set(given)
            positions = [position for position in positions if position in allowed]
        self._own = None if given is None else len(given)
        self.queue = Queue(self.store, self.session_id, positions, self.authority.closed, free)

    def open(self, index: int) -> Opened:
        """The item at a queue index with its trace and this reviewer's answers.

        Raises:
            NotFoundError: The queue has no such index.
        """
        item = self.store.item_at(self.session_id, self.queue.position(index))
        if item is None:
            raise NotFoundError(f"Trace {index + 1} is no longer in the session.")
        self.authority.require_visible(item)
        answers, prior = self.answers(item.item_id)
        return Opened(
            index,
            item,
            answers,
            prior,
            self.store.reviewer_item(item.item_id, self.reviewer),
            self.store,
            self._recent,
        )

    def item(self, item_id: str) -> Item:
        """The item of this session with an id.

        Raises:
            NotFoundError: The session has no such item.
        """
        item = self.store.item(item_id)
        if item is None or item.session_id != self.session_id:
            raise self.authority.unknown(item_id)
        self.authority.require_visible(item)
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

    def others(self, item_id: str) -> list[Assessment]:
        """What other reviewers answer about the item, where this reviewer may see it now; see `SessionInfo.blind`."""
        item = self.item(item_id)
        if not self.authority.shows_others(self.store.reviewer_item(item_id, self.reviewer)):
            return []
        mine = self.reviewer.casefold()
        return [
            answer
            for answer in self.store.item_assessments(item.item_id)
            if answer.session_id is not None and answer.source.source_id.casefold() != mine
        ]

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
        if name == FIRST_ERROR and name not in names:
            return first_error_schema(self.store)
        version = self.versions.get(name)
        schema = self.store.schema(name, version=version, deleted=True) if name in names else None
        if schema is None:
            raise NotFoundError(
                f"Session {shown(self.session.name)} does not ask {shown(name)}. Its questions: {shown(names, 300)}."
            )
        return schema

    def anchor(self, item_id: str, quote: str) -> Anchor:
        """The first range of an item's conversation that holds a text, to label it.

        Args:
            item_id: The item.
            quote: The text as it was written, Markdown marks too.

        Raises:
            NotFoundError: No text of the conversation holds it.
        """
        return range_of(self.trace(item_id), quote)

    def require_assigned(self) -> None:
        """Raise `NotAssignedError` when this reviewer's labels are not taken."""
        info = self.session
        if not info.may_label(self.person):
            raise NotAssignedError(
                f"{shown(self.person)} is not assigned to session {shown(info.name)}, so labels are not taken. "
                f"Assigned: {shown(info.assigned_users, 300)}. Pass user= with one of these names, or call session.set_assigned_users()."
            )
