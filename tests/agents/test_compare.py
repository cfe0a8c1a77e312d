"""Two sides against each other: joined on inputs, blinded, balanced, counted as a statistics library counts."""

from __future__ import annotations

import json

import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

import labelwidget as lw
from labelwidget.analysis.preferences import win_rate
from labelwidget.content import to_blocks
from labelwidget.content.blocks import MessageBlock
from labelwidget.errors import AlreadyExistsError, InvalidValueError
from labelwidget.review.comparing import PREFERENCE, balanced_order
from tests.agents.fakes import echo

pytestmark = pytest.mark.filterwarnings("ignore:Session .* asks no questions")


def a_run(name: str, answers: dict[str, object]) -> lw.LabelingSession:
    session = lw.create_labeling_session(name)
    rows = [{"inputs": {"question": q}, "outputs": a} for q, a in answers.items()]
    return session.add_traces(rows)


def two_runs(count: int = 10) -> lw.Comparison:
    return lw.compare(
        a_run("old", {f"q{n}": f"from alpha {n}" for n in range(count)}),
        a_run("new", {f"q{n}": {"answer": f"from beta {n}"} for n in reversed(range(count))}),
        seed=7,
    )


def texts(comparison: lw.Comparison, index: int) -> tuple[str, list[str]]:
    trace = comparison.session.store.traces(comparison.session.labeling_session_id)
    item, found = list(trace)[index]
    said = [block for block in to_blocks(found) if isinstance(block, MessageBlock)]
    return item.item_id, [block.parts[0].text for block in said]  # type: ignore[union-attr]


def judge(comparison: lw.Comparison, index: int, choice: str, who: str = "alice") -> None:
    item_id, said = texts(comparison, index)
    if choice in ("alpha", "beta"):
        choice = f"Response {1 if choice in said[0] else 2}"
    review = lw.Review(comparison.session.store, comparison.session.labeling_session_id, who)
    review.answer(item_id, PREFERENCE, choice)


def test_equal_inputs_are_paired_whatever_their_order() -> None:
    comparison = two_runs()
    assert repr(comparison) == "Comparison(a='old', b='new', pairs=10)"
    for index in range(10):
        _, said = texts(comparison, index)
        assert sorted(said) == [f"from alpha {index}", f"from beta {index}"]


def test_what_has_no_counterpart_is_left_out() -> None:
    a = a_run("a", {"q1": "x", "q2": "x", "only a": "x"})
    b = a_run("b", {"q2": "y", "only b": "y", "q1": "y"})
    assert len(lw.compare(a, b).session) == 2
    with pytest.raises(InvalidValueError, match="nothing to compare"):
        lw.compare(a_run("c", {"x": "1"}), b)


def test_the_order_is_balanced_and_random() -> None:
    for count in (1, 2, 9, 100):
        order = balanced_order(count, 3)
        assert len(order) == count
        assert sum(order) == count // 2
        assert order == balanced_order(count, 3)
    orders = [balanced_order(100, seed) for seed in range(200)]
    first = sum(order[0] for order in orders)
    assert binomtest(first, 200).pvalue > 0.001
    assert len({tuple(order) for order in orders}) == 200


def test_nothing_that_a_reviewer_gets_tells_whose_response_it_is() -> None:
    def v2(question: str) -> dict[str, str]:
        return {"reply": f"same shape {question}"}

    session = lw.create_labeling_session("s", agent=echo)
    session.add_inputs([{"question": f"q{n}"} for n in range(6)]).generate().wait()
    session.regenerate(v2).wait()
    comparison = lw.compare(session, "v2")
    assert (comparison.a, comparison.b) == ("echo", "v2")
    for item, trace in comparison.session.store.traces(comparison.session.labeling_session_id):
        seen = (
            item.model_dump_json()
            + trace.model_dump_json()
            + json.dumps([b.model_dump() for b in to_blocks(trace)])
        )
        assert "v2" not in seen
        assert "echo" not in seen
        assert "reply" not in seen


def test_preferences_are_revealed_after_they_were_given() -> None:
    comparison = two_runs(6)
    assert comparison.preferences().empty
    for index, choice in enumerate(["alpha", "beta", "beta", "Tie"]):
        judge(comparison, index, choice)
    frame = comparison.preferences()
    assert frame.preference.tolist() == ["a", "b", "b", "tie"]
    assert frame.preferred.tolist()[:3] == ["old", "new", "new"]
    assert frame.response_a.tolist() == [f"from alpha {n}" for n in range(4)]
    assert frame.response_b.tolist() == [f"from beta {n}" for n in range(4)]
    rate = comparison.win_rate()
    assert (rate.wins_a, rate.wins_b, rate.ties) == (1, 2, 1)
    assert str(rate).startswith("'new' over 'old': 67% (")
    judge(comparison, 0, "beta")  # changed: the newest counts
    assert comparison.preferences().preference.tolist().count("a") == 0


def test_pairs_for_tuning_leave_ties_and_disagreement_out() -> None:
    comparison = two_runs(4)
    for index, choice in enumerate(["alpha", "beta", "Tie", "alpha"]):
        judge(comparison, index, choice)
    judge(comparison, 3, "beta", "bob")
    judge(comparison, 1, "beta", "bob")
    assert comparison.dpo_pairs() == [
        {
            "prompt": [{"role": "user", "content": "q0"}],
            "chosen": [{"role": "assistant", "content": "from alpha 0"}],
            "rejected": [{"role": "assistant", "content": "from beta 0"}],
        },
        {
            "prompt": [{"role": "user", "content": "q1"}],
            "chosen": [{"role": "assistant", "content": "from beta 1"}],
            "rejected": [{"role": "assistant", "content": "from alpha 1"}],
        },
    ]


def test_a_comparison_is_gone_on_with_after_a_restart() -> None:
    comparison = two_runs(4)
    judge(comparison, 0, "beta")
    found = lw.get_labeling_session(comparison.session.mlflow_run_id)
    assert lw.compare(found).preferences().equals(comparison.preferences())
    with pytest.raises(InvalidValueError, match="compares nothing"):
        lw.compare(a_run("x", {"q": "a"}))


def test_equal_responses_are_both_shown() -> None:
    comparison = lw.compare(a_run("a", {"q": "same"}), a_run("b", {"q": "same"}))
    assert texts(comparison, 0)[1] == ["same", "same"]


def test_a_question_of_ones_own_is_left_alone() -> None:
    lw.create_label_schema(PREFERENCE, type="feedback", input=lw.InputText())
    with pytest.raises(AlreadyExistsError, match="with other options"):
        two_runs()


@pytest.mark.parametrize("wins_a", [0, 1, 7, 40])
@pytest.mark.parametrize("wins_b", [1, 13, 100])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_interval_is_that_of_a_statistics_library(
    wins_a: int, wins_b: int, confidence: float
) -> None:
    rate = win_rate("a", "b", wins_a, wins_b, 5, confidence=confidence)
    low, high = proportion_confint(wins_b, wins_a + wins_b, alpha=1 - confidence, method="wilson")
    assert rate.rate == wins_b / (wins_a + wins_b)
    assert (rate.low, rate.high) == (pytest.approx(low), pytest.approx(high))


def test_without_a_preference_there_is_no_rate() -> None:
    rate = win_rate("a", "b", 0, 0, 3)
    assert (rate.rate, rate.low, rate.high, rate.p_value) == (None, None, None, None)
    assert str(rate) == "0 of 0 for 'b', 3 ties: no preference yet"
    with pytest.raises(InvalidValueError, match="confidence is 95"):
        win_rate("a", "b", 1, 1, 1, confidence=95)
