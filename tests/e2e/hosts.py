"""Voila and marimo as a person starts them: real servers of their own, for `test_hosts.py`."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from dev import free_port
from tests.e2e.jupyter import START_SECONDS, private_environment, stop


@contextlib.contextmanager
def serve(folder: Path, *arguments: str, ready: str) -> Iterator[str]:
    """Start `python -m …` in a folder; `{port}` in an argument becomes a free port. Gives its address."""
    port = free_port()
    own = folder / "own"
    own.mkdir()
    log = folder / "host.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as log_file:
        process = subprocess.Popen(
            [sys.executable, "-m", *(argument.format(port=port) for argument in arguments)],
            cwd=folder,
            env=private_environment(own),
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_ready(url + ready, process, log)
            yield url
        finally:
            stop(process)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The host did not start:\n{log.read_text()[-3000:]}") from None
        time.sleep(0.2)
