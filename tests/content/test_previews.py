"""Title, request and response in short, for the queue."""

from __future__ import annotations

import pytest

from labelwidget.content import previews
from labelwidget.content.previews import MAX_PREVIEW, MAX_TITLE
from labelwidget.model import Trace
from tests.builders import a_trace, calls, says, system, user


def test_the_last_question_and_the_last_answer():
    told = [system("s"), user("First?"), says("One."), user("Second?")]
    trace = (
        a_trace().asked({"messages": told}).answered({"messages": [*told, says("Two.")]}).build()
    )
    assert previews(trace) == ("Second?", "Second?", "Two.")


def test_what_the_root_does_not_hold_is_taken_from_the_model_calls():
    trace = a_trace().with_llm([user("A?")], says("A.")).with_llm([user("B?")], says("B.")).build()
    assert previews(trace) == ("A?", "A?", "B.")


@pytest.mark.parametrize(
    ("inputs", "request_text"),
    [
        ("Plain", "Plain"),
        ({"question": "Who?", "k": 1}, "Who?"),
        ({"x": "Only text"}, "Only text"),
        ({"a": 1, "b": [2]}, '{"a":1,"b":[2]}'),
        ([1, 2], "[1,2]"),
        (None, ""),
    ],
)
def test_inputs_that_are_no_messages(inputs, request_text):
    assert previews(Trace(trace_id="t", inputs=inputs)).request == request_text


def test_the_title_is_one_line_and_every_text_has_its_bound():
    short = previews(Trace(trace_id="t", inputs="a\n\n b\t" + "c" * 5_000, outputs="d" * 5_000))
    assert short.title.startswith("a b ccc")
    assert "\n" not in short.title
    assert [len(text) for text in short] == [MAX_TITLE, MAX_PREVIEW, MAX_PREVIEW]
    assert all(text.endswith("…") for text in short)


def test_a_trace_without_an_input_is_called_by_its_name():
    assert previews(Trace(trace_id="t", name="nightly job")) == ("nightly job", "", "")


def test_an_answer_that_only_calls_tools_names_them():
    trace = a_trace().with_llm([user("Weather?")], calls("get_weather")).build()
    assert previews(trace).response == "calls get_weather"


def test_a_failed_run_says_why():
    trace = a_trace().asked("Go").failed("ValueError: bad").build()
    assert previews(trace).response == "ValueError: bad"
