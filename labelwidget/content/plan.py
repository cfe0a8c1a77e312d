"""What is new in a list of messages, and before what that was shown already it belongs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from labelwidget.content.drafts import MessageDraft, ToolDraft, ValueDraft
from labelwidget.content.ledger import FieldOf, Key, Ledger, Unit
from labelwidget.content.message import Message, MessagePart, ToolCall, ToolResult

__all__ = ["SYSTEM_ROLES", "Anchor", "Plan", "Planned"]

SYSTEM_ROLES = ("system", "developer")
"""Roles of prompts that stand first and folded."""

Anchor = MessageDraft | ValueDraft | ToolDraft


@dataclass(slots=True)
class Planned:
    """A new piece of a message on its way into the story.

    Attributes:
        message: The message.
        unit: The piece.
        anchor: What shows the next piece of the list that was shown before.
        is_last: No piece after it was shown before.
    """

    message: Message
    unit: Unit
    anchor: Anchor | None = None
    is_last: bool = False


class Plan:
    """Compares a list of messages with what is shown, piece by piece.

    Attributes:
        new: The new pieces, in order.
        last: What shows the last thing that the assistant says in the list, if it is shown.
        told: Fields of a shown value that turn out to be messages.
    """

    def __init__(self, ledger: Ledger, *, fresh: bool) -> None:
        """Begin a list; `fresh` means that its pieces are new also when equal ones are shown."""
        self.new: list[Planned] = []
        self.last: MessageDraft | None = None
        self.told: list[tuple[FieldOf, Message, list[MessagePart]]] = []
        self._ledger = ledger
        self._fresh = fresh
        self._seen: Counter[Key] = Counter()
        self._unanchored: list[Planned] = []

    def add(self, message: Message, unit: Unit) -> None:
        """Compare the next piece."""
        piece = unit.piece
        if isinstance(piece, ToolCall):
            shown = self._call(message, unit)
        elif isinstance(piece, ToolResult):
            shown = self._ledger.shown_result(unit.key, self._seen)
        else:
            shown = self._body(message, unit, piece)
        if not shown:
            planned = Planned(message, unit)
            self.new.append(planned)
            self._unanchored.append(planned)

    def close(self) -> None:
        """End the list."""
        for planned in self._unanchored:
            planned.is_last = True

    def _call(self, message: Message, unit: Unit) -> bool:
        call = None if self._fresh else self._ledger.shown_call(unit.key, self._seen)
        if call is None:
            return False
        for planned in self._unanchored:
            if planned.message is message:  # what it says besides stands before its call
                planned.anchor = call
        return True

    def _body(self, message: Message, unit: Unit, body: list[MessagePart]) -> bool:
        system = message.role in SYSTEM_ROLES
        # A system prompt that an answer repeats is never new.
        if self._fresh and not system:
            return False
        shown = self._ledger.shown_body(unit.key, self._seen)
        if shown is None:
            return False
        if isinstance(shown, FieldOf):
            self.told.append((shown, message, body))
            shown = shown.draft
        elif message.role == "assistant":
            self.last = shown
        if not system:
            for planned in self._unanchored:
                planned.anchor = planned.anchor or shown
            self._unanchored = []
        return True
