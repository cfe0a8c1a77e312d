"""How long 1,000 labelled traces take to become a frame: from the MLflow store, from our own, by `mlflow.search_traces`.

    python benchmarks/mlflow_reading.py [traces]

The goals are at most 0.5 and 0.05 times `mlflow.search_traces` of the same run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.store.base import Store
from tests.mlflow.databases import new_database

TRACES = 1_000
ROUNDS = 3
GOALS = {"MLflow store": 0.5, "own store": 0.05}


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def labelled(store: Store, traces: int) -> lw.LabelingSession:
    labelwidget.mlflow.use_store(store)
    lw.create_label_schema("stars", type="feedback", input=lw.InputRating(1, 5))
    session = lw.create_labeling_session("reading", label_schemas=["stars"])
    session.add_traces([{"inputs": f"Q{n}", "outputs": "A" * 500} for n in range(traces)])
    review = lw.Review(store, session.labeling_session_id, "alice")
    for number, item in enumerate(session.to_df().index):
        review.answer(item, "stars", 1 + number % 5)
    return session


def main() -> int:
    traces = int(sys.argv[1]) if len(sys.argv) > 1 else TRACES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mlflow.set_tracking_uri(new_database(folder / "mlflow.db"))
        mlflow.set_experiment("reading")
        store = labelwidget.mlflow.connect(cache=folder / "cache.db")
        sessions = {
            "MLflow store": labelled(store, traces),
            "own store": labelled(lw.connect(folder / "own.db"), traces),
        }
        assert store.flush(600) == 0, store.problems()
        run_id = sessions["MLflow store"].mlflow_run_id
        assert len(mlflow.search_traces(run_id=run_id)) == traces
        assert sessions["MLflow store"].to_df()["stars"].notna().all()
        spent: dict[str, list[float]] = {"mlflow.search_traces": []}
        for _ in range(ROUNDS):
            spent["mlflow.search_traces"].append(
                seconds(lambda: mlflow.search_traces(run_id=run_id))
            )
            for what, session in sessions.items():
                spent.setdefault(what, []).append(seconds(session.to_df))
        store.close()
        lw.disconnect()
    theirs = min(spent["mlflow.search_traces"])
    met = True
    for what, goal in GOALS.items():
        ratio = min(spent[what]) / theirs
        missed = "" if ratio <= goal else f"   MISSED: at most {goal}"
        print(
            f"{traces:,} labelled traces from the {what}: {1000 * min(spent[what]):.0f} ms, "
            f"mlflow.search_traces {1000 * theirs:.0f} ms, ratio {ratio:.3f}{missed}"
        )
        met &= ratio <= goal
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
