"""The notebook's keys never act from inside the widget, and the widget's never outside."""

from __future__ import annotations

import pytest

from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

# What each does to a notebook when it gets through: delete, cut, insert above and below, Markdown,
# undo, copy, paste, merge, hide, restart, run.
HOSTILE = [
    "d", "d", "x", "a", "b", "m", "y", "z", "v", "c", "Escape", "r", "o", "l", "i", "i", "0", "0",
    "1", "2", "3", "j", "k", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter",
    "Shift+Enter", "Space", "Shift+M", "Shift+ArrowDown", "h", "q", "e", "f", "s", "u", "t", "[", "]",
]  # fmt: skip


def state(notebook) -> list[tuple[str, str, object]]:
    return notebook.page.evaluate(
        "() => { const panel = window.jupyterapp.shell.currentWidget; const content = panel.content;"
        " return [content.mode, content.activeCellIndex, content.selectedCells.length,"
        " ...content.widgets.map(c => [c.model.type, c.model.sharedModel.getSource(), c.model.executionCount ?? 0])]; }"
    )


@pytest.fixture
def ready(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(), WIDGET, "1 + 1", "%%md text")
    notebook.run_all()
    return notebook, Widget(notebook.page)


@pytest.mark.parametrize("place", ["widget", "radio", "trace", "tab", "done"])
def test_no_key_in_the_widget_reaches_the_notebook(ready, place):
    notebook, widget = ready
    target = {
        "widget": widget.root,
        "radio": widget.question("tone").get_by_role("radio").first,
        "trace": widget.root.locator(".lw-trace .lw-scroll").first,
        "tab": widget.root.get_by_role("tab", name="Conversation"),
        # Called "Back" while a step is labelled.
        "done": widget.root.locator(".lw-btn.lw-main"),
    }[place]
    widget.focus()
    before = state(notebook)
    kernel = notebook.execute("import os; os.getpid()")
    commands = notebook.page.evaluate(
        "() => { window.ran = []; window.jupyterapp.commands.commandExecuted.connect("
        "(_, args) => { if (!args.id.startsWith('debugger')) window.ran.push(args.id); }); }"
    )
    assert commands is None
    for key in HOSTILE:
        if key == "Escape":
            continue
        target.focus()
        notebook.page.keyboard.press(key)
    assert notebook.page.evaluate("() => window.ran") == []
    assert state(notebook) == before
    assert notebook.execute("import os; os.getpid()") == kernel


def test_typing_in_a_field_types(ready):
    notebook, widget = ready
    field = widget.field("comment")
    field.click()
    before = state(notebook)
    notebook.page.keyboard.type("dd x abm 00 123 jk ?[]")
    assert field.input_value() == "dd x abm 00 123 jk ?[]"
    widget.expect_saved()
    assert state(notebook) == before
    widget.expect_trace(0)
    expect_labels(notebook, "session.to_df().comment.iloc[0]", "dd x abm 00 123 jk ?[]")


def test_the_widgets_keys_do_nothing_outside(ready):
    notebook, widget = ready
    notebook.cell(3).locator(".cm-content").click()
    notebook.page.keyboard.press("Escape")
    for key in ("1", "s", "f", "u", "j", "ArrowDown"):
        notebook.page.keyboard.press(key)
    widget.expect_trace(0)
    widget.expect_done(0)
    expect_labels(notebook, "session.store.last_seq(session.labeling_session_id)", 0)


def test_escape_leaves_the_field_then_the_widget_and_saving_still_works(ready):
    notebook, widget = ready
    widget.field("comment").click()
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("j")
    widget.expect_trace(1)
    notebook.page.keyboard.press("Control+s")
    notebook.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
    )
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("j")
    widget.expect_trace(1)
