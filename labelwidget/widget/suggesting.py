"""A user's own judge, run over the coming traces in the background: `ReviewWidget(session, suggest=judge)`.

```
def judge(trace):
    return {"helpful": len(str(trace.outputs)) > 20}

widget = ReviewWidget(session, suggest=judge, suggestions="after")
widget.suggesting            # 12 traces judged, 0 failed, running
widget.suggesting.cancel()
```
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias, cast

from labelwidget.errors import InvalidValueError, LabelWidgetError, shown
from labelwidget.model import Assessment, AssessmentKind, AssessmentSource, LabelSchema, Trace
from labelwidget.model.json import checked_json
from labelwidget.review import Review

__all__ = ["AHEAD", "Judge", "Suggesting"]

Judge: TypeAlias = Callable[[Trace], object]
"""From a trace to answers: a dict from question to value, one assessment, a list of them, or None for nothing."""

AHEAD = 20
"""Coming traces that are judged before the reviewer is there: a judge may cost money, and many traces are never reached."""
_SHOWN_ERRORS = 20


class Suggesting:
    """The runs of a user's judge, and what it said.

    Attributes:
        done: Traces judged.
        failed: Traces on which the judge raised or said something that the question does not take.
        errors: What went wrong, for the first 20.
    """

    def __init__(
        self,
        judge: Judge,
        review: Callable[[], Review],
        at: Callable[[], int],
        tell: Callable[[str, list[Assessment], str], None],
    ) -> None:
        """Make it; `start` runs it.

        Args:
            judge: The user's function; it may be async.
            review: The current review.
            at: The queue index that is shown.
            tell: Told of each judged item: its id, what was said, and what went wrong.
        """
        self.done = 0
        self.failed = 0
        self.errors: list[str] = []
        self._judge = judge
        self._name = str(getattr(judge, "__name__", type(judge).__name__))[:200]
        self._review = review
        self._at = at
        self._tell = tell
        self._said: dict[str, list[Assessment]] = {}
        self._cancelled = threading.Event()
        self._moved = threading.Event()
        self._idle = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether traces are still judged as the reviewer comes near them."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="labelwidget suggest", daemon=True
            )
            self._thread.start()

    def moved(self) -> None:
        """The reviewer is at another trace."""
        self._idle.clear()
        self._moved.set()

    def cancel(self) -> None:
        """Judge no further trace; the one under way is finished. What was said stays."""
        self._cancelled.set()
        self._moved.set()

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait until the coming traces are judged.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            Whether they are.
        """
        return self._idle.wait(timeout)

    def of(self, item_id: str) -> list[Assessment]:
        """What was said of an item so far."""
        return self._said.get(item_id, [])

    def __repr__(self) -> str:
        """How far it is."""
        how = "running" if self.running else "cancelled" if self._cancelled.is_set() else "ended"
        last = f"; last: {self.errors[-1]}" if self.errors else ""
        return f"<{self._name}: {self.done} traces judged, {self.failed} failed, {how}{last}>"

    def _run(self) -> None:
        while not self._cancelled.is_set():
            self._moved.clear()
            index = self._next()
            if index is None:
                self._idle.set()
                self._moved.wait()
                continue
            self._judge_one(index)
        self._idle.set()

    def _next(self) -> int | None:
        """The nearest coming trace that is neither judged nor decided."""
        try:
            review = self._review()
            at, total = self._at(), len(review.queue)
            for index in range(at, min(at + AHEAD, total)):
                item = review.store.item_at(review.session_id, review.queue.position(index))
                if item is not None and item.item_id not in self._said:
                    return index
        except LabelWidgetError as error:  # the session was deleted, or the store is closed
            self._fail("", error)
            self._cancelled.set()
        return None

    def _judge_one(self, index: int) -> None:
        item_id = ""
        trouble = ""
        try:
            review = self._review()
            opened = review.open(index)
            item_id = opened.item.item_id
            self._said[item_id] = []
            given = self._judge(opened.trace)
            if inspect.isawaitable(given):
                given = asyncio.run(_awaited(cast("Awaitable[object]", given)))
            questions = {question.name: question for question in review.questions}
            self._said[item_id] = [
                self._checked(one, questions, item_id) for one in _assessments(given)
            ]
            self.done += 1
        except Exception as error:  # noqa: BLE001  whatever a user's function raises is said, not thrown into a thread
            trouble = self._fail(item_id, error)
        if item_id:
            self._tell(item_id, self._said[item_id], trouble)

    def _fail(self, item_id: str, error: Exception) -> str:
        self.failed += 1
        message = f"{type(error).__name__}: {error}"[:500]
        if len(self.errors) < _SHOWN_ERRORS:
            self.errors.append(f"{item_id}: {message}" if item_id else message)
        return f"{self._name} failed. {message}"

    def _checked(
        self, given: Assessment, questions: Mapping[str, LabelSchema], item_id: str
    ) -> Assessment:
        question = questions.get(given.name)
        if question is None:
            raise InvalidValueError(
                f"{self._name} answered {shown(given.name)}, which is not asked. Questions: {shown(list(questions), 300)}."
            )
        value = None if given.value is None else question.check(given.value)
        source = given.source
        if source == AssessmentSource():
            source = AssessmentSource("CODE", self._name)
        return Assessment(
            assessment_id=given.assessment_id or f"s-{item_id}-{given.name}"[:200],
            trace_id=item_id,
            name=given.name,
            kind=AssessmentKind(question.type.value),
            value=value,
            rationale=given.rationale,
            source=source,
        )


async def _awaited(given: Awaitable[object]) -> object:
    return await given


def _assessments(given: object) -> list[Assessment]:
    if given is None:
        return []
    if isinstance(given, Assessment):
        return [given]
    if isinstance(given, Mapping):
        return [
            Assessment(
                name=name, kind=AssessmentKind.FEEDBACK, value=checked_json(value, where=f"The answer to {shown(name)}")
            )
            for name, value in cast("Mapping[str, object]", given).items()
        ]  # fmt: skip
    if isinstance(given, Iterable) and not isinstance(given, str):
        found = list(cast("Iterable[object]", given))
        if all(isinstance(one, Assessment) for one in found):
            return cast("list[Assessment]", found)
    raise InvalidValueError(
        f"It returned {shown(cast('object', given))}; return a dict of answers, like {{'helpful': True}}, or a list of Feedback."
    )
