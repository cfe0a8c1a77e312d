"""Where reviewers disagree, a resolution of its own settles it and says whose answers it settles; all of it can be read."""

from __future__ import annotations

import pytest

import labelwidget as lw
from labelwidget.errors import NotFoundError
from labelwidget.model.resolver import RESOLVES
from labelwidget.widget import views
from tests.team.conftest import review


@pytest.fixture
def disagreed(session: lw.LabelingSession) -> list[str]:
    """Alice and Bob agree on the first three traces, disagree on the fourth and fifth."""
    ids = list(session.to_df().index)
    for position, item_id in enumerate(ids[:5]):
        for name in ("alice", "bob"):
            one = review(session, name)
            one.answer(item_id, "ok", position < 3 or name == "alice", rationale=f"{name} says")
            one.answer(item_id, "why", f"in the words of {name}")
    return ids


def test_disagreements_are_a_queue_with_the_answers_side_by_side(
    session: lw.LabelingSession, disagreed: list[str]
) -> None:
    found = session.disagreements()
    assert [one.trace_id for one in found] == disagreed[3:5]
    assert found[0].questions == ["ok"]  # in their own words people always differ
    assert [(one.reviewer, one.value) for one in found[0].answers["ok"]] == [
        ("alice", True), ("bob", False)
    ]  # fmt: skip
    cleo = review(session, "Cleo", resolve=True)
    assert (len(cleo.queue), cleo.progress.total) == (2, 2)
    shown = {one.source.source_id for one in cleo.others(disagreed[3])}
    assert shown == {"alice", "bob"}
    hidden = review(session, "Cleo", resolve=True, hide_names=True)
    numbered = views.others(hidden, disagreed[3])
    assert {one.source.source_id for one in numbered} == {"1", "2"}
    assert "alice" not in str([one.source for one in numbered])


def test_a_resolution_names_what_it_resolves_and_stands(
    session: lw.LabelingSession, disagreed: list[str]
) -> None:
    item_id = disagreed[3]
    named = {one.assessment_id for one in session.disagreements()[0].answers["ok"]}
    # One who reviewed too keeps their review.
    resolver = review(session, "alice", resolve=True)
    resolver.answer(item_id, "ok", False, rationale="the source is from 2019")
    resolver.set_state(item_id, "completed")
    (made,) = [
        one for one in session.store.item_assessments(item_id) if one.source.source_id == "alice (resolution)"
    ]  # fmt: skip
    assert set(made.metadata[RESOLVES]) == named
    assert [one.trace_id for one in session.disagreements()] == [disagreed[4]]
    (mine,) = [one for one in review(session, "alice").answers(item_id)[0] if one.name == "ok"]
    assert mine.value is True
    # Whoever says something later does not undo it, and it does not count as a review.
    review(session, "bob").answer(disagreed[4], "ok", True)
    frame = session.to_df()
    assert frame.loc[item_id, "ok"] == False  # noqa: E712
    assert frame.loc[item_id, "reviewers"] == 2
    # But it is asked about again.
    review(session, "bob").answer(item_id, "ok", None)
    review(session, "bob").answer(item_id, "ok", False, rationale="still")
    assert item_id in [one.trace_id for one in session.disagreements()]
    assert session.to_df().loc[item_id, "ok_rationale"] == "the source is from 2019"


def test_who_answered_what_when_under_which_version_is_kept(
    session: lw.LabelingSession, disagreed: list[str]
) -> None:
    item_id = disagreed[0]
    lw.create_label_schema(
        "ok", type="feedback", input=lw.InputPassFail("Good", "Bad"), overwrite=True
    )
    alice = review(session, "alice")
    alice.answer(item_id, "ok", False, duration_ms=1500)
    alice.undo()
    alice.flag(item_id)
    frame = session.history(item_id)
    said = frame[(frame.reviewer == "alice") & (frame.question == "ok")]
    assert list(said.kind) == ["answer", "answer", "undo"]
    assert list(said.before) == [None, True, False]
    assert list(said.after) == [True, False, True]
    assert list(said.schema_version)[:2] == [1, 2]
    assert list(said.seconds)[1] == 1.5
    assert list(frame.reviewer.unique()) == ["alice", "bob"]
    assert frame.iloc[-1].kind == "flag"
    assert str(frame.time.dtype).endswith("UTC]")
    source = session.to_df().loc[item_id, "source_trace_id"]
    assert len(session.history(source)) == len(frame)
    with pytest.raises(NotFoundError, match="no trace 'nowhere'"):
        session.history("nowhere")
