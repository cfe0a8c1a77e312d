"""The messages between browser and kernel. The TypeScript types are generated from these models.

The browser sends one request a message, `{v, req, op, …}`, and always gets one reply, `{v, req, ok}` or
`{v, req, error}`. The kernel may also push, `{v, push, …}`. A request is at most `MAX_MESSAGE` bytes; a larger one is
sent as text in numbered `part` messages and handled when the last has come.

Nothing here carries authority: who reviews and what may be seen is the kernel's own knowledge.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter
from pydantic.json_schema import models_json_schema

from labelwidget.content.blocks import Block
from labelwidget.content.spans import SpanDetail, SpanRow
from labelwidget.model import Anchor, Assessment, Item, LabelSchema, Progress, ReviewerItem
from labelwidget.model.event import Event

__all__ = [
    "MAX_EVENTS",
    "MAX_MESSAGE",
    "MAX_PARTS",
    "PROTOCOL_VERSION",
    "Reply",
    "Request",
    "json_schema",
    "parse_request",
]

PROTOCOL_VERSION = 1
MAX_MESSAGE = 256_000
"""Bytes of one message from the browser. Above about 10 MB a notebook server drops messages without a word."""
MAX_PARTS = 64
"""Most parts of one large request: 64 × 200,000 characters hold the longest answer."""
MAX_EVENTS = 50
"""Most events of one `save`."""
MAX_INDICES = 20_000
"""Most traces that are chosen one by one for a bulk action; a filter may choose more."""

Index = Annotated[int, Field(ge=0, le=100_000_000)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
EventId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Name = Annotated[str, Field(min_length=1, max_length=250)]
DurationMs = Annotated[int, Field(ge=0, le=86_400_000)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# Browser → kernel ------------------------------------------------------------------------------------------------------


class _Request(_Message):
    v: Literal[1]
    req: Annotated[str, Field(min_length=1, max_length=64)]


class HelloRequest(_Request):
    """Asks for everything that the first paint needs, with the first trace."""

    op: Literal["hello"]


class PingRequest(_Request):
    """Is the kernel there, and did anything change? Answered by `PingReply`."""

    op: Literal["ping"]


class TraceRequest(_Request):
    """Asks for the trace at a queue index."""

    op: Literal["trace"]
    index: Index


class BlocksRequest(_Request):
    """Asks for the blocks of a trace from `start` on, as many as a page holds."""

    op: Literal["blocks"]
    item_id: Id
    start: Index


class TextRequest(_Request):
    """Asks for a long text by the `ref` of its part; `offset` pages through it. `ref` "raw" is the whole trace as JSON."""

    op: Literal["text"]
    item_id: Id
    ref: Annotated[str, Field(max_length=500)]
    offset: Annotated[int, Field(ge=0)] = 0


class MediaRequest(_Request):
    """Asks for the bytes of an inline image or audio; they come as the reply's binary buffer."""

    op: Literal["media"]
    item_id: Id
    ref: Annotated[str, Field(max_length=500)]


class SpansRequest(_Request):
    """Asks for the rows of the span tree from `start` on, as many as a page holds."""

    op: Literal["spans"]
    item_id: Id
    start: Index = 0


class FindRequest(_Request):
    """Asks which spans hold a text in their names, inputs or outputs, whatever its case."""

    op: Literal["find"]
    item_id: Id
    text: Annotated[str, Field(min_length=1, max_length=500)]


class SpanRequest(_Request):
    """Asks for one span's inputs, outputs, attributes and events."""

    op: Literal["span"]
    item_id: Id
    span_id: Annotated[str, Field(max_length=200)]


class MovedRequest(_Request):
    """Tells the kernel which trace is shown, for `widget.index` and `widget.trace_id`."""

    op: Literal["moved"]
    index: Index
    item_id: Id


class ModuleRequest(_Request):
    """Asks for a further part of the browser side, which is not loaded until it is needed."""

    op: Literal["module"]
    name: Literal["more"]


class PartRequest(_Request):
    """A piece of a request that is too large for one message; the pieces joined are the request as JSON text."""

    op: Literal["part"]
    transfer: EventId
    number: Annotated[int, Field(ge=0, lt=MAX_PARTS)]
    count: Annotated[int, Field(ge=1, le=MAX_PARTS)]
    text: str


class _EventIn(_Message):
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


class SaveRequest(_Request):
    """Events in the order given; each is saved or refused by itself, and resending one is harmless."""

    op: Literal["save"]
    events: Annotated[list[EventIn], Field(min_length=1, max_length=MAX_EVENTS)]


class AnswerFilterIn(_Message):
    """Rows by the reviewer's answer to a question: `is` the value (of a list: holds it), `any` or `none`."""

    name: Name
    how: Literal["is", "any", "none"]
    value: JsonValue = None


class QueueSelectIn(_Message):
    """Which rows: `state` filters by the reviewer's state, flag, note or answers to changed questions; `search` by words
    that all occur in request, response or note; `answer` by an answer.
    """

    state: Literal[
        "all",
        "pending",
        "in_progress",
        "completed",
        "skipped",
        "flagged",
        "open",
        "noted",
        "outdated",
    ] = "all"
    search: Annotated[str, Field(max_length=500)] = ""
    answer: AnswerFilterIn | None = None


class QueueRequest(_Request):
    """Asks for a page of the queue table; `sort` is a column or `answer:<question>`, `-` before it for descending."""

    op: Literal["queue"]
    start: Index = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    select: QueueSelectIn = QueueSelectIn()
    sort: Annotated[str, Field(max_length=260)] = ""


class BulkRequest(_Request):
    """Does one thing to many traces, a batch a request: send it again with the `offset` of the reply until all is done.

    The first request, with `offset` 0, says which: queue `indices`, or all that `select` lets through at that moment.
    `undo` takes back the action `target`. Sending a batch again changes nothing twice.
    """

    op: Literal["bulk"]
    bulk_id: Annotated[str, Field(min_length=8, max_length=50, pattern=r"^[\x21-\x7e]+$")]
    offset: Index = 0
    action: Literal["skip", "done", "reopen", "flag", "unflag", "answer", "undo"]
    name: Annotated[str, Field(max_length=250)] = ""
    value: JsonValue = None
    indices: Annotated[list[Index], Field(max_length=MAX_INDICES)] | None = None
    select: QueueSelectIn | None = None
    target: Annotated[str, Field(max_length=50)] = ""


class ResultsRequest(_Request):
    """Asks for the numbers of the Results tab."""

    op: Literal["results"]


class TalkRequest(_Request):
    """Asks for the conversation with the agent about an item. Answered by `TalkReply`, as all requests about it are."""

    op: Literal["talk"]
    item_id: Id


class GenerateRequest(_Request):
    """Lets the agent answer the item's own inputs; once more when it did already (both answers are kept)."""

    op: Literal["generate"]
    item_id: Id
    turn_id: EventId


class ChatSendRequest(_Request):
    """Goes on after the turn `parent`; where another turn follows it already, this is a branch beside it."""

    op: Literal["chat_send"]
    item_id: Id
    turn_id: EventId
    parent: Id
    text: Annotated[str, Field(min_length=1, max_length=100_000)]


class ChatStopRequest(_Request):
    """Ends the answer that is coming; what has come is kept."""

    op: Literal["chat_stop"]
    item_id: Id


class ChatChooseRequest(_Request):
    """Shows the branch that ends with a turn."""

    op: Literal["chat_choose"]
    item_id: Id
    turn_id: Id


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
    | TalkRequest
    | GenerateRequest
    | ChatSendRequest
    | ChatStopRequest
    | ChatChooseRequest,
    Field(discriminator="op"),
]


# Kernel → browser ------------------------------------------------------------------------------------------------------


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Strip(_View):
    """The strip: one tick a bin of `size` traces (1 up to 200 traces); counts a bin, all of one length."""

    size: int
    completed: list[int]
    skipped: list[int]
    in_progress: list[int]
    flagged: list[int]


class ReviewerView(_View):
    """Who reviews, and whether their labels are taken; `warning` says why not and what to do."""

    name: str
    may_label: bool
    warning: str = ""


class Settings(_View):
    """View settings chosen in Python; `talk` says that the session has an agent to talk to."""

    height: int
    auto_advance: bool
    keys: dict[str, str] = Field(default_factory=dict)
    suggestions: Literal["before", "after", "off"] = "before"
    talk: bool = False


class AnswerView(_View):
    """The reviewer's current answer to a question at a place.

    `outdated` is True when it was given under an earlier version of the question.
    """

    name: str
    value: JsonValue = None
    rationale: str | None = None
    span_id: str | None = None
    anchor: Anchor | None = None
    outdated: bool = False


class HistoryEntry(_View):
    """Something that can be undone: the event and where its trace stands in the queue."""

    event: Event
    index: int


class TraceReply(_View):
    """A trace to show.

    Attributes:
        index: Its place in the queue.
        item: The narrow row: title, duration, tokens and so on.
        blocks: What to read: the first page of it.
        more_blocks: Where the next page starts (`blocks` message), or None when this is all.
        provisional: These blocks are the head of a very long trace; those from 0 on take their place.
        answers: The reviewer's current answers.
        status: State, flag, note, time.
        suggestions: Assessments that came along (judges, earlier labels).
        next_open: The queue index of the next trace without a decision after this one (wrapping), or None.
    """

    index: int
    item: Item
    blocks: list[Block]
    more_blocks: int | None
    provisional: bool = False
    answers: list[AnswerView]
    status: ReviewerItem
    suggestions: list[Assessment]
    next_open: int | None


class HelloReply(_View):
    """Everything for the first paint."""

    session_id: str
    session_name: str
    outbox_key: str
    reviewer: ReviewerView
    questions: list[LabelSchema]
    settings: Settings
    read_only: str
    total: int
    progress: Progress
    strip: Strip
    history: list[HistoryEntry]
    seq: int
    first: TraceReply | None


class PingReply(_View):
    """`seq` grows when anybody labels in the session; the rest is sent when it changed since the last reply."""

    seq: int
    total: int
    progress: Progress
    strip: Strip


class BlocksReply(_View):
    """A page of blocks; `next` is where the next one starts, None at the end."""

    blocks: list[Block]
    next: int | None


class TextReply(_View):
    """A piece of a long text; `next_offset` is None at its end. Offsets count characters (Python's)."""

    text: str
    next_offset: int | None
    length: int


class MediaReply(_View):
    """The bytes are the message's first binary buffer."""

    mime: str
    size: int


class SpansReply(_View):
    """A page of the span tree in reading order; `total` rows in all."""

    spans: list[SpanRow]
    total: int


class FindReply(_View):
    """How often each span that holds the text holds it, by its id."""

    counts: dict[str, int]


class SpanReply(_View):
    """One span."""

    span: SpanDetail


class MovedReply(_View):
    """Nothing to say."""


class ModuleReply(_View):
    """An ES module as text; `digest` is the SHA-256 of its UTF-8 bytes, by which the page knows its own build."""

    text: str
    digest: str


class PartReply(_View):
    """A part has arrived; the whole request is answered under the last part's `req`."""

    received: int


class SavedEvent(_View):
    """What became of one event.

    Attributes:
        event_id: The event.
        saved: It is durable (COMMIT returned). False: refused for good, `code` and `message` say why.
        item_id: Its item.
        status: Where the reviewer stands on the item now.
        answers: The item's answers now, for undo, redo and refusals; None when the browser's own view is right.
    """

    event_id: str
    saved: bool
    item_id: str
    code: str = ""
    message: str = ""
    status: ReviewerItem | None = None
    answers: list[AnswerView] | None = None


class SaveReply(_View):
    """What became of each event, in order; and the progress after them.

    `strip` is None in large sessions: the browser then counts its own changes.
    """

    results: list[SavedEvent]
    progress: Progress
    strip: Strip | None
    seq: int


class QueueRow(_View):
    """A row of the queue table; texts in `answers` are cut to 300 characters, `reviewers` are those who touched it."""

    index: int
    item: Item
    status: ReviewerItem
    answers: dict[str, JsonValue]
    reviewers: list[str]


class QueueReply(_View):
    """A page of the queue table; `counts` gives the number of traces for each filter."""

    start: int
    total: int
    rows: list[QueueRow]
    counts: dict[str, int]


class BulkReply(_View):
    """What became of a batch: `offset` of `total` traces have been looked at so far.

    `changed`, `unchanged` and `refused` count this batch; `reasons` are the first few of the refused.
    """

    bulk_id: str
    total: int
    offset: int
    changed: int
    unchanged: int
    refused: int
    reasons: list[str]
    progress: Progress
    strip: Strip | None
    seq: int


class Distribution(_View):
    """How often each answer to a question was given, by all reviewers; `n` labels in all."""

    name: str
    title: str
    n: int
    values: list[tuple[str, int]]
    mean: float | None = None


class ReviewerProgress(_View):
    """One reviewer's progress; `median_ms` is their time on a trace that they completed, over `timed` of them."""

    name: str
    progress: Progress
    median_ms: int | None = None
    timed: int = 0


class ResultsReply(_View):
    """The numbers of the Results tab."""

    distributions: list[Distribution]
    reviewers: list[ReviewerProgress]


class TurnView(_View):
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


class TalkReply(_View):
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
    | TalkReply
)


class ErrorBody(_View):
    """Why a request was refused; `code` is one of `labelwidget.errors` or `bad_message`, `too_large`, `internal`."""

    code: str
    message: str


class Reply(_View):
    """The answer to a request: exactly one of `ok` and `error`."""

    v: Literal[1] = 1
    req: str
    ok: ReplyBody | None = None
    error: ErrorBody | None = None


class GotoPush(_View):
    """The kernel moves the view (`widget.index = 5`)."""

    v: Literal[1] = 1
    push: Literal["goto"] = "goto"
    index: int


class RefreshPush(_View):
    """Session, queue or questions changed in Python: say hello again."""

    v: Literal[1] = 1
    push: Literal["refresh"] = "refresh"


class ChatPush(_View):
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


class SuggestedPush(_View):
    """A judge of the user's has judged a trace: all suggestions of it; `trouble` says why there are none."""

    v: Literal[1] = 1
    push: Literal["suggested"] = "suggested"
    item_id: str
    suggestions: list[Assessment]
    trouble: str = ""


class ChangedPush(_View):
    """Somebody else labelled in this session, in the same kernel: ping to hear what."""

    v: Literal[1] = 1
    push: Literal["changed"] = "changed"


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
        TalkRequest, GenerateRequest, ChatSendRequest, ChatStopRequest, ChatChooseRequest,
    ]  # fmt: skip
    replies = [
        HelloReply, PingReply, TraceReply, BlocksReply, TextReply, MediaReply, SpansReply, FindReply, SpanReply, MovedReply,
        ModuleReply, PartReply, SaveReply, QueueReply, BulkReply, ResultsReply, Reply, ChangedPush, GotoPush, RefreshPush,
        TalkReply, ChatPush, SuggestedPush,
    ]  # fmt: skip
    pairs = [(model, "validation") for model in requests] + [
        (model, "serialization") for model in replies
    ]
    _, schema = models_json_schema(pairs, title="LabelWidget protocol")  # pyright: ignore[reportArgumentType]
    return schema
