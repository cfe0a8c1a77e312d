"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from labelwidget.store.sql.opening import open_store
from tests.postgres_server import PostgresServer, running_server

# How long an example takes says more of the machine than of the code.
settings.register_profile("labelwidget", deadline=None)
settings.load_profile("labelwidget")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real traces from other projects, which may be used but not redistributed.

    `LABELWIDGET_SAMPLES` names it; otherwise it is `shared/samples` beside the checkout.
    """
    given = os.environ.get("LABELWIDGET_SAMPLES")
    folder = Path(given) if given else ROOT.parent / "shared" / "samples"
    if not folder.is_dir():
        if given:
            pytest.fail(f"LABELWIDGET_SAMPLES names {given}, which is not a folder.")
        pytest.skip(f"The sample traces are not on this machine: no folder {folder}.")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of these tests alone."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> Iterator[str]:
    """A database with the tables of this version and nothing in them, to be copied."""
    with postgres.database() as address:
        open_store(address).close()
        yield str(make_url(address).database)


@pytest.fixture
def server_database(postgres: PostgresServer, migrated_database: str) -> Iterator[str]:
    """The address of a store of this test alone on the server."""
    with postgres.database(migrated_database) as address:
        yield address
