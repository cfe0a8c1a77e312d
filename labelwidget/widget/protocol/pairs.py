"""Two responses side by side."""

from __future__ import annotations

from typing import Literal

from labelwidget.widget.protocol.base import Id, RequestBase, View


class PairRequest(RequestBase):
    """Asks for the two responses of an item. Answered by `PairReply`."""

    op: Literal["pair"]
    item_id: Id


class PairReply(View):
    """Two responses in the order in which they are shown.

    Attributes:
        item_id: The item.
        asked: What was asked: role and text of each message.
        first: The beginning of what stands first.
        second: The beginning of what stands second.
        length: Characters of each, in this order.
        names: Whose they are; None until this reviewer has said which is better.
        said: What the reviewer preferred, in words; empty before.
    """

    item_id: str
    asked: list[tuple[str, str]]
    first: str
    second: str
    length: tuple[int, int]
    names: tuple[str, str] | None
    said: str
