"""An OpenAI client that answers without a network: what the real one would send back, and nothing else."""

from __future__ import annotations

import json

import httpx
import openai
import pytest


def _answer(request: httpx.Request) -> httpx.Response:
    asked = json.loads(request.content)
    last = asked["messages"][-1]["content"]
    return httpx.Response(
        200,
        json={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_780_000_000,
            "model": asked["model"],
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "logprobs": None,
                    "message": {
                        "role": "assistant",
                        "content": f"In short: {last}",
                        "refusal": None,
                    },
                }
            ],
            "usage": {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28},
        },
    )


def use_fake_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `openai.OpenAI()` answer from here."""
    real = openai.OpenAI

    def client(**options: object) -> openai.OpenAI:
        transport = httpx.Client(transport=httpx.MockTransport(_answer))
        return real(api_key="none", http_client=transport, **options)

    monkeypatch.setattr(openai, "OpenAI", client)
