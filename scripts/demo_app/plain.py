"""Writes the plain files of notebooks/data: what an app without tracing leaves behind.

``chat.jsonl`` (OpenAI chat format), ``answers.csv``, ``answers.parquet``,
``anthropic-messages.jsonl`` and ``openai-responses.jsonl`` (request and response of the last call of
each exchange, which holds the whole of it).
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pyarrow.parquet as parquet
from app import Kind
from fake_model import MODELS, FakeModel, tokens
from knowledge import Hit
from play import Request, Stage
from providers import anthropic_log, responses_log
from scenarios import ALL
from script import Conversation, Scenario
from shop import Json

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data"
CHAT = ("conv-7f31-zipper", "lost-parcel", "stove-vestibule", "japanese-size", "return-rates")
TABLE = (
    "return-used-tent", "refund-time", "filter-viruses", "gift-card-2019", "wash-down", "reproof-shell",
    "club-price", "recall-affected", "recall-not-affected", "alder-compare", "stove-vestibule",
    "sleep-cold", "kayaks", "boot-size", "injection", "empty-answer", "lumen-battery",
    "spanish-in-english", "hebrew-stove", "outage-rate-limit",
)  # fmt: skip
ANTHROPIC = ("where-is-my-tent", "tracking-down", "sleep-cold", "german-sticky-floor")
RESPONSES = ("all-my-orders", "quote-canada", "gift-card-2019", "arabic-return")


class Silent:
    """No tracing; it remembers the passages of the last search."""

    request: Request | None = None
    passages: tuple[Hit, ...] = ()

    @contextmanager
    def span(
        self,
        name: str,  # noqa: ARG002
        kind: Kind,
        inputs: Json,  # noqa: ARG002
        call_id: str | None = None,  # noqa: ARG002
    ) -> Iterator[Silent]:
        if kind == "RETRIEVER":
            self.passages = ()
        yield self

    def outputs(self, value: Json) -> None: ...

    def documents(self, spot: Silent, hits: list[Hit]) -> None:  # noqa: ARG002
        self.passages = tuple(hits)


class LoggingModel(FakeModel):
    """Remembers the last request and reply."""

    last: tuple[dict[str, Any], dict[str, Any]] | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.last = None
        response = super().handle_request(request)
        self.last = json.loads(request.content), json.loads(response.content)
        return response


def items(names: tuple[str, ...]) -> list[Scenario | Conversation]:
    named = {item.id if isinstance(item, Conversation) else item.key: item for item in ALL}
    return [named[name] for name in names]


def write_lines(name: str, records: list[Any]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (DATA / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(lines)} records, {(DATA / name).stat().st_size / 1000:.0f} kB")


def write_chat() -> None:
    model, records = LoggingModel(), list[dict[str, Any]]()
    for request, _ in Stage(Silent(), model).play(items(CHAT)):
        if request.session and len(request.messages) < 7:
            continue  # the last turn holds the earlier ones
        assert model.last is not None
        body, reply = model.last
        messages = [*body["messages"], reply["choices"][0]["message"]]
        record = {"messages": messages, "model": body["model"],
                  "metadata": {"case": request.scenario.key, **request.tags}}  # fmt: skip
        records.append(record | ({"tools": body["tools"]} if "tools" in body else {}))
    write_lines("chat.jsonl", records)


def write_tables() -> None:
    tracer, rows = Silent(), list[dict[str, Any]]()
    for request, answer in Stage(tracer).play(items(TABLE)):
        scenario = request.scenario
        speed = random.Random(scenario.key).uniform(70, 95)
        rows.append({
            "question": scenario.question, "answer": answer,
            "latency_ms": round(420 + 1000 * tokens(answer or "") / speed),
            "model": MODELS[scenario.version], "customer": scenario.user,
            "asked_at": datetime.fromtimestamp(request.start // 1_000_000 / 1000, UTC),
            "contexts": [hit.document.text for hit in tracer.passages],
            "thumbs_up": {"alder-compare": True, "boot-size": False, "gift-card-2019": False,
                          "recall-affected": True}.get(scenario.key),
        })  # fmt: skip
    columns = ["question", "answer", "latency_ms", "model", "customer", "asked_at"]
    with (DATA / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"asked_at": row["asked_at"].isoformat()} for row in rows)
    schema = pa.schema({
        "question": pa.string(), "answer": pa.string(), "latency_ms": pa.int32(),
        "model": pa.string(), "customer": pa.string(), "asked_at": pa.timestamp("ms", tz="UTC"),
        "contexts": pa.list_(pa.string()), "thumbs_up": pa.bool_(),
    })  # fmt: skip
    parquet.write_table(pa.Table.from_pylist(rows, schema), DATA / "answers.parquet")
    print(f"answers.csv, answers.parquet: {len(rows)} rows")


def main() -> None:
    write_chat()
    write_tables()
    write_lines("anthropic-messages.jsonl", anthropic_log(items(ANTHROPIC)))
    write_lines("openai-responses.jsonl", responses_log(items(RESPONSES)))


if __name__ == "__main__":
    main()
