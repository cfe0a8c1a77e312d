"""How fast MLflow and OTLP files are read, beside plain orjson parsing and pydantic validation of
the same bytes.

The plain reader parses each line with orjson and validates it with a pydantic model of the format.
MLflow keeps every attribute as JSON inside a string, so a plain reader that gives the same
information parses those as well; without that step, the ratio is printed too. Contestants take
turns, in CPU time, so that a busy machine slows all alike.

usage: reading.py [ROUNDS]
"""

from __future__ import annotations

import base64
import gc
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

import orjson
from pydantic import BaseModel, JsonValue

from labelwidget.readers import read_traces

TRACES = 300
ROUNDS = 7
GOAL = 0.4
WORDS = ["order", "shipped", "late", "because", "carrier", "lost", "label", "Zürich", "nobody"]


def text(chance: random.Random, length: int) -> str:
    words: list[str] = []
    while length > 0:
        words.append(chance.choice(WORDS))
        length -= len(words[-1]) + 1
    return " ".join(words)


class Step:
    """One span of a made-up support agent."""

    def __init__(self, name: str, kind: str, inputs: JsonValue, outputs: JsonValue) -> None:
        self.name, self.kind, self.inputs, self.outputs = name, kind, inputs, outputs


def steps(number: int) -> list[Step]:
    """A retrieval, three model calls with growing history and two tools: about 35 kB."""
    chance = random.Random(number)  # noqa: S311 - the same words in each run
    documents: JsonValue = [
        {
            "page_content": text(chance, 1_000),
            "id": f"d{place}",
            "metadata": {"uri": f"https://docs.example.com/{place}"},
        }
        for place in range(5)
    ]
    context = "\n\n".join(text(chance, 1_000) for _ in range(5))
    question = text(chance, 120)
    messages: list[JsonValue] = [
        {"role": "system", "content": text(chance, 500)},
        {"role": "user", "content": f"{context}\n\n{question}"},
    ]
    made = [
        Step("support", "AGENT", {"question": question}, text(chance, 500)),
        Step("search", "RETRIEVER", {"query": question}, documents),
    ]
    for turn in range(3):
        call: JsonValue = {
            "id": f"c{turn}",
            "type": "function",
            "function": {"name": "find_order", "arguments": '{"order": 7}'},
        }
        said: dict[str, JsonValue] = (
            {"role": "assistant", "content": text(chance, 500)}
            if turn == 2
            else {"role": "assistant", "tool_calls": [call]}
        )
        made.append(
            Step(
                "chat",
                "LLM",
                {"model": "m-1", "messages": list(messages)},
                {"choices": [{"message": said}]},
            )
        )
        if turn < 2:
            rows: JsonValue = [{"order": row, "note": text(chance, 60)} for row in range(4)]
            made.append(Step("find_order", "TOOL", {"order": 7}, rows))
            messages += [
                said,
                {"role": "tool", "tool_call_id": f"c{turn}", "content": json.dumps(rows)},
            ]
    return made


def mlflow_line(number: int) -> bytes:
    spans: list[JsonValue] = []
    for place, step in enumerate(steps(number), 1):
        spans.append(
            {
                "trace_id": base64.b64encode(number.to_bytes(16, "big")).decode(),
                "span_id": base64.b64encode(place.to_bytes(8, "big")).decode(),
                "parent_span_id": None
                if place == 1
                else base64.b64encode((1).to_bytes(8, "big")).decode(),
                "name": step.name,
                "start_time_unix_nano": 1_795_467_421_318_319_388 + place,
                "end_time_unix_nano": 1_795_467_421_731_298_258 + place,
                "events": [],
                "status": {"code": "STATUS_CODE_OK", "message": ""},
                "attributes": {
                    "mlflow.traceRequestId": json.dumps(f"tr-{number:032x}"),
                    "mlflow.spanType": json.dumps(step.kind),
                    "mlflow.spanInputs": json.dumps(step.inputs),
                    "mlflow.spanOutputs": json.dumps(step.outputs),
                },
                "links": [],
            }
        )
    info: JsonValue = {
        "trace_id": f"tr-{number:032x}",
        "request_time": "2026-11-23T20:57:01.318Z",
        "state": "OK",
        "trace_metadata": {"mlflow.trace.session": "s"},
        "tags": {"mlflow.traceName": "support"},
        "assessments": [],
    }
    return orjson.dumps({"info": info, "data": {"spans": spans}})


def flattened(step: Step) -> Iterator[tuple[str, str]]:
    yield "openinference.span.kind", step.kind
    if step.kind == "LLM":
        yield "llm.model_name", "m-1"
        for side, messages in (
            ("input", step.inputs["messages"]),
            ("output", [step.outputs["choices"][0]["message"]]),
        ):  # type: ignore[index,call-overload]
            for place, message in enumerate(messages):  # type: ignore[arg-type]
                start = f"llm.{side}_messages.{place}.message."
                yield start + "role", message["role"]
                if message.get("content"):
                    yield start + "content", message["content"]
                for call in message.get("tool_calls", []):
                    yield start + "tool_calls.0.tool_call.id", call["id"]
                    yield start + "tool_calls.0.tool_call.function.name", call["function"]["name"]
                    yield (
                        start + "tool_calls.0.tool_call.function.arguments",
                        call["function"]["arguments"],
                    )
        return
    for side, value in (("input", step.inputs), ("output", step.outputs)):
        yield f"{side}.value", json.dumps(value)
        yield f"{side}.mime_type", "application/json"


def otlp_line(number: int) -> bytes:
    spans: list[JsonValue] = []
    for place, step in enumerate(steps(number), 1):
        span: dict[str, JsonValue] = {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{place:016x}",
            "name": step.name,
            "kind": 1,
            "startTimeUnixNano": str(1_795_467_421_318_319_388 + place),
            "endTimeUnixNano": str(1_795_467_421_731_298_258 + place),
            "attributes": [
                {"key": key, "value": {"stringValue": value}} for key, value in flattened(step)
            ],
            "status": {"code": 1},
        }
        if place > 1:
            span["parentSpanId"] = f"{1:016x}"
        spans.append(span)
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "app"}}]}
    return orjson.dumps(
        {
            "resourceSpans": [
                {"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}]}
            ]
        }
    )


class Status(BaseModel):
    code: str | int = ""
    message: str = ""


class MlflowSpan(BaseModel):
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    start_time_unix_nano: int
    end_time_unix_nano: int | None
    events: list[dict[str, JsonValue]]
    status: Status
    attributes: dict[str, JsonValue]
    links: list[JsonValue]


class MlflowInfo(BaseModel):
    trace_id: str
    request_time: str
    state: str
    trace_metadata: dict[str, str]
    tags: dict[str, str]
    assessments: list[dict[str, JsonValue]]


class MlflowData(BaseModel):
    spans: list[MlflowSpan]


class MlflowTrace(BaseModel):
    info: MlflowInfo
    data: MlflowData


class AnyValue(BaseModel):
    stringValue: str | None = None  # noqa: N815 - the names of the format
    intValue: str | int | None = None  # noqa: N815
    doubleValue: float | None = None  # noqa: N815
    boolValue: bool | None = None  # noqa: N815
    bytesValue: str | None = None  # noqa: N815
    arrayValue: dict[str, list[AnyValue]] | None = None  # noqa: N815
    kvlistValue: dict[str, list[KeyValue]] | None = None  # noqa: N815


class KeyValue(BaseModel):
    key: str
    value: AnyValue


class OtlpSpan(BaseModel):
    traceId: str  # noqa: N815
    spanId: str  # noqa: N815
    parentSpanId: str = ""  # noqa: N815
    name: str
    kind: int | str = 0
    startTimeUnixNano: int  # noqa: N815
    endTimeUnixNano: int  # noqa: N815
    attributes: list[KeyValue] = []
    events: list[dict[str, JsonValue]] = []
    links: list[dict[str, JsonValue]] = []
    status: Status = Status()


class Scope(BaseModel):
    name: str = ""
    version: str = ""


class ScopeSpans(BaseModel):
    scope: Scope
    spans: list[OtlpSpan]


class Resource(BaseModel):
    attributes: list[KeyValue] = []


class ResourceSpans(BaseModel):
    resource: Resource
    scopeSpans: list[ScopeSpans]  # noqa: N815


class OtlpRequest(BaseModel):
    resourceSpans: list[ResourceSpans]  # noqa: N815


def plain(raw: bytes, model: type[BaseModel]) -> None:
    for line in raw.splitlines():
        model.model_validate(orjson.loads(line))


def plain_with_attributes(raw: bytes) -> None:
    for line in raw.splitlines():
        value = orjson.loads(line)
        for span in value["data"]["spans"]:
            span["attributes"] = {
                key: orjson.loads(part) for key, part in span["attributes"].items()
            }
        MlflowTrace.model_validate(value)


def ours(raw: bytes) -> None:
    reader = read_traces(raw)
    assert sum(1 for _ in reader) == TRACES
    assert reader.refused == []


def seconds(work: Callable[[], None]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(mine: Callable[[], None], other: Callable[[], None], rounds: int) -> tuple[float, float]:
    """Median over rounds of (their time / our time), and our best time."""
    pairs = [(seconds(other), seconds(mine)) for _ in range(rounds)]
    return statistics.median(theirs / our for theirs, our in pairs), min(our for _, our in pairs)


def peak(raw: bytes) -> int:
    tracemalloc.start()
    ours(raw)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def main(rounds: int) -> None:
    mlflow = b"\n".join(mlflow_line(number) for number in range(TRACES))
    otlp = b"\n".join(otlp_line(number) for number in range(TRACES))
    runs: list[tuple[str, bytes, Callable[[], None], bool]] = [
        ("MLflow, attributes parsed too", mlflow, lambda: plain_with_attributes(mlflow), True),
        ("MLflow, attributes left as text", mlflow, lambda: plain(mlflow, MlflowTrace), False),
        ("OTLP", otlp, lambda: plain(otlp, OtlpRequest), True),
    ]
    for name, raw, other, is_goal in runs:
        found, best = ratio(lambda raw=raw: ours(raw), other, rounds)  # type: ignore[misc]
        goal = f"goal {GOAL:.2f}" if is_goal else "for comparison"
        print(f"{name}: {found:.2f} x plain ({goal}), {len(raw) / best / 1e6:.0f} MB/s")
    print(f"memory while streaming {len(mlflow) / 1e6:.0f} MB: {peak(mlflow) / 1e6:.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
