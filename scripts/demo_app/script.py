"""What a conversation of the demo is made of: the question, the model's replies, the labels."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shop import Json


@dataclass(frozen=True)
class Say:
    """The model answers with text."""

    text: str


@dataclass(frozen=True)
class Call:
    """The model asks for tools, in one message. Each is a name and its arguments."""

    calls: tuple[tuple[str, dict[str, Json]], ...]
    text: str | None = None


@dataclass(frozen=True)
class Fail:
    """The request to the model fails."""

    how: Literal["timeout", "rate_limit", "too_long"]


Step: TypeAlias = Say | Call | Fail


def call(name: str, **arguments: Json) -> Call:
    return Call(((name, arguments),))


@dataclass(frozen=True)
class Note:
    """An assessment that comes along with the trace."""

    name: str
    value: Json
    why: str | None = None
    by: str = "judge"
    kind: Literal["feedback", "expectation"] = "feedback"
    error: str | None = None
    on: Literal["trace", "retriever"] = "trace"


def correct(value: bool, why: str) -> Note:
    """The judge's pass or fail on `correctness`."""
    return Note("correctness", value, why)


def grounded(value: int, why: str) -> Note:
    """The judge's rating, 1 to 5, on `groundedness`."""
    return Note("groundedness", value, why)


def relevant(value: bool, why: str) -> Note:
    """The judge's pass or fail on `relevance`."""
    return Note("relevance", value, why)


def human(name: str, value: Json, why: str | None = None, by: str = "dana.kim") -> Note:
    return Note(name, value, why, by)


def facts(*values: str, by: str = "dana.kim") -> Note:
    return Note("expected_facts", list(values), None, by, "expectation")


def response(text: str, by: str = "dana.kim") -> Note:
    return Note("expected_response", text, None, by, "expectation")


@dataclass(frozen=True)
class Scenario:
    """One request to the app, with the model's replies in order."""

    key: str
    question: str
    steps: tuple[Step, ...]
    user: str
    notes: tuple[Note, ...] = ()
    app: Literal["answer", "chat", "analyst", "extract"] = "answer"
    tools: tuple[str, ...] = ()
    search: str | None = None
    """The English query that the model writes first; None: the question is searched as it is."""
    version: str = "2.3.0"
    tags: dict[str, str] = field(default_factory=dict[str, str])
    index_down: bool = False
    """The search index cannot be reached."""


@dataclass(frozen=True)
class Conversation:
    """Turns that share one session id and carry the history."""

    id: str
    turns: tuple[Scenario, ...]


def as_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
