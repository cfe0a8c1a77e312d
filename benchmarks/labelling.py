"""From a key to the next trace painted, and to "Saved", in a real JupyterLab; beside the bare round trip of a comm on the same page.

    python benchmarks/labelling.py

Bars: next trace painted within 50 ms at the median and 100 ms at the 95th percentile; "Saved" within 1.3 times the bare round trip plus
what the store needs for a durable save. A key is pressed as soon as the next trace stands there, or, for "Saved", once it says so.
"""

from __future__ import annotations

import json
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect  # noqa: E402

from tests.e2e.browser import start_browser  # noqa: E402
from tests.e2e.jupyter import start_server  # noqa: E402
from tests.e2e.notebook import OpenNotebook, write_notebook  # noqa: E402
from tests.e2e.painted import WATCH, Spent  # noqa: E402
from tests.e2e.widget import Widget  # noqa: E402

TRACES = 100
MEDIAN_MS, LATE_MS = 50.0, 100.0

SETUP = f"""
import json, time, itertools
import labelwidget as lw
store = lw.connect("labels.db")
lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
lines = [json.loads(line) for line in open({str(ROOT / "notebooks/data/quickstart.jsonl")!r})]
agents = []
for number, line in zip(range({TRACES}), itertools.cycle(lines)):
    agents.append(json.loads(json.dumps(line).replace(line["info"]["trace_id"], f"tr-{{number}}")))
short = [{{"inputs": f"Question number {{n}}?", "outputs": f"Answer **number** {{n}}."}} for n in range({TRACES})]

def echo(comm, message):
    comm.on_msg(lambda message: comm.send(message["content"]["data"]))
get_ipython().kernel.comm_manager.register_target("echo", echo)
"""

# What the kernel spends on a save without any page: the same calls, durable in the same file.
BARE_SAVE = """
review = lw.Review(store, session.labeling_session_id, "measured")
spent = []
for index in range(50):
    item_id = review.open(index).item.item_id
    begin = time.perf_counter()
    review.answer(item_id, "ok", True)
    spent.append((time.perf_counter() - begin) * 1000)
print(json.dumps(spent))
"""

ROUND_TRIPS = """async (count) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const comm = kernel.createComm("echo");
  comm.open({});
  let settle = null;
  comm.onMsg = () => settle();
  const spent = [];
  for (let number = 0; number < count; number++) {
    const begin = performance.now();
    await new Promise((resolve) => { settle = resolve; comm.send({ number }); });
    spent.push(performance.now() - begin);
  }
  comm.close();
  return spent;
}"""


def widget_cell(traces: str) -> str:
    return textwrap.dedent(f"""
        session = lw.create_labeling_session("{traces}", label_schemas=["ok"]).add_traces({traces})
        lw.ReviewWidget(session, user="alice")
    """)


def label_all(widget: Widget) -> tuple[Spent, Spent]:
    """One key a trace; the first half in a row, the second waiting for "Saved" each time."""
    page = widget.page
    page.evaluate(WATCH)
    widget.focus()
    progress = widget.root.locator(".lw-progress")
    for number in range(1, TRACES // 2):
        widget.press("1" if number % 3 else "2")
        page.wait_for_function("count => window.lwMarks.keys.length >= count", arg=number)
    expect(widget.root.locator(".lw-saved")).to_have_text("✓ Saved")
    page.evaluate("() => { window.lwMarks.saved = []; }")
    for number in range(1, TRACES // 2):
        widget.press("1")
        page.wait_for_function("count => window.lwMarks.saved.length >= count", arg=number)
    expect(progress).to_contain_text(f"{TRACES - 2} of {TRACES}")
    marks = page.evaluate("() => window.lwMarks")
    return Spent.of(marks["keys"]), Spent.of(marks["saved"])


def measure(page: Page, notebook: OpenNotebook, traces: str) -> bool:
    """Print one kind of trace; whether its bars hold."""
    painted, saved = label_all(Widget(page))
    bare = Spent.of(page.evaluate(ROUND_TRIPS, 100))
    store = Spent.of(json.loads(notebook.execute(BARE_SAVE)))
    print(f"{traces}, {TRACES} of them, one key each")
    print(f"  key → next trace painted     {painted}")
    print(f"  key → “Saved” painted        {saved}")
    print(f"  bare round trip of a comm    {bare}")
    print(f"  a durable save in the kernel {store}")
    ratio = saved.median / (bare.median + store.median)
    print(f"  “Saved” is {ratio:.1f} × the round trip and the save together")
    return painted.median < MEDIAN_MS and painted.late < LATE_MS


def main() -> int:
    """Print the times; 1 when a bar is missed."""
    held = True
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("lab", Path(folder)) as server,
        start_browser() as browser,
    ):
        for traces in ("short", "agents"):
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            name = f"{traces}/notebook.ipynb"
            (server.root / traces).mkdir()
            write_notebook(server.root / name, SETUP, widget_cell(traces))
            notebook = OpenNotebook(page, server, name)
            notebook.open()
            notebook.run_all()
            held = measure(page, notebook, traces) and held
            page.close()
        server.stop_kernels()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
