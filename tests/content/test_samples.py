"""Every real trace of the samples: a story, whole, with nothing of it out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from labelwidget.content import (
    full_text,
    previews,
    span_detail,
    span_messages,
    span_rows,
    to_blocks,
)
from labelwidget.content.blocks import JsonPart, ReasoningPart, TextPart
from labelwidget.content.json_text import decoded, printable
from labelwidget.content.message import Text
from labelwidget.content.tree import is_model_call, is_retriever, is_tool
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import loads
from labelwidget.readers import read_traces
from labelwidget.readers.mlflow import read as read_mlflow

FOLDERS = (
    "atif",
    "claude_code",
    "inspect",
    "langfuse",
    "langsmith",
    "mlflow",
    "openinference",
    "otel_genai",
    "swe_agent",
    "tau_bench",
)


def traces_in(folder: Path) -> Iterator[Trace]:
    for path in sorted(folder.iterdir()):
        if path.name == "shapes.json":  # the traces by name
            named = loads(path.read_bytes())
            assert isinstance(named, dict)
            for value in named.values():
                yield from read_mlflow(value)
        elif not path.name.endswith(".chatml.json"):
            yield from read_traces(path)


@pytest.fixture(params=FOLDERS)
def sampled(request: pytest.FixtureRequest, samples: Path) -> list[Trace]:
    found = list(traces_in(samples / request.param))
    assert found
    return found


def test_no_conversation_is_empty_and_every_id_is_unique(sampled: list[Trace]):
    for trace in sampled:
        ids = [block.id for block in to_blocks(trace)]
        assert ids, trace.trace_id
        assert len(ids) == len(set(ids))
        assert len(span_rows(trace)) == len(trace.spans)
        assert previews(trace).title


def test_at_most_one_block_is_the_answer(sampled: list[Trace]):
    for trace in sampled:
        finals = [block for block in to_blocks(trace) if getattr(block, "final", False)]
        assert len(finals) <= 1


def test_everything_that_models_were_told_and_said_stands_in_the_conversation(
    sampled: list[Trace],
):
    for trace in sampled:
        shown = "\n".join(texts_of(trace))
        for span in trace.spans:
            if is_model_call(span):
                for message in span_messages(span):
                    for part in message.parts:
                        text = part.text if isinstance(part, Text) else ""
                        assert printable(text).strip() in shown, (trace.trace_id, span.name)
                    for call in message.tool_calls:
                        assert call.name in shown


def test_every_text_of_models_tools_and_retrievers_is_within_one_click(sampled: list[Trace]):
    for trace in sampled:
        for span in trace.spans:
            if not (is_model_call(span) or is_tool(span) or is_retriever(span)):
                continue
            detail = span_detail(trace, span.span_id)
            for parts, value in ((detail.inputs, span.inputs), (detail.outputs, span.outputs)):
                for part in parts:
                    assert isinstance(part, (TextPart, JsonPart))
                    begin = part.text if isinstance(part, TextPart) else part.json_text
                    whole = full_text(trace, part.ref) if part.ref else begin
                    assert whole == value or loads(whole) == value


def texts_of(trace: Trace) -> Iterator[str]:
    """Every text of every block, long parts in full, JSON read back."""
    for block in to_blocks(trace):
        todo: list[object] = [getattr(block, name) for name in type(block).model_fields]
        while todo:
            value = todo.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, list):
                todo.extend(value)
            elif isinstance(value, (TextPart, JsonPart, ReasoningPart)):
                yield from whole(value, trace)
            elif isinstance(value, BaseModel):
                todo.extend(getattr(value, name) for name in type(value).model_fields)


def whole(part: TextPart | JsonPart | ReasoningPart, trace: Trace) -> Iterator[str]:
    ref = part.ref
    if isinstance(part, JsonPart):
        text = full_text(trace, ref) if ref else part.json_text
        yield text
        yield from leaves(loads(text))
    else:
        yield full_text(trace, ref) if ref else part.text


def leaves(value: JsonValue) -> Iterator[str]:
    inner = decoded(value)
    if isinstance(value, str):
        yield value
    if isinstance(inner, dict):
        for key, part in inner.items():
            yield key
            yield from leaves(part)
    elif isinstance(inner, list):
        for part in inner:
            yield from leaves(part)
