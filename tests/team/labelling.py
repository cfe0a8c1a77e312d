"""Many reviewers, each a process of its own, who label a shared session until nothing is left; and what came of it.

Each keeps a log of everything that the store acknowledged: the event's id, and how long saving it took in milliseconds.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import labelwidget as lw
from labelwidget.errors import NotAssignedError
from labelwidget.model import ItemState
from labelwidget.store.base import Store
from labelwidget.store.sql.opening import open_store

__all__ = ["Outcome", "audit", "label_together", "shared_session"]


class Outcome(NamedTuple):
    """What reviewers were told: ids of events that were acknowledged, and milliseconds of each save."""

    acknowledged: list[str]
    milliseconds: list[float]
    seconds: float


def shared_session(store: Store, traces: int, *, required: int = 1) -> lw.LabelingSession:
    """A session whose traces are for whoever opens them first."""
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
    session = lw.create_labeling_session("shared", label_schemas=["ok"])
    session.add_traces([{"inputs": f"question {n}", "outputs": "answer"} for n in range(traces)])
    return session.assign("pick", reviews_required=required)


def label_together(
    address: str,
    session_id: str,
    reviewers: Sequence[str],
    folder: Path,
    meanwhile: Callable[[], None] = lambda: None,
    *,
    seconds: float = 300,
) -> Outcome:
    """Let reviewers label until nothing is left.

    Args:
        address: The store.
        session_id: The session.
        reviewers: A process each.
        folder: For their logs.
        meanwhile: Called again and again until they are done.
        seconds: After which it is a deadlock.

    Raises:
        AssertionError: One of them failed or did not end.
    """
    began = time.monotonic()
    logs = [folder / f"{reviewer}.log" for reviewer in reviewers]
    # Forked from a process that has imported everything: what is measured is not how Python starts.
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["tests.team.labelling"])
    running = [
        processes.Process(target=_label, args=(address, session_id, reviewer, log), daemon=True)
        for reviewer, log in zip(reviewers, logs, strict=True)
    ]
    for one in running:
        one.start()
    try:
        while any(one.is_alive() for one in running):
            assert time.monotonic() - began < seconds, "some reviewers wait for ever"
            meanwhile()
            time.sleep(0.05)
    finally:
        for one in running:
            one.kill()
            one.join()
    assert [one.exitcode for one in running] == [0] * len(running)
    lines = [line.split() for log in logs for line in log.read_text().splitlines()]
    return Outcome(
        [event for event, _ in lines], [float(ms) for _, ms in lines], time.monotonic() - began
    )


def audit(store: Store, session_id: str, outcome: Outcome, *, required: int = 1) -> None:
    """Each acknowledged answer is there once, every trace was completed as often as wanted and no more."""
    answers = store.assessment_columns(session_id, everything=True)
    kept: Counter[tuple[object, object]] = Counter()
    for item_id, who, valid in zip(
        answers["item_id"], answers["source_id"], answers["valid"], strict=True
    ):
        kept[item_id, who] += bool(valid)
    assert set(kept.values()) == {1}
    assert len(set(outcome.acknowledged)) == len(outcome.acknowledged)
    found = store.transact(
        lambda tx: [one for one in outcome.acknowledged if tx.event(one) is None]
    )
    assert found == []
    done: Counter[object] = Counter()
    status = store.status_columns(session_id)
    for item_id, state in zip(status["item_id"], status["state"], strict=True):
        done[item_id] += state == "completed"
    assert set(done.values()) == {required}
    assert len(done) == store.count_items(session_id)
    counted = sum(progress.completed for progress in store.reviewers(session_id).values())
    assert counted == sum(done.values())
    events = {
        reviewer: store.events(session_id, reviewer, limit=100_000)
        for reviewer in store.reviewers(session_id)
    }
    ids = [event.event_id for of_one in events.values() for event in of_one]
    assert len(set(ids)) == len(ids)
    assert store.reservations(session_id, 0) == {}


def _label(address: str, session_id: str, reviewer: str, log: Path) -> None:
    store = open_store(address)
    review = lw.Review(store, session_id, reviewer)
    with log.open("w", buffering=1) as acknowledged:

        def timed(save: Callable[..., object]) -> None:
            event_id = uuid.uuid4().hex
            began = time.perf_counter()
            save(event_id=event_id)
            acknowledged.write(f"{event_id} {(time.perf_counter() - began) * 1000:.2f}\n")

        while True:
            index = review.begin()
            if index is None:
                # Nothing is open to this reviewer; others may still be at what they have.
                if not store.reservations(session_id, int(time.time() * 1000)):
                    break
                time.sleep(0.05)
                continue
            item_id = review.open(index).item.item_id
            try:
                timed(partial(review.answer, item_id, "ok", True))
                timed(partial(review.set_state, item_id, ItemState.COMPLETED))
            except NotAssignedError:
                continue
    store.close()
