"""Where reviewers answered differently, and whether somebody has resolved it since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from labelwidget.model import JsonValue, SessionInfo
from labelwidget.model.json import canonical_json
from labelwidget.model.resolver import RESOLVES, is_resolver
from labelwidget.store.base import Store

__all__ = ["Disagreement", "Given", "disagreements"]

_FREE_TEXT = ("text", "text_list")


class Given(NamedTuple):
    """A reviewer's answer.

    Attributes:
        reviewer: Who.
        value: The answer.
        rationale: Why, or None.
        assessment_id: The assessment.
    """

    reviewer: str
    value: JsonValue
    rationale: str | None
    assessment_id: str


@dataclass(frozen=True)
class Disagreement:
    """A trace on which reviewers answered differently.

    Attributes:
        position: Its place in the session.
        trace_id: The session's copy of the trace.
        answers: By question, what each reviewer answered, in the order of saving; only questions that are not resolved.
    """

    position: int
    trace_id: str
    answers: Mapping[str, list[Given]] = field(default_factory=dict[str, list[Given]])

    @property
    def questions(self) -> list[str]:
        """The questions that want to be resolved."""
        return list(self.answers)


def disagreements(store: Store, info: SessionInfo) -> list[Disagreement]:
    """The traces of a session on which reviewers disagree, as in the session.

    Answers to whole traces count; in their own words people always differ, so that questions for free text do not. 1 is 1.0,
    True is not 1. What a resolution names is resolved, until one of the reviewers answers anew.

    Args:
        store: Where the session is.
        info: The session.
    """
    asked = {
        name
        for name in info.label_schemas
        if (schema := store.schema(name, deleted=True)) is not None
        and schema.input.kind not in _FREE_TEXT
    }
    columns = store.assessment_columns(info.session_id)
    given: dict[tuple[int, str, str], list[Given]] = {}
    resolved: dict[tuple[int, str, str], set[str]] = {}
    for position, item_id, name, value, rationale, kind, who, span_id, anchor, more, made in zip(
        columns["position"], columns["item_id"], columns["name"], columns["value"], columns["rationale"],
        columns["source_type"], columns["source_id"], columns["span_id"], columns["anchor"], columns["metadata"],
        columns["assessment_id"], strict=True,
    ):  # fmt: skip
        if name not in asked or value is None or kind != "HUMAN" or span_id or anchor:
            continue
        place = (cast(int, position), cast(str, item_id), cast(str, name))
        if is_resolver(cast(str, who)):
            resolved.setdefault(place, set()).update(_named(more))
            continue
        answer = Given(cast(str, who), value, cast("str | None", rationale), cast(str, made))
        given.setdefault(place, []).append(answer)
    found: dict[int, tuple[str, dict[str, list[Given]]]] = {}
    for (position, item_id, name), answers in given.items():
        if len({canonical_json(answer.value) for answer in answers}) < 2:
            continue
        if {answer.assessment_id for answer in answers} <= resolved.get(
            (position, item_id, name), set()
        ):
            continue
        found.setdefault(position, (item_id, {}))[1][name] = answers
    order = {name: place for place, name in enumerate(info.label_schemas)}
    return [
        Disagreement(
            position,
            item_id,
            dict(sorted(answers.items(), key=lambda one: order[one[0]])),
        )
        for position, (item_id, answers) in sorted(found.items())
    ]


def _named(metadata: JsonValue) -> list[str]:
    names = metadata.get(RESOLVES) if isinstance(metadata, dict) else None
    return [str(one) for one in names] if isinstance(names, list) else []
