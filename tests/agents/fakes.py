"""Agents that need no model."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator

WORDS = [
    "The",
    "parcel",
    "left",
    "the",
    "warehouse",
    "on",
    "Monday",
    "and",
    "arrives",
    "within",
    "two",
    "working",
    "days",
    ".",
    "",
]


class FakeAgent:
    """Streams words; every so often it fails or hangs, by a fixed die.

    Hangs end when `release` is set, so that no thread outlives its test.
    """

    def __init__(
        self,
        *,
        rate: float = 40.0,
        words: int = 12,
        errors: float = 0.05,
        hangs: float = 0.02,
        seed: int = 1,
    ) -> None:
        self.rate, self.words, self.errors, self.hangs = rate, words, errors, hangs
        self.calls: list[str] = []
        self.release = threading.Event()
        self._die = random.Random(seed)
        self._lock = threading.Lock()

    def __call__(self, question: str) -> Iterator[str]:
        with self._lock:
            self.calls.append(question)
            roll = self._die.random()
        if roll < self.errors:
            raise ConnectionError(f"no answer to {question}")
        if roll < self.errors + self.hangs:
            self.release.wait(60)
            return
        for number in range(self.words):
            time.sleep(1 / self.rate)
            yield WORDS[number % len(WORDS)] + " "


def echo(question: str) -> str:
    return f"You asked: {question}"


def parrot(messages: list[dict[str, object]]) -> dict[str, object]:
    """Says how many messages it got, and the last one."""
    return {"role": "assistant", "content": f"{len(messages)}: {messages[-1]['content']}"}


async def slow_words(messages: list[dict[str, object]]) -> AsyncIterator[str]:
    for word in str(messages[-1]["content"]).split():
        await asyncio.sleep(0.001)
        yield word + " "
