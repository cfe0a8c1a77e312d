"""The support assistant: retrieval, an OpenAI-compatible model, tools. It knows no tracing product;
``Tracer`` is the seam where one is plugged in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import openai
from knowledge import Hit, Index
from shop import TOOLS, CarrierUnavailable, Json, Shop, UnknownOrder, tool_result

if TYPE_CHECKING:
    from play import Request

Message: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["AGENT", "CHAIN", "RETRIEVER", "TOOL"]

PERSONA = (
    "You are the support assistant of Northwind Outfitters, a shop for outdoor gear. Answer from "
    "the passages below and from tool results only. Say so when they do not hold the answer. "
    "Never invent an order, a price or a date. Answer in the customer's language."
)
ANALYST = (
    "You are the sales analyst of Northwind Outfitters. Answer with the `sql` tool. Tables: "
    "products(sku, name, category, price), orders(order_id, customer, country, placed, status, "
    "tracking), lines(order_id, sku, quantity, amount, returned). SQLite dialect."
)
EXTRACT = (
    "Turn the customer's message into a ticket. Answer with one JSON object and nothing else: "
    "customer, intent, urgency (low, normal, high), orders[{order_id, items[{sku, problem}]}], "
    "wishes[], language."
)
REWRITE = "Write an English search query for the last message of this conversation.\n\n"


class IndexDown(ConnectionError):
    """The search index cannot be reached."""


class Spot(Protocol):
    """An open span."""

    def outputs(self, value: Json) -> None: ...


class Tracer(Protocol):
    request: Request | None
    """The request that is being answered, for session, user and tags."""

    @contextmanager
    def span(
        self, name: str, kind: Kind, inputs: Json, call_id: str | None = None
    ) -> Iterator[Spot]:
        """Open a span; an exception that leaves it is recorded on it."""
        ...

    def documents(self, spot: Spot, hits: list[Hit]) -> None:
        """Write the retrieved documents in the way of the convention."""
        ...


class Assistant:
    """Answers one request at a time."""

    def __init__(self, client: openai.OpenAI, tracer: Tracer, model: str) -> None:
        self._client, self._tracer, self._model = client, tracer, model
        self._index, self._shop = Index(), Shop()
        self.index_down = False

    def answer(self, question: str, rewrite: bool, tools: tuple[str, ...]) -> str:
        """Answer a single question."""
        with self._tracer.span("support_assistant", "AGENT", {"question": question}) as root:
            text = self._reply([{"role": "user", "content": question}], rewrite, tools)
            root.outputs({"answer": text})
        return text

    def chat(self, messages: list[Message], rewrite: bool, tools: tuple[str, ...]) -> str:
        """Answer the last of several messages."""
        with self._tracer.span("support_chat", "AGENT", {"messages": list(messages)}) as root:
            text = self._reply(messages, rewrite, tools)
            root.outputs({"messages": [{"role": "assistant", "content": text}]})
        return text

    def analyst(self, question: str) -> str:
        """Let the sub-agent for numbers answer."""
        with self._tracer.span("support_assistant", "AGENT", {"question": question}) as root:
            with self._tracer.span("sales_analyst", "AGENT", {"task": question}) as spot:
                messages = [
                    {"role": "system", "content": ANALYST}, {"role": "user", "content": question}
                ]  # fmt: skip
                text, calls = self._loop(messages, ("sql",))
                spot.outputs(text)
            root.outputs({"answer": text, "evidence": {"queries": calls, "source": "sales.db"}})
        return text

    def extract(self, question: str) -> str:
        """Turn a message into a ticket."""
        with self._tracer.span("ticket_extractor", "CHAIN", {"message": question}) as root:
            text, _ = self._loop(
                [{"role": "system", "content": EXTRACT}, {"role": "user", "content": question}], ()
            )
            with self._tracer.span("parse_ticket", "CHAIN", {"text": text}) as spot:
                ticket: Json = json.loads(text)
                spot.outputs(ticket)
            root.outputs({"ticket": ticket})
        return text

    def _reply(self, messages: list[Message], rewrite: bool, tools: tuple[str, ...]) -> str:
        query = str(messages[-1]["content"])
        if rewrite:
            query = self._rewrite(query)
        # Tool results take room in the prompt as well.
        hits = self._retrieve(query, 2 if tools else 3)
        passages = "\n\n".join(
            f"[{n}] {hit.document.title}\n{hit.document.text}" for n, hit in enumerate(hits, 1)
        )
        system = f"{PERSONA}\n\nPassages:\n\n{passages}"
        text, _ = self._loop([{"role": "system", "content": system}, *messages], tools)
        return text

    def _rewrite(self, text: str) -> str:
        with self._tracer.span("rewrite_query", "CHAIN", {"text": text}) as spot:
            query, _ = self._loop([{"role": "user", "content": REWRITE + text}], ())
            spot.outputs(query)
        return query

    def _retrieve(self, query: str, k: int) -> list[Hit]:
        with self._tracer.span("retrieve_documents", "RETRIEVER", {"query": query, "k": k}) as spot:
            if self.index_down:
                raise IndexDown("search index 'help-2026-03' refused the connection on port 6333")
            hits = self._index.search(query, k)
            self._tracer.documents(spot, hits)
        return hits

    def _loop(self, messages: list[Message], tools: tuple[str, ...]) -> tuple[str, list[Json]]:
        """Ask the model until it answers with text; run the tools that it asks for."""
        messages, ran = list(messages), list[Json]()
        offered: dict[str, Any] = {"tools": [TOOLS[name] for name in tools]} if tools else {}
        while True:
            completion = self._client.chat.completions.create(
                model=self._model, messages=messages, temperature=0.2, **offered
            )
            message = completion.choices[0].message
            if not message.tool_calls:
                return message.content or "", ran
            messages.append(message.model_dump(exclude_none=True))
            for wanted in message.tool_calls:
                name, arguments = wanted.function.name, json.loads(wanted.function.arguments)
                ran.append({"tool": name, "arguments": arguments})
                content = self._run(name, arguments, wanted.id)
                messages.append({"role": "tool", "tool_call_id": wanted.id, "content": content})

    def _run(self, name: str, arguments: dict[str, Json], call_id: str) -> str:
        try:
            with self._tracer.span(name, "TOOL", arguments, call_id) as spot:
                value = self._shop.call(name, arguments)
                spot.outputs(value)
        # These are the failures that the model is told about; any other one ends the request.
        except (CarrierUnavailable, UnknownOrder, self._shop.query_error) as error:
            return tool_result({"error": f"{type(error).__name__}: {error}"})
        return tool_result(value)
