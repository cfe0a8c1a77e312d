"""Every state of the widget, light and dark, wide and narrow, judged by axe-core: no fault."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import accessibility_faults
from tests.e2e.widget import SCHEMAS, Widget

# One session of each kind. The traces hold what there is to draw: a tool, documents, an error.
SESSIONS = """
def trace(number):
    span = lambda name, kind, parent, inputs, outputs, **more: {
        "trace_id": f"t{number}", "span_id": f"{number}{name}", "parent_span_id": parent, "name": name,
        "start_time_unix_nano": 1_700_000_000_000_000_000, "end_time_unix_nano": 1_700_000_001_000_000_000,
        "status": {"code": "STATUS_CODE_OK"}, "events": [],
        "attributes": {"mlflow.spanType": kind, "mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs},
        **more}
    question = f"Question number {number}?"
    return {"inputs": {"messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": question},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
            "function": {"name": "search", "arguments": '{"q": "x"}'}}]},
        {"role": "tool", "tool_call_id": "c", "content": '{"found": 3}'}]},
        "outputs": {"messages": [{"role": "assistant",
            "content": "# Title\\n\\nAn **answer** with `code`, a "
                "[link](https://example.org)\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n```\\ncode\\n```"}]}}

names = ["helpful", "tone", "problems", "score", "seconds", "comment", "facts"]
make_session = lw.create_labeling_session
full = make_session("all kinds", label_schemas=names).add_traces([trace(n) for n in range(3)])
small = make_session("one", label_schemas=["helpful"]).add_traces([trace(9)])
empty = make_session("empty", label_schemas=["helpful"])
theirs = make_session("theirs", label_schemas=names, assigned_users=["bob"]).add_traces([trace(8)])
show = lambda session: lw.ReviewWidget(session, user="alice")
"""

CELLS = [f"show({name})" for name in ("full", "small", "empty", "theirs")]
FULL, SMALL, EMPTY, THEIRS = range(2, 6)

THEME = """(name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name })"""


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def notebook(request, open_notebook):
    notebook = open_notebook(SCHEMAS, SESSIONS, *CELLS)
    notebook.page.evaluate(THEME, request.param)
    notebook.theme = request.param
    notebook.run_cell(0)
    notebook.run_cell(1)
    yield notebook
    notebook.page.evaluate(THEME, "JupyterLab Light")


def faults(notebook, what: str, cell: int = FULL) -> list[str]:
    # What is still on its way in or out has the colours of neither.
    notebook.page.evaluate(
        "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))"
    )
    place = f'.jp-Cell[data-windowed-list-index="{cell}"] .jp-OutputArea'
    return [f"{what}: {fault}" for fault in accessibility_faults(notebook.page, place)]


def show(notebook, cell: int) -> Widget:
    notebook.run_cell(cell)
    return Widget(notebook.page)


# Each theme in a width of its own: the colours do not depend on the width, nor the places on the theme.
WIDTHS = {"JupyterLab Light": 1400, "JupyterLab Dark": 760}


def test_no_state_has_a_fault(notebook):
    page = notebook.page
    page.set_viewport_size({"width": WIDTHS[notebook.theme], "height": 1000})
    found: list[str] = []

    widget = show(notebook, FULL)
    root = widget.root
    expect(root).to_have_css("color-scheme", "dark" if "Dark" in notebook.theme else "light")
    found += faults(notebook, "review")
    for tab in ("Spans", "Inputs / outputs", "Raw"):
        root.get_by_role("tab", name=tab).click()
        expect(root.locator(".lw-trace-panel")).to_contain_text("Question number 0?")
        found += faults(notebook, tab)
    root.get_by_role("tab", name="Conversation").click()
    widget.choose("helpful", "Yes")
    widget.choose("problems", "wrong")
    widget.choose("score", "4")
    widget.field("seconds").fill("101")
    widget.field("seconds").blur()
    expect(widget.field("seconds")).to_have_attribute("aria-invalid", "true")
    found += faults(notebook, "refused value")
    widget.field("seconds").fill("7")
    widget.focus()
    widget.press("f", "?")
    expect(root.get_by_role("dialog")).to_be_visible()
    found += faults(notebook, "shortcuts")
    widget.press("Escape", "s", "u")
    expect(root.get_by_role("button", name="Redo")).to_be_visible()
    found += faults(notebook, "undone")
    notebook.command("notebook:clear-cell-output")

    widget = show(notebook, SMALL)
    widget.choose("helpful", "No")
    widget.button("Done").click()
    expect(widget.root).to_contain_text("All 1 done")
    found += faults(notebook, "finished", SMALL)
    notebook.command("notebook:clear-cell-output")

    notebook.run_cell(EMPTY)
    expect(page.locator(".lw")).to_contain_text("No traces in this session yet")
    found += faults(notebook, "empty", EMPTY)
    notebook.command("notebook:clear-cell-output")

    widget = show(notebook, THEIRS)
    expect(widget.root).to_contain_text("bob")
    found += faults(notebook, "not assigned", THEIRS)
    assert found == []

    # The judge sees into the shadow root.
    widget.root.get_by_role("tab", name="Raw").evaluate(
        "tab => tab.setAttribute('role', 'treeitem')"
    )
    assert "aria-required-children" in faults(notebook, "planted", THEIRS)[0]
