"""A conversation on its own: begun without a session, kept as one when it is worth it."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

import labelwidget as lw
from labelwidget.agents.talk import Talk
from labelwidget.content import messages
from labelwidget.errors import AlreadyExistsError, ConflictError, InvalidValueError, NotFoundError
from labelwidget.store.base import Store
from tests.agents.fakes import echo, parrot


class Chatting:
    """A `ChatWidget` with a page before it, without a browser."""

    def __init__(self, chat: lw.ChatWidget) -> None:
        self.chat = chat
        self.ended = threading.Event()
        self.replies: list[dict[str, Any]] = []
        chat.send = self._hear  # type: ignore[method-assign]

    def _hear(self, content: dict[str, Any], buffers: object = None) -> None:
        del buffers
        if content.get("push") == "chat" and content["ended"]:
            self.ended.set()
        elif "req" in content:
            self.replies.append(content)

    def ask(self, op: str, **params: object) -> dict[str, Any]:
        content = {"v": 1, "req": "r", "op": op, **params}
        self.chat._handle_msg({"content": {"data": {"method": "custom", "content": content}}})
        reply = self.replies[-1]
        return cast("dict[str, Any]", reply["ok"] or reply["error"])

    def answered(self) -> None:
        assert self.ended.wait(10)
        self.ended.clear()

    def two_conversations(self) -> tuple[str, str]:
        """The first of two turns with a branch, the second of one; both begin with the same words."""
        first = self.ask("chat_start", turn_id="turn-0001", text="hi")["item_id"]
        self.answered()
        for number, text in ((2, "and now?"), (3, "or then?")):
            self.ask(
                "chat_send",
                item_id=first,
                turn_id=f"turn-000{number}",
                parent="turn-0001",
                text=text,
            )
            self.answered()
        second = self.ask("chat_start", turn_id="turn-0004", text="hi")["item_id"]
        self.answered()
        return first, second


@pytest.fixture
def page(store: Store) -> Chatting:
    del store
    return Chatting(lw.ChatWidget(parrot))


def test_a_conversation_begins_without_a_session_and_leaves_no_trace_in_the_store(
    page: Chatting, store: Store
) -> None:
    hello = page.ask("hello")
    assert (hello["total"], hello["settings"]["chat"], hello["settings"]["saved"]) == (0, True, "")
    first, second = page.two_conversations()
    assert first != second
    assert page.ask("hello")["total"] == 2
    assert len(page.chat.session) == 2
    page.chat.index = 0
    assert page.chat.messages == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "1: hi"},
        {"role": "user", "content": "or then?"},
        {"role": "assistant", "content": "3: or then?"},
    ]
    assert store.sessions() == []
    assert store.agents() == []
    assert repr(page.chat) == "ChatWidget('parrot', conversations=2, not saved)"


def test_what_is_saved_is_a_session_with_all_branches_and_goes_on(
    page: Chatting, store: Store
) -> None:
    first, _ = page.two_conversations()
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    session = page.chat.save_as_session("first try", label_schemas=["helpful"])
    assert [one.name for one in lw.get_labeling_sessions()] == ["first try"]
    assert (session.agent, session.enable_multi_turn_chat) == ("parrot", True)
    frame = session.turns_df()
    assert frame.turn.tolist() == [1, 2, 1]
    assert frame.response.tolist() == ["1: hi", "3: or then?", "1: hi"]
    talk = Talk(store, session.info, first)
    assert [row.message for row in talk.rows() if row.ended] == ["", "and now?", "or then?"]
    assert [one.text for one in messages(store.trace(first))][-1] == "3: or then?"
    # It goes on in the session: more turns, another conversation, labels.
    assert page.ask("hello")["settings"]["saved"] == "first try"
    page.ask("chat_send", item_id=first, turn_id="turn-0005", parent="turn-0003", text="and on?")
    page.answered()
    assert session.turns_df().response.tolist()[2] == "5: and on?"
    page.ask("chat_start", turn_id="turn-0006", text="anew")
    page.answered()
    assert len(session) == 3
    review = lw.Review(store, session.mlflow_run_id, "alice")
    review.answer(first, "helpful", True, span_id=talk.turns()[1].span_id)
    assert session.turns_df().helpful.dropna().tolist() == [True]
    with pytest.raises(AlreadyExistsError, match="kept already, as 'first try'"):
        page.chat.save_as_session("again")


def test_the_button_saves_too(page: Chatting) -> None:
    assert page.ask("chat_save", name="x")["code"] == "invalid_value"
    page.two_conversations()
    assert page.ask("chat_save", name="by button") == {"name": "by button"}
    assert len(lw.get_labeling_sessions()[0]) == 2
    assert page.ask("chat_save", name="again")["code"] == "already_exists"


def test_an_answer_that_is_coming_is_not_saved_by_halves(store: Store) -> None:
    release = threading.Event()

    def slow(question: str) -> object:
        yield "half "
        release.wait(20)
        yield "whole"

    page = Chatting(lw.ChatWidget(slow))
    try:
        page.ask("chat_start", turn_id="turn-0001", text="hi")
        with pytest.raises(ConflictError, match="still answering"):
            page.chat.save_as_session("x")
        assert store.sessions(deleted=True) == []
    finally:
        release.set()
    page.answered()
    page.chat.save_as_session("x")


def test_an_agent_of_the_store_is_talked_to_by_name(store: Store) -> None:
    lw.get_review_app().add_agent(agent_name="known", agent=echo)
    page = Chatting(lw.ChatWidget("known"))
    page.ask("chat_start", turn_id="turn-0001", text="hi")
    page.answered()
    assert page.chat.messages[-1]["content"] == "You asked: hi"
    with pytest.raises(NotFoundError, match="Agent 'nobody' not found"):
        lw.ChatWidget("nobody")
    with pytest.raises(InvalidValueError):
        lw.ChatWidget(3)  # type: ignore[arg-type]


def test_nothing_begins_without_leave(store: Store) -> None:
    page = Chatting(lw.ChatWidget(echo, allow_agent=False))
    assert "allow_agent=True" in page.ask("chat_start", turn_id="turn-0001", text="hi")["message"]
    assert len(page.chat.session) == 0
    page = Chatting(lw.ChatWidget(echo))
    assert page.ask("chat_start", turn_id="turn-0001", text="  ")["code"] == "invalid_value"
    session = lw.create_labeling_session("s", agent=echo, label_schemas=["guidelines"])
    other = Chatting(cast("lw.ChatWidget", lw.ReviewWidget(session)))
    assert other.ask("chat_start", turn_id="turn-0001", text="hi")["code"] == "invalid_value"
    assert other.ask("chat_save", name="x")["code"] == "invalid_value"
    assert len(session) == 0


def test_a_message_that_is_sent_again_begins_one_conversation(page: Chatting) -> None:
    first = page.ask("chat_start", turn_id="turn-0001", text="hi")
    page.answered()
    assert page.ask("chat_start", turn_id="turn-0001", text="hi")["item_id"] == first["item_id"]
    assert len(page.chat.session) == 1
