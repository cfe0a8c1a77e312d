"""Two responses to an item without their names: which stands first is kept with the session, whose it is told after the answer.

```
compare_beside(store, info, "v2")          # session.regenerate("v2"): the widget asks which of the two is better
pair = seen_pair(store, info, item)        # what is shown of an item
```
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Literal, NamedTuple, cast

from labelwidget.content import Message, input_messages
from labelwidget.model import Assessment, Item, JsonValue, SessionInfo, Span
from labelwidget.model.json import dumps
from labelwidget.model.turn import Turn, TurnState, shown_path
from labelwidget.review.comparing import (
    FIRST,
    PREFERENCE,
    SECOND,
    SETTING,
    balanced_order,
    preference_question,
    response_text,
)
from labelwidget.store.base import Store

__all__ = [
    "PairState",
    "SeenPair",
    "Sides",
    "compare_beside",
    "is_answered",
    "pair_state",
    "revealed",
    "seen_pair",
    "sides_of",
]

PairState = Literal["none", "blind", "open"]
"""No second response; shown without names, and the trace not at all; or all is shown."""

PLACES = ("response-1-text", "response-2-text")
"""The spans that hold the responses in the traces of `comparing.add_pairs`."""


class Sides(NamedTuple):
    """Who is compared in a session, from its settings.

    Attributes:
        a: The first side's name.
        b: The other side's.
        order: For each item by its position, `1` where b stands first.
        beside: The second responses are turns beside what the items show; else each item is a pair.
        seed: Of the random order.
    """

    a: str
    b: str
    order: str
    beside: bool
    seed: int


class SeenPair(NamedTuple):
    """Two responses as a reviewer sees them.

    Attributes:
        asked: What was asked: role and text of each message.
        first: What stands first.
        second: What stands second.
        names: Whose they are, in this order.
        swapped: b stands first.
    """

    asked: list[tuple[str, str]]
    first: str
    second: str
    names: tuple[str, str]
    swapped: bool


def sides_of(info: SessionInfo) -> Sides | None:
    """Who is compared in a session; None when nobody is."""
    found = info.settings.get(SETTING)
    if not isinstance(found, dict):
        return None
    return Sides(
        str(found.get("a", "")),
        str(found.get("b", "")),
        str(found.get("order", "")),
        found.get("beside") is True,
        cast(int, found.get("seed", 0)),
    )


def compare_beside(store: Store, info: SessionInfo, agent: str) -> SessionInfo:
    """Let the session ask which response is better: the one that an item shows or the second one of an agent.

    Which stands first is drawn here, as often one as the other, and kept. Preferences that were given about another agent keep
    their meaning: they are not mixed with new ones.

    Args:
        store: Where the session is.
        info: The session.
        agent: Whose second responses.

    Returns:
        The session as it is now.
    """
    known = sides_of(info)
    if known is not None and not known.beside:
        return info  # each item is a pair already
    if known is not None and known.b != agent and _given(store, info):
        warnings.warn(
            f"Session {info.name!r} holds preferences between {known.a!r} and {known.b!r}, and goes on asking about these. "
            f"Compare with {agent!r} in a session of its own: labelwidget.compare(session, {agent!r}).",
            stacklevel=5,
        )
        return info
    question = preference_question(store).name
    order = "" if known is None else known.order
    count = store.count_items(info.session_id)
    drawn = balanced_order(max(count - len(order), 0), len(order))
    order += "".join("1" if swapped else "0" for swapped in drawn)
    first = info.agent or "first response"
    setting: dict[str, JsonValue] = {
        "a": f"{first} (shown)" if first == agent else first,
        "b": agent,
        "seed": 0,
        "order": order,
        "beside": True,
    }
    asked = [question, *(name for name in info.label_schemas if name != question)]
    changed = info.model_copy(
        update={"settings": {**info.settings, SETTING: setting}, "label_schemas": asked}
    )
    store.put_session(changed)
    return changed


def is_answered(answers: Iterable[Assessment]) -> bool:
    """Whether a reviewer has said which response is better."""
    return any(
        one.name == PREFERENCE and one.value is not None and not one.span_id and one.anchor is None
        for one in answers
    )


def pair_state(
    store: Store, info: SessionInfo, item_id: str, answers: Iterable[Assessment]
) -> PairState:
    """What a reviewer may see of an item, given their answers about it."""
    sides = sides_of(info)
    if sides is None:
        return "none"
    if not sides.beside:
        return "open"
    if is_answered(answers):
        return "open"
    return "none" if _rows(store, info, item_id, sides.b) is None else "blind"


def seen_pair(store: Store, info: SessionInfo, item: Item) -> SeenPair | None:
    """The two responses of an item in their order; None where one is missing."""
    sides = sides_of(info)
    if sides is None:
        return None
    swapped = sides.order[item.position : item.position + 1] == "1"
    names = (sides.b, sides.a) if swapped else (sides.a, sides.b)
    trace = store.trace(item.item_id)
    if not sides.beside:
        spans = [trace.span(place) for place in PLACES]
        first, second = ("" if span is None else response_text(span.outputs) for span in spans)
        return SeenPair(_asked(trace.inputs), first, second, names, swapped)
    rows = _rows(store, info, item.item_id, sides.b)
    if rows is None:
        return None
    texts = [response_text(store.turn_trace(row.turn_id).outputs) for row in rows]
    first, second = texts[::-1] if swapped else texts
    return SeenPair(_asked(trace.inputs), first, second, names, swapped)


def revealed(value: JsonValue, pair: SeenPair) -> str:
    """What a reviewer is told once the answer is kept."""
    first, second = pair.names
    if value == FIRST:
        return f"You preferred {first} to {second}."
    if value == SECOND:
        return f"You preferred {second} to {first}."
    return f"A tie between {first} and {second}."


def _rows(store: Store, info: SessionInfo, item_id: str, agent: str) -> tuple[Turn, Turn] | None:
    """The turn that was shown when the second response came, and the second response."""
    rows = store.turns(info.session_id, item_id)
    second = next(
        (row for row in rows if row.beside and row.agent == agent and row.state is TurnState.OK),
        None,
    )
    if second is None:
        return None
    # What is asked anew later does not become part of the pair.
    before = [row for row in rows if row.seq < second.seq]
    shown = shown_path(before)
    return (shown[0], second) if shown and shown[0].answered else None


def _asked(inputs: JsonValue) -> list[tuple[str, str]]:
    only = next(iter(inputs.values())) if isinstance(inputs, dict) and len(inputs) == 1 else inputs
    if isinstance(only, str):
        return [("user", only)]
    said: list[Message] = input_messages(Span(span_id="asked", inputs=inputs))
    found = [(one.role, one.text) for one in said if one.text]
    return found or [("user", dumps(inputs).decode("utf-8"))]


def _given(store: Store, info: SessionInfo) -> bool:
    columns = store.assessment_columns(info.session_id)
    return any(
        name == PREFERENCE and value is not None
        for name, value in zip(columns["name"], columns["value"], strict=True)
    )
