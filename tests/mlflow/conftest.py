"""Fixtures of the tests that need MLflow; they run in an environment of their own (`python3 dev.py test --mlflow`)."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

# Without MLflow there is nothing to test here: `dev.py test` runs these where MLflow is.
collect_ignore_glob = [] if find_spec("mlflow") else ["test_*.py"]

if find_spec("mlflow"):

    def pytest_configure(config: pytest.Config) -> None:
        """MLflow and what it brings warn of their own deprecations; other warnings stay errors."""
        # The process that only hands out tests needs nothing, MLflow's import least of all.
        runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
        if runs_tests and not config.pluginmanager.has_plugin("mlflow-fixtures"):
            # Registered once, so that both folders share one server and one browser.
            config.pluginmanager.register(import_module("tests.mlflow.fixtures"), "mlflow-fixtures")
        for kind in (
            "DeprecationWarning",
            "PendingDeprecationWarning",
            "FutureWarning",
            "ResourceWarning",
        ):
            config.addinivalue_line("filterwarnings", f"default::{kind}")
        # At the first span of a process, about code of its own.
        config.addinivalue_line("filterwarnings", "ignore:.*Any type hint is inferred:UserWarning")
