"""The conversations inside one Claude Code session: its own, and those of its sub-agents.

A sub-agent's lines are marked in one of four ways, by the age of the file: `isSidechain` with a
chain of `parentUuid` of its own, `agentId`, `parent_tool_use_id` (stream-json), or wrapped in a
`progress` line.
"""

from __future__ import annotations

from typing import TypeAlias

from labelwidget.model import JsonValue
from labelwidget.readers.turns import Draft, Turns
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    first,
    nanoseconds,
)

__all__ = ["Line", "Lines", "spans_of"]

Line: TypeAlias = dict[str, JsonValue]
Lines: TypeAlias = list[Line]

_AGENT_TOOLS = frozenset({"Task", "Agent"})


def spans_of(lines: Lines) -> list[Draft]:
    """The spans of a session, the root first.

    Args:
        lines: All lines in the file's order; those that are no messages are passed over.
    """
    talk = _talk(lines)
    groups = _conversations(talk)
    session = _Session(talk)
    root = Draft(span_id="session", span_type="AGENT")
    drafts = session.follow(groups.pop("", []), root)
    for key, found in groups.items():
        drafts += session.sub_agent(key, found, root)
    return drafts


def _talk(lines: Lines) -> Lines:
    """The lines that are messages: unwrapped, without repeats, parts of one answer joined."""
    talk: Lines = []
    seen: set[str] = set()
    answers: dict[str, Line] = {}
    for raw in lines:
        line = _unwrapped(raw)
        message = as_dict(line.get("message"))
        boundary = line.get("type") == "system" and line.get("subtype") == "compact_boundary"
        if not boundary and not (as_text(line.get("type")) in {"user", "assistant"} and message):
            continue
        uuid = as_text(line.get("uuid"))
        if uuid is not None:
            if uuid in seen:  # a resumed session copies what came before
                continue
            seen.add(uuid)
        answer_id = as_text(message.get("id")) if line.get("type") == "assistant" else None
        known = answers.get(answer_id) if answer_id is not None else None
        if known is not None:
            _join(known, line)
            continue
        if message:
            line = dict(line)
            line["message"] = dict(message)
        if answer_id is not None:
            answers[answer_id] = line
        talk.append(line)
    return talk


def _unwrapped(line: Line) -> Line:
    data = as_dict(line.get("data"))
    inner = as_dict(data.get("message"))
    if line.get("type") != "progress" or not isinstance(inner.get("message"), dict):
        return line
    told: Line = {"timestamp": line.get("timestamp"), "agentId": data.get("agentId")}
    told["parent_tool_use_id"] = first(line, "parentToolUseID", "parent_tool_use_id")
    return told | inner


def _join(known: Line, line: Line) -> None:
    """Each block of an answer is a line of its own as it streams in."""
    message, more = as_dict(known["message"]), as_dict(line["message"])
    blocks = [*_blocks(message), *(one for one in _blocks(more) if one not in _blocks(message))]
    message["content"] = blocks
    for key in ("usage", "stop_reason"):
        if more.get(key) is not None:
            message[key] = more[key]
    known["ended"] = line.get("timestamp")


def _blocks(message: Line) -> list[JsonValue]:
    content = message.get("content")
    if isinstance(content, str):
        text: Line = {"type": "text", "text": content}
        return [text]
    return as_list(content)


def _conversations(talk: Lines) -> dict[str, Lines]:
    """Lines by conversation: `""` is the session's own, others have a sub-agent's key."""
    alone = all(line.get("isSidechain") is True for line in talk)
    parents = {uuid: line for line in talk if (uuid := as_text(line.get("uuid"))) is not None}
    tops: dict[str, str] = {}
    found: dict[str, Lines] = {}
    for line in talk:
        call_id = as_text(line.get("parent_tool_use_id"))
        if call_id is not None:
            key = f"call:{call_id}"
        elif line.get("isSidechain") is not True or alone:
            key = ""
        elif as_text(line.get("agentId")):
            key = f"agent:{line['agentId']}"
        else:
            key = f"top:{_top(line, parents, tops)}"
        found.setdefault(key, []).append(line)
    return found


def _top(line: Line, parents: dict[str, Line], tops: dict[str, str]) -> str:
    """The first line of a side chain. Lines follow their parents, so that one step suffices."""
    uuid = as_text(line.get("uuid")) or ""
    parent = as_text(line.get("parentUuid")) or ""
    above = parents.get(parent)
    top = tops.get(parent, uuid) if above is not None and above.get("isSidechain") else uuid
    tops[uuid] = top
    return top


class _Session:
    """Makes spans of conversations and remembers which call started what."""

    def __init__(self, talk: Lines) -> None:
        self._calls: dict[str, Draft] = {}
        self._agents: dict[str, str] = {}
        for line in talk:
            agent = as_text(as_dict(line.get("toolUseResult")).get("agentId"))
            for block in as_dicts(as_dict(line.get("message")).get("content")):
                call_id = as_text(block.get("tool_use_id"))
                if agent is not None and call_id is not None:
                    self._agents[agent] = call_id

    def sub_agent(self, key: str, lines: Lines, root: Draft) -> list[Draft]:
        """The spans of a sub-agent below the call that started it, or below the root."""
        above = self._started_by(key, lines)
        parent = above or root
        agent = Draft(
            span_id=f"{parent.span_id}.{key.partition(':')[2] or 'agent'}"[:200],
            parent_id=parent.span_id,
            name="sub-agent",
            span_type="AGENT",
        )
        asked = as_dict(above.inputs) if above is not None else {}
        agent.name = as_text(first(asked, "subagent_type", "name", "description")) or "sub-agent"
        return self.follow(lines, agent)

    def _started_by(self, key: str, lines: Lines) -> Draft | None:
        kind, _, name = key.partition(":")
        call_id = name if kind == "call" else self._agents.get(name, "")
        if call_id in self._calls:
            return self._calls[call_id]
        # Older files say only what the sub-agent was asked.
        asked = as_dict(lines[0].get("message")).get("content")
        for call in self._calls.values():
            if (
                call.name in _AGENT_TOOLS
                and asked
                and as_dict(call.inputs).get("prompt") == asked
                and "sub-agent" not in call.attributes
            ):
                call.attributes["sub-agent"] = True
                return call
        return None

    def follow(self, lines: Lines, root: Draft) -> list[Draft]:
        """The spans of one conversation."""
        turns = Turns(root)
        for line in lines:
            message = as_dict(line.get("message"))
            moment = nanoseconds(line.get("timestamp"))
            if line.get("type") == "assistant":
                self._answer(turns, line, message, moment)
            elif line.get("type") == "system":
                said: Line = {"role": "system", "name": "compact_boundary"}
                said["content"] = as_text(line.get("content")) or "Conversation compacted"
                turns.hear(said, moment)
            else:
                self._told(turns, line, message, moment)
        return turns.finish()

    def _answer(self, turns: Turns, line: Line, message: Line, moment: int | None) -> None:
        said = {
            key: message[key] for key in ("role", "content", "id", "stop_reason") if key in message
        }
        model = as_text(message.get("model"))
        known: dict[str, JsonValue] = {}
        if model is not None:
            known["gen_ai.response.model"] = model
        used_in, used_out = _tokens(message.get("usage"))
        if used_in is not None:
            known["gen_ai.usage.input_tokens"] = used_in
        if used_out is not None:
            known["gen_ai.usage.output_tokens"] = used_out
        for key in ("usage", "uuid", "parentUuid", "requestId", "isSidechain", "agentId"):
            part = message.get(key) if key == "usage" else line.get(key)
            if part not in (None, False):
                known[key] = part
        failed = line.get("isApiErrorMessage") is True
        ended = nanoseconds(line.get("ended")) or moment
        turns.answer(
            said,
            name=model or "model",
            moment=ended,
            attributes=known,
            error=_text(message) if failed else None,
        )
        for block in as_dicts(message.get("content")):
            if block.get("type") == "tool_use":
                call_id = as_text(block.get("id")) or ""
                call = turns.call(
                    call_id,
                    name=as_text(block.get("name")) or "",
                    arguments=block.get("input"),
                    moment=ended,
                )
                if call_id:
                    self._calls[call_id] = call

    def _told(self, turns: Turns, line: Line, message: Line, moment: int | None) -> None:
        blocks = as_dicts(message.get("content"))
        held = bool(blocks)
        for block in blocks:
            if block.get("type") != "tool_result":
                held = False
                continue
            failed = block.get("is_error") is True
            closed = turns.result(
                as_text(block.get("tool_use_id")) or "",
                block.get("content"),
                moment=moment,
                error=(_text(block) or "the tool failed") if failed else None,
            )
            held = held and closed is not None
            if closed is not None and line.get("toolUseResult") is not None and len(blocks) == 1:
                closed.attributes["toolUseResult"] = line["toolUseResult"]
        said = {key: message[key] for key in ("role", "content") if key in message}
        if line.get("isCompactSummary") is True:
            said["name"] = "summary"
        turns.hear(said, moment, in_a_tool_span=held)


def _text(holder: Line) -> str:
    content = holder.get("content")
    if isinstance(content, str):
        return content
    texts = [as_text(block.get("text")) for block in as_dicts(content)]
    return "\n".join(text for text in texts if text)


def _tokens(usage: JsonValue) -> tuple[int | None, int | None]:
    """Input tokens with those read from and written to the cache, and output tokens."""
    said = as_dict(usage)
    counted = [
        as_int(said.get(key))
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    ]
    known = [count for count in counted if count is not None]
    return (sum(known) if known else None), as_int(said.get("output_tokens"))
