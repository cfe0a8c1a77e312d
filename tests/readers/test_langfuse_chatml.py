"""The messages of each Langfuse observation, against the chat form that Langfuse's authors expect.

Beside each export lies `*.chatml.json`: for every observation with an input or output either the
messages that Langfuse makes of it, or the reason why it makes none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labelwidget.content import input_messages, output_messages
from labelwidget.content.message import Data, Message, Reasoning, Text, ToolCall, ToolResult
from labelwidget.model import Span, Trace
from labelwidget.readers import read_traces

EXPORTS = (
    "autogen-2025-06-06",
    "claude-agent-2025-12-22",
    "crewai-2025-07-11",
    "langgraph-python-2025-08-22",
    "openai-agents-2025-09-30",
    "pydantic-ai-tools-2025-12-04",
    "vercel-aisdk-2025-11-17",
)

# Every difference, by export, observation and side. The kinds are justified where they are checked.
DIFFERENCES = {
    "autogen-2025-06-06": {
        ("83517f9062f5ada4", "input"): "text",
        ("83517f9062f5ada4", "output"): "text",
    },
    "claude-agent-2025-12-22": {
        ("2cc13e77781787fd", "input"): "text",
        ("371496f71d82baed", "input"): "text",
        ("f8e8f040dc94e67e", "input"): "text",
        ("e9aac170e5d48125", "input"): "single message",
        ("edbd987c5f361fdf", "output"): "tool output",
        ("f411dab686a064b1", "output"): "tool output",
    },
    "crewai-2025-07-11": {
        ("231c43964b7e7e63", "output"): "text",
        ("0dd92fffb354f15b", "output"): "value",
    },
    "langgraph-python-2025-08-22": {},
    "openai-agents-2025-09-30": {
        ("90d94774e8e3724d", "input"): "instructions",
        ("98870087af69bf06", "input"): "instructions",
    },
    "pydantic-ai-tools-2025-12-04": {
        ("00d3f40ee8e3b716", "output"): "value",
        ("02d7769b76595f0b", "output"): "tool output",
        ("199eff9980ea8b99", "output"): "tool output",
        ("99ec63d0b5ecdbf5", "output"): "tool output",
    },
    "vercel-aisdk-2025-11-17": {
        ("1dc6768109615657", "input"): "text",
        ("e9bb8c191e1e4706", "output"): "tool output",
    },
}


@dataclass(frozen=True)
class Said:
    """What the bar compares: role, text, names of tools, parsed arguments."""

    role: str
    text: str
    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Case:
    span: Span
    source: Any
    expected: list[Said] | None
    derived: list[Said]


@pytest.fixture(params=EXPORTS)
def export(request: pytest.FixtureRequest, samples: Path) -> str:
    return request.param


@pytest.fixture
def cases(export: str, samples: Path) -> dict[tuple[str, str], Case]:
    folder = samples / "langfuse"
    (trace,) = read_traces(folder / f"{export}.trace.json")
    expected = json.loads((folder / f"{export}.chatml.json").read_text(encoding="utf-8"))
    source = json.loads((folder / f"{export}.trace.json").read_text(encoding="utf-8"))
    rows = {row["id"]: row for row in source["observations"]}
    return {
        (span_id, side): Case(
            span=_span(trace, span_id),
            source=rows[span_id][side],
            expected=[_theirs(one) for one in outcome["data"]] if outcome["success"] else None,
            derived=[_ours(one) for one in derive(_span(trace, span_id))],
        )
        for span_id, sides in expected.items()
        for side, derive in (("input", input_messages), ("output", output_messages))
        if (outcome := sides.get(side)) is not None
    }


def _span(trace: Trace, span_id: str) -> Span:
    span = trace.span(span_id)
    assert span is not None
    return span


def _ours(message: Message) -> Said:
    texts = []
    for part in message.parts:
        match part:
            case Text() | Reasoning():
                texts.append(part.text)
            case ToolResult():
                texts.append(_text(part.value))
            case Data():
                texts.append(json.dumps(part.value))
            case _:
                assert isinstance(part, ToolCall)
    calls = tuple((call.name, _arguments(call.arguments)) for call in message.tool_calls)
    return Said(message.role, "\n".join(texts), calls)


def _theirs(message: dict[str, Any]) -> Said:
    content = message.get("content")
    calls = [(call["name"], call["arguments"]) for call in message.get("tool_calls") or []]
    if isinstance(content, list):
        calls += [(one["name"], one["input"]) for one in content if one.get("type") == "tool_use"]
    return Said(
        message.get("role") or "",
        _text(content),
        tuple((name, _arguments(arguments)) for name, arguments in calls),
    )


def _text(content: Any) -> str:
    """Text, the texts of content parts, or any other JSON; JSON in a text counts as JSON."""
    content = _decoded(content)
    if isinstance(content, list) and all(
        isinstance(one, dict) and one.get("type") in {"text", "tool_use"} for one in content
    ):
        return "\n".join(one["text"] for one in content if one["type"] == "text")
    if isinstance(content, str):
        return content
    return "" if content is None else json.dumps(content, sort_keys=True)


def _arguments(value: Any) -> str:
    return json.dumps(json.loads(value) if isinstance(value, str) else value, sort_keys=True)


def test_messages_equal_the_expected_chat_form_except_where_listed(
    export: str, cases: dict[tuple[str, str], Case]
) -> None:
    listed = DIFFERENCES[export]
    differing = {key for key, case in cases.items() if case.derived != (case.expected or [])}
    assert differing == set(listed)


def test_every_listed_difference_is_of_its_kind_and_loses_nothing(
    export: str, cases: dict[tuple[str, str], Case]
) -> None:
    for key, kind in DIFFERENCES[export].items():
        case = cases[key]
        match kind:
            case "text":
                # Langfuse knows no chat in a bare text, or in an object that is only a text
                # (`{"prompt": …}`, `{"content": …}`), and shows it as a value. It went into or came
                # out of a model call, so that we show it as what the user or the model said.
                assert case.expected is None
                assert case.span.span_type == "LLM"
                (said,) = case.derived
                assert said.role == {"input": "user", "output": "assistant"}[key[1]]
                assert said.text in _texts_of(case.source)
            case "single message":
                # One message that stands in no list. Langfuse's newer releases read it too.
                assert case.expected is None
                message = json.loads(case.source)
                assert case.derived == [Said(message["role"], message["content"])]
            case "instructions":
                # The Responses API says the system prompt only in its answer. Langfuse leaves it
                # out; we show it before what was asked.
                assert case.expected is not None
                assert case.derived[0].role == "system"
                assert case.derived[1:] == case.expected
            case "tool output":
                # Langfuse wraps whatever a tool returned into a message without a role. It is the
                # tool's result, and shown with the tool's call: no message of anybody.
                assert case.span.span_type == "TOOL"
                assert case.derived == []
                assert case.span.outputs == _decoded(case.source)
            case "value":
                # Neither is an application's result: shown as the value that it is.
                assert case.expected is not None
                assert [said.role for said in case.expected] == [""]
                assert case.derived == []
                assert case.span.outputs == _decoded(case.source)
            case _:
                pytest.fail(f"{kind} is no kind of difference")


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return json.loads(value)
    return value


def _texts_of(value: Any) -> set[str]:
    inner = _decoded(value)
    return set(inner.values()) if isinstance(inner, dict) else {inner}


def test_tools_that_were_offered_are_told_apart_from_tool_results(samples: Path) -> None:
    (trace,) = read_traces(samples / "langfuse" / "langgraph-python-2025-08-22.trace.json")
    roles = [
        message.role
        for span in trace.spans
        if span.span_type == "LLM"
        for message in input_messages(span)
    ]
    assert roles == ["user", "user", "user", "user", "assistant", "tool"]
