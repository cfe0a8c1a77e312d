"""What an agent says, put together: text, messages, responses of model APIs, or any JSON, whole or in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue
from labelwidget.readers.objects import jsonable

__all__ = ["MAX_CHARS", "MAX_VALUES", "Answer"]

MAX_CHARS = 4_000_000
"""Characters of one answer. A model writes some ten thousand; a program that runs away writes without end."""
MAX_VALUES = 500_000
"""Values (objects, list entries, pieces of a stream) of one answer."""

JsonObject = dict[str, JsonValue]


class Answer:
    """An answer in the making; everything in it is bounded and JSON.

    Attributes:
        text: What has come so far, as text.
        input_tokens: Tokens in, as the agent reports, or None.
        output_tokens: Tokens out, likewise.
        model_name: The model, or None.
        cost: As the agent reports, or None.
    """

    def __init__(self) -> None:
        """Nothing was said yet."""
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.model_name: str | None = None
        self.cost: float | None = None
        self._texts: list[str] = []
        self._whole: list[JsonValue] = []
        self._messages: list[JsonObject] = []
        self._calls: dict[int, JsonObject] = {}
        self._items: list[JsonValue] = []
        self._others: list[JsonValue] = []
        self._completion: JsonObject | None = None
        self._chars = 0
        self._values = 0

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._texts)

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        return not (
            self._texts
            or self._whole
            or self._messages
            or self._items
            or self._others
            or self._calls
        )

    def read(self, value: object) -> JsonValue:
        """What an agent gave, as JSON. May run code of the agent's own (an object that turns itself into a dict).

        Raises:
            InvalidValueError: All that was read together is too large, or it has no JSON form.
        """
        self._measure(value)
        found = jsonable(value, "The answer")
        if not isinstance(value, (str, Mapping, list, tuple)):
            self._measure(found)  # an object may hold anything
        return found

    def take(self, found: JsonValue) -> None:
        """Take an answer that came in one piece, from `read`.

        Raises:
            InvalidValueError: It is None.
        """
        if found is None:
            raise InvalidValueError(
                "The agent returned None. Return text, a message, a list of messages, or a response of a model API."
            )
        self._note(found)
        self._whole = [found]
        if isinstance(found, str):
            self._texts = [found]

    def add(self, found: JsonValue) -> str:
        """Take the next piece of a stream, from `read`.

        Returns:
            The text that it adds, or empty.
        """
        if found is None:
            return ""
        before = len(self._texts)
        if isinstance(found, str):
            self._texts.append(found)
            if self._messages:
                self._continue({"content": found})
        elif isinstance(found, dict):
            self._note(found)
            self._add_object(found)
        else:
            self._others.append(found)
        return "".join(self._texts[before:])

    def outputs(self) -> JsonValue:
        """The answer as JSON: as the agent gave it, or put together from its pieces."""
        if self._whole:
            return self._whole[-1]
        if self._items:
            return {"output": self._items}
        if self._completion is not None:
            return self._put_together(self._completion)
        if self._messages:
            return {"messages": cast("list[JsonValue]", self._messages)}
        if self._texts or not self._others:
            return self.text
        return self._others[0] if len(self._others) == 1 else self._others

    # Pieces --------------------------------------------------------------------------------------------------------
    def _add_object(self, piece: JsonObject) -> None:
        choices, delta, kind = piece.get("choices"), piece.get("delta"), piece.get("type")
        messages = piece.get("messages")
        if isinstance(kind, str) and kind.startswith("response."):
            self._add_event(kind, piece)
        elif isinstance(choices, list):
            self._add_choices(piece, choices)
        elif isinstance(delta, str):
            self._texts.append(delta)
        elif isinstance(delta, dict):
            self._add_message(delta, same=True)
        elif isinstance(messages, list):
            for message in messages:
                if isinstance(message, dict):
                    self._add_message(message, same=False)
        elif isinstance(piece.get("role"), str) or isinstance(piece.get("content"), str):
            self._add_message(piece, same="role" not in piece)
        else:
            self._others.append(piece)

    def _add_event(self, kind: str, event: JsonObject) -> None:
        """An event of the Responses API."""
        delta = event.get("delta")
        if kind == "response.output_text.delta" and isinstance(delta, str):
            self._texts.append(delta)
        elif kind == "response.output_item.done" and event.get("item") is not None:
            self._items.append(event["item"])
        elif kind == "response.completed" and isinstance(event.get("response"), dict):
            self._note(event["response"])
            self._whole = [event["response"]]

    def _add_choices(self, chunk: JsonObject, choices: list[JsonValue]) -> None:
        """A chunk of a chat completion, or a whole one."""
        about = {name: chunk[name] for name in ("id", "model", "usage") if chunk.get(name)}
        self._completion = (self._completion or {}) | about
        for choice in choices[:1]:
            if not isinstance(choice, dict):
                continue
            if isinstance(choice.get("message"), dict):
                self._whole = [chunk]
            if choice.get("finish_reason"):
                self._completion["finish_reason"] = choice["finish_reason"]
            delta = choice.get("delta")
            if isinstance(delta, dict):
                self._add_calls(delta)
                if isinstance(delta.get("content"), str):
                    self._texts.append(cast(str, delta["content"]))

    def _add_calls(self, delta: JsonObject) -> None:
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            if not isinstance(call, dict):
                continue
            index = call.get("index")
            known = self._calls.setdefault(
                index if isinstance(index, int) else len(self._calls), {}
            )
            for name in ("id", "type"):
                if call.get(name):
                    known[name] = call[name]
            function = call.get("function")
            if isinstance(function, dict):
                old = known.setdefault("function", {"name": "", "arguments": ""})
                for name in ("name", "arguments"):
                    if isinstance(old, dict) and isinstance(function.get(name), str):
                        old[name] = f"{old.get(name, '')}{function[name]}"

    def _add_message(self, message: JsonObject, *, same: bool) -> None:
        content = message.get("content")
        if isinstance(content, str) and message.get("role", "assistant") == "assistant":
            if self._texts and not same:
                self._texts.append("\n\n")
            self._texts.append(content)
        known: JsonObject = {name: part for name, part in message.items() if part is not None}
        if same and self._messages:
            self._continue(known)
        else:
            whole: JsonObject = {"role": "assistant", **known}
            self._messages.append(whole)

    def _continue(self, delta: JsonObject) -> None:
        last = self._messages[-1]
        for name, value in delta.items():
            old = last.get(name)
            joined = name == "content" and isinstance(old, str) and isinstance(value, str)
            last[name] = f"{old}{value}" if joined else value

    def _put_together(self, about: JsonObject) -> JsonValue:
        message: JsonObject = {"role": "assistant", "content": self.text or None}
        if self._calls:
            message["tool_calls"] = [self._calls[index] for index in sorted(self._calls)]
        rest = {name: value for name, value in about.items() if name != "finish_reason"}
        choice: JsonObject = {
            "index": 0,
            "message": message,
            "finish_reason": about.get("finish_reason"),
        }
        return {**rest, "object": "chat.completion", "choices": [choice]}

    # Bounds --------------------------------------------------------------------------------------------------------
    def _measure(self, value: object) -> None:
        """Count before anything is copied: a structure may be endless, or contain itself."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self._values += 1
            if isinstance(one, (str, bytes, bytearray)):
                self._chars += len(one)
            elif isinstance(one, Mapping):
                parts = cast("Mapping[object, object]", one)
                waiting.extend(parts.keys())
                waiting.extend(parts.values())
            elif isinstance(one, (list, tuple)):
                waiting.extend(cast("list[object]", one))
            if self._chars > MAX_CHARS or self._values + len(waiting) > MAX_VALUES:
                raise InvalidValueError(
                    f"The answer is too large: at most {MAX_CHARS:,} characters and {MAX_VALUES:,} values are kept. "
                    "Return less, or refer to a file."
                )

    def _note(self, value: JsonValue) -> None:
        """What the agent says of tokens, model and cost."""
        if not isinstance(value, dict):
            return
        usage = value.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        for name, keys in (
            ("input_tokens", ("prompt_tokens", "input_tokens")),
            ("output_tokens", ("completion_tokens", "output_tokens")),
        ):
            for key in keys:
                if isinstance(usage.get(key), int):
                    setattr(self, name, usage[key])
        if isinstance(value.get("model"), str):
            self.model_name = cast(str, value["model"])
        for cost in (usage.get("cost"), value.get("cost"), value.get("total_cost_usd")):
            if isinstance(cost, (int, float)) and not isinstance(cost, bool):
                self.cost = float(cost)
