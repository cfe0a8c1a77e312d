"""Suggestions: when they are shown, a judge of the user's in the background, and whether they moved anybody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError
from labelwidget.model import Assessment, AssessmentSource, Feedback, Trace
from labelwidget.widget.keys import DEFAULT_KEYS

SHORTCUTS = Path(lw.__file__).parents[1] / "js" / "src" / "panes" / "shortcuts.ts"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[lw.LabelingSession]:
    store = lw.connect(tmp_path / "labels.db")
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail(), hotkeys={"y": "Pass"})
    lw.create_label_schema("score", type="feedback", input=lw.InputRating(1, 5))
    session = lw.create_labeling_session("s", label_schemas=["ok", "score"])
    judged = Assessment(
        name="ok", kind="feedback", value=True, source=AssessmentSource("LLM_JUDGE", "j")
    )
    session.add_traces(
        [
            Trace(trace_id=f"t{n}", inputs=f"q{n}", outputs="a", assessments=(judged,))
            for n in range(30)
        ]
    )
    yield session
    store.close()
    lw.disconnect()


def told(widget: lw.ReviewWidget, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the widget sends to its page from now on."""
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(widget, "send", lambda content, _=None: sent.append(content))
    return sent


def suggested(widget: lw.ReviewWidget, index: int = 0) -> list[tuple[str, object]]:
    answered = widget._channel.receive({"v": 1, "req": "r", "op": "trace", "index": index})
    assert answered is not None
    return [(one.name, one.value) for one in answered[0].ok.suggestions]


def test_off_sends_none(session: lw.LabelingSession) -> None:
    assert suggested(lw.ReviewWidget(session)) == [("ok", True)]
    assert suggested(lw.ReviewWidget(session, suggestions="off")) == []
    with pytest.raises(InvalidValueError, match="never"):
        lw.ReviewWidget(session, suggestions="never")  # pyright: ignore[reportArgumentType]


def test_a_judge_runs_ahead_of_the_reviewer_and_stops_when_told(
    session: lw.LabelingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def judge(trace: Trace) -> dict[str, object]:
        seen.append(str(trace.inputs))
        return {"score": 4}

    widget = lw.ReviewWidget(session, suggest=judge)
    sent = told(widget, monkeypatch)
    assert widget.suggesting is not None
    assert widget.suggesting.wait()
    assert seen == [f"q{n}" for n in range(20)]
    assert (widget.suggesting.done, widget.suggesting.failed) == (20, 0)
    assert suggested(widget) == [("score", 4), ("ok", True)]
    assert suggested(widget, 25) == [("ok", True)]

    moved = {"v": 1, "req": "r", "op": "moved", "index": 9, "item_id": session.to_df().index[9]}
    widget._channel.receive(moved)
    assert widget.suggesting.wait()
    assert len(seen) == 29
    pushed = [one for one in sent if one.get("push") == "suggested"]
    assert pushed[-1]["item_id"] == session.to_df().index[28]
    widget.suggesting.cancel()
    widget.suggesting._thread.join(10)
    assert not widget.suggesting.running
    assert "29 traces judged, 0 failed, cancelled" in repr(widget.suggesting)
    widget.close()


def test_what_goes_wrong_is_said_and_the_others_are_judged(
    session: lw.LabelingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    async def judge(trace: Trace) -> object:
        go.wait(10)
        number = int(str(trace.inputs)[1:])
        if number == 0:
            raise RuntimeError("no model")
        return [{"score": 9}, {"unknown": 1}, "yes", None, [Feedback("ok", False)]][number % 5]

    widget = lw.ReviewWidget(session, suggest=judge)
    sent = told(widget, monkeypatch)
    go.set()
    assert widget.suggesting is not None
    assert widget.suggesting.wait()
    assert (widget.suggesting.done, widget.suggesting.failed) == (8, 12), widget.suggesting.errors
    errors = " | ".join(widget.suggesting.errors)
    for said in ("RuntimeError: no model", "unknown", "return a dict"):
        assert said in errors
    assert "judge failed. RuntimeError: no model" in str(sent[0]["trouble"])
    assert suggested(widget, 4)[0] == ("ok", False)
    widget.close()


def test_the_shift_towards_a_suggestion_is_measured(session: lw.LabelingSession) -> None:
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    first, second, third = session.to_df().index[:3]
    review.answer(first, "ok", False)
    review.answer(first, "ok", True)
    review.answer(second, "ok", False)
    review.answer(third, "score", 2)
    review.answer(third, "score", None)
    frame = session.shift_df().set_index(["trace_id", "name"])
    assert frame.loc[first, "ok"].to_dict() == {
        "reviewer": "alice", "first": False, "last": True, "suggestion": True, "answers": 2, "changed": True,
        "toward_suggestion": True,
    }  # fmt: skip
    assert not frame.loc[second, "ok"].changed
    assert frame.loc[third, "score"]["last"] is None
    assert lw.get_labeling_session(session.labeling_session_id).shift_df().shape == (3, 9)


def test_other_keys_are_checked_where_they_are_given(session: lw.LabelingSession) -> None:
    widget = lw.ReviewWidget(session, keys={"skip": "q", "done": "ArrowDown", "down": "d"})
    answered = widget._channel.receive({"v": 1, "req": "r", "op": "hello"})
    assert answered is not None
    assert answered[0].ok.settings.keys["skip"] == "q"
    for keys, said in (
        ({"skip": "f"}, "used by skip and by flag"),
        ({"skip": "y"}, "hotkey of the question 'ok'"),
        ({"skip": "7"}, "digits"),
        ({"skip": "xy"}, "one character"),
        ({"leap": "x"}, "actions are"),
    ):
        with pytest.raises(InvalidValueError, match=said):
            lw.ReviewWidget(session, keys=keys)


def test_the_keys_are_those_of_the_browser() -> None:
    text = SHORTCUTS.read_text("utf-8")
    text = text[
        text.index("export const ACTIONS") : text.index("\n};", text.index("export const ACTIONS"))
    ]
    found = {
        name: tuple(re.findall(r'"([^"]+)"', keys))
        for name, keys in re.findall(
            r"^  (\w+): \{\s*keys: \[((?:\"[^\"]*\"(?:, )?)*)\]", text, flags=re.MULTILINE
        )
    }
    assert {name: keys for name, keys in found.items() if keys} == dict(DEFAULT_KEYS)
