"""Talking with the agent of the session."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labelwidget.widget.protocol.base import EventId, Id, RequestBase, View


class TalkRequest(RequestBase):
    """Asks for the conversation with the agent about an item. Answered by `TalkReply`, as all requests about it are."""

    op: Literal["talk"]
    item_id: Id


class GenerateRequest(RequestBase):
    """Lets the agent answer the item's own inputs; once more when it did already (both answers are kept)."""

    op: Literal["generate"]
    item_id: Id
    turn_id: EventId


class ChatSendRequest(RequestBase):
    """Goes on after the turn `parent`; where another turn follows it already, this is a branch beside it."""

    op: Literal["chat_send"]
    item_id: Id
    turn_id: EventId
    parent: Id
    text: Annotated[str, Field(min_length=1, max_length=100_000)]


class ChatStopRequest(RequestBase):
    """Ends the answer that is coming; what has come is kept."""

    op: Literal["chat_stop"]
    item_id: Id


class ChatChooseRequest(RequestBase):
    """Shows the branch that ends with a turn."""

    op: Literal["chat_choose"]
    item_id: Id
    turn_id: Id


class TurnView(View):
    """A turn of the conversation about an item.

    Attributes:
        turn_id: The turn.
        span_id: What labels on it carry; None for the first.
        agent: Who answered, or empty.
        message: What the reviewer wrote; the item's request for the first.
        response: The beginning of the answer.
        state: `ok`, `error`, `stopped`, or `origin` for what came with the item.
        error: Why it failed, or empty.
        others: Other turns in its place: the last turns of their branches, for `chat_choose`.
    """

    turn_id: str
    span_id: str | None
    agent: str
    message: str
    response: str
    state: str
    error: str
    others: list[str]


class TalkReply(View):
    """The conversation with the agent about an item.

    Attributes:
        item_id: The item.
        agent: The agent that answers.
        trouble: Why it cannot be asked, with what to do; empty when it can.
        multi_turn: The reviewer may go on after the first answer.
        turns: The branch that is shown, first to last.
        running: The turn that is being answered, or None.
        message: What it answers, when the reviewer wrote it.
        text: What has come of it so far.
        lost: Messages whose answer was lost with their kernel, the newest last.
    """

    item_id: str
    agent: str
    trouble: str
    multi_turn: bool
    turns: list[TurnView]
    running: str | None
    message: str
    text: str
    lost: list[str]
