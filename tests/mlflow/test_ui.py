"""MLflow's own pages beside the widget: what is done in one shows in the other."""

from __future__ import annotations

import mlflow
import mlflow.genai.label_schemas as schemas
import pytest
from mlflow.genai import review_queues
from playwright.sync_api import Browser, expect

from tests.e2e.jupyter import JupyterServer
from tests.e2e.notebook import OpenNotebook, write_notebook
from tests.e2e.widget import Widget

CELLS = (
    """
import logging, mlflow, labelwidget, labelwidget.mlflow
logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.set_tracking_uri({uri!r})
_ = mlflow.set_experiment(experiment_id={experiment!r})
session = labelwidget.mlflow.open_review_queue("Look at these", user="alice")
""",
    'labelwidget.ReviewWidget(session, user="alice")',
    'assert session.store.flush(60) == 0, session.store.problems()\nlabelwidget.mlflow.refresh(session, user="alice")',
)


@pytest.mark.parametrize("tracking", ["http"], indirect=True)
def test_a_label_shows_in_mlflow_and_an_item_completed_there_is_completed_here(
    tracking: str, lab: JupyterServer, browser: Browser
):
    traces: list[str] = []
    for number in range(2):
        with mlflow.start_span("app") as span:
            span.set_inputs(
                {"messages": [{"role": "user", "content": f"Question number {number}?"}]}
            )
            span.set_outputs({"choices": [{"message": {"role": "assistant", "content": "So."}}]})
        traces.append(span.trace_id)
    made = [
        schemas.create_label_schema(name="good", type="feedback", input=schemas.InputPassFail("Good one", "Bad one")),
        schemas.create_label_schema(name="remark", type="feedback", input=schemas.InputText()),
    ]  # fmt: skip
    queue = review_queues.create_review_queue(
        "Look at these", queue_type="custom", users=[], schema_ids=[one.schema_id for one in made]
    )
    for trace_id in traces:
        review_queues.add_items_to_review_queue(queue.queue_id, item_ids=[trace_id])
    experiment = mlflow.get_trace(traces[0]).info.experiment_id
    folder = f"review-{experiment}"
    (lab.root / folder).mkdir()
    cells = [cell.format(uri=tracking, experiment=experiment) for cell in CELLS]
    write_notebook(lab.root / folder / "review.ipynb", *cells)
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    notebook = OpenNotebook(page, lab, f"{folder}/review.ipynb")
    theirs = browser.new_context(viewport={"width": 1500, "height": 1000}).new_page()
    theirs.set_default_timeout(60_000)
    expect.set_options(timeout=30_000)

    try:
        # Labelled in the widget.
        notebook.open()
        notebook.run_cell(0)
        notebook.run_cell(1)
        widget = Widget(page)
        first = next(
            n for n in (0, 1) if f"number {n}?" in widget.root.locator(".lw-trace").inner_text()
        )
        widget.choose("good", "Good one")
        widget.field("remark").fill("Said in the widget")
        widget.expect_saved()
        widget.button("Done").click()
        widget.expect_done(1, total=2)
        notebook.run_cell(2)

        # It shows in MLflow: beside its trace, and in the queue.
        theirs.goto(f"{tracking}/#/experiments/{experiment}/traces")
        expect(theirs.get_by_text("Said in the widget").first).to_be_visible()
        other = traces[1 - first]
        theirs.goto(
            f"{tracking}/#/experiments/{experiment}/review-queue?selectedQueueId={queue.queue_id}&selectedItemId={other}"
        )
        expect(theirs.get_by_text("1 of 2 reviewed")).to_be_visible()

        # Completed there, and it is completed here.
        theirs.get_by_text("Bad one", exact=True).click()
        theirs.get_by_role("button", name="Submit").click()
        expect(theirs.get_by_text("Completed (2)")).to_be_visible()
        notebook.run_cell(2)
        notebook.run_cell(1)
        expect(page.locator(".lw-progress").first).to_have_text("2 of 2 done")
        answer = notebook.execute(
            "print(session.to_df().set_index('source_trace_id').good.to_dict())"
        )
        assert f"'{other}': False" in answer
    finally:
        expect.set_options(timeout=5_000)
        page.context.close()
        theirs.context.close()
        lab.stop_kernels()
