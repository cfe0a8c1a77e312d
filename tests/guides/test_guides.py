"""The code of the two guides in JupyterLab, run as it stands with MLflow's names and with ours.

Each file is code for `mlflow.genai`; ours is made of it by putting `labelwidget` in place of `mlflow.genai`. Labels are made
by clicking in the widget, before the guide's own last steps read them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.e2e.jupyter import JupyterServer
from tests.e2e.notebook import OpenNotebook, write_notebook
from tests.e2e.widget import Widget

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

SET_UP = """
import logging, sys
sys.path.insert(0, {root!r})
import mlflow, pytest, labelwidget
logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.set_tracking_uri({uri!r})
from tests.guides.fake_openai import use_fake_openai
use_fake_openai(pytest.MonkeyPatch())
"""
# The one line that is added to a guide, for an experiment of its own.
BEGIN = """
_ = mlflow.set_experiment({experiment!r})
{one_line}
"""
ONE_LINE = {
    "mlflow.genai": "assert labelwidget.enable_mlflow_labeling()",
    "labelwidget": "_ = labelwidget.connect('mlflow:')",
}
SHOW = """
widget = labelwidget.ReviewWidget(session, user={user!r})
widget
"""


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


class Guide(NamedTuple):
    """A guide, who labels in it, and what holds after its last step."""

    file: str
    user: str
    label: Callable[[Widget], None]
    holds: str


GUIDES = (
    Guide(
        "existing_traces",
        "alice",
        label_summaries,
        """
found = sorted(
    (one["source"]["source_id"], (one.get("feedback") or one["expectation"])["value"])
    for assessments in labeled_traces["assessments"] for one in assessments
)
assert found == [("alice", "No"), ("alice", "Summary 0"), ("alice", "Summary 1"), ("alice", "Yes")], found
originals = set(traces["trace_id"])
assert len(originals) == label_summaries.last_import.added == 2
assert originals.isdisjoint(labeled_traces["trace_id"])
assert all(not mlflow.get_trace(one).info.assessments for one in originals)
""",
    ),
    Guide(
        "labeling_sessions",
        "bob@company.com",
        label_answers,
        """
assert session.assigned_users == ["alice@company.com", "bob@company.com", "critic@company.com"]
values = [
    one["feedback"]["value"]
    for assessments in labeled["assessments"] for one in assessments if one["assessment_name"] == "response_quality"
]
assert values == ["Excellent"] * 3, values
(dataset,) = session.store.datasets("customer_service_truth")
frame = mlflow.genai.datasets.get_dataset(dataset_id=dataset.dataset_id).to_df()
questions = sorted(one["question"] for one in frame["inputs"])
assert questions == ["Can I change my plan?", "How do I reset my password?", "Where is my invoice?"], questions
facts = sorted(one["expected_facts"] for one in frame["expectations"])
assert facts == [["fact 0"], ["fact 1"], ["fact 2"]], facts
assert len(again) == 3
""",
    ),
)


def blocks(guide: str, root: str) -> list[tuple[str, str]]:
    """Titles and code of a guide's blocks."""
    source = (HERE / f"{guide}.py").read_text()
    if root != "mlflow.genai":
        source = source.replace("mlflow.genai.", f"{root}.")
    _, *parts = source.split("# %% ")
    return [tuple(part.split("\n", 1)) for part in parts]  # type: ignore[misc]


@pytest.mark.parametrize("tracking", ["sqlite", "http"], indirect=True)
@pytest.mark.parametrize("root", ONE_LINE)
def test_both_guides_with_labels_made_in_the_widget(
    lab: JupyterServer, browser: Browser, tracking: str, root: str
):
    folder = f"guides-{uuid.uuid4().hex[:6]}"
    cells = [SET_UP.format(root=str(ROOT), uri=tracking)]
    label_after: dict[int, Callable[[Widget], None]] = {}
    for guide in GUIDES:
        cells.append(BEGIN.format(experiment=f"{folder}-{guide.file}", one_line=ONE_LINE[root]))
        for title, code in blocks(guide.file, root):
            if title == "Labels":
                label_after[len(cells)] = guide.label
                cells.append(SHOW.format(user=guide.user))
            cells.append(code)
        cells += [guide.holds, "widget.close()"]
    (lab.root / folder).mkdir()
    write_notebook(lab.root / folder / "guides.ipynb", *cells)
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    notebook = OpenNotebook(page, lab, f"{folder}/guides.ipynb")

    try:
        notebook.open()
        for number in range(len(cells)):
            notebook.run_cell(number)
            assert not notebook.errors(), notebook.errors()[0]
            if number in label_after:
                label_after[number](Widget(page))
                notebook.execute(
                    "assert session.store.flush(120) == 0, session.store.problems()", timeout=180
                )
    finally:
        page.context.close()
        lab.stop_kernels()
