"""A trace of 5,000 spans and 20 MB beside one of 50 kB, in a real JupyterLab and a real browser: how soon there is
something to read (the two by turns, medians), how long the browser's main thread is busy at a stretch after that (its own
timeline), and how much the page holds.

usage: large_trace.py [ROUNDS]

Needs a browser, as `python3 dev.py test` does.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from tests.e2e.browser import start_browser  # noqa: E402
from tests.e2e.jupyter import start_server  # noqa: E402
from tests.e2e.large_traces import (  # noqa: E402
    first_content_ms,
    heap_mb,
    places,
    scroll,
    session_cell,
    settled,
)
from tests.e2e.notebook import OpenNotebook, write_notebook  # noqa: E402
from tests.e2e.timeline import LONG_MS, Timeline, recorded  # noqa: E402
from tests.e2e.widget import SCHEMAS, WIDGET  # noqa: E402

ROUNDS = 5
GOAL = 3.0


def main(rounds: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("lab", Path(folder)) as server,
        start_browser() as browser,
    ):
        write_notebook(server.root / "large.ipynb", SCHEMAS, session_cell(rounds), WIDGET)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        notebook = OpenNotebook(page, server, "large.ipynb")
        notebook.open()
        notebook.run_all()
        page.locator(".lw-block").first.wait_for()
        settled(page, is_long=False)
        first_content(page, rounds)
        smoothness(page)


def first_content(page: Page, rounds: int) -> None:
    small, large = places(rounds)
    times: dict[int, float] = {}
    for index in sorted(small + large, reverse=True):
        times[index] = first_content_ms(page, index)
        settled(page, is_long=index in large)
    pairs = [(times[one], times[other]) for one, other in zip(small, large, strict=True)]
    ratio = statistics.median(long / short for short, long in pairs)
    print(
        f"first content: {statistics.median(short for short, _ in pairs):.0f} ms of 50 kB, "
        f"{statistics.median(long for _, long in pairs):.0f} ms of 20 MB; "
        f"{ratio:.2f} times, median of {rounds} rounds (goal {GOAL:.0f}); "
        + " ".join(f"{short:.0f}/{long:.0f}" for short, long in pairs)
    )


def smoothness(page: Page) -> None:
    # The large trace visited last; by selectors, as looking for roles takes a long task of its own.
    with recorded(page) as conversation:
        scroll(page, ".lw-kept .lw-scroll")
    show("scrolling the conversation", conversation)
    with recorded(page) as opening:
        page.locator(".lw-trace-tabs button").nth(1).click()
        page.wait_for_selector(".lw-span-row")
        page.wait_for_timeout(300)
    show("opening Spans", opening)
    with recorded(page) as spans:
        scroll(page, ".lw-tree")
    show("scrolling Spans", spans)
    with recorded(page) as searching:
        page.fill(".lw-search", "needle")
        page.wait_for_selector(".lw-matches:has-text('of 5,000 spans')")
        page.wait_for_timeout(600)
    show("searching", searching)
    print(f"heap: {heap_mb(page):.0f} MB")


def show(name: str, timeline: Timeline) -> None:
    longest = max(timeline.tasks, key=lambda task: task.cpu_ms)
    over = timeline.long()
    print(
        f"{name}: longest of {len(timeline.tasks):,} tasks {longest}; over {LONG_MS:.0f} ms: {len(over)}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
