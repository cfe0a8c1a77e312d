"""Hostile text in the trace pane, in a real browser: every payload in every place.

Every third payload, and with LABELWIDGET_LONG set all of them, which takes minutes.

The pane stands on a page of its own here (js/demo/hostile.tsx), which is quick enough for the whole
collection. Trusted Types are enforced, so that any text that reached an HTML sink would fail.
"""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import Console

ROOT = Path(__file__).resolve().parent.parent.parent
POLICY = (
    "default-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
BATCH = 100


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the built pages: `/strict/…` with the policy, `/open/…` without."""
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run(["node", str(ROOT / "js" / "demo" / "build.mjs"), str(folder)], check=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def do_GET(self) -> None:
            self.is_strict = self.path.startswith("/strict/")
            self.path = "/" + self.path.split("/", 2)[-1]
            super().do_GET()

        def end_headers(self) -> None:
            if self.is_strict:
                self.send_header("Content-Security-Policy", POLICY)
            super().end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def payloads(samples: Path) -> list[dict[str, str]]:
    """The collection of hostile text."""
    lines = (samples / "hostile" / "payloads.jsonl").read_text(encoding="utf-8").splitlines()
    step = 1 if os.environ.get("LABELWIDGET_LONG") else 3
    return [{key: row[key] for key in ("id", "payload")} for row in map(json.loads, lines[::step])]


@dataclass
class Watch:
    """What a page does that no text may make it do."""

    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)


def watch(page: Page) -> Watch:
    """Record from now on: requests, dialogs, scripts that the browser compiles, pages opened."""
    seen = Watch()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    page.context.on("page", lambda other: seen.pages.append(other.url))
    session = page.context.new_cdp_session(page)
    session.on("Debugger.scriptParsed", lambda script: seen.scripts.append(script["url"]))
    session.send("Debugger.enable")
    # All that was there before is reported at once.
    page.evaluate("0")
    seen.scripts.clear()
    return seen


WATCH_DOCUMENT = """() => {
  window.changes = [];
  new MutationObserver((records) => {
    for (const record of records) window.changes.push(record.type + " " + record.target.nodeName);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


@pytest.mark.timeout(1_200)
def test_no_payload_does_anything_or_hides_anything(
    page: Page, pages: str, payloads: list[dict[str, str]]
) -> None:
    page.goto(f"{pages}/strict/hostile.html")
    page.wait_for_function("window.judge !== undefined")
    page.evaluate(WATCH_DOCUMENT)
    seen = watch(page)
    faults: list[str] = []
    batches = 0
    for start in range(0, len(payloads), BATCH):
        faults += page.evaluate("(texts) => window.judge(texts)", payloads[start : start + BATCH])
        batches += 1
    assert faults == []
    assert page.evaluate("window.changes") == [], "the page outside the widget changed"
    assert seen.requests == []
    assert seen.dialogs == []
    assert seen.pages == []
    # Each call from here compiles its own few lines; nothing else may.
    assert [url for url in seen.scripts if url] == []
    assert len(seen.scripts) <= 3 * (batches + 2)


def test_an_unsafe_renderer_would_be_caught(
    page: Page, pages: str, console: Callable[[Page], Console]
) -> None:
    console(page).expect(r"404 .*missing\.png")
    page.goto(f"{pages}/open/hostile.html")
    page.wait_for_function("window.judge !== undefined")
    page.evaluate(WATCH_DOCUMENT)
    seen = watch(page)
    page.evaluate(
        """async (text) => {
          const planted = document.createElement("div");
          planted["inner" + "HTML"] = text;
          document.body.append(planted);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }""",
        "<img src=/open/missing.png onerror=alert(1)><form name=body>",
    )
    assert seen.dialogs == ["1"]
    assert len(seen.scripts) > 1
    assert [url.rsplit("/", 1)[-1] for url in seen.requests] == ["missing.png"]
    assert page.evaluate("window.changes") != []
