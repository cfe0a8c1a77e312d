"""What each request of the browser does: validate nothing twice, call `review`, answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from labelwidget.errors import InvalidValueError, LabelWidgetError, NotFoundError, StoreError
from labelwidget.model import Assessment, Item, ItemState, LabelSchema
from labelwidget.model.event import Event, StateChange
from labelwidget.model.json import checked_json
from labelwidget.review import Review
from labelwidget.store.team_store import Closed
from labelwidget.widget import protocol as p
from labelwidget.widget import views
from labelwidget.widget.channel import Answer
from labelwidget.widget.content_answers import content_answer
from labelwidget.widget.modules import module_reply
from labelwidget.widget.own_views import views_of
from labelwidget.widget.pairing import pair_reply, require_seen
from labelwidget.widget.queue_page import BulkWork, queue_answer
from labelwidget.widget.talking import Talking, TalkMessage

__all__ = ["Chat", "Handlers", "apply_event", "suggestions_as_stored"]

STRIP_AFTER_SAVE = 2_000
"""Touched traces above which a save's reply leaves the strip to the browser's own count."""


Suggestions = Callable[[str, Sequence[Assessment]], list[Assessment]]
"""From an item and what came along with it to what is suggested."""


def suggestions_as_stored(item_id: str, prior: Sequence[Assessment]) -> list[Assessment]:
    """What came along with the trace and is still valid."""
    del item_id
    return [assessment for assessment in prior if assessment.valid]


class Chat(NamedTuple):
    """What only a conversation on its own does.

    Attributes:
        start: Begins one with what is said first; the id of its item.
        save: Keeps all as a session of this name.
    """

    start: Callable[[str], str]
    save: Callable[[str], str]


class Handlers:
    """Answers requests for one review."""

    def __init__(
        self,
        review: Callable[[], Review],
        settings: Callable[[], p.Settings],
        start: Callable[[], int | None],
        on_moved: Callable[[int, str], None],
        on_saved: Callable[[Event], None],
        talking: Talking | None = None,
        suggestions: Suggestions | None = None,
        chat: Chat | None = None,
    ) -> None:
        """Answer for the review that `review()` gives.

        Args:
            review: The current review.
            settings: View settings chosen in Python.
            start: The queue index to show first, or None for the first open one.
            on_moved: Told of the trace shown.
            on_saved: Told of each event that is durable.
            talking: Answers what is asked about conversations with agents; None lets none run.
            suggestions: What is suggested for an item; None for what came along with it.
            chat: Where the conversation is all there is.
        """
        self._given = review
        self._settings = settings
        self._start = start
        self._on_moved = on_moved
        self._on_saved = on_saved
        self._talking = talking or Talking(review, lambda _: None, allowed=False)
        self._bulk = BulkWork(on_saved)
        self._suggestions = suggestions or suggestions_as_stored
        self._chat = chat

    def handle(self, request: p.Request) -> Answer:
        """Answer one request.

        Raises:
            LabelWidgetError: It cannot be done; the message is for the reviewer.
        """
        match request:
            case p.HelloRequest():
                return Answer(self._hello(), [])
            case p.PingRequest():
                return Answer(self._ping(), [])
            case p.TraceRequest():
                return Answer(self._trace(request.index), [])
            case (
                p.BlocksRequest()
                | p.TextRequest()
                | p.MediaRequest()
                | p.SpansRequest()
                | p.FindRequest()
                | p.SpanRequest()
            ):
                review = self._review()
                require_seen(review, request.item_id)
                own = views_of(review.store, review.session_id)
                return content_answer(review.trace(request.item_id), request, own)
            case p.MovedRequest():
                item = self._review().item(request.item_id)
                self._on_moved(request.index, request.item_id)
                return Answer(self._taken(item, request.index), [])
            case p.ModuleRequest():
                return Answer(module_reply(request.name), [])
            case p.SaveRequest():
                return Answer(self._save(request), [])
            case p.QueueRequest() | p.TagsRequest():
                return Answer(queue_answer(self._review(), request), [])
            case p.BulkRequest():
                return Answer(self._bulk.handle(self._review(), request), [])
            case p.ResultsRequest():
                review = self._review()
                return Answer(views.results(review, review.questions), [])
            case (
                p.TalkRequest()
                | p.GenerateRequest()
                | p.ChatSendRequest()
                | p.ChatStopRequest()
                | p.ChatChooseRequest()
                | p.PairRequest()
                | p.ChatStartRequest()
                | p.ChatSaveRequest()
            ):
                return Answer(self._about_agents(request), [])
            case p.PartRequest():
                raise NotFoundError("A part came without its transfer.")

    def _review(self) -> Review:
        review = self._given()
        if review.authority.restricted:
            review.authority.session()  # taken away while the page was open: not even a count
        return review

    def _about_agents(
        self, request: TalkMessage | p.PairRequest | p.ChatStartRequest | p.ChatSaveRequest
    ) -> p.TalkReply | p.PairReply | p.ChatSavedReply:
        match request:
            case p.PairRequest():
                return pair_reply(self._review(), request.item_id)
            case p.ChatStartRequest():
                start = self._require_chat().start
                return self._talking.begin(start, request.turn_id, request.text)
            case p.ChatSaveRequest():
                return p.ChatSavedReply(name=self._require_chat().save(request.name))
            case _:
                return self._talking.answer(request)

    def _require_chat(self) -> Chat:
        if self._chat is None:
            raise InvalidValueError("Conversations begin with the traces of this session.")
        return self._chat

    def _hello(self) -> p.HelloReply:
        review = self._review()
        review.renew()
        session, questions, total = review.session, review.questions, len(review.queue)
        first = self._start()
        if first is None:
            first = review.begin()
        opened = review.open(min(first or 0, total - 1)) if total else None
        return p.HelloReply(
            session_id=session.session_id,
            session_name=session.name,
            outbox_key=f"{session.session_id}/{review.reviewer.casefold()}",
            reviewer=p.ReviewerView(
                name=review.reviewer, may_label=review.may_label, warning=_warning(review)
            ),
            questions=questions,
            settings=self._settings().model_copy(update={"talk": self._talking.wanted(session)}),
            read_only=f"The store {review.store.url} can be read but not written: you can look, not save."
            if review.store.read_only
            else "",
            total=total,
            progress=review.progress,
            strip=views.strip(review.queue, review.touched()),
            history=views.history_entries(review),
            seq=review.store.last_seq(review.session_id),
            first=None
            if opened is None
            else views.trace_reply(
                review, opened, questions, self._suggestions(opened.item.item_id, opened.prior)
            ),
        )

    def _ping(self) -> p.PingReply:
        review = self._review()
        return p.PingReply(
            seq=review.store.last_seq(review.session_id),
            total=len(review.queue),
            progress=review.progress,
            strip=views.strip(review.queue, review.touched()),
        )

    def _taken(self, item: Item, index: int) -> p.MovedReply:
        review = self._review()
        closed = review.authority.take(item)
        if closed is None or closed is Closed.ASSIGNED:
            return p.MovedReply()  # whoever goes to others' traces wants to look
        number = item.position + 1
        said = {
            Closed.DONE: f"Trace {number} was completed by another reviewer meanwhile.",
            Closed.RESERVED: f"Another reviewer has trace {number} open.",
        }[closed]
        return p.MovedReply(taken=said, next=review.queue.next_open(review.reviewer, index))

    def _trace(self, index: int) -> p.TraceReply:
        review = self._review()
        opened = review.open(index)
        suggestions = self._suggestions(opened.item.item_id, opened.prior)
        return views.trace_reply(review, opened, review.questions, suggestions)

    def _save(self, request: p.SaveRequest) -> p.SaveReply:
        review = self._review()
        questions = review.questions
        results = [self._save_one(review, questions, event) for event in request.events]
        progress = review.progress
        small = progress.total - progress.pending <= STRIP_AFTER_SAVE
        return p.SaveReply(
            results=results,
            progress=progress,
            strip=views.strip(review.queue, review.touched()) if small else None,
            seq=review.store.last_seq(review.session_id),
        )

    def _save_one(
        self, review: Review, questions: list[LabelSchema], given: p.EventIn
    ) -> p.SavedEvent:
        try:
            event = apply_event(review, given)
        except StoreError:
            raise  # the whole request is sent again: what was saved of it is recognised by its ids
        except LabelWidgetError as error:
            return _refused(review, questions, given, error)
        self._on_saved(event)
        changed = given.kind in ("undo", "redo")
        decided = any(isinstance(change, StateChange) for change in event.changes)
        return p.SavedEvent(
            event_id=given.event_id,
            saved=True,
            item_id=event.item_id,
            status=review.status(event.item_id),
            answers=views.answer_views(review.answers(event.item_id)[0], questions)
            if changed
            else None,
            others=views.others(review, event.item_id) if decided else None,
        )


def apply_event(review: Review, given: p.EventIn) -> Event:
    """Do what a reviewer did in a browser; a second time changes nothing.

    Raises:
        LabelWidgetError: It is refused; the message is for the reviewer.
    """
    match given:
        case p.AnswerIn():
            return review.answer(
                given.item_id,
                given.name,
                checked_json(given.value, where="The answer", max_depth=4),
                given.rationale,
                span_id=given.span_id,
                anchor=given.anchor,
                event_id=given.event_id,
                duration_ms=given.duration_ms,
            )
        case p.StateIn():
            return review.set_state(
                given.item_id,
                ItemState(given.state),
                event_id=given.event_id,
                duration_ms=given.duration_ms,
            )
        case p.FlagIn():
            return review.flag(
                given.item_id, given.flagged, event_id=given.event_id, duration_ms=given.duration_ms
            )
        case p.NoteIn():
            return review.note(
                given.item_id, given.text, event_id=given.event_id, duration_ms=given.duration_ms
            )
        case p.UndoIn():
            return _made(review.undo(given.target, event_id=given.event_id))
        case p.RedoIn():
            return _made(review.redo(given.target, event_id=given.event_id))


def _made(event: Event | None) -> Event:
    if event is None:
        raise NotFoundError("There is nothing to undo.")
    return event


def _refused(
    review: Review, questions: list[LabelSchema], given: p.EventIn, error: LabelWidgetError
) -> p.SavedEvent:
    try:
        item = review.item(given.item_id)
    except NotFoundError:
        return p.SavedEvent(
            event_id=given.event_id,
            saved=False,
            item_id=given.item_id,
            code=error.code,
            message=str(error),
        )
    return p.SavedEvent(
        event_id=given.event_id,
        saved=False,
        item_id=item.item_id,
        code=error.code,
        message=str(error),
        status=review.status(item.item_id),
        answers=views.answer_views(review.answers(item.item_id)[0], questions),
    )


def _warning(review: Review) -> str:
    if review.may_label:
        return ""
    users = ", ".join(review.session.assigned_users[:10])
    return (
        f"{review.reviewer} is not assigned to this session, so answers are not taken. "
        f"Assigned: {users}. Pass user= with one of these names."
    )
