"""A real Jupyter server of its own for the tests: no token, no setting of the user, a free port.

with start_server("lab", folder) as server:
    server.url, server.root, server.log.read_text()
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from jupyter_client.blocking.client import BlockingKernelClient

from dev import free_port

Kind = Literal["lab", "notebook"]

START_SECONDS = 120
STOP_SECONDS = 20
SETTINGS: dict[str, dict[str, Any]] = {
    # Nothing that asks the network or covers the page.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


@dataclasses.dataclass(frozen=True)
class JupyterServer:
    """A running server: `root` is its folder of notebooks, `log` what it and its kernels say."""

    kind: Kind
    url: str
    root: Path
    log: Path
    runtime: Path

    def page_url(self, notebook: str) -> str:
        """Where the page with a notebook, named from the root, is opened."""
        if self.kind == "lab":
            return f"{self.url}/lab/tree/{notebook}?reset"
        return f"{self.url}/notebooks/{notebook}"

    def request(self, method: str, path: str) -> Any:
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            body = response.read()
        return json.loads(body) if body else None

    def kernel_id(self, notebook: str) -> str:
        """The kernel behind a notebook that is open."""
        for session in self.request("GET", "sessions"):
            if session["path"] == notebook:
                return session["kernel"]["id"]
        raise LookupError(f"no kernel runs for {notebook}")

    def stop_kernels(self) -> None:
        """End every kernel, so that the next test starts with none."""
        for session in self.request("GET", "sessions"):
            self.request("DELETE", f"sessions/{session['id']}")

    def execute(self, kernel_id: str, code: str, timeout: float = 60) -> str:
        """Run code in a kernel beside the page; returns what it printed and its last value.

        Raises:
            RuntimeError: The code raised; the message holds the kernel's traceback.
            TimeoutError: The kernel did not finish in time.
        """
        client = BlockingKernelClient(
            connection_file=str(self.runtime / f"kernel-{kernel_id}.json")
        )
        client.load_connection_file()
        client.start_channels(stdin=False, hb=False, control=False)
        output: list[str] = []

        def collect(message: dict[str, Any]) -> None:
            content = message["content"]
            match message["msg_type"]:
                case "stream" if content["name"] == "stdout":
                    output.append(content["text"])
                case "execute_result":
                    output.append(content["data"]["text/plain"])
                case "error":
                    raise RuntimeError("\n".join(content["traceback"]))
                case _:
                    pass

        try:
            client.wait_for_ready(timeout=timeout)
            client.execute_interactive(
                code, store_history=False, output_hook=collect, timeout=timeout
            )
        finally:
            client.stop_channels()
        return "".join(output).rstrip("\n")


@contextlib.contextmanager
def start_server(kind: Kind, folder: Path) -> Iterator[JupyterServer]:
    """Start a server whose files are all below `folder`; stops it and its kernels at the end."""
    environment = private_environment(folder)
    root, log = folder / "notebooks", folder / "server.log"
    root.mkdir()
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyterlab" if kind == "lab" else "notebook",
        "--no-browser",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.disable_check_xsrf=True",
        "--IdentityProvider.token=",
        "--PasswordIdentityProvider.hashed_password=",
        "--allow-root",
    ]
    # Tests reach the running application as `window.jupyterapp`.
    if kind == "lab":
        command += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    else:
        command += ["--JupyterNotebookApp.expose_app_in_browser=True"]
    with log.open("w") as log_file:
        # A process group of its own, so that the kernels can be ended with the server.
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        server = JupyterServer(
            kind, f"http://127.0.0.1:{port}", root, log, Path(environment["JUPYTER_RUNTIME_DIR"])
        )
        try:
            wait_until_ready(server, process)
            yield server
            server.stop_kernels()
        finally:
            stop(process)


def private_environment(folder: Path) -> dict[str, str]:
    """Folders of its own for all that Jupyter reads and keeps; the running Python as kernel."""
    environment = {name: value for name, value in os.environ.items() if name != "LABELWIDGET_STORE"}
    for variable, name in {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }.items():
        path = folder / name
        path.mkdir()
        environment[variable] = str(path)
    environment["JUPYTER_PREFER_ENV_PATH"] = "0"  # so that the kernel below is found first
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    for plugin, values in SETTINGS.items():
        package, name = plugin.split(":")
        path = folder / "settings" / package
        path.mkdir(parents=True)
        (path / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
    kernel = folder / "data" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    specification = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "metadata": {"debugger": False},
    }
    (kernel / "kernel.json").write_text(json.dumps(specification))
    return environment


def wait_until_ready(server: JupyterServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.request("GET", "status")
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                tail = server.log.read_text()[-3000:]
                raise RuntimeError(f"The Jupyter server did not start:\n{tail}") from None
        time.sleep(0.2)


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a server that leads a process group, and its kernels with it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return
