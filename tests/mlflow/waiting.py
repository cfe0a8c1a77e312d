"""Waiting until something is so, as long as a busy machine needs."""

from __future__ import annotations

import time
from collections.abc import Callable

import mlflow

from labelwidget.store.base import Store
from labelwidget.store.mlflow.mlflow_store import MlflowStore

SECONDS = 180


def wait_for(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def settle(store: Store) -> None:
    """Wait until everything is at the server. A server that was slow once is asked again."""
    assert isinstance(store, MlflowStore)
    wait_for(lambda: store.flush(30) == 0)
    assert store.problems() == []


def logged(trace_id: str) -> mlflow.entities.Trace:
    """A trace that was logged just now: some versions write it a moment later."""
    flush_traces()
    wait_for(lambda: mlflow.get_trace(trace_id) is not None)
    return mlflow.get_trace(trace_id)


def flush_traces() -> None:
    """Write what was traced, where it is written by a thread."""
    mlflow.flush_trace_async_logging()
