"""Every notebook runs from top to bottom as it is shipped, twice, as a reader would run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
# These need more than the package itself and are run where that is installed.
ELSEWHERE = {"05-mlflow.ipynb"}
NOTEBOOKS = sorted(
    path.name for path in (ROOT / "notebooks").glob("*.ipynb") if path.name not in ELSEWHERE
)


def run(path: Path) -> nbformat.NotebookNode:
    """Execute as a reader does; in a process of its own, which leaves nothing behind in this one."""
    executed = path.with_name("executed.ipynb")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"),
            *("--ExecutePreprocessor.timeout=180", "--output", executed.name, path.name),
        ],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return nbformat.read(executed, as_version=4)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs_and_can_be_run_again(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns("*.db*", ".*"))
    for _ in range(2):
        executed = run(folder / name)
        outputs = [out for cell in executed.cells for out in cell.get("outputs", [])]
        assert outputs
        noise = [
            out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"
        ]
        assert noise == []


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_notebook_is_shipped_without_outputs(name: str) -> None:
    path = ROOT / "notebooks" / name
    notebook = nbformat.read(path, as_version=4)
    assert [cell.outputs for cell in notebook.cells if cell.get("outputs")] == []
    assert "widgets" not in notebook.metadata
