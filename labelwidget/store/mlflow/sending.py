"""What a row of the outbox stands for, written to the server.

Each is written after looking what the server has, so that writing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from labelwidget.model import Item, LabelSchema, ReviewerItem, SessionInfo, Trace
from labelwidget.model.event import Event
from labelwidget.store.mlflow import outbox, reviewer_tags, run_tags
from labelwidget.store.mlflow.answers import LOCAL_ID, Written, same_question, sent_from
from labelwidget.store.mlflow.attachments import copy_attachments, names_attachments
from labelwidget.store.mlflow.copying import copied, span_hex
from labelwidget.store.mlflow.outbox import Waiting
from labelwidget.store.mlflow.queues import Queues, set_pooled_state
from labelwidget.store.mlflow.server import Server
from labelwidget.store.sql import reads
from labelwidget.store.sql.transaction import SqlTransaction

__all__ = ["Local", "Sender", "queue_id_of"]

T = TypeVar("T")


class Local(Protocol):
    """The file that everything is in first."""

    def look(self, work: Callable[[Connection], T]) -> T:
        """Read it."""
        ...

    def known_session(self, session_id: str) -> SessionInfo | None:
        """A session of the file, also a deleted one."""
        ...

    def schema(
        self, name: str, *, version: int | None = None, deleted: bool = False
    ) -> LabelSchema | None:
        """A question of the file."""
        ...

    def item(self, item_id: str) -> Item | None:
        """An item of the file."""
        ...

    def trace(self, item_id: str) -> Trace:
        """Its trace."""
        ...


class Sender:
    """Writes rows of the outbox.

    Args:
        server: Where to.
        local: What they stand for.
        where: The file, for messages.
    """

    def __init__(self, server: Server, local: Local, where: str) -> None:
        self._server = server
        self._local = local
        self._where = where

    def send(self, rows: list[Waiting]) -> list[int]:
        """Write the first of an item's rows, with all that one call covers; returns their numbers.

        Raises:
            MlflowError: It could not be written.
        """
        first = rows[0]
        if first.kind == "session":
            self._send_session(first.session_id)
            return [first.number]
        item_id = first.item_id or ""
        if first.kind == "item":
            self._send_item(first.session_id, item_id)
            return [first.number]
        if first.kind == "state":
            # The newest state counts: it covers all that wait, and is written when no answer waits before it.
            states = [row for row in rows if row.kind == "state"]
            self._send_states(states, item_id)
            return [row.number for row in states]
        self._send_answer(first)
        return [first.number]

    def _trace_id(self, row: Waiting) -> str:
        """The trace at the server: the item's own copy, or in a review queue the original."""
        item_id = row.item_id or ""
        if run_tags.queue_of(self._local.known_session(row.session_id)) is None:
            return item_id
        item = self._local.item(item_id)
        return item_id if item is None else item.source_trace_id

    def _send_session(self, session_id: str) -> None:
        info = self._local.known_session(session_id)
        if info is None or run_tags.queue_of(info) is not None:
            return
        schemas = [
            schema
            for name in info.label_schemas
            if (schema := self._local.schema(name, deleted=True)) is not None
        ]
        self._server.tag_run(session_id, run_tags.tags_of(info, schemas))

    def _send_item(self, session_id: str, item_id: str) -> None:
        item = self._local.item(item_id)
        if item is None:
            return
        copy = copied(
            self._local.trace(item_id),
            item,
            run_id=session_id,
            experiment_id=self._server.experiment_id,
        )
        if names_attachments(copy):
            # Their place is known once the trace is there; its spans come after them, with the new names.
            self._server.begin_trace(copy)
            copy = copy_attachments(self._server, copy, item_id)
        self._server.copy_trace(copy)

    def _send_states(self, rows: Sequence[Waiting], item_id: str) -> None:
        info = self._local.known_session(rows[0].session_id)
        found = self._local.look(lambda connection: self._events(connection, rows))
        pooled = queue_id_of(info)
        if pooled is not None:
            queues = Queues(self._server)
            for event in found:
                set_pooled_state(queues, pooled, self._trace_id(rows[0]), event)
        if run_tags.queue_of(info) is None:
            standing = self._local.look(
                lambda connection: {
                    event.reviewer: reads.reviewer_item(connection, item_id, event.reviewer)
                    or ReviewerItem()
                    for event in found
                }
            )
            there = self._server.trace_tags(item_id)
            for key, value in reviewer_tags.tags_to_write(there, found, standing).items():
                self._server.tag_trace(item_id, key, value)

    def _events(self, connection: Connection, rows: Sequence[Waiting]) -> list[Event]:
        reader = SqlTransaction(connection, self._where)
        found = (reader.event(row.event_id) for row in rows if row.event_id is not None)
        return [event for event in found if event is not None]

    def _send_answer(self, row: Waiting) -> None:
        assessment_id = row.assessment_id or ""
        assessment = self._local.look(
            lambda connection: outbox.find_assessment(connection, assessment_id, self._where)
        )
        if assessment is None:
            return
        trace_id = self._trace_id(row)
        there = self._server.assessments(trace_id)
        same = same_question(there, assessment)
        if row.kind == "clear":
            # The newest first: removing an answer makes the one that it replaced valid again.
            for one in reversed(same):
                self._server.delete_assessment(trace_id, one.assessment_id)
            return
        if any(_is(one, assessment_id) for one in there):
            return
        span = None if assessment.span_id is None else span_hex(assessment.span_id)
        sent = sent_from(
            assessment, event_id=row.event_id or "", session_id=row.session_id, span_id=span
        )
        if same and assessment.kind.value == "expectation":
            # MLflow cannot replace an expectation by another one; it can change its value.
            for one in same[:-1]:
                self._server.delete_assessment(trace_id, one.assessment_id)
            self._server.update_expectation(trace_id, same[-1].assessment_id, sent)
            return
        valid = [one for one in same if one.valid]
        self._server.create_assessment(trace_id, sent, valid[-1].assessment_id if valid else None)


def _is(one: Written, assessment_id: str) -> bool:
    return one.assessment_id == assessment_id or one.metadata.get(LOCAL_ID) == assessment_id


def queue_id_of(info: SessionInfo | None) -> str | None:
    """The id of the review queue that a session is, or was pushed as; None without one."""
    pushed = None if info is None else info.settings.get(run_tags.PUSHED)
    return run_tags.queue_of(info) or (pushed if isinstance(pushed, str) else None)
