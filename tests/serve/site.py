"""The review site as it is started from a terminal, and a visitor who is no browser."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

TOKEN = "t0ken-of-the-operator-0123456789"
START_SECONDS = 60


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Site:
    """A running site."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def running(
    folder: Path, *options: str, environment: dict[str, str] | None = None
) -> Iterator[Site]:
    """`labelwidget serve` on a free port."""
    log = folder / "site.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "labelwidget", "serve", "--store", "labels.db", "--port", "0", *options],
            cwd=folder,
            env={**os.environ, "LABELWIDGET_TOKEN": TOKEN, "PYTHONPATH": str(Path(__file__).parents[2]), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield Site(_port(process, log), log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith("The review site is at "):
                return int(line.rpartition(":")[2])
        time.sleep(0.05)
    raise RuntimeError(f"The site did not start:\n{log.read_text()[-3000:]}")


@dataclass
class Visitor:
    """Somebody with a cookie jar."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> Answer:
        sent = {
            "Host": f"127.0.0.1:{self.site.port}",
            **({"Origin": self.site.url} if method != "GET" else {}),
            **({"Cookie": self.cookie} if self.cookies else {}),
            **({"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, urlencode(form or {}), sent)
            reply = connection.getresponse()
            text = reply.read().decode("utf-8", "replace")
        for line in reply.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(reply.status, text, dict(reply.headers))

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def enter(self, secret: str, **headers: str) -> Answer:
        return self.ask("POST", "/enter", {"secret": secret.rpartition("#")[2]}, **headers)

    def open(self, session_id: str) -> str:
        """Open a session's page; returns its kernel's id."""
        page = self.ask("GET", f"/session/{session_id}")
        assert page.status == 200, page.text[:500]
        config = page.text.partition('id="jupyter-config-data" type="application/json">')[2]
        return str(json.loads(config.partition("</script>")[0])["kernelId"])

    def socket(self, kernel_id: str, *, origin: str | None = "", protocol: bool = False) -> Socket:
        """A kernel's socket; `origin` None sends none, and empty the site's own."""
        headers = {"Cookie": self.cookie} if self.cookies else {}
        if origin is not None:
            headers["Origin"] = origin or self.site.url
        request = HTTPRequest(
            f"ws://127.0.0.1:{self.site.port}/api/kernels/{kernel_id}/channels", headers=headers
        )
        wanted = ["v1.kernel.websocket.jupyter.org"] if protocol else None
        loop = IOLoop(make_current=False)

        async def connect() -> WebSocketClientConnection:
            return await websocket_connect(request, subprotocols=wanted)

        try:
            socket = Socket(loop, loop.run_sync(connect, timeout=30))
        except BaseException:
            loop.close()
            raise
        open_sockets.append(socket)
        return socket

    def refused(self, kernel_id: str, **how: object) -> int:
        """The status by which the socket is refused; 0 when it is not."""
        try:
            self.socket(kernel_id, **how).close()  # type: ignore[arg-type]
        except HTTPClientError as error:
            return error.code
        return 0


class Socket:
    """A kernel's socket from the outside."""

    def __init__(self, loop: IOLoop, connection: WebSocketClientConnection) -> None:
        self._loop = loop
        self._connection = connection

    def send(self, msg_type: str, content: object, channel: str = "shell") -> str:
        header = {
            "msg_id": uuid.uuid4().hex, "msg_type": msg_type, "username": "", "session": "s",
            "date": "2026-01-01T00:00:00Z", "version": "5.4",
        }  # fmt: skip
        message = {
            "header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": channel, "buffers": [],
        }  # fmt: skip
        self.raw(json.dumps(message))
        return str(header["msg_id"])

    def raw(self, message: str | bytes) -> None:
        async def write() -> None:
            await self._connection.write_message(message, binary=isinstance(message, bytes))

        self._loop.run_sync(write)

    def until(self, msg_id: str, seconds: float = 30) -> list[dict[str, object]]:
        """What came until the reply to a message; a socket that closes gives what came before."""
        found: list[dict[str, object]] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            text = self._loop.run_sync(self._connection.read_message, timeout=seconds)
            if text is None:
                break
            message = json.loads(text)
            found.append(message)
            if message["parent_header"].get("msg_id") == msg_id and message["channel"] == "shell":
                return found
        return found

    def close(self) -> None:
        """Once; the tests' fixture closes what is open still."""
        if self in open_sockets:
            open_sockets.remove(self)

            async def end() -> None:
                self._connection.close()
                await asyncio.sleep(0.05)

            self._loop.run_sync(end)
            self._loop.close(all_fds=True)


open_sockets: list[Socket] = []
