"""What a TOOL span says of the call that it carries out."""

from __future__ import annotations

from functools import cached_property

from labelwidget.content.json_text import decoded
from labelwidget.content.ledger import value_key
from labelwidget.content.message import ToolResult
from labelwidget.content.shapes import read_messages
from labelwidget.content.shapes.fields import mapping, string
from labelwidget.model import JsonValue, Span

__all__ = ["ToolSpan"]

_NAMES = ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "tool_name", "traceloop.entity.name")
_IDS = ("gen_ai.tool.call.id", "ai.toolCall.id", "tool_call.id", "tool_call_id", "tool.call.id")
_ARGUMENTS = ("gen_ai.tool.call.arguments", "ai.toolCall.args", "tool.parameters")
_PREFIXES = ("execute_tool ", "running tool: ", "tool: ", "tool.", "tool call: ", "call_tool ")
# Objects around the arguments, and what else stands beside them there.
_WRAPPERS = ("input", "args", "arguments", "kwargs", "tool_input", "parameters")


class ToolSpan:
    """A TOOL span read for joining it with a call."""

    def __init__(self, span: Span) -> None:
        """Read the span."""
        self._span = span

    @cached_property
    def names(self) -> list[str]:
        """What the tool may be called, the likeliest first; never empty."""
        span = self._span
        found = [string(span.attributes, key) for key in _NAMES]
        lower = span.name.lower()
        found.extend(
            span.name[len(prefix) :].strip() for prefix in _PREFIXES if lower.startswith(prefix)
        )
        found.append(span.name)
        return [name for name in found if name] or ["tool"]

    @cached_property
    def call_id(self) -> str:
        """The call's id, or empty."""
        span = self._span
        found = string(span.attributes, *_IDS)
        if not found and self._answer is not None:
            found = self._answer.id
        if not found:
            found = string(mapping(span.inputs), "tool_call_id", "toolCallId", "call_id")
        return found

    @cached_property
    def arguments(self) -> JsonValue:
        """The arguments."""
        if self._span.inputs is not None:
            return self._span.inputs
        return next(
            (found for key in _ARGUMENTS if (found := self._span.attributes.get(key)) is not None),
            None,
        )

    @cached_property
    def argument_keys(self) -> list[str]:
        """What the arguments may compare equal to: they may stand in an object of their own."""
        arguments = decoded(self.arguments)
        found = [value_key(arguments)]
        inner = mapping(arguments)
        found.extend(value_key(inner[key]) for key in _WRAPPERS if key in inner)
        if len(inner) > 1:
            plain = {
                key: part for key, part in inner.items() if key not in ("tool_call_id", "name")
            }
            found.append(value_key(plain))
        return found

    @cached_property
    def result(self) -> JsonValue:
        """The result, taken out of a message when the tool returns one."""
        if self._answer is not None:
            return self._answer.value
        if self._span.outputs is not None:
            return self._span.outputs
        return self._span.attributes.get("gen_ai.tool.call.result")

    @cached_property
    def _answer(self) -> ToolResult | None:
        outputs = decoded(self._span.outputs)
        if not isinstance(outputs, (dict, list)):
            return None
        found = read_messages(outputs, role="tool")
        if found is None or len(found.messages) != 1 or not found.messages[0].tool_results:
            return None
        return found.messages[0].tool_results[0]
