"""The same widget in the other hosts: Notebook 7, Voila and marimo, each the real thing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.hosts import serve
from tests.e2e.notebook import write_notebook
from tests.e2e.widget import SCHEMAS, WIDGET, Widget, expect_labels, session_cell

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "labelwidget" / "widget" / "static"
ESBUILD = ROOT / "js" / "node_modules" / ".bin" / "esbuild"

SESSION = session_cell('["helpful", "score"]', traces=6)


def label_three(widget: Widget) -> None:
    """One by mouse, two by key."""
    widget.expect_trace(0)
    widget.choose("helpful", "No")
    widget.choose("score", "5")
    widget.button("Done").click()
    widget.focus()
    for number in (1, 2):
        widget.expect_trace(number)
        widget.press("1", "ArrowDown", str(number), "Enter")
    widget.expect_done(3, 6)
    expect(widget.root.locator(".lw-saved")).to_have_text("✓ Saved", timeout=20_000)


def stored(folder: Path) -> tuple[int, str]:
    """How many events the store holds, and whether it is sound."""
    with sqlite3.connect(folder / "labels.db") as store:
        (count,) = store.execute("SELECT count(*) FROM events").fetchone()
        (sound,) = store.execute("PRAGMA integrity_check").fetchone()
    return count, sound


def scheme(page: Page) -> str:
    return page.locator(".lw").evaluate("element => getComputedStyle(element).colorScheme")


# --- Every host, and those that cannot be run here (VS Code, Colab) ---


def test_the_bundles_import_nothing_by_name_or_from_an_address(tmp_path):
    for bundle in sorted(STATIC.glob("*.js")):
        meta = tmp_path / f"{bundle.stem}.json"
        subprocess.run(
            [
                str(ESBUILD), str(bundle), "--bundle", "--format=esm", "--packages=external",
                f"--metafile={meta}", f"--outfile={tmp_path / bundle.name}", "--log-level=error",
            ],
            check=True,
        )  # fmt: skip
        (output,) = json.loads(meta.read_text())["outputs"].values()
        assert output["imports"] == []
    assert {bundle.stem for bundle in STATIC.glob("*.js")} >= {"widget"}


# --- JupyterLab ---


def test_the_theme_of_jupyterlab_is_followed_while_the_widget_is_shown(open_notebook, console):
    notebook = open_notebook(SCHEMAS, SESSION, WIDGET)
    # JupyterLab, when it changes its theme twice within a moment.
    console(notebook.page).expect(r"'removeChild' on 'Node'[^\n]*\n\s+at \S+/jlab_core\.")
    notebook.run_all()
    widget = Widget(notebook.page)
    background = "element => getComputedStyle(element).backgroundColor"
    light = widget.root.evaluate(background)
    notebook.command("apputils:change-theme", {"theme": "JupyterLab Dark"})
    try:
        expect(widget.root).to_have_css("color-scheme", "dark")
        expect(widget.root).not_to_have_css("background-color", light)
    finally:
        notebook.command("apputils:change-theme", {"theme": "JupyterLab Light"})
    expect(widget.root).to_have_css("color-scheme", "light")
    expect(widget.root).to_have_css("background-color", light)


# --- Notebook 7 ---


def test_notebook_7_labels_and_goes_on_after_a_reload(open_notebook, notebook7):
    notebook = open_notebook(SCHEMAS, SESSION, WIDGET, server=notebook7)
    notebook.run_all()
    label_three(Widget(notebook.page))
    expect_labels(notebook, "session.to_df().score[:3].tolist()", [5, 1, 2])
    expect_labels(notebook, "session.to_df().helpful[:3].tolist()", [False, True, True])
    notebook.save()

    notebook.reload()
    widget = Widget(notebook.page)
    widget.expect_trace(3)
    widget.expect_done(3, 6)


def test_no_key_in_the_widget_reaches_notebook_7(open_notebook, notebook7):
    notebook = open_notebook(SCHEMAS, SESSION, WIDGET, "1 + 1", server=notebook7)
    notebook.run_all()
    widget = Widget(notebook.page)
    widget.focus()
    page = notebook.page
    page.evaluate(
        "() => { window.ran = []; window.jupyterapp.commands.commandExecuted.connect("
        "(_, { id }) => window.ran.push(id)); }"
    )
    kernel = notebook.execute("import os; os.getpid()")
    keys = "d d x a b m y z 0 0 1 j k ArrowUp ArrowDown Enter Shift+Enter Space"
    for place in (widget.root, widget.question("helpful").get_by_role("radio").first):
        for key in keys.split():
            place.focus()
            page.keyboard.press(key)
    assert page.evaluate("() => window.ran") == []
    assert notebook.cell_count() == 4
    assert notebook.execute("import os; os.getpid()") == kernel


# --- Voila ---


@pytest.mark.slow
def test_voila_labels_and_a_new_visit_goes_on(tmp_path, page, console):
    # Voila is of an older JupyterLab than the extensions beside it, and says so.
    console(page).expect(
        r"shared (?:singleton )?module|Failed to create module|Failed to load resource"
    )
    write_notebook(tmp_path / "label.ipynb", SCHEMAS, SESSION, WIDGET)
    with serve(
        tmp_path, "voila", "label.ipynb", "--no-browser", "--port={port}", "--Voila.ip=127.0.0.1",
        "--VoilaConfiguration.theme=dark", ready="/static/",
    ) as url:  # fmt: skip
        page.goto(url, timeout=90_000)
        expect(page.locator(".lw")).to_be_visible(timeout=60_000)
        assert scheme(page) == "dark"
        label_three(Widget(page))
        assert stored(tmp_path) == (9, "ok")
        page.reload(timeout=90_000)
        expect(page.locator(".lw")).to_be_visible(timeout=60_000)
        widget = Widget(page)
        widget.expect_trace(3)
        widget.expect_done(3, 6)
        page.close()


# --- marimo ---

MARIMO = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
{schemas}
{session}
    widget = mo.ui.anywidget(lw.ReviewWidget(session, user="alice"))
    return mo, session, widget


@app.cell
def _(widget):
    widget
    return


@app.cell
def _(mo, session, widget):
    done, at = widget.value["progress"]["completed"], widget.value["index"]
    mo.md(f"{{done}} done, at {{at}}: {{session.to_df().score.fillna(0).tolist()}}")
    return


if __name__ == "__main__":
    app.run()
"""


def indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.strip().splitlines())


@pytest.mark.slow
def test_marimo_labels_and_a_new_visit_goes_on(tmp_path, page, console):
    console(page).expect(r"/assets/|Failed to load resource|marimo")
    source = MARIMO.format(schemas=indented(SCHEMAS), session=indented(SESSION))
    (tmp_path / "label.py").write_text(source, "utf-8")
    with serve(
        tmp_path, "marimo", "run", "--headless", "--no-token", "--host=127.0.0.1", "--port={port}",
        "label.py", ready="/health",
    ) as url:  # fmt: skip
        page.goto(url, timeout=90_000)
        expect(page.locator(".lw")).to_be_visible(timeout=60_000)
        widget = Widget(page)
        label_three(widget)
        # A cell of marimo's own that uses the widget's value has run again.
        expect(page.get_by_text("3 done, at 3: [5, 1, 2, 0, 0, 0]")).to_be_visible()
        widget.press("k")
        expect(page.get_by_text("3 done, at 2:")).to_be_visible()
        widget.choose("score", "4")
        expect(page.get_by_text("3 done, at 2: [5, 1, 4, 0, 0, 0]")).to_be_visible()
        widget.expect_trace(2)
        assert stored(tmp_path) == (10, "ok")
        page.reload(timeout=90_000)
        expect(page.locator(".lw")).to_be_visible(timeout=60_000)
        Widget(page).expect_done(3, 6)
        page.close()
