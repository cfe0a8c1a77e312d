"""A scripted reviewer at full speed: fifty traces by keys alone, no mouse, no wait on the kernel."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.painted import WATCH, Spent
from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

FIFTY = 50


def report(name: str, spent: list[float]) -> Spent:
    """Print median and 95th percentile in milliseconds."""
    found = Spent.of(spent)
    print(f"\n{name}: {found}")  # noqa: T201  for whoever runs it with -s
    return found


def test_fifty_traces_in_fifty_keys(open_notebook):
    lean = SCHEMAS + 'make("ok", type="feedback", input=lw.InputPassFail(), overwrite=True)\n'
    notebook = open_notebook(lean, session_cell('["ok"]', traces=FIFTY), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    notebook.page.evaluate(WATCH)
    for number in range(FIFTY):
        widget.expect_trace(number)
        widget.press("1" if number % 3 else "2")
    expect(widget.root).to_contain_text(f"All {FIFTY} done")
    widget.expect_saved()
    marks = notebook.page.evaluate("window.lwMarks")
    assert marks["presses"] == FIFTY
    expect_labels(
        notebook, "session.to_df().ok.tolist()", [number % 3 != 0 for number in range(FIFTY)]
    )
    expect_labels(notebook, "int((session.to_df().state == 'completed').sum())", FIFTY)
    # How long it takes is measured by benchmarks/labelling.py, on a machine of its own.
    report("key to next trace painted", marks["keys"])


def test_three_questions_and_a_rationale_take_five_keys_and_the_text(open_notebook):
    notebook = open_notebook(
        SCHEMAS, session_cell('["helpful", "tone", "score"]', traces=FIFTY), WIDGET
    )
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    notebook.page.evaluate(WATCH)
    text = "says why"
    for number in range(FIFTY):
        widget.expect_trace(number)
        # Three answers, each going on to the next question; the rationale; done from inside it.
        widget.press("1", "2", str(number % 5 + 1), "c")
        notebook.page.keyboard.type(text)
        widget.press("Control+Enter")
    expect(widget.root).to_contain_text(f"All {FIFTY} done")
    widget.expect_saved()
    marks = notebook.page.evaluate("window.lwMarks")
    # Control+Enter is heard as two.
    assert marks["presses"] == FIFTY * (5 + 1 + len(text))
    expect_labels(
        notebook, "session.to_df().score.tolist()", [number % 5 + 1 for number in range(FIFTY)]
    )
    expect_labels(notebook, "session.to_df().tone.tolist()", ["neutral"] * FIFTY)
    expect_labels(notebook, "sorted(set(session.to_df().helpful_rationale.tolist()))", ["says why"])
    report("key to next trace painted, three questions", marks["keys"])
