"""Turns are appended once, found again, and go with their session."""

from __future__ import annotations

import sqlite3
import warnings
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.errors import NotFoundError
from labelwidget.model import Span, Trace
from labelwidget.model.turn import AgentInfo, Turn, TurnState, shown_path
from labelwidget.store.base import Store
from labelwidget.store.turn_store import NewTurn, ShownItem


@pytest.fixture
def session() -> lw.LabelingSession:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = lw.create_labeling_session("chat")
    return made.add_traces([{"inputs": {"q": "a"}, "outputs": "b"}])


def a_turn(item_id: str, turn_id: str, parent: str | None = None, **more: object) -> Turn:
    known: dict[str, object] = {
        "turn_id": turn_id,
        "session_id": "",
        "item_id": item_id,
        "parent_id": parent,
        "state": TurnState.OK,
        "answered": True,
    }
    return Turn.model_validate(known | more)


def test_rows_and_traces_come_back_as_they_were(store: Store, session: lw.LabelingSession) -> None:
    item = store.items(session.labeling_session_id)[0]
    trace = Trace(trace_id="t", inputs={"n": 2**70}, spans=(Span(span_id="x", inputs="\ud800\0"),))
    turn = a_turn(item.item_id, "t1", message="\ud800\0", session_id=item.session_id)
    shown = ShownItem(item.model_copy(update={"response": "new"}), trace)
    store.add_turns([NewTurn(turn, trace)], shown)
    store.add_turns([NewTurn(turn, trace)])
    (found,) = store.turns(session.labeling_session_id)
    assert found == turn.model_copy(update={"seq": found.seq})
    assert store.turns(session.labeling_session_id, item.item_id) == [found]
    assert store.turn_trace("t1") == trace == store.trace(item.item_id)
    assert store.items(session.labeling_session_id)[0].response == "new"
    with pytest.raises(NotFoundError, match="no turn 'other'"):
        store.turn_trace("other")


def test_a_purged_session_leaves_no_turn(
    store: Store, session: lw.LabelingSession, tmp_path: Path
) -> None:
    item = store.items(session.labeling_session_id)[0]
    turn = a_turn(item.item_id, "t1", session_id=item.session_id)
    store.add_turns([NewTurn(turn, Trace(trace_id="t"))])
    lw.delete_labeling_session(session, purge=True)
    raw = sqlite3.connect(tmp_path / "labels.db")
    counts = [
        raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        for name in ("turns", "turn_payloads")
    ]
    raw.close()
    assert counts == [0, 0]


def test_agents_keep_their_place(store: Store) -> None:
    for name in ("b", "a", "b"):
        store.put_agent(AgentInfo(agent_name=name, model_serving_endpoint=f"http://{name}"))
    assert [info.agent_name for info in store.agents()] == ["b", "a"]
    assert store.delete_agent("b")
    assert not store.delete_agent("b")
    assert store.agent("b") is None
    assert store.agent("a") == AgentInfo(agent_name="a", model_serving_endpoint="http://a")


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ([("o", None, "origin", False)], []),
        ([("o", None, "origin", True)], ["o"]),
        ([("o", None, "origin", False), ("1", None, "ok", True)], ["1"]),
        ([("1", None, "ok", True), ("2", "1", "started", False)], ["1"]),
        (
            [("1", None, "ok", True), ("2", "1", "ok", True), ("3", "2", "error", False)],
            ["1", "2", "3"],
        ),
        ([("1", None, "ok", True), ("2", "1", "ok", True), ("3", "1", "ok", True)], ["1", "3"]),
        (
            [
                ("1", None, "ok", True),
                ("2", "1", "ok", True),
                ("3", "1", "ok", True),
                ("4", "2", "chosen", False),
            ],
            ["1", "2"],
        ),
    ],
)
def test_the_newest_branch_is_shown_until_another_is_chosen(
    rows: list[tuple[str, str | None, str, bool]], path: list[str]
) -> None:
    turns = [
        a_turn("i", name, parent, state=TurnState(state), answered=answered)
        for name, parent, state, answered in rows
    ]
    assert [turn.turn_id for turn in shown_path(turns)] == path
