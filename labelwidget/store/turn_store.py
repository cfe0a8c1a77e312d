"""What a store can do with agents' names and with the turns of conversations. Turns are only appended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from labelwidget.model import Item, Trace
from labelwidget.model.turn import AgentInfo, Turn

__all__ = ["NewTurn", "ShownItem", "TurnStore"]


class NewTurn(NamedTuple):
    """A row on its way into the store, with the turn's trace where it has one."""

    turn: Turn
    trace: Trace | None = None


class ShownItem(NamedTuple):
    """What an item shows from now on: its narrow row and its trace, made of turns that are kept."""

    item: Item
    trace: Trace


class TurnStore(Protocol):
    """Where agents' names and turns are kept."""

    def put_agent(self, info: AgentInfo) -> None:
        """Create the agent or replace what is known of it (same name)."""
        ...

    def agent(self, name: str) -> AgentInfo | None:
        """An agent by name, or None."""
        ...

    def agents(self) -> list[AgentInfo]:
        """All agents in the order created."""
        ...

    def delete_agent(self, name: str) -> bool:
        """Forget an agent; the turns that it made stay. False when there was none."""
        ...

    def add_turns(self, new: Sequence[NewTurn], shown: ShownItem | None = None) -> None:
        """Append rows and show an item anew, in one transaction. A row (turn and state) that is there is skipped.

        Raises:
            NotFoundError: The item was removed with its session.
        """
        ...

    def turns(self, session_id: str, item_id: str | None = None) -> list[Turn]:
        """The rows of a session, or of one item, in order of saving; without traces."""
        ...

    def turn_trace(self, turn_id: str) -> Trace:
        """The trace of a turn that ended, or of an origin.

        Raises:
            NotFoundError: No such turn.
            StoreCorruptError: The payload does not match its checksum.
        """
        ...
