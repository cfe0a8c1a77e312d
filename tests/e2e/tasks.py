"""How long the page's tasks took, in time of the processor: what else the machine does meanwhile does not count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

TRACE = {
    "transferMode": "ReportEvents",
    "traceConfig": {
        "includedCategories": ["toplevel"],
        "recordMode": "recordAsMuchAsPossible",
    },
}


class Tasks:
    """Milliseconds of each task of the page's main thread, the longest first; filled when `tasks` ends."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []


@contextmanager
def tasks(page: Page) -> Iterator[Tasks]:
    """Record the tasks of a page (as Chromium's own tracing has them) while something happens."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended: list[bool] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    session.send("Tracing.start", TRACE)
    found = Tasks()
    yield found
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    names = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["name"] == "thread_name"
    }
    found.milliseconds = sorted(
        (
            event["tdur"] / 1000
            for event in events
            if event["name"].endswith("RunTask")
            and "tdur" in event
            and names.get((event["pid"], event["tid"])) == "CrRendererMain"
        ),
        reverse=True,
    )
    session.detach()
