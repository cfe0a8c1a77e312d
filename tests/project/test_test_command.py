"""`python3 dev.py test` runs everything, those with MLflow too, and fails when any of it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import dev

STEPS = (
    "install_node_packages",
    "build_bundle",
    "create_environment",
    "install_python_packages",
    "set_up_browser",
    "do_lint",
    "do_types",
    "run",
    "install_mlflow",
)


@dataclass
class Runs:
    """The test runs that were started: environment and arguments; and the exit codes that they shall end with."""

    started: list[tuple[str, list[str]]] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    def run_tests(self, folder: Path, arguments: list[str]) -> int:
        self.started.append((folder.name, arguments))
        return self.codes.get(folder.name, 0)

    @property
    def environments(self) -> list[str]:
        return [name for name, _ in self.started]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Everything else is left out."""
    made = Runs()
    for name in STEPS:
        monkeypatch.setattr(dev, name, lambda *_, **__: None)
    monkeypatch.setenv("LABELWIDGET_VENV", "/nowhere/.venv")
    monkeypatch.setattr(dev, "run_tests", made.run_tests)
    return made


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        dev.do_test(list(arguments))
    return int(ended.value.code or 0)


def test_all_tests_run_with_each_mlflow_first_and_ours_last(runs: Runs):
    assert exit_code() == 0
    assert runs.environments == [".venv-mlflow-oldest", ".venv-mlflow", ".venv"]


@pytest.mark.parametrize("failing", [".venv-mlflow-oldest", ".venv-mlflow", ".venv"])
def test_a_failure_anywhere_fails_the_whole_and_the_rest_runs(runs: Runs, failing: str):
    runs.codes[failing] = 1

    assert exit_code() == 1
    assert len(runs.started) == 3


def test_named_tests_run_alone_where_they_can(runs: Runs):
    assert exit_code("tests/store", "-k", "undo") == 0
    assert exit_code("tests/mlflow/test_queues.py") == 0
    assert runs.started == [
        (".venv", ["tests/store", "-k", "undo"]),
        (".venv-mlflow", ["tests/mlflow/test_queues.py"]),
    ]


def test_those_with_mlflow_can_be_run_alone(runs: Runs):
    assert exit_code("--mlflow") == 0
    assert runs.environments == [".venv-mlflow-oldest", ".venv-mlflow"]
