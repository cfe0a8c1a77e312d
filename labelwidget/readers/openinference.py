"""The OpenInference convention: kinds, flattened messages, documents, tools, rerankers, embeddings,
annotations.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from labelwidget.model import Assessment, AssessmentKind, JsonValue, SourceType
from labelwidget.readers.assemble import assessment_source
from labelwidget.readers.dotted import tree, with_paths
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

# The lists that the convention flattens, by the first two parts of their names.
_LISTS = {
    "llm": frozenset({"input_messages", "output_messages", "tools", "prompts", "choices"}),
    "retrieval": frozenset({"documents"}),
    "reranker": frozenset({"input_documents", "output_documents"}),
    "embedding": frozenset({"embeddings"}),
}
_PLAIN_MESSAGE = frozenset(
    {"message.role", "message.content", "message.tool_call_id", "message.name"}
)
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
    lists = _lists(attributes)
    told = "input.value" in attributes or "output.value" in attributes
    if kind is None and not lists and not told:
        return Meaning()
    spoken = "input_messages" in lists or "output_messages" in lists
    kind = kind.upper() if kind else "LLM" if spoken else "UNKNOWN"
    inputs, used_in = _value(attributes, "input")
    outputs, used_out = _value(attributes, "output")
    if kind in _MODELS or inputs is None:
        found = _model_inputs(lists)
        if found:
            inputs, used_in = found, _names(lists, "input_messages", "tools", "prompts")
    if kind in _MODELS or outputs is None:
        found = _model_outputs(lists)
        if found:
            outputs, used_out = found, _names(lists, "output_messages", "choices")
    for name in ("documents", "output_documents"):
        if name in lists:
            outputs, used_out = _documents(lists[name]), _names(lists, name)
    if "input_documents" in lists:
        ranked: dict[str, JsonValue] = {}
        if attributes.get("reranker.query") is not None:
            ranked["query"] = attributes["reranker.query"]
        ranked["documents"] = _documents(lists["input_documents"])
        inputs, used_in = ranked, _names(lists, "input_documents") | {"reranker.query"}
    if inputs is None and kind == "EMBEDDING" and "embeddings" in lists:
        nodes = as_dicts(_nodes(lists["embeddings"]))
        inputs = [as_dict(node.get("embedding")).get("text") for node in nodes]
    if inputs is None and kind == "TOOL":
        inputs = json_text(first(attributes, "tool.parameters", "tool_call.function.arguments"))
    return Meaning(kind, inputs, outputs, used_in, used_out)


class _List:
    """One flattened list: what each place holds by path, and the names of the attributes."""

    def __init__(self) -> None:
        self.places: dict[str, dict[str, JsonValue]] = {}
        self.whole: JsonValue = None
        self.names: list[str] = []


def _lists(attributes: Mapping[str, JsonValue]) -> dict[str, _List]:
    """All flattened lists of a span in one pass, by the second part of their names."""
    found: dict[str, _List] = {}
    for key, value in attributes.items():
        where = _where(key)
        if where is None:
            continue
        name, place, rest = where
        held = found.get(name)
        if held is None:
            held = found[name] = _List()
        held.names.append(key)
        if place is None:
            held.whole = decoded(value)
        elif place in held.places:
            held.places[place][rest] = value
        else:
            held.places[place] = {rest: value}
    return found


@lru_cache(maxsize=20_000)
def _where(key: str) -> tuple[str, str | None, str] | None:
    """List, place and path that a name stands for; the same names come again in every trace."""
    parts = key.split(".", 3)
    if len(parts) < 2 or parts[1] not in _LISTS.get(parts[0], ()):
        return None
    place = parts[2] if len(parts) > 2 else None
    return parts[1], place, parts[3] if len(parts) > 3 else ""


def _names(lists: Mapping[str, _List], *which: str) -> frozenset[str]:
    """The full names of the attributes of some lists."""
    return frozenset(name for one in which if one in lists for name in lists[one].names)


def _in_order(held: _List) -> list[dict[str, JsonValue]]:
    places = held.places
    if len(places) < 2:
        return list(places.values())
    if all(place.isdecimal() and place.isascii() for place in places):
        return [places[place] for place in sorted(places, key=int)]
    return list(places.values())


def _nodes(held: _List) -> list[JsonValue]:
    """The elements of a list, whichever way it was written."""
    if held.whole is not None:
        return as_list(tree({"": held.whole}))
    return [tree(place) for place in _in_order(held)]


def _value(attributes: Mapping[str, JsonValue], side: str) -> tuple[JsonValue, frozenset[str]]:
    """`input.value` or `output.value`; its type says whether the text is JSON."""
    name, kind = f"{side}.value", f"{side}.mime_type"
    value, mime = attributes.get(name), attributes.get(kind)
    if value is None or value == "":
        return None, frozenset()
    if isinstance(mime, str) and "json" in mime:
        return json_text(value), frozenset({name, kind})
    return (value if isinstance(mime, str) else decoded(value)), frozenset({name, kind})


def _model_inputs(lists: Mapping[str, _List]) -> JsonValue:
    found: dict[str, JsonValue] = {}
    if "input_messages" in lists:
        found["messages"] = _messages(lists["input_messages"])
    if "prompts" in lists:
        nodes = as_dicts(_nodes(lists["prompts"]))
        prompts = [as_dict(node.get("prompt")).get("text") for node in nodes]
        found["prompt"] = prompts[0] if len(prompts) == 1 else prompts
    if found and "tools" in lists:
        found["tools"] = [_tool(node) for node in _nodes(lists["tools"])]
    return found or None


def _model_outputs(lists: Mapping[str, _List]) -> JsonValue:
    if "output_messages" in lists:
        return {"messages": _messages(lists["output_messages"])}
    if "choices" not in lists:
        return None
    nodes = as_dicts(_nodes(lists["choices"]))
    texts = [as_dict(node.get("completion")).get("text") for node in nodes]
    return {"messages": [{"role": "assistant", "content": text} for text in texts]}


def _tool(node: JsonValue) -> JsonValue:
    tool = as_dict(node).get("tool")
    schema = as_dict(tool).get("json_schema") if isinstance(tool, dict) else tool
    # Dots inside a schema's text never split it: the schema is one string.
    return decoded(schema) if schema is not None else node


def _messages(held: _List) -> list[JsonValue]:
    if held.whole is not None:
        return [_message(node) for node in _nodes(held)]
    return [_plain_message(place) or _message(tree(place)) for place in _in_order(held)]


def _plain_message(place: dict[str, JsonValue]) -> JsonValue:
    """A message of texts and tool calls, as nearly all are, without building a tree; None for
    others.
    """
    if "message.role" not in place:
        return None
    made: dict[str, JsonValue] = {"role": as_text(place["message.role"]) or "unknown"}
    calls: dict[str, dict[str, JsonValue]] = {}
    for path, part in place.items():
        if type(part) is not str:
            return None
        if path in _PLAIN_MESSAGE:
            if path != "message.role":
                made[path[8:]] = part
        elif not path.startswith("message.tool_calls.") or not _put_call(calls, path, part):
            return None
    if len(calls) > 10:
        return None
    if calls:
        made["tool_calls"] = [calls[at] for at in sorted(calls)]
    return made


def _put_call(calls: dict[str, dict[str, JsonValue]], path: str, part: str) -> bool:
    """Take `message.tool_calls.0.tool_call.function.name` and its like; False for anything else."""
    where = _where_in_call(path)
    if where is None:
        return False
    place, member = where
    call = calls.get(place)
    if call is None:
        call = calls[place] = {"type": "function"}
    if member == "id":
        call["id"] = part
    else:
        as_dict(call.setdefault("function", {}))[member] = part
    return True


@lru_cache(maxsize=1_000)
def _where_in_call(path: str) -> tuple[str, str] | None:
    parts = path.split(".", 4)
    if len(parts) < 5 or parts[3] != "tool_call" or not parts[2].isdecimal():
        return None
    members = {"id": "id", "function.name": "name", "function.arguments": "arguments"}
    return None if parts[4] not in members else (parts[2], members[parts[4]])


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


def _documents(held: _List) -> list[JsonValue]:
    if held.whole is not None:
        return [_document(node) for node in _nodes(held)]
    return [_document(_plain_document(place) or tree(place)) for place in _in_order(held)]


def _plain_document(place: dict[str, JsonValue]) -> JsonValue:
    """A document of plain members without building a tree; None for others."""
    made: dict[str, JsonValue] = {}
    for path, part in place.items():
        if not path.startswith("document.") or path.find(".", 9) >= 0 or type(part) in {dict, list}:
            return None
        made[path[9:]] = part
    return {"document": made}


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
