"""What the browser asks for to show a trace, and what it gets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from labelwidget.content.blocks import Block
from labelwidget.content.spans import SpanDetail, SpanRow
from labelwidget.model import Anchor, Assessment, Item, LabelSchema, Progress, ReviewerItem
from labelwidget.model.event import Event
from labelwidget.widget.protocol.base import MAX_PARTS, EventId, Id, Index, RequestBase, View


class HelloRequest(RequestBase):
    """Asks for everything that the first paint needs, with the first trace."""

    op: Literal["hello"]


class PingRequest(RequestBase):
    """Is the kernel there, and did anything change? Answered by `PingReply`."""

    op: Literal["ping"]


class TraceRequest(RequestBase):
    """Asks for the trace at a queue index."""

    op: Literal["trace"]
    index: Index


class BlocksRequest(RequestBase):
    """Asks for the blocks of a trace from `start` on, as many as a page holds."""

    op: Literal["blocks"]
    item_id: Id
    start: Index


class TextRequest(RequestBase):
    """Asks for a long text by the `ref` of its part; `offset` pages through it. `ref` "raw" is the whole trace as JSON."""

    op: Literal["text"]
    item_id: Id
    ref: Annotated[str, Field(max_length=500)]
    offset: Annotated[int, Field(ge=0)] = 0


class MediaRequest(RequestBase):
    """Asks for the bytes of an inline image or audio; they come as the reply's binary buffer."""

    op: Literal["media"]
    item_id: Id
    ref: Annotated[str, Field(max_length=500)]


class SpansRequest(RequestBase):
    """Asks for the rows of the span tree from `start` on, as many as a page holds."""

    op: Literal["spans"]
    item_id: Id
    start: Index = 0


class FindRequest(RequestBase):
    """Asks which spans hold a text in their names, inputs or outputs, whatever its case."""

    op: Literal["find"]
    item_id: Id
    text: Annotated[str, Field(min_length=1, max_length=500)]


class SpanRequest(RequestBase):
    """Asks for one span's inputs, outputs, attributes and events."""

    op: Literal["span"]
    item_id: Id
    span_id: Annotated[str, Field(max_length=200)]


class MovedRequest(RequestBase):
    """Tells the kernel which trace is shown, for `widget.index` and `widget.trace_id`."""

    op: Literal["moved"]
    index: Index
    item_id: Id


class ModuleRequest(RequestBase):
    """Asks for a further part of the browser side, which is not loaded until it is needed."""

    op: Literal["module"]
    name: Literal["more"]


class PartRequest(RequestBase):
    """A piece of a request that is too large for one message; the pieces joined are the request as JSON text."""

    op: Literal["part"]
    transfer: EventId
    number: Annotated[int, Field(ge=0, lt=MAX_PARTS)]
    count: Annotated[int, Field(ge=1, le=MAX_PARTS)]
    text: str


class Strip(View):
    """The strip: one tick a bin of `size` traces (1 up to 200 traces); counts a bin, all of one length."""

    size: int
    completed: list[int]
    skipped: list[int]
    in_progress: list[int]
    flagged: list[int]


class ReviewerView(View):
    """Who reviews, and whether their labels are taken; `warning` says why not and what to do."""

    name: str
    may_label: bool
    warning: str = ""


class Settings(View):
    """View settings chosen in Python.

    `talk` says that the session has an agent to talk to; `chat` that the conversation is all there is, `saved` (where it is kept)
    or not yet (empty); `echo` that the page writes back the traits it hears of: that is how marimo learns which cells to run
    again.

    `fill`: the widget is the page, and as high as the window below `--lw-above`; `height` does not count.
    """

    height: int
    fill: bool = False
    auto_advance: bool
    keys: dict[str, str] = Field(default_factory=dict)
    suggestions: Literal["before", "after", "off"] = "before"
    talk: bool = False
    echo: bool = False
    chat: bool = False
    saved: str = ""


class AnswerView(View):
    """The reviewer's current answer to a question at a place.

    `outdated` is True when it was given under an earlier version of the question.
    """

    name: str
    value: JsonValue = None
    rationale: str | None = None
    span_id: str | None = None
    anchor: Anchor | None = None
    outdated: bool = False


class HistoryEntry(View):
    """Something that can be undone: the event and where its trace stands in the queue."""

    event: Event
    index: int


class TurnPlace(View):
    """A turn of a conversation that can be labelled by itself.

    Attributes:
        span_id: What answers about it carry; None for the first, which is answered like any trace.
        title: The beginning of what was asked.
    """

    span_id: str | None
    title: str


class TraceReply(View):
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
        others: What other reviewers answer, where this one may see it now: when they are done, or when they resolve.
        next_open: The queue index of the next trace without a decision after this one (wrapping), or None.
        pair: The trace has two responses: `blind` as long as the reviewer has not said which is better and nothing else is told
            of it, then `open`. Ask for them with `pair`.
        turns: The turns of a conversation; empty where there is one.
    """

    index: int
    item: Item
    blocks: list[Block]
    more_blocks: int | None
    provisional: bool = False
    answers: list[AnswerView]
    status: ReviewerItem
    suggestions: list[Assessment]
    others: list[Assessment] = Field(default_factory=list[Assessment])
    next_open: int | None
    pair: Literal["none", "blind", "open"] = "none"
    turns: list[TurnPlace] = Field(default_factory=list["TurnPlace"])


class HelloReply(View):
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


class PingReply(View):
    """`seq` grows when anybody labels in the session; the rest is sent when it changed since the last reply."""

    seq: int
    total: int
    progress: Progress
    strip: Strip


class BlocksReply(View):
    """A page of blocks; `next` is where the next one starts, None at the end."""

    blocks: list[Block]
    next: int | None


class TextReply(View):
    """A piece of a long text; `next_offset` is None at its end. Offsets count characters (Python's)."""

    text: str
    next_offset: int | None
    length: int


class MediaReply(View):
    """The bytes are the message's first binary buffer."""

    mime: str
    size: int


class SpansReply(View):
    """A page of the span tree in reading order; `total` rows in all."""

    spans: list[SpanRow]
    total: int


class FindReply(View):
    """How often each span that holds the text holds it, by its id."""

    counts: dict[str, int]


class SpanReply(View):
    """One span."""

    span: SpanDetail


class MovedReply(View):
    """Whether the trace is this reviewer's to answer now: `taken` says why not, `next` where to go on instead."""

    taken: str = ""
    next: int | None = None


class ModuleReply(View):
    """An ES module as text; `digest` is the SHA-256 of its UTF-8 bytes, by which the page knows its own build."""

    text: str
    digest: str


class PartReply(View):
    """A part has arrived; the whole request is answered under the last part's `req`."""

    received: int
