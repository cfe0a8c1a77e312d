"""Answers for all items of a session that have none, in the background, with progress.

```
progress = session.generate(concurrency=4)      # returns at once
progress                                        # "120 of 200 answered, 3 failed, …"
progress.cancel()
progress.wait()
```
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from labelwidget.agents.registry import AgentFunction, resolve
from labelwidget.agents.run import Outcome
from labelwidget.agents.talk import Call, Talk
from labelwidget.errors import InvalidValueError, LabelWidgetError, StoreError, shown
from labelwidget.model import SessionInfo
from labelwidget.model.turn import Turn, TurnState
from labelwidget.store.base import Store

__all__ = ["Generation", "GenerationError", "Plan", "open_items"]

MAX_CONCURRENCY = 64
_PAGE = 500


class GenerationError(NamedTuple):
    """An item that got no answer, and why."""

    trace_id: str
    type: str
    message: str


@dataclass(frozen=True)
class Plan:
    """How to generate.

    Attributes:
        agent: The agent's name.
        concurrency: Calls at the same time, 1–64.
        retry: How often to ask again after an exception, 0–10. A call that took too long is not repeated: the next
            `generate` asks again.
        timeout: Seconds a call may take; None for no limit.
        backoff: Seconds before the first repetition; twice as many before each further one.
        beside: Second responses beside the ones that are there.
        by: Who asked for it.
    """

    agent: str
    concurrency: int = 4
    retry: int = 2
    timeout: float | None = 60.0
    backoff: float = 0.5
    beside: bool = False
    by: str = ""

    def checked(self) -> Plan:
        """The plan, if it is one.

        Raises:
            InvalidValueError: A number is out of bounds.
        """
        for name, value, low, high in (
            ("concurrency", self.concurrency, 1, MAX_CONCURRENCY),
            ("retry", self.retry, 0, 10),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise InvalidValueError(
                    f"{name} is {shown(value)}; pass a whole number from {low} to {high}."
                )
        if self.timeout is not None and (
            isinstance(self.timeout, bool)
            or not isinstance(self.timeout, (int, float))
            or not self.timeout > 0
        ):
            raise InvalidValueError(
                f"timeout is {shown(self.timeout)}; pass seconds above 0, or None for no limit."
            )
        return self


def open_items(store: Store, session_id: str, agent: str, *, beside: bool = False) -> list[str]:
    """The items that still want an answer, in the order of the session.

    Args:
        store: Where the session is.
        session_id: The session.
        agent: The agent; of second responses only its own count.
        beside: Look for second responses.

    Returns:
        Their ids. One that failed wants an answer still.
    """
    answered: set[str] = set()
    asked: set[str] = set()
    for row in store.turns(session_id):
        asked.add(row.item_id)
        if beside:
            if row.beside and row.agent == agent and row.state is TurnState.OK:
                answered.add(row.item_id)
        elif not row.beside and row.answered and row.parent_id is None:
            answered.add(row.item_id)
    found: list[str] = []
    start = 0
    while page := store.items(session_id, start=start, limit=_PAGE):
        for item in page:
            if item.item_id in answered:
                continue
            # An item with a response of its own has no row until somebody asks.
            if not beside and item.item_id not in asked and item.response:
                continue
            if not beside and item.item_id not in asked and _has_outputs(store, item.item_id):
                continue
            found.append(item.item_id)
        start = page[-1].position + 1
    return found


def _has_outputs(store: Store, item_id: str) -> bool:
    trace = store.trace(item_id)
    return trace.outputs is not None or any(span.outputs is not None for span in trace.spans)


class Generation:
    """Calls in the background; `print` it for a line about how far it is.

    Attributes:
        agent: The agent's name.
        total: How many items want an answer.
    """

    def __init__(self, store: Store, info: SessionInfo, plan: Plan) -> None:
        """Begin.

        Args:
            store: Where the session is.
            info: The session.
            plan: How.

        Raises:
            NotFoundError: The agent is not registered in this kernel.
            InvalidValueError: A number is out of bounds.
        """
        self._plan = plan.checked()
        self._function: AgentFunction = resolve(store, plan.agent)
        self._store = store
        self._info = info
        items = open_items(store, info.session_id, plan.agent, beside=plan.beside)
        self.agent = plan.agent
        self.total = len(items)
        self._waiting = deque(items)
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._stops: set[Call] = set()
        self._done = 0
        self._errors: list[GenerationError] = []
        self._trouble: StoreError | None = None
        self._tokens = [0, 0]
        self._cost: float | None = None
        self._began = time.monotonic()
        self._ended: float | None = None
        count = min(self._plan.concurrency, len(items))
        self._open = count
        self._over = threading.Event()
        if not count:
            self._end()
        for number in range(count):
            name = f"labelwidget-generate-{number}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    # What is known -------------------------------------------------------------------------------------------------
    @property
    def done(self) -> int:
        """Items that were answered."""
        return self._done

    @property
    def failed(self) -> int:
        """Items that failed for good; their errors are in `errors` and in the items."""
        return len(self._errors)

    @property
    def errors(self) -> list[GenerationError]:
        """The failures so far."""
        with self._lock:
            return list(self._errors)

    @property
    def running(self) -> bool:
        """Whether calls are in progress or to come."""
        return not self._over.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        return (self._ended or time.monotonic()) - self._began

    @property
    def cost(self) -> float | None:
        """The sum of the costs that the agent reports, or None."""
        return self._cost

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens in and out, as the agent reports."""
        return self._tokens[0], self._tokens[1]

    def cancel(self) -> None:
        """Stop within a second. Calls in progress are dropped: their items want an answer still."""
        self._cancelled.set()
        with self._lock:
            self._waiting.clear()
            stops = list(self._stops)
        for one in stops:
            one.stop()

    def wait(self, timeout: float | None = None) -> Generation:
        """Wait until all is answered, failed or cancelled.

        Args:
            timeout: Seconds; None for as long as it takes.

        Returns:
            This object; `running` tells whether the time was over first.

        Raises:
            StoreError: Answers could not be kept.
        """
        self._over.wait(timeout)
        if self._trouble is not None:
            raise self._trouble
        return self

    def __str__(self) -> str:
        """A line for people."""
        left = self.total - self.done - self.failed
        parts = [f"{self.done:,} of {self.total:,} answered by {shown(self.agent)}"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        parts.append(f"{self.seconds:.0f} s")
        if self.running and self.done + self.failed and left:
            parts.append(f"about {left * self.seconds / (self.done + self.failed):.0f} s to go")
        if any(self.tokens):
            parts.append(f"{self.tokens[0]:,} + {self.tokens[1]:,} tokens")
        if self.cost is not None:
            parts.append(f"cost {self.cost:.4g}")
        if self.cancelled:
            parts.append(f"cancelled with {left:,} to go")
        if self._trouble is not None:
            parts.append(f"ended: {self._trouble}")
        return ", ".join(parts)

    __repr__ = __str__

    # On the worker threads -----------------------------------------------------------------------------------------
    def _work(self) -> None:
        try:
            while not self._cancelled.is_set():
                with self._lock:
                    if not self._waiting:
                        return
                    item_id = self._waiting.popleft()
                try:
                    self._one(item_id)
                except StoreError as error:
                    # Without a store every further answer would be paid for and lost.
                    self._trouble = error
                    self.cancel()
                except LabelWidgetError as error:
                    self._failure(GenerationError(item_id, type(error).__name__, str(error)))
        finally:
            with self._lock:
                self._open -= 1
                last = self._open == 0
            if last:
                self._end()

    def _one(self, item_id: str) -> None:
        plan = self._plan
        talk = Talk(self._store, self._info, item_id)
        for attempt in range(plan.retry + 1):
            call = talk.ask(
                plan.agent,
                beside=plan.beside,
                timeout=plan.timeout,
                by=plan.by,
                announce=False,
                function=self._function,
            )
            with self._lock:
                self._stops.add(call)
            try:
                if self._cancelled.is_set():
                    call.stop()
                outcome = call.outcome()
            finally:
                with self._lock:
                    self._stops.discard(call)
            if outcome.stopped:
                return
            if outcome.failure is None or outcome.timed_out or attempt == plan.retry:
                self._count(call.keep(outcome), outcome)
                return
            # Spread, so that calls that were refused together do not come back together.
            pause = plan.backoff * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311
            if self._cancelled.wait(pause):
                return

    def _count(self, turn: Turn, outcome: Outcome) -> None:
        with self._lock:
            self._tokens[0] += turn.input_tokens or 0
            self._tokens[1] += turn.output_tokens or 0
            if turn.cost is not None:
                self._cost = (self._cost or 0.0) + turn.cost
            if outcome.failure is None:
                self._done += 1
                return
        self._failure(GenerationError(turn.item_id, outcome.failure.type, outcome.failure.message))

    def _failure(self, error: GenerationError) -> None:
        with self._lock:
            self._errors.append(error)

    def _end(self) -> None:
        self._ended = time.monotonic()
        self._over.set()
