"""A trace of 5,000 spans and 20 MB beside one of 50 kB: how soon there is something to read, and how smoothly it moves.

Prints what it measured (`pytest -s`).
"""

from __future__ import annotations

import inspect
import sys

import pytest
from playwright.sync_api import Page, expect

from tests import large_trace
from tests.e2e.widget import SCHEMAS, WIDGET, Widget

SMALL, LARGE = (27, 17, 7), (22, 12)
"""Places in the queue, visited from the end on and far enough apart that none is fetched ahead of its turn."""

SESSION = f"""
{inspect.getsource(large_trace).replace("from __future__ import annotations", "")}
session = lw.create_labeling_session("large", label_schemas=["helpful"])
large = {LARGE}
session.add_traces([
    large_trace(f"t{{n}}") if n in large else large_trace(f"t{{n}}", 12, 50_000) for n in range(30)
])
"""

# Goes to a trace by its tick and tells when its first block has been painted.
FIRST_CONTENT = """async (index) => {
  const root = [...document.querySelectorAll('*')].map((one) => one.shadowRoot).find((one) => one?.querySelector('.lw'));
  const start = performance.now();
  const tick = root.querySelectorAll('.lw-strip i')[index];
  const { left, width } = tick.getBoundingClientRect();
  tick.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: left + width / 2 }));
  const isThere = () => root.querySelector('.lw-block')?.textContent.includes(`Do all of t${index}.`);
  while (!isThere() && performance.now() < start + 20_000) await new Promise((resolve) => requestAnimationFrame(resolve));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - start;
}"""

WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.longTasks.push(one.duration);
  }).observe({ type: 'longtask' });
}"""

SCROLL = """async (selector) => {
  const root = [...document.querySelectorAll('*')].map((one) => one.shadowRoot).find((one) => one?.querySelector('.lw'));
  const pane = root.querySelector(selector);
  const end = performance.now() + 3000;
  for (let n = 0; performance.now() < end; n += 1) {
    pane.scrollTop += n % 60 < 50 ? 120 : -90;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return pane.scrollTop;
}"""


def long_tasks(page: Page) -> list[float]:
    """The tasks over 50 ms since the last call."""
    page.wait_for_timeout(300)
    return [round(one) for one in page.evaluate("() => window.longTasks.splice(0)")]


# The bars (three times as long as 50 kB; no task over 50 ms) are for a quiet machine: read what is printed. On a shared one
# every time is stretched, so that only what is far off fails here.
FIRST_CONTENT_MS = 3_000
LONGEST_TASK_MS = 250


def report(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@pytest.mark.slow
def test_a_trace_of_20_mb_is_there_soon_and_scrolls_smoothly(open_notebook):
    notebook = open_notebook(SCHEMAS, SESSION, WIDGET)
    notebook.run_all()
    page = notebook.page
    widget = Widget(page)
    expect(widget.root.locator(".lw-block").first).to_be_visible()
    page.wait_for_timeout(2_000)

    times: dict[int, float] = {}
    for index in sorted(SMALL + LARGE, reverse=True):
        times[index] = page.evaluate(FIRST_CONTENT, index)
        page.wait_for_timeout(2_500)
    # The best of each: what else runs on the machine only adds.
    small = min(times[index] for index in SMALL)
    large = min(times[index] for index in LARGE)
    report(
        f"first content: {small:.0f} ms of 50 kB, {large:.0f} ms of 20 MB, {large / small:.1f} times"
    )

    page.evaluate(FIRST_CONTENT, LARGE[0])
    page.wait_for_timeout(4_000)
    page.evaluate(WATCH)
    tasks: dict[str, list[float]] = {}
    assert page.evaluate(SCROLL, ".lw-kept .lw-scroll") > 3_000
    tasks["scrolling the conversation"] = long_tasks(page)
    # By selectors: looking for roles takes a long task of its own.
    widget.root.locator(".lw-trace-tabs button").nth(1).click()
    page.wait_for_selector(".lw-span-row")
    tasks["opening Spans"] = long_tasks(page)
    assert page.evaluate(SCROLL, ".lw-tree") > 3_000
    tasks["scrolling Spans"] = long_tasks(page)
    page.fill(".lw-search", "needle")
    page.wait_for_selector(".lw-matches:has-text('of 5,000 spans')")
    tasks["searching"] = long_tasks(page)
    for name, found in tasks.items():
        report(f"{name}: tasks over 50 ms: {found or 'none'}")
    heap = page.evaluate("() => performance.memory?.usedJSHeapSize ?? 0") / 1e6
    report(f"heap: {heap:.0f} MB")

    assert large < FIRST_CONTENT_MS
    assert max((task for found in tasks.values() for task in found), default=0) < LONGEST_TASK_MS
    assert heap < 400
