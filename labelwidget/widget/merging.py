"""`session.merge`: the answers that came back from an exported page, replayed as if they had been given in the widget.

The file comes by mail, so nothing of it is believed: it is bounded, every row is checked by the same strict models and the same
rules as a message of the widget, and who answered is not what the file says but whom the page was made for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from labelwidget.errors import InvalidValueError, LabelWidgetError, NotFoundError, StoreError, shown
from labelwidget.model import SessionInfo
from labelwidget.model.json import checked_json, loads
from labelwidget.readers import Refusal
from labelwidget.review import Review
from labelwidget.review.invitations import MAX_TOKEN, checked_invite, require_may_label
from labelwidget.review.rules import now_ms
from labelwidget.store.base import Store
from labelwidget.widget import protocol as p
from labelwidget.widget.handlers import apply_event

__all__ = ["MAX_ANSWERS_BYTES", "MergeReport", "merge_answers"]

MAX_ANSWERS_BYTES = 64_000_000
MAX_ANSWER_EVENTS = 500_000
_MAX_DEPTH = 12
_MAX_REFUSALS = 1_000
_Milliseconds = Annotated[int, Field(ge=0, le=10_000_000_000_000)]
_EVENT: TypeAdapter[p.EventIn] = TypeAdapter(p.EventIn)


class MergeReport(BaseModel):
    """What a `merge` did; an event is one thing that the reviewer did: an answer, done, a skip, a flag, a note, an undo.

    Attributes:
        reviewer: Whose answers they are.
        merged: Events that are new here.
        already_there: Events that an earlier merge, of this file or of an earlier one of the same page, brought.
        refused: The bad ones with their place in the file and the reason; the first 1,000.
        refused_count: How many were refused.
    """

    model_config = ConfigDict(frozen=True)

    reviewer: str
    merged: int = 0
    already_there: int = 0
    refused: list[Refusal] = Field(default_factory=list[Refusal])
    refused_count: int = 0

    def __str__(self) -> str:
        """A line for people, with the first reasons."""
        line = (
            f"{shown(self.reviewer)}: {self.merged:,} merged, {self.already_there:,} already there, "
            f"{self.refused_count:,} refused"
        )
        reasons = "".join(f"\n  {refusal}" for refusal in self.refused[:5])
        more = self.refused_count - min(5, len(self.refused))
        return line + reasons + (f"\n  … and {more:,} more in .refused" if more > 0 else "")


class _AnswersFile(BaseModel):
    """The file but its events, which are checked one by one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["labelwidget-answers"]
    version: Literal[1]
    page_id: p.Id
    ticket: Annotated[str, Field(max_length=MAX_TOKEN)]
    session_id: p.Id
    reviewer: Annotated[str, Field(max_length=1_000)]
    made_at: _Milliseconds
    saved_at: _Milliseconds
    versions: Annotated[dict[str, Annotated[int, Field(ge=1)]], Field(max_length=1_000)]
    events: Annotated[list[JsonValue], Field(max_length=MAX_ANSWER_EVENTS)]


def merge_answers(store: Store, info: SessionInfo, path: str | os.PathLike[str]) -> MergeReport:
    """Bring the answers of an exported page into its session; again, and nothing changes.

    Args:
        store: Where the session is.
        info: The session.
        path: The file that the page gave.

    Returns:
        What was new, what was there, and what was refused and why.

    Raises:
        InvalidValueError: The file is none of ours, too large, of another session, or names another reviewer.
        NotFoundError: Its page was made from another store, or was revoked.
        NotAssignedError: The reviewer is no longer assigned to the session.
        StoreError: The store cannot be written. What was merged before that stays; merging again adds the rest.
    """
    file = Path(path)
    answers = _read(file)
    if answers.session_id != info.session_id:
        raise InvalidValueError(
            f"{shown(file.name)} holds answers of another session, {shown(answers.session_id)}; this is {shown(info.session_id)}."
        )
    try:
        invite = checked_invite(store, answers.ticket, of_page=True)
    except NotFoundError:
        raise NotFoundError(
            f"{shown(file.name)} comes from no page that was exported from {store.url} and still holds. Revoked pages are "
            "refused; export the session again."
        ) from None
    if invite.session_id != info.session_id or _key(invite.reviewer) != _key(answers.reviewer):
        raise InvalidValueError(
            f"{shown(file.name)} says that it is by {shown(answers.reviewer)}; its page was made for {shown(invite.reviewer)}."
        )
    require_may_label(info, invite.reviewer)
    review = Review(store, info.session_id, invite.reviewer, restricted=True)
    review.versions = {
        question.name: answers.versions[question.name]
        for question in review.questions
        if answers.versions.get(question.name, question.version) < question.version
    }
    return _Merge(review, file.name, invite.created_at).run(answers.events)


class _Merge:
    def __init__(self, review: Review, source: str, made_at: int) -> None:
        self._review = review
        self._source = source
        self._made_at = made_at
        self._merged = self._already = self._refused_count = 0
        self._refused: list[Refusal] = []

    def run(self, events: list[JsonValue]) -> MergeReport:
        review = self._review
        found = review.store.events(review.session_id, review.reviewer, limit=2 * MAX_ANSWER_EVENTS)
        known = {event.event_id for event in found}
        for number, value in enumerate(events, 1):
            try:
                given = self._checked(value)
                if given.event_id in known:
                    self._already += 1
                    continue
                apply_event(review, given)
            except StoreError:
                raise
            except ValidationError as error:
                self._refuse(number, _first(error))
            except LabelWidgetError as error:
                self._refuse(number, str(error))
            else:
                known.add(given.event_id)
                self._merged += 1
        return MergeReport(
            reviewer=review.reviewer,
            merged=self._merged,
            already_there=self._already,
            refused=self._refused,
            refused_count=self._refused_count,
        )

    def _checked(self, value: JsonValue) -> p.EventIn:
        if not isinstance(value, dict):
            raise InvalidValueError("It is no object.")
        at = value.get("at")
        if isinstance(at, bool) or not isinstance(at, int):
            raise InvalidValueError("`at` is no whole number of milliseconds.")
        given = _EVENT.validate_python({name: part for name, part in value.items() if name != "at"})
        # The clock of another machine: never before the page was made, never ahead of ours.
        when = min(max(at, self._made_at), now_ms())
        self._review.clock = lambda: when
        return given

    def _refuse(self, number: int, reason: str) -> None:
        self._refused_count += 1
        if len(self._refused) < _MAX_REFUSALS:
            self._refused.append(
                Refusal(source=self._source, position=f"event {number}", reason=reason)
            )


def _read(file: Path) -> _AnswersFile:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_ANSWERS_BYTES + 1)
    except OSError as error:
        raise InvalidValueError(f"{shown(str(file))} cannot be read: {error.strerror}.") from None
    if len(data) > MAX_ANSWERS_BYTES:
        raise InvalidValueError(
            f"{shown(file.name)} is larger than {MAX_ANSWERS_BYTES:,} bytes, which no page writes."
        )
    value = checked_json(loads(data), where=file.name, max_depth=_MAX_DEPTH)
    try:
        return _AnswersFile.model_validate(value)
    except ValidationError as error:
        raise InvalidValueError(
            f"{shown(file.name)} is no file of answers from an exported page: {_first(error)}."
        ) from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step)[:40] for step in cast("tuple[object, ...]", first["loc"])[:4])
    return f"{place}: {first['msg'][:200]}" if place else first["msg"][:200]


def _key(reviewer: str) -> str:
    return reviewer.strip().casefold()
