"""Writes the exchanges of ``chat.jsonl`` as other tools would have kept them: an observability tool's export, an
evaluation's log, a benchmark's results, an agent's session. Needs Python alone.

usage: elsewhere.py [FOLDER]

They land in FOLDER (default: notebooks/data).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data"
CASES = ("lost-parcel", "return-rates")
START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
Record = dict[str, Any]


@dataclass
class Turn:
    """One call of the model, and the tools that it led to."""

    before: list[Record]
    said: Record
    results: list[tuple[Record, str]]
    """Tool calls with what came back."""


class Talk:
    """One exchange."""

    def __init__(self, number: int, record: Record) -> None:
        self.id = f"{record['metadata']['case']}"
        self.number = number
        self.model: str = record["model"]
        self.tools: list[Record] = record.get("tools", [])
        self.messages: list[Record] = record["messages"]
        self.system: str = self.messages[0]["content"]
        self.question: str = self.messages[1]["content"]
        self.answer: str = self.messages[-1]["content"]

    def at(self, second: float) -> str:
        moment = START + timedelta(hours=self.number, seconds=second)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def turns(self) -> Iterator[Turn]:
        answers = {
            one["tool_call_id"]: one["content"] for one in self.messages if one["role"] == "tool"
        }
        for place, message in enumerate(self.messages):
            if message["role"] == "assistant":
                calls = message.get("tool_calls", [])
                yield Turn(
                    self.messages[:place], message, [(one, answers[one["id"]]) for one in calls]
                )


def name(call: Record) -> str:
    return call["function"]["name"]


def arguments(call: Record) -> Any:
    return json.loads(call["function"]["arguments"])


def langfuse(talk: Talk) -> Record:
    """A trace as the API gives it, its observations and a score with it."""
    ids = {"traceId": talk.id, "parentObservationId": f"{talk.id}-root", "level": "DEFAULT"}
    found: list[Record] = [
        {"id": f"{talk.id}-root", "traceId": talk.id, "type": "SPAN", "name": "support", "parentObservationId": None,
         "startTime": talk.at(0), "endTime": talk.at(9), "level": "DEFAULT",
         "input": {"question": talk.question}, "output": talk.answer},
    ]  # fmt: skip
    for n, turn in enumerate(talk.turns()):
        found.append(
            {"id": f"{talk.id}-g{n}", **ids, "type": "GENERATION", "name": "chat", "model": talk.model,
             "startTime": talk.at(2 * n), "endTime": talk.at(2 * n + 1), "input": turn.before, "output": turn.said,
             "usageDetails": {"input": 200 + 90 * n, "output": 40, "total": 240 + 90 * n}}
        )  # fmt: skip
        found += [
            {"id": f"{talk.id}-t{n}{k}", **ids, "type": "TOOL", "name": name(call),
             "startTime": talk.at(2 * n + 1), "endTime": talk.at(2 * n + 1.4), "input": arguments(call), "output": result}
            for k, (call, result) in enumerate(turn.results)
        ]  # fmt: skip
    score = {"id": f"{talk.id}-score", "traceId": talk.id, "name": "helpful", "value": 1, "dataType": "BOOLEAN",
             "stringValue": "True", "source": "EVAL", "comment": "It answers what was asked.",
             "timestamp": talk.at(20)}  # fmt: skip
    return {"id": talk.id, "name": "support", "timestamp": talk.at(0), "sessionId": "web", "userId": "li.chen",
            "tags": ["web"], "input": {"question": talk.question}, "output": talk.answer, "latency": 9.0,
            "observations": found, "scores": [score]}  # fmt: skip


def langsmith(talk: Talk) -> Iterator[Record]:
    """Runs, one a line."""
    root = f"{talk.id}-run"
    yield {"id": root, "trace_id": root, "name": "support", "run_type": "chain", "start_time": talk.at(0),
           "end_time": talk.at(9), "inputs": {"question": talk.question}, "outputs": {"output": talk.answer},
           "extra": {"metadata": {"thread_id": "web"}}, "tags": ["web"],
           "feedback_stats": {"helpful": {"n": 1, "avg": 1.0}}}  # fmt: skip
    for n, turn in enumerate(talk.turns()):
        yield {"id": f"{root}-{n}", "trace_id": root, "parent_run_id": root, "name": "ChatOpenAI", "run_type": "llm",
               "start_time": talk.at(2 * n), "end_time": talk.at(2 * n + 1), "inputs": {"messages": turn.before},
               "outputs": {"choices": [{"index": 0, "message": turn.said}],
                           "usage": {"prompt_tokens": 200 + 90 * n, "completion_tokens": 40}},
               "extra": {"invocation_params": {"model": talk.model}}}  # fmt: skip
        for k, (call, result) in enumerate(turn.results):
            yield {"id": f"{root}-{n}-{k}", "trace_id": root, "parent_run_id": root, "name": name(call),
                   "run_type": "tool", "start_time": talk.at(2 * n + 1), "end_time": talk.at(2 * n + 1.4),
                   "inputs": arguments(call), "outputs": {"output": result}}  # fmt: skip


def inspect_log(talks: list[Talk]) -> Record:
    """An evaluation's log with a sample each."""

    def message(one: Record) -> Record:
        kept = {"role": one["role"], "content": one.get("content") or ""}
        if one["role"] == "assistant" and one.get("tool_calls"):
            kept["tool_calls"] = [
                {"id": call["id"], "function": name(call), "arguments": arguments(call)}
                for call in one["tool_calls"]
            ]
        if one["role"] == "tool":
            kept["tool_call_id"] = one["tool_call_id"]
        return kept

    samples = [
        {"id": talk.id, "epoch": 1, "input": talk.question, "target": "It says what happens next.",
         "messages": [message(one) for one in talk.messages],
         "output": {"model": talk.model, "choices": [{"message": message(talk.messages[-1]), "stop_reason": "stop"}]},
         "scores": {"model_graded_qa": {"value": "C", "answer": talk.answer, "explanation": "It does."}},
         "total_time": 9.0}
        for talk in talks
    ]  # fmt: skip
    spec = {"task": "support", "model": f"openai/{talks[0].model}", "run_id": "run-1", "eval_id": "eval-1",
            "created": talks[0].at(0), "dataset": {"name": "support", "samples": len(talks)}}  # fmt: skip
    return {
        "version": 2,
        "status": "success",
        "eval": spec,
        "plan": {"name": "plan", "steps": []},
        "samples": samples,
    }


def atif(talk: Talk) -> Record:
    """A trajectory."""
    steps: list[Record] = [
        {"step_id": 1, "timestamp": talk.at(0), "source": "system", "message": talk.system},
        {"step_id": 2, "timestamp": talk.at(0), "source": "user", "message": talk.question},
    ]
    for n, turn in enumerate(talk.turns()):
        step: Record = {"step_id": len(steps) + 1, "timestamp": talk.at(2 * n + 1), "source": "agent",
                        "model_name": talk.model, "message": turn.said.get("content") or "",
                        "metrics": {"prompt_tokens": 200 + 90 * n, "completion_tokens": 40}}  # fmt: skip
        if turn.results:
            step["tool_calls"] = [
                {
                    "tool_call_id": call["id"],
                    "function_name": name(call),
                    "arguments": arguments(call),
                }
                for call, _ in turn.results
            ]
            step["observation"] = {
                "results": [
                    {"source_call_id": call["id"], "content": result}
                    for call, result in turn.results
                ]
            }
        steps.append(step)
    return {"schema_version": "ATIF-v1.7", "session_id": f"{talk.id}-run", "trajectory_id": f"{talk.id}-trajectory",
            "agent": {"name": "support", "version": "2.3.0", "model_name": talk.model}, "steps": steps}  # fmt: skip


def coding_agent(talk: Talk) -> Iterator[Record]:
    """A session file, a message a line."""
    lines = 0

    def line(kind: str, second: float, content: Any, **more: Any) -> Record:
        nonlocal lines
        lines += 1
        return {"type": kind, "uuid": f"{talk.id}-{lines}", "parentUuid": f"{talk.id}-{lines - 1}" if lines > 1 else None,
                "isSidechain": False, "sessionId": f"{talk.id}-session", "timestamp": talk.at(second), "version": "2.1.0",
                "message": {"role": kind, "content": content, **more}}  # fmt: skip

    yield line("user", 0, talk.question)
    for n, turn in enumerate(talk.turns()):
        content = (
            [{"type": "text", "text": turn.said["content"]}] if turn.said.get("content") else []
        )
        content += [
            {"type": "tool_use", "id": call["id"], "name": name(call), "input": arguments(call)}
            for call, _ in turn.results
        ]
        usage = {"input_tokens": 200 + 90 * n, "output_tokens": 40}
        yield line(
            "assistant", 2 * n + 1, content, id=f"msg-{talk.id}-{n}", model=talk.model, usage=usage
        )
        if turn.results:
            given = [
                {"type": "tool_result", "tool_use_id": call["id"], "content": result}
                for call, result in turn.results
            ]
            yield line("user", 2 * n + 1.4, given)


def tau_bench(talk: Talk) -> Record:
    """A result with its reward."""
    names = {call["id"]: name(call) for turn in talk.turns() for call, _ in turn.results}
    messages = [
        {**one, "name": names[one["tool_call_id"]]} if one["role"] == "tool" else one
        for one in talk.messages
    ]
    actions = [
        {"name": name(call), "kwargs": arguments(call)}
        for turn in talk.turns()
        for call, _ in turn.results
    ]
    task = {"user_id": "li.chen", "instruction": talk.question, "actions": actions, "outputs": []}
    return {"task_id": talk.number, "reward": 1.0, "trial": 0, "info": {"task": task},
            "traj": [*messages, {"role": "user", "content": "###STOP###"}]}  # fmt: skip


def swe_agent(talk: Talk) -> Record:
    """A trajectory of steps, each a command and what it printed, with the whole history."""
    history: list[Record] = [
        {"role": "system", "content": talk.system, "agent": "main"},
        {"role": "user", "content": talk.question, "agent": "main"},
    ]
    steps: list[Record] = []
    for turn in talk.turns():
        thought = turn.said.get("content") or ""
        actions = [f"{name(call)} {call['function']['arguments']}" for call, _ in turn.results] or [
            "submit"
        ]
        seen = "\n".join(result for _, result in turn.results)
        said = f"{thought}\n```\n{actions[0]}\n```".strip()
        steps.append({"action": actions[0], "observation": seen, "response": said, "thought": thought, "execution_time": 0.4,
                      "state": {"working_dir": "/shop"}})  # fmt: skip
        history.append(
            {
                "role": "assistant",
                "content": said,
                "action": actions[0],
                "thought": thought,
                "agent": "main",
            }
        )
        if seen:
            history.append({"role": "user", "content": seen, "agent": "main"})
    return {
        "environment": "shop",
        "trajectory": steps,
        "history": history,
        "info": {"exit_status": "submitted"},
    }


def vercel(talk: Talk) -> Iterator[Record]:
    """Spans one by one, as an exporter of the AI SDK writes them."""
    trace = f"{talk.number + 1:032x}"

    def span(place: int, span_name: str, begin: float, end: float, attributes: Record) -> Record:
        start = round((START + timedelta(hours=talk.number)).timestamp())
        made: Record = {
            "name": span_name, "spanContext": {"traceId": trace, "spanId": f"{talk.number * 100 + place + 1:016x}"},
            "startTime": [start + int(begin), round(begin % 1 * 1e9)],
            "endTime": [start + int(end), round(end % 1 * 1e9)],
            "attributes": attributes, "status": {"code": 0}, "events": [],
        }  # fmt: skip
        return made if place == 0 else made | {"parentSpanId": f"{talk.number * 100 + 1:016x}"}

    asked = {"system": talk.system, "messages": [{"role": "user", "content": talk.question}]}
    yield span(0, "ai.generateText", 0, 9, {
        "ai.operationId": "ai.generateText", "ai.model.id": talk.model,
        "ai.prompt": json.dumps(asked, ensure_ascii=False), "ai.response.text": talk.answer,
    })  # fmt: skip
    place = 0
    for n, turn in enumerate(talk.turns()):
        place += 1
        attributes: Record = {
            "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": talk.model,
            "ai.prompt.messages": json.dumps(turn.before, ensure_ascii=False),
            "ai.response.text": turn.said.get("content") or "",
            "ai.usage.inputTokens": 200 + 90 * n, "ai.usage.outputTokens": 40,
        }  # fmt: skip
        if turn.results:
            calls = [
                {
                    "toolCallId": call["id"],
                    "toolName": name(call),
                    "input": call["function"]["arguments"],
                }
                for call, _ in turn.results
            ]
            attributes["ai.response.toolCalls"] = json.dumps(calls, ensure_ascii=False)
        yield span(place, "ai.generateText.doGenerate", 2 * n, 2 * n + 1, attributes)
        for call, result in turn.results:
            place += 1
            yield span(place, "ai.toolCall", 2 * n + 1, 2 * n + 1.4, {
                "ai.operationId": "ai.toolCall", "ai.toolCall.id": call["id"], "ai.toolCall.name": name(call),
                "ai.toolCall.args": call["function"]["arguments"], "ai.toolCall.result": result,
            })  # fmt: skip


def main(folder: Path) -> None:
    records = [
        json.loads(line) for line in (DATA / "chat.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    chosen = {record["metadata"]["case"]: record for record in records}
    talks = [Talk(number, chosen[case]) for number, case in enumerate(CASES)]

    def write(file: str, *values: Any) -> None:
        lines = [json.dumps(value, ensure_ascii=False) for value in values]
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{file}: {len(lines)} records, {(folder / file).stat().st_size / 1000:.0f} kB")

    write("langfuse.json", {"data": [langfuse(talk) for talk in talks]})
    write("langsmith.jsonl", *(run for talk in talks for run in langsmith(talk)))
    write("inspect-log.json", inspect_log(talks))
    write("atif.jsonl", *map(atif, talks))
    write("coding-agent.jsonl", *coding_agent(talks[0]))
    write("tau-bench.json", [tau_bench(talk) for talk in talks])
    write("swe-agent.traj", swe_agent(talks[1]))
    write("vercel-spans.jsonl", *(span for talk in talks for span in vercel(talk)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
