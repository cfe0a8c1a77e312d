"""SWE-agent trajectories (`.traj`): what the model was told and said, and what its actions did.

`history` is the conversation, `trajectory` the steps with action, observation and time; either may
be missing. Where the model calls no tools but writes its command as text, the action is shown as a
call of a tool all the same. The messages of mini-swe-agent (`trajectory_format`) are read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import (
    Assessment,
    AssessmentKind,
    AssessmentSource,
    JsonValue,
    SpanEvent,
    Trace,
    TraceState,
)
from labelwidget.readers.assemble import assemble, token_usage
from labelwidget.readers.turns import Draft, Turns
from labelwidget.readers.values import (
    as_bool,
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "read"]

FORMAT = "swe_agent"

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_STEP_SHOWN = frozenset({"action", "observation", "query", "messages"})


def matches(value: JsonValue) -> bool:
    """Whether a record is a trajectory of SWE-agent or mini-swe-agent."""
    record = as_dict(value)
    if (as_text(record.get("trajectory_format")) or "").startswith("mini-swe-agent"):
        return isinstance(record.get("messages"), list)
    steps = as_dicts(record.get("trajectory"))
    if steps:
        return {"action", "observation"} <= steps[0].keys()
    history = as_dicts(record.get("history"))
    return (isinstance(record.get("trajectory"), list) or "environment" in record) and any(
        "role" in one for one in history[:1]
    )


def read(value: JsonValue) -> Iterator[Trace]:
    """The trace of one trajectory.

    Raises:
        InvalidValueError: Neither a history nor steps.
    """
    record = as_dict(value)
    history = as_list(record.get("history")) or as_list(record.get("messages"))
    steps = as_dicts(record.get("trajectory"))
    if not history and not steps:
        raise InvalidValueError(
            "The trajectory is empty: no `history`, `messages` or `trajectory`."
        )
    info = as_dict(record.get("info"))
    config = as_dict(decoded(record.get("replay_config"))) or as_dict(info.get("config"))
    model = _model(config, info)
    root = Draft(span_id="run", name=_name(record, config, info), span_type="AGENT")
    turns = Turns(root)
    run = _Run(turns, steps, model)
    if history:
        run.follow(history)
    run.rest()
    stats = as_dict(info.get("model_stats"))
    state = _state(info)
    if state is TraceState.ERROR:
        root.error = as_text(info.get("exit_status"))
    drafts = turns.finish()
    answered = root.outputs
    yield assemble(
        trace_id=clean_id(record.get("instance_id")) or content_id(value, "swe-"),
        spans=[draft.done() for draft in drafts],
        format=FORMAT,
        state=state,
        outputs=first(info, "submission") or answered,
        metadata=_metadata(record, info, config),
        assessments=list(_assessments(info)),
        input_tokens=as_int(stats.get("tokens_sent")) or None,
        output_tokens=as_int(stats.get("tokens_received")) or None,
        model_name=model,
    )


class _Run:
    """Joins the history with the steps, which hold what the history lacks."""

    def __init__(self, turns: Turns, steps: list[dict[str, JsonValue]], model: str | None) -> None:
        self._turns = turns
        self._steps = steps
        self._next = 0
        self._model = model
        self._open: str = ""

    def follow(self, history: list[JsonValue]) -> None:
        """Take the messages of a history in turn."""
        for number, value in enumerate(history):
            message = as_dict(value)
            role = as_text(message.get("role"))
            if role is None:
                self._turns.root.events.append(SpanEvent(name="entry", attributes={"value": value}))
            elif role == "assistant" and not as_bool(message.get("is_demo"), default=False):
                self._answer(message, number)
            elif role == "tool":
                self._result(message, _call_ids(message))
            elif role == "user" and self._open and not as_bool(message.get("is_demo"), False):
                # The observation of an action that was written as text.
                told: dict[str, JsonValue] = {"role": "tool", "tool_call_id": self._open}
                self._result(message | told, [self._open])
            else:
                named = as_bool(message.get("is_demo"), default=False)
                self._turns.hear(message | {"name": "demonstration"} if named else message)

    def rest(self) -> None:
        """Take the steps that no message of the history stands for."""
        while self._next < len(self._steps):
            step = self._steps[self._next]
            said = as_text(first(step, "response", "thought")) or ""
            spoken: dict[str, JsonValue] = {"role": "assistant", "content": said}
            self._answer(spoken, self._next)
            if self._open:
                told: JsonValue = step.get("observation")
                observed: dict[str, JsonValue] = {"role": "tool", "tool_call_id": self._open}
                observed["content"] = told
                self._result(observed, [self._open])

    def _answer(self, message: dict[str, JsonValue], number: int) -> None:
        step: Mapping[str, JsonValue] = {}
        if self._next < len(self._steps):
            step = self._steps[self._next]
            self._next += 1
        self._open = ""
        action = as_text(first(message, "action")) or as_text(step.get("action"))
        calls = as_dicts(message.get("tool_calls"))
        if not calls and action:
            self._open = f"action-{number}"
            command: dict[str, JsonValue] = {"name": "bash", "arguments": {"command": action}}
            written: dict[str, JsonValue] = {"id": self._open, "type": "function"}
            written["function"] = command
            calls = [written]
            message = dict(message)
            message["tool_calls"] = list[JsonValue](calls)
        response = as_dict(as_dict(message.get("extra")).get("response"))
        used_in, used_out = token_usage(response.get("usage"))
        known: dict[str, JsonValue] = {}
        if used_in is not None:
            known["gen_ai.usage.input_tokens"] = used_in
        if used_out is not None:
            known["gen_ai.usage.output_tokens"] = used_out
        moment = nanoseconds(as_dict(message.get("extra")).get("timestamp"))
        self._turns.answer(message, name=self._model or "model", moment=moment, attributes=known)
        told = {f"step.{key}": part for key, part in step.items() if key not in _STEP_SHOWN}
        for call in calls:
            function = as_dict(call.get("function"))
            span = self._turns.call(
                as_text(call.get("id")) or "",
                name=as_text(function.get("name")) or "",
                arguments=decoded(function.get("arguments")),
                moment=moment,
                attributes=told if call is calls[0] else None,
            )
            if call is calls[0] and step:
                # The raw output; the message that the model got wraps it in a template.
                span.outputs = step.get("observation")
                span.ended = True

    def _result(self, message: dict[str, JsonValue], call_ids: list[str]) -> None:
        closed = False
        for call_id in call_ids:
            span = self._turns.opened(call_id)
            raw = None if span is None else span.outputs
            kept = self._turns.result(call_id, message.get("content") if raw is None else raw)
            # Told and kept are the same text only where no template came between.
            closed = closed or (kept is not None and raw in (None, message.get("content")))
        if len(call_ids) == 1 and "tool_call_id" not in message:
            message = dict(message)
            message["tool_call_id"] = call_ids[0]
        self._turns.hear(message, in_a_tool_span=closed)
        self._open = ""


def _call_ids(message: Mapping[str, JsonValue]) -> list[str]:
    listed = [as_text(one) for one in as_list(message.get("tool_call_ids"))]
    return [one for one in [as_text(message.get("tool_call_id")), *listed] if one]


def _model(config: Mapping[str, JsonValue], info: Mapping[str, JsonValue]) -> str | None:
    agent = as_dict(config.get("agent"))
    for holder in (agent.get("model"), config.get("model"), info.get("model")):
        named = as_text(first(as_dict(holder), "name", "model_name")) or as_text(holder)
        if named is not None:
            return named
    return as_text(first(as_dict(info.get("model_stats")), "model", "model_name"))


def _name(
    record: Mapping[str, JsonValue], config: Mapping[str, JsonValue], info: Mapping[str, JsonValue]
) -> str:
    problem = as_dict(config.get("problem_statement"))
    return (
        as_text(first(record, "instance_id"))
        or as_text(first(problem, "id", "instance_id"))
        or as_text(info.get("instance_id"))
        or as_text(record.get("environment"))
        or "SWE-agent"
    )


def _state(info: Mapping[str, JsonValue]) -> TraceState:
    status = (as_text(info.get("exit_status")) or "").lower()
    if status.startswith("submitted"):
        return TraceState.OK
    return TraceState.ERROR if status else TraceState.UNSPECIFIED


def _metadata(
    record: Mapping[str, JsonValue],
    info: Mapping[str, JsonValue],
    config: Mapping[str, JsonValue],
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        key: part
        for key, part in record.items()
        if key not in {"history", "messages", "trajectory", "info", "replay_config"}
        and part not in _EMPTY
    }
    found |= {f"info.{key}": part for key, part in info.items() if part not in _EMPTY}
    if config and "info.config" not in found:
        found["replay_config"] = dict(config)
    return found


def _assessments(info: Mapping[str, JsonValue]) -> Iterator[Assessment]:
    """What an evaluation wrote into the trajectory, where there was one."""
    score = first(info, "score", "resolved")
    report = as_dict(info.get("scorecard"))
    if score is not None or report:
        yield Assessment(
            name="resolved" if "resolved" in info else "score",
            kind=AssessmentKind.FEEDBACK,
            value=score if score is not None else dict(report),
            source=AssessmentSource("CODE", "swe-agent"),
        )
