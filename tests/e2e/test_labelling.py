"""A person labels, by mouse and by keyboard, and the frame holds what they clicked."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.widget import ALL, SCHEMAS, WIDGET, Widget, expect_labels, session_cell

ROW = "session.to_df().iloc[0].loc[" + ALL + "].to_dict()"


def test_every_kind_of_question_by_mouse(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)

    widget.choose("helpful", "No")
    widget.question("helpful").get_by_placeholder("Rationale").fill("Misses the second call.")
    widget.choose("tone", "neutral")
    widget.choose("problems", "off topic")
    widget.choose("problems", "long")
    widget.choose("score", "4")
    widget.field("seconds").fill("7")
    widget.field("comment").fill("naïve 🙂 \u202ex")
    widget.field("facts").fill("first fact")
    widget.field("facts").press("Enter")
    widget.field("facts").fill("second fact")
    widget.field("facts").press("Enter")
    widget.expect_saved()
    widget.button("Done").click()

    widget.expect_done(1)
    widget.expect_trace(1)
    widget.expect_saved()
    answers = {
        "helpful": False,
        "tone": "neutral",
        "problems": ["long", "off topic"],
        "score": 4,
        "seconds": 7,
        "comment": "naïve 🙂 \u202ex",
        "facts": ["first fact", "second fact"],
    }
    expect_labels(notebook, ROW, answers)
    expect_labels(notebook, "session.to_df().helpful_rationale.iloc[0]", "Misses the second call.")
    expect_labels(notebook, "session.to_df().state.iloc[0]", "completed")


def test_a_value_out_of_range_is_refused_beside_its_field_and_kept(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell(), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)

    widget.field("seconds").fill("101")
    widget.field("seconds").blur()
    expect(widget.question("seconds")).to_contain_text("100")
    expect(widget.field("seconds")).to_have_value("101")
    expect(widget.field("seconds")).to_have_attribute("aria-invalid", "true")
    expect_labels(notebook, "len(session.assessments_df())", 0)

    widget.field("seconds").fill("99.5")
    widget.field("seconds").blur()
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().seconds.tolist()[0]", 99.5)


def test_ten_traces_by_keyboard_alone(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell('["helpful", "score"]'), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()

    for number in range(10):
        widget.expect_trace(number)
        widget.press("1" if number % 2 == 0 else "2", "ArrowDown", str(number % 5 + 1), "Enter")

    widget.expect_done(10)
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().helpful[:10].tolist()", [True, False] * 5)
    expect_labels(notebook, "session.to_df().score[:10].tolist()", [1, 2, 3, 4, 5] * 2)
    expect_labels(notebook, "len(session.assessments_df(everything=True))", 20)


def test_one_key_a_trace_with_a_single_question(open_notebook):
    lean = SCHEMAS + 'make("ok", type="feedback", input=lw.InputPassFail(), overwrite=True)\n'
    notebook = open_notebook(lean, session_cell('["ok"]', traces=6), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    for number in range(6):
        widget.expect_trace(number)
        widget.press("1")
    expect(widget.root).to_contain_text("All 6 done")
    expect(widget.root).to_contain_text("session.to_df()")
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().ok.tolist()", [True] * 6)


def test_skip_flag_undo_and_redo_by_key(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell('["helpful", "score"]'), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    states = "session.to_df().state[:3].tolist()"

    widget.press("f", "s")
    widget.expect_trace(1)
    widget.press("2", "c")
    widget.page.keyboard.type("dd x a b 1 2 s f u j")
    widget.press("Escape", "s")
    widget.expect_trace(2)
    widget.expect_saved()
    expect_labels(notebook, states, ["skipped", "skipped", "pending"])
    expect_labels(notebook, "session.to_df().flagged[:2].tolist()", [True, False])
    rationale = "session.to_df().helpful_rationale.iloc[1]"
    expect_labels(notebook, rationale, "dd x a b 1 2 s f u j")

    widget.press("u")
    widget.expect_trace(1)
    expect(widget.root.get_by_role("button", name="Redo")).to_be_visible()
    widget.expect_saved()
    expect_labels(notebook, states, ["skipped", "in_progress", "pending"])
    widget.press("Shift+U")
    widget.expect_saved()
    expect_labels(notebook, states, ["skipped", "skipped", "pending"])

    for _ in range(8):
        widget.press("u")
    widget.expect_saved()
    expect_labels(notebook, states, ["pending"] * 3)
    expect_labels(notebook, "len(session.assessments_df())", 0)


def test_what_python_sees_while_the_reviewer_moves(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell('["helpful"]'), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    notebook.execute("seen = []; widget.observe(lambda change: seen.append(change.new), 'index')")
    widget.focus()
    widget.press("j", "j")
    widget.expect_trace(2)
    expect_labels(notebook, "widget.index", 2)
    expect_labels(notebook, "seen[-1]", 2)
    expect_labels(notebook, "bool(widget.trace_id == session.to_df().index[2])", True)
    expect_labels(notebook, "widget.trace.inputs", "Question number 2?")
    expect_labels(notebook, "widget.user", "alice")

    notebook.execute("widget.index = 7")
    widget.expect_trace(7)
    notebook.execute("widget.queue = session.to_df().index[[4, 1]]")
    widget.expect_trace(4)
    widget.press("j")
    widget.expect_trace(1)
    notebook.execute("widget.queue = None")
    widget.expect_done(0)


def test_a_judges_answer_is_accepted_by_one_key(open_notebook):
    traces = """
from labelwidget.model import AssessmentSource, Feedback, Trace
session = lw.create_labeling_session("judged", label_schemas=["helpful"]).add_traces([
    {"trace_id": "t1", "inputs": "Question number 0?", "outputs": "Answer."}
])
"""
    judged = SCHEMAS + traces.replace(
        '{"trace_id": "t1", "inputs": "Question number 0?", "outputs": "Answer."}',
        "__import__('labelwidget.writers.mlflow_json', fromlist=['x']).trace_to_mlflow("
        "Trace(trace_id='t1', inputs='Question number 0?', outputs='Answer.', assessments=[Feedback("
        "'helpful', False, rationale='It dodges.', source=AssessmentSource('LLM_JUDGE', 'judge-1'))]))",
    )
    notebook = open_notebook(judged, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    expect(widget.question("helpful")).to_contain_text("judge-1")
    expect(widget.question("helpful")).to_contain_text("It dodges.")
    widget.focus()
    widget.press("a")
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().helpful.tolist()", [False])
