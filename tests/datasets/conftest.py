"""A store and a session of this test alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.store.base import Store
from tests.datasets.builders import make_session


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[Store]:
    store = lw.connect(tmp_path / "labels.db")
    yield store
    store.close()
    lw.disconnect()


@pytest.fixture
def session(store: Store) -> lw.LabelingSession:
    """Three traces with the questions q0, q1, q2."""
    return make_session()
