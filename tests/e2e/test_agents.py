"""Agents in a real JupyterLab: answers while they come, a conversation with a branch, a comparison by keys."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels

AGENT = """
import time

def shop(messages):
    for word in f"You asked {messages[-1]['content']} as number {len(messages)}".split():
        time.sleep(0.05)
        yield word + " "

session = lw.create_labeling_session("talk", agent=shop, label_schemas=["helpful"], enable_multi_turn_chat=True)
session.add_inputs([{"question": "Question number 0?"}, {"question": "Question number 1?"}])
"""


def test_an_item_is_answered_when_it_is_opened_and_the_reviewer_goes_on(open_notebook):
    notebook = open_notebook(SCHEMAS, AGENT, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    trace = widget.root.locator(".lw-trace")
    expect(trace.locator(".lw-chat-coming")).to_contain_text("You asked")
    expect(trace.locator(".lw-chat-coming")).to_have_count(0)
    expect(trace.locator(".lw-trace-panel")).to_contain_text("as number 1")

    box = widget.root.get_by_label("Message to shop")
    box.fill("And on Sunday?")
    box.press("Enter")
    expect(trace.locator(".lw-trace-panel")).to_contain_text("You asked And on Sunday? as number 3")

    widget.root.get_by_role("button", name="Edit and ask again").click()
    box.fill("And on Monday?")
    widget.root.get_by_role("button", name="Send").click()
    expect(trace.locator(".lw-trace-panel")).to_contain_text("You asked And on Monday? as number 3")
    expect(trace.locator(".lw-trace-panel")).not_to_contain_text("Sunday")
    widget.root.get_by_role("button", name="Show version 1").click()
    expect(trace.locator(".lw-trace-panel")).to_contain_text("You asked And on Sunday? as number 3")

    widget.focus()
    widget.press("1", "Enter")
    widget.expect_trace(1)
    expect(trace.locator(".lw-trace-panel")).to_contain_text("as number 1")
    widget.expect_saved()
    expect_labels(notebook, "session.turns_df().turn.tolist()", [1, 2, 1])


def test_the_widget_is_usable_while_the_agent_answers_and_stop_keeps_what_came(open_notebook):
    slow = AGENT.replace("time.sleep(0.05)", "time.sleep(0.5)").replace(
        ".split()", ".split() * 100"
    )
    notebook = open_notebook(SCHEMAS, slow, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    coming = widget.root.locator(".lw-chat-coming")
    expect(coming).to_contain_text("You asked")
    widget.focus()
    widget.press("1")
    widget.expect_saved()
    expect(coming).to_be_visible()
    widget.root.get_by_role("button", name="Stop").click()
    expect(coming).to_have_count(0)
    expect(widget.root.locator(".lw-trace-panel")).to_contain_text("You asked")
    expect_labels(notebook, "session.to_df().helpful.tolist()[0]", True)


def test_a_reload_in_the_middle_of_an_answer_goes_on_with_it(open_notebook):
    slow = AGENT.replace("time.sleep(0.05)", "time.sleep(0.5)").replace(
        ".split()", ".split() * 100"
    )
    notebook = open_notebook(SCHEMAS, slow, WIDGET)
    notebook.run_all()
    coming = Widget(notebook.page).root.locator(".lw-chat-coming")
    expect(coming).to_contain_text("You asked")
    notebook.reload()
    notebook.run_cell(2)
    widget = Widget(notebook.page)
    expect(widget.root.locator(".lw-chat-coming")).to_contain_text("You asked")
    widget.root.get_by_role("button", name="Stop").click()
    expect(widget.root.locator(".lw-chat-coming")).to_have_count(0)
    expect_labels(notebook, "len(session.store.turns(session.mlflow_run_id))", 3)


def test_two_runs_are_compared_with_one_key_a_pair(open_notebook):
    compare = """
def run(name):
    rows = [{"inputs": f"Question number {n}?", "outputs": f"{name} {n}"} for n in range(4)]
    return lw.create_labeling_session(name, label_schemas=["helpful"]).add_traces(rows)

comparison = lw.compare(run("old"), run("new"))
session = comparison.session
"""
    notebook = open_notebook(SCHEMAS, compare, "comparison.widget('alice')")
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    for number, key in enumerate("1231"):
        widget.expect_trace(number)
        widget.press(key)
    widget.expect_saved()
    expect_labels(notebook, "len(comparison.preferences())", 4)
    expect_labels(notebook, "comparison.win_rate().ties", 1)
