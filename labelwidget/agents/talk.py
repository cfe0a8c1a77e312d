"""The conversation of one item: ask, ask again, go back, and what is shown of it.

```
talk = Talk(store, session_info, item_id)
call = talk.ask("shop", by="alice")                          # answers the item's own inputs
turn = call.wait()
talk.ask("shop", "And on Sunday?", parent=turn.turn_id, by="alice")
```

Each answer is a row of its own with a trace of its own. What the item shows is made of them anew each time, in the
transaction that keeps the answer.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

from labelwidget.agents import watching
from labelwidget.agents.asked import Asked, asked_messages, next_messages
from labelwidget.agents.registry import AgentFunction, resolve
from labelwidget.agents.run import Outcome, Run
from labelwidget.agents.turns import item_of, shown_trace, turn_trace
from labelwidget.content import previews
from labelwidget.errors import ConflictError, InvalidValueError, NotFoundError, shown
from labelwidget.model import Item, JsonValue, SessionInfo, Trace
from labelwidget.model.turn import Turn, TurnState, shown_path
from labelwidget.store.base import Store
from labelwidget.store.turn_store import NewTurn, ShownItem

__all__ = ["MAX_CHAT_TEXT", "Call", "Talk", "begin", "call_in_progress", "end"]

MAX_CHAT_TEXT = 100_000
"""Longest message of a reviewer, in characters."""

_lock = threading.Lock()
_item_locks: dict[tuple[str, str], threading.Lock] = {}
_calls: dict[tuple[str, str], Call] = {}


class Call:
    """An agent at work on a turn.

    Attributes:
        turn: The row that says that it began.
        agent: The agent's name.
        kept: The turn is durable: another may begin.
    """

    def __init__(self, talk: Talk, turn: Turn, asked: Asked, run: Run) -> None:
        """Use `Talk.ask`."""
        self.turn = turn
        self.kept = False
        self.agent = turn.agent
        self._talk = talk
        self._asked = asked
        self._run = run

    @property
    def text(self) -> str:
        """What has come so far."""
        return self._run.text

    def stop(self) -> None:
        """End it now; what has come is kept."""
        self._run.stop()

    def wait(self) -> Turn:
        """Wait for the end and keep the turn.

        Returns:
            The row that is kept: ok, error or stopped.

        Raises:
            StoreError: It cannot be kept.
        """
        return self.keep(self._run.wait())

    def outcome(self) -> Outcome:
        """Wait for the end and keep nothing."""
        return self._run.wait()

    def keep(self, outcome: Outcome) -> Turn:
        """Keep an outcome of `outcome`; who watches the session is told."""
        turn = self._talk.keep(self.turn, self._asked, outcome)
        self.kept = True
        watching.tell(self._talk.store, turn)
        return turn


class Talk:
    """The conversation of one item."""

    def __init__(self, store: Store, info: SessionInfo, item_id: str) -> None:
        """Find the conversation of an item.

        Args:
            store: Where it is.
            info: The session.
            item_id: The item.

        Raises:
            NotFoundError: The session has no such item.
        """
        item = store.item(item_id)
        if item is None or item.session_id != info.session_id:
            raise NotFoundError(f"Session {shown(info.name)} has no trace {shown(item_id)}.")
        self.store = store
        self.info = info
        self.item_id = item_id

    # Reading -------------------------------------------------------------------------------------------------------
    def rows(self) -> list[Turn]:
        """All rows in order of saving; an item that was never asked has none."""
        return self.store.turns(self.info.session_id, self.item_id)

    def origin(self, rows: list[Turn]) -> tuple[Turn, Trace]:
        """The item as it was added."""
        for row in rows:
            if row.state is TurnState.ORIGIN:
                return row, self.store.turn_trace(row.turn_id)
        item, trace = self._item(), self.store.trace(self.item_id)
        root = trace.root
        turn = Turn(
            turn_id=f"origin-{self.item_id}",
            session_id=self.info.session_id,
            item_id=self.item_id,
            state=TurnState.ORIGIN,
            answered=trace.outputs is not None or bool(item.response),
            span_id="" if root is None else root.span_id,
            request=item.request,
            response=item.response,
            duration_ms=item.duration_ms,
            model_name=item.model_name,
            created_at=item.added_at,
        )
        return turn, trace

    def turns(self) -> list[Turn]:
        """The turns of the branch that is shown, first to last."""
        rows = self.rows()
        if not rows:
            origin, _ = self.origin(rows)
            return [origin] if origin.answered else []
        return shown_path(rows)

    def lost(self) -> list[Turn]:
        """Turns that began and never ended, and that no call of this kernel is at work on, in order."""
        rows = self.rows()
        ended = {row.turn_id for row in rows if row.ended}
        call = call_in_progress(self.store, self.item_id)
        busy = call.turn.turn_id if call is not None else ""
        return [
            row
            for row in rows
            if row.state is TurnState.STARTED and row.turn_id not in ended and row.turn_id != busy
        ]

    # Asking --------------------------------------------------------------------------------------------------------
    def asked(self, text: str = "", parent: str | None = None) -> Asked:
        """What an agent would be asked.

        Args:
            text: What the reviewer says; empty asks for the item's own inputs.
            parent: The turn before it.

        Raises:
            NotFoundError: No such turn in this conversation.
        """
        rows = self.rows()
        _, origin = self.origin(rows)
        if not text:
            messages = asked_messages(origin.inputs)
            inputs: JsonValue = origin.inputs
        else:
            before = self._path_to(rows, parent)
            messages = next_messages([trace for _, trace in before] or [origin], text)
            inputs = {"messages": messages}
        return Asked(
            messages,
            inputs,
            self.info.custom_inputs,
            origin.conversation_id or self.item_id,
        )

    def ask(
        self,
        agent: str,
        text: str = "",
        *,
        parent: str | None = None,
        beside: bool = False,
        timeout: float | None = 60.0,
        by: str = "",
        on_text: Callable[[str], None] | None = None,
        turn_id: str | None = None,
        announce: bool = True,
        function: AgentFunction | None = None,
    ) -> Call:
        """Ask an agent; the answer comes on a thread of its own and is kept by `Call.wait`.

        Args:
            agent: Its name.
            text: What the reviewer says; empty asks for the item's own inputs (`parent` is None then).
            parent: The turn before; None for the first.
            beside: A second response, which is not shown in place of the first.
            timeout: Seconds.
            by: Who asks.
            on_text: Told of each piece of text, on another thread.
            turn_id: Made by the caller; makes a resend harmless.
            announce: Keep a row that it began, so that an answer that is lost with the kernel is noticed.
            function: The agent, where it was resolved already.

        Raises:
            NotFoundError: No such agent or turn.
            InvalidValueError: The text is too long.
            ConflictError: The turn began already.
        """
        if len(text) > MAX_CHAT_TEXT:
            raise InvalidValueError(
                f"The message has {len(text):,} characters; {MAX_CHAT_TEXT:,} is the most. Shorten it."
            )
        if not text and parent is not None:
            raise InvalidValueError("A turn after another one needs a message.")
        function = function or resolve(self.store, agent)
        asked = self.asked(text, parent)
        turn = Turn(
            turn_id=turn_id or f"tn-{uuid.uuid4().hex}",
            session_id=self.info.session_id,
            item_id=self.item_id,
            parent_id=parent,
            agent=agent,
            state=TurnState.STARTED,
            beside=beside,
            message=text,
            created_at=_now(),
            created_by=by,
        )
        if announce:
            if any(row.turn_id == turn.turn_id for row in self.rows()):
                raise ConflictError("This message was sent already.")
            self.store.add_turns([NewTurn(turn)])
        run = Run(function, asked, timeout=timeout, on_text=on_text, name=agent)
        return Call(self, turn, asked, run)

    def choose(self, turn_id: str, *, by: str = "") -> list[Turn]:
        """Show the branch that ends with a turn.

        Returns:
            The turns that are shown now.

        Raises:
            NotFoundError: No such turn in this conversation.
        """
        with self._locked():
            rows = self.rows()
            origin, trace = self.origin(rows)
            known = {row.turn_id for row in [*rows, origin] if row.ended or row.answered}
            if turn_id not in known:
                raise NotFoundError(f"The conversation has no turn {shown(turn_id)}.")
            row = Turn(
                turn_id=f"tn-{uuid.uuid4().hex}",
                session_id=self.info.session_id,
                item_id=self.item_id,
                parent_id=turn_id,
                state=TurnState.CHOSEN,
                created_at=_now(),
                created_by=by,
            )
            self._add([row], rows, (origin, trace), None)
        watching.tell(self.store, row)
        return self.turns()

    def keep(self, turn: Turn, asked: Asked, outcome: Outcome) -> Turn:
        """Keep how a turn ended, and show it."""
        trace = turn_trace(turn.turn_id, turn.agent, asked, outcome)
        seen = previews(trace)
        failure, answer = outcome.failure, outcome.answer
        state = TurnState.OK if failure is None else TurnState.ERROR
        ended = turn.model_copy(
            update={
                "state": TurnState.STOPPED if outcome.stopped else state,
                "answered": failure is None and not answer.empty,
                "span_id": turn.turn_id,
                "request": seen.request,
                "response": seen.response,
                "error_type": "" if failure is None else failure.type,
                "error_message": "" if failure is None else failure.message,
                "duration_ms": trace.duration_ms,
                "input_tokens": answer.input_tokens,
                "output_tokens": answer.output_tokens,
                "model_name": answer.model_name,
                "cost": answer.cost,
                "created_at": _now(),
            }
        )
        with self._locked():
            rows = self.rows()
            self._add([ended], rows, self.origin(rows), trace)
        return ended

    # Inside --------------------------------------------------------------------------------------------------------
    def _add(
        self, new: list[Turn], rows: list[Turn], origin: tuple[Turn, Trace], trace: Trace | None
    ) -> None:
        """Append rows, the item's own trace before the first of them, and show what they make of the item."""
        added = [NewTurn(turn, trace) for turn in new]
        if not any(row.state is TurnState.ORIGIN for row in rows):
            added.insert(0, NewTurn(*origin))
        # A row that was announced before the origin was kept still comes after it.
        others = [row for row in rows if row.state is not TurnState.ORIGIN]
        path = shown_path([origin[0], *others, *new])
        known = {origin[0].turn_id: origin[1]}
        if trace is not None:
            known |= {turn.turn_id: trace for turn in new}
        turns = [
            (turn, known.get(turn.turn_id) or self.store.turn_trace(turn.turn_id)) for turn in path
        ]
        whole = shown_trace(self.item_id, origin[1], turns)
        first = turns[0][1] if turns and turns[0][0] is not origin[0] else None
        self.store.add_turns(added, ShownItem(item_of(self._item(), whole, first), whole))

    def _path_to(self, rows: list[Turn], turn_id: str | None) -> list[tuple[Turn, Trace]]:
        origin, trace = self.origin(rows)
        known = {row.turn_id: row for row in rows if row.ended}
        known[origin.turn_id] = origin
        path: list[Turn] = []
        while turn_id is not None and len(path) <= len(known):
            turn = known.get(turn_id)
            if turn is None:
                raise NotFoundError(f"The conversation has no turn {shown(turn_id)}.")
            path.append(turn)
            turn_id = turn.parent_id
        return [
            (turn, trace if turn is origin else self.store.turn_trace(turn.turn_id))
            for turn in reversed(path)
        ]

    def _item(self) -> Item:
        item = self.store.item(self.item_id)
        if item is None:
            raise NotFoundError(f"Trace {shown(self.item_id)} is no longer in the session.")
        return item

    def _locked(self) -> threading.Lock:
        with _lock:
            return _item_locks.setdefault((self.store.url, self.item_id), threading.Lock())


def call_in_progress(store: Store, item_id: str) -> Call | None:
    """The call that a reviewer waits for, or None."""
    with _lock:
        call = _calls.get((store.url, item_id))
    return None if call is None or call.kept else call


def begin(store: Store, item_id: str, start: Callable[[], Call]) -> Call:
    """Begin a call for a reviewer: one at a time for an item.

    Raises:
        ConflictError: The agent is still at work on the item.
    """
    key = (store.url, item_id)
    with _lock:
        known = _calls.get(key)
        if known is not None and not known.kept:
            raise ConflictError("The agent is still answering. Wait for it, or stop it.")
    call = start()
    with _lock:
        _calls[key] = call
    return call


def end(store: Store, item_id: str, call: Call) -> None:
    """A call that `begin` began is over."""
    with _lock:
        if _calls.get((store.url, item_id)) is call:
            del _calls[store.url, item_id]


def _now() -> int:
    return int(time.time() * 1000)
