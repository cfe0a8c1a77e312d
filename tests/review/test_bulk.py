"""One action on many traces: batches, counts, refusals, and taking it back as one."""

from __future__ import annotations

import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError, NotAssignedError, NotFoundError
from labelwidget.review.bulk import MAX_BATCH, Bulk, apply_bulk, undo_bulk
from labelwidget.review.changes import subscribe

ALL = [0, 1, 2, 3, 4]


def states(review: lw.Review) -> list[str]:
    items = review.store.items(review.session_id)
    return [str(review.status(item.item_id).state) for item in items]


def test_skip_many_and_take_it_back(review: lw.Review, ids: list[str]) -> None:
    review.set_state(ids[1], "skipped")
    result = apply_bulk(review, "bulk-0001", Bulk("skip"), ALL)
    assert (result.changed, result.unchanged, result.refused) == (4, 1, 0)
    assert review.progress.skipped == 5
    taken = undo_bulk(review, "bulk-0002", "bulk-0001", ALL)
    assert (taken.changed, taken.unchanged) == (4, 1)
    assert states(review) == ["pending", "skipped", "pending", "pending", "pending"]
    assert undo_bulk(review, "bulk-0003", "bulk-0001", ALL).changed == 0


def test_a_batch_that_is_sent_again_changes_nothing_twice(review: lw.Review) -> None:
    for _ in range(2):
        assert apply_bulk(review, "bulk-0001", Bulk("flag"), ALL).changed == 5
    assert len(review.store.events(review.session_id, "alice")) == 5
    assert review.progress.flagged == 5


def test_each_change_can_be_undone_by_itself(review: lw.Review, ids: list[str]) -> None:
    apply_bulk(review, "bulk-0001", Bulk("flag"), ALL)
    assert review.undo() is not None
    assert review.progress.flagged == 4
    assert not review.status(ids[4]).flagged
    assert undo_bulk(review, "bulk-0002", "bulk-0001", ALL).changed == 4


def test_the_same_answer_keeps_a_rationale_of_ones_own(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[0], "helpful", False, rationale="mine")
    result = apply_bulk(review, "bulk-0001", Bulk("answer", "helpful", True), ALL)
    assert result.changed == 5
    given = [review.answers(one)[0][0] for one in ids]
    assert [(one.value, one.rationale) for one in given] == [(True, "mine")] + [(True, None)] * 4
    assert states(review) == ["in_progress"] * 5
    undo_bulk(review, "bulk-0002", "bulk-0001", ALL)
    assert review.answers(ids[0])[0][0].value is False
    assert review.answers(ids[1])[0] == []


def test_done_refuses_those_that_still_need_an_answer(review: lw.Review, ids: list[str]) -> None:
    review.answer(ids[2], "score", 4)
    result = apply_bulk(review, "bulk-0001", Bulk("done"), ALL)
    assert (result.changed, result.refused) == (1, 4)
    assert result.reasons == ["Not done yet: 'Score' needs an answer. Answer, or skip the trace."]
    assert states(review)[2] == "completed"


def test_reopened_traces_are_begun_where_there_is_an_answer(
    review: lw.Review, ids: list[str]
) -> None:
    review.answer(ids[0], "score", 4)
    review.set_state(ids[0], "completed")
    review.set_state(ids[1], "skipped")
    assert apply_bulk(review, "bulk-0001", Bulk("reopen"), ALL).changed == 2
    assert states(review)[:3] == ["in_progress", "pending", "pending"]


def test_what_was_changed_since_is_left_alone(review: lw.Review, ids: list[str]) -> None:
    apply_bulk(review, "bulk-0001", Bulk("answer", "score", 3), ALL)
    review.answer(ids[1], "score", 5)
    taken = undo_bulk(review, "bulk-0002", "bulk-0001", ALL)
    assert (taken.changed, taken.refused) == (4, 1)
    assert review.answers(ids[1])[0][0].value == 5


def test_what_cannot_be_done_is_said_before_anything_is(review: lw.Review) -> None:
    with pytest.raises(InvalidValueError, match="score"):
        apply_bulk(review, "bulk-0001", Bulk("answer", "score", 9), ALL)
    with pytest.raises(NotFoundError):
        apply_bulk(review, "bulk-0001", Bulk("answer", "unknown", 1), ALL)
    with pytest.raises(InvalidValueError, match="several"):
        apply_bulk(review, "bulk-0001", Bulk("skip"), range(MAX_BATCH + 1))
    assert review.store.last_seq(review.session_id) == 0


def test_who_is_not_assigned_changes_nothing(
    session: lw.LabelingSession, review: lw.Review
) -> None:
    session.set_assigned_users(["bob"])
    with pytest.raises(NotAssignedError):
        apply_bulk(review, "bulk-0001", Bulk("skip"), ALL)
    assert review.progress.skipped == 0


def test_listeners_hear_of_each_label(review: lw.Review, ids: list[str]) -> None:
    heard: list[str] = []
    end = subscribe(review.store, review.session_id, lambda event: heard.append(event.item_id))
    apply_bulk(review, "bulk-0001", Bulk("skip"), ALL)
    end()
    assert heard == ids
