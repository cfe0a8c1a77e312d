"""Events: what a reviewer did, once, with what was there before, so that it can be undone at any time.

An event is made in the browser (or by `review.Review`) with an id of its own; a store keeps it once, however often it is
sent. What it changed is a list of changes with the state before and after; undoing writes a new event with the changes
turned round, and redoing undoes the undo. Events are appended, never edited.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.model.assessment import Anchor
from labelwidget.model.json import Json
from labelwidget.model.session import ItemState

__all__ = [
    "AnswerChange",
    "AnswerValue",
    "Change",
    "Event",
    "EventKind",
    "FlagChange",
    "NoteChange",
    "StateChange",
    "place_of",
]

EventKind = Literal["answer", "state", "flag", "note", "undo", "redo"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerValue(_Record):
    """An answer and its rationale; the value is None while there is only a rationale."""

    value: Json = None
    rationale: str | None = None


class AnswerChange(_Record):
    """The answer to one question at one place; None where there is no answer."""

    kind: Literal["answer"] = "answer"
    name: str
    span_id: str | None = None
    anchor: Anchor | None = None
    before: AnswerValue | None = None
    after: AnswerValue | None = None


class StateChange(_Record):
    """The reviewer's state of the item."""

    kind: Literal["state"] = "state"
    before: ItemState
    after: ItemState


class FlagChange(_Record):
    """The reviewer's flag on the item."""

    kind: Literal["flag"] = "flag"
    before: bool
    after: bool


class NoteChange(_Record):
    """The reviewer's free note on the item."""

    kind: Literal["note"] = "note"
    before: str
    after: str


Change = Annotated[
    AnswerChange | StateChange | FlagChange | NoteChange, Field(discriminator="kind")
]


class Event(_Record):
    """One thing that a reviewer did to one item.

    Attributes:
        event_id: Made by whoever did it; 1–64 printable characters; the store keeps one event an id.
        session_id: The session.
        item_id: The item.
        reviewer: Who did it.
        kind: What it was; `undo` and `redo` name their target in `undoes`.
        changes: What changed, in order; empty when nothing did (a resent or repeated choice).
        undoes: For `undo` the event undone; for `redo` the undo that is taken back.
        duration_ms: Time on task that came with it.
        create_time_ms: Milliseconds since 1970 (UTC).
        seq: The store's own order; 0 until stored.
    """

    event_id: str
    session_id: str
    item_id: str
    reviewer: str
    kind: EventKind
    changes: list[Change] = Field(default_factory=list[Change])
    undoes: str | None = None
    duration_ms: int = 0
    create_time_ms: int = 0
    seq: int = 0


def place_of(span_id: str | None, anchor: Anchor | None) -> str:
    """Where an answer stands: one current answer for each question, reviewer and place.

    Args:
        span_id: The span, or None for the whole trace.
        anchor: The range of text, or None.

    Returns:
        Empty for the whole trace; else a text that is equal for equal places.
    """
    if anchor is not None:
        part = f":{anchor.part}" if anchor.part else ""
        return f"range:{span_id or ''}:{anchor.block_id}:{anchor.start}:{anchor.end}{part}"
    return f"span:{span_id}" if span_id else ""
