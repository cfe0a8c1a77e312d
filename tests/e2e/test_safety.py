"""Hostile text in every place of the real widget on the real page: it does nothing and hides nothing.

The pane by itself is judged in `test_hostile_text.py`; here are JupyterLab around it, the form, the
header, and the way through readers, store and kernel.
"""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labelwidget.model import AssessmentSource, Feedback, Trace
from labelwidget.writers.mlflow_json import trace_to_mlflow
from tests.builders import a_trace, calls, result, says, user
from tests.e2e.guards import OURS, Guards, clobberable
from tests.e2e.widget import Widget

TURNS = 47
"""Payloads of one long trace and its questions."""

SETUP = """
import json, pathlib
import labelwidget as lw
lw.connect("labels.db")
given = json.loads(pathlib.Path("given.json").read_text())

def session_of(name, questions, traces, user):
    session = lw.create_labeling_session(name, label_schemas=questions)
    session.add_traces(traces)
    assert not session.last_import.refused, session.last_import
    return lw.ReviewWidget(session, user=user, height=600)
"""

EACH = """
lw.create_label_schema("judged", type="feedback", input=lw.InputPassFail(), overwrite=True)
widget = session_of(given["names"][0], ["judged"], given["each"], given["reviewers"][0])
widget
"""

BATCH = """
widget.close()
questions = [
    lw.create_label_schema(
        f"q{n}", type="feedback", title=text[:500], instruction=text,
        input=lw.InputCategorical([text[:200], "other"], descriptions={text[:200]: text}),
        enable_comment=True, overwrite=True,
    )
    for n, text in enumerate(given["batches"][batch]) if text.strip()
]
widget = session_of(
    given["names"][batch + 1], questions, [given["long"][batch]], given["reviewers"][batch + 1]
)
widget
"""

# Waits for frames, never for a time; `draw` ends when the trace `number` is the one on the page.
PAGE = (
    OURS
    + """
() => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const root = () => {
    const hosts = [...document.querySelectorAll(".jp-OutputArea-output *")];
    return hosts.map((host) => host.shadowRoot?.querySelector(".lw")).findLast(Boolean);
  };
  const until = async (test) => {
    for (let n = 0; n < 1200; n++) { if (test()) return; await frame(); }
    throw new Error("it did not come: " + test);
  };
  const ELEMENTS = new Set(["fieldset", "form", "textarea", "kbd", "i", "input", "label"]);
  const BAD = /^(on.*|src|srcset|srcdoc|action|formaction|poster|background|ping|xlink:.*|data-(commandlinker|jp|mime).*)$/;

  const judge = (payload, part) => {
    const place = root().querySelector(part);
    const text = place.textContent;
    const found = detect.findInvisible(text);
    const hidden = detect.firstHidden(payload, text);
    if (hidden) found.push("hidden " + hidden);
    if (part === ".lw-trace") found.push(...detect.findUnsafe(place, payload));
    for (const element of root().querySelectorAll("*"))
      for (const { name } of element.attributes)
        if (BAD.test(name)) found.push(`attribute ${element.localName}[${name}]`);
    // No text lies over what the reviewer presses.
    const done = [...root().querySelectorAll(".lw-foot button")].at(-1);
    done.scrollIntoView({ block: "nearest" });
    const box = done.getBoundingClientRect();
    const hit = root().getRootNode().elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (!done.contains(hit)) found.push("something lies over " + done.textContent);
    return found;
  };
  // A title is the beginning of the text on one line.
  const oneLine = (text) => text.slice(0, 80).replaceAll("\\x85", " ");
  // Points at everything, presses it where that is not meant to lead away, gives it the focus.
  const poke = (part) => {
    for (const element of root().querySelectorAll(part + " *")) {
      for (const type of ["pointerover", "mouseover", "mouseenter", "mousemove"])
        element.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true }));
      if (element.matches("a, [tabindex], input, textarea")) element.focus({ preventScroll: true });
      if (!element.closest("a, button, [role=treeitem], label, input")) element.click();
    }
  };
  const unfold = (part) => {
    for (const button of root().querySelectorAll(part + " button[aria-expanded=false]")) button.click();
    for (const details of root().querySelectorAll(part + " details")) details.open = true;
  };
  const asWritten = (part) => {
    for (const button of root().querySelectorAll(part + " button[title='Show as written']")) button.click();
  };
  const shows = (number) =>
    root()?.querySelector(".lw-strip")?.getAttribute("aria-label")?.includes(`Trace ${number} is shown`)
      && root().querySelector(".lw-trace-head");
  const key = (name) =>
    root().dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true }));

  window.drive = {
    // Each trace in turn: head and conversation, formatted and as written, and what the judge said.
    async walk(payloads) {
      const faults = [];
      for (const [at, payload] of payloads.entries()) {
        await until(() => shows(at + 1));
        unfold(".lw-trace");
        await frame();
        poke(".lw-trace");
        asWritten(".lw-trace");
        await frame();
        for (const part of [".lw-trace", ".lw-trace-title", ".lw-judge"]) {
          const said = payload.trim() || part === ".lw-trace" ? judge(part === ".lw-trace-title" ? oneLine(payload) : payload, part) : [];
          faults.push(...said.map((fault) => `${JSON.stringify(payload.slice(0, 60))} in ${part}: ${fault}`));
        }
        poke(".lw-trace");
        key("j");
      }
      return faults;
    },
    // Every tab of a long trace, and the form.
    async look(payloads, tabs) {
      const faults = [];
      await until(() => shows(1));
      asWritten(".lw-form");
      await frame();
      for (const payload of payloads)
        faults.push(...judge(payload, ".lw-form").map((fault) => `form: ${JSON.stringify(payload.slice(0, 60))} ${fault}`));
      poke(".lw-form");
      for (const label of root().querySelectorAll(".lw-form label")) label.click();
      for (const tab of tabs) {
        [...root().querySelectorAll(".lw-trace [role=tab]")].find((one) => one.textContent.startsWith(tab)).click();
        await until(() => root().querySelector(".lw-trace-panel").textContent.length > 500);
        for (let n = 0; n < 10; n++) await frame();
        unfold(".lw-trace");
        await frame();
        poke(".lw-trace");
        const rows = [...root().querySelectorAll("[role=treeitem]")];
        // One kind of span a payload, another for the next: all have been seen one by one.
        for (const row of rows.filter((_, at) => at % 5 === 1)) {
          row.click();
          await until(() => root().querySelector(".lw-span-detail [role=status]") === null);
          poke(".lw-span-detail");
        }
        faults.push(...detect.findUnsafe(root().querySelector(".lw-trace"), "").map((fault) => `${tab}: ${fault}`));
        faults.push(...detect.findInvisible(root().textContent).map((fault) => `${tab}: ${fault}`));
      }
      return faults;
    },
  };
}"""
)


def as_shown(payload: str) -> str:
    """Half of a character has no drawing: its escape stands for it."""
    return re.sub(r"[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", payload)


def packed(payloads: list[str], limit: int) -> str:
    """As many of the payloads as a name has room for."""
    text = ""
    for payload in payloads:
        if len(text) + len(payload) + 3 <= limit:
            text += f"{payload} | "
    return text


def trace_of(payload: str, number: int) -> Trace:
    """One trace with the payload in every place that a trace has."""
    document = {"page_content": payload, "metadata": {"doc_uri": payload, payload: payload}}
    built = (
        a_trace()
        .asked(payload)
        .with_retriever(payload, [document])
        .with_llm(
            [user(payload), calls(payload, argument=payload), result(payload)],
            says(payload),
            name=payload,
        )
        .with_tool(payload, {payload: payload}, payload, error=f"Error: {payload}")
        .answered(payload)
        .build()
    )
    judged = Feedback(
        "judged", False, rationale=payload, source=AssessmentSource("LLM_JUDGE", payload or "judge")
    )
    return built.model_copy(
        update={"trace_id": f"tr-{number}", "name": payload, "assessments": (judged,)}
    )


def trace_of_all(payloads: list[str], number: int) -> Trace:
    """One long trace with a turn and spans for each payload."""
    trace = a_trace().asked("All of them.")
    for payload in payloads:
        document = {"page_content": payload, "metadata": {"doc_uri": payload}}
        trace = (
            trace.within(payload, "AGENT")
            .with_retriever(payload, [document])
            .with_tool(payload, {payload: payload}, {"said": payload})
            .with_llm([user(payload)], says(payload), name=payload)
            .up()
        )
    return trace.build().model_copy(update={"trace_id": f"tr-long-{number}", "name": payloads[0]})


@pytest.fixture
def payloads(samples: Path) -> list[str]:
    """The payloads that were made for this project."""
    lines = (samples / "hostile" / "payloads.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row["payload"] for row in rows if row["source"].startswith("own")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_text_does_anything_or_is_hidden(open_notebook, folder, payloads, console):
    batches = [payloads[start : start + TURNS] for start in range(0, len(payloads), TURNS)]
    given = {
        "each": [
            json.dumps(trace_to_mlflow(trace_of(*pair)))
            for pair in zip(payloads, count(), strict=False)
        ],
        "long": [
            json.dumps(trace_to_mlflow(trace_of_all(batch, n))) for n, batch in enumerate(batches)
        ],
        "batches": batches,
        "names": [packed(batch, 250) for batch in (payloads[::-1], *batches)],
        "reviewers": [packed(batch, 200) for batch in (payloads[::-1], *batches)],
    }
    (folder / "given.json").write_text(json.dumps(given))
    notebook = open_notebook(SETUP, EACH, BATCH)
    notebook.run_cell(0)
    notebook.run_cell(1)
    assert notebook.errors() == []
    Widget(notebook.page)
    guards = Guards(notebook, clobberable(payloads))
    guards.start()
    notebook.page.evaluate(PAGE)
    guards.forget()

    nothing = {name: [] for name in guards.found()}
    faults = notebook.page.evaluate(
        OURS + "(texts) => drive.walk(texts)", list(map(as_shown, payloads))
    )
    assert faults == [], "\n".join(faults[:20])
    assert guards.found() == nothing

    for number, batch in enumerate(batches):
        notebook.execute(f"batch = {number}")
        notebook.run_cell(2)
        assert notebook.errors() == []
        Widget(notebook.page)
        guards.forget()
        faults = notebook.page.evaluate(
            OURS + "([texts, tabs]) => drive.look(texts, tabs)",
            [
                [as_shown(text) for text in batch if text.strip()],
                ["Spans", "Inputs", "Raw", "Conversation"],
            ],
        )
        assert faults == [], "\n".join(faults[:20])
        assert guards.found() == nothing


UNSAFE = """
import anywidget, traitlets

class Unsafe(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      model.on("change:text", () => { el["inner" + "HTML"] = model.get("text"); });
    } };
    '''
    text = traitlets.Unicode().tag(sync=True)

widget = Unsafe()
widget
"""

PLANTED = """<b class=planted>bold</b>
<img src="https://exfil.example/x.png" onerror="alert(1)">
<form id=__labelwidget></form><iframe src="https://exfil.example/frame"></iframe>
<button data-commandlinker-command="application:toggle-left-area">press</button> \u202e"""


def test_each_guard_can_find_something(open_notebook, console):
    notebook = open_notebook(UNSAFE)
    console(notebook.page).expect(r"net::ERR_FAILED .*exfil\.example")
    notebook.run_all()
    guards = Guards(notebook, clobberable([PLANTED]))
    guards.start()
    assert not any(guards.found().values())

    notebook.execute(f"widget.text = {PLANTED!r}")
    planted = notebook.page.locator(".jp-OutputArea-output:has(> .planted, .planted)").last
    expect(planted).to_contain_text("bold")
    planted.get_by_role("button", name="press").click()
    notebook.page.wait_for_function("() => guards.calls.length && guards.commands.length")

    found = guards.found()
    assert [name for name, seen in found.items() if not seen] == []
    assert any("alert(1)" in source for source in found["scripts"])
    assert "GET https://exfil.example/x.png" in found["requests"]
    assert found["commands"] == ["application:toggle-left-area"]
    assert found["clobbered"] == ["__labelwidget"]
    faults = planted.evaluate(
        """(element, text) => [...detect.findUnsafe(element, text),
            ...detect.findInvisible(element.textContent), detect.firstHidden(text, element.textContent)]""",
        PLANTED,
    )
    assert {"element img", "attribute img[onerror]", "element iframe", "U+202e"} <= set(faults)
    assert faults[-1] == "U+003C"
