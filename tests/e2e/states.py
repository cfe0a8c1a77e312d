"""Every state of the widget that a reviewer can meet, one after the other in one notebook.

    for state in states(notebook):
        state.widget.screenshot(path=f"{state.name}.png")

The pictures of the documentation and the judgement of accessibility are made from the same list, so that neither forgets one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.e2e.notebook import OpenNotebook

__all__ = ["CELLS", "State", "show", "states"]

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def quickstart() -> str:
    """Questions and session of the quickstart, as code; its data stands beside the notebook."""
    cells = json.loads((NOTEBOOKS / "01-quickstart.ipynb").read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    upto = next(number for number, text in enumerate(code) if "ReviewWidget" in text)
    return "\n\n".join(code[:upto]).replace('"data/', f'"{NOTEBOOKS.as_posix()}/data/')


SETUP = f"""
{quickstart()}
make = lw.create_label_schema
make("minutes", type="feedback", title="Minutes saved", input=lw.InputNumeric(0, 100), overwrite=True)
make("tone", type="feedback", input=lw.InputCategorical(["kind", "neutral", "rude"], other=True,
     descriptions={{"kind": "greets, thanks, offers more"}}), overwrite=True)
make("better", type="expectation", title="A better answer", input=lw.InputText(max_length=400), overwrite=True)
make("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"), overwrite=True)
kinds = lw.create_labeling_session("all kinds of questions", label_schemas=["minutes", "tone", "better"])
kinds.add_traces("{NOTEBOOKS.as_posix()}/data/quickstart.jsonl")
plain = [{{"inputs": "Where is my order?", "outputs": "On its way: it left on **Monday**."}}]
one = lw.create_labeling_session("one trace", label_schemas=["helpful"]).add_traces(plain)
empty = lw.create_labeling_session("no traces", label_schemas=["helpful"])
theirs = lw.create_labeling_session("of others", label_schemas=["helpful"], assigned_users=["bob"]).add_traces(plain)
gone = lw.create_labeling_session("deleted", label_schemas=["helpful"]).add_traces(plain)
gone_widget = lw.ReviewWidget(gone, user="alice")
lw.delete_labeling_session(gone)

def shop(messages):
    said = messages[-1]["content"]
    if "broken" in str(said):
        raise TimeoutError("The search of the shop did not answer.")
    yield f"You asked: {{said}} "
    yield "We are open from nine to six, on Saturdays until one."

talk = lw.create_labeling_session("talk with the shop", agent=shop, label_schemas=["helpful"], enable_multi_turn_chat=True)
talk.add_inputs([{{"question": "When are you open?"}}, {{"question": "Is the broken kettle back?"}}])
view_of = lambda widget: {{"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}
show = lambda session: lw.ReviewWidget(session, user="alice")
"""

CELLS = [
    SETUP,
    "show(session)",
    "show(kinds)",
    "show(one)",
    "show(empty)",
    "show(theirs)",
    # As a saved output brings it back: the widget alone, without what a cell would show beside it.
    "display({'application/vnd.jupyter.widget-view+json': view_of(gone_widget)}, raw=True)",
    "show(talk)",
]
_SESSION, _KINDS, _ONE, _EMPTY, _THEIRS, _GONE, _TALK = range(1, 8)


@dataclass
class State:
    """One state on the page.

    Attributes:
        name: What it is, fit for a file.
        widget: The widget's own element.
        again: Brings it about once more, where it passes by itself.
    """

    name: str
    widget: Locator
    again: Callable[[], None] = field(default=lambda: None)


def show(notebook: OpenNotebook, cell: int) -> Locator:
    """Run a cell with a widget, and no other widget on the page."""
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.run_cell(cell)
    root = notebook.page.locator(".lw")
    expect(root).to_have_count(1)
    return root


def states(notebook: OpenNotebook) -> Iterator[State]:
    """Bring about one state after the other, beginning with the notebook of `CELLS` just opened."""
    notebook.run_cell(0)
    yield from _reviewing(notebook)
    yield from _answering(notebook)
    yield from _ends(notebook)
    yield from _talking(notebook)
    yield from _troubles(notebook)


def _reviewing(notebook: OpenNotebook) -> Iterator[State]:
    keys = notebook.page.keyboard
    root = show(notebook, _SESSION)
    panel = root.locator(".lw-trace-panel")
    expect(panel).not_to_be_empty()
    expect(root.locator(".lw-notefield")).to_be_visible()
    root.locator(".lw-name").click()
    for key in ("1", "ArrowDown", "4", "Enter", "2", "Enter", "s", "f", "1", "Enter"):
        keys.press(key)
    expect(root.locator(".lw-saved")).to_have_text("✓ Saved")
    keys.press("1")
    yield State("review", root)
    root.get_by_role("tab", name="Spans").click()
    tree = root.get_by_role("treeitem")
    expect(tree.first).to_be_visible()
    tree.nth(1).click()
    yield State("spans", root)
    for name, tab in (("inputs-outputs", "Inputs / outputs"), ("raw", "Raw")):
        root.get_by_role("tab", name=tab).click()
        expect(panel).not_to_be_empty()
        yield State(name, root)
    root.get_by_role("tab", name="Conversation").click()
    root.locator(".lw-name").click()
    keys.press("?")
    expect(root.get_by_role("dialog")).to_be_visible()
    yield State("shortcuts", root)
    _close(root)
    keys.press("g")
    expect(root.get_by_role("dialog")).to_be_visible()
    yield State("go-to", root)
    _close(root)
    keys.press("s")
    redo = root.get_by_role("button", name="Redo")

    def undo() -> None:
        if not redo.is_visible():
            root.evaluate("root => root.focus()")
            keys.press("U")
            keys.press("u")
        expect(redo).to_be_visible()

    keys.press("u")
    yield State("undone", root, undo)

    root.get_by_role("tab", name="Queue").click()
    grid = root.get_by_role("grid")
    expect(grid.get_by_role("row").nth(5)).not_to_be_empty()
    yield State("queue", root)
    grid.focus()
    for key in ("ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown"):
        keys.press(key)
    expect(root.get_by_role("toolbar")).to_be_visible()
    yield State("queue-chosen", root)
    root.get_by_role("searchbox").fill("zeppelin")
    expect(grid).to_have_attribute("aria-rowcount", "1")
    yield State("queue-nothing-found", root)
    root.get_by_role("searchbox").fill("")
    root.get_by_role("tab", name="Results").click()
    expect(root.locator(".lw-stat").first).to_be_visible()
    yield State("results", root)


def _close(root: Locator) -> None:
    """The panel over the widget, wherever the focus is."""
    if root.get_by_role("dialog").is_visible():
        root.get_by_role("button", name="Close").click()
    expect(root.get_by_role("dialog")).to_have_count(0)
    root.evaluate("root => root.focus()")


def _answering(notebook: OpenNotebook) -> Iterator[State]:
    root = show(notebook, _KINDS)
    minutes = root.locator('[data-question="minutes"] [data-part="field"]')
    minutes.fill("101")
    minutes.blur()
    expect(minutes).to_have_attribute("aria-invalid", "true")
    root.locator('[data-question="better"] [data-part="field"]').fill("too long " * 60)
    yield State("refused-value", root)


def _ends(notebook: OpenNotebook) -> Iterator[State]:
    root = show(notebook, _ONE)
    root.get_by_role("button", name="Done").click()
    expect(root).to_contain_text("needs an answer")
    yield State("not-done-yet", root)
    root.locator('[data-question="helpful"] label').first.click()
    expect(root).to_contain_text("All 1 done")
    yield State("finished", root)
    root = show(notebook, _EMPTY)
    expect(root).to_contain_text("No traces in this session yet")
    yield State("empty", root)
    root = show(notebook, _THEIRS)
    expect(root).to_contain_text("bob")
    yield State("not-assigned", root)
    root = show(notebook, _GONE)
    expect(root).to_contain_text("The session cannot be shown")
    yield State("deleted", root)


def _talking(notebook: OpenNotebook) -> Iterator[State]:
    root = show(notebook, _TALK)
    panel = root.locator(".lw-trace-panel")
    expect(panel).to_contain_text("until one.")
    expect(root.locator(".lw-chat-coming")).to_have_count(0)
    box = root.get_by_label("Message to shop")
    box.fill("And on Sundays?")
    box.press("Enter")
    expect(panel).to_contain_text("You asked: And on Sundays?")
    expect(root.locator(".lw-chat-coming")).to_have_count(0)
    yield State("talk", root)
    root.locator(".lw-name").click()
    notebook.page.keyboard.press("j")
    expect(root).to_contain_text("did not answer")
    yield State("agent-failed", root)


def _troubles(notebook: OpenNotebook) -> Iterator[State]:
    keys = notebook.page.keyboard
    root = show(notebook, _KINDS)
    expect(root.locator(".lw-trace-panel")).not_to_be_empty()
    notebook.execute('kinds.set_assigned_users(["bob"])')
    root.locator('[data-question="tone"] label').nth(1).click()
    root.get_by_role("button", name="look").click()
    expect(root.get_by_role("dialog")).to_contain_text("bob")
    yield State("answer-not-taken", root)
    _close(root)
    notebook.execute("kinds.set_assigned_users([])")
    root = show(notebook, _SESSION)
    expect(root.locator(".lw-trace-panel")).not_to_be_empty()
    other = sqlite3.connect(notebook.path.parent / "labelwidget.db", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        root.locator(".lw-name").click()
        keys.press("f")
        expect(root.locator(".lw-saved")).to_contain_text("Not saved", timeout=30_000)
        yield State("not-saved", root)
    finally:
        other.close()
    expect(root.locator(".lw-saved")).to_have_text("✓ Saved", timeout=60_000)
    notebook.restart_kernel()
    expect(root).to_contain_text("Run the cell again")
    yield State("kernel-restarted", root)
