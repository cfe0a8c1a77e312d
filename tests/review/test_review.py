"""One reviewer at work: what is answered is kept, counted, and can be taken back."""

from __future__ import annotations

import pytest

import labelwidget as lw
from labelwidget.errors import (
    ConflictError,
    InvalidValueError,
    NotAssignedError,
    NotFoundError,
)
from labelwidget.model import ItemState


def values(review: lw.Review, item_id: str) -> dict[str, object]:
    return {answer.name: answer.value for answer in review.answers(item_id)[0]}


def test_the_first_answer_puts_the_item_in_progress(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[0], "helpful", True, "Covers both calls.")

    assert review.status(ids[0]).state is ItemState.IN_PROGRESS
    [answer] = review.answers(ids[0])[0]
    assert (answer.value, answer.rationale) == (True, "Covers both calls.")


def test_done_names_the_questions_that_still_need_an_answer(
    review: lw.Review, ids: list[str]
) -> None:
    review.answer(ids[0], "helpful", True)

    with pytest.raises(InvalidValueError, match=r"Score.*needs an answer"):
        review.set_state(ids[0], "completed")

    review.answer(ids[0], "score", 4)
    review.set_state(ids[0], "completed")
    assert review.progress.completed == 1


def test_nothing_answered_is_not_done(review: lw.Review, store: object, ids: list[str]) -> None:
    lw.create_label_schema("free", type="feedback", input=lw.InputText())
    optional = lw.create_labeling_session("optional", label_schemas=["free"]).add_traces(
        [{"inputs": "q", "outputs": "a"}]
    )
    other = lw.Review(optional.store, optional.labeling_session_id, "alice")
    item_id = optional.to_df().index[0]

    with pytest.raises(InvalidValueError, match="needs an answer"):
        other.set_state(item_id, "completed")


def test_a_question_that_is_not_shown_is_not_needed(review: lw.Review, ids: list[str]) -> None:
    lw.update_label_schema("why", required=True)
    review.answer(ids[0], "helpful", True)
    review.answer(ids[0], "score", 4)
    review.set_state(ids[0], "completed")

    review.answer(ids[1], "helpful", False)
    review.answer(ids[1], "score", 1)
    with pytest.raises(InvalidValueError, match="Why"):
        review.set_state(ids[1], "completed")


def test_resume_finds_the_first_open_item_and_wraps(review: lw.Review, ids: list[str]) -> None:
    review.set_state(ids[0], "skipped")
    review.set_state(ids[1], "skipped")
    assert review.resume() == 2
    assert review.queue.next_open("alice", 4) == 2
    for item_id in ids[2:]:
        review.set_state(item_id, "skipped")
    assert review.resume() is None


def test_answering_a_skipped_item_opens_it_again(review: lw.Review, ids: list[str]) -> None:
    review.set_state(ids[0], "skipped")
    review.answer(ids[0], "score", 2)
    assert review.status(ids[0]).state is ItemState.IN_PROGRESS


def test_everything_can_be_undone_and_redone_one_by_one(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[0], "helpful", True, "first")
    review.answer(ids[0], "helpful", False, "second")
    review.answer(ids[0], "score", 3)
    review.set_state(ids[0], "completed")
    review.flag(ids[1])
    review.note(ids[1], "look at the second call")

    assert review.undo() is not None
    assert review.status(ids[1]).note == ""
    review.undo()
    assert review.status(ids[1]).flagged is False
    review.undo()
    assert review.status(ids[0]).state is ItemState.IN_PROGRESS
    review.undo()
    assert values(review, ids[0]) == {"helpful": False}
    review.undo()
    assert values(review, ids[0]) == {"helpful": True}
    review.redo()
    assert values(review, ids[0]) == {"helpful": False}
    review.undo()
    review.undo()
    assert values(review, ids[0]) == {}
    assert review.status(ids[0]).state is ItemState.PENDING
    assert review.undo() is None


def test_undo_survives_a_restart(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[0], "score", 3)
    again = lw.Review(review.store, review.session_id, "ALICE")
    again.undo()
    assert values(review, ids[0]) == {}


def test_an_earlier_event_cannot_be_undone_past_a_later_one(
    review: lw.Review, ids: list[str]
) -> None:
    first = review.answer(ids[0], "score", 3)
    review.answer(ids[0], "score", 4)
    with pytest.raises(ConflictError, match="changed again"):
        review.undo(first.event_id)
    assert values(review, ids[0]) == {"score": 4}


def test_the_same_event_sent_twice_is_kept_once(review: lw.Review, ids: list[str]) -> None:
    for _ in range(3):
        review.answer(ids[0], "score", 3, event_id="event-000001")
        review.undo("event-000001", event_id="event-000002")
    kept = review.store.events(review.session_id, "alice")
    assert [event.event_id for event in kept] == ["event-000001", "event-000002"]
    assert values(review, ids[0]) == {}


def test_an_event_id_is_not_taken_for_another_item(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[0], "score", 3, event_id="event-000001")
    with pytest.raises(ConflictError):
        review.answer(ids[1], "score", 3, event_id="event-000001")


def test_clearing_an_answer_makes_it_invalid_and_keeps_it(
    review: lw.Review, session: lw.LabelingSession, ids: list[str]
) -> None:
    review.answer(ids[0], "score", 3)
    review.answer(ids[0], "score", None)
    assert values(review, ids[0]) == {}
    history = session.assessments_df(everything=True)
    assert list(history.valid) == [False]
    assert list(history.value) == [3]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("score", 9, "between 1 and 5"),
        ("score", True, "number"),
        ("helpful", "yes", "True for 'Yes'"),
        ("why", "x" * 51, "50 is the most"),
        ("expected_facts", ["a", 3], "Entry 2"),
        ("nope", 1, "does not ask 'nope'"),
    ],
)
def test_a_wrong_answer_is_refused_and_changes_nothing(
    review: lw.Review, ids: list[str], name: str, value: object, message: str
) -> None:
    with pytest.raises((InvalidValueError, NotFoundError), match=message):
        review.answer(ids[0], name, value)  # type: ignore[arg-type]
    assert review.store.last_seq(review.session_id) == 0


def test_unknown_item_and_span_are_named(review: lw.Review, ids: list[str]) -> None:
    with pytest.raises(NotFoundError, match="tr-unknown"):
        review.answer("tr-unknown", "score", 3)
    with pytest.raises(NotFoundError, match="span 'nowhere'"):
        review.answer(ids[0], "score", 3, span_id="nowhere")


def test_who_is_not_assigned_may_look_but_not_label(
    review: lw.Review, session: lw.LabelingSession, ids: list[str]
) -> None:
    session.set_assigned_users(["Bob@Example.com"])
    assert review.open(0).item.item_id == ids[0]
    with pytest.raises(NotAssignedError, match=r"'alice' is not assigned.*Bob@Example.com"):
        review.answer(ids[0], "score", 3)
    bob = lw.Review(session.store, session.labeling_session_id, "bob@example.COM")
    bob.answer(ids[0], "score", 3)
    assert bob.progress.in_progress == 1


def test_reviewers_do_not_see_or_change_each_others_answers(
    review: lw.Review, session: lw.LabelingSession, ids: list[str]
) -> None:
    bob = lw.Review(session.store, session.labeling_session_id, "bob")
    review.answer(ids[0], "score", 3)
    bob.answer(ids[0], "score", 5)
    assert values(review, ids[0]) == {"score": 3}
    assert values(bob, ids[0]) == {"score": 5}
    event = review.history()[-1]
    with pytest.raises(NotFoundError):
        bob.undo(event.event_id)


def test_a_queue_of_chosen_traces(review: lw.Review, session: lw.LabelingSession) -> None:
    chosen = lw.Review(session.store, session.labeling_session_id, "alice", positions=[4, 1])
    assert [chosen.open(i).item.position for i in range(len(chosen.queue))] == [4, 1]
    chosen.set_state(chosen.open(0).item.item_id, "skipped")
    assert chosen.resume() == 1
    with pytest.raises(NotFoundError, match="it holds 2"):
        chosen.open(2)


def test_time_on_task_adds_up(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[0], "score", 3, duration_ms=1500)
    review.set_state(ids[0], "completed", duration_ms=500)
    assert review.status(ids[0]).duration_ms == 2000


def test_a_deleted_question_goes_on_being_asked(review: lw.Review, ids: list[str]) -> None:
    lw.delete_label_schema("score")
    assert "score" in [question.name for question in review.questions]
    review.answer(ids[0], "score", 2)
    assert values(review, ids[0]) == {"score": 2}


def test_a_deleted_session_says_how_to_bring_it_back(
    review: lw.Review, session: lw.LabelingSession, ids: list[str]
) -> None:
    review.answer(ids[0], "score", 2)
    lw.delete_labeling_session(session)
    with pytest.raises(NotFoundError, match="restore_labeling_session"):
        review.answer(ids[0], "score", 3)
    again = lw.restore_labeling_session(session.labeling_session_id)
    assert again.to_df().loc[ids[0], "score"] == 2


def test_a_sample_leaves_its_weights_with_the_answers(review: lw.Review, ids: list[str]) -> None:
    session = lw.get_labeling_session(review.session_id)
    assert "sampling_weight" not in session.to_df()
    chosen = session.queue(sample=2, order="random", seed=3)
    (weight,) = set(chosen.weights)
    assert weight > 1
    positions = [ids.index(trace_id) for trace_id in chosen]
    review.choose(positions, dict(zip(positions, chosen.weights, strict=True)))
    review.answer(chosen[0], "helpful", True)
    review.undo()
    review.redo()
    assert review.answers(chosen[0])[0][0].metadata == {"sampling_weight": weight}
    assert session.to_df().sampling_weight[chosen[0]] == weight
    # Without a sample each trace stands for itself.
    review.choose(None)
    review.answer(chosen[1], "helpful", True)
    assert review.answers(chosen[1])[0][0].metadata == {}
    assert session.to_df().sampling_weight[chosen[1]] == 1.0
