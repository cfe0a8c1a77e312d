"""Kernels restart and die, pages reload, others label the same file: no answer is lost, none is doubled."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.server_log import KERNEL_DIED
from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

QUESTIONS = '["helpful", "score"]'
COUNT = "len(session.assessments_df(everything=True))"


def label(widget: Widget, first: int, count: int) -> None:
    for number in range(first, first + count):
        widget.expect_trace(number)
        widget.press("1", "ArrowDown", "3", "Enter")


def test_after_a_restart_the_first_open_trace_comes_with_all_answers_there(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    label(widget, 0, 3)
    widget.expect_saved()

    notebook.restart_kernel()
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.expect_trace(3)
    widget.expect_done(3)
    widget.focus()
    widget.press("k")
    widget.expect_trace(2)
    expect(widget.question("score").get_by_role("radio", name="3")).to_be_checked()
    expect_labels(notebook, COUNT, 6)


def test_answers_given_while_the_kernel_is_dead_arrive_once(open_notebook, server_log):
    server_log.expect(KERNEL_DIED)
    # What Jupyter says when the page still writes to the kernel that is gone.
    server_log.expect(r"Unknown subshell_id")
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    label(widget, 0, 1)
    widget.expect_saved()

    notebook.kill_kernel()
    label(widget, 1, 1)
    expect(widget.root.locator(".lw-saved")).to_contain_text("kept here")
    notebook.wait_for_revived_kernel()

    notebook.run_all()
    widget = Widget(notebook.page)
    widget.expect_saved()
    widget.expect_done(2)
    expect_labels(notebook, COUNT, 4)
    expect_labels(notebook, "session.to_df().score[:2].tolist()", [3, 3])


def test_answers_wait_while_a_cell_runs_and_are_never_called_saved_before(open_notebook):
    busy = "import time\nend = time.monotonic() + 8\nwhile time.monotonic() < end: pass"
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET, busy)
    for cell in range(3):
        notebook.run_cell(cell)
    widget = Widget(notebook.page)
    widget.focus()
    label(widget, 0, 1)
    widget.expect_saved()
    notebook.run_cell(3, wait=False)
    widget.focus()
    label(widget, 1, 2)
    notebook.wait_for_idle_kernel()
    widget.expect_saved()
    widget.expect_done(3)
    expect_labels(notebook, COUNT, 6)


def test_the_stop_button_leaves_the_next_save_working(open_notebook):
    busy = "import time\ntime.sleep(600)"
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET, busy)
    for cell in range(3):
        notebook.run_cell(cell)
    widget = Widget(notebook.page)
    notebook.run_cell(3, wait=False)
    widget.focus()
    label(widget, 0, 2)
    notebook.interrupt_kernel()
    expect(notebook.cell(3)).to_contain_text("KeyboardInterrupt")
    widget.focus()
    label(widget, 2, 1)
    widget.expect_saved()
    expect_labels(notebook, COUNT, 6)


def test_a_reloaded_page_goes_on_where_it_was(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    label(widget, 0, 2)
    widget.press("2")
    widget.expect_saved()
    notebook.save()

    notebook.reload()
    widget = Widget(notebook.page)
    widget.expect_trace(2)
    expect(widget.question("helpful").get_by_role("radio", name="No")).to_be_checked()
    widget.focus()
    widget.press("ArrowDown", "5", "Enter")
    widget.expect_done(3)
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().score[:3].tolist()", [3, 3, 5])


def test_two_widgets_on_one_session(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET, WIDGET)
    notebook.run_all()
    first, second = Widget(notebook.page, 0), Widget(notebook.page, 1)
    first.focus()
    label(first, 0, 2)
    first.expect_saved()
    second.focus()
    second.press("j", "j")
    label(second, 2, 2)
    second.expect_saved()
    expect_labels(notebook, "session.to_df().state.value_counts()['completed'].item()", 4)
    expect_labels(notebook, COUNT, 8)
    second.expect_done(4)
    first.expect_done(4)


def test_a_second_kernel_on_the_same_file(open_notebook):
    one = open_notebook(SCHEMAS, session_cell(QUESTIONS), WIDGET)
    one.run_all()
    two = open_notebook(
        SCHEMAS, session_cell(QUESTIONS), WIDGET.replace("alice", "bob"), name="second.ipynb"
    )
    two.run_all()
    alice, bob = Widget(one.page), Widget(two.page)
    alice.focus()
    label(alice, 0, 2)
    bob.focus()
    label(bob, 0, 3)
    alice.expect_saved()
    bob.expect_saved()
    for notebook in (one, two):
        expect_labels(notebook, "session.progress_df().completed.tolist()", [2, 3])
        expect_labels(notebook, COUNT, 10)
