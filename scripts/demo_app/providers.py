"""The same exchanges through two other APIs: Anthropic Messages and OpenAI Responses.

Again the real clients over a transport that answers from the scripts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import anthropic
import httpx2
import openai
from app import PERSONA
from fake_model import tokens
from knowledge import Index
from script import Conversation, Fail, Say, Scenario, Step
from shop import TOOLS, CarrierUnavailable, Json, Shop, UnknownOrder, tool_result

MODEL = "northwind-chat"
Record = dict[str, Any]


class Scripted(httpx2.BaseTransport):
    """Gives the steps of one scenario, one a request, in the form that the path asks for."""

    def __init__(self, number: int, steps: Iterable[Step]) -> None:
        self._number, self._steps, self._sent = number, list(steps), 0
        self.last: Record = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.read())
        step = self._steps[self._sent]
        self._sent += 1
        assert not isinstance(step, Fail)
        write = self._message if request.url.path.endswith("/messages") else self._response
        reply = write(step, tokens(json.dumps(body, ensure_ascii=False)))
        self.last = {"request": body, "response": reply}
        return httpx2.Response(200, request=request, json=reply)

    def _id(self, kind: str, n: int | None = None) -> str:
        part = "" if n is None else f"{n}"
        return f"{kind}nw{self._number:03d}{self._sent:02d}{part}"

    def _calls(self, step: Step) -> list[tuple[str, Json]]:
        return [] if isinstance(step, Say | Fail) else list(step.calls)

    def _message(self, step: Step, used: int) -> Record:
        assert not isinstance(step, Fail)
        content: list[Record] = [{"type": "text", "text": step.text}] if step.text else []
        for n, (name, arguments) in enumerate(self._calls(step)):
            content.append({"type": "tool_use", "id": self._id("toolu_", n), "name": name,
                            "input": arguments})  # fmt: skip
        return {
            "id": self._id("msg_"), "type": "message", "role": "assistant", "model": MODEL,
            "content": content,
            "stop_reason": "tool_use" if self._calls(step) else "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": used, "output_tokens": tokens(json.dumps(content))},
        }  # fmt: skip

    def _response(self, step: Step, used: int) -> Record:
        assert not isinstance(step, Fail)
        output: list[Record] = []
        if step.text:
            part = {"type": "output_text", "text": step.text, "annotations": []}
            output.append({"type": "message", "id": self._id("msg_"), "role": "assistant",
                           "status": "completed", "content": [part]})  # fmt: skip
        for n, (name, arguments) in enumerate(self._calls(step)):
            output.append({"type": "function_call", "id": self._id("fc_", n), "name": name,
                           "call_id": self._id("call_", n), "status": "completed",
                           "arguments": json.dumps(arguments, ensure_ascii=False)})  # fmt: skip
        out = tokens(json.dumps(output))
        return {
            "id": self._id("resp_"), "object": "response", "created_at": 1772550131,
            "status": "completed", "error": None, "incomplete_details": None, "model": MODEL,
            "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "usage": {"input_tokens": used, "output_tokens": out, "total_tokens": used + out,
                      "input_tokens_details": {"cached_tokens": 0},
                      "output_tokens_details": {"reasoning_tokens": 0}},
        }  # fmt: skip


def _system(scenario: Scenario) -> str:
    hits = Index().search(scenario.search or scenario.question, 2 if scenario.tools else 3)
    passages = "\n\n".join(f"[{n}] {hit.document.title}\n{hit.document.text}"
                           for n, hit in enumerate(hits, 1))  # fmt: skip
    return f"{PERSONA}\n\nPassages:\n\n{passages}"


def _run(shop: Shop, name: str, arguments: dict[str, Json]) -> tuple[str, bool]:
    """Return a tool's result as text, and whether it failed."""
    try:
        return tool_result(shop.call(name, arguments)), False
    except (CarrierUnavailable, UnknownOrder) as error:
        return tool_result({"error": f"{type(error).__name__}: {error}"}), True


def _functions(scenario: Scenario) -> list[Record]:
    tools: list[Any] = [TOOLS[name] for name in scenario.tools]
    return [tool["function"] for tool in tools]


def _scenarios(items: Iterable[Scenario | Conversation]) -> list[Scenario]:
    return [item for item in items if isinstance(item, Scenario)]


def anthropic_log(items: Iterable[Scenario | Conversation]) -> list[Record]:
    """Run scenarios through the Messages API; return the last call of each."""
    records: list[Record] = []
    for number, scenario in enumerate(_scenarios(items), 1):
        model, shop = Scripted(number, scenario.steps), Shop()
        client = anthropic.Anthropic(
            api_key="not-a-key", base_url="https://model.northwind-outfitters.example",
            max_retries=0, http_client=httpx2.Client(transport=model),
        )  # fmt: skip
        tools = [{"name": tool["name"], "description": tool["description"],
                  "input_schema": tool["parameters"]} for tool in _functions(scenario)]  # fmt: skip
        offered: Record = {"tools": tools} if tools else {}
        messages: list[Any] = [{"role": "user", "content": scenario.question}]
        while True:
            message = client.messages.create(
                model=MODEL, max_tokens=1024, system=_system(scenario), messages=messages, **offered
            )
            calls = [block for block in message.content if block.type == "tool_use"]
            if not calls:
                break
            content = [block.model_dump(exclude_none=True) for block in message.content]
            results: list[Record] = []
            for block in calls:
                text, failed = _run(shop, block.name, block.input)
                result = {"type": "tool_result", "tool_use_id": block.id, "content": text}
                results.append(result | ({"is_error": True} if failed else {}))
            messages += [{"role": "assistant", "content": content},
                         {"role": "user", "content": results}]  # fmt: skip
        records.append(model.last)
    return records


def responses_log(items: Iterable[Scenario | Conversation]) -> list[Record]:
    """Run scenarios through the Responses API; return the last call of each."""
    records: list[Record] = []
    for number, scenario in enumerate(_scenarios(items), 1):
        model, shop = Scripted(number, scenario.steps), Shop()
        client = openai.OpenAI(
            api_key="not-a-key", base_url="https://model.northwind-outfitters.example/v1",
            max_retries=0, http_client=httpx2.Client(transport=model),
        )  # fmt: skip
        tools = [{"type": "function", **tool} for tool in _functions(scenario)]
        offered: Record = {"tools": tools} if tools else {}
        given: list[Any] = [{"role": "user", "content": scenario.question}]
        while True:
            response = client.responses.create(
                model=MODEL, instructions=_system(scenario), input=given, store=False, **offered
            )
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                break
            given += [item.model_dump(exclude_none=True) for item in response.output]
            for item in calls:
                text, _ = _run(shop, item.name, json.loads(item.arguments))
                given.append({"type": "function_call_output", "call_id": item.call_id,
                              "output": text})  # fmt: skip
        records.append(model.last)
    return records
