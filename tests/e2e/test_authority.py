"""A page decides nothing: what it may say is checked, what it claims is ignored, what it holds is not saved."""

from __future__ import annotations

import json
import random
import time

import nbconvert
import nbformat
import pytest
from playwright.sync_api import expect

from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

CANARY = "canary-7d1f"

# All that a page might try to change.
STATE = """json.dumps({
    "user": widget.user, "index": widget.index, "trace_id": widget.trace_id,
    "progress": widget.progress, "esm": hash(widget._esm), "layout": widget.layout.width,
    "queue": widget.queue, "session": widget.session.labeling_session_id,
    "events": session.store.last_seq(session.labeling_session_id), "type": type(widget).__name__,
})"""

# What any script on the page could do: speak to the kernel's socket in the widget's own name. Ends
# when the kernel has gone through all of it.
FORGE = """
async (code) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const output = panel.content.widgets.flatMap((cell) => cell.model.outputs?.toJSON() ?? []);
  const id = output.map((one) => one.data?.["application/vnd.jupyter.widget-view+json"]?.model_id).find(Boolean);
  const kernel = panel.sessionContext.session.kernel.id;
  const socket = new WebSocket(`ws://${location.host}/api/kernels/${kernel}/channels?session_id=forger`);
  await new Promise((resolve) => { socket.onopen = resolve; });
  let count = 0;
  const send = (msg_type, content) => socket.send(JSON.stringify({
    channel: "shell", buffers: [], metadata: {}, parent_header: {}, content,
    header: { msg_id: `forged-${count++}`, msg_type, session: "forger", username: "", version: "5.3",
      date: new Date().toISOString() } }));
  const comm = (data) => send("comm_msg", { comm_id: id, data });
  const update = (state) => comm({ method: "update", state, buffer_paths: [] });
  const custom = (content) => comm({ method: "custom", content });
  eval(code);
  const last = `forged-${count}`;
  const done = new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      const { channel, parent_header } = JSON.parse(data);
      if (channel === "shell" && parent_header.msg_id === last) resolve();
    };
  });
  send("kernel_info_request", {});
  await done;
  socket.close();
}
"""


@pytest.fixture
def ready(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell('["helpful", "comment"]'), WIDGET)
    notebook.run_all()
    return notebook, Widget(notebook.page)


def kernel_state(notebook) -> dict[str, object]:
    state = json.loads(notebook.execute(f"import json; print({STATE})"))
    return {**state, "outputs": [notebook.outputs(cell) for cell in range(3)]}


def expect_nothing_happened(notebook, before: dict[str, object]) -> None:
    """The state is what it was, the next cell answers soon, and no cell shows anything new."""
    start = time.monotonic()
    after = kernel_state(notebook)
    assert time.monotonic() - start < 5
    assert after == before
    assert notebook.errors() == []


def test_forged_updates_change_nothing(ready):
    notebook, _ = ready
    before = kernel_state(notebook)
    notebook.page.evaluate(
        FORGE,
        """
        update({ user: "mallory" });
        update({ _esm: "export default { render() { alert(1) } }" });
        update({ index: 5, trace_id: "x", progress: { total: 0 }, _review: null, _session: 1 });
        update({ index: "five", layout: "IPY_MODEL_nope", _view_name: "Evil", keys: [], comm: null });
        comm({ method: "update", state: { index: 1 }, buffer_paths: [["progress", "__proto__", 9]] });
        comm({ method: "update" }); comm({ method: "update", state: [1, 2] }); comm({}); comm([]); comm("x");
        """,
    )
    expect_nothing_happened(notebook, before)


def test_unknown_and_odd_requests_are_refused(ready):
    notebook, widget = ready
    before = kernel_state(notebook)
    notebook.page.evaluate(
        FORGE,
        """
        const item = "none";
        for (const op of ["eval", "__class__", "set_user", "delete_session", "", null, 7, {}, ["save"]])
          custom({ v: 1, req: "forged", op, user: "mallory" });
        custom({ v: 2, req: "forged", op: "hello" });
        custom({ v: 1, req: "x".repeat(1000), op: "hello" });
        custom({ v: 1, req: "forged", op: "hello", user: "mallory" });
        custom({ v: 1, req: "forged", op: "moved", index: 3, item_id: item });
        custom({ v: 1, req: "forged", op: "trace", index: 10 ** 9 });
        custom({ v: 1, req: "forged", op: "text", item_id: item, ref: "../../etc/passwd", offset: -1 });
        custom({ v: 1, req: "forged", op: "queue", sort: "1; drop table events", search: "%" });
        custom({ v: 1, req: "forged", op: "save", events: [] });
        custom({ v: 1, req: "forged", op: "save", events: [
          { kind: "answer", event_id: "forged-0001", item_id: item, name: "helpful", value: true, reviewer: "mallory" }] });
        custom({ v: 1, req: "forged", op: "save", events: [
          { kind: "answer", event_id: "forged-0002", item_id: item, name: "helpful", value: true }] });
        """,
    )
    expect_nothing_happened(notebook, before)
    # The widget itself works on.
    widget.choose("helpful", "Yes")
    widget.expect_saved()
    expect_labels(notebook, "session.to_df().helpful.tolist()[0]", True)
    expect_labels(notebook, "sorted(set(session.assessments_df().source_id))", ["alice"])


def random_value(dice: random.Random, depth: int = 0) -> object:
    match dice.randrange(10):
        case 0:
            return None
        case 1:
            return dice.choice([True, False])
        case 2:
            return dice.choice([0, -1, 2**31, 2**53, 1e308, -0.0])
        case 3:
            return "".join(
                dice.choice("\0\t\n\x1b'\"<\\\u202e😀A") for _ in range(dice.randrange(30))
            )
        case 4:
            return "A" * dice.choice([0, 1000, 100_000])
        case 5 if depth < 4:
            return [random_value(dice, depth + 1) for _ in range(dice.randrange(6))]
        case 6 if depth < 4:
            names = ["op", "v", "req", "state", "events", "__proto__", "index"]
            return {dice.choice(names): random_value(dice, depth + 1) for _ in range(5)}
        case 7:
            deep: object = "z"
            for _ in range(300):
                deep = [deep]
            return deep
        case _:
            return dice.choice(["", "x", "hello", "save", "update", "IPY_MODEL_nope", [], {}])


def random_message(dice: random.Random) -> object:
    traits = ["index", "user", "_esm", "_css", "progress", "layout", "_view_name", "_model_module"]
    roll = dice.random()
    if roll < 0.4:
        state = {dice.choice(traits): random_value(dice) for _ in range(dice.randrange(1, 4))}
        return {"method": "update", "state": state, "buffer_paths": []}
    if roll < 0.8:
        ops = ["hello", "ping", "save", "text", "moved", "trace", "part", "queue", "nope"]
        content = {"v": 1, "req": f"r{dice.random()}", "op": dice.choice(ops)}
        more = random_value(dice)
        return {
            "method": "custom",
            "content": content | more if isinstance(more, dict) else more,
        }
    return {
        "method": dice.choice(["update", "custom", "x", None, 5]),
        "state": random_value(dice),
        "content": random_value(dice),
        "buffer_paths": random_value(dice),
    }


def test_three_hundred_random_messages_and_the_next_cell_answers(ready):
    notebook, widget = ready
    dice = random.Random(7)
    before = kernel_state(notebook)
    messages = json.dumps([random_message(dice) for _ in range(300)])
    notebook.page.evaluate(FORGE, f"for (const data of {messages}) comm(data);")
    expect_nothing_happened(notebook, before)
    widget.choose("helpful", "No")
    widget.expect_saved()


def test_a_flood_is_braked_and_the_widget_works_on(ready):
    notebook, widget = ready
    before = kernel_state(notebook)
    notebook.page.evaluate(
        FORGE,
        "for (let n = 0; n < 1000; n++) custom({ v: 1, req: `flood-${n}`, op: 'ping' });",
    )
    expect_nothing_happened(notebook, before)
    widget.choose("helpful", "Yes")
    # The page waits until it may speak again.
    expect(widget.root.locator(".lw-saved")).to_have_text("✓ Saved", timeout=30_000)
    expect_labels(notebook, "session.to_df().helpful.tolist()[0]", True)


def test_a_message_of_twelve_million_characters_ends_its_own_socket_only(ready):
    notebook, widget = ready
    before = kernel_state(notebook)
    closed = notebook.page.evaluate(
        FORGE.replace("await done;", "await Promise.race([done, closed]);")
        .replace(
            "eval(code)",
            "const closed = new Promise((r) => { socket.onclose = (e) => r(e.code); }); eval(code)",
        )
        .replace("socket.close();", "return await closed;"),
        "custom({ v: 1, req: 'forged', op: 'save', events: ['x'.repeat(12_000_000)] })",
    )
    # Too large, or, where the server hangs up before it says so, broken off.
    assert closed in (1009, 1006)
    expect_nothing_happened(notebook, before)
    widget.choose("helpful", "Yes")
    widget.expect_saved()


def test_a_text_of_a_million_characters_is_refused_with_a_reason_and_kept(ready):
    notebook, widget = ready
    field = widget.field("comment")
    field.evaluate(
        """(field) => { field.focus(); field.value = "long ".repeat(200_000);
            field.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true })); }"""
    )
    expect(widget.question("comment")).to_contain_text("40", timeout=20_000)
    assert field.evaluate("field => field.value.length") == 1_000_000
    expect_labels(notebook, "len(session.assessments_df())", 0)
    widget.choose("helpful", "Yes")
    expect_labels(notebook, "session.to_df().helpful.tolist()[0]", True)


# The cells' own text must not hold what is looked for in the file.
MARK = 'mark = "-".join(["canary", "7d1f"])'
MARKED = session_cell('["helpful"]', traces=3).replace("Question number", "{mark} Question number")


def with_widget_state(notebook) -> str:
    """Save with "Save widget state automatically" on; the file's text."""
    switch = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    notebook.command(switch)
    try:
        notebook.save()
    finally:
        notebook.command(switch)
    return notebook.path.read_text("utf-8")


@pytest.mark.parametrize("snapshot", ["labels", "full"])
def test_a_saved_notebook_holds_trace_text_only_when_asked(open_notebook, snapshot):
    shown = WIDGET.replace('user="alice"', f'user="alice", snapshot="{snapshot}"')
    notebook = open_notebook(SCHEMAS, MARK, MARKED, shown)
    notebook.run_all()
    widget = Widget(notebook.page)
    expect(widget.root.locator(".lw-trace")).to_contain_text(CANARY)
    widget.choose("helpful", "Yes")
    widget.button("Done").click()
    widget.expect_done(1, 3)
    widget.expect_saved()
    notebook.run_cell(3)
    Widget(notebook.page)

    text = with_widget_state(notebook)
    assert "application/vnd.jupyter.widget-state+json" in text
    assert (CANARY in text) == (snapshot == "full")
    # In either case it is a readable table.
    html = nbformat.reads(text, as_version=4).cells[3].outputs[0].data["text/html"]
    assert "1 of 3 done" in html
    assert "<td" in html


def test_a_notebook_reopened_elsewhere_shows_the_snapshot(open_notebook, folder):
    notebook = open_notebook(SCHEMAS, session_cell('["helpful"]', traces=3), WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.choose("helpful", "No")
    widget.button("Done").click()
    widget.expect_done(1, 3)
    widget.expect_saved()
    notebook.run_cell(2)
    Widget(notebook.page)
    notebook.save()

    # As somebody else has it: another kernel, and not trusted.
    other = notebook.read()
    other.cells[0].source = "# not run here"
    nbformat.write(other, folder / "copy.ipynb")
    copy = open_notebook(name="copy.ipynb")
    output = copy.cell(2).locator(".jp-OutputArea-output")
    expect(output).to_contain_text("1 of 3 done")
    expect(output).to_contain_text("Run the cell to go on")
    expect(output.locator("td").nth(2)).to_have_text("No")

    exported, _ = nbconvert.HTMLExporter().from_notebook_node(other)
    assert "1 of 3 done" in exported
