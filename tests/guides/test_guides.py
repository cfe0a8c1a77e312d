"""The code of the two guides, run as it stands with MLflow's names and with ours.

Each file is code for `mlflow.genai`; ours is made of it by putting `labelwidget` in place of `mlflow.genai`. Labels are made
in between, before the guide's own last step reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

import labelwidget as lw
import labelwidget.mlflow
from tests.guides.fake_openai import use_fake_openai

HERE = Path(__file__).resolve().parent
ROOTS = ("mlflow.genai", "labelwidget")

both_roots = pytest.mark.parametrize("root", ROOTS)
both_stores = pytest.mark.parametrize("tracking", ["sqlite", "http"], indirect=True)


def blocks(guide: str, root: str) -> list[tuple[str, str]]:
    """Titles and code of a guide's blocks."""
    source = (HERE / f"{guide}.py").read_text()
    if root != "mlflow.genai":
        source = source.replace("mlflow.genai.", f"{root}.")
    _, *parts = source.split("# %% ")
    return [tuple(part.split("\n", 1)) for part in parts]  # type: ignore[misc]


def switch_on(root: str) -> None:
    """The one line that is added to the guides."""
    if root == "mlflow.genai":
        lw.enable_mlflow_labeling()
    else:
        lw.connect("mlflow:")


def run(guide: str, root: str, label: Callable[[lw.LabelingSession], None]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for title, code in blocks(guide, root):
        if title == "Labels":
            label(names["session"])
            assert names["session"].store.flush(60) == 0
        exec(compile(code, f"{guide}: {title}", "exec"), names)  # noqa: S102
    return names


@pytest.fixture
def guide_environment(tracking: str, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fake_openai(monkeypatch)
    switch_on(root)


def labels_of(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Valid labels by name, over all traces."""
    found: dict[str, list[Any]] = {}
    for assessments in frame["assessments"]:
        for one in assessments:
            if one.get("valid") is not False:
                body = one.get("feedback") or one["expectation"]
                found.setdefault(one["assessment_name"], []).append(
                    body.get("value", body.get("serialized_value"))
                )
    return found


@both_roots
@both_stores
def test_labeling_existing_traces(guide_environment: None, root: str):
    def label(session: lw.LabelingSession) -> None:
        review = lw.Review(session.store, session.labeling_session_id, "alice")
        for trace_id in session.to_df().index:
            review.answer(trace_id, "summary_quality", "Yes", "It is short.")
            review.answer(trace_id, "expected_summary", "Noor cannot sign in.")
            review.set_state(trace_id, "completed")

    names = run("existing_traces", root, label)

    labeled = names["labeled_traces"]
    assert len(labeled) == 2
    assert labels_of(labeled) == {
        "summary_quality": ["Yes", "Yes"],
        "expected_summary": ["Noor cannot sign in."] * 2,
    }
    rationales = [
        one.get("rationale")
        for found in labeled["assessments"]
        for one in found
        if "feedback" in one
    ]
    assert rationales == ["It is short."] * 2
    originals = set(names["traces"]["trace_id"])
    assert originals.isdisjoint(labeled["trace_id"])
    assert all(not mlflow.get_trace(one).info.assessments for one in originals)
    assert names["label_summaries"].last_import.added == 2


@both_roots
@both_stores
def test_labeling_sessions(guide_environment: None, root: str):
    def label(session: lw.LabelingSession) -> None:
        review = lw.Review(session.store, session.labeling_session_id, "bob@company.com")
        for trace_id in session.to_df().index:
            review.answer(trace_id, "response_quality", "Good")
            review.answer(trace_id, lw.EXPECTED_FACTS, ["The page is named.", "There is a link."])

    names = run("labeling_sessions", root, label)

    assert names["session"].assigned_users == [
        "alice@company.com",
        "bob@company.com",
        "critic@company.com",
    ]
    found = labels_of(names["labeled"])
    assert found["response_quality"] == ["Good"] * 3
    assert len(found["expected_facts"]) == 3
    (info,) = names["session"].store.datasets("customer_service_truth")
    dataset = mlflow.genai.datasets.get_dataset(dataset_id=info.dataset_id)
    frame = dataset.to_df()
    assert sorted(row["question"] for row in frame["inputs"]) == [
        "Can I change my plan?",
        "How do I reset my password?",
        "Where is my invoice?",
    ]
    assert (
        list(frame["expectations"])
        == [{"expected_facts": ["The page is named.", "There is a link."]}] * 3
    )
    assert len(names["again"]) == 3
