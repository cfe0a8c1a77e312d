"""Claude Code: session files (`~/.claude/projects/…/*.jsonl`) and `--output-format stream-json`.

All lines of one session make one trace: an AGENT span with an LLM span for each answer and a TOOL
span for each call; a sub-agent lies below the call that started it. Lines that are no messages
(titles, file snapshots, hooks) become events of the root span, so that none is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, SpanEvent, Trace
from labelwidget.readers.assemble import assemble
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.claude_code_agents import Line, Lines, spans_of
from labelwidget.readers.grouping import grouped
from labelwidget.readers.values import (
    as_dict,
    as_number,
    as_text,
    clean_id,
    content_id,
    first,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "read", "read_stream", "split"]

FORMAT = "claude_code"

_TALK = frozenset({"user", "assistant"})
# Lines without a message that only these files have.
_OTHER = frozenset(
    {
        "system", "summary", "result", "progress", "attachment", "file-history-snapshot",
        "queue-operation", "last-prompt", "custom-title", "ai-title", "agent-name", "agent-setting",
        "permission-mode", "pr-link", "mode", "stream_event", "rate_limit_event", "tag",
    }
)  # fmt: skip
_SESSION = ("sessionId", "session_id")
_DESCRIBES = ("cwd", "gitBranch", "version", "slug", "claude_code_version", "permissionMode")


def matches(value: JsonValue) -> bool:
    """Whether a record is a line of a Claude Code session, or an array of such lines."""
    if isinstance(value, list):
        return bool(value) and any(_is_line(one) for one in value[:20])
    return _is_line(value)


def _is_line(value: JsonValue) -> bool:
    record = as_dict(value)
    kind = as_text(record.get("type"))
    if kind in _TALK:
        marked = record.keys() & {"sessionId", "session_id", "parentUuid", "isSidechain"}
        return isinstance(record.get("message"), dict) and bool(marked)
    if kind not in _OTHER:
        return False
    if kind == "summary":
        return "leafUuid" in record
    if kind == "file-history-snapshot":
        return "snapshot" in record
    return bool(record.keys() & {"sessionId", "session_id", "parentUuid", "leafUuid"})


def split(value: JsonValue) -> Iterator[Record]:
    """The lines of a session that was kept as one array."""
    if not isinstance(value, list):
        yield Record("", value)
        return
    for number, line in enumerate(value, start=1):
        yield Record(f"line {number}", line)


def read(value: JsonValue) -> Iterator[Trace]:
    """The trace of an array of lines.

    Raises:
        InvalidValueError: No line holds a message.
    """
    lines = [as_dict(one) for one in (value if isinstance(value, list) else [value])]
    yield _trace([line for line in lines if line])


def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]:
    """The traces of a file with one event a line: one for each session in it.

    Lines that say no session (titles, snapshots) belong to the session that is talking.
    """
    current = ""

    def session(value: JsonValue) -> str:
        nonlocal current
        current = as_text(first(as_dict(value), *_SESSION)) or current
        return current

    early: list[Record] = []
    for group in grouped(records, session, refuse):
        if not as_text(first(as_dict(group[-1].value), *_SESSION)) and not any(
            as_text(as_dict(one.value).get("type")) in _TALK for one in group
        ):
            early += group
            continue
        lines = [as_dict(one.value) for one in [*early, *group]]
        early = []
        try:
            yield _trace(lines)
        except InvalidValueError as error:
            refuse(group[0].position, str(error))
    if early:
        refuse(early[0].position, _NO_MESSAGE)


_NO_MESSAGE = (
    "No line of this session holds a message of the user or the model. "
    "Give the session's own file, `<session>.jsonl`."
)


def _trace(lines: Lines) -> Trace:
    if not any(
        as_text(line.get("type")) in _TALK and as_dict(line.get("message")) for line in lines
    ):
        raise InvalidValueError(_NO_MESSAGE)
    session_id = next(
        (found for line in lines if (found := clean_id(first(line, *_SESSION))) is not None), None
    )
    agents = {clean_id(line.get("agentId")) for line in lines if as_text(line.get("type")) in _TALK}
    only = next(iter(agents)) if len(agents) == 1 else None
    about: dict[str, JsonValue] = {}
    for line in lines:
        for key in _DESCRIBES:
            if line.get(key) not in (None, ""):
                about[key] = line[key]
    drafts = spans_of(lines)
    root = drafts[0]
    ends: Lines = [line for line in lines if line.get("type") == "result"]
    ended: Line = ends[-1] if ends else {}
    name = _title(lines) or as_text(about.get("slug")) or "session"
    root.name = name
    if ended.get("is_error") is True:
        root.error = as_text(first(ended, "result", "subtype")) or "error"
    for line in lines:
        if as_text(line.get("type")) not in _TALK:
            root.events.append(_event(line))
    took = as_number(ended.get("duration_ms"))
    return assemble(
        # The session's id is in every file of it; a sub-agent's own file adds the agent's.
        trace_id=(f"{session_id}.{only}" if only else session_id)
        or content_id(list[JsonValue](lines), "session-"),
        spans=[draft.done() for draft in drafts],
        format=FORMAT,
        name=name,
        duration_ms=took,
        metadata=about | _totals(ended),
        conversation_id=session_id,
    )


def _totals(ended: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    keys = ("total_cost_usd", "num_turns", "duration_api_ms", "usage", "modelUsage", "subtype")
    return {key: ended[key] for key in keys if ended.get(key) is not None}


def _title(lines: Lines) -> str | None:
    """A title that the user or the model gave; the last one counts."""
    for kind, key in (
        ("custom-title", "customTitle"),
        ("ai-title", "aiTitle"),
        ("summary", "summary"),
    ):
        for line in reversed(lines):
            if line.get("type") == kind and as_text(line.get(key)):
                return as_text(line[key])
    return None


def _event(line: Mapping[str, JsonValue]) -> SpanEvent:
    kind = as_text(line.get("type")) or "event"
    sub = as_text(line.get("subtype"))
    return SpanEvent(
        name=f"{kind}.{sub}" if sub else kind,
        time_ns=nanoseconds(line.get("timestamp")),
        attributes={
            key: part
            for key, part in line.items()
            if key not in {"type", "subtype", "timestamp", *_SESSION, *_DESCRIBES}
            and part is not None
        },
    )
