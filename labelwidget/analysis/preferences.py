"""Preferences between two sides as numbers. The interval is scipy's, never a formula of our own."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, Protocol, cast

from labelwidget.errors import InvalidValueError, MissingExtraError, shown

__all__ = ["WinRate", "win_rate"]


class WinRate(NamedTuple):
    """How often one side was preferred.

    Attributes:
        a: The first side's name.
        b: The other side's.
        wins_a: Pairs in which a was preferred.
        wins_b: Pairs in which b was.
        ties: Pairs without a preference; they count for neither.
        rate: Share of b among the pairs with a preference; None without any.
        low: Lower end of Wilson's interval for it.
        high: Upper end.
        confidence: Of the interval.
        p_value: Of the two-sided binomial test that both are preferred equally often.
    """

    a: str
    b: str
    wins_a: int
    wins_b: int
    ties: int
    rate: float | None
    low: float | None
    high: float | None
    confidence: float
    p_value: float | None

    def __str__(self) -> str:
        """A line for people."""
        counts = (
            f"{self.wins_b} of {self.wins_a + self.wins_b} for {shown(self.b)}, {self.ties} ties"
        )
        if self.rate is None or self.low is None or self.high is None:
            return f"{counts}: no preference yet"
        return (
            f"{shown(self.b)} over {shown(self.a)}: {self.rate:.0%} ({self.low:.0%}–{self.high:.0%} at "
            f"{self.confidence:.0%} confidence, {counts})"
        )


class _Interval(Protocol):
    low: float
    high: float


class _Test(Protocol):
    pvalue: float

    def proportion_ci(self, *, confidence_level: float, method: str) -> _Interval: ...


class _Stats(Protocol):
    def binomtest(self, k: int, n: int) -> _Test: ...


def win_rate(
    a: str, b: str, wins_a: int, wins_b: int, ties: int, *, confidence: float = 0.95
) -> WinRate:
    """The win rate of b over a.

    Args:
        a: The first side's name.
        b: The other side's.
        wins_a: Pairs for a.
        wins_b: Pairs for b.
        ties: Pairs for neither.
        confidence: Of the interval, between 0 and 1.

    Raises:
        InvalidValueError: `confidence` is out of bounds.
        MissingExtraError: scipy is not installed.
    """
    if isinstance(confidence, bool) or not 0 < confidence < 1:
        raise InvalidValueError(f"confidence is {shown(confidence)}; pass a number such as 0.95.")
    decided = wins_a + wins_b
    if not decided:
        return WinRate(a, b, wins_a, wins_b, ties, None, None, None, confidence, None)
    try:
        stats = cast(_Stats, import_module("scipy.stats"))
    except ImportError:
        raise MissingExtraError(
            "Confidence intervals need scipy. Run: pip install 'labelwidget[stats]'"
        ) from None
    test = stats.binomtest(wins_b, decided)
    interval = test.proportion_ci(confidence_level=confidence, method="wilson")
    return WinRate(
        a, b, wins_a, wins_b, ties, wins_b / decided,
        float(interval.low), float(interval.high), confidence, float(test.pvalue),
    )  # fmt: skip
