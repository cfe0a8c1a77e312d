"""Second responses beside the first in a session of one's own: blind until answered, then told."""

from __future__ import annotations

import json
import warnings

import pytest

import labelwidget as lw
from labelwidget.agents.talk import Talk
from labelwidget.errors import AlreadyExistsError, NotFoundError
from labelwidget.review.blind import sides_of
from labelwidget.review.comparing import PREFERENCE
from tests.agents.fakes import echo
from tests.agents.test_talking import Page


def v2(question: str) -> dict[str, str]:
    return {"reply": f"Second thoughts about {question}"}


def v3(question: str) -> str:
    return f"third {question}"


@pytest.fixture
def session() -> lw.LabelingSession:
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    made = lw.create_labeling_session("s", agent=echo, label_schemas=["helpful"])
    made.add_inputs([{"question": f"q{n}"} for n in range(8)]).generate().wait()
    made.regenerate(v2).wait()
    return made


def a_page(session: lw.LabelingSession, index: int = 0, user: str = "alice") -> Page:
    page = Page(session, user=user)
    page.item_id = page.review.open(index).item.item_id
    return page


def prefer(page: Page, value: str | None) -> None:
    event_id = f"e-{page.item_id}-{value}".replace(" ", "-")[-60:]
    event = {"event_id": event_id, "item_id": page.item_id, "kind": "answer"}
    answer = {**event, "name": PREFERENCE, "value": value, "rationale": None}
    (result,) = page.ask("save", events=[answer])["results"]
    assert result["saved"], result


def test_nothing_is_told_until_the_reviewer_has_answered(session: lw.LabelingSession) -> None:
    page = a_page(session)
    hello = page.ask("hello")
    assert [question["name"] for question in hello["questions"]] == [PREFERENCE, "helpful"]
    trace = hello["first"]
    assert (trace["pair"], trace["blocks"], trace["item"]["response"]) == ("blind", [], "")
    pair = page.ask("pair")
    assert pair["asked"] == [["user", "q0"]]
    assert {pair["first"], pair["second"]} == {"You asked: q0", "Second thoughts about q0"}
    assert (pair["names"], pair["said"]) == (None, "")
    seen = json.dumps([trace, pair])
    assert not [name for name in ("echo", "v2", "reply") if name in seen]
    for op, more in (("blocks", {"start": 0}), ("spans", {"start": 0}), ("span", {"span_id": "x"})):
        assert "once you have said" in page.ask(op, **more)["message"]

    rows = page.ask("queue", start=0, limit=50, select={})["rows"]
    assert {row["item"]["response"] for row in rows} == {""}

    prefer(page, "Response 1")
    rows = page.ask("queue", start=0, limit=50, select={})["rows"]
    assert [row["item"]["response"] for row in rows] == ["You asked: q0", *[""] * 7]
    pair = page.ask("pair")
    winner = "v2" if pair["first"].startswith("Second") else "echo"
    assert pair["names"][0] == winner
    assert pair["said"].startswith(f"You preferred {winner} to ")
    reply = page.ask("trace_at")
    assert (reply["pair"], bool(reply["blocks"])) == ("open", True)
    # Another reviewer is told nothing by that.
    assert a_page(session, user="bob").ask("pair")["names"] is None
    page.review.undo()
    assert page.ask("pair")["names"] is None


def test_the_order_is_balanced_kept_and_drawn_for_what_is_added_later(
    session: lw.LabelingSession,
) -> None:
    def firsts(count: int) -> list[bool]:
        pages = [a_page(session, index) for index in range(count)]
        return [page.ask("pair")["first"].startswith("Second") for page in pages]

    before = firsts(8)
    assert sum(before) == 4
    assert firsts(8) == before
    session.add_inputs([{"question": f"q{n}"} for n in range(8, 16)]).generate().wait()
    session.regenerate("v2").wait()
    after = firsts(16)
    assert after[:8] == before
    assert sum(after) == 8


def test_preferences_come_out_of_the_session_itself(session: lw.LabelingSession) -> None:
    for index, wanted in enumerate(["echo", "v2", "v2", "Tie"]):
        page = a_page(session, index)
        pair = page.ask("pair")
        is_v2 = pair["first"].startswith("Second")
        first = "Response 1" if is_v2 == (wanted == "v2") else "Response 2"
        prefer(page, "Tie" if wanted == "Tie" else first)
    comparison = lw.compare(session)
    frame = comparison.preferences()
    assert frame.preferred.tolist()[:3] == ["echo", "v2", "v2"]
    assert frame.preference.tolist() == ["a", "b", "b", "tie"]
    assert frame.response_a.tolist() == [f"You asked: q{n}" for n in range(4)]
    assert frame.response_b.tolist() == [f"Second thoughts about q{n}" for n in range(4)]
    rate = comparison.win_rate()
    assert (rate.a, rate.b, rate.wins_a, rate.wins_b, rate.ties) == ("echo", "v2", 1, 2, 1)
    assert len(comparison.dpo_pairs()) == 3


def test_a_pair_stays_what_it_was_when_the_item_is_asked_again(
    session: lw.LabelingSession,
) -> None:
    page = a_page(session)
    before = page.ask("pair")
    Talk(session.store, session.info, page.item_id).ask("v2").wait()
    assert page.ask("pair") == before


def test_preferences_about_one_agent_are_never_mixed_with_those_about_another(
    session: lw.LabelingSession,
) -> None:
    prefer(a_page(session), "Response 2")
    with pytest.warns(UserWarning, match="goes on asking about these"):
        session.regenerate(v3).wait()
    sides = sides_of(session.info)
    assert sides is not None
    assert sides.b == "v2"
    assert len(lw.compare(session, "v3").session) == 8


def test_without_asking_the_session_stays_as_it_is() -> None:
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    session = lw.create_labeling_session("s", agent=echo, label_schemas=["helpful"])
    session.add_inputs([{"question": "q"}]).generate().wait()
    session.regenerate(v2, ask=False).wait()
    page = a_page(session)
    assert page.ask("trace_at")["pair"] == "none"
    assert session.label_schemas == ["helpful"]
    with pytest.raises(NotFoundError):
        session.regenerate("nobody")
    assert page.ask("pair")["code"] == "not_found"


def test_an_item_whose_second_response_failed_is_asked_as_before() -> None:
    def fails_once(question: str) -> str:
        if question == "q1":
            raise RuntimeError("no")
        return "b"

    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    session = lw.create_labeling_session("s", agent=echo, label_schemas=["helpful"])
    session.add_inputs([{"question": f"q{n}"} for n in range(2)]).generate().wait()
    session.regenerate(fails_once, retry=0).wait()
    states = [a_page(session, index).ask("trace_at", index=index)["pair"] for index in range(2)]
    assert states == ["blind", "none"]


def test_a_page_that_is_open_hears_of_second_responses() -> None:
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    session = lw.create_labeling_session("s", agent=echo, label_schemas=["helpful"])
    session.add_inputs([{"question": f"q{n}"} for n in range(6)]).generate().wait()
    page = a_page(session)
    session.regenerate(v2).wait()
    assert page.refreshed.wait(10)
    # Once for all of them.
    assert [push["push"] for push in page.pushes].count("refresh") == 1


def test_a_question_of_ones_own_is_left_alone() -> None:
    lw.create_label_schema(PREFERENCE, type="feedback", input=lw.InputText())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = lw.create_labeling_session("s", agent=echo)
    session.add_inputs([{"question": "q"}]).generate().wait()
    with pytest.raises(AlreadyExistsError, match="with other options"):
        session.regenerate(v2)
