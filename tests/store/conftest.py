"""One suite, several engines: `store` is a fresh store of each engine that is at hand."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelwidget.store import Store
from labelwidget.store.sql.opening import open_store

# PostgreSQL joins here once the tests start a server of their own.
ENGINES = ["sqlite"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the SQLite store of the test is."""
    return tmp_path / "labels.db"


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[Store]:
    """A fresh store."""
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="labelwidget-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)
