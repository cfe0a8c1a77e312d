"""The two guides in JupyterLab, with labels made by clicking in the widget, and read by the guides' own last step."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.jupyter import JupyterServer
from tests.e2e.notebook import OpenNotebook, write_notebook
from tests.e2e.widget import Widget
from tests.guides.test_guides import blocks, both_roots, both_stores

ROOT = Path(__file__).resolve().parent.parent.parent

SET_UP = """
import logging, sys
sys.path.insert(0, {root!r})
import mlflow, pytest, labelwidget
logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.set_tracking_uri({uri!r})
_ = mlflow.set_experiment({experiment!r})
from tests.guides.fake_openai import use_fake_openai
use_fake_openai(pytest.MonkeyPatch())
"""
ONE_LINE = {
    "mlflow.genai": "labelwidget.enable_mlflow_labeling()",
    "labelwidget": "labelwidget.connect('mlflow:')",
}
SHOW = "labelwidget.ReviewWidget(session, user={user!r})"


def label_summaries(widget: Widget) -> None:
    for number in range(2):
        widget.choose("summary_quality", "Yes" if number == 0 else "No")
        widget.field("expected_summary").fill(f"Summary {number}")
        widget.expect_saved()
        widget.button("Done").click()
        widget.expect_done(number + 1, total=2)


def label_answers(widget: Widget) -> None:
    for number in range(3):
        widget.field("expected_facts").fill(f"fact {number}")
        widget.field("expected_facts").press("Enter")
        widget.choose("response_quality", "Excellent")
        widget.expect_saved()
        widget.button("Done").click()
        widget.expect_done(number + 1, total=3)


# What is asked of the kernel after the guide's last step.
ONE_EACH = """
print(sorted(
    (one["source"]["source_id"], (one.get("feedback") or one["expectation"])["value"])
    for found in labeled_traces["assessments"] for one in found
))
"""
DATASET = """
(dataset,) = session.store.datasets("customer_service_truth")
frame = mlflow.genai.datasets.get_dataset(dataset_id=dataset.dataset_id).to_df()
print(len(frame), sorted(str(one["expected_facts"]) for one in frame["expectations"]))
"""

GUIDES: dict[str, tuple[str, Callable[[Widget], None], str, str]] = {
    "existing_traces": (
        "alice",
        label_summaries,
        ONE_EACH,
        """[('alice', 'No'), ('alice', 'Summary 0'), ('alice', 'Summary 1'), ('alice', 'Yes')]""",
    ),
    "labeling_sessions": (
        "bob@company.com",
        label_answers,
        DATASET,
        """3 ["['fact 0']", "['fact 1']", "['fact 2']"]""",
    ),
}


def run_cell(notebook: OpenNotebook, number: int) -> None:
    notebook.run_cell(number)
    assert not notebook.errors(), notebook.errors()[0]


@both_stores
@both_roots
@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_with_labels_made_in_the_widget(
    lab: JupyterServer, browser: Browser, tracking: str, root: str, guide: str
):
    user, label, question, answer = GUIDES[guide]
    folder = f"{guide}-{uuid.uuid4().hex[:6]}"
    cells = [
        SET_UP.format(root=str(ROOT), uri=tracking, experiment=folder),
        ONE_LINE[root],
        *(code for _, code in blocks(guide, root)),
    ]
    last = 2 + next(number for number, (title, _) in enumerate(blocks(guide, root)) if title == "Labels")  # fmt: skip
    cells.insert(last, SHOW.format(user=user))
    (lab.root / folder).mkdir()
    write_notebook(lab.root / folder / "guide.ipynb", *cells)
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    notebook = OpenNotebook(page, lab, f"{folder}/guide.ipynb")

    try:
        notebook.open()
        for number in range(last + 1):
            run_cell(notebook, number)
        label(Widget(page))
        notebook.execute("assert session.store.flush(60) == 0, session.store.problems()")
        for number in range(last + 1, len(cells)):
            run_cell(notebook, number)
        assert notebook.execute(question) == answer
    finally:
        page.context.close()
        lab.stop_kernels()
