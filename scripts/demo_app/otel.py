"""Writes notebooks/data/otlp-openinference.json and otlp-genai.json: the app with OpenTelemetry.

Run as ``otel.py openinference`` or ``otel.py genai``: both instrument the same client, so each needs
a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import normalize
from app import Kind
from google.protobuf.json_format import MessageToDict
from knowledge import Hit
from openinference.instrumentation import using_attributes
from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from play import Request, Stage
from scenarios import ALL
from script import Conversation, Note, Scenario
from shop import Json

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data"
CHOSEN = {
    "openinference": ("alder-compare", "where-is-my-tent", "tracking-down", "conv-b2c9-stove",
                      "hebrew-stove", "outage-timeout"),
    "genai": ("recall-affected", "all-my-orders", "sql-repair", "conv-e4d0-address",
              "arabic-return", "ticket-broken-json"),
}  # fmt: skip


def text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def scored(note: Note) -> tuple[float | None, str | None]:
    """Return a note's score and label, as both conventions want them."""
    if isinstance(note.value, bool):
        return float(note.value), "pass" if note.value else "fail"
    return (float(note.value), None) if isinstance(note.value, int | float) else (None, None)


class OpenInferenceSpot:
    def __init__(self, span: otel.Span) -> None:
        self.span = span

    def outputs(self, value: Json) -> None:
        mime = "text/plain" if isinstance(value, str) else "application/json"
        self.span.set_attributes({"output.value": text(value), "output.mime_type": mime})


class OpenInferenceTracer:
    """Spans of the app by the OpenInference conventions."""

    request: Request | None = None

    def __init__(self, provider: TracerProvider) -> None:
        from openinference.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=provider)
        self._tracer = provider.get_tracer("northwind.support", "2.3.0")

    @contextmanager
    def span(
        self, name: str, kind: Kind, inputs: Json, call_id: str | None = None
    ) -> Iterator[OpenInferenceSpot]:
        assert self.request is not None
        known = {"session_id": self.request.session or "", "user_id": self.request.scenario.user,
                 "tags": [f"{key}:{value}" for key, value in self.request.tags.items()]}  # fmt: skip
        root = not otel.get_current_span().is_recording()
        with using_attributes(**known), self._tracer.start_as_current_span(name) as span:
            span.set_attributes({
                "openinference.span.kind": kind,
                "input.value": text(inputs), "input.mime_type": "application/json",
            })  # fmt: skip
            if root:
                span.set_attribute("user.id", self.request.scenario.user)
                span.set_attribute("tag.tags", known["tags"])
                if self.request.session:
                    span.set_attribute("session.id", self.request.session)
                self._annotate(span)
            if kind == "TOOL":
                span.set_attributes({"tool.name": name, "tool.id": call_id or "",
                                     "tool.parameters": text(inputs)})  # fmt: skip
            yield OpenInferenceSpot(span)

    def documents(self, spot: OpenInferenceSpot, hits: list[Hit]) -> None:
        for n, hit in enumerate(hits):
            at = f"retrieval.documents.{n}.document"
            metadata: Json = {"title": hit.document.title, "source": hit.document.uri}
            spot.span.set_attributes({
                f"{at}.id": hit.document.id, f"{at}.content": hit.document.text,
                f"{at}.score": hit.score, f"{at}.metadata": text(metadata),
            })  # fmt: skip
        spot.outputs([{"id": hit.document.id, "score": hit.score} for hit in hits])

    def _annotate(self, span: otel.Span) -> None:
        assert self.request is not None
        feedback = [note for note in self.request.scenario.notes if note.kind == "feedback"]
        for n, note in enumerate(feedback):
            score, label = scored(note)
            person = note.by != "judge"
            for name, value in {
                "name": note.name, "score": score, "label": label, "explanation": note.why,
                "annotator_kind": "HUMAN" if person else "LLM",
                "identifier": note.by if person else "northwind-judge-1",
            }.items():  # fmt: skip
                if value is not None:
                    span.set_attribute(f"annotations.{n}.annotation.{name}", value)


class GenAiSpot:
    def __init__(self, span: otel.Span, kind: Kind) -> None:
        self.span, self._kind = span, kind

    def outputs(self, value: Json) -> None:
        if self._kind == "TOOL":
            self.span.set_attribute("gen_ai.tool.call.result", text(value))
            return
        if isinstance(value, dict) and "answer" in value:
            value = value["answer"]
        elif isinstance(value, dict) and isinstance(value.get("messages"), list):
            value = value["messages"][-1]["content"]
        part: Json = {"type": "text", "content": text(value)}
        message: Json = {"role": "assistant", "parts": [part], "finish_reason": "stop"}
        self.span.set_attribute("gen_ai.output.messages", text([message]))


class GenAiTracer:
    """Spans of the app by the OpenTelemetry conventions for generative AI."""

    request: Request | None = None

    def __init__(self, provider: TracerProvider) -> None:
        os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
        os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "span_only"
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=provider)
        self._tracer = provider.get_tracer("northwind.support", "2.3.0")

    @contextmanager
    def span(
        self, name: str, kind: Kind, inputs: Json, call_id: str | None = None
    ) -> Iterator[GenAiSpot]:
        assert self.request is not None
        root = not otel.get_current_span().is_recording()
        match kind:
            case "TOOL":
                title, attributes = f"execute_tool {name}", {
                    "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name,
                    "gen_ai.tool.type": "function", "gen_ai.tool.call.id": call_id or "",
                    "gen_ai.tool.call.arguments": text(inputs),
                }  # fmt: skip
            case "RETRIEVER":
                assert isinstance(inputs, dict)
                title, attributes = "retrieval help-2026-03", {
                    "gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "help-2026-03",
                    "gen_ai.retrieval.query.text": text(inputs["query"]),
                    "gen_ai.retrieval.top_k": inputs["k"],
                }  # fmt: skip
            case "AGENT" | "CHAIN":
                what = "agent" if kind == "AGENT" else "workflow"
                title, attributes = f"invoke_{what} {name}", {
                    "gen_ai.operation.name": f"invoke_{what}", f"gen_ai.{what}.name": name,
                    "gen_ai.provider.name": "northwind",
                    "gen_ai.input.messages": text(self._messages(inputs)),
                }  # fmt: skip
        with self._tracer.start_as_current_span(title) as span:
            span.set_attributes(attributes)
            if self.request.session:
                span.set_attribute("gen_ai.conversation.id", self.request.session)
            if root:
                span.set_attribute("user.id", self.request.scenario.user)
                for key, value in self.request.tags.items():
                    span.set_attribute(f"northwind.{key}", value)
            try:
                yield GenAiSpot(span, kind)
            except Exception as error:
                span.set_attribute("error.type", type(error).__qualname__)
                raise
            if root:
                self._evaluate(span)

    def documents(self, spot: GenAiSpot, hits: list[Hit]) -> None:
        documents: Json = [
            {"id": hit.document.id, "score": hit.score, "content": hit.document.text,
             "metadata": {"title": hit.document.title, "source": hit.document.uri}}
            for hit in hits
        ]  # fmt: skip
        spot.span.set_attribute("gen_ai.retrieval.documents", text(documents))

    def _messages(self, inputs: Json) -> Json:
        assert isinstance(inputs, dict)
        messages = inputs.get("messages")
        if not isinstance(messages, list):
            messages = [{"role": "user", "content": next(iter(inputs.values()))}]
        return [
            {"role": message["role"], "parts": [{"type": "text", "content": message["content"]}]}
            for message in messages
            if isinstance(message, dict)
        ]

    def _evaluate(self, span: otel.Span) -> None:
        assert self.request is not None
        for note in self.request.scenario.notes:
            # The event has no place for who it was: it is for judges.
            if note.kind == "expectation" or note.by != "judge":
                continue
            score, label = scored(note)
            attributes = {
                "gen_ai.evaluation.name": note.name, "gen_ai.evaluation.score.value": score,
                "gen_ai.evaluation.score.label": label, "gen_ai.evaluation.explanation": note.why,
            }  # fmt: skip
            known = {key: value for key, value in attributes.items() if value is not None}
            span.add_event("gen_ai.evaluation.result", known)


def items(names: tuple[str, ...]) -> list[Scenario | Conversation]:
    named = {item.id if isinstance(item, Conversation) else item.key: item for item in ALL}
    return [named[name] for name in names]


def otlp(spans: list[dict[str, Any]], request: Request) -> None:
    """Give the spans of one request fixed ids and times (see ``normalize``), and ids in hex.

    Protobuf's JSON writes bytes as base64; OTLP/JSON wants hexadecimal ids.
    """
    key = f"otel {request.scenario.key}"
    spans.sort(key=lambda span: int(span["startTimeUnixNano"]))
    ids = {span["spanId"]: normalize.hashed(f"{key} {n}", 16) for n, span in enumerate(spans)}
    times = normalize.durations([_outline(span) for span in spans], key)
    for span in spans:
        begin, end = times[span["spanId"]]
        span["traceId"] = normalize.hashed(key, 32)
        span["startTimeUnixNano"] = str(request.start + begin)
        span["endTimeUnixNano"] = str(request.start + end)
        span["spanId"] = ids[span["spanId"]]
        if "parentSpanId" in span:
            span["parentSpanId"] = ids[span["parentSpanId"]]
        for event in span.get("events", []):
            event["timeUnixNano"] = str(request.start + end - 50_000)
            for attribute in event["attributes"]:
                if attribute["key"] == "exception.stacktrace":
                    value = attribute["value"]
                    value["stringValue"] = normalize.short_paths(value["stringValue"])


def _outline(span: dict[str, Any]) -> dict[str, Any]:
    values = {each["key"]: each["value"] for each in span["attributes"]}
    kind = (values.get("openinference.span.kind") or values.get("gen_ai.operation.name") or {}).get(
        "stringValue", ""
    )
    kinds = {"LLM": "CHAT_MODEL", "chat": "CHAT_MODEL", "retrieval": "RETRIEVER",
             "execute_tool": "TOOL"}  # fmt: skip
    usage = values.get("llm.token_count.completion") or values.get("gen_ai.usage.output_tokens")
    failed = None
    if span["status"].get("code") == 2:
        failed = next(
            (attribute["value"]["stringValue"] for event in span.get("events", [])
             for attribute in event["attributes"] if attribute["key"] == "exception.type"),
            values.get("error.type", {}).get("stringValue", "unknown"),
        )  # fmt: skip
    return {"id": span["spanId"], "parent": span.get("parentSpanId"),
            "kind": kinds.get(kind, kind), "failed": failed,
            "tokens": int((usage or {}).get("intValue", 0))}  # fmt: skip


def main(convention: str) -> None:
    random.seed(5)
    exporter = InMemorySpanExporter()
    resource = Resource({"service.name": "northwind-support", "service.version": "2.3.0"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = {"openinference": OpenInferenceTracer, "genai": GenAiTracer}[convention](provider)
    batches: list[dict[str, Any]] = []
    for request, _ in Stage(tracer).play(items(CHOSEN[convention])):
        message = encode_spans(exporter.get_finished_spans())
        exporter.clear()
        body = MessageToDict(message, use_integers_for_enums=True)
        spans = [span for resource in body["resourceSpans"] for scope in resource["scopeSpans"]
                 for span in scope["spans"]]  # fmt: skip
        otlp(spans, request)
        batches.extend(body["resourceSpans"])
    target = DATA / f"otlp-{convention}.json"
    body = json.dumps({"resourceSpans": batches}, ensure_ascii=False, indent=1)
    target.write_text(body + "\n", encoding="utf-8")
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
