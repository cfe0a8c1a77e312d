"""ATIF, the Agent Trajectory Interchange Format of Harbor: versions 1.0 to 1.8.

A trajectory becomes an AGENT span with an LLM span for each step of the agent and a TOOL span for
each call. Sub-agents that are embedded (`subagent_trajectories`) lie below the call that refers to
them; a reference to another file is kept as it is, no file is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, SpanEvent, Trace
from labelwidget.readers.assemble import assemble
from labelwidget.readers.turns import Draft, Turns
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    clean_id,
    content_id,
    first,
    nanoseconds,
)

__all__ = ["FORMAT", "matches", "read"]

FORMAT = "atif"

Members = Mapping[str, JsonValue]

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_ROLES = {"system": "system", "user": "user"}
_TOP_PLACED = frozenset({"steps", "subagent_trajectories", "agent", "final_metrics", "session_id"})
_STEP_PLACED = frozenset(
    {"timestamp", "source", "message", "tool_calls", "observation", "reasoning_content"}
)
_DEEPEST = 20


def matches(value: JsonValue) -> bool:
    """Whether a record is an ATIF trajectory."""
    record = as_dict(value)
    steps = record.get("steps")
    if not isinstance(steps, list):
        return False
    if (as_text(record.get("schema_version")) or "").upper().startswith("ATIF"):
        return True
    first_step = as_dict(steps[0]) if steps else {}
    return isinstance(record.get("agent"), dict) and {"step_id", "source"} <= first_step.keys()


def read(value: JsonValue) -> Iterator[Trace]:
    """The trace of one trajectory.

    Raises:
        InvalidValueError: No steps.
    """
    record = as_dict(value)
    if not as_dicts(record.get("steps")):
        raise InvalidValueError("The trajectory has no `steps`; ATIF needs at least one.")
    metrics = as_dict(record.get("final_metrics"))
    agent = as_dict(record.get("agent"))
    metadata: dict[str, JsonValue] = {
        key: part for key, part in record.items() if key not in _TOP_PLACED and part not in _EMPTY
    }
    described = {k: part for k, part in agent.items() if k != "tool_definitions"}
    metadata["agent"] = described
    if metrics:
        metadata["final_metrics"] = dict(metrics)
    yield assemble(
        trace_id=clean_id(record.get("trajectory_id")) or content_id(value, "atif-"),
        spans=[draft.done() for draft in _Trajectory(record).drafts()],
        format=FORMAT,
        metadata=metadata,
        conversation_id=clean_id(record.get("session_id")),
        input_tokens=as_int(metrics.get("total_prompt_tokens")),
        output_tokens=as_int(metrics.get("total_completion_tokens")),
    )


class _Trajectory:
    """One trajectory with the sub-agents inside of it."""

    def __init__(self, record: Members) -> None:
        self._record = record
        self._embedded: dict[str, dict[str, JsonValue]] = {}
        self._count = 0
        self._embed(record)

    def _embed(self, record: Members) -> None:
        for one in as_dicts(record.get("subagent_trajectories")):
            for key in (clean_id(one.get("trajectory_id")), clean_id(one.get("session_id"))):
                if key is not None:
                    self._embedded.setdefault(key, one)

    def drafts(self) -> list[Draft]:
        """All spans, the root first."""
        root = Draft(span_id="agent", span_type="AGENT")
        drafts = self._follow(self._record, root, 0)
        # Sub-agents that no step refers to are shown all the same.
        while self._embedded:
            one = next(iter(self._embedded.values()))
            drafts += self._sub_agent(one, root, 1)
        return drafts

    def _follow(self, record: Members, root: Draft, depth: int) -> list[Draft]:
        agent = as_dict(record.get("agent"))
        root.name = as_text(agent.get("name")) or "agent"
        turns = Turns(root)
        tools = agent.get("tool_definitions")
        inner: list[Draft] = []
        for value in as_list(record.get("steps")):
            step = as_dict(value)
            moment = nanoseconds(step.get("timestamp"))
            source = as_text(step.get("source"))
            if source == "agent":
                self._answer(turns, step, agent, tools, moment)
                tools = None
            elif source in _ROLES:
                said: dict[str, JsonValue] = {"role": _ROLES[source]}
                said["content"] = _content(step.get("message"))
                if "context_management" in as_dict(step.get("extra")):
                    said["name"] = "context_management"
                turns.hear(said, moment)
            else:
                root.events.append(
                    SpanEvent(name="step", time_ns=moment, attributes={"value": value})
                )
            inner += self._observed(turns, step, moment, depth)
        turns.add(inner)
        return turns.finish()

    def _answer(
        self, turns: Turns, step: Members, agent: Members, tools: JsonValue, moment: int | None
    ) -> None:
        said: dict[str, JsonValue] = {
            "role": "assistant",
            "content": _content(step.get("message")),
        }
        if as_text(step.get("reasoning_content")):
            said["reasoning_content"] = step["reasoning_content"]
        calls = as_dicts(step.get("tool_calls"))
        if calls:
            said["tool_calls"] = [_call(call) for call in calls]
        model = as_text(step.get("model_name")) or as_text(agent.get("model_name"))
        known: dict[str, JsonValue] = {
            key: part
            for key, part in step.items()
            if key not in _STEP_PLACED and part not in _EMPTY
        }
        if model is not None:
            known["gen_ai.response.model"] = model
        metrics = as_dict(step.get("metrics"))
        for name, key in (("input", "prompt_tokens"), ("output", "completion_tokens")):
            count = as_int(metrics.get(key))
            if count is not None:
                known[f"gen_ai.usage.{name}_tokens"] = count
        span = turns.answer(
            said, name=model or "agent", moment=moment, attributes=known, tools=tools
        )
        if as_int(step.get("llm_call_count")) == 0:
            span.span_type = "TASK"  # the agent's own code spoke, no model was asked
        for call in calls:
            turns.call(
                as_text(call.get("tool_call_id")) or "",
                name=as_text(call.get("function_name")) or "",
                arguments=call.get("arguments"),
                moment=moment,
                attributes={"extra": call["extra"]} if call.get("extra") else None,
            )

    def _observed(self, turns: Turns, step: Members, moment: int | None, depth: int) -> list[Draft]:
        inner: list[Draft] = []
        calls = as_dicts(step.get("tool_calls"))
        results = as_dicts(as_dict(step.get("observation")).get("results"))
        for result in results:
            call_id = as_text(result.get("source_call_id"))
            if call_id is None and len(calls) == 1 and len(results) == 1:
                call_id = as_text(calls[0].get("tool_call_id"))
            span = turns.opened(call_id or "")
            references = as_dicts(result.get("subagent_trajectory_ref"))
            for reference in references:
                inner += self._referred(reference, span or turns.root, depth)
            content = _content(result.get("content"))
            if span is not None and references:
                span.attributes["subagent_trajectory_ref"] = list[JsonValue](references)
            if content in _EMPTY and references:
                turns.result(call_id or "", None, moment=moment)
                continue
            closed = turns.result(call_id or "", content, moment=moment)
            said: dict[str, JsonValue] = {"role": "tool", "content": content}
            if call_id is not None:
                said["tool_call_id"] = call_id
            else:
                said["name"] = "observation"
            turns.hear(said, moment, in_a_tool_span=closed is not None)
        return inner

    def _referred(self, reference: Members, parent: Draft, depth: int) -> list[Draft]:
        for key in ("trajectory_id", "session_id"):
            found = self._embedded.get(clean_id(reference.get(key)) or "")
            if found is not None:
                return self._sub_agent(found, parent, depth + 1)
        return []

    def _sub_agent(self, record: dict[str, JsonValue], parent: Draft, depth: int) -> list[Draft]:
        for key in [key for key, one in self._embedded.items() if one is record]:
            del self._embedded[key]
        if depth > _DEEPEST:
            raise InvalidValueError(f"Sub-agents are nested deeper than {_DEEPEST} levels.")
        self._embed(record)
        self._count += 1
        root = Draft(
            span_id=f"agent-{self._count}",
            parent_id=parent.span_id,
            span_type="AGENT",
            attributes={
                key: record[key]
                for key in ("trajectory_id", "session_id", "notes", "extra", "final_metrics")
                if record.get(key) not in _EMPTY
            },
        )
        return self._follow(record, root, depth)


def _call(call: Members) -> JsonValue:
    function: dict[str, JsonValue] = {
        "name": first(call, "function_name"),
        "arguments": call.get("arguments"),
    }
    made: dict[str, JsonValue] = {"id": call.get("tool_call_id"), "type": "function"}
    made["function"] = function
    return made


def _content(value: JsonValue) -> JsonValue:
    """A message's content; media say which file they are in, since that is all there is of them."""
    if not isinstance(value, list):
        return value
    found: list[JsonValue] = []
    for part in value:
        record = as_dict(part)
        path = as_text(as_dict(record.get("source")).get("path"))
        found.append(record | {"name": path} if path and "name" not in record else part)
    return found
