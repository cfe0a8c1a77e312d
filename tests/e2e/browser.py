"""The browser of the tests, and the record of what its pages said on the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from dev import find_browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What Jupyter's own pages say without any widget of ours, each with why it is harmless.
KNOWN_MESSAGES = tuple(
    re.compile(pattern)
    for pattern in (
        # JupyterLab closes the socket of a kernel that restarts and opens it again.
        r"^warning: Connection lost, reconnecting in \d+ seconds\. \(\S+/jlab_core\.",
        # Notebook 7 builds its menus and loads settings that it does not have.
        r"^warning: Menu entry for command '\S+' is duplicated\. \(\S+/notebook_core\.",
        r"^page error: TypeError: \S.* \(reading 'schema'\)\n\s+at \S+/notebook_core\.",
        # Notebook 7 carries two copies of yjs.
        r"^warning: \[yjs#509\] Not same Y\.Doc \(\S+/static/notebook/",
    )
)


@contextmanager
def start_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Console:
    """Errors and warnings of a page that are not Jupyter's own."""

    def __init__(self, page: Page) -> None:
        self.messages: list[str] = []
        self._expected: list[re.Pattern[str]] = list(KNOWN_MESSAGES)
        page.on("console", self._on_message)
        page.on("pageerror", self._on_error)

    def expect(self, pattern: str) -> None:
        """Let messages that match `pattern` pass, where a test itself brings them about."""
        self._expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        return [
            message
            for message in self.messages
            if not any(pattern.search(message) for pattern in self._expected)
        ]

    def _on_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            place = message.location.get("url", "")
            self.messages.append(f"{message.type}: {message.text} ({place})")

    def _on_error(self, error: Error) -> None:
        self.messages.append(f"page error: {error.stack or error.message}")
