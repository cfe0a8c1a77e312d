"""The README's first command."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.jupyter import private_environment, stop

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab/tree/\S+\?token=\w+")


def wait_until_listening(address: str) -> None:
    place = urlsplit(address)
    assert place.hostname
    assert place.port
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((place.hostname, place.port), timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


@pytest.mark.timeout(180)
def test_open_shows_the_quickstart(tmp_path, page):
    process = subprocess.Popen(
        [sys.executable, "dev.py", "open", "--no-browser"],
        cwd=ROOT,
        env={**private_environment(tmp_path), "LABELWIDGET_VENV": sys.prefix},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        lines: list[str] = []
        # The test's own time-out ends this when no address is ever printed.
        for line in process.stdout:
            lines.append(line)
            if address := ADDRESS.search(line):
                break
        else:
            raise AssertionError("no address was printed:\n" + "".join(lines))
        # Jupyter prints its address a moment before it listens there.
        wait_until_listening(address[0])
        page.goto(address[0], timeout=90_000)
        expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=90_000)
        expect(page.get_by_role("tab", name="01-quickstart.ipynb")).to_be_visible()
        # A kernel is ready for the first cell.
        expect(page.get_by_text(re.compile(r"Python 3.* \| Idle"))).to_be_visible(timeout=60_000)
    finally:
        page.close()  # before its server goes away
        stop(process)
        if process.stdout:
            process.stdout.close()
