"""The queue table and its bulk actions as the browser asks for them."""

from __future__ import annotations

from pathlib import Path

import labelwidget as lw
from labelwidget.review import Queue
from labelwidget.widget.channel import Channel
from tests.widget.test_channel import ask, channel, review

__all__ = ["channel", "review"]  # fixtures


def rows(reply: dict[str, object]) -> list[int]:
    return [row["index"] for row in reply["ok"]["rows"]]  # pyright: ignore[reportIndexIssue]


def test_a_page_says_its_counts_answers_and_reviewers(channel: Channel, review: lw.Review) -> None:
    item_id = review.open(1).item.item_id
    review.answer(item_id, "ok", True, rationale="why")
    lw.Review(review.store, review.session_id, "bob").flag(item_id)
    page = ask(channel, op="queue", select={"state": "in_progress"})["ok"]
    assert page["counts"]["all"] == 3
    assert page["counts"]["open"] == 3
    assert (page["total"], page["counts"]["in_progress"]) == (1, 1)
    (row,) = page["rows"]
    assert (row["index"], row["answers"], row["reviewers"]) == (1, {"ok": True}, ["alice", "bob"])


def test_filter_search_and_sort(channel: Channel, review: lw.Review) -> None:
    review.answer(review.open(2).item.item_id, "ok", False)
    assert rows(ask(channel, op="queue", select={"search": "q1"})) == [1]
    assert rows(ask(channel, op="queue", sort="-title")) == [2, 1, 0]
    answered = {"name": "ok", "how": "is", "value": False}
    assert rows(ask(channel, op="queue", select={"answer": answered})) == [2]
    assert ask(channel, op="queue", sort="nothing")["error"]["code"] == "invalid_value"


def test_answers_to_an_earlier_wording_are_found_and_leave_when_given_again(
    channel: Channel, review: lw.Review
) -> None:
    outdated = {"state": "outdated"}
    for index in (0, 2):
        review.answer(review.open(index).item.item_id, "ok", True)
    assert rows(ask(channel, op="queue", select=outdated)) == []
    (question,) = [one for one in review.questions if one.name == "ok"]
    review.store.put_schema(
        question.model_copy(
            update={"instruction": "In other words", "version": question.version + 1}
        )
    )
    page = ask(channel, op="queue", select=outdated, sort="-title")
    assert rows(page) == [2, 0]
    assert page["ok"]["counts"]["outdated"] == 2
    # The same value once more counts: it was given to the new wording.
    review.answer(review.open(2).item.item_id, "ok", True)
    page = ask(channel, op="queue", select=outdated, sort="-title")
    assert (rows(page), page["ok"]["counts"]["outdated"]) == ([0], 1)


def test_a_chosen_queue_is_paged_in_its_own_order(channel: Channel, review: lw.Review) -> None:
    review.queue = Queue(review.store, review.session_id, [2, 0])
    page = ask(channel, op="queue", sort="-title")
    assert rows(page) == [0, 1]
    assert [row["item"]["title"] for row in page["ok"]["rows"]] == ["q2", "q0"]
    assert page["ok"]["counts"]["all"] == 2


def test_all_that_a_filter_lets_through_are_skipped_in_batches_and_come_back(
    channel: Channel, review: lw.Review, tmp_path: Path
) -> None:
    del tmp_path
    session = lw.get_labeling_session(review.session_id)
    session.add_traces([{"inputs": f"more {n}", "outputs": "a"} for n in range(400)])
    flagged = review.open(0).item.item_id
    review.flag(flagged)
    done = {"offset": 0}
    changed = 0
    while done["offset"] < done.get("total", 1):
        done = ask(
            channel, op="bulk", bulk_id="bulk-00001", action="skip", offset=done["offset"],
            select={"state": "open"},
        )["ok"]  # fmt: skip
        changed += done["changed"]
    assert (changed, done["total"], done["progress"]["skipped"]) == (403, 403, 403)
    for offset in (0, 250):
        done = ask(
            channel, op="bulk", bulk_id="bulk-00002", action="undo", offset=offset, target="bulk-00001"
        )["ok"]  # fmt: skip
    assert done["progress"]["skipped"] == 0
    assert done["progress"]["flagged"] == 1


def test_chosen_rows_get_the_same_answer(channel: Channel, review: lw.Review) -> None:
    bulk = {"op": "bulk", "bulk_id": "bulk-00001", "action": "answer", "name": "ok", "value": False}
    assert ask(channel, **bulk, indices=[2, 0, 2])["ok"]["changed"] == 2
    assert rows(ask(channel, op="queue", select={"answer": {"name": "ok", "how": "any"}})) == [0, 2]


def test_what_is_not_known_any_more_is_said(channel: Channel) -> None:
    bulk = {"op": "bulk", "bulk_id": "bulk-00001", "action": "skip"}
    assert "choose" in ask(channel, **bulk, offset=250, select={})["error"]["message"]
    assert ask(channel, **bulk)["error"]["code"] == "invalid_value"
    assert ask(channel, **bulk, indices=[7])["error"]["code"] == "not_found"
    undo = {**bulk, "action": "undo", "target": "bulk-00009"}
    assert "one by one" in ask(channel, **undo)["error"]["message"]


def test_results_say_how_long_a_trace_takes_and_of_how_many(
    channel: Channel, review: lw.Review
) -> None:
    for index, spent in enumerate((1_000, 3_000)):
        item_id = review.open(index).item.item_id
        review.answer(item_id, "ok", True, duration_ms=spent)
        review.set_state(item_id, "completed", duration_ms=500)
    review.answer(review.open(2).item.item_id, "ok", False, duration_ms=9_000)
    (reviewer,) = ask(channel, op="results")["ok"]["reviewers"]
    assert (reviewer["median_ms"], reviewer["timed"]) == (2_500, 2)
