"""Disagreements between reviewers about what a right answer would be, and how they are settled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue
from labelwidget.model.json import canonical_json, checked_json
from labelwidget.store.base import Store

__all__ = ["Answer", "Answers", "Choose", "Conflict", "Resolve", "chooser", "disagree", "person"]


class Answer(NamedTuple):
    """What a reviewer expects of a trace.

    Attributes:
        reviewer: Who.
        value: The expectation.
        time: When, milliseconds since 1970 (UTC).
        trace_id: The session's copy of the trace.
    """

    reviewer: str
    value: JsonValue
    time: int
    trace_id: str


@dataclass(frozen=True)
class Conflict:
    """Different answers to one question about equal inputs; a record can hold one.

    Attributes:
        trace_id: The session's copy of the trace that the latest answer is about.
        source_trace_id: The trace that was copied.
        name: The question.
        answers: All of them, oldest first.
        value: What is written: what `resolve` says, else the latest answer.
    """

    trace_id: str
    source_trace_id: str
    name: str
    answers: tuple[Answer, ...]
    value: JsonValue = None

    @property
    def reviewers(self) -> list[str]:
        """Who answered, oldest answer first."""
        return list(dict.fromkeys(answer.reviewer for answer in self.answers))


Resolve = Mapping[str, str] | Callable[[Conflict], JsonValue]
"""How conflicts are settled: the reviewer whose answer counts, by question; or a function to the value (None: write none)."""


Answers = Mapping[str, "list[tuple[int, Answer]]"]
"""The answers about one item, each with its place in the order of saving, by question."""

Choose = Callable[[Conflict], tuple[bool, JsonValue]]
"""From a conflict to whether it is settled, and the value to write."""


def person(reviewer: str) -> str:
    """What makes two spellings one reviewer."""
    return reviewer.strip().casefold()


def disagree(answers: Iterable[Answer]) -> bool:
    """Whether the answers are not all the same (1 is 1.0, True is not 1)."""
    return len({canonical_json(answer.value) for answer in answers}) > 1


def chooser(store: Store, resolve: Resolve | None, answers: Mapping[str, Answers]) -> Choose:
    """How conflicts are settled.

    Args:
        store: Where the questions are.
        resolve: What the user asks for.
        answers: All answers, by item.

    Raises:
        InvalidValueError: `resolve` names a question or a reviewer that there is none of.
    """
    if resolve is None:
        return lambda conflict: (False, conflict.value)
    if callable(resolve):
        return lambda conflict: _called(store, resolve, conflict)
    if not isinstance(resolve, Mapping):
        raise InvalidValueError(
            f"resolve is {shown(resolve)}; pass {{'expected_response': 'alice'}} or a function of a conflict."
        )
    wanted = {
        name: _wanted(name, reviewer, answers)
        for name, reviewer in cast("Mapping[str, object]", resolve).items()
    }

    def choose(conflict: Conflict) -> tuple[bool, JsonValue]:
        who = wanted.get(conflict.name)
        chosen = [answer for answer in conflict.answers if person(answer.reviewer) == who]
        return (True, chosen[-1].value) if chosen else (False, conflict.value)

    return choose


def _wanted(name: str, reviewer: object, answers: Mapping[str, Answers]) -> str:
    who = {
        person(answer.reviewer)
        for of_item in answers.values()
        for _, answer in of_item.get(name, [])
    }
    if not who:
        known = sorted({question for of_item in answers.values() for question in of_item})
        raise InvalidValueError(
            f"resolve names the question {shown(name)}, to which no expectation was given. There are: {shown(known, 300)}."
        )
    if not isinstance(reviewer, str) or person(reviewer) not in who:
        raise InvalidValueError(
            f"resolve names {shown(reviewer)} for {shown(name)}, who did not answer it. These did: {shown(sorted(who), 300)}."
        )
    return person(reviewer)


def _called(
    store: Store, resolve: Callable[[Conflict], JsonValue], conflict: Conflict
) -> tuple[bool, JsonValue]:
    value = checked_json(resolve(conflict), where=f"What resolve gives for {shown(conflict.name)}")
    if value is None:
        return False, None
    schema = store.schema(conflict.name, deleted=True)
    return True, value if schema is None else schema.check(value)
