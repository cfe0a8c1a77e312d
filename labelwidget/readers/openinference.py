"""The OpenInference convention: kinds, flattened messages, documents, tools, rerankers, embeddings,
annotations.
"""

from __future__ import annotations

from collections.abc import Mapping

from labelwidget.model import Assessment, AssessmentKind, JsonValue, SourceType
from labelwidget.readers.assemble import assessment_source
from labelwidget.readers.dotted import groups, tree, with_paths
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

_IN = "llm.input_messages"
_OUT = "llm.output_messages"
_DOCUMENTS = "retrieval.documents"
_GROUPS = frozenset({
    _IN, _OUT, _DOCUMENTS, "llm.tools", "llm.prompts", "llm.choices", "reranker.input_documents",
    "reranker.output_documents", "embedding.embeddings",
})  # fmt: skip
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


def opened(attributes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Attributes by dotted name, also from exports that nest them (`{"llm": {"model_name":
    ...}}`).
    """
    return with_paths(attributes, ROOTS)


def meaning(attributes: Mapping[str, JsonValue]) -> Meaning:
    """What the convention says of a span; nothing when the span does not follow it."""
    kind = as_text(attributes.get("openinference.span.kind"))
    parts = groups(attributes, _GROUPS)
    if (
        kind is None
        and not parts
        and "input.value" not in attributes
        and "output.value" not in attributes
    ):
        return Meaning()
    kind = kind.upper() if kind else "LLM" if _IN in parts or _OUT in parts else "UNKNOWN"
    inputs, used_in = _value(attributes, "input")
    outputs, used_out = _value(attributes, "output")
    if kind in _MODELS or inputs is None:
        found = _model_inputs(parts)
        if found:
            inputs, used_in = found, _names(parts, _IN, "llm.tools", "llm.prompts")
    if kind in _MODELS or outputs is None:
        found = _model_outputs(parts)
        if found:
            outputs, used_out = found, _names(parts, _OUT, "llm.choices")
    if _DOCUMENTS in parts:
        outputs, used_out = _documents(parts[_DOCUMENTS]), _names(parts, _DOCUMENTS)
    if "reranker.output_documents" in parts:
        outputs = _documents(parts["reranker.output_documents"])
        used_out = _names(parts, "reranker.output_documents")
    if "reranker.input_documents" in parts:
        ranked: dict[str, JsonValue] = {}
        if attributes.get("reranker.query") is not None:
            ranked["query"] = attributes["reranker.query"]
        ranked["documents"] = _documents(parts["reranker.input_documents"])
        inputs = ranked
        used_in = _names(parts, "reranker.input_documents") | {"reranker.query"}
    if kind == "EMBEDDING" and inputs is None and "embedding.embeddings" in parts:
        nodes = as_dicts(tree(parts["embedding.embeddings"]))
        inputs = [as_dict(node.get("embedding")).get("text") for node in nodes]
    if kind == "TOOL" and inputs is None:
        inputs = json_text(first(attributes, "tool.parameters", "tool_call.function.arguments"))
    return Meaning(kind, inputs, outputs, frozenset(used_in), frozenset(used_out))


def _names(parts: Mapping[str, Mapping[str, JsonValue]], *prefixes: str) -> frozenset[str]:
    """The full names of the attributes below some prefixes."""
    return frozenset(
        f"{prefix}.{rest}" if rest else prefix
        for prefix in prefixes
        for rest in parts.get(prefix, ())
    )


def _value(attributes: Mapping[str, JsonValue], side: str) -> tuple[JsonValue, frozenset[str]]:
    """`input.value` or `output.value`; its type says whether the text is JSON."""
    name, kind = f"{side}.value", f"{side}.mime_type"
    value, mime = attributes.get(name), attributes.get(kind)
    if value is None or value == "":
        return None, frozenset()
    if isinstance(mime, str) and "json" in mime:
        return json_text(value), frozenset({name, kind})
    return (value if isinstance(mime, str) else decoded(value)), frozenset({name, kind})


def _model_inputs(parts: Mapping[str, dict[str, JsonValue]]) -> JsonValue:
    found: dict[str, JsonValue] = {}
    messages = _messages(parts.get(_IN))
    if messages:
        found["messages"] = messages
    prompts = [
        as_dict(node.get("prompt")).get("text")
        for node in as_dicts(tree(parts.get("llm.prompts", {})))
    ]
    if prompts:
        found["prompt"] = prompts[0] if len(prompts) == 1 else prompts
    if not found:
        return None
    tools = [_tool(node) for node in as_list(tree(parts.get("llm.tools", {})))]
    if tools:
        found["tools"] = tools
    return found


def _model_outputs(parts: Mapping[str, dict[str, JsonValue]]) -> JsonValue:
    messages = _messages(parts.get(_OUT))
    if messages:
        return {"messages": messages}
    choices = as_dicts(tree(parts.get("llm.choices", {})))
    texts = [as_dict(node.get("completion")).get("text") for node in choices]
    return (
        {"messages": [{"role": "assistant", "content": text} for text in texts]} if texts else None
    )


def _tool(node: JsonValue) -> JsonValue:
    tool = as_dict(node).get("tool")
    schema = as_dict(tool).get("json_schema") if isinstance(tool, dict) else tool
    # Dots inside a schema's text never split it: the schema is one string.
    return decoded(schema) if schema is not None else node


def _messages(paths: dict[str, JsonValue] | None) -> list[JsonValue]:
    return [_message(node) for node in _nodes(paths, "message.")] if paths else []


def _nodes(paths: dict[str, JsonValue], prefix: str) -> list[JsonValue]:
    """The elements of a flattened list. Nearly all have plain members only, which need no tree."""
    if "" in paths:
        return as_list(tree({path: decoded(part) for path, part in paths.items()}))
    found: dict[str, dict[str, JsonValue]] = {}
    for path, part in paths.items():
        place, _, rest = path.partition(".")
        node = found.get(place)
        if node is None:
            node = found[place] = {}
        node[rest] = part
    if not all(place.isdecimal() and place.isascii() for place in found):
        return as_list(tree(paths))
    places = sorted(found, key=int) if len(found) > 1 else list(found)
    return [_node(found[place], prefix) for place in places]


def _node(paths: dict[str, JsonValue], prefix: str) -> JsonValue:
    start = len(prefix)
    plain: dict[str, JsonValue] = {}
    for path, part in paths.items():
        if (
            not path.startswith(prefix)
            or path.find(".", start) >= 0
            or type(part) is list
            or type(part) is dict
        ):
            return tree(paths)
        plain[path[start:]] = part
    return {prefix[:-1]: plain}


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


def _documents(paths: dict[str, JsonValue]) -> list[JsonValue]:
    return [_document(node) for node in _nodes(paths, "document.")]


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
