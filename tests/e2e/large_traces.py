"""A queue with very large traces among small ones, and what is measured on them: shared by the test and the benchmark."""

from __future__ import annotations

import inspect

from playwright.sync_api import Page

from tests import large_trace

APART = 6
"""Places between two traces that are visited, so that none is fetched ahead of its turn."""

# All of a long trace comes after its head.
SETTLED = """([isLong, quietMs]) => new Promise((resolve) => {
  const root = [...document.querySelectorAll('*')].map((one) => one.shadowRoot).find((one) => one?.querySelector('.lw'));
  const count = () => root.querySelectorAll('.lw-block').length;
  let [before, since] = [count(), performance.now()];
  const look = () => {
    if (count() !== before) [before, since] = [count(), performance.now()];
    const isWhole = !isLong || root.querySelector('.lw-many') !== null;
    if (isWhole && performance.now() - since > quietMs) resolve(before);
    else setTimeout(look, 50);
  };
  look();
})"""

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

# Scrolls as a wheel does: a step each frame, now and then back.
SCROLL = """async ([selector, ms]) => {
  const root = [...document.querySelectorAll('*')].map((one) => one.shadowRoot).find((one) => one?.querySelector('.lw'));
  const pane = root.querySelector(selector);
  const end = performance.now() + ms;
  for (let n = 0; performance.now() < end; n += 1) {
    pane.scrollTop += n % 60 < 50 ? 120 : -90;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return pane.scrollTop;
}"""


def places(rounds: int) -> tuple[list[int], list[int]]:
    """Places in the queue of the small and of the large traces, visited from the end on, by turns."""
    turns = [APART * n + 5 for n in range(2 * rounds)]
    return turns[1::2], turns[0::2]


def session_cell(rounds: int) -> str:
    """A cell that makes the session; the large traces are one, under other names."""
    _, large = places(rounds)
    return f"""
{inspect.getsource(large_trace).replace("from __future__ import annotations", "")}
session = lw.create_labeling_session("large", label_schemas=["helpful"])
whole = large_trace("whole")
large = {large}
session.add_traces(
    renamed(whole, f"t{{n}}") if n in large else large_trace(f"t{{n}}", 12, 50_000)
    for n in range({APART * 2 * rounds})
)
"""


def first_content_ms(page: Page, index: int) -> float:
    """Milliseconds from the click on a trace's tick until its first block is painted."""
    return page.evaluate(FIRST_CONTENT, index)


def settled(page: Page, *, is_long: bool, quiet_ms: int = 700) -> None:
    """Wait until all of a long trace is there, and no more of it is drawn ahead."""
    page.evaluate(SETTLED, [is_long, quiet_ms])


def scroll(page: Page, selector: str, ms: int = 3_000) -> float:
    """Scroll a pane for a while; how far it came in pixels."""
    return page.evaluate(SCROLL, [selector, ms])


def heap_mb(page: Page) -> float:
    """The page's JavaScript heap, after a collection."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    used = client.send("Runtime.getHeapUsage")["usedSize"]
    client.detach()
    return used / 1e6
