"""The messages of a conversation between page and kernel: text in, small pushes out, nothing without leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

import labelwidget as lw
from labelwidget.agents.registry import AgentFunction
from labelwidget.model import JsonValue
from labelwidget.widget.channel import Channel
from labelwidget.widget.handlers import Handlers
from labelwidget.widget.protocol import Settings
from labelwidget.widget.talking import Talking, agents_allowed
from tests.agents.fakes import echo, parrot


class Page:
    """A page with its kernel side, without a browser."""

    def __init__(
        self, session: lw.LabelingSession, *, allowed: bool = True, user: str = "alice"
    ) -> None:
        self.review = lw.Review(session.store, session.labeling_session_id, user)
        self.item_id = self.review.open(0).item.item_id
        self.pushes: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.ended = threading.Event()
        self.refreshed = threading.Event()
        self.talking = Talking(lambda: self.review, self._push, allowed=allowed, timeout=5)
        handlers = Handlers(
            review=lambda: self.review,
            settings=lambda: Settings(height=600, auto_advance=True),
            start=lambda: None,
            on_moved=lambda *_: None,
            on_saved=lambda _: None,
            talking=self.talking,
        )
        self._channel = Channel(handlers.handle)

    def _push(self, push: JsonValue) -> None:
        self.times.append(time.monotonic())
        self.pushes.append(cast("dict[str, Any]", push))
        if self.pushes[-1]["push"] == "refresh":
            self.refreshed.set()
        elif self.pushes[-1]["ended"]:
            self.ended.set()

    def ask(self, op: str, **params: object) -> dict[str, Any]:
        item = {} if op in ("hello", "save", "queue") else {"item_id": self.item_id}
        if op == "trace_at":
            op, item = "trace", {"index": 0}
        content = {"v": 1, "req": "r", "op": op, **item, **params}
        answered = self._channel.receive(content)
        assert answered is not None
        reply = answered[0].model_dump(mode="json")
        return cast("dict[str, Any]", reply["ok"] or reply["error"])

    def finish(self) -> dict[str, Any]:
        assert self.ended.wait(10)
        self.ended.clear()
        return self.ask("talk")


def a_session(agent: AgentFunction, **more: Any) -> lw.LabelingSession:
    lw.create_label_schema("q", type="feedback", input=lw.InputText(), overwrite=True)
    made = lw.create_labeling_session("s", agent=agent, label_schemas=["q"], **more)
    return made.add_inputs([{"question": "one"}])


def words(question: str) -> Iterator[str]:
    for number in range(2_000):
        yield f"{number} "


def test_an_item_is_answered_and_the_conversation_goes_on_and_branches() -> None:
    page = Page(a_session(parrot, enable_multi_turn_chat=True))
    before = page.ask("talk")
    assert (before["agent"], before["trouble"], before["turns"]) == ("parrot", "", [])
    assert page.ask("hello")["settings"]["talk"]
    page.ask("generate", turn_id="turn-0001")
    (first,) = page.finish()["turns"]
    assert (first["response"], first["span_id"], first["others"]) == ("1: one", None, [])
    page.ask("chat_send", turn_id="turn-0002", parent="turn-0001", text="two")
    page.finish()
    page.ask("chat_send", turn_id="turn-0003", parent="turn-0001", text="other")
    turns = page.finish()["turns"]
    assert [turn["response"] for turn in turns] == ["1: one", "3: other"]
    assert turns[1]["others"] == ["turn-0002"]
    chosen = page.ask("chat_choose", turn_id="turn-0002")["turns"]
    assert [turn["response"] for turn in chosen] == ["1: one", "3: two"]
    assert chosen[1]["span_id"] == "turn-0002"
    answer = {"kind": "answer", "event_id": "event-001", "item_id": page.item_id, "name": "q"}
    saved = page.ask("save", events=[{**answer, "value": "x", "span_id": chosen[1]["span_id"]}])
    assert saved["results"][0]["saved"]
    assert page.review.session.label_schemas == ["q"]
    (kept,) = page.review.answers(page.item_id)[0]
    assert (kept.value, kept.span_id) == ("x", "turn-0002")


def test_answers_arrive_in_few_pushes_that_join_to_the_whole() -> None:
    page = Page(a_session(words))
    page.ask("generate", turn_id="turn-0001")
    page.finish()
    text = "".join(f"{number} " for number in range(2_000))
    assert "".join(push["text"] for push in page.pushes) == text
    offset = 0
    for push in page.pushes[:-1]:
        assert push["offset"] == offset
        offset += len(push["text"])
    assert [push["ended"] for push in page.pushes][-1]
    seconds = page.times[-1] - page.times[0]
    assert len(page.pushes) <= 20 * seconds + 3
    assert page.pushes[0]["text"].startswith("0 ")


def test_the_first_piece_is_pushed_at_once() -> None:
    yielded: list[float] = []
    release = threading.Event()

    def agent(question: str) -> Iterator[str]:
        yielded.append(time.monotonic())
        yield "first"
        release.wait(5)

    page = Page(a_session(agent))
    try:
        page.ask("generate", turn_id="turn-0001")
        deadline = time.monotonic() + 5
        while not page.pushes and time.monotonic() < deadline:
            time.sleep(0.001)
        assert page.pushes[0]["text"] == "first"
        assert page.times[0] - yielded[0] < 0.05
        running = page.ask("talk")
        assert (running["running"], running["text"]) == ("turn-0001", "first")
        again = Page(lw.get_labeling_sessions()[0])
        assert again.ask("talk")["text"] == "first"  # a page that was reloaded goes on
        assert page.ask("generate", turn_id="turn-0002")["code"] == "conflict"
        assert again.ask("generate", turn_id="turn-0003")["code"] == "conflict"
        page.ask("chat_stop")
        (turn,) = page.finish()["turns"]
        assert (turn["state"], turn["response"]) == ("stopped", "first")
    finally:
        release.set()


def test_a_key_that_comes_in_pieces_is_never_pushed(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-canary-0123456789"
    monkeypatch.setenv("SOME_API_KEY", key)

    def leaky(question: str) -> Iterator[str]:
        for letter in f"Yes, {key} is it, and so is {key[:5]} and {key}":
            time.sleep(0.002)
            yield letter

    page = Page(a_session(leaky))
    page.ask("generate", turn_id="turn-0001")
    (turn,) = page.finish()["turns"]
    pushes = [push for push in page.pushes if not push["ended"]]
    assert len(pushes) > 2
    said = "".join(push["text"] for push in pushes)
    assert said == "Yes, [hidden] is it, and so is sk-ca and [hidden]" == turn["response"]
    assert [push["offset"] for push in pushes] == [
        len("".join(push["text"] for push in pushes[:number])) for number in range(len(pushes))
    ]


def test_what_was_lost_with_its_kernel_is_said() -> None:
    session = a_session(parrot, enable_multi_turn_chat=True)
    page = Page(session)
    page.ask("generate", turn_id="turn-0001")
    page.finish()
    from labelwidget.agents.talk import Talk

    Talk(session.store, session.info, page.item_id).ask("parrot", "lost words", parent="turn-0001")
    assert page.ask("talk")["lost"] == ["lost words"]


def test_a_message_that_is_sent_again_is_asked_once() -> None:
    asked: list[str] = []

    def agent(question: str) -> str:
        asked.append(question)
        return "a"

    page = Page(a_session(agent))
    page.ask("generate", turn_id="turn-0001")
    page.finish()
    page.ask("generate", turn_id="turn-0001")
    assert asked == ["one"]


def test_labels_are_saved_while_the_agent_hangs() -> None:
    release = threading.Event()

    def agent(question: str) -> str:
        release.wait(20)
        return "late"

    session = a_session(agent)
    page = Page(session)
    try:
        page.ask("generate", turn_id="turn-0001")
        begun = time.monotonic()
        page.review.answer(page.item_id, "q", "saved")
        assert time.monotonic() - begun < 2
        page.ask("chat_stop")
        page.finish()
    finally:
        release.set()
    assert session.to_df().q.tolist() == ["saved"]


def test_nothing_runs_without_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    session = a_session(echo)
    page = Page(session, allowed=False)
    assert "allow_agent=True" in page.ask("talk")["trouble"]
    assert page.ask("generate", turn_id="turn-0001")["code"] == "invalid_value"
    open_page = Page(session)
    refused = open_page.ask("chat_send", turn_id="turn-0002", parent="x", text="hi")
    assert "enable_multi_turn_chat" in refused["message"]
    session.set_assigned_users(["bob"])
    assert open_page.ask("generate", turn_id="turn-0003")["code"] == "not_assigned"
    assert open_page.ask("generate", turn_id="turn-0003", agent="rm")["code"] == "bad_message"
    assert session.store.turns(session.mlflow_run_id) == []
    assert agents_allowed(None)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    assert not agents_allowed(None)
    assert agents_allowed(True)


def test_each_turn_has_a_form_of_its_own_and_its_answers_stay_with_it() -> None:
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    lw.create_label_schema(
        "solved", type="feedback", input=lw.InputPassFail("Yes", "No"), scope="conversation"
    )
    lw.create_label_schema("expected_response", type="expectation", input=lw.InputText())
    session = lw.create_labeling_session(
        "s",
        agent=parrot,
        label_schemas=["helpful", "solved", "expected_response"],
        enable_multi_turn_chat=True,
    ).add_inputs([{"question": "one"}])
    page = Page(session)
    page.ask("generate", turn_id="turn-0001")
    page.finish()
    assert page.ask("trace_at")["turns"] == []
    for number, parent, text in ((2, 1, "two"), (3, 1, "other"), (4, 3, "three")):
        page.ask("chat_send", turn_id=f"turn-000{number}", parent=f"turn-000{parent}", text=text)
        page.finish()
    turns = page.ask("trace_at")["turns"]
    assert turns == [
        {"span_id": None, "title": "one"},
        {"span_id": "turn-0003", "title": "other"},
        {"span_id": "turn-0004", "title": "three"},
    ]
    answers = [
        {"name": "helpful", "value": number != 1, "span_id": turn["span_id"]}
        for number, turn in enumerate(turns)
    ]
    answers += [
        {"name": "expected_response", "value": f"right {number}", "span_id": turn["span_id"]}
        for number, turn in enumerate(turns)
    ]
    answers.append({"name": "solved", "value": True})
    events = [
        {"kind": "answer", "event_id": f"event-{number:03}", "item_id": page.item_id, **answer}
        for number, answer in enumerate(answers)
    ]
    assert all(result["saved"] for result in page.ask("save", events=events)["results"])

    frame = session.turns_df()
    assert frame.index.tolist() == ["turn-0001", "turn-0003", "turn-0004"]
    assert frame.helpful.tolist() == [True, False, True]
    assert frame.solved.dropna().tolist() == [True]
    tidy = session.assessments_df()
    assert tidy[tidy.name == "helpful"].span_id.tolist() == [None, "turn-0003", "turn-0004"]
    assert session.to_df().helpful.tolist() == [True]
    session.sync(dataset_name="talks")
    records = lw.get_dataset("talks").records
    assert [record["expectations"] for record in records] == [
        {"expected_response": f"right {number}"} for number in range(3)
    ]
    # The other branch is shown again: its turn has no answer, and nothing that was said is lost.
    page.ask("chat_choose", turn_id="turn-0002")
    assert [turn["span_id"] for turn in page.ask("trace_at")["turns"]] == [None, "turn-0002"]
    assert session.turns_df().helpful.dropna().tolist() == [True]
    page.ask("chat_choose", turn_id="turn-0004")
    assert session.turns_df().helpful.tolist() == [True, False, True]
