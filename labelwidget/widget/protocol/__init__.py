"""The messages between browser and kernel. The TypeScript types are generated from these models.

The browser sends one request a message, `{v, req, op, …}`, and always gets one reply, `{v, req, ok}` or
`{v, req, error}`. The kernel may also push, `{v, push, …}`. A request is at most `MAX_MESSAGE` bytes; a larger one is
sent as text in numbered `part` messages and handled when the last has come.

Nothing here carries authority: who reviews and what may be seen is the kernel's own knowledge.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter
from pydantic.json_schema import models_json_schema

from labelwidget.widget.protocol.base import (
    MAX_EVENTS,
    MAX_INDICES,
    MAX_MESSAGE,
    MAX_PARTS,
    PROTOCOL_VERSION,
    DurationMs,
    EventId,
    Id,
    Index,
    Name,
    View,
)
from labelwidget.widget.protocol.chat import ChatSavedReply, ChatSaveRequest, ChatStartRequest
from labelwidget.widget.protocol.labelling import (
    AnswerIn,
    EventIn,
    FlagIn,
    NoteIn,
    RedoIn,
    SavedEvent,
    SaveReply,
    SaveRequest,
    StateIn,
    UndoIn,
)
from labelwidget.widget.protocol.pairs import PairReply, PairRequest
from labelwidget.widget.protocol.push import (
    ChangedPush,
    ChatPush,
    GotoPush,
    RefreshPush,
    SuggestedPush,
)
from labelwidget.widget.protocol.queue import (
    AnswerFilterIn,
    BulkReply,
    BulkRequest,
    Distribution,
    QueueReply,
    QueueRequest,
    QueueRow,
    QueueSelectIn,
    ResultsReply,
    ResultsRequest,
    ReviewerProgress,
    TagsReply,
    TagsRequest,
)
from labelwidget.widget.protocol.reading import (
    AnswerView,
    BlocksReply,
    BlocksRequest,
    FindReply,
    FindRequest,
    HelloReply,
    HelloRequest,
    HistoryEntry,
    MediaReply,
    MediaRequest,
    ModuleReply,
    ModuleRequest,
    MovedReply,
    MovedRequest,
    PartReply,
    PartRequest,
    PingReply,
    PingRequest,
    ReviewerView,
    Settings,
    SpanReply,
    SpanRequest,
    SpansReply,
    SpansRequest,
    Strip,
    TextReply,
    TextRequest,
    TraceReply,
    TraceRequest,
    TurnPlace,
)
from labelwidget.widget.protocol.talk import (
    ChatChooseRequest,
    ChatSendRequest,
    ChatStopRequest,
    GenerateRequest,
    TalkReply,
    TalkRequest,
    TurnView,
)

__all__ = [
    "MAX_EVENTS",
    "MAX_INDICES",
    "MAX_MESSAGE",
    "MAX_PARTS",
    "PROTOCOL_VERSION",
    "AnswerFilterIn",
    "AnswerIn",
    "AnswerView",
    "BlocksReply",
    "BlocksRequest",
    "BulkReply",
    "BulkRequest",
    "ChangedPush",
    "ChatChooseRequest",
    "ChatPush",
    "ChatSaveRequest",
    "ChatSavedReply",
    "ChatSendRequest",
    "ChatStartRequest",
    "ChatStopRequest",
    "Distribution",
    "DurationMs",
    "ErrorBody",
    "EventId",
    "EventIn",
    "FindReply",
    "FindRequest",
    "FlagIn",
    "GenerateRequest",
    "GotoPush",
    "HelloReply",
    "HelloRequest",
    "HistoryEntry",
    "Id",
    "Index",
    "MediaReply",
    "MediaRequest",
    "ModuleReply",
    "ModuleRequest",
    "MovedReply",
    "MovedRequest",
    "Name",
    "NoteIn",
    "PairReply",
    "PairRequest",
    "PartReply",
    "PartRequest",
    "PingReply",
    "PingRequest",
    "QueueReply",
    "QueueRequest",
    "QueueRow",
    "QueueSelectIn",
    "RedoIn",
    "RefreshPush",
    "Reply",
    "ReplyBody",
    "Request",
    "ResultsReply",
    "ResultsRequest",
    "ReviewerProgress",
    "ReviewerView",
    "SaveReply",
    "SaveRequest",
    "SavedEvent",
    "Settings",
    "SpanReply",
    "SpanRequest",
    "SpansReply",
    "SpansRequest",
    "StateIn",
    "Strip",
    "SuggestedPush",
    "TagsReply",
    "TagsRequest",
    "TalkReply",
    "TalkRequest",
    "TextReply",
    "TextRequest",
    "TraceReply",
    "TraceRequest",
    "TurnPlace",
    "TurnView",
    "UndoIn",
    "json_schema",
    "parse_request",
]

Request = Annotated[
    HelloRequest
    | PingRequest
    | TraceRequest
    | BlocksRequest
    | TextRequest
    | MediaRequest
    | SpansRequest
    | FindRequest
    | SpanRequest
    | MovedRequest
    | ModuleRequest
    | PartRequest
    | SaveRequest
    | QueueRequest
    | BulkRequest
    | ResultsRequest
    | TagsRequest
    | TalkRequest
    | GenerateRequest
    | ChatSendRequest
    | ChatStopRequest
    | ChatChooseRequest
    | PairRequest
    | ChatStartRequest
    | ChatSaveRequest,
    Field(discriminator="op"),
]


ReplyBody = (
    HelloReply
    | PingReply
    | TraceReply
    | BlocksReply
    | TextReply
    | MediaReply
    | SpansReply
    | FindReply
    | SpanReply
    | MovedReply
    | ModuleReply
    | PartReply
    | SaveReply
    | QueueReply
    | BulkReply
    | ResultsReply
    | TagsReply
    | TalkReply
    | PairReply
    | ChatSavedReply
)


class ErrorBody(View):
    """Why a request was refused; `code` is one of `labelwidget.errors` or `bad_message`, `too_large`, `internal`."""

    code: str
    message: str


class Reply(View):
    """The answer to a request: exactly one of `ok` and `error`."""

    v: Literal[1] = 1
    req: str
    ok: ReplyBody | None = None
    error: ErrorBody | None = None


_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


def parse_request(value: object) -> Request:
    """Validate a message from the browser.

    Args:
        value: What came through the comm.

    Returns:
        The request.

    Raises:
        pydantic.ValidationError: The message is not one of ours.
    """
    return _REQUEST.validate_python(value)


def json_schema() -> dict[str, JsonValue]:
    """The JSON schema of all messages, from which the TypeScript types are made.

    Returns:
        A schema with one definition a model, requests by validation and replies by serialization.
    """
    requests = [
        HelloRequest, PingRequest, TraceRequest, BlocksRequest, TextRequest, MediaRequest, SpansRequest, FindRequest,
        SpanRequest, MovedRequest, ModuleRequest, PartRequest, SaveRequest, QueueRequest, BulkRequest, ResultsRequest,
        TalkRequest, GenerateRequest, ChatSendRequest, ChatStopRequest, ChatChooseRequest, PairRequest, ChatStartRequest,
        ChatSaveRequest, TagsRequest,
    ]  # fmt: skip
    replies = [
        HelloReply, PingReply, TraceReply, BlocksReply, TextReply, MediaReply, SpansReply, FindReply, SpanReply, MovedReply,
        ModuleReply, PartReply, SaveReply, QueueReply, BulkReply, ResultsReply, Reply, ChangedPush, GotoPush, RefreshPush,
        TalkReply, ChatPush, SuggestedPush, PairReply, ChatSavedReply, TagsReply,
    ]  # fmt: skip
    pairs = [(model, "validation") for model in requests] + [
        (model, "serialization") for model in replies
    ]
    _, schema = models_json_schema(pairs, title="LabelWidget protocol")  # pyright: ignore[reportArgumentType]
    return schema
