"""The page and the notebook about MLflow do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import mlflow
import nbformat
import pytest

from tests.conftest import ROOT
from tests.mlflow.databases import new_database


def test_the_page_runs_from_top_to_bottom(away: Path, capsys: pytest.CaptureFixture[str]):
    new_database(away / "mlflow.db")
    page = (ROOT / "docs" / "mlflow.md").read_text()
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        exec(compile(block, "mlflow.md", "exec"), names)  # noqa: S102  our own page
        mlflow.flush_trace_async_logging()
    said = capsys.readouterr().out.splitlines()

    assert said.pop(0) in ("2 [0, 2]", "2 [2, 0]")
    assert said == [
        "['FINISHED']",
        "['quality check', 'first look'] 2",
        "True",
        "2 2",
        "1",
    ]


def test_the_notebook_runs_as_it_is_shipped_and_again(tmp_path: Path):
    path = tmp_path / "05-mlflow.ipynb"
    path.write_bytes((ROOT / "notebooks" / path.name).read_bytes())
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", EXECUTE, path.name],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
        outputs = [out for cell in executed.cells for out in cell.get("outputs", [])]
        assert [
            out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"
        ] == []
        text = "".join(str(out) for out in outputs)
        assert "not in MLflow yet: 0 []" in text
        assert "3 unchanged" in text
        assert "says_when/mean" in text


EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=180, kernel_name="python3").execute()
nbformat.write(notebook, "executed.ipynb")
"""
