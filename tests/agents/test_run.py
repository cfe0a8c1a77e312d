"""Calling agents of every kind: what they get, what becomes of what they give, and how they end."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from labelwidget.agents.answer import MAX_CHARS
from labelwidget.agents.asked import Asked, asked_messages
from labelwidget.agents.failure import HIDDEN
from labelwidget.agents.run import Outcome, Run
from labelwidget.model import JsonValue
from tests.agents.fakes import slow_words

QUESTION: dict[str, JsonValue] = {"question": "Where is my parcel?"}


def ask(function: Callable[..., object], inputs: JsonValue = QUESTION, **more: Any) -> Outcome:
    asked = Asked(asked_messages(inputs), inputs, {"tone": "calm"}, "c-1")
    return Run(function, asked, **more).wait()


def got(function: Callable[..., object], inputs: JsonValue = QUESTION) -> JsonValue:
    outcome = ask(function, inputs)
    assert outcome.failure is None, outcome.failure
    return outcome.answer.outputs()


# What agents get -------------------------------------------------------------------------------------------------------


def by_name(question: str) -> object:
    return {"got": question}


def by_messages(messages: list[object]) -> object:
    return {"got": messages}


def by_text(text: str) -> object:
    return {"got": text}


def by_anything(x: object) -> object:
    return {"got": x}


def by_inputs(inputs: object) -> object:
    return {"got": inputs}


def by_dict(x: dict[str, object]) -> object:
    return {"got": x}


def by_list(x: list[object], /) -> object:
    return {"got": x}


def by_keywords(**inputs: object) -> object:
    return {"got": inputs}


def with_more(messages: list[object], custom_inputs: object, conversation_id: str) -> object:
    return {"got": [custom_inputs, conversation_id, len(messages)]}


def with_default(question: str, temperature: float = 0.5) -> object:
    return {"got": [question, temperature]}


class Callable_:  # noqa: N801
    def __call__(self, question: str) -> object:
        return {"got": question}


MESSAGES: list[JsonValue] = [{"role": "user", "content": "Where is my parcel?"}]


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (by_name, "Where is my parcel?"),
        (by_messages, MESSAGES),
        (by_text, "Where is my parcel?"),
        (by_anything, "Where is my parcel?"),
        (by_inputs, QUESTION),
        (by_dict, QUESTION),
        (by_list, MESSAGES),
        (by_keywords, QUESTION),
        (with_more, [{"tone": "calm"}, "c-1", 1]),
        (with_default, ["Where is my parcel?", 0.5]),
        (Callable_(), "Where is my parcel?"),
    ],
)
def test_an_agent_gets_what_its_signature_asks_for(
    function: Callable[..., object], value: JsonValue
) -> None:
    assert got(function) == {"got": value}


def test_keyword_inputs_go_to_their_parameters() -> None:
    def agent(question: str, context: str = "", top_k: int = 3) -> object:
        return [question, context, top_k]

    assert got(agent, {"question": "q", "context": "c"}) == ["q", "c", 3]


def test_parameters_of_which_nothing_is_known_are_named() -> None:
    def agent(alpha: str, beta: str) -> str:
        return alpha + beta

    failure = ask(agent).failure
    assert failure is not None
    assert "['alpha', 'beta']" in failure.message


# What agents give ------------------------------------------------------------------------------------------------------


class Model(BaseModel):
    text: str


@dataclasses.dataclass
class Data:
    text: str


def chunk(**delta: object) -> dict[str, object]:
    return {"id": "1", "model": "m", "choices": [{"index": 0, "delta": delta}]}


def call(index: int, arguments: str, **more: object) -> dict[str, object]:
    return {"index": index, "function": {"arguments": arguments, **more}}


@pytest.mark.parametrize(
    ("pieces", "text", "outputs"),
    [
        (["a", "b"], "ab", "ab"),
        (["a", None, "b"], "ab", "ab"),
        (
            [{"role": "assistant", "content": "a"}, {"content": "b"}],
            "ab",
            {"messages": [{"role": "assistant", "content": "ab"}]},
        ),
        (
            [{"delta": {"role": "assistant", "content": "a"}}, {"delta": {"content": "b"}}],
            "ab",
            {"messages": [{"role": "assistant", "content": "ab"}]},
        ),
        (
            [
                {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
                {"role": "tool", "tool_call_id": "1", "content": "18"},
                {"role": "assistant", "content": "It is 18."},
            ],
            "It is 18.",
            {
                "messages": [
                    {"role": "assistant", "tool_calls": [{"id": "1"}]},
                    {"role": "tool", "tool_call_id": "1", "content": "18"},
                    {"role": "assistant", "content": "It is 18."},
                ]
            },
        ),
        (
            [
                chunk(role="assistant", content="a"),
                chunk(content="b", tool_calls=[call(0, '{"x"', name="f")]),
                chunk(tool_calls=[call(0, ":1}")]),
                {"id": "1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
            ],
            "ab",
            {
                "id": "1",
                "model": "m",
                "usage": {"prompt_tokens": 3, "completion_tokens": 2},
                "object": "chat.completion",
                "choices": [
                    {
                        "index": 0,
                        "message": {
                            "role": "assistant",
                            "content": "ab",
                            "tool_calls": [{"function": {"name": "f", "arguments": '{"x":1}'}}],
                        },
                        "finish_reason": None,
                    }
                ],
            },
        ),
        (
            [
                {"type": "response.output_text.delta", "delta": "a"},
                {"type": "response.output_item.done", "item": {"type": "message", "id": "m"}},
            ],
            "a",
            {"output": [{"type": "message", "id": "m"}]},
        ),
        ([{"score": 1}, {"score": 2}], "", [{"score": 1}, {"score": 2}]),
        ([Model(text="a")], "", {"text": "a"}),
    ],
)
def test_streams_become_one_answer(pieces: list[object], text: str, outputs: JsonValue) -> None:
    def sync(messages: object) -> Iterator[object]:
        yield from pieces

    async def not_sync(messages: object) -> AsyncIterator[object]:
        for piece in pieces:
            yield piece

    async def later(messages: object) -> object:
        await asyncio.sleep(0)
        return not_sync(messages)

    for agent in (sync, not_sync, later):
        heard: list[str] = []
        outcome = ask(agent, on_text=heard.append)
        assert outcome.failure is None
        assert outcome.answer.outputs() == outputs
        assert "".join(heard).strip() == text


@pytest.mark.parametrize(
    ("value", "outputs"),
    [
        ("text", "text"),
        ({"role": "assistant", "content": "x"}, {"role": "assistant", "content": "x"}),
        ([{"role": "assistant", "content": "x"}], [{"role": "assistant", "content": "x"}]),
        (Model(text="x"), {"text": "x"}),
        (Data("x"), {"text": "x"}),
        ({"n": float("nan"), "big": 2**70}, {"n": None, "big": 2**70}),
        (b"bytes", "bytes"),
    ],
)
def test_whole_answers_stay_as_they_are(value: object, outputs: JsonValue) -> None:
    async def later(question: str) -> object:
        return value

    assert got(lambda _: value) == outputs
    assert got(later) == outputs


def test_tokens_model_and_cost_are_noted() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "cost": 0.01}
    answer = ask(lambda _: {"choices": [], "model": "m", "usage": usage}).answer
    assert (answer.input_tokens, answer.output_tokens) == (3, 5)
    assert (answer.model_name, answer.cost) == ("m", 0.01)


# How agents end --------------------------------------------------------------------------------------------------------


def endless(question: str) -> Iterator[str]:
    while True:
        yield "x" * 100_000


def holding_itself(question: str) -> object:
    found: dict[str, object] = {}
    found["a"] = found["b"] = found
    return found


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda _: None, "returned None"),
        (lambda _: iter(()), "returned None"),
        (lambda _: "x" * (MAX_CHARS + 1), "too large"),
        (lambda _: {"deep": ["x" * (MAX_CHARS + 1)]}, "too large"),
        (endless, "too large"),
        (holding_itself, "too large"),
        (lambda _: object(), "has no JSON form"),
        (lambda _: 1 / 0, "division by zero"),
    ],
)
def test_what_cannot_be_an_answer_is_an_error(
    function: Callable[..., object], message: str
) -> None:
    outcome = ask(function, timeout=30)
    assert outcome.failure is not None
    assert message in outcome.failure.message
    assert not outcome.timed_out


def test_an_exception_is_told_without_what_variables_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_API_KEY", "canary-0123456789")

    def agent(question: str) -> str:
        hidden_value = "lacol-terces"[::-1]
        raise RuntimeError(f"refused key canary-0123456789 of {len(hidden_value)}")

    failure = ask(agent).failure
    assert failure is not None
    assert failure.type == "RuntimeError"
    assert failure.message == f"refused key {HIDDEN} of 12"
    assert "raise RuntimeError" in failure.traceback
    assert "labelwidget/agents" not in failure.traceback
    assert "secret-local" not in failure.traceback
    assert "canary-0123456789" not in failure.traceback


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_agent_cannot_end_the_kernel(error: BaseException) -> None:
    def agent(question: str) -> str:
        raise error

    failure = ask(agent).failure
    assert failure is not None
    assert failure.type == type(error).__name__


def test_a_hanging_agent_is_given_up_and_one_that_is_stopped_ends_at_once() -> None:
    release = threading.Event()

    def agent(question: str) -> str:
        release.wait(30)
        return "too late"

    try:
        begun = time.monotonic()
        outcome = ask(agent, timeout=0.2)
        assert outcome.timed_out
        assert outcome.failure is not None
        assert outcome.failure.message == "The agent did not answer within 0.2 s."
        run = Run(agent, Asked(MESSAGES, QUESTION))
        threading.Timer(0.1, run.stop).start()
        assert run.wait().stopped
        assert time.monotonic() - begun < 1.5
    finally:
        release.set()


def test_async_agents_and_generators_are_ended_where_they_wait() -> None:
    ended: list[str] = []
    waiting = threading.Event()

    async def patient(question: str) -> str:
        try:
            waiting.set()
            await asyncio.sleep(30)
        finally:
            ended.append("async")
        return ""

    def talkative(question: str) -> Iterator[str]:
        try:
            while True:
                yield "word "
                waiting.set()
        finally:
            ended.append("generator")

    for agent in (patient, talkative):
        waiting.clear()
        run = Run(agent, Asked(MESSAGES, QUESTION))
        assert waiting.wait(5)
        run.stop()
        assert run.wait().stopped
        run._thread.join(5)
    assert ended == ["async", "generator"]
    assert run.wait().answer.text.startswith("word ")


def test_async_agents_work_inside_a_running_loop() -> None:
    async def cell() -> JsonValue:
        run = Run(slow_words, Asked(MESSAGES, QUESTION))
        return run.wait().answer.outputs()

    assert asyncio.run(cell()) == "Where is my parcel? "
