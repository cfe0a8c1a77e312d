"""Agents by name, and the turns of a conversation: what an agent was asked and answered, each a trace of its own.

The turns of an item are a tree by `parent_id`: asking again from an earlier turn makes a branch beside the one that is
there. They are only appended. Which branch is shown follows from their order (`shown_path`).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

__all__ = ["TURNS_KEY", "AgentInfo", "Turn", "TurnState", "shown_path"]

TURNS_KEY = "labelwidget.turns"
"""In the metadata of a trace of several turns: a list of `{turn_id, span_id, trace_id}`, in order."""


class AgentInfo(BaseModel):
    """What is kept of an agent. A function is not: it lives in the kernel that registered it.

    Attributes:
        agent_name: Unique in the store.
        model_serving_endpoint: Address of an OpenAI-compatible server or name of its model; None for a Python function.
        created_at: Milliseconds since 1970 (UTC).
        created_by: Who registered it.
    """

    model_config = ConfigDict(frozen=True)

    agent_name: str
    model_serving_endpoint: str | None = None
    created_at: int = 0
    created_by: str = ""


class TurnState(StrEnum):
    """What a turn's row says. A turn has at most one row of each."""

    ORIGIN = "origin"
    """The item's trace as it was added."""
    STARTED = "started"
    """The agent was asked. Without a later row of the same turn, and no call in progress, its answer was lost."""
    OK = "ok"
    """The agent answered."""
    ERROR = "error"
    """It failed, or took too long."""
    STOPPED = "stopped"
    """The reviewer stopped it; what had come is kept."""
    CHOSEN = "chosen"
    """Not a turn: the reviewer went back to the branch that ends with `parent_id`."""


class Turn(BaseModel):
    """One row of a conversation, without the trace.

    Attributes:
        turn_id: Unique among turns; all rows of one turn share it.
        session_id: The session.
        item_id: The item whose conversation it is.
        parent_id: The turn before it; None for an answer to the item's own inputs.
        agent: Name of the agent, or empty.
        state: What the row says.
        beside: A second response for comparison: it never becomes the one shown.
        answered: The turn has an answer; of an origin, that the trace came with a response.
        span_id: The root span of the turn in the item's trace; labels on the turn carry it. Empty without one.
        message: What the reviewer wrote; empty for the item's own inputs.
        request: Preview of the request.
        response: Preview of the response.
        error_type: Class of the error, or empty.
        error_message: Its message, or empty.
        duration_ms: How long the agent took.
        input_tokens: Tokens in, or None.
        output_tokens: Tokens out, or None.
        model_name: The model, or None.
        cost: In the currency that the agent reports, or None.
        created_at: Milliseconds since 1970 (UTC).
        created_by: Who asked.
        seq: Order of saving; 0 before.
    """

    model_config = ConfigDict(frozen=True)

    turn_id: str
    session_id: str
    item_id: str
    parent_id: str | None = None
    agent: str = ""
    state: TurnState
    beside: bool = False
    answered: bool = False
    span_id: str = ""
    message: str = ""
    request: str = ""
    response: str = ""
    error_type: str = ""
    error_message: str = ""
    duration_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    model_name: str | None = None
    cost: float | None = None
    created_at: int = 0
    created_by: str = ""
    seq: int = 0

    @property
    def ended(self) -> bool:
        """Whether there is something to show."""
        return self.state in (TurnState.OK, TurnState.ERROR, TurnState.STOPPED)


def shown_path(rows: Iterable[Turn]) -> list[Turn]:
    """The turns of the branch that is shown, first to last.

    Args:
        rows: Rows of one item in order of saving.

    Returns:
        Ended turns, an origin that came with a response first; empty for an item that has only its inputs.
    """
    turns: dict[str, Turn] = {}
    last: str | None = None
    for row in rows:
        if row.state is TurnState.CHOSEN:
            last = row.parent_id
        elif row.ended or row.state is TurnState.ORIGIN:
            turns[row.turn_id] = row
            if not row.beside and (row.ended or row.answered):
                last = row.turn_id
    path: list[Turn] = []
    while last is not None and (turn := turns.get(last)) is not None and turn not in path:
        path.append(turn)
        last = turn.parent_id
    path.reverse()
    return path
