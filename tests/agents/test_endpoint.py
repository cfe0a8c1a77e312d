"""Servers as agents, through the official client and a real socket; and keys that never show."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.content import messages, to_blocks
from labelwidget.content.blocks import ToolBlock
from tests.agents.server import ModelServer, model_server

CANARY = "sk-canary-0123456789abcdef"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setenv("LABELWIDGET_AGENT_API_KEY", CANARY)
    with model_server() as running:
        yield running


@pytest.fixture
def session(server: ModelServer) -> lw.LabelingSession:
    app = lw.get_review_app()
    app.add_agent(agent_name="model", model_serving_endpoint=f"{server.url}?model=tiny")
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"))
    return lw.create_labeling_session("s", agent="model", label_schemas=["helpful"])


def test_a_server_streams_its_answer(server: ModelServer, session: lw.LabelingSession) -> None:
    progress = session.add_inputs([{"question": "hello there"}]).generate().wait()
    assert progress.errors == []
    (row,) = session.to_df().itertuples()
    assert row.response == "You said hello there"
    assert (row.model_name, row.input_tokens, row.output_tokens) == ("served", 7, 3)
    assert progress.tokens == (7, 3)
    (request,) = server.requests
    assert request["model"] == "tiny"
    assert request["messages"] == [{"role": "user", "content": "hello there"}]
    assert server.keys == [f"Bearer {CANARY}"]


def test_calls_of_tools_are_shown(session: lw.LabelingSession) -> None:
    session.add_inputs([{"messages": [{"role": "user", "content": "weather in Paris"}]}])
    assert session.generate().wait().done == 1
    trace = session.store.trace(session.to_df().index[0])
    (tool,) = [block for block in to_blocks(trace) if isinstance(block, ToolBlock)]
    assert tool.name == "weather"
    assert '"Paris"' in tool.model_dump_json().replace('\\"', '"')
    assert [message.role for message in messages(trace)] == ["user", "assistant"]


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_server_that_refuses_for_a_moment_is_asked_again(
    server: ModelServer, session: lw.LabelingSession, code: int
) -> None:
    server.refusals = [code]
    session.add_inputs(["hello"])
    progress = session.generate(retry=0).wait()
    assert progress.errors == []
    assert len(server.requests) == 2


def test_a_server_that_goes_on_refusing_is_an_error_of_the_item(
    server: ModelServer, session: lw.LabelingSession
) -> None:
    server.refusals = [401] * 9
    progress = session.add_inputs(["hello"]).generate(retry=0).wait()
    (error,) = progress.errors
    assert error.type == "AuthenticationError"
    assert "refused with 401" in error.message
    assert len(server.requests) == 1


def test_a_server_without_usage_in_streams_is_asked_without(
    server: ModelServer, session: lw.LabelingSession
) -> None:
    server.usage_refused = True
    assert session.add_inputs(["hello"]).generate(retry=0).wait().done == 1
    assert ["stream_options" in request for request in server.requests] == [True, False]


def test_custom_inputs_of_the_session_go_along(
    server: ModelServer, session: lw.LabelingSession
) -> None:
    other = lw.create_labeling_session(
        "t", agent="model", label_schemas=["helpful"], custom_inputs={"tone": "calm"}
    )
    other.add_inputs(["hello"]).generate().wait()
    assert server.requests[-1]["custom_inputs"] == {"tone": "calm"}


def test_the_key_is_in_no_store_trace_frame_or_log(
    server: ModelServer,
    session: lw.LabelingSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)

    def leaky(question: str) -> str:
        import os

        if question == "raise":
            raise RuntimeError(f"bad key {os.environ['LABELWIDGET_AGENT_API_KEY']}")
        return f"my key is {os.environ['LABELWIDGET_AGENT_API_KEY']}"

    session.add_inputs(["echo key", "hello"]).generate().wait()
    other = lw.create_labeling_session("t", agent=leaky, label_schemas=["helpful"])
    progress = other.add_inputs(["tell", "raise"]).generate(retry=0).wait()
    sys.stdout.write(f"{progress} {progress.errors} {lw.get_review_app()} {session} {other}")
    assert len(server.keys) == 2
    shown = [caplog.text, *capfd.readouterr()]
    for one in (session, other):
        shown.append(one.to_df(full=True).to_csv())
        shown += [trace.model_dump_json() for _, trace in one.store.traces(one.mlflow_run_id)]
        rows = one.store.turns(one.mlflow_run_id)
        shown += [row.model_dump_json() for row in rows]
        shown += [one.store.turn_trace(row.turn_id).model_dump_json() for row in rows]
    session.store.close()
    shown += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir()]
    assert any("[hidden]" in text for text in shown)
    assert not [text for text in shown if "canary-0123456789" in text]
