"""What the Jupyter server and its kernels say while a test runs."""

from __future__ import annotations

import re

from tests.e2e.jupyter import JupyterServer

ORDINARY = re.compile(r"^\[[ID] \d{4}-\d\d-\d\d ")

# Warnings of Jupyter itself, each with when it comes.
KNOWN_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        # A notebook that this user has not run yet is opened.
        r"ServerApp\] Notebook \S+ is not trusted$",
        # A kernel starts on 127.0.0.1.
        r"^\[IPKernelApp\] WARNING \| Kernel is running over TCP without encryption\.",
        # The first page connects to a kernel.
        r"ServerApp\] The websocket_ping_timeout \(\d+\) cannot be longer than",
        r"^\s+Setting websocket_ping_timeout=",
        # A socket closes while its kernel still speaks.
        r"ServerApp\] Got events for closed stream",
        # A kernel is shut down, which begins with an interrupt.
        r"^\[IPKernelApp\] ERROR \| KeyboardInterrupt caught in kernel\.$",
    )
)

# To `expect` in a test that kills a kernel.
KERNEL_DIED = r"AsyncIOLoopKernelRestarter|ServerApp\] kernel \S+ restarted$"


class ServerLog:
    """The part of a server's log that was written since this was made."""

    def __init__(self, server: JupyterServer) -> None:
        self._server = server
        self._start = server.log.stat().st_size
        self._expected: list[re.Pattern[str]] = list(KNOWN_LINES)

    def expect(self, pattern: str) -> None:
        """Let lines that match `pattern` pass, where a test itself brings them about."""
        self._expected.append(re.compile(pattern))

    def noise(self) -> list[str]:
        """Lines beyond Jupyter's ordinary ones: tracebacks, prints and warnings of a kernel."""
        with self._server.log.open("rb") as log:
            log.seek(self._start)
            lines = log.read().decode("utf-8", "replace").splitlines()
        return [
            line
            for line in lines
            if line.strip()
            and not ORDINARY.match(line)
            and not any(pattern.search(line) for pattern in self._expected)
        ]
