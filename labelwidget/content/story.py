"""The blocks of a trace in the making, in reading order: what is shown, where, and only once."""

from __future__ import annotations

from collections import Counter
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
from labelwidget.content.ledger import Key, Ledger, Unit, body_key, units_of, value_key
from labelwidget.content.message import (
    Message,
    MessagePart,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from labelwidget.model import JsonValue

__all__ = ["Place", "Story"]

_SYSTEM_ROLES = ("system", "developer")


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
    ) -> MessageDraft | None:
        """Show the messages that were not shown yet.

        Args:
            place: Where they are from.
            messages: In order.
            fresh: They are all new, also when equal ones were shown.
            is_prompt: Whether what the user is said to have said is a prompt around it.

        Returns:
            The draft of the last thing the assistant says in them, shown now or before.
        """
        seen: Counter[Key] = Counter()
        last: MessageDraft | None = None
        for message in messages:
            new = False
            for unit in self._units_of(message):
                piece = unit.piece
                if isinstance(piece, ToolCall):
                    new |= self._show_call(place, piece, unit.key, seen, fresh=fresh)
                elif isinstance(piece, ToolResult):
                    new |= self._show_result(place, piece, unit.key, seen)
                else:
                    shown = None if fresh else self.ledger.shown_body(unit.key, seen)
                    if shown is None:
                        shown = self._show_body(place, message, piece, unit.key, is_prompt)
                        new = True
                    elif isinstance(shown, ValueDraft):
                        new |= self._promote(shown, message, piece)
                        shown = None
                    if message.role == "assistant" and shown is not None:
                        last = shown
            if new:
                self.messages.append(message)
        return last

    def said(self, text: str) -> MessageDraft | None:
        """The last time the assistant said exactly this, or None."""
        shown = self.ledger.bodies.get(body_key("assistant", [Text(text)]))
        last = shown[-1] if shown else None
        return last if isinstance(last, MessageDraft) else None

    def may_become_message(self, draft: ValueDraft, text: str) -> None:
        """When a model is told the same words, the value becomes the user's message."""
        self.ledger.bodies[body_key("user", [Text(text)])].append(draft)

    def _units_of(self, message: Message) -> list[Unit]:
        known = self._units.get(id(message))
        if known is None:
            known = (message, units_of(message))
            self._units[id(message)] = known
        return known[1]

    def _promote(self, value: ValueDraft, message: Message, body: list[MessagePart]) -> bool:
        if value.message is not None:
            return False
        value.message = MessageDraft(
            span_id=value.span_id, depth=value.depth, role=message.role, parts=body
        )
        return True

    def _show_body(
        self,
        place: Place,
        message: Message,
        body: list[MessagePart],
        key: Key,
        is_prompt: Callable[[str], bool] | None,
    ) -> MessageDraft:
        system = message.role in _SYSTEM_ROLES
        prompt = False
        if is_prompt is not None and message.role == "user" and place.depth == 0:
            prompt = is_prompt("\n".join(part.text for part in body if isinstance(part, Text)))
        draft = MessageDraft(
            span_id=place.span_id,
            depth=place.depth,
            role=message.role,
            parts=body,
            name=message.name,
            detail="prompt written by the application" if prompt else message.detail,
            folded=system or prompt,
        )
        self.ledger.bodies[key].append(draft)
        self.add(draft, first=system)
        return draft

    def _show_call(
        self, place: Place, call: ToolCall, key: Key, seen: Counter[Key], *, fresh: bool
    ) -> bool:
        if not fresh and self.ledger.shown_call(key, seen):
            return False
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
        self.add(draft)
        return True

    def _show_result(self, place: Place, result: ToolResult, key: Key, seen: Counter[Key]) -> bool:
        target = self.ledger.join_result(result, key, seen)
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
        if result.error and target.error is None:
            target.error = "The tool reported an error."
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
        return shown.role in _SYSTEM_ROLES
    return isinstance(shown, SpecsDraft) and isinstance(draft, SpecsDraft)
