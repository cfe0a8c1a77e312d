"""One call of an agent, on a thread of its own: sync, async or streaming, with a time limit, stopped at once.

```
run = Run(lambda question: f"You said {question}", Asked([…], {"question": "hi"}), timeout=10)
outcome = run.wait()
```

Python cannot end a thread. A call that takes too long, or that is stopped, is left alone: whatever it still says is
dropped. Async agents and generators are ended where they wait or yield.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from typing import cast

from labelwidget.agents.answer import Answer
from labelwidget.agents.asked import Asked, arguments_for
from labelwidget.agents.capture import Capture
from labelwidget.agents.failure import Failure, failure_of
from labelwidget.model import Span

__all__ = ["Outcome", "Run"]

AgentFunction = Callable[..., object]


@dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes:
        answer: What was said, up to the end or the error.
        failure: Why it failed, or None.
        stopped: It was stopped.
        timed_out: It took too long.
        start_ns: Nanoseconds since 1970 (UTC).
        end_ns: Likewise.
        spans: What the agent's own instrumentation recorded.
    """

    answer: Answer
    failure: Failure | None
    stopped: bool
    timed_out: bool
    start_ns: int
    end_ns: int
    spans: tuple[Span, ...]


class _Dropped(BaseException):
    """Ends a generator whose call is over."""


class Run:
    """A call in progress.

    Args:
        function: The agent.
        asked: What it is asked.
        timeout: Seconds until it is given up; None for no limit.
        on_text: Told of each piece of text, on the call's thread.
        name: Of the thread.
    """

    def __init__(
        self,
        function: AgentFunction,
        asked: Asked,
        *,
        timeout: float | None = 60.0,
        on_text: Callable[[str], None] | None = None,
        name: str = "agent",
    ) -> None:
        self._function = function
        self._asked = asked
        self._timeout = timeout
        self._on_text = on_text
        self._answer = Answer()
        self._capture = Capture()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._failure: Failure | None = None
        self._stopped = False
        self._timed_out = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._start = time.time_ns()
        self._began = time.monotonic()
        self._end = self._start
        self._spans: tuple[Span, ...] = ()
        self._thread = threading.Thread(
            target=self._work, name=f"labelwidget-{name[:40]}", daemon=True
        )
        self._thread.start()

    @property
    def text(self) -> str:
        """What has come so far."""
        with self._lock:
            return self._answer.text

    def stop(self) -> None:
        """End it now; `wait` returns at once."""
        self._finish(stopped=True)

    def wait(self) -> Outcome:
        """Wait until it ends, is stopped, or its time is over."""
        limit = None
        if self._timeout is not None:
            limit = max(0.0, self._timeout - (time.monotonic() - self._began))
        if not self._over.wait(limit):
            self._finish(
                Failure("TimeoutError", f"The agent did not answer within {self._timeout:g} s."),
                timed_out=True,
            )
        with self._lock:
            return Outcome(
                answer=self._answer,
                failure=self._failure,
                stopped=self._stopped,
                timed_out=self._timed_out,
                start_ns=self._start,
                end_ns=self._end,
                spans=self._spans,
            )

    # On the call's thread ------------------------------------------------------------------------------------------
    def _work(self) -> None:
        failure: Failure | None = None
        try:
            with self._capture:
                args, kwargs = arguments_for(self._function, self._asked)
                self._take(self._function(*args, **kwargs))
            if self._answer.empty and not self._over.is_set():
                self._answer.take(None)
        except _Dropped:
            pass
        except BaseException as error:  # noqa: BLE001  a SystemExit of an agent must not end more than its call
            failure = failure_of(error)
        self._finish(failure, spans=self._capture.spans())

    def _take(self, value: object) -> None:
        if inspect.isawaitable(value) or isinstance(value, AsyncIterator):
            # A loop of its own: the one of the notebook is busy with the cell, or with the reviewer.
            asyncio.run(self._drive(cast(object, value)))
        elif isinstance(value, Iterator) and not isinstance(value, (str, bytes)):
            self._follow(cast("Iterator[object]", value))
        else:
            found = self._answer.read(value)
            with self._lock:
                self._check()
                self._answer.take(found)

    def _follow(self, pieces: Iterator[object]) -> None:
        try:
            for piece in pieces:
                self._add(piece)
        finally:
            if isinstance(pieces, Generator):
                pieces.close()

    async def _drive(self, value: object) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = cast("asyncio.Task[None]", asyncio.current_task())
        self._check()
        while inspect.isawaitable(value):
            value = await cast("Awaitable[object]", value)
        if not isinstance(value, AsyncIterator):
            self._take(value)
            return
        pieces = cast("AsyncIterator[object]", value)
        try:
            async for piece in pieces:
                self._add(piece)
        finally:
            if inspect.isasyncgen(pieces):
                await pieces.aclose()

    def _add(self, piece: object) -> None:
        found = self._answer.read(piece)
        with self._lock:
            self._check()
            text = self._answer.add(found)
        if text and self._on_text is not None:
            self._on_text(text)

    def _check(self) -> None:
        if self._over.is_set():
            raise _Dropped

    def _finish(
        self,
        failure: Failure | None = None,
        *,
        stopped: bool = False,
        timed_out: bool = False,
        spans: tuple[Span, ...] = (),
    ) -> None:
        with self._lock:
            if self._over.is_set():  # the first end counts
                return
            self._failure, self._stopped, self._timed_out = failure, stopped, timed_out
            self._end = time.time_ns()
            self._spans = spans
            self._over.set()
        loop, task = self._loop, self._task
        if (stopped or timed_out) and loop is not None and task is not None:
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:  # it ended in this moment
                return
