"""A Langfuse observation as a span.

Names come in two spellings: the API and the downloads of the web interface write `startTime`, the
scheduled exports to a bucket `start_time`. Inputs, outputs and metadata are texts that hold JSON in
some exports and parsed JSON in others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from labelwidget.model import JsonValue, Span, SpanStatus
from labelwidget.readers.documents import documents
from labelwidget.readers.responses import instructed
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    clean_id,
    decoded,
    first,
    nanoseconds,
)

__all__ = ["snake_free", "span_of", "usage"]

_TYPES = {
    "GENERATION": "LLM",
    "SPAN": "UNKNOWN",
    "EVENT": "TASK",
}
# What instrumentations say of a span that Langfuse only calls SPAN.
_KINDS = {
    "execute_tool": "TOOL",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "chat": "LLM",
    "text_completion": "LLM",
    "generate_content": "LLM",
    "embeddings": "EMBEDDING",
    "llm": "LLM",
    "prompt": "CHAIN",
}
_KNOWN_KINDS = frozenset(
    {
        "LLM", "TOOL", "AGENT", "CHAIN", "RETRIEVER", "EMBEDDING", "RERANKER", "GUARDRAIL",
        "EVALUATOR",
    }
)  # fmt: skip
_KIND_KEYS = (
    "openinference.span.kind",
    "traceloop.span.kind",
    "langsmith.span.kind",
    "gen_ai.operation.name",
)
# Members that have a place of their own in a span.
_PLACED = frozenset(
    {
        "id", "traceId", "parentObservationId", "name", "type", "startTime", "endTime", "input",
        "output", "level", "statusMessage", "metadata", "projectId", "createdAt", "updatedAt",
        "model", "providedModelName", "toolDefinitions",
    }
)  # fmt: skip
_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})


def _camel(key: str) -> str:
    """A snake_case name as Langfuse's API spells it: `start_time` is `startTime`."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), key)


def snake_free(record: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A row with the API's names, whichever way it was exported."""
    return {_camel(key): value for key, value in record.items()}


def span_of(record: Mapping[str, JsonValue]) -> Span | None:
    """The span of one observation.

    Args:
        record: The observation, names as `snake_free` gives them.

    Returns:
        The span, or None when the observation has no id.
    """
    span_id = clean_id(record.get("id"))
    if span_id is None:
        return None
    metadata = decoded(record.get("metadata"))
    telemetry = as_dict(decoded(as_dict(metadata).get("attributes")))
    outputs = _messages_inside(decoded(record.get("output")))
    inputs = _messages_inside(decoded(record.get("input")))
    kind = _kind(record, telemetry, outputs)
    if kind == "LLM":
        inputs = _with_tools(inputs, _offered(record, metadata, telemetry))
        outputs = _one_message(outputs)
        inputs, outputs = instructed(inputs, outputs)
    elif kind == "RETRIEVER":
        outputs = documents(outputs)
    failed = as_text(record.get("level")) == "ERROR"
    ended = nanoseconds(record.get("endTime"))
    return Span(
        span_id=span_id,
        parent_id=clean_id(record.get("parentObservationId")),
        name=as_text(record.get("name")) or "",
        span_type=kind,
        start_ns=nanoseconds(record.get("startTime")),
        end_ns=ended,
        status=SpanStatus.ERROR
        if failed
        else (SpanStatus.UNSET if ended is None else SpanStatus.OK),
        status_message=as_text(record.get("statusMessage")) or "",
        inputs=inputs,
        outputs=outputs,
        attributes=_attributes(record, metadata, telemetry),
    )


def _kind(
    record: Mapping[str, JsonValue], telemetry: Mapping[str, JsonValue], outputs: JsonValue
) -> str:
    kind = (as_text(record.get("type")) or "SPAN").upper()
    kind = _TYPES.get(kind, kind)
    if kind != "UNKNOWN":
        return kind
    for key in _KIND_KEYS:
        said = as_text(telemetry.get(key))
        if said is not None:
            kind = _KINDS.get(said.lower(), said.upper())
            if kind in _KNOWN_KINDS:
                return kind
    if as_text(telemetry.get("gen_ai.tool.name")) or as_text(telemetry.get("ai.toolCall.name")):
        return "TOOL"
    if as_text(telemetry.get("gen_ai.agent.name")):
        return "AGENT"
    # LangChain's callback of 2025 made plain spans of tools; what comes out says what they are.
    message = as_dict(outputs)
    if message.get("type") == "tool" and as_text(message.get("tool_call_id")):
        return "TOOL"
    return "UNKNOWN"


def _messages_inside(value: JsonValue) -> JsonValue:
    """Undo a second encoding: `{"messages": "[…]"}` holds its array as a text."""
    if isinstance(value, dict) and isinstance(value.get("messages"), str):
        inner = decoded(value["messages"])
        if isinstance(inner, list):
            return value | {"messages": inner}
    return value


def _with_tools(inputs: JsonValue, tools: list[JsonValue]) -> JsonValue:
    """The inputs of a model call with the tools that it was offered, if both are known."""
    if not tools or as_list(as_dict(inputs).get("tools")):
        return inputs
    if isinstance(inputs, list) and as_dicts(inputs):
        inputs = {"messages": inputs}
    if not isinstance(inputs, dict) or not isinstance(inputs.get("messages"), list):
        return inputs
    made: dict[str, JsonValue] = dict(inputs)
    made["tools"] = tools
    return made


def _offered(
    record: Mapping[str, JsonValue], metadata: JsonValue, telemetry: Mapping[str, JsonValue]
) -> list[JsonValue]:
    """Tool definitions from wherever the instrumentation put them."""
    named = as_dict(decoded(record.get("toolDefinitions")))
    if named:
        return [_function(as_dict(decoded(tool)) | {"name": key}) for key, tool in named.items()]
    pydantic_ai = as_dict(decoded(telemetry.get("model_request_parameters")))
    defined = [
        _function({key.replace("_json_schema", ""): part for key, part in tool.items()})
        for kind in ("function_tools", "output_tools")
        for tool in as_dicts(pydantic_ai.get(kind))
    ]
    if defined:
        return defined
    listed = first(as_dict(metadata), "tools") or first(
        telemetry, "gen_ai.tool.definitions", "ai.prompt.tools", "llm.tools"
    )
    parts = [decoded(part) for part in as_list(decoded(listed))]
    return [part for part in parts if isinstance(part, dict)]


def _function(tool: Mapping[str, JsonValue]) -> JsonValue:
    named: dict[str, JsonValue] = {
        key: tool[key] for key in ("name", "description", "parameters") if key in tool
    }
    made: dict[str, JsonValue] = {"type": "function", "function": named}
    return made


def _one_message(outputs: JsonValue) -> JsonValue:
    """Vercel's list of calls as the one assistant message that it is; anything else unchanged."""
    calls = as_dicts(outputs)
    if not isinstance(outputs, list) or len(calls) < len(outputs) or not calls:
        return outputs
    if not all(as_text(call.get("toolName")) and "toolCallId" in call for call in calls):
        return outputs
    message: dict[str, JsonValue] = {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": call["toolCallId"],
                "type": "function",
                "function": {
                    "name": call["toolName"],
                    "arguments": first(call, "input", "args", "arguments"),
                },
            }
            for call in calls
        ],
    }
    return message


def _attributes(
    record: Mapping[str, JsonValue], metadata: JsonValue, telemetry: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    model = first(record, "model", "providedModelName")
    if isinstance(model, str):
        found["gen_ai.response.model"] = model
    used_in, used_out = usage(record)
    if used_in is not None:
        found["gen_ai.usage.input_tokens"] = used_in
    if used_out is not None:
        found["gen_ai.usage.output_tokens"] = used_out
    for key, value in record.items():
        if key not in _PLACED and value not in _EMPTY:
            found[key] = decoded(value)
    if isinstance(metadata, dict):
        rest = {key: value for key, value in metadata.items() if key != "attributes"}
        found |= {key: value for key, value in telemetry.items() if key not in found}
        found |= {f"metadata.{key}": value for key, value in rest.items() if value not in _EMPTY}
        if not telemetry and metadata.get("attributes") not in _EMPTY:
            found["metadata.attributes"] = metadata["attributes"]
    elif metadata not in _EMPTY:
        found["metadata"] = metadata
    return found


def usage(record: Mapping[str, JsonValue]) -> tuple[int | None, int | None]:
    """Input and output tokens of an observation, in any of the spellings that Langfuse has had."""
    details = as_dict(decoded(record.get("usageDetails")))
    older = as_dict(decoded(record.get("usage")))
    return (
        as_int(first(details, "input", "input_tokens", "prompt_tokens"))
        or as_int(first(record, "inputUsage", "promptTokens", "inputTokens"))
        or as_int(first(older, "input", "promptTokens", "prompt_tokens")),
        as_int(first(details, "output", "output_tokens", "completion_tokens"))
        or as_int(first(record, "outputUsage", "completionTokens", "outputTokens"))
        or as_int(first(older, "output", "completionTokens", "completion_tokens")),
    )
