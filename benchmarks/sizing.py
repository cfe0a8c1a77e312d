"""How much room a team needs: bytes a trace and a label, and what opening and saving cost as sessions grow.

    python benchmarks/sizing.py

Two sizes on each engine, so that what is printed is a slope and not a share of what an empty store takes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import create_engine

import labelwidget as lw
from benchmarks.store import a_trace
from labelwidget.review.bulk import MAX_BATCH, Bulk, apply_bulk
from tests.postgres_server import running_server

SIZES = (500, 2_500)
REVIEWERS = 2


class Measured(NamedTuple):
    """Bytes after the traces and after the labels; milliseconds to begin and to save."""

    traces: int
    labels: int
    begin_ms: float
    save_ms: float


def measured(address: str, size_of: Callable[[str], int], traces: int) -> Measured:
    store = lw.connect(address)
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
    session = lw.create_labeling_session("sizes", label_schemas=["ok"])
    for start in range(0, traces, 250):
        store.add_items(
            session.labeling_session_id,
            [a_trace(n) for n in range(start, min(start + 250, traces))],
        )
    session.assign("pick", reviews_required=REVIEWERS)
    after_traces = size_of(address)
    for number in range(REVIEWERS):
        review = lw.Review(store, session.labeling_session_id, f"reviewer{number}@example.org")
        for start in range(0, traces - 20, MAX_BATCH):
            positions = range(start, min(start + MAX_BATCH, traces - 20))
            apply_bulk(review, f"b{number}-{start}", Bulk("answer", "ok", True), positions)
            apply_bulk(review, f"d{number}-{start}", Bulk("done"), positions)
    after_labels = size_of(address)
    begins, saves = [], []
    for number in range(7):
        began = time.perf_counter()
        fresh = lw.Review(store, session.labeling_session_id, "reviewer1@example.org")
        index = fresh.begin()
        begins.append((time.perf_counter() - began) * 1000)
        item = fresh.open(index or 0).item
        began = time.perf_counter()
        fresh.answer(item.item_id, "ok", number % 2 == 0)
        saves.append((time.perf_counter() - began) * 1000)
    store.close()
    return Measured(after_traces, after_labels, statistics.median(begins), statistics.median(saves))


def report(engine: str, found: dict[int, Measured]) -> None:
    small, large = (found[size] for size in SIZES)
    more = SIZES[1] - SIZES[0]
    labels = more * REVIEWERS
    print(
        f"{engine}: {(large.traces - small.traces) / more:,.0f} bytes a trace (32 kB of JSON), "
        f"{((large.labels - large.traces) - (small.labels - small.traces)) / labels:,.0f} bytes a label with its review; "
        f"begin {small.begin_ms:.1f} → {large.begin_ms:.1f} ms, save {small.save_ms:.1f} → {large.save_ms:.1f} ms "
        f"from {SIZES[0]:,} to {SIZES[1]:,} traces",
        flush=True,
    )


def server_bytes(address: str) -> int:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM FULL")
        found = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
    engine.dispose()
    return int(found or 0)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report(
            "SQLite",
            {
                size: measured(f"sqlite:///{folder}/{size}.db", lambda one: Path(one.removeprefix("sqlite:///")).stat().st_size, size)
                for size in SIZES
            },
        )  # fmt: skip
    with running_server() as server:
        found = {}
        for size in SIZES:
            with server.database() as address:
                found[size] = measured(address, server_bytes, size)
        report("PostgreSQL", found)


if __name__ == "__main__":
    main()
