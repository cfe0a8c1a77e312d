"""What a store can do for several reviewers: assignments, reservations, disagreements, the history of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from labelwidget.model import Assessment, Item
from labelwidget.model.event import Event

__all__ = ["Closed", "Reservation", "TeamStore"]


class Reservation(NamedTuple):
    """Who has an item open.

    Attributes:
        reviewer: Who, as first spelled.
        until: Milliseconds since 1970; from then on anybody may take it.
    """

    reviewer: str
    until: int


class Closed(StrEnum):
    """Why an item of a shared session is not for a reviewer now."""

    ASSIGNED = "assigned"
    """It is assigned to others."""
    DONE = "done"
    """As many reviewers as wanted have completed it."""
    RESERVED = "reserved"
    """Others have it open."""


class TeamStore(Protocol):
    """Who gets which items of a shared session, and what they made of them."""

    def assignments(self, session_id: str) -> dict[str, list[int]]:
        """The positions assigned to each reviewer, by the reviewer as spelled."""
        ...

    def put_assignments(self, session_id: str, wanted: Mapping[str, Sequence[int]]) -> None:
        """Replace all assignments of a session."""
        ...

    def given_to(self, session_id: str, reviewer: str) -> list[int]:
        """The positions that are the reviewer's or nobody's, in ascending order."""
        ...

    def closed_to(
        self, session_id: str, reviewer: str, positions: Sequence[int], *, required: int, now: int
    ) -> dict[int, Closed]:
        """Those of some positions that are not for the reviewer now.

        Args:
            session_id: The session.
            reviewer: Who asks; what they have open or have completed themselves does not close it.
            positions: At most 1,000.
            required: How many reviewers complete an item.
            now: Milliseconds since 1970.
        """
        ...

    def first_free(
        self, session_id: str, reviewer: str, *, after: int, required: int, now: int
    ) -> int | None:
        """The first position after `after` that the reviewer has not decided and that is for them now; see `closed_to`."""
        ...

    def reservations(self, session_id: str, now: int) -> dict[int, list[Reservation]]:
        """Who has which position open now."""
        ...

    def reviewed_by(self, session_id: str) -> dict[int, list[str]]:
        """By position, the reviewers who have done something to it."""
        ...

    def item_events(self, item_id: str) -> list[Event]:
        """All that reviewers did to an item, in the order of saving."""
        ...

    def item_history(self, item_id: str) -> list[Assessment]:
        """Every answer ever given to an item, overridden and cleared ones too, in the order of saving."""
        ...

    def items_of_trace(self, trace_id: str) -> list[Item]:
        """The items whose own id, or whose source's, this is."""
        ...
