"""Conversations with agents in the widget: what is asked comes from the browser as text only, answers come in small pushes.

Which agent answers is the session's own matter: no message names one, and none runs unless Python allowed it.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from labelwidget.agents import watching
from labelwidget.agents.failure import hide, secrets
from labelwidget.agents.registry import AgentFunction, resolve
from labelwidget.agents.talk import Call, Talk, begin, call_in_progress, end
from labelwidget.errors import (
    ConflictError,
    InvalidValueError,
    LabelWidgetError,
    NotAssignedError,
    StoreReadOnlyError,
)
from labelwidget.model import JsonValue, SessionInfo
from labelwidget.model.conversation import turn_parts
from labelwidget.model.turn import Turn, TurnState
from labelwidget.review import Review
from labelwidget.widget.protocol import (
    ChatChooseRequest,
    ChatPush,
    ChatSendRequest,
    ChatStopRequest,
    GenerateRequest,
    RefreshPush,
    TalkReply,
    TalkRequest,
    TurnView,
)

__all__ = ["PUSH_SECONDS", "TalkMessage", "Talking", "agents_allowed"]

TalkMessage = TalkRequest | GenerateRequest | ChatSendRequest | ChatStopRequest | ChatChooseRequest

PUSH_SECONDS = 0.05
"""Between two pushes of one answer: 20 a second look continuous, and a quick model makes hundreds of pieces."""
REFRESH_SECONDS = 1.0
"""Between the second response of an item and the next look at the whole session."""
MAX_PUSHED = 400_000
"""Characters of one answer that are pushed; the rest is read with the trace."""
MAX_PREVIEW = 1_000


def agents_allowed(allow_agent: bool | None) -> bool:
    """Whether pages may let agents run: in one's own notebook they may, on a Voila site only where Python says so."""
    if allow_agent is not None:
        return allow_agent
    return not os.environ.get("SERVER_SOFTWARE", "").lower().startswith("voila")


class Stream:
    """The text of one answer on its way to the pages: the first piece at once, further ones gathered.

    Args:
        push: Sends a push to every page of the session.
        item_id: The item.
        turn_id: The turn.
    """

    def __init__(self, push: Callable[[ChatPush], None], item_id: str, turn_id: str) -> None:
        self._push = push
        self._item_id = item_id
        self._turn_id = turn_id
        self._lock = threading.Lock()
        self._waiting = ""
        self._sent = 0
        self._last = 0.0
        self._timer: threading.Timer | None = None

    def add(self, text: str) -> None:
        """More text, from any thread."""
        with self._lock:
            self._waiting += text
            if self._timer is not None:
                return
            pause = self._last + PUSH_SECONDS - monotonic()
            if pause > 0:
                self._timer = threading.Timer(pause, self._due)
                self._timer.daemon = True
                self._timer.start()
                return
            self._send()

    def flush(self) -> None:
        """Nothing more will come."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._send(last=True)

    def _due(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer = None
                self._send()

    def _send(self, *, last: bool = False) -> None:
        known = secrets()
        # What may be the beginning of a key waits for what follows it.
        held = 0 if last else _begun(self._waiting, known)
        ready = self._waiting[: len(self._waiting) - held]
        self._waiting = self._waiting[len(ready) :]
        self._last = monotonic()
        text = hide(ready, known)[: max(0, MAX_PUSHED - self._sent)]
        if not text:
            return
        push = ChatPush(
            item_id=self._item_id,
            turn_id=self._turn_id,
            offset=self._sent,
            text=text,
            ended=False,
        )
        self._sent += len(text)
        self._push(push)


def _begun(text: str, known: list[str]) -> int:
    """How many characters at the end of a text may be the beginning of a key."""
    for count in range(min(len(text), max(map(len, known), default=1) - 1), 0, -1):
        end = text[-count:]
        if any(len(secret) > count and secret.startswith(end) for secret in known):
            return count
    return 0


_pages: weakref.WeakSet[Talking] = weakref.WeakSet()


class Talking:
    """Answers what the browser asks about conversations, for one review.

    Args:
        review: The current review.
        push: Sends a push to the browser, from any thread.
        allowed: Whether agents may run from a page.
        timeout: Seconds an answer may take.
    """

    def __init__(
        self,
        review: Callable[[], Review],
        push: Callable[[JsonValue], None],
        *,
        allowed: bool,
        timeout: float = 120.0,
    ) -> None:
        self._review = review
        self._push = push
        self._allowed = allowed
        self._timeout = timeout
        self._mine: Call | None = None
        self._lock = threading.Lock()
        self._refresh: threading.Timer | None = None
        self._place = ("", "")
        self._unwatch: weakref.finalize[..., Talking] | None = None
        _pages.add(self)
        self.follow()

    def follow(self) -> None:
        """Hear of the turns of the current review's session, whoever lets the agent answer."""
        if self._unwatch is not None:
            self._unwatch()
        at = self._review()
        self._place = (at.store.url, at.session_id)
        kept = weakref.WeakMethod(self._kept)

        def on_kept(turn: Turn) -> None:
            method = kept()
            if method is not None:
                method(turn)

        # Whoever let the agent answer: another page, or `session.generate` in the background.
        self._unwatch = weakref.finalize(self, watching.watch(at.store, at.session_id, on_kept))

    def wanted(self, session: SessionInfo) -> bool:
        """Whether the session has conversations to show."""
        return session.agent is not None

    def answer(self, request: TalkMessage) -> TalkReply:
        """Do what is asked; the reply is the conversation as it is then.

        Raises:
            LabelWidgetError: It cannot be done; the message is for the reviewer.
        """
        review = self._review()
        session = review.session
        talk = Talk(review.store, session, review.item(request.item_id).item_id)
        match request:
            case TalkRequest():
                pass
            case GenerateRequest():
                self._ask(review, talk, request.turn_id)
            case ChatSendRequest():
                if not session.enable_multi_turn_chat:
                    raise InvalidValueError(
                        "This session takes one answer a trace. Create it with enable_multi_turn_chat=True to go on."
                    )
                if not request.text.strip():
                    raise InvalidValueError("The message is blank. Write what to ask.")
                self._ask(review, talk, request.turn_id, request.text, request.parent)
            case ChatStopRequest():
                call = call_in_progress(review.store, request.item_id)
                if call is not None:
                    self._require(review)
                    call.stop()
            case ChatChooseRequest():
                self._require(review)
                talk.choose(request.turn_id, by=review.reviewer)
        return self._reply(review, talk)

    def begin(self, start: Callable[[str], str], turn_id: str, text: str) -> TalkReply:
        """Begin a conversation of its own and let the agent answer.

        Args:
            start: Makes its item of the text.
            turn_id: Made by the page.
            text: What is said first.

        Raises:
            LabelWidgetError: It cannot be done; nothing was begun.
        """
        review = self._review()
        known = next(
            (row for row in review.store.turns(review.session_id) if row.turn_id == turn_id), None
        )
        if known is not None:  # sent again after a connection that broke
            return self._reply(review, Talk(review.store, review.session, known.item_id))
        self._require(review)
        function, trouble = self._function(review)
        if function is None:
            raise InvalidValueError(trouble)
        talk = Talk(review.store, review.session, start(text))
        self._ask(review, talk, turn_id)
        return self._reply(review, talk)

    # Asking --------------------------------------------------------------------------------------------------------
    def _ask(
        self, review: Review, talk: Talk, turn_id: str, text: str = "", parent: str | None = None
    ) -> None:
        self._require(review)
        if any(row.turn_id == turn_id for row in talk.rows()):
            return  # sent again after a connection that broke: its answer is on its way or there
        function, trouble = self._function(review)
        if function is None:
            raise InvalidValueError(trouble)
        if self._mine is not None and not self._mine.kept:
            raise ConflictError("The agent is still answering. Wait for it, or stop it.")
        stream = Stream(self._to_all, talk.item_id, turn_id)
        agent = review.session.agent or ""

        def start() -> Call:
            return talk.ask(
                agent,
                text,
                parent=parent,
                timeout=self._timeout,
                by=review.reviewer,
                on_text=stream.add,
                turn_id=turn_id,
                function=function,
            )

        call = self._mine = begin(review.store, talk.item_id, start)
        threading.Thread(
            target=self._follow,
            args=(review, talk, call, stream),
            name="labelwidget-chat",
            daemon=True,
        ).start()

    def _follow(self, review: Review, talk: Talk, call: Call, stream: Stream) -> None:
        try:
            outcome = call.outcome()
            stream.flush()
            call.keep(outcome)
        except LabelWidgetError:
            # What cannot be kept is a turn without an end: the page says that its answer was lost.
            end(review.store, talk.item_id, call)
            self._to_all(_ended(call.turn))
        finally:
            if self._mine is call:
                self._mine = None
            end(review.store, talk.item_id, call)

    def _kept(self, turn: Turn) -> None:
        if not turn.beside:
            self._tell(_ended(turn))
            return
        # A second response: its item is asked about in another way. Many come at once.
        with self._lock:
            if self._refresh is not None:
                return
            self._refresh = threading.Timer(REFRESH_SECONDS, self._renew)
            self._refresh.daemon = True
            self._refresh.start()

    def _renew(self) -> None:
        with self._lock:
            self._refresh = None
        with suppress(Exception):
            self._push(RefreshPush().model_dump(mode="json"))

    def _to_all(self, push: ChatPush) -> None:
        for page in list(_pages):
            if page._place == self._place:  # noqa: SLF001  of this class
                page._tell(push)  # noqa: SLF001

    def _tell(self, push: ChatPush) -> None:
        # A page that is gone must not become an error of the agent.
        with suppress(Exception):
            self._push(push.model_dump(mode="json"))

    def _require(self, review: Review) -> None:
        if review.store.read_only:
            raise StoreReadOnlyError("The store can be read but not written: nothing can be asked.")
        if not review.may_label:
            raise NotAssignedError(f"{review.reviewer} is not assigned to this session.")

    def _function(self, review: Review) -> tuple[AgentFunction | None, str]:
        session = review.session
        if session.agent is None:
            return None, "This session has no agent."
        if not self._allowed:
            return (
                None,
                "Agents do not run on this site. Pass allow_agent=True to ReviewWidget to let them.",
            )
        try:
            return resolve(review.store, session.agent), ""
        except LabelWidgetError as error:
            return None, str(error)

    # Showing -------------------------------------------------------------------------------------------------------
    def _reply(self, review: Review, talk: Talk) -> TalkReply:
        session = review.session
        rows = talk.rows()
        call = call_in_progress(review.store, talk.item_id)
        shown = talk.turns()
        parts = turn_parts(review.store.trace(talk.item_id))
        spans = {part.root_id: part.span_id for part in parts}
        return TalkReply(
            item_id=talk.item_id,
            agent=session.agent or "",
            trouble=self._function(review)[1],
            multi_turn=session.enable_multi_turn_chat,
            turns=[
                TurnView(
                    turn_id=turn.turn_id,
                    span_id=spans.get(turn.span_id),
                    agent=turn.agent,
                    message=(turn.message or turn.request)[:MAX_PREVIEW],
                    response=turn.response[:MAX_PREVIEW],
                    state=turn.state.value,
                    error=": ".join(part for part in (turn.error_type, turn.error_message) if part),
                    others=_others(rows, turn),
                )
                for turn in shown
            ],
            running=None if call is None else call.turn.turn_id,
            message="" if call is None else call.turn.message,
            text="" if call is None else hide(call.text, secrets())[:MAX_PUSHED],
            lost=[row.message or "(the trace's own question)" for row in talk.lost()][-5:],
        )


def _ended(turn: Turn) -> ChatPush:
    return ChatPush(item_id=turn.item_id, turn_id=turn.turn_id, offset=0, text="", ended=True)


def _others(rows: list[Turn], turn: Turn) -> list[str]:
    """The newest ends of the branches that begin in the turn's place."""
    ended = [row for row in rows if row.ended and not row.beside]
    followers: dict[str | None, list[Turn]] = {}
    for row in ended:
        followers.setdefault(row.parent_id, []).append(row)
    found: list[str] = []
    for row in followers.get(turn.parent_id, []):
        if row.turn_id == turn.turn_id or turn.state is TurnState.ORIGIN:
            continue
        last = row
        while following := followers.get(last.turn_id):
            last = following[-1]
        found.append(last.turn_id)
    return found[-20:]
