"""Take pictures of the quickstart's widget: light and dark, wide and narrow.

usage: screens.py [FOLDER]

They land in FOLDER (default: artifacts/) as review-light-1180.png, queue-dark-620.png and so on.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from tests.e2e.browser import start_browser  # noqa: E402
from tests.e2e.jupyter import start_server  # noqa: E402
from tests.e2e.notebook import OpenNotebook  # noqa: E402

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTHS = (1180, 620)
WIDGET = ".lw"
TABS = ("Queue", "Results", "Review")


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "artifacts"
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("lab", Path(folder)) as server,
        start_browser() as browser,
    ):
        # A copy, so that the labels of the pictures stay out of the real one.
        shutil.copytree(
            ROOT / "notebooks",
            server.root,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("*.db*", ".ipynb_checkpoints"),
        )
        page = browser.new_page(
            viewport={"width": 1600, "height": 1000}, device_scale_factor=2, reduced_motion="reduce"
        )
        notebook = OpenNotebook(page, server, "01-quickstart.ipynb")
        notebook.open()
        notebook.run_all()
        widget = page.locator(WIDGET).first
        widget.get_by_role("button", name="Done").wait_for()
        label_some(page)
        for name, theme in THEMES.items():
            notebook.command("apputils:change-theme", {"theme": theme})
            page.wait_for_function(
                "light => document.body.dataset.jpThemeLight === light",
                arg=str(name == "light").lower(),
            )
            for width in WIDTHS:
                set_widget_width(page, width)
                for tab in TABS:
                    widget.get_by_role("tab", name=tab, exact=True).click()
                    page.wait_for_load_state("networkidle")
                    path = target / f"{tab.lower()}-{name}-{width}.png"
                    widget.screenshot(path=path)
                    print(path)


def label_some(page: Page) -> None:
    """A few answers by key, so that the pictures show a session at work."""
    page.locator(".lw-head").first.click()
    for key in ("1", "ArrowDown", "4", "Enter", "2", "Enter", "s", "f", "1", "Enter"):
        page.keyboard.press(key)
    page.locator(".lw-saved", has_text="Saved").first.wait_for()


def set_widget_width(page: Page, width: int) -> None:
    """Size the window so that the widget itself is `width` CSS pixels wide."""
    box = page.locator(WIDGET).first.bounding_box()
    assert box
    assert page.viewport_size
    around = page.viewport_size["width"] - round(box["width"])
    page.set_viewport_size({"width": width + around, "height": page.viewport_size["height"]})
    page.wait_for_function(
        "([widget, width]) => Math.abs(widget.clientWidth - width) < 4",
        arg=[page.locator(WIDGET).first.element_handle(), width],
    )


if __name__ == "__main__":
    main()
