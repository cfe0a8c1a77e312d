"""A trace → one story in reading order: the walk over the spans that makes the blocks.

The story is taken from whichever spans hold it. A model call shows what is new in what it was
told, then what it answered; tools and retrievers stand where they ran; what the application was
asked and what it gave back stand first and last, unless the messages say the same.
"""

from __future__ import annotations

from itertools import takewhile

from labelwidget.content.documents import read_documents, read_query
from labelwidget.content.drafts import (
    DocumentsDraft,
    Draft,
    ErrorDraft,
    MessageDraft,
    SpecsDraft,
    ToolDraft,
    TurnDraft,
)
from labelwidget.content.failures import Failure, failures
from labelwidget.content.json_text import decoded
from labelwidget.content.last_resorts import mark_the_answer, show_anything
from labelwidget.content.ledger import call_key, value_key
from labelwidget.content.message import Data, Message, Text, ToolCall
from labelwidget.content.roster import Roster
from labelwidget.content.shapes import Found, Memo, read_messages
from labelwidget.content.shapes.fields import string
from labelwidget.content.shapes.settings import beside_messages
from labelwidget.content.shapes.tool_calls import read_specs
from labelwidget.content.story import PROMPT, Place, Story
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
from labelwidget.model.turn import TURNS_KEY

__all__ = ["MIN_ASKED_CHARS", "Conversation"]

MIN_ASKED_CHARS = 8
"""Shortest input that is looked for inside prompts; shorter ones occur in any text."""

_STEP = "answer to the application's prompt"
_REPEATED = frozenset({"instructions", "tools"})
_SPEC_ATTRIBUTES = ("mlflow.chat.tools", "gen_ai.tool.definitions", "llm.tools", "tools")


class Conversation:
    """The drafts of a trace's blocks, in reading order.

    ```
    Conversation(trace).drafts
    ```
    """

    def __init__(self, trace: Trace) -> None:
        """Walk the trace."""
        self._trace = trace
        self._root = trace.root
        self._is_talk = trace.format == "agent" or TURNS_KEY in trace.metadata
        self._story = Story()
        self._roster = Roster(trace)
        self._memo: Memo = {}
        self._asked: list[str] = []
        self._failures: set[tuple[str, str]] = set()
        self._tools: list[ToolDraft] = []
        self._walk()

    @property
    def drafts(self) -> list[Draft]:
        """The blocks to be."""
        return self._story.drafts

    @property
    def messages(self) -> list[Message]:
        """The messages among them, in normal form."""
        return self._story.messages

    # -- the walk ------------------------------------------------------------------------------

    def _walk(self) -> None:
        trace, root = self._trace, self._root
        if root is None:
            self._ask(trace.inputs, None)
            self._answer(trace.outputs, None)
        for step in steps(trace):
            if step.entering:
                self._enter(step.span, is_root=step.level == 0)
            else:
                self._leave(step.span, is_root=step.level == 0)
        mark_the_answer(trace, self.drafts, step=_STEP)
        if trace.state is TraceState.ERROR and not self._failures:
            failure = Failure("", "The run ended in an error; no span says which.")
            self._story.add(ErrorDraft(failure=failure, where=trace.name))
        if not self.drafts:
            show_anything(trace, self._story, self._place)

    def _enter(self, span: Span, *, is_root: bool) -> None:
        if self._roster.heading(span):
            title = string(span.attributes, "gen_ai.agent.name", "agent_name") or span.name
            place = self._place(span)
            heading = TurnDraft(span_id=place.span_id, depth=place.depth, title=title)
            self._story.open_scope(heading)
        if is_tool(span):
            self._enter_tool(span)
        elif is_retriever(span):
            self._retrieve(span)
        elif is_root:
            told = self._trace.inputs if span is self._root else None
            self._ask(span.inputs if told is None else told, span)
            self._show_other(span, told, span.inputs, "user", "input")
        elif is_model_call(span):
            self._prompt(span)
        elif is_agent(span) and not self._roster.speaks(span):
            self._show_value(span, span.inputs, "user", f"{span.name} · input")
        else:
            self._repeat(span, span.inputs, "user")

    def _leave(self, span: Span, *, is_root: bool) -> None:
        if is_tool(span):
            self._leave_tool(span)
        elif is_retriever(span):
            self._fail(span)
        elif is_root:
            self._fail(span)
            given = self._trace.outputs if span is self._root else None
            self._show_other(span, given, span.outputs, "assistant", "output")
            self._answer(span.outputs if given is None else given, span)
        else:
            if is_model_call(span):
                self._reply(span)
            elif is_agent(span) and not self._roster.speaks(span):
                self._show_value(span, span.outputs, "assistant", f"{span.name} · output")
            else:
                self._repeat(span, span.outputs, "assistant")
            self._fail(span)
        if self._roster.heading(span):
            self._story.close_scope()

    def _place(self, span: Span | None) -> Place:
        if span is None:
            return Place()
        return Place(span.span_id, min(self._roster.depth(span), MAX_DEPTH))

    def _read(self, value: JsonValue, role: str, *, model_call: bool = False) -> Found | None:
        return read_messages(value, role=role, model_call=model_call, memo=self._memo)

    # -- what the application was asked and gave back --------------------------------------------

    def _ask(self, value: JsonValue, span: Span | None) -> None:
        if value is None:
            return
        value = decoded(value)
        place = self._place(span)
        called = span is not None and is_model_call(span)
        found = self._read(value, "user", model_call=called)
        self._asked.extend(_user_texts(value, found))
        if found is not None:
            self._story.offer(place, found.tools)
            self._story.show(place, found.messages)
            if called and span is not None:
                self._instructions(span, place)
                self._story.has_spoken()
            elif rest := beside_messages(found.rest):
                self._story.add_value(place, "Input · other fields", rest)
            return
        draft = self._story.add_value(place, "Input", value)
        if draft is not None:
            self._story.may_become_messages(draft)

    def _answer(self, value: JsonValue, span: Span | None) -> None:
        if value is None:
            return
        value = decoded(value)
        place = self._place(span)
        called = span is not None and is_model_call(span)
        found = self._read(value, "assistant", model_call=called)
        if found is not None:
            self._story.offer(place, found.tools)
            fresh = called and span is not None and not self._roster.wraps(span)
            last = self._story.show(place, found.messages, fresh=fresh)
            if last is not None:
                last.final = True
            rest = {} if called else beside_messages(found.rest)
            if rest:
                title = "Output · other fields"
                self._story.add_value(place, title, rest, final=last is None)
            return
        # The whole, or one field of it, may be what a model answered.
        fields = list(value.items()) if isinstance(value, dict) else [("", value)]
        for key, part in fields:
            said = self._story.said(part)
            if said is not None:
                said.final = True
                rest = {other: inner for other, inner in fields if other != key}
                if rest:
                    self._story.add_value(place, "Output · other fields", rest)
                return
        if self._is_talk and isinstance(value, str):
            # What the next turn repeats as a message of the assistant is one from the beginning.
            last = self._story.show(place, [Message("assistant", (Text(value),))], fresh=True)
            if last is not None:
                last.final = True
            return
        draft = self._story.add_value(place, "Output", value, final=True)
        if self._is_talk and draft is not None:
            self._story.may_become_messages(draft, "assistant")

    # -- what models are told and answer ---------------------------------------------------------

    def _prompt(self, span: Span) -> None:
        place = self._place(span)
        found = None
        if span.inputs is not None:
            found = self._read(span.inputs, "user", model_call=True)
        messages = [] if found is None else found.messages
        system = list(takewhile(_is_system, messages))
        self._story.show(place, system)
        self._instructions(span, place)
        for key in _SPEC_ATTRIBUTES:
            self._story.offer(place, read_specs(span.attributes.get(key)))
        if found is not None:
            self._story.offer(place, found.tools)
            # Readers of logs that keep a conversation, not calls, give only what is new.
            fresh = "messages_before" in span.attributes
            rest = messages[len(system) :]
            self._story.show(place, rest, fresh=fresh, is_prompt=self._is_prompt)
        elif span.inputs is not None:
            self._story.add_value(place, f"{span.name} · input", span.inputs)
        self._story.has_spoken()

    def _instructions(self, span: Span, place: Place) -> None:
        """The Responses API gives instructions and tools only with the answer; they came first."""
        if not isinstance(span.outputs, dict) or not span.outputs.keys() & _REPEATED:
            return
        found = self._read(span.outputs, "assistant", model_call=True)
        if found is not None:
            self._story.offer(place, found.tools)
            self._story.show(place, [m for m in found.messages if _is_system(m)])

    def _is_prompt(self, text: str) -> bool:
        """Whether a model was told more than the user said: the question inside a template."""
        return any(asked in text and asked != text.strip() for asked in self._asked)

    def _follows_prompt(self) -> bool:
        for draft in reversed(self.drafts):
            if not isinstance(draft, SpecsDraft):
                return isinstance(draft, MessageDraft) and draft.detail == PROMPT
        return False

    def _reply(self, span: Span) -> None:
        """What a model answered: always new, unless a model call within already showed it."""
        if span.outputs is None:
            return
        place = self._place(span)
        found = self._read(span.outputs, "assistant", model_call=True)
        messages = [Message("assistant", (Data(span.outputs),))]
        if found is not None:
            self._story.offer(place, found.tools)
            messages = found.messages
        fresh = not self._roster.wraps(span)
        detail = _STEP if self._follows_prompt() else ""
        self._story.show(place, messages, fresh=fresh, detail=detail)

    def _repeat(self, span: Span, value: JsonValue, role: str) -> None:
        """A step that may carry messages along: what was not shown yet is shown."""
        found = self._read(value, role) if isinstance(value, (dict, list)) else None
        if found is not None:
            place = self._place(span)
            self._story.offer(place, found.tools)
            self._story.show(place, found.messages, is_prompt=self._is_prompt)

    def _show_other(
        self, span: Span, shown: JsonValue, value: JsonValue, role: str, what: str
    ) -> None:
        """What the root span holds, where the source says something else of the whole trace."""
        if shown is not None and value is not None and value_key(shown) != value_key(value):
            self._show_value(span, value, role, f"{span.name} · {what}")

    def _show_value(self, span: Span, value: JsonValue, role: str, title: str) -> None:
        """Input or output of an agent that no model call within speaks for."""
        place = self._place(span)
        found = self._read(value, role)
        if found is not None:
            self._story.show(place, found.messages)
        elif value is not None:
            fields = list(value.values()) if isinstance(value, dict) else [value]
            told = len(fields) == 1 and isinstance(fields[0], str) and self._story.said(fields[0])
            if not told:
                self._story.add_value(place, title, value)

    # -- tools, documents, errors ----------------------------------------------------------------

    def _enter_tool(self, span: Span) -> None:
        tool = ToolSpan(span)
        outer = self._tools[-1] if self._tools else None
        if (
            outer is not None
            and outer.name in tool.names
            and value_key(outer.arguments) in tool.argument_keys
        ):
            self._tools.append(outer)  # one tool, traced by two libraries
            return
        ledger = self._story.ledger
        draft = ledger.call_of_span(tool.names, tool.call_id, tool.argument_keys)
        if draft is None:
            draft = ToolDraft(
                depth=self._place(span).depth,
                name=tool.names[0],
                call_id=tool.call_id,
                arguments=tool.arguments,
            )
            ledger.add_call(call_key(ToolCall(draft.name, tool.arguments, tool.call_id)), draft)
            self._story.add(draft)
        draft.has_span = True
        draft.span_id = span.span_id
        draft.duration_ms = span.duration_ms
        self._tools.append(draft)

    def _leave_tool(self, span: Span) -> None:
        draft = self._tools.pop()
        found = failures(span)
        if not draft.answered and not (found and span.outputs is None):
            draft.result = ToolSpan(span).result
            draft.answered = True
            draft.result_from_span = True
        if found:
            draft.error = draft.error or found[0].headline or "The tool failed."
            for failure in found:
                self._failures.update(failure.keys)

    def _retrieve(self, span: Span) -> None:
        documents = read_documents(span.outputs)
        place = self._place(span)
        draft = DocumentsDraft(
            span_id=place.span_id,
            depth=place.depth,
            name=span.name,
            query=read_query(span.inputs),
            documents=documents or [],
            duration_ms=span.duration_ms,
        )
        self._story.add(draft)
        if documents is None and span.outputs is not None:
            self._story.add_value(place, f"{span.name} · output", span.outputs)

    def _fail(self, span: Span) -> None:
        for failure in failures(span):
            # A parent repeats the error of its child, with or without the type.
            if not failure.keys.isdisjoint(self._failures):
                continue
            if not failure.headline and self._failures:
                continue
            self._failures.update(failure.keys)
            place = self._place(span)
            self._story.add(
                ErrorDraft(
                    span_id=place.span_id, depth=place.depth, failure=failure, where=span.name
                )
            )


def _is_system(message: Message) -> bool:
    return message.role in ("system", "developer")


def _user_texts(value: JsonValue, found: Found | None) -> list[str]:
    """What the user said, to tell a prompt that repeats it within a template."""
    texts: list[str] = []
    if found is not None:
        texts = [message.text for message in found.messages if message.role == "user"][-1:]
    elif isinstance(value, str):
        texts = [value]
    elif isinstance(value, dict):
        texts = [part for part in value.values() if isinstance(part, str)]
    return [text.strip() for text in texts if len(text.strip()) >= MIN_ASKED_CHARS]
