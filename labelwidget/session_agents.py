"""The part of `LabelingSession` in which agents answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from labelwidget.agents.generation import Generation, Plan
from labelwidget.agents.registry import name_of, resolve
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import SessionInfo
from labelwidget.review.importing import ImportReport
from labelwidget.review.reviewer import default_reviewer
from labelwidget.store.base import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SessionAgents"]


class SessionAgents(ABC):
    """Items without a response, and answers to them."""

    _last_import: ImportReport | None

    @property
    @abstractmethod
    def store(self) -> Store:
        """The store that keeps the session."""

    @abstractmethod
    def _refresh(self) -> SessionInfo: ...

    def add_inputs(self, inputs: object) -> Self:
        """Make items of inputs that have no response yet: an agent answers them.

        Args:
            inputs: A list of dicts (`{"question": "…"}`), texts or lists of messages; or a DataFrame, whose column `inputs` is
                taken, else all columns. Equal ones are one item.

        Returns:
            This session. `last_import` holds the counts.

        Raises:
            InvalidValueError: One of them cannot be an input. Nothing was added.
            NotFoundError: The session was deleted.
        """
        from labelwidget.review.input_items import add_input_items

        info = self._refresh()
        self._last_import = add_input_items(self.store, info.session_id, inputs)
        return self

    def generate(
        self,
        agent: str | Callable[..., object] | None = None,
        *,
        concurrency: int = 4,
        retry: int = 2,
        timeout: float | None = 60.0,
    ) -> Generation:
        """Let an agent answer all items that have no response, in the background. Again, and it answers what is missing.

        An item whose call fails shows the error. Answers are kept one by one, each with its trace.

        Args:
            agent: Its name or the function; None for the session's agent.
            concurrency: Calls at the same time, 1–64.
            retry: How often to ask again after an exception, waiting longer each time.
            timeout: Seconds that a call may take; None for no limit.

        Returns:
            The progress: `print` it, `wait()` for it, `cancel()` it.

        Raises:
            NotFoundError: The agent is not registered in this kernel; says how to do it.
            InvalidValueError: The session has no agent and none is given, or a number is out of bounds.
        """
        return self._begin(agent, concurrency, retry, timeout, beside=False)

    def regenerate(
        self,
        agent: str | Callable[..., object] | None = None,
        *,
        concurrency: int = 4,
        retry: int = 2,
        timeout: float | None = 60.0,
        ask: bool = True,
    ) -> Generation:
        """Let an agent answer all items once more: a second response beside the first.

        The widget shows both side by side, without names and in an order that is drawn and kept, and asks which is better; the
        answer reveals them. `labelwidget.compare(session)` holds the preferences. Again, and it answers what is missing of this
        agent.

        Args:
            agent: Its name or the function; None for the session's agent.
            concurrency: As in `generate`.
            retry: As in `generate`.
            timeout: As in `generate`.
            ask: False leaves the widget as it is: the second responses are for `labelwidget.compare(session, "v2")`, which
                makes a session of pairs.

        Returns:
            The progress.

        Raises:
            NotFoundError: As in `generate`.
            InvalidValueError: As in `generate`.
            AlreadyExistsError: A question of the user's own has the name of the one that is asked.
        """
        return self._begin(agent, concurrency, retry, timeout, beside=True, ask=ask)

    def turns_df(self) -> pd.DataFrame:
        """The turns of all items: one row a turn of the branch that is shown, with the answers given to that turn.

        Returns:
            Indexed by `turn_id`, in the order of the session: `trace_id` (the item), `turn` (from 1), `span_id` (what labels on
            the turn carry; None for the first), `agent, request, response, state, duration_ms`, and a column a question: the
            newest answer of any reviewer. Questions with `scope="conversation"` stand with the first turn.

        Raises:
            NotFoundError: The session was deleted.
        """
        from labelwidget.writers.turn_frame import turns_frame

        return turns_frame(self.store, self._refresh())

    def _begin(
        self,
        agent: str | Callable[..., object] | None,
        concurrency: int,
        retry: int,
        timeout: float | None,
        *,
        beside: bool,
        ask: bool = False,
    ) -> Generation:
        info = self._refresh()
        chosen = info.agent if agent is None else agent
        if chosen is None:
            raise InvalidValueError(
                f"Session {shown(info.name)} has no agent. Pass one: session.generate(agent=your_function), or create the session "
                "with agent=."
            )
        by = default_reviewer()
        plan = Plan(
            name_of(self.store, chosen, by=by),
            concurrency=concurrency,
            retry=retry,
            timeout=timeout,
            beside=beside,
            by=by,
        )
        if ask:
            from labelwidget.review.blind import compare_beside

            resolve(self.store, plan.agent)  # nothing is asked about an agent that cannot answer
            compare_beside(self.store, info, plan.agent)
            info = self._refresh()
        return Generation(self.store, info, plan)
