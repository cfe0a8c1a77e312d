"""How long a session takes to open: the first answer of the kernel, for 100 and for 10,000 traces.

    python benchmarks/opening.py [traces]

Both are opened in turn in one process, as after a restart: a new review, the hello that brings the
first trace, the reply as it is sent. The goal is a ratio of at most 1.5.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import labelwidget as lw
from labelwidget.review import Review
from labelwidget.widget.channel import Channel
from labelwidget.widget.handlers import Handlers
from labelwidget.widget.protocol import Settings

ROUNDS = 30
GOAL = 1.5
HELLO = {"v": 1, "req": "r", "op": "hello"}


def make_session(count: int) -> lw.LabelingSession:
    session = lw.create_labeling_session(f"{count} traces", label_schemas=["ok"])
    return session.add_traces(
        {"inputs": f"Question {number}?", "outputs": "An answer. " * 40} for number in range(count)
    )


def label_some(session: lw.LabelingSession) -> None:
    """Every second trace of the first hundred is done."""
    review = Review(session.store, session.labeling_session_id, "alice")
    for number in range(50):
        item = review.open(number * 2).item
        review.answer(item.item_id, "ok", True)
        review.set_state(item.item_id, "completed")


def open_once(session: lw.LabelingSession) -> float:
    """Seconds from nothing to the bytes of the first trace."""
    start = time.perf_counter()
    review = Review(session.store, session.labeling_session_id, "alice")
    channel = Channel(
        Handlers(
            review=lambda: review,
            settings=lambda: Settings(height=680, auto_advance=True),
            start=lambda: None,
            on_moved=lambda *_: None,
            on_saved=lambda _: None,
        ).handle
    )
    answered = channel.receive(HELLO)
    assert answered is not None
    assert answered[0].error is None
    json.dumps(answered[0].model_dump(mode="json"))
    return time.perf_counter() - start


def compare(small: lw.LabelingSession, large: lw.LabelingSession, what: str) -> bool:
    times: dict[str, list[float]] = {"small": [], "large": []}
    gc.collect()
    for _ in range(ROUNDS):
        times["small"].append(open_once(small))
        times["large"].append(open_once(large))
    low, high = (statistics.median(times[name]) for name in ("small", "large"))
    ratio = high / low
    missed = "" if ratio <= GOAL else f"   MISSED: at most {GOAL}"
    print(
        f"{what}: {len(small):,} traces {low * 1000:.1f} ms, {len(large):,} traces {high * 1000:.1f} ms, ratio {ratio:.2f}{missed}"
    )
    return ratio <= GOAL


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        lw.connect(Path(folder) / "labels.db")
        try:
            lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
            small, large = make_session(100), make_session(count)
            met = compare(small, large, "opening, nothing done")
            for session in (small, large):
                label_some(session)
            met &= compare(small, large, "opening, 50 done")
        finally:
            lw.disconnect()
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
