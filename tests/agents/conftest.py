"""A store of this test alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.store.base import Store


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[Store]:
    store = lw.connect(tmp_path / "labels.db")
    yield store
    store.close()
    lw.disconnect()
