"""Which traces to label, in which order: the queue as a Python object.

```
widget.queue = session.queue(where=df.latency > 9)
widget.queue = session.queue(order="stratified", by="model_name", sample=60, seed=1)
widget.queue = session.queue(order="disagreement")
```
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import pandas as pd

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import JsonValue

__all__ = ["ORDERS", "Order", "QueueSelection", "select"]

Order = Literal[
    "added", "random", "stratified", "disagreement", "longest", "unlabelled", "outdated"
]
ORDERS: tuple[str, ...] = (
    "added",
    "random",
    "stratified",
    "disagreement",
    "longest",
    "unlabelled",
    "outdated",
)


@dataclass(frozen=True)
class QueueSelection(Sequence[str]):
    """Trace ids in the order to label, and how many traces each one stands for.

    Attributes:
        trace_ids: The ids in order.
        weights: The inverse of each trace's chance to be in the sample, so that weighted means over a sample estimate
            those over all; 1.0 without sampling.
        order: How they were ordered.
        seed: The seed of a random order, or None.
    """

    trace_ids: tuple[str, ...]
    weights: tuple[float, ...]
    order: str
    seed: int | None = None

    def __len__(self) -> int:
        return len(self.trace_ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.trace_ids)

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.trace_ids[index]

    def to_series(self) -> pd.Series:
        """The weights, indexed by trace id in the order to label."""
        index = pd.Index(self.trace_ids, name="trace_id", dtype="object")
        return pd.Series(self.weights, index=index, name="sampling_weight", dtype="float64")


def select(
    frame: pd.DataFrame,
    assessments: pd.DataFrame,
    versions: dict[str, int],
    *,
    where: object = None,
    order: str = "added",
    by: str | None = None,
    sample: int | None = None,
    seed: int | None = None,
) -> QueueSelection:
    """Choose and order traces; see `LabelingSession.queue`.

    Args:
        frame: The session's wide frame.
        assessments: Its tidy frame, prior assessments too.
        versions: The newest version of each question.
        where: A boolean Series on the frame's index, ids, or a function from the frame to either; None for all.
        order: One of `ORDERS`.
        by: The column that `stratified` draws evenly from.
        sample: How many at most; None for all.
        seed: Makes `random` and `stratified` repeatable; 0 when None.

    Returns:
        The ids in order with their sampling weights.

    Raises:
        InvalidValueError: Unknown order or column, or a mask that does not fit.
        NotFoundError: An id that the session does not have.
    """
    if order not in ORDERS:
        raise InvalidValueError(f"order is {shown(order)}; it is one of {list(ORDERS)}.")
    if sample is not None and (
        isinstance(sample, bool) or not isinstance(sample, int) or sample < 1
    ):
        raise InvalidValueError(
            f"sample is {shown(sample)}; pass a whole number of at least 1, or None for all."
        )
    chosen = _chosen(frame, where)
    size = len(chosen) if sample is None else min(sample, len(chosen))
    if order == "stratified":
        ids, weights = _stratified(frame, chosen, by, size, seed or 0)
        return QueueSelection(tuple(ids), tuple(weights), order, seed or 0)
    if order == "random":
        ids = list(chosen)
        random.Random(seed or 0).shuffle(ids)  # noqa: S311
        weight = len(ids) / size if size else 1.0
        return QueueSelection(tuple(ids[:size]), (weight,) * size, order, seed or 0)
    ids = _ranked(frame, assessments, versions, chosen, order)[:size]
    return QueueSelection(tuple(ids), (1.0,) * len(ids), order)


def _chosen(frame: pd.DataFrame, where: object) -> list[str]:
    if callable(where):
        where = where(frame)
    if where is None:
        return [str(trace_id) for trace_id in frame.index]
    if isinstance(where, pd.Series) and where.dtype in ("bool", "boolean"):
        if not where.index.equals(frame.index):
            raise InvalidValueError(
                "where is a mask on another index. Make it from session.to_df(), like df.latency > 9."
            )
        return [
            str(trace_id) for trace_id in frame.index[where.to_numpy(dtype=bool, na_value=False)]
        ]
    if isinstance(where, str) or not isinstance(where, Iterable):
        raise InvalidValueError(
            f"where is {shown(where)}; pass a boolean Series, trace ids, or a function of the frame."
        )
    known = set(cast("Iterable[str]", frame.index))
    ids = list(dict.fromkeys(cast("Iterable[str]", where)))
    for trace_id in ids:
        if trace_id not in known:
            raise NotFoundError(
                f"The session has no trace {shown(trace_id)}. Ids are the index of session.to_df()."
            )
    return ids


def _stratified(
    frame: pd.DataFrame, chosen: list[str], by: str | None, size: int, seed: int
) -> tuple[list[str], list[float]]:
    if by is None or by not in frame.columns:
        raise InvalidValueError(
            f"by is {shown(by)}; order='stratified' needs a column: {shown(list(frame.columns), 400)}."
        )
    groups: dict[str, list[str]] = {}
    values = cast("dict[str, JsonValue]", frame[by].to_dict())
    for trace_id in chosen:
        groups.setdefault(repr(values[trace_id]), []).append(trace_id)
    draw = random.Random(seed)  # noqa: S311
    for ids in groups.values():
        draw.shuffle(ids)
    taken: dict[str, int] = dict.fromkeys(groups, 0)
    order: list[tuple[str, str]] = []
    while len(order) < size:  # one of each group in turn, so that any prefix is balanced too
        for name, ids in groups.items():
            if taken[name] < len(ids) and len(order) < size:
                order.append((name, ids[taken[name]]))
                taken[name] += 1
    weights = [len(groups[name]) / taken[name] for name, _ in order]
    return [trace_id for _, trace_id in order], weights


def _ranked(
    frame: pd.DataFrame,
    assessments: pd.DataFrame,
    versions: dict[str, int],
    chosen: list[str],
    order: str,
) -> list[str]:
    if order == "added":
        return chosen
    rank: dict[str, float] = {}
    if order == "longest":
        lengths = frame["request"].map(lambda text: len(str(text))) + frame["response"].map(
            lambda text: len(str(text))
        )
        rank = {str(trace_id): -float(length) for trace_id, length in lengths.items()}
    elif order == "unlabelled":
        decided = frame["state" if "state" in frame.columns else "state_"].isin(
            ["completed", "skipped"]
        )
        rank = {str(trace_id): float(done) for trace_id, done in decided.items()}
    elif order == "disagreement":
        rank = {trace_id: -score for trace_id, score in _disagreement(assessments).items()}
    else:
        return [trace_id for trace_id in chosen if trace_id in _outdated(assessments, versions)]
    return sorted(chosen, key=lambda trace_id: rank.get(trace_id, 0.0))


def _disagreement(assessments: pd.DataFrame) -> dict[str, float]:
    """For each trace, the share of its judged questions on which the sources do not all say the same."""
    said: dict[tuple[str, str], set[str]] = {}
    for trace_id, name, value, kind in zip(
        assessments["trace_id"],
        assessments["name"],
        assessments["value"],
        assessments["kind"],
        strict=True,
    ):
        if value is not None and kind == "feedback":
            said.setdefault((trace_id, name), set()).add(
                repr(
                    float(value)
                    if isinstance(value, int) and not isinstance(value, bool)
                    else value
                )
            )
    scores: dict[str, list[bool]] = {}
    for (trace_id, _), values in said.items():
        scores.setdefault(trace_id, []).append(len(values) > 1)
    return {trace_id: sum(apart) / len(apart) for trace_id, apart in scores.items()}


def _outdated(assessments: pd.DataFrame, versions: dict[str, int]) -> set[str]:
    """The traces with an answer that was given under an earlier version of its question."""
    return {
        trace_id
        for trace_id, name, version in zip(
            assessments["trace_id"], assessments["name"], assessments["schema_version"], strict=True
        )
        if not pd.isna(version) and version < versions.get(name, 0)
    }
