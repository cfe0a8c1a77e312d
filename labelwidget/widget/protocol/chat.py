"""A conversation on its own, before there is a session (`ChatWidget`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labelwidget.widget.protocol.base import EventId, Name, RequestBase, View


class ChatStartRequest(RequestBase):
    """Begins a conversation. Answered by `TalkReply`, about the item that it made."""

    op: Literal["chat_start"]
    turn_id: EventId
    text: Annotated[str, Field(min_length=1, max_length=100_000)]


class ChatSaveRequest(RequestBase):
    """Keeps the conversations as a labeling session. Answered by `ChatSavedReply`."""

    op: Literal["chat_save"]
    name: Name


class ChatSavedReply(View):
    """The conversations are kept; the widget goes on in the session: say hello again."""

    name: str
