"""The Queue and Results tabs in a real JupyterLab: find, choose many, take it back, open a row."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.axe import accessibility_faults
from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

QUESTIONS = '["helpful", "score", "tone"]'
SKIPPED = "int((session.to_df().state == 'skipped').sum())"


def photograph(widget: Widget, name: str) -> None:
    """A picture for whoever asks for pictures."""
    if folder := os.environ.get("LABELWIDGET_PICTURES"):
        for theme, light in (("", "true"), ("-dark", "false")):
            widget.page.evaluate("light => { document.body.dataset.jpThemeLight = light }", light)
            widget.root.screenshot(path=str(Path(folder) / f"{name}{theme}.png"))
        widget.page.evaluate("() => { document.body.dataset.jpThemeLight = 'true' }")


def test_find_choose_many_take_back_and_open(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS, traces=300), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.choose("helpful", "Yes")
    widget.choose("score", "4")
    widget.expect_saved()
    keys = notebook.page.keyboard

    keys.press("/")
    search = widget.root.get_by_role("searchbox")
    expect(search).to_be_focused()
    grid = widget.root.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "301")
    expect(grid.get_by_role("row").nth(1)).to_contain_text("partial")
    photograph(widget, "queue")

    keys.type("number 29")
    expect(grid).to_have_attribute("aria-rowcount", "12")  # 29 and 290 to 299
    keys.press("ArrowDown")
    expect(grid).to_be_focused()
    keys.press("Control+a")
    expect(widget.root.get_by_role("toolbar")).to_contain_text("11 traces")
    photograph(widget, "queue-chosen")
    widget.root.get_by_role("toolbar").get_by_role("button", name="Skip").click()
    expect(widget.root.locator(".lw-bulk")).to_contain_text("Skipped: 11 traces.")
    expect_labels(notebook, SKIPPED, 11)
    widget.root.locator(".lw-bulk").get_by_role("button", name="Undo").click()
    expect(widget.root.locator(".lw-bulk")).to_contain_text("Taken back: 11 traces.")
    expect_labels(notebook, SKIPPED, 0)

    search.fill("")
    expect(grid).to_have_attribute("aria-rowcount", "301")
    widget.root.get_by_role("columnheader", name="Request").get_by_role("button").click()
    widget.root.get_by_role("button", name="Partial 1").click()
    expect(grid).to_have_attribute("aria-rowcount", "2")
    assert accessibility_faults(notebook.page, ".jp-OutputArea-output") == []
    widget.root.get_by_role("button", name="All 300").click()
    expect(grid).to_have_attribute("aria-rowcount", "301")
    grid.focus()
    keys.press("End")
    expect(grid.get_by_role("row").last).to_contain_text(
        "Question number 9?"
    )  # a text: 99? comes before 9?
    # Far rows are let go: three pages are held, of which the rows in view are drawn.
    assert grid.get_by_role("row").count() < 60
    keys.press("Enter")
    expect(widget.root.locator(".lw-trace")).to_contain_text("Question number 9?")
    keys.press("1")
    widget.expect_saved()
    expect_labels(notebook, "bool(session.to_df().helpful.iloc[9])", True)


def test_results_name_their_numbers(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS, traces=5), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.choose("helpful", "No")
    widget.choose("score", "4")
    widget.expect_saved()
    widget.root.get_by_role("tab", name="Results").click()
    results = widget.root.get_by_label("Results", exact=True)
    expect(results).to_contain_text("1 label · mean 4.00")
    expect(results.locator(".lw-stat").first).to_contain_text("No1 · 100%")
    expect(results).to_contain_text("alice0 / 5")
    assert accessibility_faults(notebook.page, ".jp-OutputArea-output") == []
    photograph(widget, "results")
