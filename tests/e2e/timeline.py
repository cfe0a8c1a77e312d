"""How long the browser's main thread is busy at a stretch, as its own timeline says (what the Performance panel records).

A task is told by its wall time and by the time that the thread really ran: on a shared machine the first also counts what
other programs took, the second does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

CATEGORIES = ["toplevel", "devtools.timeline", "v8"]
LONG_MS = 50.0


@dataclass
class Task:
    """One task of the main thread."""

    wall_ms: float
    cpu_ms: float
    parts: Counter[str]
    """Milliseconds by the name of what ran in it; a part within another counts in both."""

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {ms:.0f}" for name, ms in self.parts.most_common(4))
        return f"{self.cpu_ms:.0f} ms ({self.wall_ms:.0f} by the clock: {parts})"


@dataclass
class Timeline:
    """The tasks of a stretch of time, once it is over."""

    tasks: list[Task] = field(default_factory=list[Task])

    @property
    def longest_ms(self) -> float:
        """What the longest task ran, without what others took from it."""
        return max((task.cpu_ms for task in self.tasks), default=0.0)

    def long(self) -> list[Task]:
        """The tasks that ran for more than `LONG_MS`."""
        return [task for task in self.tasks if task.cpu_ms > LONG_MS]


@contextmanager
def recorded(page: Page) -> Iterator[Timeline]:
    """Record what a page does within the `with`."""
    events: list[dict[str, Any]] = []
    done: list[object] = []

    def finish(data: object) -> None:
        done.append(data)

    client = page.context.new_cdp_session(page)
    client.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    client.on("Tracing.tracingComplete", finish)
    client.send(
        "Tracing.start",
        {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": CATEGORIES}},
    )
    timeline = Timeline()
    try:
        yield timeline
    finally:
        client.send("Tracing.end")
        while not done:
            page.wait_for_timeout(20)  # lets the events in
        client.detach()
    timeline.tasks = _tasks(events)


def _tasks(events: list[dict[str, Any]]) -> list[Task]:
    """The tasks of the busiest page's main thread."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["ph"] == "M"
        and event["name"] == "thread_name"
        and event["args"]["name"] == "CrRendererMain"
    }
    whole = [
        event for event in events if event["ph"] == "X" and (event["pid"], event["tid"]) in mains
    ]
    if not whole:
        return []
    busy = Counter[tuple[int, int]]()
    for event in whole:
        busy[event["pid"], event["tid"]] += 1
    (main, _) = busy.most_common(1)[0]
    mine = sorted(
        (event for event in whole if (event["pid"], event["tid"]) == main),
        key=lambda event: event["ts"],
    )
    tasks: list[Task] = []
    end = -1
    for event in mine:
        if event["name"].endswith("RunTask"):
            if event["ts"] >= end:
                end = event["ts"] + event["dur"]
                tasks.append(
                    Task(event["dur"] / 1e3, event.get("tdur", event["dur"]) / 1e3, Counter())
                )
        elif tasks and event["ts"] < end:
            tasks[-1].parts[event["name"]] += event["dur"] / 1e3
    return tasks
