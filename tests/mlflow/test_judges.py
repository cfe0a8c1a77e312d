"""Labels that a judge learns from."""

from __future__ import annotations

import mlflow
import pytest
from mlflow.genai.judges import make_judge
from mlflow.genai.judges.base import AlignmentOptimizer, Judge

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.errors import InvalidValueError
from labelwidget.store.mlflow.mlflow_store import MlflowStore


class Listening(AlignmentOptimizer):
    """An optimizer that keeps what it was given."""

    def align(self, judge: Judge, traces: list[mlflow.entities.Trace]) -> Judge:
        self.traces = traces
        return judge


@pytest.fixture
def labelled(store: MlflowStore) -> lw.LabelingSession:
    lw.create_label_schema("polite", type="feedback", input=lw.InputPassFail("Yes", "No"), enable_comment=True)  # fmt: skip
    session = lw.create_labeling_session("for the judge", label_schemas=["polite"])
    session.add_traces([{"inputs": f"Q{n}", "outputs": f"A{n}"} for n in range(6)])
    ids = list(session.to_df().index)
    review = lw.Review(store, session.labeling_session_id, "alice")
    for number in (4, 0, 2, 3):
        review.answer(ids[number], "polite", number % 4 == 0, f"because {number}")
    review.answer(ids[3], "polite", None)
    return session


def test_a_judge_is_aligned_with_exactly_the_labelled_traces(labelled: lw.LabelingSession):
    judge = make_judge(
        name="polite", instructions="Is {{ outputs }} polite?", model="openai:/gpt-4o-mini"
    )
    optimizer = Listening()

    judge.align(labelwidget.mlflow.traces_for_alignment(labelled, judge), optimizer)

    ids = list(labelled.to_df().index)
    assert [trace.info.trace_id for trace in optimizer.traces] == [ids[0], ids[2], ids[4]]
    said = [
        (one.name, one.source.source_type, one.value, one.rationale)
        for trace in optimizer.traces
        for one in trace.search_assessments(name="polite", type="feedback")
    ]
    assert said == [
        ("polite", "HUMAN", True, "because 0"),
        ("polite", "HUMAN", False, "because 2"),
        ("polite", "HUMAN", True, "because 4"),
    ]


def test_a_session_that_does_not_ask_the_judges_question_says_so(labelled: lw.LabelingSession):
    with pytest.raises(InvalidValueError, match="asks no question 'rude'"):
        labelwidget.mlflow.traces_for_alignment(labelled, "rude")
