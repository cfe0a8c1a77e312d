"""Two responses to the same inputs, side by side in a session of their own: in blinded, balanced order.

What stands where is kept in the session's settings, never in the traces: nothing that a reviewer sees tells it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, cast

from labelwidget.content import output_messages
from labelwidget.errors import AlreadyExistsError, InvalidValueError, shown
from labelwidget.model import (
    InputCategorical,
    JsonValue,
    LabelSchema,
    LabelSchemaType,
    SessionInfo,
    Span,
    SpanStatus,
    Trace,
    TraceState,
)
from labelwidget.model.json import canonical_key, dumps
from labelwidget.model.turn import TurnState
from labelwidget.review.importing import BATCH, new_item
from labelwidget.review.schemas import define_schema
from labelwidget.store.base import Store

__all__ = [
    "FIRST",
    "PREFERENCE",
    "SECOND",
    "SETTING",
    "TIE",
    "Pair",
    "add_pairs",
    "balanced_order",
    "pairs_of_agent",
    "pairs_of_sessions",
    "preference_question",
    "response_text",
]

PREFERENCE = "preferred_response"
"""The question that a comparison asks."""
FIRST, SECOND, TIE = "Response 1", "Response 2", "Tie"
SETTING = "comparison"
"""In the settings of a session that compares."""


class Pair(NamedTuple):
    """Two responses to the same inputs.

    Attributes:
        key: What equal inputs share.
        inputs: The inputs.
        a: The first side's response.
        b: The other side's.
        a_id: The trace or turn that it is from.
        b_id: Likewise.
    """

    key: str
    inputs: JsonValue
    a: JsonValue
    b: JsonValue
    a_id: str
    b_id: str


def pairs_of_sessions(store: Store, a: str, other: Store, b: str) -> list[Pair]:
    """The traces of two sessions with equal inputs and a response on both sides, in the order of the first.

    Args:
        store: Where the first session is.
        a: Its id.
        other: Where the second is.
        b: Its id.
    """
    right: dict[str, tuple[str, JsonValue]] = {}
    for item, trace in other.traces(b):
        if trace.inputs is not None and trace.outputs is not None:
            right.setdefault(canonical_key(trace.inputs), (item.item_id, trace.outputs))
    found: dict[str, Pair] = {}
    for item, trace in store.traces(a):
        if trace.inputs is None or trace.outputs is None:
            continue
        key = canonical_key(trace.inputs)
        if key in right and key not in found:
            b_id, response = right[key]
            found[key] = Pair(key, trace.inputs, trace.outputs, response, item.item_id, b_id)
    return list(found.values())


def pairs_of_agent(store: Store, session_id: str, agent: str) -> list[Pair]:
    """What the items of a session show against the second responses of an agent, in the order of the session."""
    beside = {
        row.item_id: row.turn_id
        for row in store.turns(session_id)
        if row.beside and row.agent == agent and row.state is TurnState.OK
    }
    found: dict[str, Pair] = {}
    for item, trace in store.traces(session_id):
        turn_id = beside.get(item.item_id)
        if turn_id is None or trace.inputs is None or trace.outputs is None:
            continue
        key = canonical_key(trace.inputs)
        response = store.turn_trace(turn_id).outputs
        found.setdefault(
            key, Pair(key, trace.inputs, trace.outputs, response, item.item_id, turn_id)
        )
    return list(found.values())


def balanced_order(count: int, seed: int) -> list[bool]:
    """Whether each pair is shown the other way round: as often as not, in random order."""
    swapped = [number < count // 2 for number in range(count)]
    random.Random(seed).shuffle(swapped)  # noqa: S311  not for secrets
    return swapped


def preference_question(store: Store) -> LabelSchema:
    """The question that a comparison asks; made at the first.

    Raises:
        AlreadyExistsError: A question of the user's own has its name.
    """
    known = store.schema(PREFERENCE, deleted=True)
    wanted = InputCategorical([FIRST, SECOND, TIE])
    if known is not None:
        if known.input != wanted:
            raise AlreadyExistsError(
                f"A question {shown(PREFERENCE)} exists already with other options; comparisons ask a question of this name. "
                "Use a store of its own for the comparison."
            )
        return known
    return define_schema(
        store,
        PREFERENCE,
        type=LabelSchemaType.FEEDBACK,
        input=wanted,
        title="Which response is better?",
    )


def add_pairs(store: Store, info: SessionInfo, pairs: Sequence[Pair]) -> None:
    """Add the pairs to a session that is empty, in the order that its settings say.

    Raises:
        InvalidValueError: There are none.
    """
    if not pairs:
        raise InvalidValueError(
            "There is nothing to compare: no inputs have a response on both sides. Let both answer the same inputs first."
        )
    order = cast(str, cast("dict[str, JsonValue]", info.settings[SETTING])["order"])
    traces = [_trace(pair, turned=bit == "1") for pair, bit in zip(pairs, order, strict=True)]
    for start in range(0, len(traces), BATCH):
        part = traces[start : start + BATCH]
        store.add_items(info.session_id, [new_item(info.session_id, trace) for trace in part])


def response_text(outputs: JsonValue) -> str:
    """A response as text: what the assistant says, else the JSON. Its shape would tell who gave it."""
    if isinstance(outputs, str):
        return outputs
    said = output_messages(Span(span_id="response", span_type="LLM", outputs=outputs))
    texts = [message.text for message in said if message.role == "assistant" and message.text]
    if texts:
        return texts[-1]
    if isinstance(outputs, dict) and len(outputs) == 1:
        only = next(iter(outputs.values()))
        if isinstance(only, str):
            return only
    return dumps(outputs).decode("utf-8")


def _trace(pair: Pair, *, turned: bool) -> Trace:
    responses = [pair.b, pair.a] if turned else [pair.a, pair.b]
    root = Span(
        span_id="pair",
        name="comparison",
        span_type="CHAIN",
        status=SpanStatus.OK,
        inputs=pair.inputs,
    )
    spans = [root]
    for number, (name, response) in enumerate(zip((FIRST, SECOND), responses, strict=True), 1):
        # An agent with one model call each: drawn under a heading, and drawn twice where both say the same.
        place = f"response-{number}"
        spans.append(
            Span(
                span_id=place, parent_id="pair", name=name, span_type="AGENT",
                status=SpanStatus.OK, start_ns=2 * number, end_ns=2 * number + 1,
            )
        )  # fmt: skip
        spans.append(
            Span(
                span_id=f"{place}-text", parent_id=place, name=name, span_type="LLM",
                status=SpanStatus.OK, start_ns=2 * number, end_ns=2 * number + 1,
                outputs=response_text(response),
            )
        )  # fmt: skip
    return Trace(
        trace_id=f"pair-{pair.key[:32]}",
        name="comparison",
        state=TraceState.OK,
        inputs=pair.inputs,
        spans=tuple(spans),
        format="comparison",
    )
