"""OpenInference: flattened messages, tools, documents and rerankers; annotations and evaluations as prior assessments."""

from __future__ import annotations

from labelwidget.model import JsonValue, SourceType
from tests.readers.otlp_builders import (
    attributes,
    read_span,
)


def test_openinference_messages_tools_and_documents() -> None:
    model = read_span(
        {
            "openinference.span.kind": "LLM",
            "input.value": '{"raw": 1}',
            "input.mime_type": "application/json",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "look",
            "llm.input_messages.0.message.contents.1.message_content.type": "image",
            "llm.input_messages.0.message.contents.1.message_content.image.image.url": "data:image/png;base64,AA==",
            "llm.input_messages.10.message.role": "tool",
            "llm.input_messages.10.message.content": "sunny",
            "llm.input_messages.10.message.tool_call_id": "c1",
            "llm.input_messages.2.message.role": "assistant",
            "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
            "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "weather",
            "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"city": "Paris"}',
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "It is sunny.",
            "llm.tools.0.tool.json_schema": '{"type": "function", "function": {"name": "weather"}}',
            "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": 11,
            "llm.token_count.completion": 4,
        }
    )
    call = {
        "type": "function",
        "id": "c1",
        "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
    }
    assert model.spans[0].span_type == "LLM"
    assert model.inputs == {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                ],
            },
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
        ],
        "tools": [{"type": "function", "function": {"name": "weather"}}],
    }
    assert model.outputs == {"messages": [{"role": "assistant", "content": "It is sunny."}]}
    assert (model.input_tokens, model.output_tokens, model.model_name) == (11, 4, "gpt-4o")
    # What the messages do not hold stays.
    assert model.spans[0].attributes["input.value"] == '{"raw": 1}'

    search = read_span(
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "login",
            "input.mime_type": "text/plain",
            "retrieval.documents.0.document.content": "one",
            "retrieval.documents.0.document.id": "d1",
            "retrieval.documents.0.document.score": 0.5,
            "retrieval.documents.0.document.metadata": '{"source": "wiki"}',
            "retrieval.documents.1.document.content": "two",
        }
    )
    assert search.inputs == "login"
    assert search.outputs == [
        {"page_content": "one", "id": "d1", "score": 0.5, "metadata": {"source": "wiki"}},
        {"page_content": "two"},
    ]


def test_openinference_reranker_and_tool() -> None:
    ranked = read_span(
        {
            "openinference.span.kind": "RERANKER",
            "reranker.query": "q",
            "reranker.input_documents.0.document.content": "a",
            "reranker.output_documents.0.document.content": "a",
            "reranker.output_documents.0.document.score": 0.9,
        }
    )
    assert ranked.inputs == {"query": "q", "documents": [{"page_content": "a"}]}
    assert ranked.outputs == [{"page_content": "a", "score": 0.9}]
    tool = read_span(
        {"openinference.span.kind": "TOOL", "input.value": '{"a": 1}', "output.value": "3"}
    )
    assert (tool.spans[0].span_type, tool.inputs, tool.outputs) == ("TOOL", {"a": 1}, "3")


def test_evaluations_and_annotations_are_prior_assessments() -> None:
    event: JsonValue = {
        "name": "gen_ai.evaluation.result",
        "timeUnixNano": "1795468544752654080",
        "attributes": attributes(
            {
                "gen_ai.evaluation.name": "relevance",
                "gen_ai.evaluation.score.value": 0.75,
                "gen_ai.evaluation.explanation": "close",
            }
        ),
    }
    (judged,) = read_span({"gen_ai.system": "x"}, events=[event]).assessments
    assert (judged.name, judged.value, judged.rationale) == ("relevance", 0.75, "close")
    assert judged.source.source_type is SourceType.LLM_JUDGE
    flat = {
        "annotations.0.annotation.name": "correct",
        "annotations.0.annotation.label": "yes",
        "annotations.0.annotation.score": 1,
        "annotations.0.annotation.annotator_kind": "HUMAN",
    }
    (noted,) = read_span(flat).assessments
    assert (noted.name, noted.value, noted.metadata) == ("correct", "yes", {"score": 1})
