"""Labeling sessions, their items, and where each reviewer stands on each item."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.model.json import Json

__all__ = ["Item", "ItemState", "Progress", "ReviewerItem", "SessionInfo"]


class ItemState(StrEnum):
    """Where a reviewer stands on an item. `declined` of MLflow's review queues is `skipped`."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    SKIPPED = "skipped"


class SessionInfo(BaseModel):
    """What a labeling session is, without its items.

    Attributes:
        session_id: 32 hexadecimal digits (the MLflow store: the run's id).
        name: Any text; several sessions may share it.
        assigned_users: Who may label; empty means anybody. Kept verbatim, compared without case.
        agent: Name of the agent that answers, or None.
        label_schemas: Names of the questions in the order asked.
        enable_multi_turn_chat: The reviewer may continue the conversation.
        custom_inputs: Passed to the agent; JSON.
        reviews_required: How many reviewers complete an item.
        created_at: Milliseconds since 1970 (UTC).
        created_by: Who made it.
        deleted_at: When it was deleted, or None.
        settings: Further settings of the session; JSON.
        shared: Items are given out: an item is for those whom it is assigned to, and one that is assigned to nobody for whoever
            opens it first, until `reviews_required` reviewers have completed it. Else everybody reviews everything.
        blind: Others' answers to an item are shown to a reviewer only after they are done with it.
    """

    model_config = ConfigDict(frozen=True)

    session_id: str
    name: str
    assigned_users: list[str] = Field(default_factory=list)
    agent: str | None = None
    label_schemas: list[str] = Field(default_factory=list)
    enable_multi_turn_chat: bool = False
    custom_inputs: dict[str, Json] | None = None
    reviews_required: int = 1
    created_at: int = 0
    created_by: str = ""
    deleted_at: int | None = None
    settings: dict[str, Json] = Field(default_factory=dict)
    shared: bool = False
    blind: bool = True

    def may_label(self, reviewer: str) -> bool:
        """Whether the reviewer is assigned (without case), or nobody is."""
        return not self.assigned_users or reviewer.strip().casefold() in {
            user.strip().casefold() for user in self.assigned_users
        }


class Item(BaseModel):
    """The narrow row of one item: what lists, the strip and frames need, without the trace's payload.

    Attributes:
        item_id: Also the id of the session's own copy of the trace.
        session_id: The session.
        position: 0-based place in the order added; dense.
        source_trace_id: The id of the trace that was copied.
        title: The request in short, at most 300 characters, one line.
        request: Preview of the request, at most 1,000 characters.
        response: Preview of the response, at most 1,000 characters.
        trace_name: The trace's name.
        trace_state: `OK`, `ERROR`, …
        request_time_ms: Milliseconds since 1970 (UTC), or None.
        duration_ms: Milliseconds, or None.
        input_tokens: Tokens in, or None.
        output_tokens: Tokens out, or None.
        model_name: The model, or None.
        conversation_id: Groups turns, or None.
        span_count: How many spans.
        payload_bytes: Size of the trace as JSON.
        added_at: Milliseconds since 1970 (UTC).
    """

    model_config = ConfigDict(frozen=True)

    item_id: str
    session_id: str
    position: int
    source_trace_id: str
    title: str = ""
    request: str = ""
    response: str = ""
    trace_name: str = ""
    trace_state: str = ""
    request_time_ms: int | None = None
    duration_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    model_name: str | None = None
    conversation_id: str | None = None
    span_count: int = 0
    payload_bytes: int = 0
    added_at: int = 0


class ReviewerItem(BaseModel):
    """Where one reviewer stands on one item.

    Attributes:
        state: Pending until the first saved answer.
        flagged: Marked for a second look.
        note: A free note without a question.
        duration_ms: Time on task so far: visible and focused only.
        updated_at: Milliseconds since 1970 (UTC) of the last change; 0 when there was none.
    """

    model_config = ConfigDict(frozen=True)

    state: ItemState = ItemState.PENDING
    flagged: bool = False
    note: str = ""
    duration_ms: int = 0
    updated_at: int = 0


class Progress(BaseModel):
    """How far a reviewer is with a session; counts of items.

    Attributes:
        total: All items.
        completed: Done.
        skipped: Skipped.
        in_progress: With an answer but not done.
        flagged: Flagged, whatever their state.
    """

    model_config = ConfigDict(frozen=True)

    total: int = 0
    completed: int = 0
    skipped: int = 0
    in_progress: int = 0
    flagged: int = 0

    @property
    def pending(self) -> int:
        """Items not touched yet."""
        return self.total - self.completed - self.skipped - self.in_progress

    @property
    def open(self) -> int:
        """Items that still want a decision."""
        return self.total - self.completed - self.skipped
