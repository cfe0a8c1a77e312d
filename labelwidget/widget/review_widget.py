"""`ReviewWidget`: a trace beside a form of questions, in a notebook.

```
widget = ReviewWidget(session)
widget                 # shows it
widget.df              # the labels so far
```
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, cast, runtime_checkable

import anywidget
import traitlets

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import Assessment, JsonValue, Trace
from labelwidget.model.event import Event
from labelwidget.review import Review
from labelwidget.review.changes import Unsubscribe, subscribe
from labelwidget.review.reviewer import signed_in_reviewer
from labelwidget.store.base import Store
from labelwidget.widget.channel import Channel, sendable
from labelwidget.widget.handlers import Chat, Handlers, suggestions_as_stored
from labelwidget.widget.keys import checked_keys
from labelwidget.widget.modules import CORE
from labelwidget.widget.protocol import ChangedPush, GotoPush, RefreshPush, Settings, SuggestedPush
from labelwidget.widget.snapshot import Snapshot, html_snapshot, text_snapshot
from labelwidget.widget.suggesting import Judge, Suggesting
from labelwidget.widget.talking import Talking, agents_allowed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ReviewWidget"]

_SUGGESTIONS = ("before", "after", "off")
_SNAPSHOTS = ("labels", "full", "none")
MIN_HEIGHT, MAX_HEIGHT = 320, 4000


class _Comm(Protocol):
    """The untyped part of ipywidgets that is used here."""

    def send(self, content: JsonValue, buffers: list[bytes] | None = None) -> None: ...

    def send_state(self) -> None: ...


@runtime_checkable
class ReviewableSession(Protocol):
    """What the widget needs of a `LabelingSession`."""

    @property
    def store(self) -> Store:
        """The store that keeps the session."""
        ...

    @property
    def labeling_session_id(self) -> str:
        """The session's id."""
        ...

    def to_df(self) -> pd.DataFrame:
        """The labels as a wide frame."""
        ...


class ReviewWidget(anywidget.AnyWidget):
    """Review and label the traces of a session.

    Attributes:
        index: The trace shown, counted from 0 in the queue. Setting it moves the view.
        trace_id: Its id in the session.
        progress: Counts of this reviewer: `total`, `completed`, `skipped`, `in_progress`, `flagged`.

        revision: Counts what was saved in the session: it changes with every answer, skip, flag, note and undo.

    All can be observed: `widget.observe(fn, names="progress")`. In marimo, cells that use `mo.ui.anywidget(widget)` run again when
    one of them changes.
    """

    _esm = CORE if CORE.exists() else ""
    index = traitlets.Int(0).tag(sync=True)
    trace_id = traitlets.Unicode("").tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    revision = traitlets.Int(0).tag(sync=True)
    _chat_only: ClassVar[bool] = False
    _unsubscribe: Unsubscribe | None = None
    _suggesting: Suggesting | None = None

    def __init__(
        self,
        session: ReviewableSession,
        user: str | None = None,
        *,
        height: int | Literal["window"] = 680,
        auto_advance: bool = True,
        snapshot: Snapshot = "labels",
        allow_agent: bool | None = None,
        restricted: bool = False,
        resolve: bool = False,
        hide_names: bool = False,
        suggestions: Literal["before", "after", "off"] = "before",
        suggest: Judge | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """Open a session for a reviewer.

        Args:
            session: The session, from `create_labeling_session` or `get_labeling_session`.
            user: Who reviews. Where JupyterHub or the server's login says who is signed in, that counts; None takes it, else
                the operating system's user.
            height: Height in pixels, 320–4000; `"window"` is as high as the window, for a page of the widget's own (the CSS variable
                `--lw-above` says how much of it something above takes).
            auto_advance: With a single question of options and no rationale, choosing also moves on.
            snapshot: What the saved notebook shows without a kernel: `"labels"` (progress and answers), `"full"` (the
                traces' requests and responses too) or `"none"` (progress only).
            suggestions: Show what judges and earlier reviewers said `"before"` the reviewer answers, only `"after"` it (both
                answers are kept: `session.shift_df()`), or never (`"off"`).
            suggest: A judge of your own: a function from a trace to answers (a dict, or a list of `Feedback`). It runs over
                the next 20 traces in the background; `widget.suggesting` says how far it is.
            keys: Other keys, like `{"skip": "q"}`; the actions are those of the sheet that `?` shows.
            restricted: The page sees and answers only what is this reviewer's, nothing of others: for a review site.
            resolve: Open the traces on which reviewers disagree, with their answers beside the questions; what is answered
                resolves theirs.
            hide_names: Show others' answers by number instead of by name.
            allow_agent: Whether the page may let the session's agent answer; None: in a notebook yes, on a Voila site no.

        Raises:
            NotFoundError: The session was deleted.
            InvalidValueError: An argument breaks a rule.
        """
        if not isinstance(session, ReviewableSession):
            raise InvalidValueError(
                f"session is {shown(session)}; pass a LabelingSession, from create_labeling_session() or get_labeling_session()."
            )
        fill = height == "window"
        if not fill and (
            isinstance(height, bool)
            or not isinstance(height, int)
            or not MIN_HEIGHT <= height <= MAX_HEIGHT
        ):
            raise InvalidValueError(
                f"height is {shown(height)}; pass pixels between {MIN_HEIGHT} and {MAX_HEIGHT}, or 'window'."
            )
        if snapshot not in _SNAPSHOTS:
            raise InvalidValueError(f"snapshot is {shown(snapshot)}; pass one of {_SNAPSHOTS}.")
        if suggestions not in _SUGGESTIONS:
            raise InvalidValueError(
                f"suggestions is {shown(suggestions)}; pass one of {_SUGGESTIONS}."
            )
        if suggest is not None and not callable(suggest):
            raise InvalidValueError(
                f"suggest is {shown(suggest)}; pass a function from a trace to answers."
            )
        if not CORE.exists():
            raise NotFoundError(
                f"The browser part {CORE.name} is not built. In a checkout run `python3 dev.py build`."
            )
        self._session = session
        self._review = Review(
            session.store,
            session.labeling_session_id,
            # A site has checked who comes; its own server's login is somebody else.
            user if restricted else signed_in_reviewer(user),
            restricted=restricted,
            resolve=resolve,
            hide_names=hide_names,
        )
        self._settings = Settings(
            height=680 if isinstance(height, str) else height,
            fill=fill,
            auto_advance=auto_advance,
            keys=checked_keys(keys, self._review.questions),
            suggestions=suggestions,
            chat=self._chat_only,
        )
        # What a saved page shows is about all reviewers.
        self._snapshot: Snapshot = "none" if restricted else snapshot
        self._listeners: list[Callable[[Event], object]] = []
        self._shown = False
        self._following = False
        self._answering = False
        self._talking = Talking(
            lambda: self._review, self._tell, allowed=agents_allowed(allow_agent)
        )
        handlers = Handlers(
            review=lambda: self._review,
            settings=self._settings_now,
            start=lambda: self.index if self._shown else None,
            on_moved=self._moved,
            on_saved=self._saved,
            talking=self._talking,
            suggestions=self._suggestions,
            chat=Chat(self._start_chat, self._save_chat) if self._chat_only else None,
        )
        self._channel = Channel(handlers.handle)
        super().__init__(progress=self._review.progress.model_dump(), revision=self._last_seq())
        self.observe(self._index_set, names="index")
        self._unsubscribe = subscribe(session.store, self._review.session_id, self._labelled)
        if suggest is not None:
            self._suggesting = Suggesting(suggest, lambda: self._review, self._at, self._suggested)
            self._suggesting.start()

    # Python side ---------------------------------------------------------------------------------------------------
    @property
    def session(self) -> ReviewableSession:
        """The session that is reviewed."""
        return self._session

    @property
    def user(self) -> str:
        """Who reviews. Chosen in Python only: nothing that a page sends can change it."""
        return self._review.reviewer

    @property
    def review(self) -> Review:
        """The review behind the widget: answer, skip, flag and undo from Python."""
        return self._review

    @property
    def suggesting(self) -> Suggesting | None:
        """The runs of the judge given as `suggest`: `done`, `failed`, `errors`, `wait()`, `cancel()`; None without one."""
        return self._suggesting

    @property
    def trace(self) -> Trace | None:
        """The trace shown, as a Python object; None in an empty session. Never synced to the browser's state."""
        return (
            self._review.trace(self.trace_id)
            if self.trace_id
            else (self._review.open(self.index).trace if len(self._review.queue) else None)
        )

    @property
    def df(self) -> pd.DataFrame:
        """`session.to_df()`, always current."""
        return self._session.to_df()

    @property
    def queue(self) -> list[str] | None:
        """The trace ids that are gone through, in order; None for all as added. Set it to any iterable of trace ids."""
        positions = self._review.queue.positions
        if positions is None:
            return None
        ids = cast(
            "list[str]", self._session.store.item_columns(self._review.session_id)["item_id"]
        )
        return [ids[position] for position in positions]

    @queue.setter
    def queue(self, trace_ids: Iterable[str] | None) -> None:
        positions: list[int] | None = None
        weights: dict[int, float] = {}
        if trace_ids is not None:
            # A selection of `session.queue()` says what each stands for.
            given = cast("Sequence[float]", getattr(trace_ids, "weights", ()))
            columns = self._session.store.item_columns(self._review.session_id)
            known = {
                cast(str, item_id): position for position, item_id in enumerate(columns["item_id"])
            }
            positions = []
            for trace_id in trace_ids:
                if trace_id not in known:
                    raise NotFoundError(
                        f"The session has no trace {shown(trace_id)}. Pass ids from session.to_df().index, like df.index[df.latency > 9]."
                    )
                positions.append(known[trace_id])
            weights = dict(zip(positions, given, strict=False))
        self._review.choose(positions, weights)
        self._shown = False
        self._tell(RefreshPush().model_dump(mode="json"))

    def on_label(self, listener: Callable[[Event], object]) -> Unsubscribe:
        """Call a function after each answer, skip, flag or undo that this widget saves.

        Args:
            listener: Called with the event: `item_id`, `kind`, and `changes` with the values before and after.

        Returns:
            A function that ends it.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def close(self) -> None:
        """Take the widget off the page and stop listening to the session."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._suggesting is not None:
            self._suggesting.cancel()
        super().close()

    def refresh(self) -> None:
        """Show what changed in Python since: added traces, other questions, labels made elsewhere."""
        self._publish()
        self._tell(RefreshPush().model_dump(mode="json"))

    # Browser side --------------------------------------------------------------------------------------------------
    def set_state(self, sync_data: Mapping[str, JsonValue]) -> None:
        """Refuse every change of a trait by the browser: no authority lives in traits."""

    def _handle_msg(self, msg: Mapping[str, object]) -> None:
        """Take a comm message; whatever it holds, nothing is raised and nothing is logged."""
        content = msg.get("content")
        data = cast("dict[str, object]", content).get("data") if isinstance(content, dict) else None
        if not isinstance(data, dict):
            return
        body = cast("dict[str, object]", data)
        if body.get("method") == "request_state":
            cast(_Comm, self).send_state()
        elif body.get("method") == "custom":
            self._answer(body.get("content"))

    def _answer(self, content: object) -> None:
        self._answering = True
        try:
            answered = self._channel.receive(content)
        finally:
            self._answering = False
        if answered is not None:
            reply, buffers = answered
            self._tell(reply.model_dump(mode="json"), buffers)

    def _tell(self, message: JsonValue, buffers: Sequence[bytes] = ()) -> None:
        cast(_Comm, self).send(sendable(message), list(buffers))

    def _moved(self, index: int, trace_id: str) -> None:
        self._shown = True
        self._following = True
        try:
            with self.hold_trait_notifications():
                self.index = index
                self.trace_id = trace_id
        finally:
            self._following = False
        if self._suggesting is not None:
            self._suggesting.moved()

    def _at(self) -> int:
        """Where the reviewer is, or will begin."""
        return self.index if self._shown else (self._review.resume() or 0)

    def _suggestions(self, item_id: str, prior: Sequence[Assessment]) -> list[Assessment]:
        if self._settings.suggestions == "off":
            return []
        said = [] if self._suggesting is None else self._suggesting.of(item_id)
        return [*said, *suggestions_as_stored(item_id, prior)]

    def _suggested(self, item_id: str, said: list[Assessment], trouble: str) -> None:
        del said
        found = self._suggestions(item_id, self._review.answers(item_id)[1])
        push = SuggestedPush(item_id=item_id, suggestions=found, trouble=trouble)
        self._tell(push.model_dump(mode="json"))

    def _index_set(self, change: Mapping[str, object]) -> None:
        if self._following:
            return
        index = cast(int, change["new"])
        self.trace_id = self._review.open(index).item.item_id
        self._shown = True
        self._tell(GotoPush(index=index).model_dump(mode="json"))

    def _start_chat(self, text: str) -> str:
        """Begin a conversation; only where it is all there is."""
        raise NotImplementedError

    def _save_chat(self, name: str) -> str:
        """Keep the conversations as a session; only where they are all there is."""
        raise NotImplementedError

    def _go_on_in(self, session: ReviewableSession) -> None:
        """Show another session from now on, as the same reviewer."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._session = session
        self._review = Review(session.store, session.labeling_session_id, self.user)
        self._unsubscribe = subscribe(session.store, self._review.session_id, self._labelled)
        self._talking.follow()
        self._settings = self._settings.model_copy(update={"saved": self._review.session.name})
        self.refresh()

    def _labelled(self, event: Event) -> None:
        """Another widget or Python labelled: the page asks what is new, the traits follow."""
        del event
        if not self._answering:
            self._publish()
            self._tell(ChangedPush().model_dump(mode="json"))

    def _saved(self, event: Event) -> None:
        self._publish()
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001
                # The label is saved whatever a user's function makes of it.
                warnings.warn(
                    f"A function given to on_label raised {type(error).__name__}: {error}",
                    stacklevel=2,
                )

    def _publish(self) -> None:
        with self.hold_trait_notifications():
            self.progress = self._review.progress.model_dump()
            self.revision = self._last_seq()

    def _last_seq(self) -> int:
        return self._session.store.last_seq(self._review.session_id)

    def _settings_now(self) -> Settings:
        # marimo's comm knows the element around it; to run cells again it waits for the page to write a trait.
        echo = getattr(cast(object, self.comm), "ui_element_id", None) is not None
        return self._settings.model_copy(update={"echo": echo})

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, object], dict[str, object]]:
        bundle = cast(
            "tuple[dict[str, object], dict[str, object]] | None",
            super()._repr_mimebundle_(**kwargs),  # pyright: ignore[reportArgumentType, reportUnknownMemberType]
        )
        data, metadata = bundle or ({}, {})
        text = {
            "text/plain": text_snapshot(self._review),
            "text/html": html_snapshot(self._review, self._snapshot),
        }
        return {**data, **text}, metadata

    def __repr__(self) -> str:
        """Session and reviewer; no trace text."""
        return f"ReviewWidget({self._session!r}, user={shown(self.user)})"
