"""The OpenInference convention: kinds, flattened messages, documents, tools, rerankers, embeddings,
annotations.
"""

from __future__ import annotations

from collections.abc import Mapping

from labelwidget.model import Assessment, AssessmentKind, JsonValue, SourceType
from labelwidget.readers.assemble import assessment_source
from labelwidget.readers.dotted import tree, with_paths
from labelwidget.readers.flattened import Listed, Place, PlainMessage, lists_of, names_of
from labelwidget.readers.meaning import Meaning
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    json_text,
    milliseconds,
)

__all__ = ["ROOTS", "annotation", "meaning", "opened"]

ROOTS = frozenset(
    {
        "openinference",
        "llm",
        "input",
        "output",
        "retrieval",
        "reranker",
        "embedding",
        "session",
        "tool",
        "user",
    }
)
"""First parts of the names that make a span worth asking this convention about."""

_MESSAGE_MEMBERS = frozenset(
    {
        "role",
        "content",
        "contents",
        "tool_calls",
        "function_call_name",
        "function_call_arguments_json",
    }
)
_MODELS = frozenset({"LLM", "CHAT_MODEL"})
_NONE = frozenset[str]()
_INPUT = ("input.value", "input.mime_type", frozenset({"input.value", "input.mime_type"}))
_OUTPUT = ("output.value", "output.mime_type", frozenset({"output.value", "output.mime_type"}))


def opened(attributes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Attributes by dotted name, also from exports that nest them (`{"llm": {"model_name":
    ...}}`).
    """
    return with_paths(attributes, ROOTS)


def meaning(attributes: Mapping[str, JsonValue]) -> Meaning:
    """What the convention says of a span; nothing when the span does not follow it."""
    kind = as_text(attributes.get("openinference.span.kind"))
    lists = lists_of(attributes)
    told = "input.value" in attributes or "output.value" in attributes
    if kind is None and not lists and not told:
        return Meaning()
    spoken = "input_messages" in lists or "output_messages" in lists
    kind = kind.upper() if kind else "LLM" if spoken else "UNKNOWN"
    inputs, used_in = _value(attributes, _INPUT)
    outputs, used_out = _value(attributes, _OUTPUT)
    if kind in _MODELS or inputs is None:
        found = _model_inputs(lists, attributes)
        if found:
            inputs, used_in = found, names_of(lists, "input_messages", "tools", "prompts")
    if kind in _MODELS or outputs is None:
        found = _model_outputs(lists, attributes)
        if found:
            outputs, used_out = found, names_of(lists, "output_messages", "choices")
    for name in ("documents", "output_documents"):
        if name in lists:
            outputs, used_out = _documents(lists[name], attributes), names_of(lists, name)
    if "input_documents" in lists:
        ranked: dict[str, JsonValue] = {}
        if attributes.get("reranker.query") is not None:
            ranked["query"] = attributes["reranker.query"]
        ranked["documents"] = _documents(lists["input_documents"], attributes)
        inputs, used_in = ranked, names_of(lists, "input_documents") | {"reranker.query"}
    if inputs is None and kind == "EMBEDDING" and "embeddings" in lists:
        nodes = as_dicts(_nodes(lists["embeddings"], attributes))
        inputs = [as_dict(node.get("embedding")).get("text") for node in nodes]
    if inputs is None and kind == "TOOL":
        inputs = json_text(first(attributes, "tool.parameters", "tool_call.function.arguments"))
    return Meaning(kind, inputs, outputs, used_in, used_out)


def _nodes(held: Listed, attributes: Mapping[str, JsonValue]) -> list[JsonValue]:
    """The elements of a list, whichever way it was written."""
    if _is_whole(held, attributes):
        return as_list(tree({"": decoded(attributes[held.whole or ""])}))
    return [_node(place, attributes) for place in held.places]


def _is_whole(held: Listed, attributes: Mapping[str, JsonValue]) -> bool:
    return held.whole is not None and attributes[held.whole] is not None


def _node(place: Place, attributes: Mapping[str, JsonValue]) -> JsonValue:
    return tree({path: attributes[name] for path, name in place.paths.items()})


def _value(
    attributes: Mapping[str, JsonValue], side: tuple[str, str, frozenset[str]]
) -> tuple[JsonValue, frozenset[str]]:
    """`input.value` or `output.value`; its type says whether the text is JSON."""
    name, kind, both = side
    value, mime = attributes.get(name), attributes.get(kind)
    if value is None or value == "":
        return None, _NONE
    if isinstance(mime, str) and "json" in mime:
        return json_text(value), both
    return (value if isinstance(mime, str) else decoded(value)), both


def _model_inputs(lists: Mapping[str, Listed], attributes: Mapping[str, JsonValue]) -> JsonValue:
    found: dict[str, JsonValue] = {}
    if "input_messages" in lists:
        found["messages"] = _messages(lists["input_messages"], attributes)
    if "prompts" in lists:
        nodes = as_dicts(_nodes(lists["prompts"], attributes))
        prompts = [as_dict(node.get("prompt")).get("text") for node in nodes]
        found["prompt"] = prompts[0] if len(prompts) == 1 else prompts
    if found and "tools" in lists:
        found["tools"] = [_tool(node) for node in _nodes(lists["tools"], attributes)]
    return found or None


def _model_outputs(lists: Mapping[str, Listed], attributes: Mapping[str, JsonValue]) -> JsonValue:
    if "output_messages" in lists:
        return {"messages": _messages(lists["output_messages"], attributes)}
    if "choices" not in lists:
        return None
    nodes = as_dicts(_nodes(lists["choices"], attributes))
    texts = [as_dict(node.get("completion")).get("text") for node in nodes]
    return {"messages": [{"role": "assistant", "content": text} for text in texts]}


def _tool(node: JsonValue) -> JsonValue:
    tool = as_dict(node).get("tool")
    schema = as_dict(tool).get("json_schema") if isinstance(tool, dict) else tool
    # Dots inside a schema's text never split it: the schema is one string.
    return decoded(schema) if schema is not None else node


def _messages(held: Listed, attributes: Mapping[str, JsonValue]) -> list[JsonValue]:
    if _is_whole(held, attributes):
        return [_message(node) for node in _nodes(held, attributes)]
    return [
        _plain_message(place.message, attributes) or _message(_node(place, attributes))
        for place in held.places
    ]


def _plain_message(said: PlainMessage | None, attributes: Mapping[str, JsonValue]) -> JsonValue:
    """A message of texts and tool calls without building a tree; None for others."""
    if said is None:
        return None
    role = attributes[said.role]
    if type(role) is not str:
        return None
    made: dict[str, JsonValue] = {"role": role or "unknown"}
    for member, name in said.texts:
        text = made[member] = attributes[name]
        if type(text) is not str:
            return None
    calls: list[JsonValue] = []
    for members in said.calls:
        call: dict[str, JsonValue] = {"type": "function"}
        function: dict[str, JsonValue] = {}
        for member, name in members:
            text = attributes[name]
            if type(text) is not str:
                return None
            if member == "id":
                call["id"] = text
            else:
                call["function"] = function
                function[member] = text
        calls.append(call)
    if calls:
        made["tool_calls"] = calls
    return made


def _message(node: JsonValue) -> JsonValue:
    outer = as_dict(node)
    inner = outer.get("message", outer)
    if not isinstance(inner, dict):
        return {"role": "unknown", "content": inner}
    made: dict[str, JsonValue] = {"role": as_text(inner.get("role")) or "unknown"}
    contents = inner.get("contents")
    content = inner.get("content")
    if isinstance(contents, list):
        parts = [_content(part) for part in contents]
        made["content"] = (
            [{"type": "text", "text": content}, *parts]
            if isinstance(content, str) and content
            else parts
        )
    elif content is not None:
        made["content"] = content
    calls = [_call(part) for part in as_list(inner.get("tool_calls"))]
    if inner.get("function_call_name") is not None:
        arguments = inner.get("function_call_arguments_json")
        calls.append(
            {
                "type": "function",
                "function": {"name": inner["function_call_name"], "arguments": arguments},
            }
        )
    if calls:
        made["tool_calls"] = calls
    return made | {key: part for key, part in inner.items() if key not in _MESSAGE_MEMBERS}


def _content(node: JsonValue) -> JsonValue:
    part = as_dict(as_dict(node).get("message_content", node))
    kind = as_text(part.get("type")) or "text"
    image = as_dict(as_dict(part.get("image")).get("image", part.get("image")))
    if kind == "image" and image.get("url") is not None:
        return {"type": "image_url", "image_url": image}
    audio = as_dict(as_dict(part.get("audio")).get("audio", part.get("audio")))
    if kind == "audio" and audio.get("url") is not None:
        return {"type": "audio_url", "audio_url": audio}
    return {"type": kind, **{key: inner for key, inner in part.items() if key != "type"}}


def _call(node: JsonValue) -> JsonValue:
    call = as_dict(as_dict(node).get("tool_call", node))
    return {"type": "function", **call}


def _documents(held: Listed, attributes: Mapping[str, JsonValue]) -> list[JsonValue]:
    if _is_whole(held, attributes):
        return [_document(node) for node in _nodes(held, attributes)]
    return [
        _document(_plain_document(place.document, attributes) or _node(place, attributes))
        for place in held.places
    ]


def _plain_document(
    members: tuple[tuple[str, str], ...] | None, attributes: Mapping[str, JsonValue]
) -> JsonValue:
    """A document of plain members without building a tree; None for others."""
    if members is None:
        return None
    made = {member: attributes[name] for member, name in members}
    return None if any(type(part) in {dict, list} for part in made.values()) else {"document": made}


def _document(node: JsonValue) -> JsonValue:
    found = as_dict(node).get("document", node)
    if not isinstance(found, dict):
        return {"page_content": found}
    made: dict[str, JsonValue] = {"page_content": first(found, "content", "page_content", "text")}
    rest = {
        key: part for key, part in found.items() if key not in {"content", "page_content", "text"}
    }
    if "metadata" in rest:
        rest["metadata"] = decoded(rest["metadata"])
    return made | rest


def annotation(
    note: Mapping[str, JsonValue], trace_id: str, span_id: str | None
) -> Assessment | None:
    """An annotation or evaluation of a span or trace.

    Args:
        note: `{"name", "annotator_kind", "label", "score", "explanation", "metadata"}`, the three
            in the middle also under `result`.
        trace_id: The trace that it came with.
        span_id: The span that it came with, or None.

    Returns:
        A feedback with the label, or the score when there is none; None for a note without a name.
    """
    name = as_text(first(note, "name", "annotation_name"))
    if name is None:
        return None
    result = as_dict(note.get("result")) or dict(note)
    label, score = first(result, "label"), first(result, "score", "value")
    metadata = as_dict(note.get("metadata"))
    if label is not None and score is not None:
        metadata = metadata | {"score": score}
    kind = first(note, "annotator_kind", "annotatorKind", "source")
    return Assessment(
        assessment_id=clean_id(note.get("id")) or content_id([trace_id, span_id, dict(note)], "a-"),
        trace_id=trace_id,
        name=name,
        kind=AssessmentKind.FEEDBACK,
        value=label if label is not None else score,
        rationale=as_text(result.get("explanation")),
        source=assessment_source(
            kind, first(note, "identifier", "annotator", "user"), SourceType.HUMAN
        ),
        span_id=clean_id(note.get("span_id")) or span_id,
        metadata=metadata,
        create_time_ms=milliseconds(first(note, "created_at", "createdAt")) or 0,
    )
