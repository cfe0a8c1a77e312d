"""A trace → one story in reading order: the walk over the spans that makes the blocks.

The story is taken from whichever spans hold it. A model call shows what is new in what it was
told, then what it answered; tools and retrievers stand where they ran; what the application was
asked and what it gave back stand first and last, unless the messages say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from labelwidget.content.documents import read_documents, read_query
from labelwidget.content.drafts import (
    DocumentsDraft,
    Draft,
    ErrorDraft,
    MessageDraft,
    SpecsDraft,
    ToolDraft,
    TurnDraft,
    ValueDraft,
)
from labelwidget.content.failures import Failure, failures
from labelwidget.content.ledger import Ledger, body_key, value_key
from labelwidget.content.message import (
    Data,
    Message,
    MessagePart,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from labelwidget.content.roster import Roster
from labelwidget.content.shapes import Found, read_messages
from labelwidget.content.shapes.fields import JsonObject, string
from labelwidget.content.shapes.tool_calls import read_specs
from labelwidget.content.toolspan import ToolSpan
from labelwidget.content.tree import (
    MAX_DEPTH,
    is_agent,
    is_model_call,
    is_retriever,
    is_tool,
    steps,
)
from labelwidget.model import JsonValue, Span, Trace, TraceState

__all__ = ["Conversation"]

_SYSTEM_ROLES = ("system", "developer")
_SPEC_ATTRIBUTES = ("mlflow.chat.tools", "gen_ai.tool.definitions", "llm.tools", "tools")
# Settings and bookkeeping of model calls, not part of what was said.
_CALL_SETTINGS = frozenset({
    "model", "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "n", "seed",
    "max_output_tokens", "stream", "stream_options", "stop", "stop_sequences", "tool_choice",
    "parallel_tool_calls", "response_format", "frequency_penalty", "presence_penalty", "logprobs",
    "logit_bias", "id", "object", "created", "created_at", "usage", "system_fingerprint",
    "service_tier", "stop_reason", "stop_sequence", "usage_metadata", "usageMetadata",
    "model_version", "modelVersion", "response_id", "responseId", "finish_reason", "status",
})  # fmt: skip


@dataclass(slots=True)
class _Scope:
    """An agent's part of the story.

    Attributes:
        start: Index of its first draft.
        spoken: A model call was shown in it: later system prompts stay where they are.
        heading: Shown before its first draft, then None.
    """

    start: int
    spoken: bool = False
    heading: TurnDraft | None = None


class Conversation:
    """The drafts of a trace's blocks, in reading order.

    ```
    Conversation(trace).drafts
    ```
    """

    def __init__(self, trace: Trace) -> None:
        """Walk the trace."""
        self.drafts: list[Draft] = []
        self.messages: list[Message] = []
        self._trace = trace
        self._ledger = Ledger()
        self._roster = Roster(trace)
        self._scopes = [_Scope(0)]
        self._asked: list[str] = []
        self._specs: set[str] = set()
        self._failures: set[tuple[str, str]] = set()
        self._tools: list[tuple[Span, ToolDraft]] = []
        self._walk()

    # -- the walk ------------------------------------------------------------------------------

    def _walk(self) -> None:
        trace = self._trace
        root = trace.root
        if root is None:
            self._ask(trace.inputs, None)
            self._answer(trace.outputs, None)
        for step in steps(trace):
            span = step.span
            if step.entering:
                self._enter(span, is_root=step.level == 0, first=span is root)
            else:
                self._leave(span, is_root=step.level == 0, first=span is root)
        if not any(getattr(draft, "final", False) for draft in self.drafts):
            self._guess_final()
        if trace.state is TraceState.ERROR and not self._failures:
            failure = Failure("", "The run ended in an error; no span says which.")
            self._add(ErrorDraft(failure=failure, where=trace.name))
        if not self.drafts:
            self._show_anything()

    def _enter(self, span: Span, *, is_root: bool, first: bool) -> None:
        if self._roster.heading(span):
            title = string(span.attributes, "gen_ai.agent.name", "agent_name") or span.name
            depth = self._depth(span)
            self._scopes.append(
                _Scope(-1, heading=TurnDraft(span_id=span.span_id, depth=depth, title=title))
            )
        if is_tool(span):
            self._enter_tool(span)
        elif is_retriever(span):
            self._retrieve(span)
        elif is_root:
            self._ask(self._root_inputs(span) if first else span.inputs, span)
        elif is_model_call(span):
            self._prompt(span, span.inputs)
        elif is_agent(span) and not self._roster.speaks(span):
            self._show_value(span, span.inputs, "user", f"{span.name} · input")
        else:
            self._repeat(span, span.inputs, "user")

    def _leave(self, span: Span, *, is_root: bool, first: bool) -> None:
        if is_tool(span):
            self._leave_tool(span)
        elif is_retriever(span):
            self._fail(span, failures(span))
        else:
            if not is_root:
                if is_model_call(span):
                    self._reply(span, span.outputs)
                elif is_agent(span) and not self._roster.speaks(span):
                    self._show_value(span, span.outputs, "assistant", f"{span.name} · output")
                else:
                    self._repeat(span, span.outputs, "assistant")
            self._fail(span, failures(span))
            if is_root:
                self._answer(self._root_outputs(span) if first else span.outputs, span)
        if self._roster.heading(span):
            self._scopes.pop()

    def _root_inputs(self, span: Span) -> JsonValue:
        return span.inputs if self._trace.inputs is None else self._trace.inputs

    def _root_outputs(self, span: Span) -> JsonValue:
        return span.outputs if self._trace.outputs is None else self._trace.outputs

    def _depth(self, span: Span | None) -> int:
        return 0 if span is None else min(self._roster.depth(span), MAX_DEPTH)

    # -- what goes in and comes out --------------------------------------------------------------

    def _ask(self, value: JsonValue, span: Span | None) -> None:
        """What the application was asked."""
        if value is None:
            return
        called = span is not None and is_model_call(span)
        found = read_messages(value, role="user", model_call=called)
        self._asked.extend(_texts(value, found))
        if found is not None:
            self._offer(span, found.tools)
            self._show(span, found.messages, told=called)
            if called and span is not None:
                self._scopes[-1].spoken = True
            rest = _worth_showing(found.rest, called=called)
            if rest:
                self._add_value(span, "Input · other fields", rest)
            return
        key, text = _single_text(value)
        self._ledger.values.add(value_key(value) if key else "")
        title = f"Input · {key}" if key else "Input"
        draft = self._add_value(span, title, value if text is None else text)
        if text is not None and draft is not None:
            # When a model call is told the same words, this becomes the user's message.
            self._ledger.bodies[body_key("user", [Text(text)])].append(draft)

    def _answer(self, value: JsonValue, span: Span | None) -> None:
        """What the application gave back; its last word is the final answer."""
        if value is None:
            return
        called = span is not None and is_model_call(span)
        found = read_messages(value, role="assistant", model_call=called)
        if found is not None:
            self._offer(span, found.tools)
            fresh = called and span is not None and not self._roster.wraps(span)
            last = self._show(span, found.messages, fresh=fresh)
            if last is not None:
                last.final = True
            rest = _worth_showing(found.rest, called=called)
            if rest:
                title = "Output · other fields"
                self._add_value(span, title, rest, final=last is None)
            return
        key, text = _single_text(value)
        if text is not None:
            said = self._said(text)
            if said is not None:
                said.final = True
                return
            self._add_value(span, f"Output · {key}" if key else "Output", text, final=True)
            return
        if isinstance(value, dict):
            for name, part in value.items():
                said = self._said(part) if isinstance(part, str) else None
                if said is not None:
                    said.final = True
                    rest = {other: inner for other, inner in value.items() if other != name}
                    self._add_value(span, "Output · other fields", rest)
                    return
        self._add_value(span, "Output", value, final=True)

    def _said(self, text: str) -> MessageDraft | None:
        shown = self._ledger.bodies.get(body_key("assistant", [Text(text)]), [])
        last = shown[-1] if shown else None
        return last if isinstance(last, MessageDraft) else None

    def _prompt(self, span: Span, value: JsonValue) -> None:
        """What a model was told: only what is new in it."""
        for key in _SPEC_ATTRIBUTES:
            self._offer(span, read_specs(span.attributes.get(key)))
        if value is not None:
            found = read_messages(value, role="user", model_call=True)
            if found is not None:
                self._offer(span, found.tools)
                # Logs that keep a conversation, not calls, bring only what is new.
                fresh = "messages_before" in span.attributes
                self._show(span, found.messages, fresh=fresh, told=True)
            else:
                self._add_value(span, f"{span.name} · input", value)
        self._scopes[-1].spoken = True

    def _reply(self, span: Span, value: JsonValue) -> None:
        """What a model answered: always new, unless a model call within already showed it."""
        if value is None:
            return
        found = read_messages(value, role="assistant", model_call=True)
        fresh = not self._roster.wraps(span)
        if found is not None:
            self._offer(span, found.tools)
            self._show(span, found.messages, fresh=fresh)
        elif fresh or value_key(value) not in self._ledger.values:
            self._show(span, [Message("assistant", (Data(value),))], fresh=fresh)

    def _repeat(self, span: Span, value: JsonValue, role: str) -> None:
        """A step that may carry messages along: what was not shown yet is shown."""
        found = read_messages(value, role=role) if isinstance(value, (dict, list)) else None
        if found is not None:
            self._offer(span, found.tools)
            self._show(span, found.messages)

    def _show_value(self, span: Span, value: JsonValue, role: str, title: str) -> None:
        """Input or output of an agent that no model call within speaks for."""
        found = read_messages(value, role=role)
        if found is not None:
            self._show(span, found.messages)
        elif value is not None:
            _, text = _single_text(value)
            said = self._said(text) if text is not None else None
            if said is None:
                self._add_value(span, title, value)

    # -- messages ------------------------------------------------------------------------------

    def _show(
        self,
        span: Span | None,
        messages: list[Message],
        *,
        fresh: bool = False,
        told: bool = False,
    ) -> MessageDraft | None:
        """Show the messages that were not shown yet.

        Args:
            span: Where they are from.
            messages: In order.
            fresh: They are all new, also when equal ones were shown.
            told: They were told to a model.

        Returns:
            The draft of the last thing the assistant says in them, shown now or before.
        """
        seen: dict[tuple[str, ...], int] = {}
        last: MessageDraft | None = None
        for message in messages:
            new = False
            for body in _split(message):
                if isinstance(body, ToolCall):
                    new |= self._show_call(span, body, seen, fresh=fresh)
                elif isinstance(body, ToolResult):
                    new |= self._show_result(span, body, seen)
                else:
                    draft, shown = self._show_body(span, message, body, seen, fresh, told)
                    new |= shown
                    if message.role == "assistant" and draft is not None:
                        last = draft
            if new:
                self.messages.append(message)
        return last

    def _show_body(
        self,
        span: Span | None,
        message: Message,
        body: list[MessagePart],
        seen: dict[tuple[str, ...], int],
        fresh: bool,
        told: bool,
    ) -> tuple[MessageDraft | None, bool]:
        key = body_key(message.role, body)
        seen[key] = seen.get(key, 0) + 1
        shown = self._ledger.bodies[key]
        if not fresh and seen[key] <= len(shown):
            earlier = shown[seen[key] - 1]
            if isinstance(earlier, MessageDraft):
                return earlier, False
            if earlier.message is None:
                earlier.message = MessageDraft(
                    span_id=earlier.span_id, depth=earlier.depth, role=message.role, parts=body
                )
            return None, True
        system = message.role in _SYSTEM_ROLES
        prompt = told and message.role == "user" and self._is_prompt(span, body)
        draft = MessageDraft(
            span_id=span.span_id if span is not None else None,
            depth=self._depth(span),
            role=message.role,
            parts=body,
            name=message.name,
            detail="prompt written by the application" if prompt else message.detail,
            folded=system or prompt,
        )
        shown.append(draft)
        self._add(draft, first=system)
        return draft, True

    def _is_prompt(self, span: Span | None, body: list[MessagePart]) -> bool:
        """Whether a model was told more than the user said: the question inside a template."""
        if span is None or self._trace.root is span or self._depth(span) > 0:
            return False
        text = "\n".join(part.text for part in body if isinstance(part, Text))
        return any(asked in text and asked != text.strip() for asked in self._asked)

    def _show_call(
        self, span: Span | None, call: ToolCall, seen: dict[tuple[str, ...], int], *, fresh: bool
    ) -> bool:
        if self._ledger.repeats_call(call, {} if fresh else seen) is not None and not fresh:
            return False
        known = self._ledger.span_of_call(call)
        if known is not None:
            self._ledger.name_span(call, known)
            return False
        draft = ToolDraft(
            span_id=span.span_id if span is not None else None,
            depth=self._depth(span),
            name=call.name,
            call_id=call.id,
            arguments=call.arguments,
        )
        self._ledger.add_call(call, draft)
        self._add(draft)
        return True

    def _show_result(
        self, span: Span | None, result: ToolResult, seen: dict[tuple[str, ...], int]
    ) -> bool:
        target = self._ledger.join_result(result, seen)
        if target is False:
            return False
        if target is True:
            target = ToolDraft(
                span_id=span.span_id if span is not None else None,
                depth=self._depth(span),
                name=result.name or "tool",
                call_id=result.id,
            )
            self._add(target)
        target.result = result.value
        target.answered = True
        target.result_from_span = False
        if result.error and target.error is None:
            target.error = "The tool reported an error."
        return True

    def _offer(self, span: Span | None, tools: list[ToolSpec]) -> None:
        new: list[ToolSpec] = []
        for tool in tools:
            key = f"{tool.name}\0{tool.description}\0{value_key(tool.parameters)}"
            if key not in self._specs:
                self._specs.add(key)
                new.append(tool)
        if new:
            span_id = span.span_id if span is not None else None
            draft = SpecsDraft(span_id=span_id, depth=self._depth(span), tools=new)
            self._add(draft, first=True)

    # -- tools, documents, errors ----------------------------------------------------------------

    def _enter_tool(self, span: Span) -> None:
        tool = ToolSpan(span)
        outer = self._tools[-1][1] if self._tools else None
        if (
            outer is not None
            and outer.name in tool.names
            and (value_key(outer.arguments) in tool.argument_keys)
        ):
            self._tools.append((span, outer))  # one tool, traced by two libraries
            return
        draft = self._ledger.call_of_span(tool.names, tool.call_id, tool.argument_keys)
        if draft is None:
            draft = ToolDraft(
                depth=self._depth(span),
                name=tool.names[0],
                call_id=tool.call_id,
                arguments=tool.arguments,
            )
            self._ledger.add_call(ToolCall(draft.name, tool.arguments, tool.call_id), draft)
            self._add(draft)
        draft.has_span = True
        draft.span_id = span.span_id
        draft.duration_ms = span.duration_ms
        self._tools.append((span, draft))

    def _leave_tool(self, span: Span) -> None:
        _, draft = self._tools.pop()
        tool = ToolSpan(span)
        found = failures(span)
        if not draft.answered and not (found and span.outputs is None):
            draft.result = tool.result
            draft.answered = True
            draft.result_from_span = True
        if found:
            draft.error = draft.error or found[0].headline or "The tool failed."
            self._failures.update((failure.error_type, failure.message) for failure in found)
            self._failures.update(("", failure.headline) for failure in found)

    def _retrieve(self, span: Span) -> None:
        documents = read_documents(span.outputs)
        draft = DocumentsDraft(
            span_id=span.span_id,
            depth=self._depth(span),
            name=span.name,
            query=read_query(span.inputs),
            documents=documents or [],
            duration_ms=span.duration_ms,
        )
        self._add(draft)
        if documents is None and span.outputs is not None:
            self._add_value(span, f"{span.name} · output", span.outputs)

    def _fail(self, span: Span, found: list[Failure]) -> None:
        for failure in found:
            keys = {(failure.error_type, failure.message), ("", failure.headline)}
            # A parent repeats the error of its child, with or without the type.
            if (not failure.headline and self._failures) or not keys.isdisjoint(self._failures):
                continue
            self._failures.update(keys)
            self._add(
                ErrorDraft(
                    span_id=span.span_id,
                    depth=self._depth(span),
                    failure=failure,
                    where=span.name,
                )
            )

    # -- the list ------------------------------------------------------------------------------

    def _add_value(
        self, span: Span | None, title: str, value: JsonValue, *, final: bool = False
    ) -> ValueDraft | None:
        key = value_key(value)
        if not final and key in self._ledger.values:
            return None
        self._ledger.values.add(key)
        span_id = span.span_id if span is not None else None
        draft = ValueDraft(
            span_id=span_id, depth=self._depth(span), title=title, value=value, final=final
        )
        self._add(draft)
        return draft

    def _add(self, draft: Draft, *, first: bool = False) -> None:
        scope = self._open_scope()
        if not first or scope.spoken:
            self.drafts.append(draft)
            return
        place = scope.start
        while place < len(self.drafts) and _leads(self.drafts[place], draft):
            place += 1
        self.drafts.insert(place, draft)

    def _open_scope(self) -> _Scope:
        """The innermost scope, with the headings that lead to it shown."""
        for scope in self._scopes:
            if scope.heading is not None:
                self.drafts.append(scope.heading)
                scope.heading = None
                scope.start = len(self.drafts)
        return self._scopes[-1]

    # -- last resorts ----------------------------------------------------------------------------

    def _guess_final(self) -> None:
        """Without an output of its own, the run's last word at the top level is its answer."""
        if self._root_answered():
            return
        for draft in reversed(self.drafts):
            if isinstance(draft, MessageDraft) and draft.depth == 0:
                if draft.role == "assistant":
                    draft.final = True
                return
            if isinstance(draft, (ToolDraft, ErrorDraft)) and draft.depth == 0:
                return

    def _root_answered(self) -> bool:
        root = self._trace.root
        return self._trace.outputs is not None or (root is not None and root.outputs is not None)

    def _show_anything(self) -> None:
        """Nothing reads as a conversation: show what the spans hold, whatever they are."""
        for span in self._trace.spans:
            for title, value in (("input", span.inputs), ("output", span.outputs)):
                if value is not None:
                    self._add_value(span, f"{span.name or span.span_type} · {title}", value)
        if self.drafts:
            return
        for span in self._trace.spans:
            about: JsonObject = {"name": span.name, "type": span.span_type, **span.attributes}
            self._add_value(span, span.name or span.span_type, about)
        about = {**self._trace.tags, **self._trace.metadata}
        if not self.drafts and (about or self._trace.name):
            self._add_value(None, self._trace.name or "Trace", about)


def _split(message: Message) -> list[list[MessagePart] | ToolCall | ToolResult]:
    """Runs of text, and between them the calls and results."""
    found: list[list[MessagePart] | ToolCall | ToolResult] = []
    body: list[MessagePart] = []
    for part in message.parts:
        if isinstance(part, (ToolCall, ToolResult)):
            if _says_something(body):
                found.append(body)
            body = []
            found.append(part)
        else:
            body.append(part)
    if _says_something(body) or (not found and message.role != "tool" and not _is_hidden(message)):
        found.append(body)
    return found


def _says_something(body: list[MessagePart]) -> bool:
    return any(not isinstance(part, Text) or part.text for part in body)


def _is_hidden(message: Message) -> bool:
    # An item without content, such as an encrypted thought: nothing to read.
    return not message.parts and message.role == "assistant"


def _leads(shown: Draft, draft: Draft) -> bool:
    """Whether a draft at the beginning stays before a system prompt or tool definitions."""
    if isinstance(shown, MessageDraft):
        return shown.role in _SYSTEM_ROLES
    return isinstance(shown, SpecsDraft) and isinstance(draft, SpecsDraft)


def _single_text(value: JsonValue) -> tuple[str, str | None]:
    """The text in a string or in an object of one string, with the key."""
    if isinstance(value, str):
        return "", value
    if isinstance(value, dict) and len(value) == 1:
        key, text = next(iter(value.items()))
        if isinstance(text, str):
            return key, text
    return "", None


def _texts(value: JsonValue, found: Found | None) -> list[str]:
    """What the user said, to tell a prompt that repeats it within a template."""
    texts: list[str] = []
    if found is not None:
        texts = [message.text for message in found.messages if message.role == "user"]
    elif isinstance(value, str):
        texts = [value]
    elif isinstance(value, dict):
        texts = [part for part in value.values() if isinstance(part, str)]
    return [text.strip() for text in texts if len(text.strip()) >= MIN_ASKED_CHARS]


MIN_ASKED_CHARS = 4
"""Shortest input that is looked for inside prompts; shorter ones occur in any text."""


def _worth_showing(rest: JsonObject, *, called: bool) -> JsonObject:
    if called:
        return {}
    return {
        key: part
        for key, part in rest.items()
        if key not in _CALL_SETTINGS and part not in (None, "", [], {})
    }
