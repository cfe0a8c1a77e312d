"""What is tracked, and the front door to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_BYTES = 1024 * 1024


def dev(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "dev.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_the_lock_file_names_no_download_address():
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text())
    assert lock["packages"]
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_what_ships_in_the_bundle_is_pinned_exactly():
    package = json.loads((ROOT / "js" / "package.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert version[0].isdigit(), f"{name} is not pinned: {version}"


def test_no_tracked_file_is_large_or_built():
    files = tracked_files()
    assert files
    assert [file for file in files if file.stat().st_size > MAX_FILE_BYTES] == []
    assert [file for file in files if "static" in file.parts or file.suffix == ".db"] == []


@pytest.mark.parametrize("command", ["open", "test", "setup", "build", "lint", "types"])
def test_the_front_door_knows_its_commands(command):
    assert f"dev.py {command}" in dev("--help").stdout


def test_the_front_door_names_what_is_missing(tmp_path):
    without_node = dev("build", PATH=str(tmp_path))
    assert without_node.returncode == 1
    assert "Install Node 20 or newer" in without_node.stderr
    assert "Traceback" not in without_node.stderr

    old_node = tmp_path / "node"
    old_node.write_text("#!/bin/sh\necho v18.19.0\n")
    old_node.chmod(0o755)
    (tmp_path / "npm").symlink_to(old_node)
    too_old = dev("build", PATH=f"{tmp_path}:/bin:/usr/bin")
    assert too_old.returncode == 1
    assert "v18.19.0" in too_old.stderr

    unknown = dev("lint", "--no-such-option")
    assert unknown.returncode == 2
    assert "unknown arguments: --no-such-option" in unknown.stderr
