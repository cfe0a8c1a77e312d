"""What a notebook shows of the widget without a kernel: progress, the labels so far, and how to resume.

Notebooks are shared more widely than traces: no trace text goes in unless the user asks for it.
"""

from __future__ import annotations

import html
from typing import Literal

from labelwidget.content.json_text import printable
from labelwidget.errors import shown
from labelwidget.model import InputPassFail, JsonValue, LabelSchema
from labelwidget.model.json import dumps
from labelwidget.review import Review

__all__ = ["Snapshot", "html_snapshot", "text_snapshot"]

Snapshot = Literal["labels", "full", "none"]

MAX_ROWS = 200
MAX_CELL = 200


def text_snapshot(review: Review) -> str:
    """One line: which session, how far, how to go on."""
    progress = review.progress
    return (
        f"Labeling session {shown(review.session.name)}: {progress.completed} of {progress.total} done, {progress.skipped} skipped, "
        f"{progress.flagged} flagged by {shown(review.reviewer)}. Run the cell to go on; session.to_df() reads the labels."
    )


def html_snapshot(review: Review, snapshot: Snapshot) -> str:
    """A table of the labels so far, as inert HTML without script, link or image."""
    parts = [f"<p>{html.escape(text_snapshot(review))}</p>"]
    if snapshot != "none":
        parts.append(_table(review, review.questions, with_text=snapshot == "full"))
    # A lone surrogate in any of it would keep the whole output from the page.
    return printable("<div>" + "".join(parts) + "</div>")


def _table(review: Review, questions: list[LabelSchema], *, with_text: bool) -> str:
    touched = review.touched()
    if not touched:
        return ""
    heads = [
        "#",
        *(["Request", "Response"] if with_text else []),
        "State",
        *(question.title or question.name for question in questions),
    ]
    rows: list[list[str]] = []
    for item in touched[:MAX_ROWS]:
        answers = {
            answer.name: answer
            for answer in review.answers(item.item_id)[0]
            if answer.span_id is None and answer.anchor is None
        }
        texts: list[str] = []
        if with_text and (narrow := review.store.item(item.item_id)) is not None:
            texts = [narrow.request, narrow.response]
        values = [
            _cell(question, answers[question.name].value) if question.name in answers else ""
            for question in questions
        ]
        state = item.status.state.value.replace("_", " ") + (
            ", flagged" if item.status.flagged else ""
        )
        rows.append([str(item.position + 1), *texts, state, *values])
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td dir="auto">{html.escape(text[:MAX_CELL])}</td>' for text in row)
        + "</tr>"
        for row in rows
    )
    more = f"<p>… and {len(touched) - MAX_ROWS} more.</p>" if len(touched) > MAX_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(question: LabelSchema, value: JsonValue) -> str:
    """A value as the form shows it."""
    if isinstance(question.input, InputPassFail) and isinstance(value, bool):
        return question.input.positive_label if value else question.input.negative_label
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_cell(question, part) for part in value)
    return value if isinstance(value, str) else dumps(value).decode("utf-8")
