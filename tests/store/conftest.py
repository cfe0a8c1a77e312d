"""One suite, several engines: `store` is a fresh store of each engine that is at hand."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelwidget.store import Store
from labelwidget.store.sql.opening import open_store

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the SQLite store of the test is."""
    return tmp_path / "labels.db"


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[Store]:
    """A fresh store of each engine."""
    address = f"sqlite:///{path}"
    if request.param == "postgresql":
        address = request.getfixturevalue("server_database")
    opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="labelwidget-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)
