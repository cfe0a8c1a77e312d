"""Fixtures shared by `tests/mlflow` and `tests/guides`."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
import mlflow.tracking.fluent

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from tests.mlflow.databases import new_database
from tests.mlflow.servers import MlflowServer

if TYPE_CHECKING:  # the oldest MLflow is tested without a browser
    from playwright.sync_api import Browser

    from tests.e2e.jupyter import JupyterServer

__all__ = [
    "away",
    "browser",
    "lab",
    "mlflow_server",
    "sqlite_uri",
    "store",
    "tracking",
]


_server = MlflowServer(Path(tempfile.gettempdir()) / f"labelwidget-mlflow-{uuid.uuid4().hex}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to start the server where a test will ask for it: it comes up while others run."""
    if any(_asks_for_server(item) for item in session.items):
        _server.begin()


def pytest_unconfigure() -> None:
    """End the server, whether a test has asked for it or not."""
    _server.stop()
    shutil.rmtree(_server.folder, ignore_errors=True)


def _asks_for_server(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    parameters = {} if called is None else called.params
    return parameters.get("tracking") == "http" or "mlflow_server" in getattr(
        item, "fixturenames", ()
    )


@pytest.fixture(scope="session")
def mlflow_server() -> MlflowServer:
    """A server for all tests; those that stop it start their own."""
    _server.start()
    return _server


@pytest.fixture(scope="session")
def sqlite_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database for all tests."""
    return new_database(tmp_path_factory.mktemp("mlflow-db") / "mlflow.db")


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory of the test's own, and nothing connected before or after."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABELWIDGET_STORE", raising=False)
    before = mlflow.get_tracking_uri()
    yield tmp_path
    lw.disable_mlflow_labeling()
    for known in list(labelwidget.mlflow.open_stores()):
        known.close()
    labelwidget.mlflow.forget_stores()
    lw.disconnect()
    mlflow.set_tracking_uri(before)
    mlflow.tracking.fluent._active_experiment_id = None


@pytest.fixture
def tracking(request: pytest.FixtureRequest, away: Path) -> str:
    """An active tracking URI with an experiment of the test's own; `sqlite` unless the test asks for another."""
    kind = getattr(request, "param", "sqlite")
    if kind == "http":
        uri = request.getfixturevalue("mlflow_server").url
    elif kind == "file":
        uri = (away / "mlruns").as_uri()
    else:
        uri = request.getfixturevalue("sqlite_uri")
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(f"experiment-{uuid.uuid4().hex[:8]}")
    return uri


@pytest.fixture
def store(tracking: str) -> MlflowStore:
    """The MLflow store of the active tracking URI, connected."""
    return labelwidget.mlflow.connect()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """JupyterLab, started once."""
    from tests.e2e.jupyter import start_server

    with start_server("lab", tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    from tests.e2e.browser import start_browser

    with start_browser() as browser:
        yield browser
