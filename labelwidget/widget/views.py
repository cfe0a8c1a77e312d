"""What the browser is shown of a review: the replies' larger parts, made from what `review` knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import cast

from labelwidget.content import previews
from labelwidget.model import (
    Assessment,
    AssessmentSource,
    InputPassFail,
    ItemState,
    JsonValue,
    LabelSchema,
    Trace,
)
from labelwidget.model.conversation import turn_parts
from labelwidget.model.event import AnswerChange
from labelwidget.model.json import dumps
from labelwidget.review import Opened, Queue, Review
from labelwidget.store.base import TouchedItem
from labelwidget.widget.own_views import views_of
from labelwidget.widget.pages import first_page
from labelwidget.widget.pairing import pair_of_item, without_names
from labelwidget.widget.protocol import (
    AnswerView,
    Distribution,
    HistoryEntry,
    ResultsReply,
    ReviewerProgress,
    Strip,
    TraceReply,
    TurnPlace,
)

__all__ = [
    "answer_views", "history_entries", "others", "results", "strip", "trace_reply", "turn_places",
]  # fmt: skip

STRIP_TICKS = 200
MAX_TURNS = 200
"""Turns that have a form of their own."""
MAX_TURN_TITLE = 80
TOP_VALUES = 50


def answer_views(
    answers: Iterable[Assessment], questions: Sequence[LabelSchema]
) -> list[AnswerView]:
    """The reviewer's answers, each told whether its question has changed since."""
    versions = {question.name: question.version for question in questions}
    return [
        AnswerView(
            name=answer.name,
            value=answer.value,
            rationale=answer.rationale,
            span_id=answer.span_id,
            anchor=answer.anchor,
            outdated=answer.schema_version is not None
            and answer.schema_version < versions.get(answer.name, 0),
        )
        for answer in answers
    ]


def trace_reply(
    review: Review,
    opened: Opened,
    questions: Sequence[LabelSchema],
    suggestions: Sequence[Assessment],
) -> TraceReply:
    """A trace with everything that its page shows."""
    views = views_of(review.store, review.session_id)
    pair = pair_of_item(review, opened.item.item_id, opened.answers)
    if pair == "blind":
        blocks, more_blocks, provisional = [], None, False
    else:
        blocks, more_blocks, provisional = first_page(opened, views)
    return TraceReply(
        index=opened.index,
        item=without_names(opened.item) if pair == "blind" else opened.item,
        blocks=blocks,
        more_blocks=more_blocks,
        provisional=provisional,
        answers=answer_views(opened.answers, questions),
        status=opened.status,
        suggestions=list(suggestions),
        others=others(review, opened.item.item_id),
        next_open=review.queue.next_open(review.reviewer, opened.index),
        pair=pair,
        # A very long trace is not read whole before its head is shown.
        turns=[] if pair == "blind" or provisional else turn_places(opened.trace),
    )


def turn_places(trace: Trace) -> list[TurnPlace]:
    """The turns of a conversation that are labelled one by one; none where there is one only."""
    parts = turn_parts(trace)
    if len(parts) < 2:
        return []
    return [
        TurnPlace(span_id=part.span_id, title=previews(part.trace).request[:MAX_TURN_TITLE])
        for part in parts[:MAX_TURNS]
    ]


def others(review: Review, item_id: str) -> list[Assessment]:
    """What other reviewers answer about an item, where this one may see it; by number where names are hidden."""
    found = review.others(item_id)
    if not review.hide_names:
        return found
    numbers = {name: n for n, name in enumerate(sorted({a.source.source_id for a in found}), 1)}
    return [
        answer.model_copy(
            update={
                "assessment_id": "",
                "metadata": {},
                "source": AssessmentSource("HUMAN", str(numbers[answer.source.source_id])),
            }
        )
        for answer in found
    ]


def strip(queue: Queue, touched: Iterable[TouchedItem]) -> Strip:
    """One tick a trace up to 200, bins above."""
    total = len(queue)
    size = max(1, -(-total // STRIP_TICKS))
    bins = -(-total // size)
    counts: dict[str, list[int]] = {
        name: [0] * bins for name in ("completed", "skipped", "in_progress", "flagged")
    }
    for item in touched:
        index = queue.index_of(item.position)
        if index is None or index >= total:
            continue
        if item.status.state is not ItemState.PENDING:
            counts[item.status.state.value][index // size] += 1
        counts["flagged"][index // size] += item.status.flagged
    return Strip(size=size, **counts)


def history_entries(review: Review) -> list[HistoryEntry]:
    """What can be undone, with where its trace stands in the queue; traces outside the queue are left out."""
    found: list[HistoryEntry] = []
    for event in review.history():
        item = review.store.item(event.item_id)
        index = None if item is None else review.queue.index_of(item.position)
        if (
            index is not None
            and sum(
                _weight(change.after)
                for change in event.changes
                if isinstance(change, AnswerChange)
            )
            < 20_000
        ):
            found.append(HistoryEntry(event=event, index=index))
    return found


def _weight(value: object) -> int:
    return len(str(value))


def results(review: Review, questions: Sequence[LabelSchema]) -> ResultsReply:
    """How often each answer was given, by all reviewers, and how far each is."""
    columns = review.store.assessment_columns(review.session_id)
    # Who came by a link hears nothing of the others.
    only = review.reviewer.casefold() if review.authority.restricted else None
    given: dict[str, list[JsonValue]] = {}
    for name, value, span_id, anchor, who in zip(
        columns["name"],
        columns["value"],
        columns["span_id"],
        columns["anchor"],
        columns["source_id"],
        strict=True,
    ):
        if only is not None and cast(str, who).casefold() != only:
            continue
        if value is not None and span_id is None and anchor is None:
            given.setdefault(cast(str, name), []).append(value)
    times = _times_on_task(review)
    reviewers = review.store.reviewers(review.session_id)
    if only is not None:
        reviewers = {review.reviewer: review.progress}
    return ResultsReply(
        distributions=[
            _distribution(question, given.get(question.name, [])) for question in questions
        ],
        reviewers=[
            ReviewerProgress(
                name=name,
                progress=progress,
                median_ms=round(median(found)) if (found := times.get(name.casefold())) else None,
                timed=len(times.get(name.casefold(), [])),
            )
            for name, progress in sorted(reviewers.items())
        ],
    )


def _times_on_task(review: Review) -> dict[str, list[int]]:
    """By reviewer, the milliseconds on each trace that was completed with the trace on the page."""
    columns = review.store.status_columns(review.session_id)
    times: dict[str, list[int]] = {}
    for name, state, spent in zip(
        columns["reviewer"], columns["state"], columns["duration_ms"], strict=True
    ):
        if state == "completed" and isinstance(spent, int) and spent > 0:
            times.setdefault(cast(str, name).casefold(), []).append(spent)
    return times


def _distribution(question: LabelSchema, values: list[JsonValue]) -> Distribution:
    counts: Counter[str] = Counter()
    labels: Mapping[bool, str] = {}
    if isinstance(question.input, InputPassFail):
        labels = {True: question.input.positive_label, False: question.input.negative_label}
    for value in values:
        for part in value if isinstance(value, list) else [value]:
            counts[labels[part] if isinstance(part, bool) and labels else _label(part)] += 1
    numbers = [
        value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return Distribution(
        name=question.name,
        title=question.title or question.name,
        n=len(values),
        values=counts.most_common(TOP_VALUES),
        mean=sum(numbers) / len(numbers) if numbers else None,
    )


def _label(value: JsonValue) -> str:
    return value[:200] if isinstance(value, str) else dumps(value).decode("utf-8")[:200]
