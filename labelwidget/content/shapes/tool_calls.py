"""Tool calls and tool definitions, which all sources write nearly alike."""

from __future__ import annotations

from labelwidget.content.json_text import decoded
from labelwidget.content.message import ToolCall, ToolSpec
from labelwidget.content.shapes.fields import JsonObject, items, mapping, string, value_of
from labelwidget.model import JsonValue

__all__ = ["is_spec", "read_call", "read_calls", "read_spec", "read_specs"]

_ARGUMENTS = ("arguments", "args", "input", "parameters", "kwargs")
_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "args_schema")
# Objects in which a definition or a call stands, by source.
_WRAPPERS = ("function", "custom", "toolSpec", "tool_call", "toolCall", "tool", "json_schema")


def _unwrapped(value: JsonValue) -> JsonObject:
    """The innermost object with a name, with the keys around it as a fallback (ids)."""
    found = mapping(decoded(value))
    for _ in range(3):
        inner = next(
            (part for key in _WRAPPERS if (part := mapping(decoded(found.get(key))))), None
        )
        if inner is None:
            break
        found = {**found, **inner}
        for key in _WRAPPERS:
            if key not in inner:
                found.pop(key, None)
    return found


def read_call(value: JsonValue) -> ToolCall | None:
    """One tool call: OpenAI, LangChain, Vercel, AutoGen, OpenInference or OTel; else None."""
    call = _unwrapped(value)
    name = string(call, "name", "toolName", "tool_name", "function.name", "tool_call.function.name")
    if not name:
        return None
    return ToolCall(
        name=name,
        arguments=value_of(call, *_ARGUMENTS, "function.arguments", "tool_call.function.arguments"),
        id=string(call, "id", "call_id", "toolCallId", "tool_call_id", "tool_call.id"),
    )


def read_calls(value: JsonValue) -> list[ToolCall]:
    """All calls of a `tool_calls` list; entries without a name are left to the raw view."""
    return [call for call in map(read_call, items(value)) if call is not None]


def read_spec(value: JsonValue) -> ToolSpec | None:
    """A tool definition: OpenAI, Responses, Anthropic, Gemini, Bedrock or OTel; else None."""
    outer = mapping(decoded(value))
    spec = _unwrapped(decoded(outer["tool.json_schema"]) if "tool.json_schema" in outer else outer)
    name = string(spec, "name")
    if not name:
        return None
    parameters = value_of(spec, *_SCHEMAS)
    schema = mapping(parameters)
    for wrapper in ("json", "jsonSchema"):  # Bedrock, Vercel
        if set(schema) == {wrapper}:
            parameters = schema[wrapper]
    return ToolSpec(name=name, description=string(spec, "description"), parameters=parameters)


def is_spec(value: JsonValue) -> bool:
    """Whether the value can only be a definition: a named schema, no call and no result."""
    spec = mapping(value)
    function = mapping(spec.get("function"))
    if string(spec, "type") == "function" and string(function, "name"):
        return "arguments" not in function and "id" not in spec
    return bool(string(spec, "name")) and any(isinstance(spec.get(key), dict) for key in _SCHEMAS)


def read_specs(value: JsonValue) -> list[ToolSpec]:
    """All definitions in a `tools` value of any source; unnamed built-in tools by their type."""
    found: list[ToolSpec] = []
    specs = decoded(value)
    if isinstance(specs, dict):
        inner = specs.get("tools")
        if inner is not None:  # Bedrock
            return read_specs(inner)
        named: list[JsonValue] = [{"name": key, **mapping(spec)} for key, spec in specs.items()]
        specs = named  # Vercel
    for entry in items(specs):
        definition = mapping(decoded(entry))
        declared = items(value_of(definition, "functionDeclarations", "function_declarations"))
        if declared:  # Gemini
            found.extend(spec for spec in map(read_spec, declared) if spec is not None)
        elif (spec := read_spec(definition)) is not None:
            found.append(spec)
        elif definition:
            name = string(definition, "type") or next(iter(definition))
            found.append(ToolSpec(name=name, parameters=definition))
    return found
