"""Take pictures of every state of the widget: light and dark, wide and narrow, at 200 % zoom.

usage: screens.py [--docs] [FOLDER] [STATE ...]

They land in FOLDER (default: artifacts/screens) as review-light-1180.png, queue-dark-620.png, results-zoom.png and so on, beside
review.yml with what a screen reader is given to read; with states named, only those. `--docs` also writes the documentation's own
into docs/images, small.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

import sys  # noqa: E402

sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Page  # noqa: E402

from tests.e2e.browser import start_browser  # noqa: E402
from tests.e2e.jupyter import start_server  # noqa: E402
from tests.e2e.notebook import OpenNotebook, write_notebook  # noqa: E402
from tests.e2e.states import CELLS, State, states  # noqa: E402

WIDGET = ".lw"
WINDOW_HEIGHT = 1000
COLOURS = 256
"""Enough for a page of text; a third of the bytes."""


class Look(NamedTuple):
    """How a state is looked at: the theme, and the widget's width in CSS pixels."""

    name: str
    theme: str
    width: int


LOOKS = [
    Look("light-1180", "light", 1180),
    Look("dark-1180", "dark", 1180),
    Look("light-620", "light", 620),
    Look("dark-620", "dark", 620),
    # At 200 % a window of 1180 pixels is 590 wide for the page.
    Look("zoom", "light", 590),
]
DOCUMENTED = {
    "review": ("light-1180", "dark-1180", "light-620"),
    "spans": ("light-1180",),
    "queue": ("light-1180", "dark-1180"),
    "queue-chosen": ("light-1180",),
    "results": ("light-1180",),
    "shortcuts": ("light-1180",),
    "finished": ("light-1180",),
    "not-saved": ("light-1180",),
    "talk": ("light-1180",),
}


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "artifacts" / "screens")
    parser.add_argument("states", nargs="*")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("lab", Path(folder)) as server,
        start_browser() as browser,
    ):
        write_notebook(server.root / "states.ipynb", *CELLS)
        page = browser.new_page(
            viewport={"width": 1600, "height": WINDOW_HEIGHT}, reduced_motion="reduce"
        )
        page.set_default_timeout(60_000)
        notebook = OpenNotebook(page, server, "states.ipynb")
        notebook.open()
        notebook.command("application:toggle-left-area")
        for state in states(notebook):
            if not options.states or state.name in options.states:
                take(page, state, options.folder, docs=options.docs)
        server.stop_kernels()


def take(page: Page, state: State, folder: Path, *, docs: bool) -> None:
    """One state in every look; afterwards the page is as before."""
    window = page.viewport_size
    assert window
    # What a screen reader is given to read.
    (folder / f"{state.name}.yml").write_text(state.widget.aria_snapshot() + "\n", "utf-8")
    for look in LOOKS:
        page.evaluate(
            "light => { document.body.dataset.jpThemeLight = light; }",
            str(look.theme == "light").lower(),
        )
        set_widget_width(page, state, look)
        state.again()
        picture = small(state.widget.screenshot())
        (folder / f"{state.name}-{look.name}.png").write_bytes(picture)
        if docs and look.name in DOCUMENTED.get(state.name, ()):
            (ROOT / "docs" / "images" / f"{state.name}-{look.name}.png").write_bytes(picture)
    print(state.name, flush=True)
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
    page.set_viewport_size(window)


def small(picture: bytes) -> bytes:
    """The same picture with a palette."""
    found = Image.open(io.BytesIO(picture)).convert("RGB")
    out = io.BytesIO()
    found.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


def set_widget_width(page: Page, state: State, look: Look) -> None:
    """Size the window so that the widget itself is as wide as the look wants."""
    box = state.widget.bounding_box()
    assert box
    assert page.viewport_size
    around = page.viewport_size["width"] - round(box["width"])
    page.set_viewport_size({"width": look.width + around, "height": WINDOW_HEIGHT})
    page.wait_for_function(
        "([widget, width]) => Math.abs(widget.clientWidth - width) < 8",
        arg=[state.widget.element_handle(), look.width],
    )


if __name__ == "__main__":
    main()
