"""Who reviews what: fair, repeatable, and what was begun stays with whoever began it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence

from labelwidget.errors import InvalidValueError, shown

__all__ = ["deal"]


def deal(
    count: int,
    reviewers: Sequence[str],
    *,
    each: int = 1,
    begun: Mapping[int, Sequence[str]] | None = None,
    seed: str = "",
) -> dict[str, list[int]]:
    """Give every item to as many reviewers as wanted, each reviewer as many items as the others.

    Args:
        count: How many items.
        reviewers: Who.
        each: How many reviewers an item gets.
        begun: By position, the reviewers who began it: it stays theirs.
        seed: The same seed deals the same way; which reviewers share an item is mixed.

    Returns:
        The positions of each reviewer, ascending. Without `begun`, two reviewers' numbers differ by one at most.

    Raises:
        InvalidValueError: Nobody to give to, or fewer reviewers than an item wants.
    """
    if not reviewers:
        raise InvalidValueError(
            "There is nobody to assign to: pass users=['alice', 'bob'], or call set_assigned_users() first."
        )
    if not 1 <= each <= len(reviewers):
        raise InvalidValueError(
            f"Each item cannot go to {each} of {len(reviewers)} reviewers ({shown(list(reviewers), 200)})."
        )
    mixed = random.Random(seed)  # noqa: S311  to mix, not to keep a secret
    keys = {reviewer.strip().casefold(): reviewer for reviewer in reviewers}
    given: dict[str, list[int]] = {reviewer: [] for reviewer in reviewers}
    holders: dict[int, list[str]] = {}
    for position, names in (begun or {}).items():
        known = dict.fromkeys(
            keys[name.strip().casefold()] for name in names if name.strip().casefold() in keys
        )
        holders[position] = list(known)[:each]
        for reviewer in holders[position]:
            given[reviewer].append(position)
    # Whoever has least is next; among equals chance, drawn anew for each item so that pairs vary.
    waiting = [(len(mine), mixed.random(), reviewer) for reviewer, mine in given.items()]
    heapq.heapify(waiting)
    for position in range(count):
        held = holders.get(position, [])
        passed: list[tuple[int, float, str]] = []
        missing = each - len(held)
        while missing:
            load, _, reviewer = heapq.heappop(waiting)
            if reviewer in held:
                passed.append((load, mixed.random(), reviewer))
                continue
            given[reviewer].append(position)
            passed.append((load + 1, mixed.random(), reviewer))
            missing -= 1
        for one in passed:
            heapq.heappush(waiting, one)
    return {reviewer: sorted(positions) for reviewer, positions in given.items()}
