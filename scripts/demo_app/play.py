"""Plays scenarios against the app, one request after the other, on a clock of its own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app import REWRITE, Assistant, Message, Tracer
from fake_model import MODELS, FakeModel, client
from script import Conversation, Say, Scenario

FIRST_REQUEST = datetime(2026, 3, 3, 15, 2, 11, 318_000, tzinfo=UTC)


@dataclass(frozen=True)
class Request:
    """One request to the app, as its traces should describe it."""

    scenario: Scenario
    session: str | None
    messages: tuple[Message, ...]
    """The conversation so far, with the question at its end."""
    start: int
    """When it arrived, in nanoseconds since 1970."""

    @property
    def tags(self) -> dict[str, str]:
        channel = "chat" if self.session else "web"
        return {"app_version": self.scenario.version, "channel": channel, **self.scenario.tags}


class Stage:
    """Owns the app, its model and the clock."""

    def __init__(self, tracer: Tracer, model: FakeModel | None = None) -> None:
        self._tracer = tracer
        self._model = model or FakeModel()
        openai_client = client(self._model)
        self._apps = {
            version: Assistant(openai_client, tracer, name) for version, name in MODELS.items()
        }
        self._clock = round(FIRST_REQUEST.timestamp() * 1000) * 1_000_000
        self._dice = random.Random(7)

    def play(
        self, items: Iterable[Scenario | Conversation]
    ) -> Iterator[tuple[Request, str | None]]:
        """Run each request; yield it with the answer, or with None when it failed."""
        for item in items:
            talk = isinstance(item, Conversation)
            history: list[Message] = []
            for scenario in item.turns if talk else (item,):
                history.append({"role": "user", "content": scenario.question})
                session = item.id if talk else None
                request = Request(scenario, session, tuple(history), self._clock)
                answer = self._run(request)
                yield request, answer
                history.append({"role": "assistant", "content": answer or ""})
                least, most = (1, 4) if talk else (4, 55)
                self._clock += self._dice.randint(least * 60_000, most * 60_000) * 1_000_000

    def _run(self, request: Request) -> str | None:
        scenario = request.scenario
        self._model.now = request.start // 1_000_000_000
        self._model.learn(scenario.question, scenario.steps)
        rewrite = scenario.search is not None
        if scenario.search is not None:
            self._model.learn(REWRITE + scenario.question, [Say(scenario.search)])
        app = self._apps[scenario.version]
        app.index_down = scenario.index_down
        self._tracer.request = request
        # A request that fails is a trace like any other: the error is in its spans.
        try:
            match scenario.app:
                case "answer":
                    return app.answer(scenario.question, rewrite, scenario.tools)
                case "chat":
                    return app.chat(list(request.messages), rewrite, scenario.tools)
                case "analyst":
                    return app.analyst(scenario.question)
                case "extract":
                    return app.extract(scenario.question)
        except Exception as error:  # noqa: BLE001
            print(f"{scenario.key}: {type(error).__name__}")
            return None
