"""One suite, several engines: `store` is a fresh store of each engine that is at hand."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from labelwidget.store import Store
from labelwidget.store.sql.opening import open_store

# A server whose user may create databases: `postgresql+psycopg://user@host/postgres`.
SERVER = os.environ.get("LABELWIDGET_TEST_POSTGRES", "")
ENGINES = ["sqlite", "postgresql"] if SERVER else ["sqlite"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the SQLite store of the test is."""
    return tmp_path / "labels.db"


@pytest.fixture
def server_database() -> Iterator[str]:
    """The address of a fresh database of the server."""
    server = make_url(SERVER)
    name = f"labelwidget_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


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
