"""Two agents, or two runs, against each other: which response is better, pair by pair, without knowing whose it is.

```
comparison = lw.compare(session_a, session_b)       # or lw.compare(session) after session.regenerate("v2")
comparison.widget()                                 # 1, 2 or 3 a pair
comparison.win_rate()
comparison.dpo_pairs()
```
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

from labelwidget.agents.asked import asked_messages
from labelwidget.analysis.preferences import WinRate, win_rate
from labelwidget.errors import InvalidValueError, shown
from labelwidget.labeling import start_session
from labelwidget.labeling_session import LabelingSession
from labelwidget.model import JsonValue
from labelwidget.review.blind import seen_pair, sides_of
from labelwidget.review.comparing import (
    FIRST,
    PREFERENCE,
    SECOND,
    SETTING,
    Pair,
    add_pairs,
    balanced_order,
    pairs_of_agent,
    pairs_of_sessions,
    preference_question,
)
from labelwidget.widget.review_widget import ReviewWidget

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "compare"]


class Comparison:
    """A session that asks which of two responses is better; from `compare`."""

    def __init__(self, session: LabelingSession) -> None:
        """Hold a session that compares; use `compare` instead."""
        sides = sides_of(session.info)
        if sides is None:
            raise InvalidValueError(
                f"Session {shown(session.name)} compares nothing. Name the other side: compare(session_a, session_b)."
            )
        self.session = session
        self.a = sides.a
        self.b = sides.b

    def widget(self, user: str | None = None) -> ReviewWidget:
        """The widget: the keys 1, 2 and 3 choose the first response, the second, or a tie, and move on.

        Args:
            user: Who reviews; see `ReviewWidget`.
        """
        return ReviewWidget(self.session, user)

    def preferences(self) -> pd.DataFrame:
        """The preferences given so far, with who is who revealed.

        Returns:
            One row an answer: `trace_id` (the pair), `reviewer`, `preference` (`"a"`, `"b"` or `"tie"`), `preferred` (the name, or
            None), `shown_first` (the name of what stood first), `inputs`, `response_a`, `response_b`.
        """
        import pandas as pd

        answers = self.session.assessments_df()
        answers = answers[answers["name"] == PREFERENCE]
        store, info = self.session.store, self.session.info
        rows: list[dict[str, object]] = []
        for item_id, value, who in zip(
            answers["trace_id"], answers["value"], answers["source_id"], strict=True
        ):
            item = store.item(item_id)
            pair = None if item is None else seen_pair(store, info, item)
            if pair is None:
                continue
            texts = (pair.first, pair.second)
            a, b = texts[::-1] if pair.swapped else texts
            side = {FIRST: "a", SECOND: "b"}.get(value, "tie")
            if pair.swapped:
                side = {"a": "b", "b": "a"}.get(side, side)
            rows.append(
                {
                    "trace_id": item_id,
                    "reviewer": who,
                    "preference": side,
                    "preferred": {"a": self.a, "b": self.b}.get(side),
                    "shown_first": pair.names[0],
                    "inputs": store.trace(item_id).inputs,
                    "response_a": a,
                    "response_b": b,
                }
            )
        columns = [
            "trace_id", "reviewer", "preference", "preferred", "shown_first", "inputs", "response_a", "response_b",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def win_rate(self, confidence: float = 0.95) -> WinRate:
        """How often b was preferred to a, among the answers with a preference, with Wilson's interval.

        Args:
            confidence: Of the interval, between 0 and 1.

        Raises:
            MissingExtraError: scipy is not installed (`labelwidget[stats]`).
        """
        counts = Counter(cast("list[str]", self.preferences()["preference"].tolist()))
        return win_rate(
            self.a, self.b, counts["a"], counts["b"], counts["tie"], confidence=confidence
        )

    def dpo_pairs(self) -> list[dict[str, JsonValue]]:
        """Pairs for preference tuning, as libraries such as TRL read them.

        Returns:
            `{"prompt": messages, "chosen": [message], "rejected": [message]}` for each pair that more reviewers prefer one way
            than the other.
        """
        frame = self.preferences()
        found: list[dict[str, JsonValue]] = []
        for _, given in frame.groupby("trace_id", sort=False):
            counts = Counter(cast("list[str]", given["preference"].tolist()))
            if counts["a"] == counts["b"]:
                continue
            row = given.iloc[0]
            sides = (row["response_a"], row["response_b"])
            chosen, rejected = sides if counts["a"] > counts["b"] else sides[::-1]
            found.append(
                {
                    "prompt": asked_messages(cast(JsonValue, row["inputs"])),
                    "chosen": [{"role": "assistant", "content": cast(JsonValue, chosen)}],
                    "rejected": [{"role": "assistant", "content": cast(JsonValue, rejected)}],
                }
            )
        return found

    def __repr__(self) -> str:
        """Both sides and how many pairs."""
        return f"Comparison(a={shown(self.a)}, b={shown(self.b)}, pairs={len(self.session)})"


def compare(
    a: LabelingSession,
    b: LabelingSession | str | None = None,
    *,
    name: str | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare two sessions, or the first with the second responses of a session, pair by pair.

    Which response stands first is balanced and random; neither traces nor widget tell whose it is.

    Args:
        a: The first side. Alone: a session that `compare` made, or that asks about second responses since
            `session.regenerate`.
        b: The other side: a session with the same inputs, or the name of an agent that `a.regenerate` was called with.
        name: Of the session that is made for it.
        seed: Of the random order.

    Returns:
        The comparison. Show its `widget()`.

    Raises:
        InvalidValueError: No inputs have a response on both sides, or `a` alone is no comparison.
    """
    if b is None:
        return Comparison(a)
    pairs: list[Pair]
    if isinstance(b, str):
        pairs = pairs_of_agent(a.store, a.labeling_session_id, b)
        names = (a.agent or "first", b)
    else:
        pairs = pairs_of_sessions(a.store, a.labeling_session_id, b.store, b.labeling_session_id)
        names = (a.name, b.name)
    if names[0] == names[1]:
        names = (f"{names[0]} (a)", f"{names[1]} (b)")
    if not pairs:
        add_pairs(a.store, a.info, pairs)
    question = preference_question(a.store)
    session = start_session(
        a.store, name or f"{names[0]} or {names[1]}"[:250], label_schemas=[question]
    )
    order = balanced_order(len(pairs), seed)
    setting: dict[str, JsonValue] = {
        "a": names[0],
        "b": names[1],
        "seed": seed,
        "order": "".join("1" if swapped else "0" for swapped in order),
    }
    info = session.info.model_copy(update={"settings": {SETTING: setting}})
    a.store.put_session(info)
    add_pairs(a.store, info, pairs)
    return Comparison(LabelingSession(a.store, info))
