"""What a store can do for the queue table: ordered, filtered, searched pages of a session of any size.

An answer costs the same for 100 traces and for 100,000 of them: it reads narrow rows kept for this, never a trace, and
hands out one page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from labelwidget.model import Item, JsonValue, ReviewerItem

__all__ = [
    "QUEUE_SORTS",
    "AnswerFilter",
    "QueueFilter",
    "QueuePage",
    "QueueRow",
    "QueueState",
    "QueueStore",
]

QueueState = Literal[
    "all",
    "open",
    "pending",
    "in_progress",
    "completed",
    "skipped",
    "flagged",
    "noted",
    "outdated",
]

QUEUE_SORTS = (
    "title",
    "response",
    "trace_name",
    "trace_state",
    "model_name",
    "request_time_ms",
    "duration_ms",
    "input_tokens",
    "output_tokens",
    "span_count",
    "state",
    "time_on_task",
    "reviewed_at",
)
"""What a queue can be sorted by, beside `answer:<question>`."""


class AnswerFilter(NamedTuple):
    """Items by the reviewer's answer to a question about the whole trace.

    Attributes:
        name: The question.
        how: `is` the value (of a list: holds it), `any` answer, or `none`.
        value: For `is`.
    """

    name: str
    how: Literal["is", "any", "none"]
    value: JsonValue = None


@dataclass(frozen=True)
class QueueFilter:
    """Which items of a session, in which order.

    Attributes:
        session_id: The session.
        reviewer: Whose states, flags, notes and answers count.
        state: `open` has no decision yet; `noted` has a note; `outdated` has an answer to an earlier version of a
            question, see `versions`.
        search: Words that all occur in request, response, names or this reviewer's note, each as the beginning of a
            word; `"several words"` in quotes stand together.
        answer: Only items with (or without) an answer.
        sort: One of `QUEUE_SORTS` or `answer:<question>`, `-` before it for descending; empty for the order of the queue.
            Items without a value come last.
        positions: The queue as positions in order, or None for all as added.
        versions: The newest version of each question, for `outdated`.
    """

    session_id: str
    reviewer: str
    state: QueueState = "all"
    search: str = ""
    answer: AnswerFilter | None = None
    sort: str = ""
    positions: Sequence[int] | None = None
    versions: Mapping[str, int] = field(default_factory=dict[str, int])


class QueuePage(NamedTuple):
    """A page of positions in the order asked for, and how many the filter lets through in all."""

    total: int
    positions: list[int]


class QueueRow(NamedTuple):
    """A row of the queue table: the item, where the reviewer stands, their answers about the whole trace, and the
    reviewers who have done something to it.
    """

    item: Item
    status: ReviewerItem
    answers: dict[str, JsonValue]
    reviewers: list[str]


class QueueStore(Protocol):
    """Pages of the queue table."""

    def search(self, session_id: str, text: str, reviewer: str | None = None) -> list[int]:
        """The positions of the items in which all words of a text occur.

        Args:
            session_id: The session.
            text: Words, each taken as the beginning of a word, without case; `"several words"` in quotes stand together, and
                `#late` finds the notes with a tag that begins so.
            reviewer: Search this reviewer's notes too.

        Returns:
            Positions in ascending order. Searched are the title, request and response in short (1,000 characters each),
            the trace's name and its source id.
        """
        ...

    def tags(self, session_id: str, reviewer: str | None = None) -> dict[str, int]:
        """The tags in the notes of a reviewer, or of all, the most frequent first, with how many notes have each."""
        ...

    def queue_page(self, wanted: QueueFilter, *, start: int = 0, limit: int = 100) -> QueuePage:
        """A page of the positions that a filter lets through, in its order.

        Raises:
            InvalidValueError: An unknown column to sort by.
        """
        ...

    def queue_rows(
        self, session_id: str, reviewer: str, positions: Sequence[int]
    ) -> list[QueueRow]:
        """The rows at some positions, in the order of the positions; at most 1,000."""
        ...

    def queue_counts(
        self,
        session_id: str,
        reviewer: str,
        *,
        positions: Sequence[int] | None = None,
        versions: Mapping[str, int],
    ) -> dict[str, int]:
        """How many items each `QueueState` lets through."""
        ...
