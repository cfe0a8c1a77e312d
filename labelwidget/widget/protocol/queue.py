"""The tabs Queue and Results: pages of traces, bulk actions, figures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from labelwidget.model import Item, Progress, ReviewerItem
from labelwidget.widget.protocol.base import MAX_INDICES, Index, Message, Name, RequestBase, View
from labelwidget.widget.protocol.reading import Strip


class AnswerFilterIn(Message):
    """Rows by the reviewer's answer to a question: `is` the value (of a list: holds it), `any` or `none`."""

    name: Name
    how: Literal["is", "any", "none"]
    value: JsonValue = None


class QueueSelectIn(Message):
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


class QueueRequest(RequestBase):
    """Asks for a page of the queue table; `sort` is a column or `answer:<question>`, `-` before it for descending."""

    op: Literal["queue"]
    start: Index = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    select: QueueSelectIn = QueueSelectIn()
    sort: Annotated[str, Field(max_length=260)] = ""


class BulkRequest(RequestBase):
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


class TagsRequest(RequestBase):
    """Asks for the tags that the notes of the session hold, for the completion of one that is typed."""

    op: Literal["tags"]


class TagsReply(View):
    """Tags without their `#`, the most frequent first, with how many notes have each."""

    tags: list[tuple[str, int]]


class ResultsRequest(RequestBase):
    """Asks for the numbers of the Results tab."""

    op: Literal["results"]


class QueueRow(View):
    """A row of the queue table; texts in `answers` are cut to 300 characters, `reviewers` are those who touched it."""

    index: int
    item: Item
    status: ReviewerItem
    answers: dict[str, JsonValue]
    reviewers: list[str]


class QueueReply(View):
    """A page of the queue table; `counts` gives the number of traces for each filter."""

    start: int
    total: int
    rows: list[QueueRow]
    counts: dict[str, int]


class BulkReply(View):
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


class Distribution(View):
    """How often each answer to a question was given, by all reviewers; `n` labels in all."""

    name: str
    title: str
    n: int
    values: list[tuple[str, int]]
    mean: float | None = None


class ReviewerProgress(View):
    """One reviewer's progress; `median_ms` is their time on a trace that they completed, over `timed` of them."""

    name: str
    progress: Progress
    median_ms: int | None = None
    timed: int = 0


class ResultsReply(View):
    """The numbers of the Results tab."""

    distributions: list[Distribution]
    reviewers: list[ReviewerProgress]
