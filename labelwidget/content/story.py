"""The blocks of a trace in the making, in reading order: what is shown, where, and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labelwidget.content.drafts import (
    Draft,
    MessageDraft,
    SpecsDraft,
    ToolDraft,
    TurnDraft,
    ValueDraft,
)
from labelwidget.content.ledger import FieldOf, Ledger, Unit, body_key, units_of, value_key
from labelwidget.content.message import (
    Message,
    MessagePart,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from labelwidget.content.plan import SYSTEM_ROLES, Anchor, Plan, Planned
from labelwidget.model import JsonValue

__all__ = ["PROMPT", "Place", "Story"]

_MAX_FIELDS = 50
PROMPT = "prompt written by the application"
"""Detail of a user message that no user wrote."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something comes from.

    Attributes:
        span_id: The span, or None for the trace itself.
        depth: Indentation.
    """

    span_id: str | None = None
    depth: int = 0


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


class Story:
    """Drafts in reading order.

    Attributes:
        drafts: What is shown so far.
        messages: The messages among it, in normal form.
        ledger: What counts as shown.
    """

    def __init__(self) -> None:
        """Begin."""
        self.drafts: list[Draft] = []
        self.messages: list[Message] = []
        self.ledger = Ledger()
        self._scopes = [_Scope(0)]
        self._specs: set[str] = set()
        # Messages stay referenced, so that an id means the same message as long as this lives.
        self._units: dict[int, tuple[Message, list[Unit]]] = {}

    # -- scopes ----------------------------------------------------------------------------------

    def open_scope(self, heading: TurnDraft) -> None:
        """Begin an agent's part; its heading is shown with its first draft, or never."""
        self._scopes.append(_Scope(-1, heading=heading))

    def close_scope(self) -> None:
        """End an agent's part."""
        self._scopes.pop()

    def has_spoken(self) -> None:
        """Say that a model call of this part was shown: its beginning is complete."""
        self._scopes[-1].spoken = True

    # -- messages --------------------------------------------------------------------------------

    def show(
        self,
        place: Place,
        messages: list[Message],
        *,
        fresh: bool = False,
        is_prompt: Callable[[str], bool] | None = None,
        detail: str = "",
    ) -> MessageDraft | None:
        """Show the messages that were not shown yet.

        Args:
            place: Where they are from.
            messages: In order.
            fresh: They are all new, also when equal ones were shown.
            is_prompt: Whether what the user is said to have said is a prompt around it.
            detail: A quiet line beside what the assistant says.

        Returns:
            The draft of the last thing the assistant says in them, shown now or before.
        """
        plan = Plan(self.ledger, fresh=fresh)
        for message in messages:
            for unit in self._units_of(message):
                plan.add(message, unit)
        plan.close()
        for told in plan.told:
            self._promote(*told)
        last = plan.last
        for planned in plan.new:
            piece = planned.unit.piece
            if isinstance(piece, ToolCall):
                shown = self._show_call(place, piece, planned)
            elif isinstance(piece, ToolResult):
                shown = self._show_result(place, piece)
            else:
                draft = self._show_body(place, planned, piece, is_prompt)
                if draft.role == "assistant":
                    draft.detail = draft.detail or detail
                if planned.message.role == "assistant" and planned.is_last:
                    last = draft
                shown = True
            if shown:
                self._remember(planned.message)
        return last

    def _remember(self, message: Message) -> None:
        if not self.messages or self.messages[-1] is not message:
            self.messages.append(message)

    def said(self, value: JsonValue) -> MessageDraft | None:
        """The last time that the assistant said exactly this, or None.

        Args:
            value: A text, or an object or array that was said as JSON.
        """
        if isinstance(value, str):
            shown = self.ledger.bodies.get(body_key("assistant", [Text(value)]))
            last = shown[-1] if shown else None
            return last if isinstance(last, MessageDraft) else None
        if not isinstance(value, (dict, list)) or not value:
            return None
        for draft in reversed(self.drafts):
            if isinstance(draft, MessageDraft) and draft.role == "assistant":
                text = "\n".join(part.text for part in draft.parts if isinstance(part, Text))
                return draft if value_key(text) == value_key(value) else None
        return None

    def may_become_messages(self, draft: ValueDraft, role: str = "user") -> None:
        """When a model is told the same words as a value holds, they become a message of the user, or of who answered."""
        value = draft.value
        fields = list(value.items()) if isinstance(value, dict) else [("", value)]
        for key, text in fields[:_MAX_FIELDS]:
            if isinstance(text, str) and text.strip():
                self.ledger.bodies[body_key(role, [Text(text)])].append(FieldOf(draft, key))

    def _units_of(self, message: Message) -> list[Unit]:
        known = self._units.get(id(message))
        if known is None:
            known = (message, units_of(message))
            self._units[id(message)] = known
        return known[1]

    def _promote(self, field: FieldOf, message: Message, body: list[MessagePart]) -> None:
        draft = field.draft
        if field.key not in draft.said:
            draft.said[field.key] = MessageDraft(
                span_id=draft.span_id, depth=draft.depth, role=message.role, parts=body
            )
            self._remember(message)

    def _show_body(
        self,
        place: Place,
        planned: Planned,
        body: list[MessagePart],
        is_prompt: Callable[[str], bool] | None,
    ) -> MessageDraft:
        message = planned.message
        system = message.role in SYSTEM_ROLES
        prompt = False
        if is_prompt is not None and message.role == "user" and place.depth == 0:
            prompt = is_prompt("\n".join(part.text for part in body if isinstance(part, Text)))
        draft = MessageDraft(
            span_id=place.span_id,
            depth=place.depth,
            role=message.role,
            parts=body,
            name=message.name,
            detail=PROMPT if prompt else message.detail,
            folded=system or prompt,
        )
        self.ledger.bodies[planned.unit.key].append(draft)
        if not system and planned.anchor is not None and self._add_before(planned.anchor, draft):
            return draft
        self.add(draft, first=system)
        return draft

    def _show_call(self, place: Place, call: ToolCall, planned: Planned) -> bool:
        key = planned.unit.key
        if self.ledger.claim_span(key):
            return True
        draft = ToolDraft(
            span_id=place.span_id,
            depth=place.depth,
            name=call.name,
            call_id=call.id,
            arguments=call.arguments,
        )
        self.ledger.add_call(key, draft)
        if planned.anchor is None or not self._add_before(planned.anchor, draft):
            self.add(draft)
        return True

    def _show_result(self, place: Place, result: ToolResult) -> bool:
        target = self.ledger.call_of_result(result)
        if target is False:
            return False
        if target is True:
            target = ToolDraft(
                span_id=place.span_id,
                depth=place.depth,
                name=result.name or "tool",
                call_id=result.id,
            )
            self.add(target)
        target.result = result.value
        target.answered = True
        target.result_from_span = False
        target.error = target.error or result.error or None
        return True

    # -- everything else -------------------------------------------------------------------------

    def offer(self, place: Place, tools: list[ToolSpec]) -> None:
        """Show the tool definitions that were not shown yet."""
        new: list[ToolSpec] = []
        for tool in tools:
            key = f"{tool.name}\0{tool.description}\0{value_key(tool.parameters)}"
            if key not in self._specs:
                self._specs.add(key)
                new.append(tool)
        if new:
            draft = SpecsDraft(span_id=place.span_id, depth=place.depth, tools=new)
            self.add(draft, first=True)

    def add_value(
        self, place: Place, title: str, value: JsonValue, *, final: bool = False
    ) -> ValueDraft | None:
        """Show a value under a heading, unless an equal one was shown and this is not the answer."""
        key = value_key(value)
        if not final and key in self.ledger.values:
            return None
        self.ledger.values.add(key)
        draft = ValueDraft(
            span_id=place.span_id, depth=place.depth, title=title, value=value, final=final
        )
        self.add(draft)
        return draft

    def add(self, draft: Draft, *, first: bool = False) -> None:
        """Show a draft: at the end, or with what stands first in an agent's part."""
        scope = self._open()
        if not first or scope.spoken:
            self.drafts.append(draft)
            return
        place = scope.start
        while place < len(self.drafts) and _leads(self.drafts[place], draft):
            place += 1
        self.drafts.insert(place, draft)

    def _add_before(self, anchor: Anchor, draft: Draft) -> bool:
        """Put a draft before one that it preceded.

        Before a message only if nothing but messages was shown since: what happened in between
        happened first.
        """
        scope = self._open()
        for place in range(len(self.drafts) - 1, scope.start - 1, -1):
            shown = self.drafts[place]
            if shown is anchor:
                self.drafts.insert(place, draft)
                return True
            only_messages = isinstance(shown, (MessageDraft, SpecsDraft, ValueDraft))
            if not only_messages and not isinstance(anchor, ToolDraft):
                break
        return False

    def _open(self) -> _Scope:
        """The innermost scope, with the headings that lead to it shown."""
        for scope in self._scopes:
            if scope.heading is not None:
                self.drafts.append(scope.heading)
                scope.heading = None
                scope.start = len(self.drafts)
        return self._scopes[-1]


def _leads(shown: Draft, draft: Draft) -> bool:
    """Whether a draft at the beginning stays before a system prompt or tool definitions."""
    if isinstance(shown, MessageDraft):
        return shown.role in SYSTEM_ROLES
    return isinstance(shown, SpecsDraft) and isinstance(draft, SpecsDraft)
