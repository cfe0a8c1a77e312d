"""OpenTelemetry's convention for generative AI, in its current and its older forms.

Messages stand in attributes (`gen_ai.input.messages`, or flattened `gen_ai.prompt.0.content`), or
in events (`gen_ai.user.message`, `gen_ai.choice`). Messages in the current form keep it (`{"role",
"parts"}`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labelwidget.model import Assessment, AssessmentKind, JsonValue, SourceType, SpanEvent
from labelwidget.readers.assemble import assessment_source
from labelwidget.readers.documents import documents
from labelwidget.readers.dotted import groups, tree
from labelwidget.readers.meaning import Meaning
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    content_id,
    decoded,
    first,
    json_text,
)

__all__ = ["ROOTS", "evaluation", "meaning"]

_OPERATIONS = {
    "chat": "CHAT_MODEL",
    "generate_content": "CHAT_MODEL",
    "text_completion": "LLM",
    "completion": "LLM",
    "embeddings": "EMBEDDING",
    "execute_tool": "TOOL",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "invoke_workflow": "WORKFLOW",
    "retrieval": "RETRIEVER",
}
_KINDS = {
    "workflow": "WORKFLOW",
    "task": "TASK",
    "agent": "AGENT",
    "tool": "TOOL",
    "chat": "CHAT_MODEL",
    "completion": "LLM",
}
_FLAT = frozenset({"gen_ai.prompt", "gen_ai.completion", "llm.request", "gen_ai.request"})
_IN = ("gen_ai.input.messages", "gen_ai.input_messages")
_OUT = ("gen_ai.output.messages", "gen_ai.output_messages")
_SYSTEM = "gen_ai.system_instructions"
_TOOLS = "gen_ai.tool.definitions"
_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.developer.message": "developer",
}
_TOOL_IN = ("gen_ai.tool.call.arguments", "gen_ai.tool.input", "tool_arguments")
_TOOL_OUT = ("gen_ai.tool.call.result", "gen_ai.tool.output", "tool_response")
_ALL_MESSAGES = ("pydantic_ai.all_messages", "all_messages")


ROOTS = frozenset(
    {
        "gen_ai",
        "traceloop",
        "pydantic_ai",
        "all_messages",
        "all_messages_events",
        "events",
        "tool_arguments",
        "tool_response",
    }
)
"""First parts of the names that make a span worth asking this convention about."""


def meaning(attributes: Mapping[str, JsonValue], events: Sequence[SpanEvent]) -> Meaning:
    """What the convention says of a span; nothing when the span does not follow it."""
    operation = as_text(attributes.get("gen_ai.operation.name"))
    kind = _OPERATIONS.get(operation) if operation else None
    if kind is None:
        word = as_text(first(attributes, "traceloop.span.kind", "llm.request.type"))
        kind = _KINDS.get(word) if word else None
    if kind == "TOOL" or any(key in attributes for key in _TOOL_IN):
        return _tool(attributes)
    if kind == "RETRIEVER":
        return _retrieval(attributes)
    parts = groups(attributes, _FLAT)
    inputs, used_in = _inputs(attributes, events, parts)
    outputs, used_out = _outputs(attributes, events, parts)
    if inputs is None and outputs is None:
        return _whole_run(attributes, kind)
    return Meaning(kind or "CHAT_MODEL", inputs, outputs, used_in, used_out)


def _tool(attributes: Mapping[str, JsonValue]) -> Meaning:
    inside = next((key for key in _TOOL_IN if attributes.get(key) is not None), None)
    outside = next((key for key in _TOOL_OUT if attributes.get(key) is not None), None)
    return Meaning(
        "TOOL",
        None if inside is None else json_text(attributes[inside]),
        None if outside is None else json_text(attributes[outside]),
        frozenset() if inside is None else frozenset({inside}),
        frozenset() if outside is None else frozenset({outside}),
    )


def _retrieval(attributes: Mapping[str, JsonValue]) -> Meaning:
    found = attributes.get("gen_ai.retrieval.documents")
    query = first(attributes, "gen_ai.retrieval.query.text", "gen_ai.retrieval.query")
    return Meaning(
        "RETRIEVER",
        None if query is None else {"query": query},
        None if found is None else documents(decoded(found)),
        frozenset({"gen_ai.retrieval.query.text", "gen_ai.retrieval.query"}),
        frozenset({"gen_ai.retrieval.documents"}),
    )


def _inputs(
    attributes: Mapping[str, JsonValue],
    events: Sequence[SpanEvent],
    parts: Mapping[str, dict[str, JsonValue]],
) -> tuple[JsonValue, frozenset[str]]:
    used: set[str] = set()
    messages = _listed(attributes, _IN, used)
    if messages is None:
        messages = _from_events(attributes, events, used)[0]
    if messages is None and "gen_ai.prompt" in parts:
        messages = _flattened(parts["gen_ai.prompt"])
        used |= {
            key for key in attributes if key == "gen_ai.prompt" or key.startswith("gen_ai.prompt.")
        }
    system = json_text(attributes.get(_SYSTEM))
    if system is not None:
        used.add(_SYSTEM)
        parts_of: JsonValue = (
            system if isinstance(system, list) else [{"type": "text", "content": system}]
        )
        instructions: JsonValue = {"role": "system", "parts": parts_of}
        messages = [instructions, *(messages or [])]
    if messages is None:
        return None, frozenset()
    found: dict[str, JsonValue] = {"messages": messages}
    tools = _tools(attributes, parts, used)
    if tools:
        found["tools"] = tools
    return found, frozenset(used)


def _outputs(
    attributes: Mapping[str, JsonValue],
    events: Sequence[SpanEvent],
    parts: Mapping[str, dict[str, JsonValue]],
) -> tuple[JsonValue, frozenset[str]]:
    used: set[str] = set()
    messages = _listed(attributes, _OUT, used)
    if messages is None:
        messages = _from_events(attributes, events, used)[1]
    if messages is None and "gen_ai.completion" in parts:
        messages = _flattened(parts["gen_ai.completion"], "assistant")
        used |= {
            key
            for key in attributes
            if key == "gen_ai.completion" or key.startswith("gen_ai.completion.")
        }
    return (None, frozenset()) if messages is None else ({"messages": messages}, frozenset(used))


def _listed(
    attributes: Mapping[str, JsonValue], names: Sequence[str], used: set[str]
) -> list[JsonValue] | None:
    for name in names:
        found = decoded(attributes.get(name))
        if isinstance(found, dict):
            found = found.get("messages", [found])
        if isinstance(found, list) and found:
            used.add(name)
            return found
    return None


def _tools(
    attributes: Mapping[str, JsonValue], parts: Mapping[str, dict[str, JsonValue]], used: set[str]
) -> list[JsonValue]:
    found = decoded(attributes.get(_TOOLS))
    if isinstance(found, list):
        used.add(_TOOLS)
        return [decoded(part) for part in found]
    functions = as_dict(tree(parts.get("llm.request", {}))).get("functions")
    if isinstance(functions, list):
        used |= {key for key in attributes if key.startswith("llm.request.functions.")}
        return [{"type": "function", "function": _function(part)} for part in as_dicts(functions)]
    return []


def _function(value: dict[str, JsonValue]) -> JsonValue:
    return {key: decoded(part) if key == "parameters" else part for key, part in value.items()}


def _flattened(paths: dict[str, JsonValue], role: str = "user") -> list[JsonValue] | None:
    """Messages from `gen_ai.prompt.N.…`; a single text or JSON under the bare name counts as
    well.
    """
    bare = paths.get("")
    if bare is not None and len(paths) == 1:
        inner = decoded(bare)
        if isinstance(inner, dict):
            inner = inner.get("messages", inner)
        if isinstance(inner, list) and inner and all(isinstance(part, dict) for part in inner):
            return inner
        return [{"role": role, "content": bare}]
    nodes = as_list(tree({key: part for key, part in paths.items() if key}))
    return [_flat_message(node, role) for node in nodes] or None


def _flat_message(node: JsonValue, role: str) -> JsonValue:
    inner = as_dict(node)
    if not inner:
        return {"role": role, "content": node}
    made: dict[str, JsonValue] = {"role": as_text(inner.get("role")) or role}
    if inner.get("content") is not None:
        content = decoded(inner["content"])
        # Lists of content parts travel as JSON text here; any other JSON is what somebody said.
        made["content"] = content if _are_parts(content) else inner["content"]
    calls = [_flat_call(call) for call in as_list(inner.get("tool_calls"))]
    if isinstance(inner.get("function_call"), dict):
        calls.append({"type": "function", "function": inner["function_call"]})
    if calls:
        made["tool_calls"] = calls
    taken = {"role", "content", "tool_calls", "function_call"}
    return made | {key: part for key, part in inner.items() if key not in taken}


def _are_parts(value: JsonValue) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, dict) and "type" in part for part in value)
    )


def _flat_call(value: JsonValue) -> JsonValue:
    call = as_dict(value)
    if "function" in call:
        return {"type": "function", **call}
    rest = {key: part for key, part in call.items() if key not in {"name", "arguments"}}
    return {
        "type": "function",
        **rest,
        "function": {"name": call.get("name"), "arguments": call.get("arguments")},
    }


def _from_events(
    attributes: Mapping[str, JsonValue], events: Sequence[SpanEvent], used: set[str]
) -> tuple[list[JsonValue] | None, list[JsonValue] | None]:
    """Messages that went in and came out, from span events or from the attribute that holds them as
    a list.
    """
    rows: list[tuple[str, dict[str, JsonValue]]] = [
        (event.name, event.attributes) for event in events if event.name.startswith("gen_ai.")
    ]
    if not rows:
        for name in ("events", "all_messages_events"):
            kept = [
                row
                for row in as_dicts(decoded(attributes.get(name)))
                if as_text(row.get("event.name"))
            ]
            if kept:
                rows = [(as_text(row["event.name"]) or "", row) for row in kept]
                used.add(name)
                break
    went_in: list[JsonValue] = []
    came_out: list[JsonValue] = []
    for name, body in rows:
        if name in _ROLES:
            went_in.append(_event_message(body, _ROLES[name]))
        elif name == "gen_ai.choice":
            message = decoded(body.get("message"))
            inner = message if isinstance(message, dict) else body
            came_out.append(_event_message(inner, "assistant", as_text(body.get("finish_reason"))))
        elif name == "gen_ai.content.prompt":
            went_in += _flattened({"": body.get("gen_ai.prompt")}) or []
        elif name == "gen_ai.content.completion":
            came_out += _flattened({"": body.get("gen_ai.completion")}, "assistant") or []
        elif name == "gen_ai.client.inference.operation.details":
            went_in += _listed(body, _IN, set()) or []
            came_out += _listed(body, _OUT, set()) or []
    return went_in or None, came_out or None


def _event_message(
    body: Mapping[str, JsonValue], role: str, finish: str | None = None
) -> JsonValue:
    made: dict[str, JsonValue] = {"role": as_text(body.get("role")) or role}
    content = decoded(body.get("content"))
    made["content"] = content if _are_parts(content) else body.get("content")
    calls = decoded(body.get("tool_calls"))
    if isinstance(calls, list):
        made["tool_calls"] = [decoded(call) for call in calls]
    if role == "tool" and body.get("id") is not None:
        made["tool_call_id"] = body["id"]
    if finish:
        made["finish_reason"] = finish
    taken = {
        "role",
        "content",
        "tool_calls",
        "id",
        "event.name",
        "gen_ai.system",
        "gen_ai.message.index",
        "finish_reason",
    }
    return made | {key: part for key, part in body.items() if key not in taken}


def _whole_run(attributes: Mapping[str, JsonValue], kind: str | None) -> Meaning:
    """An agent's run that keeps all its messages in one attribute: what was asked, and what came of
    it.
    """
    used: set[str] = set()
    messages = _listed(attributes, _ALL_MESSAGES, used)
    if messages is None:
        return Meaning(kind)
    start = as_int(attributes.get("pydantic_ai.new_message_index")) or 0
    roles = [as_dict(message).get("role") for message in messages]
    answers = [
        number for number, role in enumerate(roles) if role == "assistant" and number >= start
    ]
    cut = answers[0] if answers else len(messages)
    return Meaning(
        kind or "AGENT",
        {"messages": messages[:cut]} if cut else None,
        {"messages": messages[cut:]} if cut < len(messages) else None,
        frozenset(used),
        frozenset(used),
    )


def evaluation(event: SpanEvent, trace_id: str, span_id: str) -> Assessment | None:
    """The judgement in a `gen_ai.evaluation.result` event, or None for other events."""
    if not event.name.startswith("gen_ai.evaluation"):
        return None
    said = event.attributes
    name = as_text(said.get("gen_ai.evaluation.name"))
    if name is None:
        return None
    label, score = (
        said.get("gen_ai.evaluation.score.label"),
        said.get("gen_ai.evaluation.score.value"),
    )
    return Assessment(
        assessment_id=content_id([trace_id, span_id, event.time_ns, said], "a-"),
        trace_id=trace_id,
        name=name,
        kind=AssessmentKind.FEEDBACK,
        value=label if label is not None else score,
        rationale=as_text(said.get("gen_ai.evaluation.explanation")),
        source=assessment_source(
            "LLM_JUDGE", as_text(said.get("gen_ai.response.model")), SourceType.LLM_JUDGE
        ),
        span_id=span_id,
        metadata={} if label is None or score is None else {"score": score},
        error=as_text(said.get("error.type")),
        create_time_ms=(event.time_ns or 0) // 1_000_000,
    )
