"""Whatever goes wrong while a reviewer answers, each answer is stored once or is still here to be sent.

Every fault meets all four acts: an answer undone, an option chosen, a trace skipped, a text still
being typed. With LABELWIDGET_LONG set a fault lasts as long as it may in life: the kernel is busy for a
minute, the store locked and the laptop asleep for half a minute. Without it they are over as soon as
the widget has noticed.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.notebook import OpenNotebook
from tests.e2e.server_log import KERNEL_DIED
from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

LONG = bool(os.environ.get("LABELWIDGET_LONG"))
BUSY_SECONDS = 60 if LONG else 6
LOCKED_SECONDS = ASLEEP_SECONDS = 30 if LONG else 0
# Longer than the widget waits for an answer before it tries again.
SAVED_MS = 100_000 if LONG else 40_000
BUSY = f"import time\nend = time.monotonic() + {BUSY_SECONDS}\nwhile time.monotonic() < end: pass"
ENDLESS = "import time\ntime.sleep(600)"
UNSAVED = re.compile("Not saved|Saving|Typing")

# From `hold` on nothing that the page says arrives; `cut` ends its connections.
SPY = """() => {
  window.hold = false;
  const sockets = new Set();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    sockets.add(this);
    if (!window.hold) send.call(this, data);
  };
  window.cut = () => { for (const socket of sockets) socket.close(); };
}"""


@dataclass
class Bench:
    """A notebook with the widget, one answer of which is stored, and the next traces at hand."""

    notebook: OpenNotebook
    widget: Widget
    store: Path
    new_page: Callable[..., Page]
    open_notebook: Callable[..., OpenNotebook]

    @property
    def page(self) -> Page:
        return self.notebook.page

    def act(self) -> None:
        """Undo on trace 0, choose on 1, skip 2, type on 3: three events and a text in its field."""
        widget = self.widget
        widget.focus()
        widget.press("u", "j")
        widget.expect_trace(1)
        widget.press("1", "j")
        widget.expect_trace(2)
        widget.press("s")
        widget.expect_trace(3)
        widget.field("comment").click()
        self.page.keyboard.insert_text("typed words")

    def expect_unsaved(self) -> None:
        """The page never calls saved what is not."""
        expect(self.widget.root.locator(".lw-saved")).to_have_text(UNSAVED)

    def run_again(self) -> None:
        self.notebook.run_all()
        self.widget = Widget(self.page)


@pytest.fixture
def bench(open_notebook, new_page, folder) -> Bench:
    notebook = open_notebook(SCHEMAS, session_cell('["helpful", "comment"]'), WIDGET)
    notebook.page.on("dialog", lambda dialog: dialog.accept())
    notebook.page.evaluate(SPY)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    widget.press("2")
    widget.expect_saved()
    for key, number in (("j", 1), ("j", 2), ("j", 3), ("k", 2), ("k", 1), ("k", 0)):
        widget.press(key)
        widget.expect_trace(number)
    return Bench(notebook, widget, folder / "labels.db", new_page, open_notebook)


def tab_closed(bench: Bench) -> None:
    bench.page.evaluate("() => { window.hold = true; }")
    bench.act()
    bench.expect_unsaved()
    page = bench.new_page(beside=bench.page)
    bench.notebook.page.close()
    bench.notebook.page = page
    bench.notebook.open()
    bench.run_again()


def page_reloaded(bench: Bench) -> None:
    bench.page.evaluate("() => { window.hold = true; }")
    bench.act()
    bench.expect_unsaved()
    bench.notebook.reload()
    bench.run_again()


def kernel_interrupted(bench: Bench) -> None:
    write_cell(bench.notebook, ENDLESS)
    bench.act()
    bench.notebook.interrupt_kernel()
    bench.notebook.wait_for_idle_kernel()


def kernel_restarted(bench: Bench) -> None:
    bench.act()
    bench.notebook.restart_kernel()
    bench.run_again()


def kernel_killed(bench: Bench) -> None:
    bench.notebook.kill_kernel()
    bench.act()
    bench.expect_unsaved()
    bench.notebook.wait_for_revived_kernel()
    bench.run_again()


def kernel_busy(bench: Bench) -> None:
    write_cell(bench.notebook, BUSY)
    bench.act()
    bench.notebook.wait_for_idle_kernel()


def store_locked(bench: Bench) -> None:
    other = sqlite3.connect(bench.store, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        bench.act()
        expect(bench.widget.root.locator(".lw-saved")).to_contain_text("Not saved", timeout=20_000)
        bench.page.wait_for_timeout(LOCKED_SECONDS * 1000)
        bench.expect_unsaved()
    finally:
        other.close()


def disk_full(bench: Bench) -> None:
    limit = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({}, resource.RLIM_INFINITY))"
    )
    bench.notebook.execute(limit.format(0))
    try:
        bench.act()
        expect(bench.widget.root.locator(".lw-saved")).to_contain_text("Not saved", timeout=20_000)
    finally:
        bench.notebook.execute(limit.format("resource.RLIM_INFINITY"))


def two_tabs(bench: Bench) -> None:
    page = bench.new_page(beside=bench.page)
    other = OpenNotebook(page, bench.notebook.server, bench.notebook.name)
    bench.notebook.save()
    other.open()
    second = Widget(page)
    bench.page.bring_to_front()
    bench.act()
    bench.widget.field("comment").blur()
    bench.widget.expect_saved()
    expect(second.root.locator(".lw-strip")).to_have_attribute(
        "aria-label", re.compile("1 skipped")
    )


def offline(bench: Bench) -> None:
    bench.page.context.set_offline(True)
    bench.page.evaluate("() => window.cut()")
    bench.act()
    bench.expect_unsaved()
    bench.page.wait_for_timeout(ASLEEP_SECONDS * 1000)
    bench.expect_unsaved()
    bench.page.context.set_offline(False)


FAULTS = [
    tab_closed, page_reloaded, kernel_interrupted, kernel_restarted, kernel_killed, kernel_busy,
    store_locked, disk_full, two_tabs, offline,
]  # fmt: skip


def write_cell(notebook: OpenNotebook, code: str) -> None:
    """Run code from the page's own kernel without waiting for it."""
    notebook.page.evaluate(
        """(code) => { void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code, store_history: false }); }""",
        code,
    )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_answer_is_stored_once(bench, fault, server_log, console):
    server_log.expect(KERNEL_DIED)
    # What Jupyter says of pages and kernels that go away while the other still speaks.
    server_log.expect(r"Unknown subshell_id|WebSocketClosedError")
    console(bench.page).expect(r"ERR_INTERNET_DISCONNECTED|Failed to fetch|Connection lost")
    fault(bench)
    saved = bench.widget.root.locator(".lw-saved")
    expect(saved).to_have_text("✓ Saved", timeout=SAVED_MS)

    notebook = bench.notebook
    expect_labels(
        notebook, "session.to_df().comment[:5].tolist()", [None, None, None, "typed words", None]
    )
    answers = "list(map(str, session.to_df().helpful[:3]))"
    expect_labels(notebook, answers, ["<NA>", "True", "<NA>"])
    states = "session.to_df().state[:3].tolist()"
    expect_labels(notebook, states, ["pending", "in_progress", "skipped"])
    # Answer, undo, answer, skip, text: no event twice.
    expect_labels(notebook, "session.store.last_seq(session.labeling_session_id)", 5)
    with sqlite3.connect(bench.store) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
