"""What has been shown so far, so that history that every model call repeats is shown once.

A message counts as shown when as many equal ones were shown as the list at hand holds up to it.
So "yes" said twice is shown twice, a sliding window or a summary in front changes nothing, and
each message costs one look-up however long the history is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import orjson

from labelwidget.content.drafts import MessageDraft, ToolDraft, ValueDraft
from labelwidget.content.json_text import decoded, json_text
from labelwidget.content.message import (
    Data,
    Media,
    Message,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from labelwidget.model import JsonValue

__all__ = ["FieldOf", "Key", "Ledger", "Unit", "body_key", "call_key", "units_of", "value_key"]

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a message that is shown in one block: a run of text, a call or a result.

    Attributes:
        piece: The piece.
        key: Equal for pieces that say the same.
    """

    piece: list[MessagePart] | ToolCall | ToolResult
    key: Key


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A text within a value that is shown: it becomes a message when a model is told the same.

    Attributes:
        draft: The value.
        key: The field of the value, or empty for the whole.
    """

    draft: ValueDraft
    key: str


def value_key(value: JsonValue) -> str:
    """Text that is equal for equal JSON values, also when one is JSON inside a string."""
    inner = decoded(value)
    if isinstance(inner, str):
        return inner.strip()
    try:
        return orjson.dumps(inner, option=orjson.OPT_SORT_KEYS).decode("utf-8")
    except (TypeError, ValueError):
        return json_text(inner)


def body_key(role: str, parts: list[MessagePart]) -> Key:
    """What makes two message bodies the same: who speaks, the text, the media and data.

    Thoughts do not count unless there is nothing else: histories usually leave them out.
    """
    texts: list[str] = []
    thoughts: list[str] = []
    for part in parts:
        match part:
            case Text():
                if text := part.text.strip():
                    texts.append(text)
            case Reasoning():
                thoughts.append(part.text)
            case Media():
                source = part.url or part.data
                texts.append(f"\0media {len(source)} {source[:200]}")
            case Data():
                texts.append(value_key(part.value))
            case ToolCall() | ToolResult():
                pass
    return (role, *texts) if texts else (role, "", *thoughts)


def call_key(call: ToolCall) -> Key:
    """What makes two calls the same: the id, if there is one, the tool and the arguments."""
    return ("call", call.id, call.name, value_key(call.arguments))


def units_of(message: Message) -> list[Unit]:
    """The pieces of a message: runs of text, and between them the calls and results.

    Args:
        message: Any message.

    Returns:
        Pieces in order. One empty run for a message with no content; none for an item that holds
        nothing to read, such as an encrypted thought.
    """
    found: list[Unit] = []
    body: list[MessagePart] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            _flush(message, body, found)
            body = []
            found.append(Unit(part, call_key(part)))
        elif isinstance(part, ToolResult):
            _flush(message, body, found)
            body = []
            found.append(Unit(part, ("result", part.id or part.name, value_key(part.value))))
        else:
            body.append(part)
    _flush(message, body, found)
    if not found and (message.parts or message.role != "assistant"):
        found.append(Unit(body, body_key(message.role, body)))
    return found


def _flush(message: Message, body: list[MessagePart], found: list[Unit]) -> None:
    if any(not isinstance(part, Text) or part.text for part in body):
        found.append(Unit(body, body_key(message.role, body)))


class Ledger:
    """Everything shown, by what makes it the same, and the tool calls still to be joined."""

    def __init__(self) -> None:
        """Start with nothing shown."""
        self.bodies: dict[Key, list[MessageDraft | FieldOf]] = defaultdict(list)
        self.values: set[str] = set()
        self._calls: dict[Key, list[ToolDraft]] = defaultdict(list)
        self._by_id: dict[str, list[ToolDraft]] = defaultdict(list)
        self._by_name: dict[str, list[ToolDraft]] = defaultdict(list)
        self._results: Counter[Key] = Counter()

    def shown_body(self, key: Key, seen: Counter[Key]) -> MessageDraft | FieldOf | None:
        """The draft that shows this body already, counting equal ones in the list at hand."""
        seen[key] += 1
        shown = self.bodies.get(key)
        return shown[seen[key] - 1] if shown and seen[key] <= len(shown) else None

    def shown_call(self, key: Key, seen: Counter[Key]) -> ToolDraft | None:
        """The draft that shows this call already, counting equal calls in the list at hand."""
        seen[key] += 1
        shown = self._calls.get(key)
        return shown[seen[key] - 1] if shown and seen[key] <= len(shown) else None

    def add_call(self, key: Key, draft: ToolDraft) -> None:
        """Remember a call that is now shown."""
        _, call_id, name, arguments = key
        self._calls["call", "", name, arguments].append(draft)
        if call_id:
            self._calls[key].append(draft)
            self._by_id[call_id].append(draft)
        self._by_name[name].append(draft)

    def claim_span(self, key: Key) -> bool:
        """Whether a TOOL span that stands on its own is this call; it then takes the call's id."""
        _, call_id, name, arguments = key
        for draft in self._calls.get(("call", "", name, arguments), ()):
            if draft.has_span and draft.result_from_span and draft.call_id in ("", call_id):
                if call_id and draft.call_id != call_id:
                    draft.call_id = call_id
                    self._by_id[call_id].append(draft)
                if call_id:
                    self._calls[key].append(draft)
                return True
        return False

    def call_of_span(
        self, names: list[str], call_id: str, arguments: list[str]
    ) -> ToolDraft | None:
        """The call that a TOOL span carries out: by id, else by name and arguments, else by name.

        Args:
            names: What the tool may be called, the likeliest first.
            call_id: The call's id if the span knows it.
            arguments: Keys of what the arguments may be.

        Returns:
            A call that no span was joined with yet, or None.
        """
        if call_id:
            for draft in self._by_id.get(call_id, ()):
                if not draft.has_span:
                    return draft
        for name in names:
            for key in arguments:
                for draft in self._calls.get(("call", "", name, key), ()):
                    if not draft.has_span:
                        return draft
            waiting = self._waiting(name)
            if waiting and not (call_id and waiting[0].call_id):
                return waiting[0]
        return None

    def _waiting(self, name: str) -> list[ToolDraft]:
        drafts = self._by_name.get(name)
        if drafts is None:
            return []
        waiting = [draft for draft in drafts if not draft.has_span]
        self._by_name[name] = waiting  # those with a span are never asked for again
        return waiting

    def shown_result(self, key: Key, seen: Counter[Key]) -> bool:
        """Whether this result is shown already, counting equal ones in the list at hand."""
        seen[key] += 1
        if seen[key] <= self._results[key]:
            return True
        self._results[key] += 1
        return False

    def call_of_result(self, result: ToolResult) -> ToolDraft | bool:
        """Find the call that a new result answers.

        Args:
            result: The result as the model was told it.

        Returns:
            The call's draft; False when it has an answer and this is the same in other words; True
            when the result answers nothing that is known and stands for itself.
        """
        if result.id:
            drafts = self._by_id.get(result.id)
            if drafts is None:
                return True
            for draft in drafts:
                if not draft.answered or draft.result_from_span:
                    return draft
            # The same answer in other words, such as a history that was shortened.
            return False
        for name in (result.name,) if result.name else tuple(self._by_name):
            for draft in self._by_name.get(name, ()):
                if not draft.answered:
                    return draft
        return self._told_of_span(result) or True

    def _told_of_span(self, result: ToolResult) -> ToolDraft | None:
        """Without ids: a TOOL span with this very result was joined with its call already."""
        told = value_key(result.value)
        for drafts in self._calls.values():
            for draft in drafts:
                if (
                    draft.result_from_span
                    and (not result.name or result.name == draft.name)
                    and value_key(draft.result) == told
                ):
                    return draft
        return None
