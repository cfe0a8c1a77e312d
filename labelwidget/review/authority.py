"""What one reviewer may see and answer: the one place that says it, asked by every read and by every write.

```
authority = Authority(store, session_id, "alice", restricted=True)     # somebody who came by a link
authority.session()                    # NotFoundError: not theirs, in the words of one that does not exist
authority.require_visible(item)
authority.allow(tx, item, changes)     # in the transaction that writes: NotAssignedError
```

In a session that is not shared everybody reviews everything, and `assigned_users` says whose labels are taken. In a shared
one (`session.assign(...)`) an item is for those whom it is assigned to; one that is assigned to nobody is for whoever opens
it first, for as long as they are at it, until as many reviewers as wanted have completed it. `restricted` adds that what is
not theirs cannot be seen at all. Nothing here is ever taken from a message.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from labelwidget.errors import InvalidValueError, NotAssignedError, NotFoundError, shown
from labelwidget.model import Item, ItemState, ReviewerItem, SessionInfo
from labelwidget.model.event import Change, StateChange
from labelwidget.model.resolver import is_resolver, person_behind
from labelwidget.store.base import Store, Transaction
from labelwidget.store.team_store import Closed

__all__ = ["IDLE_SECONDS", "Authority"]

IDLE_SECONDS = 300
"""How long an item that is open to one reviewer stays theirs while they do nothing."""

_DECIDED = (ItemState.COMPLETED, ItemState.SKIPPED)


def _now() -> int:
    return int(time.time() * 1000)


class Authority:
    """One reviewer in one session.

    Args:
        store: Where the session is.
        session_id: The session.
        reviewer: Who; already checked.
        restricted: What is not theirs does not exist for them.
    """

    def __init__(
        self, store: Store, session_id: str, reviewer: str, *, restricted: bool = False
    ) -> None:
        self._store = store
        self._session_id = session_id
        self.reviewer = reviewer
        self.restricted = restricted
        self._person = person_behind(reviewer)
        self._key = reviewer.strip().casefold()
        if restricted and is_resolver(reviewer):
            raise InvalidValueError(
                "Those who were let in by a link review; they do not resolve what others answered."
            )

    # Seeing --------------------------------------------------------------------------------------------------------
    def session(self) -> SessionInfo:
        """The session as it is now.

        Raises:
            NotFoundError: It was deleted, or it is not this restricted reviewer's.
        """
        info = self._store.session(self._session_id)
        if info is None or (self.restricted and not info.may_label(self._person)):
            raise NotFoundError(
                f"Labeling session {shown(self._session_id)} does not exist"
                + (
                    ", or it is not yours."
                    if self.restricted
                    else f" in {self._store.url}. Where it was deleted, restore_labeling_session() brings it back."
                )
            )
        return info

    def queue(self) -> list[int] | None:
        """The positions that are this reviewer's, in ascending order; None for all.

        Raises:
            NotFoundError: See `session`.
        """
        info = self.session()
        if not info.shared or is_resolver(self.reviewer):
            return None
        given = self._store.given_to(self._session_id, self.reviewer)
        # Whoever has nothing to do looks at all of it: the owner, in a notebook.
        return given if given or self.restricted else None

    def unknown(self, item_id: str) -> NotFoundError:
        """The error for an item that is not there, or not for them: the two cannot be told apart."""
        return NotFoundError(f"Session {shown(self.session().name)} has no trace {shown(item_id)}.")

    def require_visible(self, item: Item) -> None:
        """Raise `NotFoundError` when the reviewer may not see the item."""
        if self.restricted and self.hidden([item.position]):
            raise self.unknown(item.item_id)

    def hidden(self, positions: Sequence[int]) -> set[int]:
        """Those of up to 1,000 positions that the reviewer may not see."""
        if not self.restricted or not self.session().shared:
            return set()
        closed = self._closed(positions)
        return {position for position, why in closed.items() if why is Closed.ASSIGNED}

    def shows_others(self, status: ReviewerItem) -> bool:
        """Whether the reviewer may see what others answer about an item: never on a site, else when they are done."""
        if self.restricted:
            return False
        return is_resolver(self.reviewer) or not self.session().blind or status.state in _DECIDED

    # Answering -----------------------------------------------------------------------------------------------------
    def closed(self, positions: Sequence[int]) -> set[int]:
        """Those of up to 1,000 positions that are not for the reviewer now."""
        if is_resolver(self.reviewer) or not self.session().shared:
            return set()
        return set(self._closed(positions))

    def next_free(self, after: int) -> int | None:
        """The first position after another that the reviewer has not decided and that is for them now."""
        info = self.session()
        return self._store.first_free(
            self._session_id,
            self.reviewer,
            after=after,
            required=info.reviews_required,
            now=_now(),
        )

    def allow(self, tx: Transaction, item: Item, changes: Sequence[Change]) -> None:
        """Let changes of an item pass; called in the transaction that makes them.

        Args:
            tx: The transaction.
            item: The item.
            changes: What would change. Answers to an item that is nobody's in particular are taken, even when another
                reviewer has it now; that it is completed only as often as wanted.

        Raises:
            NotAssignedError: The item is not this reviewer's, or enough reviewers have completed it.
            NotFoundError: A restricted reviewer may not even see it.
        """
        info = tx.session(item.session_id)
        if info is None or not info.may_label(self._person):
            # Taken away while the page was open.
            raise NotAssignedError(
                f"{shown(self.reviewer)} is not assigned to this session, so labels are not taken."
            )
        if not info.shared or is_resolver(self.reviewer):
            return
        assignees = tx.assignees(item)
        if assignees:
            if self._key not in assignees:
                if self.restricted:
                    raise self.unknown(item.item_id)
                raise NotAssignedError(
                    f"Trace {item.position + 1} is assigned to {shown(assignees, 300)}, not to {shown(self.reviewer)}."
                )
            return
        completes = any(
            isinstance(change, StateChange) and change.after is ItemState.COMPLETED
            for change in changes
        )
        if completes:
            self._allow_completing(tx, item, info.reviews_required)
        self._go_on(tx, item, changes, info.reviews_required)

    def take(self, item: Item) -> Closed | None:
        """Open an item for this reviewer: reserve it for `IDLE_SECONDS` where it is nobody's.

        Args:
            item: The item, which the reviewer may see.

        Returns:
            None when it is theirs to answer, else why not.
        """
        info = self.session()
        if not info.shared or not info.may_label(self._person) or self._store.read_only:
            return None
        if is_resolver(self.reviewer):
            return None

        def work(tx: Transaction) -> Closed | None:
            tx.lock(item.item_id)
            assignees = tx.assignees(item)
            if assignees:
                return None if self._key in assignees else Closed.ASSIGNED
            if tx.reviewer_item(item.item_id, self.reviewer).state in _DECIDED:
                return None
            done = tx.reviews(item)
            if done >= info.reviews_required:
                return Closed.DONE
            if done + self._others(tx, item) >= info.reviews_required:
                return Closed.RESERVED
            tx.reserve(item, self.reviewer, _now() + IDLE_SECONDS * 1000)
            return None

        return self._store.transact(work)

    def _allow_completing(self, tx: Transaction, item: Item, required: int) -> None:
        done = tx.reviews(item)
        if tx.reviewer_item(item.item_id, self.reviewer).state is ItemState.COMPLETED:
            return
        if done >= required:
            raise NotAssignedError(
                f"Trace {item.position + 1} was completed by {'another reviewer' if required == 1 else 'others'} meanwhile. "
                "What you answered is kept; go on with the next."
            )
        mine = any(
            held.reviewer.strip().casefold() == self._key and held.until > _now()
            for held in tx.reservations(item)
        )
        if not mine and done + self._others(tx, item) >= required:
            raise NotAssignedError(
                f"Another reviewer has opened trace {item.position + 1} meanwhile. What you answered is kept; go on with the next."
            )

    def _go_on(self, tx: Transaction, item: Item, changes: Sequence[Change], required: int) -> None:
        """Whoever saves is at it: the item is theirs for as long again, or free once it is decided."""
        after = [change.after for change in changes if isinstance(change, StateChange)]
        if after and after[-1] in _DECIDED:
            tx.reserve(item, self.reviewer, 0)
            return
        if tx.reviews(item) + self._others(tx, item) < required:
            tx.reserve(item, self.reviewer, _now() + IDLE_SECONDS * 1000)

    def _others(self, tx: Transaction, item: Item) -> int:
        now = _now()
        return sum(
            held.until > now and held.reviewer.strip().casefold() != self._key
            for held in tx.reservations(item)
        )

    def _closed(self, positions: Sequence[int]) -> dict[int, Closed]:
        return self._store.closed_to(
            self._session_id,
            self.reviewer,
            positions,
            required=self.session().reviews_required,
            now=_now(),
        )
