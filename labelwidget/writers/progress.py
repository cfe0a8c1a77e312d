"""Progress of a long import: a bar in a notebook, a line elsewhere, nothing for short ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sized
from contextlib import contextmanager
from typing import cast

__all__ = ["import_progress"]

SHOW_ABOVE = 200
"""Traces below which no progress is shown."""


@contextmanager
def import_progress(source: object) -> Generator[Callable[[int], None]]:
    """Show how many traces are in, from the first 200 on.

    Args:
        source: What is imported; its length is the total where it has one.

    Yields:
        A function to call with the number of traces handled so far.
    """
    total = (
        len(source)
        if isinstance(source, Sized) and not isinstance(source, (str, bytes, dict))
        else None
    )
    show = _bar(total) if _in_notebook() else _line(total)
    shown = False

    def update(done: int) -> None:
        nonlocal shown
        if shown or done > SHOW_ABOVE or (total or 0) > SHOW_ABOVE:
            shown = True
            show(done)

    try:
        yield update
    finally:
        if shown:
            show(-1)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def _line(total: int | None) -> Callable[[int], None]:
    def show(done: int) -> None:
        if not sys.stderr.isatty():
            return
        text = "" if done < 0 else f"{done:,} traces" + (f" of {total:,}" if total else "")
        sys.stderr.write("\r\x1b[K" + text)
        sys.stderr.flush()

    return show


def _bar(total: int | None) -> Callable[[int], None]:
    import ipywidgets
    from IPython import display

    show_output = cast("Callable[[object], object]", display.display)  # pyright: ignore[reportUnknownMemberType]
    bar = ipywidgets.IntProgress(max=total or 1, bar_style="" if total else "info")
    label = ipywidgets.Label()
    box = ipywidgets.HBox([bar, label])
    visible = False

    def show(done: int) -> None:
        nonlocal visible
        if done < 0:
            box.close()
            return
        if not visible:
            visible = True
            show_output(box)
        bar.value = min(done, total) if total else 1
        label.value = f"{done:,} traces" + (f" of {total:,}" if total else "")

    return show
