"""The widget as Python has it: callbacks, traits, the queue, and what a saved notebook shows without a kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.errors import NotFoundError
from labelwidget.model.event import Event
from tests.widget.test_channel import answer


@pytest.fixture
def session(tmp_path: Path) -> Iterator[lw.LabelingSession]:
    store = lw.connect(tmp_path / "labels.db")
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail(), enable_comment=True)
    made = lw.create_labeling_session("s", label_schemas=["ok"])
    yield made.add_traces([{"inputs": f"<b>q{n}</b>", "outputs": f"a{n}"} for n in range(8)])
    store.close()
    lw.disconnect()


@pytest.fixture
def widget(session: lw.LabelingSession) -> Iterator[lw.ReviewWidget]:
    made = lw.ReviewWidget(session, user="alice")
    yield made
    made.close()


@pytest.fixture
def ids(session: lw.LabelingSession) -> list[str]:
    return session.to_df().index.tolist()


def say(widget: lw.ReviewWidget, **message: object) -> None:
    """What the page sends."""
    content = {"v": 1, "req": "r1", **message}
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}})


def test_functions_are_called_with_each_label_until_they_are_taken_away(
    widget: lw.ReviewWidget, session: lw.LabelingSession, ids: list[str]
) -> None:
    heard: list[Event] = []
    anywhere: list[Event] = []
    forget = widget.on_label(heard.append)
    forget_all = session.on_change(anywhere.append)
    say(widget, op="save", events=[answer(ids[0], True)])
    lw.Review(session.store, session.labeling_session_id, "bob").flag(ids[1])
    assert [event.item_id for event in heard] == [ids[0]]
    assert heard[0].changes[0].after is not None
    assert [(event.reviewer, event.kind) for event in anywhere] == [
        ("alice", "answer"),
        ("bob", "flag"),
    ]
    forget()
    forget_all()
    say(widget, op="save", events=[answer(ids[2], False, "event-0002")])
    assert (len(heard), len(anywhere)) == (1, 2)


def test_a_function_that_fails_costs_no_label(
    widget: lw.ReviewWidget, session: lw.LabelingSession, ids: list[str]
) -> None:
    widget.on_label(lambda _: 1 / 0)
    with pytest.warns(UserWarning, match=r"on_label raised ZeroDivisionError"):
        say(widget, op="save", events=[answer(ids[0], True)])
    assert session.to_df().ok[ids[0]]


def test_traits_follow_what_is_saved_by_whomever_and_the_page_cannot_set_them(
    widget: lw.ReviewWidget, session: lw.LabelingSession, ids: list[str]
) -> None:
    seen: list[int] = []
    widget.observe(lambda change: seen.append(change["new"]), names="revision")
    say(widget, op="save", events=[answer(ids[0], True)])
    widget.review.set_state(ids[0], "completed")
    assert len(seen) == 2
    assert seen == sorted(set(seen))
    assert widget.progress["completed"] == 1
    say(widget, op="moved", index=3, item_id=ids[3])
    assert (widget.index, widget.trace_id) == (3, ids[3])
    forged = {"method": "update", "state": {"index": 7, "progress": {}, "revision": 0}}
    widget._handle_msg({"content": {"data": forged}})
    assert (widget.index, widget.progress["completed"]) == (3, 1)


def test_the_queue_is_any_ids_in_any_order(
    widget: lw.ReviewWidget, session: lw.LabelingSession, ids: list[str]
) -> None:
    assert widget.queue is None
    widget.queue = [ids[5], ids[2]]
    assert widget.queue == [ids[5], ids[2]]
    widget.queue = session.to_df().index[:3]
    assert widget.queue == ids[:3]
    with pytest.raises(NotFoundError, match=r"no trace 'nowhere'"):
        widget.queue = ["nowhere"]
    sample = session.queue(order="random", sample=2, seed=1)
    widget.queue = sample
    assert widget.queue == list(sample)
    say(widget, op="save", events=[answer(sample[1], True)])
    assert session.to_df().sampling_weight[sample[1]] == 4.0
    widget.queue = None
    assert widget.queue is None


@pytest.mark.parametrize(
    ("snapshot", "answers", "texts"),
    [("labels", True, False), ("full", True, True), ("none", False, False)],
)
def test_a_saved_notebook_shows_labels_and_traces_only_as_far_as_asked(
    session: lw.LabelingSession, ids: list[str], snapshot: str, answers: bool, texts: bool
) -> None:
    widget = lw.ReviewWidget(session, user="alice", snapshot=snapshot)
    widget.review.answer(ids[0], "ok", True, rationale="<script>why</script>")
    bundle, _ = widget._repr_mimebundle_()
    shown, line = str(bundle["text/html"]), str(bundle["text/plain"])
    assert "0 of 8 done" in line
    assert "Run the cell to go on" in shown
    assert ("Pass" in shown) == answers
    assert ("q0" in shown) == texts
    assert "<script" not in shown
    assert "<b>q0" not in shown
    assert "q0" not in line
    widget.close()
