"""What a user gets who installs labelwidget: a wheel that is whole and needs no Node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = "labelwidget/widget/static/widget.js"
MORE = "labelwidget/widget/static/more.js"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MAX_WHEEL_BYTES = 1_000_000

# The example in the README stands behind this mark.
FIVE_LINES = re.compile(r"<!-- five lines -->\s*```python\n(.*?)```", re.DOTALL)

RUN_NOTEBOOK = """
import sys, nbformat, nbclient
notebook = nbformat.read("notebook.ipynb", as_version=4)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
nbformat.write(notebook, "executed.ipynb")
"""


def build(
    kind: str, source: Path, target: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(target)],
        cwd=source,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (ROOT / BUNDLE).is_file(), "build the bundle first: python3 dev.py build"
    target = tmp_path_factory.mktemp("wheel")
    done = build("wheel", ROOT, target)
    assert done.returncode == 0, done.stderr
    return next(target.glob("labelwidget-*.whl"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the sources without anything built."""
    copy = tmp_path / "source"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(
            ".git", ".venv*", "artifacts", "node_modules", "notebooks", "static", "tests"
        ),
    )
    return copy


def test_the_wheel_holds_the_package_and_its_bundle_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        tracked = subprocess.run(
            ["git", "ls-files", "labelwidget"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert {name.partition("/")[0] for name in names} == {
            "labelwidget",
            f"labelwidget-{version()}.dist-info",
        }
        assert {name for name in tracked if (ROOT / name).is_file()} <= names
        assert {BUNDLE, MORE, "labelwidget/widget/static/THIRD_PARTY_LICENSES.txt"} <= names
        assert "labelwidget/py.typed" in names
        assert archive.read(BUNDLE) == (ROOT / BUNDLE).read_bytes()
    assert wheel.stat().st_size < MAX_WHEEL_BYTES


def test_the_source_distribution_can_be_built_with_and_without_node(tmp_path):
    done = build("sdist", ROOT, tmp_path)
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(tmp_path.glob("labelwidget-*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        BUNDLE,
        MORE,
        "hatch_build.py",
        "js/package-lock.json",
        "js/build.mjs",
        "LICENSE",
    } <= names
    assert not any("node_modules" in name for name in names)


@pytest.mark.slow
def test_five_lines_label_a_frame_where_there_is_no_node(wheel, tmp_path):
    example = FIVE_LINES.search((ROOT / "README.md").read_text())
    assert example, "the README has lost its example behind <!-- five lines -->"

    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")},
        "PATH": str(environment / "bin"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    assert shutil.which("node", path=variables["PATH"]) is None

    def run(*command: str) -> None:
        done = subprocess.run(
            [str(python), *command],
            cwd=work,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    work = tmp_path / "work"
    work.mkdir()
    run("-m", "pip", "install", "--quiet", str(wheel))
    # What a notebook needs on top, whichever application shows it.
    run("-m", "pip", "install", "--quiet", "ipykernel", "nbclient")

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(example[1])])
    nbformat.write(notebook, work / "notebook.ipynb")
    run("-c", RUN_NOTEBOOK)

    executed = nbformat.read(work / "executed.ipynb", as_version=4)
    outputs = executed.cells[0].outputs
    assert [output.output_type for output in outputs if output.output_type == "stream"] == []
    assert WIDGET_VIEW in outputs[-1].data
    # The traces and labels are kept beside the notebook.
    assert (work / "labelwidget.db").is_file()


def test_a_source_install_without_node_says_what_is_missing(source, tmp_path):
    done = build("wheel", source, tmp_path / "out", PATH=str(tmp_path))
    assert done.returncode != 0
    assert "npm was not found" in done.stderr
    assert "Install Node 20 or newer, or install a wheel" in done.stderr


@pytest.mark.slow
def test_a_source_install_builds_the_bundle(source, tmp_path):
    done = build("wheel", source, tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next((tmp_path / "out").glob("*.whl"))) as archive:
        built = archive.read(BUNDLE)
    # The same sources always give the same bundle.
    assert built == (ROOT / BUNDLE).read_bytes()


def version() -> str:
    found = re.search(
        r'^__version__ = "(.*)"', (ROOT / "labelwidget" / "__init__.py").read_text(), re.MULTILINE
    )
    assert found
    return found[1]
