"""A stand-in for an OpenAI-compatible model: the real client, no network, the same reply each time.

The client's requests end in this transport. It looks the last user message up in the scripts and
gives the reply that is due, counting the assistant's messages that came after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import httpx2
import openai
from script import Call, Fail, Say, Step

MODELS = {"2.2.1": "northwind-chat-mini", "2.3.0": "northwind-chat"}


def tokens(text: str) -> int:
    """Estimate the number of tokens of a text."""
    return max(1, round(len(text) / 3.9))


class FakeModel(httpx2.BaseTransport):
    """Answers ``/chat/completions`` from scripts."""

    def __init__(self) -> None:
        self._scripts: dict[str, tuple[Step, ...]] = {}
        self._requests = 0
        self.now = 0
        """What ``created`` says: seconds since 1970. The model has no clock of its own."""

    def learn(self, user_message: str, steps: Iterable[Step]) -> None:
        if user_message in self._scripts:
            raise ValueError(f"two scripts for {user_message[:60]!r}")
        self._scripts[user_message] = tuple(steps)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.read())
        messages = body["messages"]
        last = max(n for n, message in enumerate(messages) if message["role"] == "user")
        done = sum(message["role"] == "assistant" for message in messages[last + 1 :])
        step = self._scripts[messages[last]["content"]][done]
        self._requests += 1
        if isinstance(step, Fail):
            return self._fail(step, request, body)
        prompt = tokens(json.dumps([messages, body.get("tools")], ensure_ascii=False))
        if isinstance(step, Say):
            message = {"role": "assistant", "content": step.text}
            reason, completion = "stop", tokens(step.text)
        else:
            message = {"role": "assistant", "content": step.text, "tool_calls": self._calls(step)}
            reason, completion = "tool_calls", tokens(json.dumps(message["tool_calls"]))
        return httpx2.Response(200, request=request, json={
            "id": f"chatcmpl-nw{self._requests:05d}",
            "object": "chat.completion",
            "created": self.now,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                      "total_tokens": prompt + completion},
        })  # fmt: skip

    def _calls(self, step: Call) -> list[dict[str, object]]:
        return [
            {"id": f"call_{self._requests:04d}{chr(97 + n)}", "type": "function",
             "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}}
            for n, (name, arguments) in enumerate(step.calls)
        ]  # fmt: skip

    def _fail(self, step: Fail, request: httpx2.Request, body: dict[str, str]) -> httpx2.Response:
        match step.how:
            case "timeout":
                raise httpx2.ReadTimeout("The read operation timed out", request=request)
            case "rate_limit":
                status, code = 429, "rate_limit_exceeded"
                text = (f"Rate limit reached for {body['model']}: limit 90000 tokens per minute, "
                        "used 88214, requested 3391. Try again in 1.07 s.")  # fmt: skip
            case "too_long":
                status, code = 400, "context_length_exceeded"
                text = ("This model's maximum context length is 16384 tokens. However, your "
                        "messages resulted in 19827 tokens.")  # fmt: skip
        error = {"message": text, "type": "invalid_request_error", "param": None, "code": code}
        return httpx2.Response(status, request=request, json={"error": error})


def client(model: FakeModel) -> openai.OpenAI:
    """Make a real OpenAI client whose requests go to ``model``."""
    return openai.OpenAI(
        api_key="not-a-key",
        base_url="https://model.northwind-outfitters.example/v1",
        max_retries=0,
        timeout=30,
        http_client=httpx2.Client(transport=model),
    )
