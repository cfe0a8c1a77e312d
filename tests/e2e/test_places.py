"""Labels on parts of a trace, by mouse and by keyboard alone, in the page and in the frame."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels

ANSWER = (
    "The refund takes **14 days**. Pay \\u202e001\\u202c now 🦊 to `ops@example.com`.\\n\\n"
    "- First, call us.\\n- Then wait for [the mail](https://example.com/mail) from us."
)

SESSION = (
    SCHEMAS
    + f"""
from labelwidget.model import Span, Trace
ANSWER = "{ANSWER}"
def span(n, parent, name, kind, **more):
    return Span(span_id=f"s{{n}}", parent_id=parent, name=name, span_type=kind, start_ns=n * 10**7,
                end_ns=(n + 5) * 10**7, **more)
chat = dict(inputs={{"messages": [{{"role": "user", "content": "When is my refund?"}}]}},
            outputs={{"role": "assistant", "content": ANSWER}})
spans = (
    span(0, None, "app", "CHAIN", inputs="When is my refund?", outputs=ANSWER),
    span(1, "s0", "search", "RETRIEVER", inputs={{"query": "refund"}},
         outputs=[{{"page_content": "Refunds take 30 days.", "metadata": {{"doc_uri": "policy.md"}}}}]),
    span(2, "s0", "get_order", "TOOL", inputs={{"order": 7}}, outputs="paid on Monday"),
    span(3, "s0", "chat", "CHAT_MODEL", **chat),
)
session = lw.create_labeling_session("places", label_schemas=["helpful", "comment"])
session.add_traces([
    Trace(trace_id=f"t{{n}}", inputs="When is my refund?", outputs=ANSWER, spans=spans) for n in range(2)
])
answers = lambda name: [
    [row["value"], row["span_id"], row["quote"]] for row in
    session.assessments_df().query("name == @name").to_dict("records")
]
"""
)

# A person selects from the middle of the first text to the middle of the last one.
SELECT = """([element, from, to]) => {
  const nodes = [];
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) nodes.push(walk.currentNode);
  const first = nodes.find((node) => node.data.includes(from));
  const last = nodes.findLast((node) => node.data.includes(to));
  const range = document.createRange();
  range.setStart(first, first.data.indexOf(from));
  range.setEnd(last, last.data.indexOf(to) + to.length);
  const box = range.getClientRects();
  return [box[0].left, box[0].top, box[box.length - 1].right, box[box.length - 1].bottom,
          box[0].height];
}"""


def drag_over(widget: Widget, element: Locator, start: str, end: str) -> None:
    """Select text with the mouse, from the beginning of `start` to the end of `end`."""
    element.scroll_into_view_if_needed()
    left, top, right, bottom, height = element.evaluate(
        f"(element, texts) => ({SELECT})([element, ...texts])", [start, end]
    )
    mouse = widget.page.mouse
    mouse.move(left + 0.5, top + height / 2)
    mouse.down()
    mouse.move(right - 0.5, bottom - height / 2, steps=4)
    mouse.up()


def highlighted(widget: Widget, shade: str = "label") -> list[str]:
    """The texts that the browser shows as highlights."""
    return widget.page.evaluate(
        f"[...(CSS.highlights.get('lw-{shade}') ?? [])].map((range) => range.toString())"
    )


def expect_highlighted(widget: Widget, *texts: str, shade: str = "label") -> None:
    widget.page.wait_for_function(
        "([shade, texts]) => JSON.stringify([...(CSS.highlights.get(`lw-${shade}`) ?? [])]"
        ".map((range) => range.toString())) === JSON.stringify(texts)",
        arg=[shade, list(texts)],
    )


def test_labels_on_text_spans_and_steps_by_mouse(open_notebook):
    notebook = open_notebook(SESSION, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    root = widget.root
    answer = root.locator(".lw-step", has_text="final answer")
    places = root.locator(".lw-places-list")

    # A range over marks, a hidden character and an emoji; a short choice is made at the text.
    drag_over(widget, answer, "14 days", "now 🦊")
    bar = root.get_by_role("toolbar", name="Label the selected text")
    bar.get_by_role("button", name="No", exact=True).click()
    expect(bar).to_have_count(0)
    expect(places).to_contain_text("Helpful: No")
    widget.expect_saved()
    quote = "14 days**. Pay \u202e001\u202c now 🦊"
    expect_labels(notebook, "answers('helpful')", [[False, "s3", quote]])
    found = "session.assessments_df().iloc[0]"
    expect_labels(notebook, f"ANSWER[{found}.start:{found}.end] == {found}.quote", expected=True)
    [shown] = highlighted(widget)
    assert shown.startswith("14 days. Pay ")
    assert shown.endswith("now 🦊")

    # Text about another range, typed into the form.
    drag_over(widget, answer, "call us", "call us")
    bar.get_by_role("button", name="Comment").click()
    expect(root.locator(".lw-scope")).to_contain_text("“call us”")
    expect(widget.field("comment")).to_be_focused()
    widget.page.keyboard.type("which one?")
    widget.press("Escape", "Escape")
    expect(root.locator(".lw-scope")).to_have_count(0)
    expect(widget.field("comment")).to_have_value("")
    widget.expect_saved()
    expect_labels(notebook, "answers('comment')", [["which one?", "s3", "call us"]])

    # They survive drawing the text in another way, and a reload; and are taken back.
    answer.hover()
    answer.get_by_role("button", name="Raw").click()
    expect_highlighted(widget, "14 days**. Pay U+202E001U+202C now 🦊", "call us")
    notebook.run_cell(1)
    widget = Widget(notebook.page)
    expect_highlighted(widget, shown, "call us")
    places.get_by_role("button", name="Remove the label on “call us”").click()
    expect_highlighted(widget, shown)
    widget.press("u")
    expect_highlighted(widget, shown, "call us")

    # A span from its tab; a document and a tool call from where they stand.
    root.get_by_role("tab", name="Spans").click()
    root.get_by_role("treeitem", name="search").click()
    root.get_by_role("button", name="Label this span").click()
    widget.choose("helpful", "Yes")
    expect(root.locator(".lw-span-head")).to_contain_text("Helpful: Yes")
    root.get_by_role("button", name="Whole trace").click()
    root.get_by_role("tab", name="Conversation").click()
    tool = root.locator(".lw-step", has_text="get_order")
    expect(root.locator(".lw-step", has_text="policy.md")).to_contain_text("Helpful: Yes")
    tool.hover()
    tool.get_by_role("button", name="First error").click()
    expect(tool.locator(".lw-tag-bad")).to_have_text("first error")
    root.get_by_placeholder("What went wrong?").fill("Looked up the wrong order.")
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().first_error.tolist()", ["get_order", None])
    expect_labels(notebook, "session.to_df().first_error_span_id.tolist()", ["s2", None])
    mark = "session.assessments_df().query(\"name == 'first_error'\")"
    expect_labels(notebook, f"{mark}.rationale.tolist()", ["Looked up the wrong order."])
    expect_labels(notebook, "answers('helpful')[1]", [True, "s1", None])
    expect_labels(notebook, "session.to_df().helpful.isna().tolist()", [True, True])


def test_the_same_by_keys_alone_and_a_note_with_tags(open_notebook):
    notebook = open_notebook(SESSION, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    root = widget.root
    widget.focus()

    # The steps: question, retrieval, tool call, answer.
    widget.press(".", ".", ".", "x", ".", "v")
    line = root.locator(".lw-walk")
    expect(line).to_contain_text("“The”")
    widget.press(*["ArrowRight"] * 3, "Shift+ArrowRight")
    expect(line).to_contain_text("“14 days”")
    widget.press("Enter", "2")
    expect_highlighted(widget, "14 days", shade="chosen")
    widget.press("c")
    widget.page.keyboard.type("no source")
    widget.press("Escape", "Escape")
    widget.expect_saved()
    expect_labels(notebook, "answers('helpful')", [[False, "s3", "14 days"]])
    expect_labels(notebook, "answers('comment')", [["no source", "s3", "14 days"]])
    expect_labels(notebook, "session.to_df().first_error.iloc[0]", "get_order")
    expect_highlighted(widget, "14 days")
    widget.press("u", "u", "u")
    widget.expect_saved()
    expect_labels(notebook, "len(session.assessments_df())", 0)

    # The note: saved by itself, its tag offered on the next trace, found in the queue.
    widget.press("n")
    widget.page.keyboard.type("see #late-refund")
    widget.press("Escape", "j", "n")
    widget.page.keyboard.type("again #la")
    expect(root.get_by_role("option", name="#late-refund")).to_be_visible()
    widget.press("Tab")
    widget.expect_saved()
    tags = "session.to_df().tags.tolist()"
    expect_labels(notebook, tags, [["late-refund"], ["late-refund"]])
    note = root.get_by_label("Note on this trace")
    expect(note).to_have_value("again #late-refund ")

    # A megabyte is more than a note holds: said, and kept through a reload of the page's cell.
    note.fill("x" * 1_000_000)
    problem = root.locator(".lw-note-box .lw-bad")
    expect(problem).to_contain_text("1,000,000 characters; 100,000 is the most")
    expect(root.locator(".lw-saved")).to_contain_text("not valid")
    notebook.run_cell(1)
    widget = Widget(notebook.page)
    widget.focus()
    widget.press("j")
    expect(problem).to_contain_text("Shorten it by 900,000")
    assert len(note.input_value()) == 1_000_000
    note.fill("short #late-refund")
    widget.expect_saved()
    root.locator(".lw-tags").get_by_role("button", name="#late-refund").click()
    expect(root.get_by_placeholder("Search (/)")).to_have_value("#late-refund")
    expect(root.locator(".lw-grid-row")).to_have_count(2)
