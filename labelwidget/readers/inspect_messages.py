"""Inspect's messages and attachments in the form that everything else understands.

Inspect names the function of a call in a plain text (`{"id", "function": "bash", "arguments":
{…}}`) and keeps long texts once, in `attachments`, with `attachment://<key>` in their place.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from labelwidget.model import JsonValue
from labelwidget.readers.values import as_dict, as_dicts, as_int, as_list, as_text

__all__ = ["Texts", "from_pool", "key_of", "message"]

_PREFIX = "attachment://"


class Texts:
    """Puts attachments back where they were taken from."""

    def __init__(self, attachments: JsonValue) -> None:
        """Use a sample's attachments: an object by key, or a list in the chunked layout."""
        known = as_dict(attachments)
        listed = as_list(attachments)
        self._texts: Mapping[str, JsonValue] = known or {
            str(number): text for number, text in enumerate(listed)
        }

    def back(self, value: JsonValue) -> JsonValue:
        """The value with every attachment in its place; a key that is not there stays as it is."""
        if not self._texts:
            return value
        if isinstance(value, str):
            if value.startswith(_PREFIX):
                return self._texts.get(value.removeprefix(_PREFIX), value)
            return value
        if isinstance(value, list):
            return [self.back(part) for part in value]
        if isinstance(value, dict):
            return {key: self.back(part) for key, part in value.items()}
        return value


def message(value: JsonValue) -> JsonValue:
    """A message with its calls as OpenAI writes them and a failed tool marked as such."""
    record = as_dict(value)
    calls = as_dicts(record.get("tool_calls"))
    if calls:
        made: dict[str, JsonValue] = dict(record)
        made["tool_calls"] = [_call(call) for call in calls]
        return made
    if record.get("role") == "tool":
        known: dict[str, JsonValue] = dict(record)
        if as_text(record.get("function")):
            known.setdefault("name", record["function"])
        failed = as_dict(record.get("error"))
        if failed:
            known["is_error"] = True
            # The model was told the error where there was no output.
            if record.get("content") in (None, "", []):
                known["content"] = failed.get("message")
        return known
    return value


def _call(call: dict[str, JsonValue]) -> JsonValue:
    name = as_text(call.get("function"))
    if name is None:
        return call
    function: dict[str, JsonValue] = {"name": name, "arguments": call.get("arguments")}
    made: dict[str, JsonValue] = {
        key: part for key, part in call.items() if key not in {"function", "arguments", "view"}
    }
    made["type"] = "function"
    made["function"] = function
    return made


def key_of(value: JsonValue) -> bytes:
    """What makes two messages the same: role, content and calls, but not ids or sources."""
    record = as_dict(value)
    calls = [
        [call.get("id"), call.get("function"), call.get("arguments")]
        for call in as_dicts(record.get("tool_calls"))
    ]
    parts: list[JsonValue] = [record.get("role"), record.get("content"), record.get("tool_call_id")]
    try:
        return orjson.dumps([*parts, calls])
    except TypeError:
        return repr([*parts, calls]).encode("utf-8", "surrogatepass")


def from_pool(refs: JsonValue, pool: list[JsonValue]) -> list[JsonValue]:
    """The messages that `input_refs` names: ranges into the sample's pool."""
    found: list[JsonValue] = []
    for ref in as_list(refs):
        start, end = ([*as_list(ref), None, None])[:2]
        low, high = as_int(start), as_int(end)
        if low is not None and high is not None and 0 <= low <= high:
            found += pool[low:high]
    return found
