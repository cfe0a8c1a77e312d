"""Guards over a page of JupyterLab: whatever a text in it brings about is seen.

    guards = Guards(notebook)
    guards.start()
    ...
    assert guards.faults() == []

They know nothing of how the text is drawn. `test_safety.py` proves by a planted unsafe renderer
that each of them can find something.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import CDPSession, Page, Request, WebSocket

from tests.e2e.notebook import OpenNotebook

ROOT = Path(__file__).resolve().parents[2]
JS = ROOT / "js"
BUNDLES = ROOT / "labelwidget" / "widget" / "static"

# What JupyterLab asks its own server for, unasked: lists, its settings, the file it saves.
OWN_REQUESTS = re.compile(
    r"GET /(?:api/(?:kernels|sessions|terminals|contents|kernelspecs|me|metrics/v1)\b"
    r"|lab/api/(?:workspaces|settings)\b|static/|lab/extensions/)"
    r"|PUT /lab/api/workspaces/|(?:GET|PUT|POST) /api/contents/[\w-]+/notebook\.ipynb\b"
)

# Where JupyterLab itself draws while a kernel works: status, prompts, its log of announcements.
OWN_PLACES = (
    ".jp-Toolbar, #jp-bottom-panel, #jp-main-statusbar, .jp-InputPrompt, .jp-OutputPrompt, "
    ".lm-TabBar, .jp-DirListing, #jp-top-panel, .jp-Notebook-ExecutionIndicator, head, "
    ".jp-RunningSessions, .jp-PropertyInspector"
)

# A mark by which the tests' own scripts are told from others.
OURS = "/* of the test */"
# Playwright runs everything through a script of its own.
PLAYWRIGHT = re.compile(r"utilityScript|UtilityScript|injected")

WATCH = (
    OURS
    + """
([names, places]) => {
  const seen = { commands: [], changes: [], calls: [], names: new Map() };
  window.guards = seen;
  // Identity, so that nothing can stand in for what was there.
  for (const name of names) seen.names.set(name, [window[name], document[name]]);
  window.jupyterapp.commands.commandExecuted.connect((_, { id }) => seen.commands.push(id));
  for (const name of ["alert", "confirm", "prompt", "print", "open"])
    window[name] = (...values) => { seen.calls.push(`${name}(${values.join()})`); return null; };
  new MutationObserver((records) => {
    for (const { target, type, attributeName } of records) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      // The widget's host is its own.
      if (!element?.isConnected || element.shadowRoot || element.closest(places)) continue;
      // Focus and scrolling are written on the cell and its panel.
      if (type === "attributes" && ["class", "tabindex", "style", "aria-selected", "data-is-scrolling"].includes(attributeName)) continue;
      seen.changes.push(`${type} ${attributeName ?? ""} of ${element.localName}.${element.className}`);
    }
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
}"""
)


def bundled_detectors() -> str:
    """The detectors of the front end's own tests, as a script that makes `detect`."""
    return subprocess.run(
        [
            str(JS / "node_modules" / ".bin" / "esbuild"),
            str(JS / "tests" / "hostile" / "detect.ts"),
            "--bundle",
            "--format=iife",
            "--global-name=detect",
            "--log-level=warning",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def clobberable(payloads: list[str]) -> list[str]:
    """The names by which payloads could stand in for something on `window` or `document`."""
    found = {
        name
        for payload in payloads
        for name in re.findall(r"""\b(?:id|name)\s*=\s*["']?([\w$-]+)""", payload)
    }
    return sorted(found)


@dataclass
class Guards:
    """What a page does that no text may make it do, from `start` on."""

    notebook: OpenNotebook
    names: list[str]
    requests: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    navigations: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    _scripts: list[tuple[str, str]] = field(default_factory=list)
    _cdp: CDPSession | None = None

    @property
    def page(self) -> Page:
        return self.notebook.page

    def start(self) -> None:
        page = self.page
        page.evaluate(OURS + bundled_detectors() + ";window.detect = detect; null")
        page.evaluate(WATCH, [self.names, OWN_PLACES])
        # Nothing that is asked for leaves this machine.
        page.context.route(lambda url: not url.startswith(self.notebook.server.url), self._stop)
        page.on("request", self._on_request)
        page.on("websocket", self._on_socket)
        page.on("framenavigated", lambda frame: self.navigations.append(frame.url))
        page.on("frameattached", lambda _: self.navigations.append("a new frame"))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.context.on("page", lambda other: self.pages.append(other.url))
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.on("Debugger.scriptParsed", self._on_script)
        self._cdp.send("Debugger.enable")
        self.forget()

    def forget(self) -> None:
        """Begin again, for example after the notebook itself ran a cell."""
        self.page.evaluate(
            OURS + "() => { guards.commands = []; guards.changes = []; guards.calls = []; }"
        )
        for seen in (self.requests, self.sockets, self.navigations, self.pages, self.dialogs):
            seen.clear()
        self._scripts.clear()

    def scripts(self) -> list[str]:
        """The source of each script that neither Jupyter's server nor this test brought."""
        assert self._cdp
        # The widget's own modules come when they are first needed; to the last character, or they are not ours.
        bundles = {path.read_text("utf-8") for path in BUNDLES.glob("*.js")}
        found: list[str] = []
        for script, url in self._scripts:
            if url.startswith(self.notebook.server.url + "/static/") or "/extensions/" in url:
                continue
            source = self._cdp.send("Debugger.getScriptSource", {"scriptId": script})[
                "scriptSource"
            ]
            if source in bundles:
                continue
            if OURS not in source and not PLAYWRIGHT.search(source):
                found.append(f"{url or 'inline'}: {source[:200]}")
        return found

    def clobbered(self) -> list[str]:
        return self.page.evaluate(
            OURS
            + """() => [...guards.names].filter(([name, [inWindow, inDocument]]) =>
                window[name] !== inWindow || document[name] !== inDocument).map(([name]) => name)"""
        )

    def inside(self, what: str) -> list[str]:
        """`commands` executed, `changes` outside the widget or `calls` of the page's own dialogs."""
        return self.page.evaluate(OURS + "(what) => guards[what]", what)

    def found(self) -> dict[str, list[str]]:
        """What each guard saw."""
        return {
            "scripts": self.scripts(),
            "requests": [*self.requests, *self.sockets],
            "navigations": [*self.navigations, *self.pages],
            "dialogs": [*self.dialogs, *self.inside("calls")],
            "commands": self.inside("commands"),
            "clobbered": self.clobbered(),
            "changes": self.inside("changes"),
        }

    def _on_request(self, request: Request) -> None:
        url = request.url
        own = self.notebook.server.url
        if not url.startswith(own) or not OWN_REQUESTS.match(
            f"{request.method} {url.removeprefix(own)}"
        ):
            self.requests.append(f"{request.method} {url}")

    def _on_socket(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)

    def _on_script(self, script: dict[str, str]) -> None:
        self._scripts.append((script["scriptId"], script["url"]))

    @staticmethod
    def _stop(route) -> None:
        route.abort()
