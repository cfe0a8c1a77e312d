"""What labelling into MLflow costs the reviewer: from the key to "Saved" in the widget, and the save alone in the kernel.

    python benchmarks/mlflow_saving.py [traces]

Two widgets in one notebook of a real JupyterLab, one on an MLflow server and one on a store of our own, are answered in
turns, with the pause of somebody who reads the next trace. The goal is a ratio of at most 1.3.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.browser import start_browser
from tests.e2e.jupyter import start_server
from tests.e2e.notebook import OpenNotebook, write_notebook
from tests.e2e.widget import Widget
from tests.mlflow.servers import MlflowServer

TRACES = 40
WARM_UP = 5
READING_MS = 400
GOAL = 1.3

SET_UP = """
import logging, time
import mlflow, labelwidget as lw, labelwidget.mlflow
logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.set_tracking_uri({uri!r})
_ = mlflow.set_experiment("saving")
stores = [labelwidget.mlflow.connect(), lw.connect("own.db")]
sessions = []
for store in stores:
    labelwidget.mlflow.use_store(store)
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
    session = lw.create_labeling_session("saving", label_schemas=["ok"])
    sessions.append(session.add_traces(
        {{"inputs": f"Question number {{n}}?", "outputs": "An answer. " * 40}} for n in range({traces})
    ))
"""
SHOW = 'lw.ReviewWidget(sessions[{number}], user="alice", height=360)'
KERNEL = """
import statistics
reviews = [lw.Review(one.store, one.labeling_session_id, "bob") for one in sessions]
ids = [list(one.to_df().index) for one in sessions]
spent = [[], []]
for number in range({traces}):
    for one in ([0, 1] if number % 2 else [1, 0]):  # the first one finds cold caches
        start = time.perf_counter()
        reviews[one].answer(ids[one][number], "ok", bool(number % 3))
        spent[one].append(1000 * (time.perf_counter() - start))
    assert stores[0].flush(60) == 0
    time.sleep(0.05)
print(*(statistics.median(one[{warm_up}:]) for one in spent))
"""
# Resolves with the milliseconds from the key to the frame that shows "Saved" again.
WATCH = """
(nth) => {
  const roots = [...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter((one) => one?.querySelector(".lw"));
  const root = roots[nth];
  let pressed = null;
  const onKey = () => { pressed = performance.now(); };
  window.addEventListener("keydown", onKey, { capture: true, once: true });
  window.lwSaved = new Promise((resolve) => {
    let began = false;
    const observer = new MutationObserver(() => {
      const text = root.querySelector(".lw-saved")?.textContent;
      if (text !== "✓ Saved") { began = true; return; }
      if (!began) return;
      observer.disconnect();
      resolve(performance.now() - pressed);
    });
    observer.observe(root, { childList: true, subtree: true, characterData: true });
  });
}
"""


def key_to_saved(page: Page, widgets: list[Widget], traces: int) -> list[list[float]]:
    """Milliseconds for each key in each widget."""
    spent: list[list[float]] = [[], []]
    for number in range(traces):
        for one in [0, 1] if number % 2 else [1, 0]:
            widgets[one].focus()
            widgets[one].expect_trace(number)
            page.wait_for_timeout(READING_MS)
            page.evaluate(WATCH, one)
            widgets[one].press("1" if number % 3 else "2")
            spent[one].append(page.evaluate("window.lwSaved"))
    return spent


def report(what: str, mlflow: float, own: float) -> bool:
    ratio = mlflow / own
    missed = "" if ratio <= GOAL else f"   MISSED: at most {GOAL}"
    print(f"{what}: MLflow {mlflow:.1f} ms, own store {own:.1f} ms, ratio {ratio:.2f}{missed}")
    return ratio <= GOAL


def main() -> int:
    traces = int(sys.argv[1]) if len(sys.argv) > 1 else TRACES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "lab").mkdir()
        server = MlflowServer(folder / "server")
        server.start()
        try:
            with start_server("lab", folder / "lab") as lab, start_browser() as browser:
                cells = [
                    SET_UP.format(uri=server.url, traces=traces),
                    SHOW.format(number=0),
                    SHOW.format(number=1),
                ]
                write_notebook(lab.root / "saving.ipynb", *cells)
                page = browser.new_context(viewport={"width": 1400, "height": 1400}).new_page()
                notebook = OpenNotebook(page, lab, "saving.ipynb")
                notebook.open()
                notebook.run_all()
                spent = key_to_saved(page, [Widget(page, 0), Widget(page, 1)], traces)
                shown = [statistics.median(one[WARM_UP:]) for one in spent]
                saved = notebook.execute(KERNEL.format(traces=traces, warm_up=WARM_UP), timeout=300)
        finally:
            server.stop()
    met = report("key to “Saved” in the widget", *shown)
    met &= report("saving one answer in the kernel", *map(float, saved.split()))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
