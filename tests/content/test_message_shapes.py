"""Each source's own way to write a conversation, read into one form."""

from __future__ import annotations

import pytest

from labelwidget.content.message import Data, Media, Message, Reasoning, Text, ToolCall, ToolResult
from labelwidget.content.shapes import read_messages
from tests.builders import user


def told(value):
    found = read_messages(value, role="user", model_call=True)
    assert found is not None
    return found.messages


def answered(value):
    found = read_messages(value, role="assistant", model_call=True)
    assert found is not None
    return found.messages


CALL = ToolCall("weather", {"city": "Paris"}, "c1")
CALL_TEXT = ToolCall("weather", '{"city":"Paris"}', "c1")
ASKS = Message("assistant", (Text("Let me look."), CALL))


@pytest.mark.parametrize(
    "value",
    [
        {"role": "assistant", "content": [{"type": "text", "text": "Let me look."},
         {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Paris"}}]},
        {"type": "ai", "content": "Let me look.",
         "tool_calls": [{"name": "weather", "args": {"city": "Paris"}, "id": "c1"}]},
        {"type": "ai", "data": {"content": "Let me look.", "type": "ai",
         "tool_calls": [{"name": "weather", "args": {"city": "Paris"}, "id": "c1"}]}},
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"],
         "kwargs": {"content": "Let me look.", "type": "ai",
         "tool_calls": [{"name": "weather", "args": {"city": "Paris"}, "id": "c1"}]}},
        {"generations": [[{"text": "", "message": {"lc": 1, "id": ["x", "AIMessageChunk"],
         "kwargs": {"content": "Let me look.", "type": "AIMessageChunk",
         "tool_calls": [{"name": "weather", "args": {"city": "Paris"}, "id": "c1"}]}}}]]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Let me look."},
         {"functionCall": {"name": "weather", "args": {"city": "Paris"}, "id": "c1"}}]}}]},
        [{"role": "assistant", "parts": [{"type": "text", "content": "Let me look."},
         {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}}]}],
        {"role": "assistant", "content": [{"type": "text", "text": "Let me look."},
         {"type": "tool-call", "toolCallId": "c1", "toolName": "weather",
          "input": {"city": "Paris"}}]},
        {"output": {"message": {"role": "assistant", "content": [{"text": "Let me look."},
         {"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Paris"}}}]}}},
        {"text": "Let me look.", "toolCalls":
         [{"toolCallId": "c1", "toolName": "weather", "args": {"city": "Paris"}}]},
        {"message": {"role": "assistant", "content": "Let me look.", "tool_calls":
         [{"tool_call": {"id": "c1", "function": {"name": "weather",
          "arguments": {"city": "Paris"}}}}]}},
    ],
    ids=["anthropic", "langchain", "langchain-data", "langchain-lc", "langchain-generations",
         "gemini", "otel", "vercel-core", "bedrock", "vercel-result", "openinference"],
)  # fmt: skip
def test_text_and_a_tool_call(value):
    assert answered(value) == [ASKS]


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [
         {"id": "c1", "type": "function",
          "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}]}}]},
        {"output": [{"type": "function_call", "call_id": "c1", "id": "fc_1", "name": "weather",
         "arguments": '{"city":"Paris"}', "status": "completed"}]},
        {"role": "assistant", "content": "", "additional_kwargs": {"tool_calls": [
         {"id": "c1", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}]}},
        [{"toolCallId": "c1", "toolName": "weather", "input": '{"city":"Paris"}'}],
    ],
    ids=["openai", "responses", "langchain-kwargs", "vercel-calls"],
)  # fmt: skip
def test_a_call_alone_keeps_its_arguments_as_written(value):
    (message,) = answered(value)
    assert message.tool_calls == (CALL_TEXT,)
    assert message.text == ""


@pytest.mark.parametrize(
    "value",
    [
        {"role": "tool", "tool_call_id": "c1", "content": "18 degrees"},
        {"role": "user", "content": [
         {"type": "tool_result", "tool_use_id": "c1", "content": "18 degrees"}]},
        {"type": "tool", "content": "18 degrees", "tool_call_id": "c1", "status": "success"},
        {"type": "function_call_output", "call_id": "c1", "output": "18 degrees"},
        {"role": "user", "parts": [{"functionResponse":
         {"id": "c1", "name": "", "response": {"result": "18 degrees"}}}]},
        {"role": "tool", "parts": [
         {"type": "tool_call_response", "id": "c1", "response": "18 degrees"}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "",
         "output": {"type": "text", "value": "18 degrees"}}]},
        {"role": "user", "content": [
         {"toolResult": {"toolUseId": "c1", "content": "18 degrees", "status": "success"}}]},
        {"type": "FunctionExecutionResultMessage", "content": [
         {"call_id": "c1", "content": "18 degrees", "is_error": False}]},
    ],
    ids=["openai", "anthropic", "langchain", "responses", "gemini", "otel", "vercel", "bedrock",
         "autogen"],
)  # fmt: skip
def test_a_tool_result(value):
    (message,) = told([value])
    assert message.parts == (ToolResult("c1", "", "18 degrees"),)
    assert message.tool_call_id == "c1"


@pytest.mark.parametrize(
    "value",
    [
        {"system": "Be kind.", "messages": [user("Hi")]},
        {"system": [{"type": "text", "text": "Be kind."}], "messages": [user("Hi")]},
        {"system": [{"text": "Be kind."}],
         "messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
        {"instructions": "Be kind.", "input": "Hi", "model": "m"},
        {"instructions": "Be kind.", "input": [user("Hi")]},
        {"systemInstruction": {"parts": [{"text": "Be kind."}]}, "contents": "Hi"},
        {"config": {"system_instruction": "Be kind."}, "contents": ["Hi"]},
        {"system": "Be kind.", "prompt": "Hi"},
        {"messages": [["system", "Be kind."], ["human", "Hi"]]},
        {"messages": [[{"type": "system", "content": "Be kind."},
                       {"type": "human", "content": "Hi"}]]},
        '{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}]}',
        [{"type": "SystemMessage", "content": "Be kind."},
         {"type": "UserMessage", "content": "Hi", "source": "user"}],
        [{"kind": "request", "parts": [
          {"part_kind": "system-prompt", "content": "Be kind."},
          {"part_kind": "user-prompt", "content": "Hi"}]}],
    ],
    ids=["anthropic", "anthropic-blocks", "bedrock", "responses", "responses-items", "gemini",
         "gemini-sdk", "vercel", "langchain-pairs", "langchain-batch", "json-in-a-string",
         "autogen", "pydantic-ai"],
)  # fmt: skip
def test_a_system_prompt_and_a_question(value):
    assert told(value) == [
        Message("system", (Text("Be kind."),)),
        Message("user", (Text("Hi"),)),
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "reasoning", "content": "Hm."},
        {"type": "reasoning", "text": "Hm."},
        {"text": "Hm.", "thought": True},
        {"reasoningContent": {"reasoningText": {"text": "Hm."}}},
    ],
    ids=["anthropic", "otel", "vercel", "gemini", "bedrock"],
)
def test_thoughts_are_told_apart_from_the_answer(part):
    (message,) = answered(
        [{"role": "assistant", "content": [part, {"type": "text", "text": "Yes"}]}]
    )
    assert message.parts == (Reasoning("Hm."), Text("Yes"))


def test_thoughts_of_the_responses_api_and_of_reasoning_content():
    (thought,) = answered(
        {"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}]}
    )
    assert thought.parts == (Reasoning("Hm."),)
    (message,) = answered({"role": "assistant", "content": "Yes", "reasoning_content": "Hm."})
    assert message.parts == (Reasoning("Hm."), Text("Yes"))


@pytest.mark.parametrize(
    ("part", "media"),
    [
        ({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}},
         Media("image", url="https://a.example/x.png")),
        ({"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
         Media("image", url="data:image/png;base64,AAAA")),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
         Media("image", "image/png", data="AAAA")),
        ({"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}},
         Media("image", url="https://a.example/x.png")),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
         Media("audio", "audio/wav", data="AAAA")),
        ({"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
         Media("image", "image/png", data="AAAA")),
        ({"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}},
         Media("file", "application/pdf", url="gs://b/x.pdf")),
        ({"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
         Media("image", "image/png", data="AAAA")),
        ({"type": "uri", "modality": "image", "uri": "https://a.example/x.png"},
         Media("image", url="https://a.example/x.png")),
        ({"type": "file", "data": "AAAA", "mediaType": "application/pdf", "filename": "x.pdf"},
         Media("file", "application/pdf", "x.pdf", data="AAAA")),
        ({"image": {"format": "png", "source": {"bytes": "AAAA"}}},
         Media("image", "image/png", data="AAAA")),
    ],
)  # fmt: skip
def test_media_of_every_source(part, media):
    (message,) = told([{"role": "user", "content": [part]}])
    assert message.parts == (media,)


def test_a_refusal_is_text_and_says_so():
    (message,) = answered({"choices": [{"message": {"role": "assistant", "refusal": "I cannot."}}]})
    assert message == Message("assistant", (Text("I cannot."),), detail="refusal")


def test_the_legacy_function_call():
    call = {"name": "weather", "arguments": '{"city":"Paris"}'}
    (message,) = answered({"choices": [{"message": {"role": "assistant", "function_call": call}}]})
    assert message.tool_calls == (ToolCall("weather", '{"city":"Paris"}'),)


def test_a_part_of_an_unknown_kind_stays_as_json():
    part = {"type": "hologram", "data": 1}
    (message,) = told([{"role": "user", "content": [part]}])
    assert message.parts == (Data(part),)


def test_several_choices_say_which_they_are():
    choices = [{"message": {"role": "assistant", "content": text}} for text in ("A", "B")]
    assert [m.detail for m in answered({"choices": choices})] == ["choice 1 of 2", "choice 2 of 2"]


@pytest.mark.parametrize(
    "value",
    [
        "text",
        1,
        None,
        {},
        [],
        {"a": 1},
        [1, 2],
        ["a"],
        {"input": "x"},
        {"output": "y"},
        {"role": "admin"},
    ],
)
def test_what_is_no_conversation_is_not_read_as_one(value):
    assert read_messages(value, role="user") is None


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        ([{"type": "function", "function": {"name": "a", "parameters": {}}}], ["a"]),
        ([{"type": "function", "name": "a", "parameters": {}}], ["a"]),
        ([{"name": "a", "input_schema": {}}], ["a"]),
        ([{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}], ["a", "b"]),
        (['{"type":"function","name":"a"}'], ["a"]),
        ({"a": {"description": "x"}}, ["a"]),
        ([{"type": "web_search"}], ["web_search"]),
    ],
)
def test_tool_definitions_of_every_source(tools, names):
    found = read_messages({"messages": [user("Hi")], "tools": tools}, role="user")
    assert found is not None
    assert [tool.name for tool in found.tools] == names


def test_bedrock_tool_definitions():
    config = {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "object"}}}}]}
    found = read_messages({"messages": [user("Hi")], "toolConfig": config}, role="user")
    assert found is not None
    assert [(tool.name, tool.parameters) for tool in found.tools] == [("a", {"type": "object"})]


def test_the_chunks_of_a_stream_are_one_message():
    deltas = [
        {"role": "assistant", "content": "It is "},
        {"content": "18."},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
    ]
    (message,) = answered([{"choices": [{"delta": delta}]} for delta in deltas])
    assert message == Message("assistant", (Text("It is 18."), ToolCall("f", '{"a": 1}', "c1")))


def test_a_response_of_autogen_shows_its_steps_and_then_what_it_says():
    call = {"id": "c1", "name": "weather", "arguments": '{"city":"Paris"}'}
    given = {"call_id": "c1", "name": "weather", "content": "18", "is_error": False}
    found = read_messages(
        {
            "chat_message": {"type": "TextMessage", "source": "helper", "content": "It is 18."},
            "inner_messages": [
                {"type": "ToolCallRequestEvent", "source": "helper", "content": [call]},
                {"type": "ToolCallExecutionEvent", "source": "helper", "content": [given]},
            ],
        },
        role="assistant",
    )
    assert found is not None
    asked, told, said = found.messages
    assert asked.tool_calls == (CALL_TEXT,)
    assert told.tool_results == (ToolResult("c1", "weather", "18"),)
    assert (said.role, said.name, said.text) == ("assistant", "helper", "It is 18.")
    assert found.rest == {}


def test_what_a_source_says_of_a_failed_tool_is_kept():
    failed = {"role": "tool", "tool_call_id": "c1", "content": "", "error": {"message": "No disk"}}
    (message,) = told([failed])
    assert message.tool_results[0].error == "No disk"
