"""What a reader must see of each of the fourteen shapes that MLflow traces come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelwidget.content import previews, to_blocks
from labelwidget.content.blocks import (
    DocumentsBlock,
    ErrorBlock,
    MediaPart,
    MessageBlock,
    ToolBlock,
)
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import loads
from labelwidget.readers.mlflow import read as read_mlflow
from tests.content.reader import read


@pytest.fixture(scope="session")
def shapes(samples: Path) -> dict[str, Trace]:
    found = loads((samples / "mlflow" / "shapes.json").read_bytes())
    assert isinstance(found, dict)
    return {name: _trace(value) for name, value in found.items()}


def _trace(value: JsonValue) -> Trace:
    (trace,) = read_mlflow(value)
    return trace


def test_rag_shows_question_documents_and_answer_and_folds_the_prompt(shapes):
    lines = read(shapes["rag1"])
    assert [text.split(":")[0] for text in lines] == [
        "system folded",
        "user",
        "documents retrieve_docs()",  # the user's message above is the query
        "user folded",
        "assistant final",
    ]
    assert lines[1] == "user: what issues does john doe have?"
    assert "Additional retrieved context" in lines[3]


@pytest.mark.parametrize(
    ("name", "documents"),
    [
        (
            "rag1",
            [
                (1, "conversation_123", "http://domain.com/conversations/123"),
                (2, "conversation_124", "http://domain.com/conversations/124"),
            ],
        ),
        ("rag2", [(1, "ticket_987", "http://domain.com/tickets/987")]),
    ],
)
def test_documents_have_rank_id_and_source(shapes, name, documents):
    (block,) = [b for b in to_blocks(shapes[name]) if isinstance(b, DocumentsBlock)]
    assert [(d.rank, d.doc_id, d.source) for d in block.documents] == documents
    assert all(d.parts for d in block.documents)
    assert block.duration_ms is not None


def test_tool_call_and_result_stand_together_with_the_duration_of_the_span(shapes):
    assert read(shapes["tools"]) == [
        "system folded: be terse",
        "tools: get_weather",
        "user: Weather in Paris?",
        (
            'tool get_weather({"city": "Paris", "unit": "c"})'
            ' -> {"temp": 18, "unit": "c", "sky": "sunny"}'
        ),
        "assistant final: It is **18 °C** and sunny in Paris.",
    ]
    (tool,) = [b for b in to_blocks(shapes["tools"]) if isinstance(b, ToolBlock)]
    assert tool.call_id == "call_abc123"
    assert tool.duration_ms == pytest.approx(0.57, abs=0.01)
    assert shapes["tools"].span(tool.span_id or "").name == "get_weather"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "question"),
    [("support0", "My order is delayed"), ("support1", "I can't log into my account")],
)
def test_an_input_that_the_model_was_told_reads_as_the_users_message(shapes, name, question):
    assert read(shapes[name]) == [
        "system folded: You are a helpful customer support agent.",
        f"user: {question}",
        f"assistant final: Summary: {question} ... end.",
    ]


def test_each_turn_shows_its_history_once_and_the_other_inputs(shapes):
    first, second = read(shapes["turn0"]), read(shapes["turn1"])
    other = 'Input · other fields: {"session":"sess-1","user":"u1"}'
    assert first == [
        "user: hi, I am Ann",
        other,
        "assistant final: Summary: hi, I am Ann ... end.",
    ]
    assert second == [
        "user: hi, I am Ann",
        "assistant: Summary: hi, I am Ann ... end.",
        "user: what is my name?",
        other,
        "assistant final: Summary: what is my name? ... end.",
    ]
    assert len(read(shapes["turn2"])) == 7


def test_dicts_read_as_json_with_their_keys_in_order(shapes):
    assert read(shapes["nested"]) == [
        'Input: {"x":1,"cfg":{"a":{"b":[1,2]}}}',
        (
            'Output final: {"y":2,"nested":{"list":[1,2.5,null,true],'
            r'"text":"line1\nline2","html":"<script>alert(1)</script><b>x</b>"}}'
        ),
    ]


def test_an_error_is_shown_once_where_it_happened(shapes):
    blocks = to_blocks(shapes["error"])
    assert read(shapes["error"]) == [
        "Input · q: boom",
        "error inner: ValueError: upstream 503: model overloaded",
    ]
    error = blocks[1]
    assert isinstance(error, ErrorBlock)
    assert error.stacktrace is not None
    assert error.stacktrace.text.startswith("Traceback")
    assert previews(shapes["error"]).response == "ValueError: upstream 503: model overloaded"


def test_responses_api(shapes):
    assert read(shapes["responses"]) == [
        "user: Say hello",
        "assistant final: Hello from **responses**",
    ]


def test_an_attachment_is_a_placeholder_and_never_an_address_to_load(shapes):
    message = to_blocks(shapes["image"])[0]
    assert isinstance(message, MessageBlock)
    text, image = message.parts
    assert text.kind == "text"
    assert isinstance(image, MediaPart)
    assert (image.media, image.mime, image.size) == ("image", "image/png", 70)
    assert image.host == ""
    assert image.ref is None


def test_markdown_stays_whole_under_the_name_of_its_input(shapes):
    trace = shapes["longmd"]
    question, answer = read(trace)
    assert question == "Input · text: give me a long markdown"
    assert answer == f"Output final: {trace.outputs}"


def test_anthropic_shows_the_call_that_nobody_answered(shapes):
    assert read(shapes["anthropic"]) == [
        "system folded: sys",
        "user: weather?",
        "assistant final: let me check",
        'tool get_weather({"city":"Paris"}) -> unanswered',
    ]


def test_no_shape_is_empty_and_every_one_has_a_title(shapes):
    assert len(shapes) == 14
    for name, trace in shapes.items():
        assert to_blocks(trace), name
        assert previews(trace).title, name
