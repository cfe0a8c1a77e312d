"""Databases of MLflow to test with: making one takes MLflow seconds, copying one takes none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow

MAKE = """
import sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
SqlAlchemyStore(f"sqlite:///{sys.argv[1]}", "mlruns")._dispose_engine()
"""


def new_database(path: Path) -> str:
    """An empty database of the installed MLflow; returns its tracking URI."""
    shutil.copyfile(_template(), path)
    return f"sqlite:///{path}"


def _template() -> Path:
    """Made once for each version of MLflow in an environment, and kept there."""
    template = Path(sys.prefix) / f"labelwidget-tests-mlflow-{mlflow.__version__}.db"
    with _alone(template.with_suffix(".lock")):
        if not template.exists():
            with tempfile.TemporaryDirectory() as folder:
                made = Path(folder) / "mlflow.db"
                subprocess.run(
                    [sys.executable, "-c", MAKE, str(made)],
                    cwd=folder,
                    check=True,
                    capture_output=True,
                )
                # Whole or not at all, also when the tests are interrupted just now.
                half = template.with_suffix(".half")
                shutil.copyfile(made, half)
                half.replace(template)
    return template


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Only one of the processes that run tests side by side is in here."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
