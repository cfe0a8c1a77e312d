"""Logs that keep a conversation: its spans, and the story that is told from them."""

from __future__ import annotations

from labelwidget.content import to_blocks
from labelwidget.content.blocks import MessageBlock, ToolBlock
from labelwidget.model import JsonValue, Span, SpanStatus, Trace
from labelwidget.readers.assemble import assemble
from labelwidget.readers.turns import Draft, Turns

SECOND = 1_000_000_000


def user(text: str) -> JsonValue:
    return {"role": "user", "content": text}


def assistant(text: str) -> JsonValue:
    return {"role": "assistant", "content": text}


def told(turns: Turns) -> Trace:
    spans = [draft.done() for draft in turns.finish()]
    return assemble(trace_id="t", spans=spans, format="test")


def by_name(trace: Trace, name: str) -> Span:
    return next(span for span in trace.spans if span.name == name)


def test_words_that_are_said_twice_are_shown_twice() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    for number in range(3):
        turns.hear(user("yes"))
        turns.answer(assistant("ok"), name=f"call {number}")
    blocks = to_blocks(told(turns))
    said = [block.role for block in blocks if isinstance(block, MessageBlock)]
    assert said == ["user", "assistant"] * 3


def test_each_call_of_the_model_holds_only_what_is_new() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    turns.hear(user("one"))
    turns.answer(assistant("first"), name="call 1")
    turns.hear(user("two"))
    turns.answer(assistant("second"), name="call 2")
    trace = told(turns)
    assert by_name(trace, "call 1").inputs == {"messages": [user("one")]}
    assert by_name(trace, "call 2").inputs == {"messages": [user("two")]}
    assert by_name(trace, "call 2").attributes["messages_before"] == 2
    assert trace.inputs == {"messages": [user("one")]}
    assert trace.outputs == {"messages": [assistant("second")]}


def test_a_last_word_that_nobody_answered_is_kept() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    turns.hear(user("one"))
    turns.answer(assistant("first"), name="call")
    turns.hear(user("thanks"))
    trace = told(turns)
    assert trace.outputs == {"messages": [assistant("first"), user("thanks")]}
    said = [block.role for block in to_blocks(trace) if isinstance(block, MessageBlock)]
    assert said == ["user", "assistant", "user"]


def test_a_conversation_without_an_answer_is_kept() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    turns.hear(user("anybody?"))
    trace = told(turns)
    assert trace.inputs == {"messages": [user("anybody?")]}
    assert trace.outputs is None


def test_a_tool_has_its_result_and_its_time() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    turns.hear(user("look"), 1 * SECOND)
    turns.answer(assistant("I look."), name="call", moment=3 * SECOND)
    turns.call("c-1", name="look", arguments={"at": "sky"}, moment=3 * SECOND)
    turns.result("c-1", "blue", moment=4 * SECOND)
    trace = told(turns)
    call, tool = by_name(trace, "call"), by_name(trace, "look")
    assert call.duration_ms == 2000
    assert tool.duration_ms == 1000
    assert (tool.inputs, tool.outputs, tool.status) == ({"at": "sky"}, "blue", SpanStatus.OK)
    assert trace.duration_ms == 3000


def test_a_tool_without_a_result_and_one_that_failed() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    turns.answer(assistant("I try."), name="call")
    turns.call("c-1", name="slow", arguments=None)
    turns.call("c-2", name="bad", arguments=None)
    turns.result("c-2", "boom", error="boom")
    assert turns.result("c-2", "again") is None
    trace = told(turns)
    assert by_name(trace, "slow").status is SpanStatus.UNSET
    assert by_name(trace, "bad").status is SpanStatus.ERROR
    tools = {block.name: block for block in to_blocks(trace) if isinstance(block, ToolBlock)}
    assert tools["bad"].error is not None


def test_clocks_that_run_backwards_do_not_change_the_order() -> None:
    turns = Turns(Draft("run", span_type="AGENT"))
    turns.hear(user("one"), 10 * SECOND)
    turns.answer(assistant("first"), name="call 1", moment=12 * SECOND)
    turns.hear(user("two"), 5 * SECOND)
    turns.answer(assistant("second"), name="call 2", moment=6 * SECOND)
    trace = told(turns)
    assert [span.name for span in trace.spans if span.span_type == "LLM"] == ["call 1", "call 2"]
    assert all((span.duration_ms or 0) >= 0 for span in trace.spans)
