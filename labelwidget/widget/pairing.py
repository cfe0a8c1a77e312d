"""Two responses side by side on the page: what is told of them, and what only after the answer."""

from __future__ import annotations

from collections.abc import Iterable

from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model import Assessment, Item, JsonValue, SessionInfo
from labelwidget.review import Review
from labelwidget.review.blind import PairState, is_answered, pair_state, revealed, seen_pair
from labelwidget.review.comparing import PREFERENCE
from labelwidget.widget.protocol import PairReply

__all__ = ["pair_of_item", "pair_reply", "require_seen", "row_item", "without_names"]

MAX_TEXT = 200_000
"""Characters of a response that are shown side by side."""
MAX_ASKED = 100
"""Messages of what was asked."""


def pair_of_item(review: Review, item_id: str, answers: Iterable[Assessment]) -> PairState:
    """What this reviewer may see of an item."""
    return pair_state(review.store, review.session, item_id, answers)


def require_seen(review: Review, item_id: str) -> None:
    """Refuse what would tell whose response is whose.

    Raises:
        InvalidValueError: The reviewer has not said yet which is better.
    """
    if pair_of_item(review, item_id, review.answers(item_id)[0]) == "blind":
        raise InvalidValueError(
            "The trace is shown once you have said which response is better: it tells whose is whose."
        )


def without_names(item: Item) -> Item:
    """The narrow row without what tells which response is the one of this trace."""
    return item.model_copy(
        update={
            "response": "",
            "trace_name": "",
            "trace_state": "",
            "duration_ms": None,
            "input_tokens": None,
            "output_tokens": None,
            "model_name": None,
            "span_count": 0,
        }
    )


def row_item(review: Review, session: SessionInfo, item: Item, answer: JsonValue) -> Item:
    """An item as a row of a table: without what tells whose response is whose, until the reviewer has answered.

    Args:
        review: Whose table.
        session: The session.
        item: The item.
        answer: Which response this reviewer preferred, or None.
    """
    if answer is not None or pair_state(review.store, session, item.item_id, ()) != "blind":
        return item
    return without_names(item)


def pair_reply(review: Review, item_id: str) -> PairReply:
    """The two responses of an item.

    Raises:
        NotFoundError: The item has no second response.
    """
    item = review.item(item_id)
    pair = seen_pair(review.store, review.session, item)
    if pair is None:
        raise NotFoundError("This trace has no second response.")
    answers = review.answers(item_id)[0]
    answered = is_answered(answers)
    return PairReply(
        item_id=item_id,
        asked=[(role, text[:MAX_TEXT]) for role, text in pair.asked[-MAX_ASKED:]],
        first=pair.first[:MAX_TEXT],
        second=pair.second[:MAX_TEXT],
        length=(len(pair.first), len(pair.second)),
        names=pair.names if answered else None,
        said=revealed(_preferred(answers), pair) if answered else "",
    )


def _preferred(answers: Iterable[Assessment]) -> JsonValue:
    found = [one.value for one in answers if one.name == PREFERENCE and not one.span_id]
    return found[-1] if found else None
