"""MLflow servers and addresses to test with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

from tests.mlflow.databases import new_database

START_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class MlflowServer:
    """A real `mlflow server` that can be stopped and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> None:
        """Start it without waiting until it answers."""
        if self.process is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        database = self.folder / "server.db"
        if not database.exists():
            new_database(database)
        with (self.folder / "server.log").open("ab") as log:
            self.process = self._spawn(log)

    def start(self) -> None:
        self.begin()
        self.wait_until_up()

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1",
                "--backend-store-uri", f"sqlite:///{self.folder / 'server.db'}",
                "--default-artifact-root", str(self.folder / "artifacts"),
            ],
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            start_new_session=True,
        )  # fmt: skip

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process is not None:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        log = (self.folder / "server.log").read_text(errors="replace")[-3000:]
        raise AssertionError(f"mlflow server did not start:\n{log}")

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@dataclass
class Fault:
    """What goes wrong with requests that a test picks.

    Attributes:
        path: A part of the path.
        method: The HTTP method.
        status: What is answered in place of the server; 0 to close the connection without an answer.
        after: Whether the server gets the request first: what it did stays done.
        times: How often; None for always.
    """

    path: str
    method: str = "POST"
    status: int = 500
    after: bool = False
    times: int | None = None
    seen: int = 0

    def hits(self, method: str, path: str) -> bool:
        if self.path not in path or self.method != method:
            return False
        if self.times is not None and self.seen >= self.times:
            return False
        self.seen += 1
        return True


class FaultyProxy:
    """Stands between the client and a server, and lets things go wrong."""

    def __init__(self, target: str) -> None:
        self.faults: list[Fault] = []
        self.experiment = ""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if proxy._server is None:  # a connection that was kept open
                    self._hang_up()
                    return
                fault = next(
                    (one for one in proxy.faults if one.hits(self.command, self.path)), None
                )
                if fault is None or fault.after:
                    status, answer = self._forward(body)
                if fault is not None:
                    if fault.status == 0:
                        self._hang_up()
                        return
                    status, answer = fault.status, json.dumps(FAULT_BODIES[fault.status]).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def _hang_up(self) -> None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def _forward(self, body: bytes) -> tuple[int, bytes]:
                headers = {
                    key: value
                    for key, value in self.headers.items()
                    if key.lower() not in ("host", "connection", "accept-encoding")
                }
                request = urllib.request.Request(  # noqa: S310
                    target + self.path, data=body or None, headers=headers, method=self.command
                )
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                        return answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    return error.code, error.read()

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815

        self._handler = Handler
        self._port = free_port()
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Answer (again)."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, as a server does that is not running."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


FAULT_BODIES = {
    401: {"error_code": "UNAUTHENTICATED", "message": "The token has expired."},
    409: {"error_code": "RESOURCE_CONFLICT", "message": "Changed by somebody else."},
    500: {"error_code": "INTERNAL_ERROR", "message": "Something broke."},
}
