"""Agents in a real JupyterLab: answers while they come, a conversation with a branch, a comparison by keys."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.test_authority import with_widget_state
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


CONVERSATION = """
make("solved", type="feedback", input=lw.InputPassFail("Yes", "No"), scope="conversation", overwrite=True)
""" + AGENT.replace('["helpful"]', '["helpful", "solved"]')


def test_an_item_is_answered_when_it_is_opened_and_the_reviewer_goes_on(open_notebook):
    notebook = open_notebook(SCHEMAS, CONVERSATION, WIDGET)
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

    # Each turn has a form of its own; what is asked once is asked with the first.
    widget.focus()
    widget.press("1", "1")
    widget.root.get_by_role("button", name="Turn 2").click()
    expect(widget.question("solved")).to_have_count(0)
    widget.choose("helpful", "No")
    expect(widget.root.get_by_role("button", name="Turn 2, answered")).to_be_visible()
    widget.root.get_by_role("button", name="Turn 1").click()
    expect(widget.question("helpful").get_by_role("radio", name="Yes")).to_be_checked()
    widget.button("Done").click()
    widget.expect_trace(1)
    expect(trace.locator(".lw-trace-panel")).to_contain_text("as number 1")
    widget.expect_saved()
    expect_labels(notebook, "session.turns_df().turn.tolist()", [1, 2, 1])
    expect_labels(notebook, "session.turns_df().helpful.tolist()[:2]", [True, False])
    expect_labels(
        notebook, "session.to_df()[['helpful', 'solved']].values.tolist()[0]", [True, True]
    )


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


def test_a_reload_in_the_middle_of_an_answer_goes_on_with_it(open_notebook, server_log):
    # What Jupyter says when a page goes away while it speaks.
    server_log.expect(r"Unknown subshell_id")
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


def test_two_responses_stand_side_by_side_without_names_until_one_key_is_pressed(open_notebook):
    beside = """
def v1(question):
    return f"It **left** on Monday. {question}"

def v2(question):
    return f"It left on *Monday*, I think. {question}"

session = lw.create_labeling_session("talk", agent=v1, label_schemas=["helpful"])
session.add_inputs([{"question": f"Question number {n}?"} for n in range(4)]).generate().wait()
session.regenerate(v2).wait()
"""
    notebook = open_notebook(SCHEMAS, beside, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    pair = widget.root.locator(".lw-pair")
    widget.expect_trace(0)
    expect(pair.get_by_role("article")).to_have_count(2)
    expect(pair.locator("h3")).to_have_text(["Response 1", "Response 2"])
    expect(widget.question("helpful")).to_have_count(0)
    pair.get_by_role("button", name="Show the differences").click()
    expect(pair.locator(".lw-text ins").first).to_be_visible()
    widget.focus()
    widget.press("1")
    expect(pair.locator("h3").first).to_contain_text("v")
    expect(pair.get_by_role("status")).to_contain_text("You preferred v")
    expect(widget.question("helpful")).to_be_visible()
    widget.press("1", "Enter")
    for number, key in ((1, "2"), (2, "3")):
        widget.expect_trace(number)
        widget.press(key)
        expect(widget.question("helpful")).to_be_visible()
        widget.press("2", "Enter")
    widget.expect_trace(3)
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().helpful.tolist()[:3]", [True, False, False])
    expect_labels(notebook, "len(lw.compare(session).preferences())", 3)
    expect_labels(notebook, "lw.compare(session).win_rate().ties", 1)

    # Two runs in a session of pairs: choosing is all, and who was who is told on the way.
    notebook.execute(
        "runs = [lw.create_labeling_session(name, label_schemas=['helpful']).add_traces("
        "[{'inputs': f'Question number {n}?', 'outputs': f'{name} {n}'} for n in range(3)]) for name in ('old', 'new')]\n"
        "comparison = lw.compare(*runs)\n"
        "session = comparison.session"
    )
    notebook.run_cell(2)
    widget = Widget(notebook.page)
    widget.focus()
    for number, key in enumerate("123"):
        widget.expect_trace(number)
        widget.press(key)
        expect(widget.root.locator(".lw-toast")).to_contain_text(
            "tie" if key == "3" else "preferred"
        )
    widget.expect_saved()
    expect_labels(notebook, "comparison.win_rate().ties", 1)


def test_a_first_try_without_a_session_is_kept_by_a_button(open_notebook):
    agent = """
def shop(messages):
    return f"You asked {messages[-1]['content']} as number {len(messages)}"
"""
    notebook = open_notebook(SCHEMAS, agent, "chat = lw.ChatWidget(shop)\nchat")
    notebook.run_all()
    root = notebook.page.locator(".lw")
    box = root.get_by_label("First message")
    box.fill("Where is it?")
    box.press("Enter")
    panel = root.locator(".lw-trace-panel")
    expect(panel).to_contain_text("You asked Where is it? as number 1")
    more = root.get_by_label("Message to shop")
    more.fill("And on Sunday?")
    more.press("Enter")
    expect(panel).to_contain_text("You asked And on Sunday? as number 3")
    expect_labels(notebook, "len(lw.get_labeling_sessions())", 0)
    root.get_by_role("button", name="Save as session").click()
    root.get_by_label("Name of the session").fill("first try")
    root.get_by_label("Name of the session").press("Enter")
    expect(root.locator(".lw-chat-head")).to_contain_text("Saved as session")
    root.get_by_role("button", name="New conversation").click()
    box.fill("Anew?")
    box.press("Enter")
    expect(panel).to_contain_text("You asked Anew? as number 1")
    expect(panel).not_to_contain_text("Sunday")
    expect_labels(notebook, "lw.get_labeling_sessions()[0].turns_df().turn.tolist()", [1, 2, 1])


def test_a_running_cell_stops_neither_the_agent_nor_the_labels(open_notebook):
    gated = """
import threading
gate = threading.Event()

def shop(messages):
    if messages[-1].get("content") == "let go":
        gate.set()
    return f"You asked {messages[-1]['content']} as number {len(messages)}"

session = lw.create_labeling_session("talk", agent=shop, label_schemas=["helpful", "tone"], enable_multi_turn_chat=True)
session.add_inputs([{"question": "Question number 0?"}])
"""
    notebook = open_notebook(SCHEMAS, gated, WIDGET, "ended = gate.wait(60)")
    for cell in range(3):
        notebook.run_cell(cell)
    widget = Widget(notebook.page)
    panel = widget.root.locator(".lw-trace-panel")
    expect(panel).to_contain_text("as number 1")
    notebook.run_cell(3, wait=False)
    box = widget.root.get_by_label("Message to shop")
    box.fill("And on Sunday?")
    box.press("Enter")
    expect(panel).to_contain_text("You asked And on Sunday? as number 3")
    widget.focus()
    widget.press("1")
    widget.expect_saved()
    # Jupyter's own mark: the kernel's status is also that of its subshells.
    prompt = notebook.cell(3).locator(".jp-InputPrompt")
    expect(prompt).to_have_text("[*]:")
    box.fill("let go")
    box.press("Enter")
    expect(prompt).not_to_have_text("[*]:")
    expect(panel).to_contain_text("You asked let go as number 5")
    expect_labels(notebook, "ended", True)
    expect_labels(notebook, "session.to_df().helpful.tolist()", [True])


def test_a_key_is_on_no_page_and_in_no_file(open_notebook, lab, folder):
    leaky = """
import os

def leaky(messages):
    key = os.environ["LABELWIDGET_AGENT_API_KEY"]
    if messages[-1]["content"] == "raise":
        raise RuntimeError(f"bad key {key}")
    for part in ("My key is ", key[:9], key[9:20], key[20:], ", they say."):
        yield part

session = lw.create_labeling_session("talk", agent=leaky, label_schemas=["helpful"], enable_multi_turn_chat=True)
session.add_inputs([{"question": "Question number 0?"}])
"""
    notebook = open_notebook(SCHEMAS, leaky, WIDGET.replace('"alice"', '"alice", snapshot="full"'))
    key = "sk-canary-0123456789-abcdef"
    notebook.execute(f"import os; os.environ['LABELWIDGET_AGENT_API_KEY'] = {key!r}")
    notebook.run_all()
    widget = Widget(notebook.page)
    panel = widget.root.locator(".lw-trace-panel")
    expect(panel).to_contain_text("My key is [hidden], they say.")
    box = widget.root.get_by_label("Message to leaky")
    box.fill("raise")
    box.press("Enter")
    expect(panel).to_contain_text("bad key [hidden]")
    widget.focus()
    widget.press("1")
    widget.expect_saved()
    notebook.run_cell(2)
    Widget(notebook.page)
    shown = [
        notebook.page.evaluate("() => document.querySelector('.lw')?.textContent ?? ''"),
        widget.root.inner_text(),
        with_widget_state(notebook),
        notebook.execute(
            "print(*[trace.model_dump_json() for _, trace in session.store.traces(session.mlflow_run_id)])"
        ),
        lab.log.read_text("utf-8", "replace"),
        *[path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()],
    ]
    assert "widget-state+json" in shown[2]
    assert sum("[hidden]" in text for text in shown) >= 3
    assert not [text for text in shown if "canary-0123456789" in text]
