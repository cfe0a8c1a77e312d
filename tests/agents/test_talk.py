"""Conversations: turns, branches, labels on them, frames and records; and traces that share a session."""

from __future__ import annotations

import threading

import pytest

import labelwidget as lw
from labelwidget.agents.talk import Call, Talk
from labelwidget.content import messages
from labelwidget.errors import ConflictError, InvalidValueError, NotFoundError
from labelwidget.model import JsonValue, Span, Trace
from labelwidget.model.turn import Turn, TurnState
from labelwidget.store.base import Store
from tests.agents.fakes import parrot


@pytest.fixture
def session(store: Store) -> lw.LabelingSession:
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    lw.create_label_schema(
        "solved", type="feedback", input=lw.InputPassFail("Yes", "No"), scope="conversation"
    )
    lw.create_label_schema("expected_response", type="expectation", input=lw.InputText())
    made = lw.create_labeling_session(
        "chat",
        agent=parrot,
        label_schemas=["helpful", "solved", "expected_response"],
        enable_multi_turn_chat=True,
    )
    return made.add_inputs([{"question": "one"}])


@pytest.fixture
def talk(session: lw.LabelingSession) -> Talk:
    return Talk(session.store, session.info, session.to_df().index[0])


def say(talk: Talk, text: str = "", parent: str | None = None) -> Turn:
    return talk.ask("parrot", text, parent=parent, by="alice").wait()


def five_turns(talk: Talk) -> list[Turn]:
    """one → two → three → four, then from two: three anew → five."""
    one = say(talk)
    two = say(talk, "two", one.turn_id)
    three = say(talk, "three", two.turn_id)
    other = say(talk, "other three", two.turn_id)
    return [one, two, three, other, say(talk, "five", other.turn_id)]


def test_each_turn_gets_the_conversation_before_it(talk: Talk) -> None:
    turns = five_turns(talk)
    assert [turn.response for turn in turns] == [
        "1: one",
        "3: two",
        "5: three",
        "5: other three",
        "7: five",
    ]
    last = talk.store.turn_trace(turns[-1].turn_id)
    assert last.inputs == {
        "messages": [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "1: one"},
            {"role": "user", "content": "two"},
            {"role": "assistant", "content": "3: two"},
            {"role": "user", "content": "other three"},
            {"role": "assistant", "content": "5: other three"},
            {"role": "user", "content": "five"},
        ]
    }
    assert len({talk.store.turn_trace(turn.turn_id).conversation_id for turn in turns}) == 1


def test_the_branch_that_is_shown_reads_as_one_conversation(talk: Talk) -> None:
    one, two, three, other, five = five_turns(talk)
    assert [turn.turn_id for turn in talk.turns()] == [
        one.turn_id,
        two.turn_id,
        other.turn_id,
        five.turn_id,
    ]
    trace = talk.store.trace(talk.item_id)
    assert [message.text for message in messages(trace) if message.role == "assistant"] == [
        "1: one", "3: two", "5: other three", "7: five",
    ]  # fmt: skip
    assert [root.span_id for root in trace.children(None)] == [
        turn.span_id for turn in talk.turns()
    ]
    shown = talk.choose(three.turn_id, by="alice")
    assert [turn.turn_id for turn in shown] == [one.turn_id, two.turn_id, three.turn_id]
    said = [message.text for message in messages(talk.store.trace(talk.item_id))]
    assert "5: three" in said
    assert "7: five" not in said
    # Nothing is lost: all five are there, and the trace as it was added.
    kept = [row.state for row in talk.rows() if row.state is not TurnState.STARTED]
    assert kept == [TurnState.ORIGIN, *[TurnState.OK] * 5, TurnState.CHOSEN]
    with pytest.raises(NotFoundError, match="no turn 'nowhere'"):
        talk.choose("nowhere")


def test_answers_to_turns_and_to_the_conversation_come_out_right(
    session: lw.LabelingSession, talk: Talk
) -> None:
    turns = [turn for turn in five_turns(talk) if turn.message != "three"]
    review = lw.Review(session.store, session.mlflow_run_id, "alice")
    item_id = talk.item_id
    for number, turn in enumerate(turns):
        place = turn.span_id if number else None
        review.answer(item_id, "helpful", number % 2 == 0, span_id=place)
        review.answer(item_id, "expected_response", f"right {number}", span_id=place)
    review.answer(item_id, "solved", True)
    assert session.to_df().helpful.tolist() == [True]
    frame = session.turns_df()
    assert frame.index.tolist() == [turn.turn_id for turn in turns]
    assert frame.turn.tolist() == [1, 2, 3, 4]
    assert frame.helpful.tolist() == [True, False, True, False]
    assert frame.agent.tolist() == ["parrot"] * 4
    assert frame.solved.dropna().tolist() == [True]
    assert frame.response.tolist() == ["1: one", "3: two", "5: other three", "7: five"]
    result = session.sync(dataset_name="talks")
    assert (result.inserted, result.conflicts, result.refused) == (4, [], [])
    records = lw.get_dataset("talks").records
    assert [record["expectations"] for record in records] == [
        {"expected_response": f"right {number}"} for number in range(4)
    ]
    assert records[0]["inputs"] == {"question": "one"}
    last: JsonValue = records[3]["inputs"]
    assert isinstance(last, dict)
    assert len(list(last["messages"])) == 7  # type: ignore[arg-type]
    assert session.sync(dataset_name="talks").unchanged == 4


def test_a_trace_that_came_with_its_answer_can_be_continued(session: lw.LabelingSession) -> None:
    session.add_traces([{"inputs": {"question": "old"}, "outputs": {"answer": "known"}}])
    talk = Talk(session.store, session.info, session.to_df().index[1])
    (origin,) = talk.turns()
    turn = say(talk, "and now?", origin.turn_id)
    assert turn.response == "3: and now?"
    frame = session.to_df()
    assert frame.response.tolist()[1] == "known"
    trace = talk.store.trace(talk.item_id)
    assert [message.text for message in messages(trace)][-2:] == ["and now?", "3: and now?"]
    assert talk.choose(origin.turn_id) == [origin.model_copy(update={"seq": talk.turns()[0].seq})]
    assert len(talk.store.trace(talk.item_id).spans) == len(trace.spans) - 1


def test_asking_again_keeps_the_first_answer(talk: Talk) -> None:
    one, again = say(talk), say(talk)
    assert [turn.turn_id for turn in talk.turns()] == [again.turn_id]
    talk.choose(one.turn_id)
    assert [turn.turn_id for turn in talk.turns()] == [one.turn_id]


def test_a_stopped_answer_keeps_what_had_come(talk: Talk) -> None:
    begun, release = threading.Event(), threading.Event()

    def agent(messages: list[object]) -> object:
        yield "half "
        begun.set()
        release.wait(30)
        yield "whole"

    try:
        lw.get_review_app().add_agent(agent_name="slow", agent=agent)
        call = talk.ask("slow", by="alice")
        assert begun.wait(5)
        assert call.text == "half "
        call.stop()
        turn = call.wait()
    finally:
        release.set()
    assert (turn.state, turn.response, turn.answered) == (TurnState.STOPPED, "half", True)
    assert [one.turn_id for one in talk.turns()] == [turn.turn_id]


def test_an_answer_that_never_came_is_noticed(talk: Talk) -> None:
    release = threading.Event()

    def agent(messages: list[object]) -> str:
        release.wait(30)
        return "late"

    try:
        lw.get_review_app().add_agent(agent_name="slow", agent=agent)
        call: Call = talk.ask("slow", by="alice")  # its kernel dies now: nobody waits for it
        (lost,) = talk.lost()
        assert lost.turn_id == call.turn.turn_id
        call.stop()
    finally:
        release.set()


def test_a_message_that_is_sent_twice_is_asked_once(talk: Talk) -> None:
    one = say(talk)
    talk.ask("parrot", "two", parent=one.turn_id, turn_id="tn-given").wait()
    with pytest.raises(ConflictError, match="sent already"):
        talk.ask("parrot", "two", parent=one.turn_id, turn_id="tn-given")


def test_what_cannot_be_asked_is_refused(talk: Talk) -> None:
    with pytest.raises(InvalidValueError, match="100,000 is the most"):
        talk.ask("parrot", "x" * 100_001)
    with pytest.raises(NotFoundError, match="no turn 'nowhere'"):
        talk.ask("parrot", "x", parent="nowhere")
    with pytest.raises(NotFoundError, match="Agent 'nobody' not found"):
        talk.ask("nobody")
    assert talk.rows() == []


def test_scope_is_kept_with_the_question() -> None:
    made = lw.create_label_schema("q", type="feedback", input=lw.InputText(), scope="conversation")
    assert lw.get_label_schema("q").scope == made.scope == "conversation"
    assert lw.update_label_schema("q", title="Q").scope == "conversation"
    assert lw.update_label_schema("q", scope="turn").scope == "turn"
    with pytest.raises(InvalidValueError, match="scope is 'all'"):
        lw.create_label_schema("r", type="feedback", input=lw.InputText(), scope="all")  # type: ignore[arg-type]


# Conversations from traces ---------------------------------------------------------------------------------------------


def a_turn(trace_id: str, conversation: str | None, texts: list[str], at: int) -> Trace:
    roles = ["user", "assistant"]
    said: list[JsonValue] = [
        {"role": roles[n % 2], "content": text} for n, text in enumerate(texts)
    ]
    root = Span(
        span_id="0", name="app", start_ns=at * 10**6, end_ns=at * 10**6 + 5, inputs={"messages": said[:-1]},
        outputs={"choices": [{"message": said[-1]}]},
    )  # fmt: skip
    return Trace(
        trace_id=trace_id, conversation_id=conversation, request_time_ms=at, inputs=root.inputs, outputs=root.outputs,
        spans=(root, Span(span_id="1", parent_id="0", name="step", start_ns=at * 10**6 + 1)),
    )  # fmt: skip


def test_traces_of_one_session_open_as_one_item_with_all_turns(session: lw.LabelingSession) -> None:
    traces = [
        a_turn("t2", "c", ["hi", "hello", "who?", "me"], at=20),
        a_turn("alone", None, ["a", "b"], at=1),
        a_turn("t1", "c", ["hi", "hello"], at=10),
    ]
    session.add_traces(traces, conversations=True)
    assert len(session) == 3
    frame = session.turns_df().iloc[1:]
    assert frame.index.tolist()[:2] == ["t1", "t2"]
    assert frame.turn.tolist() == [1, 2, 1]
    assert frame.request.tolist() == ["hi", "who?", "a"]
    item_id = session.to_df().index[1]
    trace = session.store.trace(item_id)
    assert [message.text for message in messages(trace)] == ["hi", "hello", "who?", "me"]
    assert len({span.span_id for span in trace.spans}) == 4
    review = lw.Review(session.store, session.mlflow_run_id, "alice")
    review.answer(item_id, "expected_response", "x", span_id=frame.span_id.iloc[1])
    session.sync(dataset_name="d")
    records = lw.get_dataset("d").records
    assert [record["expectations"] for record in records] == [
        {},
        {},
        {"expected_response": "x"},
        {},
    ]
    session.add_traces(traces, conversations=True)
    assert len(session) == 3


def test_calls_wait_for_each_other_in_the_store(talk: Talk) -> None:
    """Two answers that come at the same moment are both kept."""
    calls = [talk.ask("parrot", by="alice") for _ in range(8)]
    threads = [threading.Thread(target=call.wait) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    kept = [row.turn_id for row in talk.rows() if row.state is TurnState.OK]
    assert sorted(kept) == sorted(call.turn.turn_id for call in calls)
    assert talk.turns()[0].turn_id == kept[-1]
    assert talk.store.trace(talk.item_id).spans[0].span_id == kept[-1]
