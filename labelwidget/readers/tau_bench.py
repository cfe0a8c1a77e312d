"""tau-bench: the results of a run, one simulated conversation with a reward each.

Read are tau-bench's `[{task_id, reward, info, traj, trial}]` and tau²-bench's `{info, tasks,
simulations: [{id, task_id, messages, reward_info, …}]}`. The reward becomes an assessment, the
actions that the task asks for an expectation.
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
)
from labelwidget.readers.assemble import assemble, token_usage
from labelwidget.readers.base import Record
from labelwidget.readers.turns import Draft, Turns
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_number,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "read", "split"]

FORMAT = "tau_bench"

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_PLACED = frozenset({"traj", "messages", "reward", "reward_info"})


def matches(value: JsonValue) -> bool:
    """Whether a record is one result, or a whole run of tau²-bench."""
    record = as_dict(value)
    if isinstance(record.get("simulations"), list):
        return any(_is_result(one) for one in as_list(record["simulations"])[:3])
    return _is_result(value)


def _is_result(value: JsonValue) -> bool:
    record = as_dict(value)
    talked = isinstance(record.get("traj"), list) or isinstance(record.get("messages"), list)
    return talked and "task_id" in record and bool(record.keys() & {"reward", "reward_info"})


def split(value: JsonValue) -> Iterator[Record]:
    """The results of a run, each with what the run says of its task."""
    record = as_dict(value)
    listed = value if isinstance(value, list) else record.get("simulations")
    if not isinstance(listed, list):
        yield Record("", value)
        return
    tasks = {str(task.get("id")): task for task in as_dicts(record.get("tasks"))}
    agent = as_dict(as_dict(record.get("info")).get("agent_info"))
    for number, one in enumerate(listed, start=1):
        result = as_dict(one)
        task = tasks.get(str(result.get("task_id")))
        known: dict[str, JsonValue] = {}
        if task is not None and "task" not in result:
            known["task"] = task
        if agent and "agent_info" not in result:
            known["agent_info"] = agent
        yield Record(f"result {number}", known | result if known else one)


def read(value: JsonValue) -> Iterator[Trace]:
    """The trace of one result.

    Raises:
        InvalidValueError: No conversation in it.
    """
    if isinstance(as_dict(value).get("simulations"), list):
        for record in split(value):
            yield from read(record.value)
        return
    result = as_dict(value)
    listed = result.get("traj") if "traj" in result else result.get("messages")
    if not isinstance(listed, list):
        raise InvalidValueError("A tau-bench result needs its messages under `traj` or `messages`.")
    info = as_dict(result.get("info"))
    task = as_dict(info.get("task")) or as_dict(result.get("task"))
    model = as_text(first(as_dict(result.get("agent_info")), "llm", "model"))
    root = Draft(
        span_id="run",
        name=f"task {_word(result.get('task_id'))}".strip(),
        span_type="AGENT",
        start_ns=nanoseconds(result.get("start_time")),
        end_ns=nanoseconds(result.get("end_time")),
    )
    turns = Turns(root)
    for message in listed:
        _turn(turns, message, model)
    trial = result.get("trial")
    yield assemble(
        trace_id=clean_id(result.get("id")) or content_id(value, "tau-"),
        spans=[draft.done() for draft in turns.finish()],
        format=FORMAT,
        metadata={k: part for k, part in result.items() if k not in _PLACED and part not in _EMPTY},
        tags={} if trial is None else {"trial": _word(trial)},
        assessments=_assessments(result, info, task),
        model_name=model,
    )


def _word(value: JsonValue) -> str:
    return str(value) if isinstance(value, (str, int)) else ""


def _turn(turns: Turns, value: JsonValue, model: str | None) -> None:
    message = as_dict(value)
    role = as_text(message.get("role"))
    moment = nanoseconds(message.get("timestamp"))
    if not message or role is None:
        turns.root.events.append(SpanEvent(name="entry", attributes={"value": value}))
    elif role == "assistant":
        used_in, used_out = token_usage(message.get("usage"))
        counts = {"gen_ai.usage.input_tokens": used_in, "gen_ai.usage.output_tokens": used_out}
        turns.answer(
            message,
            name=model or "assistant",
            moment=moment,
            attributes={key: count for key, count in counts.items() if count is not None},
        )
        for call in _calls(message):
            function = as_dict(call.get("function")) or call
            turns.call(
                as_text(call.get("id")) or "",
                name=as_text(function.get("name")) or "",
                arguments=decoded(function.get("arguments")),
                moment=moment,
            )
    elif role == "tool" and isinstance(message.get("tool_messages"), list):
        for one in as_list(message["tool_messages"]):
            _turn(turns, one, model)
    elif role == "tool":
        call_id = as_text(first(message, "tool_call_id", "id")) or ""
        failed = message.get("error") is True
        said = as_text(message.get("content"))
        closed = turns.result(
            call_id,
            message.get("content"),
            moment=moment,
            error=(said or "the tool failed") if failed else None,
        )
        turns.hear(message, moment, in_a_tool_span=closed is not None)
    else:
        turns.hear(message, moment)


def _calls(message: Mapping[str, JsonValue]) -> list[dict[str, JsonValue]]:
    return as_dicts(message.get("tool_calls"))


def _assessments(
    result: Mapping[str, JsonValue], info: Mapping[str, JsonValue], task: Mapping[str, JsonValue]
) -> list[Assessment]:
    details = as_dict(result.get("reward_info")) or as_dict(info.get("reward_info"))
    reward = as_number(first(result, "reward"))
    reward = as_number(details.get("reward")) if reward is None else reward
    found: list[Assessment] = []
    if reward is not None:
        found.append(
            Assessment(
                name="reward",
                kind=AssessmentKind.FEEDBACK,
                value=reward,
                source=AssessmentSource("CODE", "tau-bench"),
                metadata={k: part for k, part in details.items() if part not in _EMPTY},
            )
        )
    criteria = as_dict(task.get("evaluation_criteria")) or task
    for name in ("actions", "outputs"):
        asked = criteria.get(name)
        if isinstance(asked, list) and asked:
            found.append(
                Assessment(
                    name=f"expected_{name}",
                    kind=AssessmentKind.EXPECTATION,
                    value=asked,
                    source=AssessmentSource("CODE", "tau-bench"),
                )
            )
    return found
