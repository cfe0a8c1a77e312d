"""One story: each thing once, where it happened, with what belongs to it."""

from __future__ import annotations

import json

import pytest

from labelwidget.content import messages, to_blocks
from labelwidget.content.blocks import ErrorBlock, MessageBlock, ToolBlock, TurnBlock
from labelwidget.model import Span, Trace, TraceState
from tests.builders import a_trace, calls, result, says, system, user
from tests.content.reader import line, read

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def an_agent_run():
    """A run of two model calls and a tool, the second call told everything again."""
    told = [system("Be kind."), user("Weather in Paris?")]
    asked = calls("weather", city="Paris")
    return (
        a_trace("AGENT")
        .asked({"messages": told})
        .with_llm(told, asked)
        .with_tool("weather", {"city": "Paris"}, "18 degrees")
        .with_llm([*told, asked, result("18 degrees")], says("It is 18."))
        .answered({"messages": [*told, asked, result("18 degrees"), says("It is 18.")]})
    )


def test_history_that_every_call_repeats_is_shown_once():
    assert read(an_agent_run().build()) == [
        "system folded: Be kind.",
        "user: Weather in Paris?",
        'tool weather({"city": "Paris"}) -> 18 degrees',
        "assistant final: It is 18.",
    ]


def test_the_messages_are_the_story_in_normal_form():
    roles = [message.role for message in messages(an_agent_run().build())]
    assert roles == ["system", "user", "assistant", "tool", "assistant"]


def test_the_same_word_said_twice_is_shown_twice():
    told = [user("Go on?"), says("Yes."), user("Go on?")]
    trace = a_trace().asked({"messages": told}).with_llm(told, says("Yes.")).build()
    assert read(trace) == [
        "user: Go on?",
        "assistant: Yes.",
        "user: Go on?",
        "assistant final: Yes.",
    ]


def test_a_model_that_answers_the_same_again_is_shown_again():
    told = [user("Tell a joke")]
    trace = a_trace(None).with_llm(told, says("Knock")).with_llm(told, says("Knock")).build()
    assert read(trace) == ["user: Tell a joke", "assistant: Knock", "assistant final: Knock"]


def test_a_model_call_within_a_model_call_is_shown_once():
    told = [user("Hi")]
    inner = {"messages": told, "model": "m"}
    outer = a_trace(None).within("generate", "LLM", inputs={"prompt": "Hi"}, outputs="Hello")
    trace = outer.with_span("doGenerate", "LLM", inputs=inner, outputs=says("Hello")).build()
    assert read(trace) == ["user: Hi", "assistant final: Hello"]


def test_a_shortened_history_shows_only_what_is_new():
    many = [m for i in range(6) for m in (user(f"Question {i}"), says(f"Answer {i}"))]
    trace = (
        a_trace(None)
        .with_llm([system("Rules"), *many], says("One"))
        .with_llm([system("Rules"), *many[-2:], says("One"), user("More")], says("Two"))
        .build()
    )
    lines = read(trace)
    assert lines[-3:] == ["assistant: One", "user: More", "assistant final: Two"]
    assert len(lines) == len(many) + 4


def test_what_a_step_adds_before_known_messages_stands_before_them():
    trace = (
        a_trace()
        .asked({"messages": [user("Find it")]})
        .with_llm([user("Be helpful!"), user("Find it")], says("Found"))
        .build()
    )
    assert read(trace) == ["user: Be helpful!", "user: Find it", "assistant final: Found"]


def test_text_that_only_the_next_call_tells_of_stands_before_its_tool_call():
    asked = calls("weather", city="Paris")
    trace = (
        a_trace(None)
        .with_llm([user("Weather?")], asked)
        .with_tool("weather", {"city": "Paris"}, "18")
        .with_llm(
            [user("Weather?"), {**asked, "content": "Let me look."}, result("18")],
            says("It is 18."),
        )
        .build()
    )
    assert read(trace) == [
        "user: Weather?",
        "assistant: Let me look.",
        'tool weather({"city": "Paris"}) -> 18',
        "assistant final: It is 18.",
    ]


def test_a_question_inside_a_template_is_a_folded_prompt():
    trace = (
        a_trace()
        .asked({"question": "Who is Ann?", "k": 2})
        .with_llm([user("Context: …\nAnswer this: Who is Ann?")], says("A colleague."))
        .answered({"answer": "A colleague.", "cost": 3})
        .build()
    )
    assert read(trace) == [
        'Input: {"question":"Who is Ann?","k":2}',
        "user folded: Context: …\nAnswer this: Who is Ann?",
        "assistant final: A colleague.",
        'Output · other fields: {"cost":3}',
    ]


def test_a_chain_of_langchain_reads_as_question_documents_and_answer():
    question = "What does the warranty of the tent cover?"
    prompt = f"Answer from the context.\nContext: Tents: for life.\nQuestion: {question}"
    told = {"messages": [{"type": "human", "content": prompt, "additional_kwargs": {}}]}
    said = {"type": "ai", "content": "Defects, for life.", "tool_calls": []}
    trace = (
        a_trace()
        .asked(question)
        .with_retriever(question, [{"page_content": "Tents: for life.", "metadata": {}}])
        .with_span("ChatPromptTemplate", "CHAIN", inputs={"question": question}, outputs=told)
        .with_span(
            "ChatOpenAI",
            "CHAT_MODEL",
            inputs=[told["messages"]],
            outputs={"generations": [[{"text": "Defects, for life.", "message": said}]]},
        )
        .with_span("StrOutputParser", "PARSER", inputs=said, outputs="Defects, for life.")
        .answered("Defects, for life.")
        .build()
    )
    assert read(trace) == [
        f"Input: {question}",
        f"documents retrieve({question}): 1 @ Tents: for life.",
        f"user folded: {prompt}",
        "assistant final: Defects, for life.",
    ]


def test_fields_of_the_input_that_the_model_was_told_become_messages():
    trace = (
        a_trace()
        .asked({"question": "Who is Ann?", "k": 2})
        .with_retriever("Ann", [{"page_content": "Ann works here."}])
        .with_llm([system("Be brief."), user("Who is Ann?")], says("A colleague."))
        .answered("A colleague.")
        .build()
    )
    assert read(trace) == [
        "system folded: Be brief.",
        "user: Who is Ann?",
        'Input · other fields: {"k":2}',
        "documents retrieve(Ann): 1 @ Ann works here.",
        "assistant final: A colleague.",
    ]


# -- tools ---------------------------------------------------------------------------------------


def test_parallel_calls_of_one_tool_get_their_own_results_by_id():
    told = [user("Paris and Rome?")]
    both = says(
        None,
        tool_calls=[
            {"id": "a", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}},
            {"id": "b", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
        ],
    )
    trace = (
        a_trace(None)
        .with_llm(told, both)
        .with_tool("weather", {"city": "Rome"}, "warm")
        .with_tool("weather", {"city": "Paris"}, "cool")
        .with_llm([*told, both, result("warm", "b"), result("cool", "a")], says("Both fine."))
        .build()
    )
    assert read(trace)[1:3] == [
        'tool weather({"city":"Paris"}) -> cool',
        'tool weather({"city":"Rome"}) -> warm',
    ]
    tools = [b for b in to_blocks(trace) if isinstance(b, ToolBlock)]
    assert [trace.span(b.span_id or "").inputs for b in tools] == [  # type: ignore[union-attr]
        {"city": "Paris"},
        {"city": "Rome"},
    ]


def test_calls_without_ids_are_answered_by_name_and_in_order():
    told = [{"role": "user", "parts": [{"text": "Two dice"}]}]
    call = {"functionCall": {"name": "roll", "args": {}}}
    answers = [{"functionResponse": {"name": "roll", "response": {"result": n}}} for n in (3, 5)]
    trace = (
        a_trace(None)
        .with_span(
            "gemini",
            "LLM",
            inputs={"contents": told},
            outputs={"candidates": [{"content": {"role": "model", "parts": [call, call]}}]},
        )
        .with_span(
            "gemini",
            "LLM",
            inputs={
                "contents": [
                    *told,
                    {"role": "model", "parts": [call, call]},
                    {"role": "user", "parts": answers},
                ]
            },
            outputs={"candidates": [{"content": {"role": "model", "parts": [{"text": "8"}]}}]},
        )
        .build()
    )
    assert read(trace) == [
        "user: Two dice",
        "tool roll() -> 3",
        "tool roll() -> 5",
        "assistant final: 8",
    ]


def test_a_tool_span_alone_answers_the_call():
    asked = calls("weather", city="Paris")
    trace = (
        a_trace(None)
        .with_llm([user("Weather?")], asked)
        .with_span(
            "execute_tool weather",
            "TOOL",
            inputs={"city": "Paris"},
            outputs={"sky": "grey"},
            attributes={"gen_ai.tool.call.id": "call_1"},
        )
        .build()
    )
    (tool,) = [b for b in to_blocks(trace) if isinstance(b, ToolBlock)]
    assert line(tool) == 'tool weather({"city": "Paris"}) -> {"sky":"grey"}'
    assert (tool.answered, tool.duration_ms, tool.call_id) == (True, 10.0, "call_1")


def test_a_tool_that_the_application_calls_itself_stands_where_it_ran():
    trace = a_trace().asked("Go").with_tool("lookup", {"key": 1}, "value").answered("Done").build()
    assert read(trace) == ["Input: Go", 'tool lookup({"key":1}) -> value', "Output final: Done"]


def test_tool_spans_are_not_shown_again_by_the_messages_at_the_end():
    history = [user("Weather?"), calls("weather", city="Paris"), result("18"), says("It is 18.")]
    trace = (
        a_trace("AGENT")
        .asked({"messages": [user("Weather?")]})
        .with_tool("weather", {"city": "Paris"}, "18")
        .answered({"messages": history})
        .build()
    )
    assert read(trace) == [
        "user: Weather?",
        'tool weather({"city":"Paris"}) -> 18',
        "assistant final: It is 18.",
    ]


def test_a_failed_tool_says_so_in_its_block_and_nowhere_else():
    asked = calls("weather", city="Paris")
    trace = (
        a_trace("AGENT")
        .asked({"messages": [user("Weather?")]})
        .with_llm([user("Weather?")], asked)
        .with_tool("weather", {"city": "Paris"}, error="TimeoutError: no answer in 5 s")
        .failed("TimeoutError: no answer in 5 s")
        .build()
    )
    assert read(trace) == [
        "user: Weather?",
        'tool weather({"city": "Paris"}) -> unanswered !TimeoutError: no answer in 5 s',
    ]


def test_arguments_that_are_not_json_are_shown_as_the_model_wrote_them():
    broken = says(
        None, tool_calls=[{"id": "1", "function": {"name": "run", "arguments": '{"a": '}}]
    )
    (tool,) = [b for b in to_blocks(a_trace(None).with_llm([], broken).build()) if b.kind == "tool"]
    assert [part.kind for part in tool.arguments] == ["text"]
    assert line(tool) == 'tool run({"a": ) -> unanswered'


def test_arguments_encoded_twice_are_decoded_for_display():
    twice = json.dumps(json.dumps({"city": "Paris"}))
    call = says(None, tool_calls=[{"id": "1", "function": {"name": "run", "arguments": twice}}])
    (tool,) = [b for b in to_blocks(a_trace(None).with_llm([], call).build()) if b.kind == "tool"]
    assert line(tool) == 'tool run({"city":"Paris"}) -> unanswered'


def test_tool_definitions_passed_as_tool_messages_are_definitions():
    trace = a_trace(None).with_llm(
        [system("Rules"), user("Hi"), {"role": "tool", "content": WEATHER}], says("Hello")
    )
    assert read(trace.build()) == [
        "system folded: Rules",
        "tools: weather",
        "user: Hi",
        "assistant final: Hello",
    ]


def test_tool_definitions_are_shown_once_however_they_came():
    inputs = {"messages": [user("Hi")], "tools": [WEATHER]}
    attributes = {"mlflow.chat.tools": [WEATHER]}
    trace = a_trace(None)
    for _ in range(2):
        trace.with_span("chat", "LLM", inputs=inputs, outputs=says("x"), attributes=attributes)
    assert read(trace.build())[0] == "tools: weather"
    assert sum(text.startswith("tools") for text in read(trace.build())) == 1


# -- agents, errors, the end ---------------------------------------------------------------------


def a_delegation():
    return (
        a_trace("AGENT")
        .asked({"messages": [user("Plan a trip")]})
        .with_llm([user("Plan a trip")], calls("ask_expert", topic="hotels"))
        .within("ask_expert", "TOOL", inputs={"topic": "hotels"}, outputs="Take the Ritz.")
        .within("hotel expert")
        .with_llm([system("You know hotels."), user("hotels")], says("Take the Ritz."))
        .up()
        .up()
        .with_llm(
            [user("Plan a trip"), calls("ask_expert", topic="hotels"), result("Take the Ritz.")],
            says("Stay at the Ritz."),
        )
        .answered("Stay at the Ritz.")
        .build()
    )


def test_a_sub_agent_has_a_heading_and_stands_under_the_call_that_started_it():
    assert read(a_delegation()) == [
        "user: Plan a trip",
        'tool ask_expert({"topic": "hotels"}) -> Take the Ritz.',
        "  # hotel expert",
        "  system folded: You know hotels.",
        "  user: hotels",
        "  assistant: Take the Ritz.",
        "assistant final: Stay at the Ritz.",
    ]


def test_agents_side_by_side_have_headings_and_no_indentation():
    trace = a_trace("WORKFLOW")
    for name in ("writer", "critic"):
        trace.within(name).with_llm([user(f"Task of the {name}")], says(f"Done by {name}")).up()
    assert read(trace.build()) == [
        "# writer",
        "user: Task of the writer",
        "assistant: Done by writer",
        "# critic",
        "user: Task of the critic",
        "assistant final: Done by critic",
    ]


def test_one_agent_alone_needs_no_heading():
    trace = a_trace("WORKFLOW").within("helper").with_llm([user("Hi")], says("Hello")).build()
    assert not [b for b in to_blocks(trace) if isinstance(b, TurnBlock)]


def test_an_error_that_travels_up_is_shown_once_where_it_happened():
    trace = (
        a_trace()
        .asked("Go")
        .within("step", "CHAIN", error="ValueError: bad")
        .with_llm([user("Go")], error="ValueError: bad")
        .up()
        .failed("ValueError: bad")
        .build()
    )
    errors = [b for b in to_blocks(trace) if isinstance(b, ErrorBlock)]
    assert [(b.where, b.error_type, b.message) for b in errors] == [("chat", "ValueError", "bad")]


def test_two_different_errors_are_both_shown():
    trace = (
        a_trace()
        .with_llm([user("Go")], error="RateLimitError: slow down")
        .with_llm([user("Go")], error="ValueError: bad")
        .build()
    )
    lines = [text for text in read(trace) if text.startswith("error")]
    assert lines == ["error chat: RateLimitError: slow down", "error chat: ValueError: bad"]


def test_a_run_that_failed_without_saying_why_says_that():
    trace = Trace(trace_id="t", name="app", state=TraceState.ERROR, inputs="Go")
    assert read(trace)[-1] == "error app: : The run ended in an error; no span says which."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Plain *text*", "Output final: Plain *text*"),
        ({"a": 1}, 'Output final: {"a":1}'),
        ({"answer": "Text"}, "Output · answer final: Text"),
        ([1, 2], "Output final: [1,2]"),
        (42, "Output final: 42"),
        (False, "Output final: false"),
    ],
)
def test_an_output_and_nothing_else_reads_well(value, expected):
    trace = Trace(trace_id="t", outputs=value)
    assert read(trace) == [expected]


def test_exactly_one_block_is_final():
    for trace in (an_agent_run().build(), a_delegation()):
        finals = [b for b in to_blocks(trace) if getattr(b, "final", False)]
        assert len(finals) == 1
        assert finals[0] is not None


def test_a_root_that_holds_nothing_takes_the_story_from_the_spans_below():
    trace = a_trace().with_llm([user("Hi")], says("Hello")).build()
    assert read(trace) == ["user: Hi", "assistant final: Hello"]


def test_spans_without_any_content_are_still_something():
    trace = a_trace().with_span("idle", "TASK").build()
    assert [text.split(":")[0] for text in read(trace)] == ["app", "idle"]


def test_spans_whose_parents_form_a_loop_are_shown():
    first = Span(span_id="a", parent_id="b", span_type="LLM", outputs="one")
    second = Span(span_id="b", parent_id="a", span_type="LLM", outputs="two")
    lines = read(Trace(trace_id="t", spans=(first, second)))
    assert "assistant: one" in [text.replace(" final", "") for text in lines]


# -- ids -----------------------------------------------------------------------------------------


def test_block_ids_are_unique_and_the_same_on_every_reading():
    trace = an_agent_run().build()
    ids = [block.id for block in to_blocks(trace)]
    again = Trace.model_validate(trace.to_json())
    assert len(set(ids)) == len(ids)
    assert ids == [block.id for block in to_blocks(again)]
    assert all(len(block_id) <= 200 for block_id in ids)


def test_blocks_know_the_span_that_they_came_from():
    trace = an_agent_run().build()
    answer = to_blocks(trace)[-1]
    assert isinstance(answer, MessageBlock)
    assert trace.span(answer.span_id or "").name == "chat"  # type: ignore[union-attr]
