"""What a store can do: one small protocol, the same tests on every implementation.

Reads are plain methods that may be called from any thread. Whatever belongs together is written by one function that
`transact` runs on the store's writer thread inside one durable transaction; when the store is busy the function is run
again, so it does nothing but call its `Transaction`. `transact` returns after COMMIT, or raises with nothing written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from labelwidget.model import (
    Assessment,
    Item,
    JsonValue,
    LabelSchema,
    Progress,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import Event
from labelwidget.store.dataset_store import DatasetStore
from labelwidget.store.invite_store import InviteStore
from labelwidget.store.queue_store import QueueStore
from labelwidget.store.team_store import Reservation, TeamStore
from labelwidget.store.turn_store import TurnStore

__all__ = ["AddResult", "NewItem", "Store", "TouchedItem", "Transaction"]

T = TypeVar("T")


class NewItem(NamedTuple):
    """A trace on its way into a session: the item's narrow row and the payload, both already with the item's own id.

    `item.position` is ignored: the store gives the next free one.
    """

    item: Item
    trace: Trace


class AddResult(NamedTuple):
    """What `add_items` did: items added (with positions), and source ids that were there already."""

    added: list[Item]
    already: list[str]


class TouchedItem(NamedTuple):
    """An item that a reviewer has done something to."""

    position: int
    item_id: str
    status: ReviewerItem


class Transaction(Protocol):
    """The writing side, valid only inside the function that `Store.transact` runs."""

    def event(self, event_id: str) -> Event | None:
        """The event with this id, or None."""
        ...

    def undone_by(self, event_id: str) -> str | None:
        """The id of the undo (or redo) event that is in force against this event, or None."""
        ...

    def append_event(self, event: Event) -> Event:
        """Append an event; returns it with its `seq`."""
        ...

    def session(self, session_id: str) -> SessionInfo | None:
        """The session, deleted ones too, or None."""
        ...

    def schema(self, name: str) -> LabelSchema | None:
        """The newest version of a question, deleted ones too, or None."""
        ...

    def item(self, item_id: str) -> Item | None:
        """The item, or None."""
        ...

    def lock(self, item_id: str) -> None:
        """Keep others from writing about an item until COMMIT; before anything is read that what is written goes by."""
        ...

    def reviewer_item(self, item_id: str, reviewer: str) -> ReviewerItem:
        """Where the reviewer stands; the default when untouched."""
        ...

    def put_reviewer_item(self, item: Item, reviewer: str, status: ReviewerItem) -> None:
        """Replace where the reviewer stands, and keep the counters behind `progress` right."""
        ...

    def current_answer(
        self, item_id: str, reviewer: str, name: str, place: str
    ) -> Assessment | None:
        """The reviewer's valid answer to the question at the place (`model.event.place_of`), or None."""
        ...

    def put_answer(self, item: Item, assessment: Assessment) -> None:
        """Append an assessment; the one that it `overrides` becomes invalid."""
        ...

    def clear_answer(self, assessment_id: str) -> None:
        """Make an assessment invalid without a successor."""
        ...

    def answers_to(self, item_id: str, name: str, place: str) -> list[Assessment]:
        """All reviewers' valid answers to the question at the place."""
        ...

    def assignees(self, item: Item) -> list[str]:
        """Whom the item is assigned to, as `reviewer_key` spells them; empty for nobody in particular."""
        ...

    def reviews(self, item: Item) -> int:
        """How many reviewers have completed the item."""
        ...

    def reservations(self, item: Item) -> list[Reservation]:
        """Who has the item open, those whose time is over too."""
        ...

    def reserve(self, item: Item, reviewer: str, until: int) -> None:
        """Give the item to the reviewer until then (milliseconds since 1970), or take it back with 0."""
        ...


class Store(DatasetStore, TurnStore, QueueStore, TeamStore, InviteStore, Protocol):
    """Where sessions, traces, questions, labels, evaluation datasets, agents, their turns and a team's assignments are kept."""

    @property
    def url(self) -> str:
        """How to open the store again; without any password."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether writing is impossible; reading works."""
        ...

    @property
    def experiment_id(self) -> str:
        """The MLflow experiment that the store belongs to; `"0"` for a store of our own, which has just one."""
        ...

    def new_session_id(self, name: str) -> str:
        """An id for a session that is about to be made: on an MLflow server the id of a new run with this name."""
        ...

    def close(self) -> None:
        """Finish what is being written and let go of the store. Further calls open it again or raise `StoreError`."""
        ...

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one durable transaction on the writer thread and return its result after COMMIT.

        Raises:
            StoreBusyError: Another program held the store for longer than the time-out (about 60 s).
            StoreReadOnlyError: The store cannot be written.
            StoreError: Disk full, input/output error, file replaced or deleted. Nothing was written.
        """
        ...

    # Questions -----------------------------------------------------------------------------------------------------
    def put_schema(self, schema: LabelSchema) -> None:
        """Create the question or add a version of it (same name). A deleted one comes back."""
        ...

    def schema(
        self, name: str, *, version: int | None = None, deleted: bool = False
    ) -> LabelSchema | None:
        """A question by name: the newest version or a given one; `deleted=True` finds deleted ones too."""
        ...

    def schemas(self) -> list[LabelSchema]:
        """All questions that are not deleted, in the order created (an edit keeps the place)."""
        ...

    def delete_schema(self, name: str) -> bool:
        """Hide a question; its versions and labels stay. False when there was none."""
        ...

    def has_answers(self, name: str) -> bool:
        """Whether any reviewer's assessment of this name exists."""
        ...

    # Sessions ------------------------------------------------------------------------------------------------------
    def put_session(self, info: SessionInfo) -> None:
        """Create the session or replace what is known of it (same id)."""
        ...

    def session(self, session_id: str, *, deleted: bool = False) -> SessionInfo | None:
        """A session by id, or None; `deleted=True` finds deleted ones too."""
        ...

    def sessions(self, *, deleted: bool = False) -> list[SessionInfo]:
        """All sessions, newest first; `deleted=True` includes deleted ones."""
        ...

    def purge_session(self, session_id: str) -> None:
        """Remove a session with its items, traces, events and labels for good."""
        ...

    # Items ---------------------------------------------------------------------------------------------------------
    def add_items(self, session_id: str, new: Sequence[NewItem]) -> AddResult:
        """Add traces in one transaction, with their prior assessments; a source trace id already there is skipped."""
        ...

    def count_items(self, session_id: str) -> int:
        """How many items a session has (a kept counter, not a scan)."""
        ...

    def items(self, session_id: str, *, start: int = 0, limit: int = 100) -> list[Item]:
        """A page of items by position."""
        ...

    def item(self, item_id: str) -> Item | None:
        """An item by id, or None."""
        ...

    def item_at(self, session_id: str, position: int) -> Item | None:
        """The item at a position, or None."""
        ...

    def trace(self, item_id: str) -> Trace:
        """The item's trace.

        Raises:
            NotFoundError: No such item.
            StoreCorruptError: The payload does not match its checksum.
        """
        ...

    def trace_start(self, item_id: str) -> Trace | None:
        """The beginning of a long trace, read without the rest of it: its first spans, nothing of what comes after them, and
        not checked as `trace` checks the whole. None when the whole has to be read.
        """
        ...

    def traces(self, session_id: str) -> Iterator[tuple[Item, Trace]]:
        """All traces of a session by position, a page at a time."""
        ...

    # Review --------------------------------------------------------------------------------------------------------
    def reviewer_item(self, item_id: str, reviewer: str) -> ReviewerItem:
        """Where the reviewer stands on the item; the default when untouched."""
        ...

    def touched(self, session_id: str, reviewer: str) -> list[TouchedItem]:
        """The items that the reviewer has touched, by position."""
        ...

    def first_open(self, session_id: str, reviewer: str, *, after: int = -1) -> int | None:
        """The first position after `after` that the reviewer has neither completed nor skipped, or None."""
        ...

    def progress(self, session_id: str, reviewer: str) -> Progress:
        """Counts for one reviewer, without listing items."""
        ...

    def reviewers(self, session_id: str) -> dict[str, Progress]:
        """Counts for every reviewer who has touched the session."""
        ...

    def item_assessments(self, item_id: str) -> list[Assessment]:
        """The valid assessments of an item, prior ones too (their `session_id` is None), in order."""
        ...

    def events(self, session_id: str, reviewer: str, *, limit: int = 200) -> list[Event]:
        """The reviewer's newest events, oldest of them first."""
        ...

    def last_seq(self, session_id: str) -> int:
        """The highest event number of the session: changes when anybody labels (for polling)."""
        ...

    # Columns for frames --------------------------------------------------------------------------------------------
    def item_columns(self, session_id: str) -> dict[str, list[JsonValue]]:
        """Every field of `Item` as a column, by position."""
        ...

    def assessment_columns(
        self, session_id: str, *, everything: bool = False, prior: bool = False
    ) -> dict[str, list[JsonValue]]:
        """Assessments of a session as columns in order of saving.

        Args:
            session_id: The session.
            everything: Overridden and cleared ones too.
            prior: Those that came along with the traces too.

        Returns:
            Columns `assessment_id, item_id, position, source_trace_id, name, kind, value (decoded), rationale,
            source_type, source_id, span_id, anchor, metadata, error, create_time_ms, overrides, valid, schema_version,
            duration_ms, prior`, all of one length.
        """
        ...

    def status_columns(self, session_id: str) -> dict[str, list[JsonValue]]:
        """`item_id, position, reviewer, state, flagged, note, duration_ms, updated_at` of every touched item."""
        ...
