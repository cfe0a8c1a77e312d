"""A notebook open on a page, as a person has it before them.

Every wait is for what a person would wait for (a cell that has run, a kernel that is idle), never
for a timer.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

from tests.e2e.jupyter import JupyterServer

PAGE_SECONDS = 90

# The notebook before the user, in a JavaScript function body.
PANEL = "const panel = window.jupyterapp.shell.currentWidget; "


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells; a cell that begins with `%%md` is Markdown."""
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
    )
    notebook.cells = [
        nbformat.v4.new_markdown_cell(cell.removeprefix("%%md").strip())
        if cell.startswith("%%md")
        else nbformat.v4.new_code_cell(cell)
        for cell in cells
    ]
    nbformat.write(notebook, path)


class OpenNotebook:
    """One notebook on one page. `name` is its path from the server's root."""

    def __init__(self, page: Page, server: JupyterServer, name: str) -> None:
        self.page = page
        self.server = server
        self.name = name

    @property
    def path(self) -> Path:
        return self.server.root / self.name

    def open(self) -> None:
        """Open the page, also again after a reload or on another page; waits for an idle kernel."""
        self.page.goto(self.server.page_url(self.name), timeout=PAGE_SECONDS * 1000)
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=PAGE_SECONDS * 1000)
        self.wait_for_idle_kernel()

    def reload(self) -> None:
        """Reload the page as the browser's own button does."""
        self.page.reload(timeout=PAGE_SECONDS * 1000)
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=PAGE_SECONDS * 1000)
        self.wait_for_idle_kernel()

    def wait_for_idle_kernel(self) -> None:
        self.page.wait_for_function(
            "() => { const panel = window.jupyterapp?.shell.currentWidget; "
            "const kernel = panel?.sessionContext?.session?.kernel; "
            "return kernel?.connectionStatus === 'connected' && kernel.status === 'idle'; }",
            timeout=PAGE_SECONDS * 1000,
        )

    # --- Cells ---

    def run_all(self, *, allow_errors: bool = False) -> None:
        """Run every cell and wait for the last; fails with the first error that a cell shows."""
        self.command("notebook:run-all-cells")
        self.wait_for_idle_kernel()
        if not allow_errors:
            errors = self.errors()
            assert not errors, errors[0]

    def run_cell(self, index: int, *, wait: bool = True) -> None:
        """Run one cell. With `wait=False` it returns while the cell still runs."""
        self.page.evaluate(
            "(index) => { " + PANEL + "panel.content.deselectAll(); "
            "panel.content.activeCellIndex = index; }",
            index,
        )
        if wait:
            self.command("notebook:run-cell")
            self.wait_for_idle_kernel()
        else:
            self.page.evaluate(
                "() => { void window.jupyterapp.commands.execute('notebook:run-cell'); }"
            )

    def cell(self, index: int) -> Locator:
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    def cell_count(self) -> int:
        return self.page.evaluate("() => { " + PANEL + "return panel.content.widgets.length; }")

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of a cell as the notebook format has them."""
        return self.page.evaluate(
            "(index) => { "
            + PANEL
            + "return panel.content.widgets[index].model.outputs?.toJSON() ?? []; }",
            index,
        )

    def errors(self) -> list[str]:
        """Tracebacks and what cells wrote to stderr, in order."""
        found: list[str] = []
        for index in range(self.cell_count()):
            for output in self.outputs(index):
                if output["output_type"] == "error":
                    found.append("\n".join(output["traceback"]))
                elif output["output_type"] == "stream" and output["name"] == "stderr":
                    text = output["text"]
                    found.append(text if isinstance(text, str) else "".join(text))
        return found

    # --- Kernel ---

    def execute(self, code: str, timeout: float = 60) -> str:
        """Run code in the notebook's kernel from outside the page; returns what it printed."""
        return self.server.execute(self.server.kernel_id(self.name), code, timeout)

    def restart_kernel(self) -> None:
        """Restart as the menu does, without its question; waits for the new kernel."""
        self.page.evaluate(
            "() => { " + PANEL + "return panel.sessionContext.session.kernel.restart(); }"
        )
        self.wait_for_idle_kernel()

    def interrupt_kernel(self) -> None:
        """What the stop button does."""
        self.page.evaluate(
            "() => { " + PANEL + "return panel.sessionContext.session.kernel.interrupt(); }"
        )

    def kill_kernel(self) -> None:
        """`kill -9`. Jupyter starts a new kernel by itself; see `wait_for_revived_kernel`."""
        os.kill(int(self.execute("import os; print(os.getpid())")), signal.SIGKILL)

    def wait_for_revived_kernel(self) -> None:
        """After `kill_kernel`: confirm Jupyter's notice and wait for the kernel it started."""
        dialog = self.page.locator(".jp-Dialog")
        dialog.wait_for(timeout=PAGE_SECONDS * 1000)
        dialog.get_by_role("button").last.click()
        dialog.wait_for(state="detached")
        self.wait_for_idle_kernel()

    def kernel_status(self) -> str:
        return self.page.evaluate(
            "() => { " + PANEL + "return panel.sessionContext.session?.kernel?.status ?? 'none'; }"
        )

    # --- Page and file ---

    def command(self, identifier: str, arguments: dict[str, Any] | None = None) -> None:
        """Run a command of JupyterLab and wait for its end."""
        self.page.evaluate(
            "([id, args]) => window.jupyterapp.commands.execute(id, args).then(() => null)",
            [identifier, arguments or {}],
        )

    def save(self) -> None:
        self.command("docmanager:save")
        self.page.wait_for_function("() => { " + PANEL + "return !panel.context.model.dirty; }")

    def read(self) -> nbformat.NotebookNode:
        """The notebook as it is on disk; see `save`."""
        return nbformat.read(self.path, as_version=4)

    def screenshot(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)
        return path
