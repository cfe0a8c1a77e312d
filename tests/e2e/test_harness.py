"""The harness itself: what the other tests stand on must hold, and must be able to fail."""

from __future__ import annotations

import pytest

from tests.e2e.axe import accessibility_faults
from tests.e2e.server_log import KERNEL_DIED
from tests.e2e.timeline import recorded

COUNTER = """
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      const button = document.createElement("button");
      const draw = () => { button.textContent = `count ${model.get("count")}`; };
      button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
      model.on("change:count", draw);
      draw();
      el.append(button);
    } };
    '''
    count = traitlets.Int(0).tag(sync=True)
"""


def test_a_click_reaches_the_kernel_and_a_restart_forgets_it(open_notebook):
    notebook = open_notebook(COUNTER, "counter = Counter()\ncounter")
    notebook.run_all()
    notebook.page.get_by_role("button", name="count 0").click()
    notebook.page.get_by_role("button", name="count 1").wait_for()
    assert notebook.execute("counter.count") == "1"

    notebook.restart_kernel()
    with pytest.raises(RuntimeError, match="NameError"):
        notebook.execute("counter")
    notebook.run_all()
    notebook.page.get_by_role("button", name="count 0").wait_for()

    notebook.save()
    assert [cell.execution_count for cell in notebook.read().cells] == [1, 2]


def test_a_killed_kernel_comes_back(open_notebook, server_log):
    server_log.expect(KERNEL_DIED)
    notebook = open_notebook("before = 1")
    notebook.run_all()
    notebook.kill_kernel()
    notebook.wait_for_revived_kernel()
    assert notebook.execute("'before' in globals()") == "False"


def test_the_stop_button_interrupts_a_cell(open_notebook):
    notebook = open_notebook("print('started', flush=True)\nimport time\ntime.sleep(600)")
    notebook.run_cell(0, wait=False)
    notebook.cell(0).get_by_text("started", exact=True).wait_for()
    notebook.interrupt_kernel()
    notebook.wait_for_idle_kernel()
    assert "KeyboardInterrupt" in notebook.errors()[0]


def test_messages_of_pages_and_kernels_are_noticed(open_notebook, console, server_log):
    notebook = open_notebook("import os\n_ = os.write(2, b'kernel noise\\n')")
    notebook.run_all()
    notebook.page.evaluate("console.error('page noise'); console.warn('page warning')")
    assert [message.split(" (")[0] for message in console(notebook.page).unexpected()] == [
        "error: page noise",
        "warning: page warning",
    ]
    assert server_log.noise() == ["kernel noise"]
    console(notebook.page).expect("page (noise|warning)")
    server_log.expect("kernel noise")


def test_notebook_7_opens_the_same_way(open_notebook, notebook7):
    notebook = open_notebook(COUNTER, "counter = Counter()\ncounter", server=notebook7)
    notebook.run_all()
    notebook.page.get_by_role("button", name="count 0").click()
    notebook.page.get_by_role("button", name="count 1").wait_for()
    assert notebook.execute("counter.count") == "1"


def test_accessibility_faults_are_found(open_notebook):
    notebook = open_notebook(COUNTER, "counter = Counter()\ncounter")
    notebook.run_all()
    button = notebook.page.get_by_role("button", name="count 0")
    button.wait_for()
    output = '.jp-Cell[data-windowed-list-index="1"] .jp-OutputArea'
    assert accessibility_faults(notebook.page, output) == []
    button.evaluate("button => { button.textContent = ''; }")
    assert "button-name" in accessibility_faults(notebook.page, output)[0]


def test_the_timeline_finds_a_page_that_is_busy_too_long(page):
    page.set_content("<button onclick='for (let n = 0; n < 1e9; n += 1);'>Count</button>")
    with recorded(page) as idle:
        page.locator("button").hover()
    with recorded(page) as busy:
        page.locator("button").click()
    assert idle.long() == []
    assert len(busy.long()) == 1
