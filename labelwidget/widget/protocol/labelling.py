"""What a reviewer does, on its way into the store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from labelwidget.model import Anchor, Assessment, Progress, ReviewerItem
from labelwidget.widget.protocol.base import (
    MAX_EVENTS,
    DurationMs,
    EventId,
    Id,
    Message,
    Name,
    RequestBase,
    View,
)
from labelwidget.widget.protocol.reading import AnswerView, Strip


class _EventIn(Message):
    event_id: EventId
    item_id: Id
    duration_ms: DurationMs = 0


class AnswerIn(_EventIn):
    """An answer; value and rationale both None clears it."""

    kind: Literal["answer"]
    name: Name
    value: JsonValue = None
    rationale: str | None = None
    span_id: Annotated[str, Field(max_length=200)] | None = None
    anchor: Anchor | None = None


class StateIn(_EventIn):
    """Done, skipped, or open again."""

    kind: Literal["state"]
    state: Literal["pending", "in_progress", "completed", "skipped"]


class FlagIn(_EventIn):
    """Flagged for a second look, or not."""

    kind: Literal["flag"]
    flagged: bool


class NoteIn(_EventIn):
    """The free note; empty removes it."""

    kind: Literal["note"]
    text: str


class UndoIn(_EventIn):
    """Takes back the event `target`, whose item is `item_id`."""

    kind: Literal["undo"]
    target: EventId


class RedoIn(_EventIn):
    """Takes back the undo `target` (the undo event's id)."""

    kind: Literal["redo"]
    target: EventId


EventIn = Annotated[
    AnswerIn | StateIn | FlagIn | NoteIn | UndoIn | RedoIn, Field(discriminator="kind")
]


class SaveRequest(RequestBase):
    """Events in the order given; each is saved or refused by itself, and resending one is harmless."""

    op: Literal["save"]
    events: Annotated[list[EventIn], Field(min_length=1, max_length=MAX_EVENTS)]


class SavedEvent(View):
    """What became of one event.

    Attributes:
        event_id: The event.
        saved: It is durable (COMMIT returned). False: refused for good, `code` and `message` say why.
        item_id: Its item.
        status: Where the reviewer stands on the item now.
        answers: The item's answers now, for undo, redo and refusals; None when the browser's own view is right.
        others: What other reviewers answer, when the event decided the item or opened it again; else None.
    """

    event_id: str
    saved: bool
    item_id: str
    code: str = ""
    message: str = ""
    status: ReviewerItem | None = None
    answers: list[AnswerView] | None = None
    others: list[Assessment] | None = None


class SaveReply(View):
    """What became of each event, in order; and the progress after them.

    `strip` is None in large sessions: the browser then counts its own changes.
    """

    results: list[SavedEvent]
    progress: Progress
    strip: Strip | None
    seq: int
