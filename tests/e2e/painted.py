"""How long a page takes from a key to the paint of what it brings, measured inside the page."""

from __future__ import annotations

import statistics
from typing import NamedTuple

__all__ = ["WATCH", "Spent"]

# From the key to the frame in which another trace stands there: `window.lwMarks`.
WATCH = """
() => {
  const root = [...document.querySelectorAll("*")].map((one) => one.shadowRoot).find((one) => one?.querySelector(".lw"));
  const marks = (window.lwMarks = { keys: [], saved: [], presses: 0 });
  // The title of the trace shown, once its conversation stands below it.
  const shown = () => root.querySelector(".lw-trace-panel")?.textContent
    ? root.querySelector(".lw-trace-title")?.textContent : undefined;
  let before = shown();
  let pressed = null;
  let unsaved = null;
  window.addEventListener("keydown", () => {
    marks.presses += 1;
    pressed = performance.now();
    unsaved ??= pressed;
  }, true);
  // The next frame holds it: its beginning plus a task is after the paint.
  const painted = (since, into) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => into.push(performance.now() - since);
    channel.port2.postMessage(0);
  });
  new MutationObserver(() => {
    const saved = root.querySelector(".lw-saved")?.textContent;
    if (unsaved !== null && saved === "✓ Saved") {
      painted(unsaved, marks.saved);
      unsaved = null;
    }
    const now = shown();
    if (now === undefined || now === before) return;
    before = now;
    if (pressed !== null) painted(pressed, marks.keys);
  }).observe(root, { childList: true, subtree: true, characterData: true });
}
"""


class Spent(NamedTuple):
    """Milliseconds: the median, the 95th percentile, and of how many."""

    median: float
    late: float
    count: int

    @classmethod
    def of(cls, spent: list[float]) -> Spent:
        """Of at least two measurements."""
        return cls(statistics.median(spent), statistics.quantiles(spent, n=20)[-1], len(spent))

    def __str__(self) -> str:
        return f"median {self.median:6.1f} ms, p95 {self.late:6.1f} ms over {self.count}"
