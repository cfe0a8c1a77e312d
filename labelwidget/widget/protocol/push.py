"""What the kernel says unasked."""

from __future__ import annotations

from typing import Literal

from labelwidget.model import Assessment
from labelwidget.widget.protocol.base import View


class GotoPush(View):
    """The kernel moves the view (`widget.index = 5`)."""

    v: Literal[1] = 1
    push: Literal["goto"] = "goto"
    index: int


class RefreshPush(View):
    """Session, queue or questions changed in Python: say hello again."""

    v: Literal[1] = 1
    push: Literal["refresh"] = "refresh"


class ChatPush(View):
    """More of an answer that is coming; at most 20 a second.

    Attributes:
        item_id: The item.
        turn_id: The turn.
        offset: Characters (Python's) that came before `text`; after a gap ask with `talk`.
        text: What came.
        ended: The turn is kept: the trace is another one now.
    """

    v: Literal[1] = 1
    push: Literal["chat"] = "chat"
    item_id: str
    turn_id: str
    offset: int
    text: str
    ended: bool


class SuggestedPush(View):
    """A judge of the user's has judged a trace: all suggestions of it; `trouble` says why there are none."""

    v: Literal[1] = 1
    push: Literal["suggested"] = "suggested"
    item_id: str
    suggestions: list[Assessment]
    trouble: str = ""


class ChangedPush(View):
    """Somebody else labelled in this session, in the same kernel: ping to hear what."""

    v: Literal[1] = 1
    push: Literal["changed"] = "changed"
