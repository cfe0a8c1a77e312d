"""What has been shown so far, so that history that every model call repeats is shown once.

A message counts as shown when as many equal ones were shown as the list at hand holds up to it.
So "yes" said twice is shown twice, a sliding window or a summary in front changes nothing, and
each message costs one look-up however long the history is.
"""

from __future__ import annotations

from collections import defaultdict

import orjson

from labelwidget.content.drafts import MessageDraft, ToolDraft, ValueDraft
from labelwidget.content.json_text import decoded, json_text
from labelwidget.content.message import (
    Data,
    Media,
    MessagePart,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from labelwidget.model import JsonValue

__all__ = ["Ledger", "body_key", "value_key"]

Key = tuple[str, ...]


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
                if part.text.strip():
                    texts.append(part.text.strip())
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


class Ledger:
    """Everything shown, by what makes it the same, and the tool calls still to be joined."""

    def __init__(self) -> None:
        """Start with nothing shown."""
        self.bodies: dict[Key, list[MessageDraft | ValueDraft]] = defaultdict(list)
        self.values: set[str] = set()
        self._calls: dict[Key, list[ToolDraft]] = defaultdict(list)
        self._by_id: dict[str, list[ToolDraft]] = defaultdict(list)
        self._by_name: dict[str, list[ToolDraft]] = defaultdict(list)
        self._results: dict[Key, int] = defaultdict(int)

    def repeats_call(self, call: ToolCall, seen: dict[Key, int]) -> ToolDraft | None:
        """The draft that shows this call already, counting equal calls in the list at hand."""
        key = _call_key(call)
        seen[key] = seen.get(key, 0) + 1
        shown = self._calls[key]
        return shown[seen[key] - 1] if seen[key] <= len(shown) else None

    def add_call(self, call: ToolCall, draft: ToolDraft) -> None:
        """Remember a call that is now shown."""
        arguments = value_key(call.arguments)
        self._calls["call", "", call.name, arguments].append(draft)
        if call.id:
            self._calls["call", call.id, call.name, arguments].append(draft)
            self._by_id[call.id].append(draft)
        self._by_name[call.name].append(draft)

    def span_of_call(self, call: ToolCall) -> ToolDraft | None:
        """A TOOL span shown on its own that turns out to be this call."""
        if call.id:
            for draft in self._by_id[call.id]:
                if draft.has_span and draft.name == call.name and draft.result_from_span:
                    return draft
        for draft in self._calls["call", "", call.name, value_key(call.arguments)]:
            if draft.has_span and not draft.call_id:
                return draft
        return None

    def name_span(self, call: ToolCall, draft: ToolDraft) -> None:
        """Give a TOOL span's draft the id of the call that it is."""
        draft.call_id = call.id
        arguments = value_key(call.arguments)
        if call.id:
            self._by_id[call.id].append(draft)
            self._calls["call", call.id, call.name, arguments].append(draft)

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
            for draft in self._by_id[call_id]:
                if not draft.has_span:
                    return draft
        for name in names:
            waiting = self._waiting(name)
            for draft in waiting:
                if value_key(draft.arguments) in arguments:
                    return draft
            if waiting and (not call_id or not waiting[0].call_id):
                return waiting[0]
        return None

    def _waiting(self, name: str) -> list[ToolDraft]:
        drafts = self._by_name.get(name, [])
        waiting = [draft for draft in drafts if not draft.has_span]
        if len(waiting) != len(drafts):
            self._by_name[name] = waiting  # those with a span are never asked for again
        return waiting

    def join_result(self, result: ToolResult, seen: dict[Key, int]) -> ToolDraft | bool:
        """Find the call that a result answers.

        Args:
            result: The result as the model was told it.
            seen: Equal results in the list at hand so far.

        Returns:
            The call's draft; False when the result is shown already; True when it answers nothing
            that is known and stands for itself.
        """
        key = ("result", result.id or result.name, value_key(result.value))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= self._results[key]:
            return False
        self._results[key] += 1
        if result.id and result.id in self._by_id:
            drafts = self._by_id[result.id]
        elif result.id:
            return True
        else:
            drafts = self._unanswered(result.name)
        for draft in drafts:
            if not draft.answered or draft.result_from_span:
                return draft
        # A known call with an answer: this is the same answer in other words (shortened history).
        return not drafts

    def _unanswered(self, name: str) -> list[ToolDraft]:
        if name:
            return [draft for draft in self._by_name[name] if not draft.answered]
        return [
            draft for drafts in self._by_name.values() for draft in drafts if not draft.answered
        ]


def _call_key(call: ToolCall) -> Key:
    return ("call", call.id, call.name, value_key(call.arguments))
