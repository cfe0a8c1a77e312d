"""Labelling into MLflow costs the reviewer nothing, and reading labels costs less than asking MLflow.

Ratios within one run, contestants in turns, so that a busy machine slows both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import mlflow
import pytest

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.store.base import Store
from labelwidget.store.mlflow.mlflow_store import MlflowStore


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def a_session(store: Store, traces: int) -> tuple[lw.LabelingSession, list[str]]:
    labelwidget.mlflow.use_store(store)
    lw.create_label_schema("stars", type="feedback", input=lw.InputRating(1, 5))
    lw.create_label_schema("why", type="expectation", input=lw.InputText())
    session = lw.create_labeling_session("speed", label_schemas=["stars", "why"])
    session.add_traces([{"inputs": f"Q{n}", "outputs": "A" * 500} for n in range(traces)])
    return session, list(session.to_df().index)


@pytest.mark.parametrize("tracking", ["sqlite", "http"], indirect=True)
def test_an_answer_is_saved_as_fast_as_in_a_store_of_our_own(store: MlflowStore, away: Path):
    stores: list[Store] = [store, lw.connect(away / "own.db")]
    reviews: list[tuple[lw.Review, list[str]]] = []
    for one in stores:
        session, ids = a_session(one, 20)
        reviews.append((lw.Review(one, session.labeling_session_id, "alice"), ids))
    times: list[list[float]] = [[], []]

    for number in range(60):
        turn = [0, 1] if number % 2 else [1, 0]  # the first one finds cold caches
        for (review, ids), spent in ((reviews[one], times[one]) for one in turn):
            item = ids[number % len(ids)]
            spent.append(seconds(lambda: review.answer(item, "stars", 1 + number % 5, f"because {number}")))  # noqa: B023  # fmt: skip
        # A reviewer needs a moment for the next trace: MLflow is written to meanwhile.
        assert store.flush(60) == 0
        time.sleep(0.05)

    ratio = median(times[0][5:]) / median(times[1][5:])
    assert ratio <= 1.3, (
        f"{ratio:.2f}: {median(times[0]) * 1e3:.1f} ms, {median(times[1]) * 1e3:.1f} ms"
    )


def test_a_thousand_labelled_traces_are_read_faster_than_mlflow_reads_them(
    store: MlflowStore, away: Path
):
    session, ids = a_session(store, 1_000)
    review = lw.Review(store, session.labeling_session_id, "alice")
    for number, item in enumerate(ids):
        review.answer(item, "stars", 1 + number % 5)
    assert store.flush(300) == 0
    own, own_ids = a_session(lw.connect(away / "own.db"), 1_000)
    own_review = lw.Review(own.store, own.labeling_session_id, "alice")
    for number, item in enumerate(own_ids):
        own_review.answer(item, "stars", 1 + number % 5)

    here, ours, theirs = [], [], []
    for _ in range(3):
        here.append(seconds(session.to_df))
        ours.append(seconds(own.to_df))
        theirs.append(seconds(lambda: mlflow.search_traces(run_id=session.mlflow_run_id)))

    assert len(mlflow.search_traces(run_id=session.mlflow_run_id)) == 1_000
    assert session.to_df()["stars"].notna().all()
    assert min(here) <= 0.5 * min(theirs), f"{min(here):.3f} s, {min(theirs):.3f} s"
    assert min(ours) <= 0.05 * min(theirs), f"{min(ours):.3f} s, {min(theirs):.3f} s"
