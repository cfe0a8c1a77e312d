"""MLflow's review queues as sessions, and sessions as review queues.

A queue's item has one state for all reviewers, set by whoever acts on it; a session has one for each reviewer. What comes
from a queue counts for the one who did it there and for the one who looks at it here, since the queue asks nobody else.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import InputTextList, Item, ItemState, LabelSchema, SessionInfo
from labelwidget.readers import read_traces
from labelwidget.review.importing import new_item
from labelwidget.review.mlflow_sessions import (
    questions_of,
    take_answers,
    take_state,
    without_own,
)
from labelwidget.review.rules import now_ms
from labelwidget.store.base import NewItem
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from labelwidget.store.mlflow.queues import Queue, QueueItem, Queues
from labelwidget.store.mlflow.run_tags import PUSHED, QUEUE, queue_of

__all__ = ["askable", "open_queue", "push_queue", "refresh_queue"]

_DECIDED = (ItemState.COMPLETED, ItemState.SKIPPED)
_BATCH = 100


def open_queue(store: MlflowStore, name: str, reviewer: str) -> SessionInfo:
    """Bring a queue with its questions, items, answers and states into the store's file.

    Args:
        store: The store.
        name: The queue's name or id.
        reviewer: Who looks at it here.

    Returns:
        The session that stands for the queue; the same one each time.

    Raises:
        NotFoundError: There is no such queue.
        InvalidValueError: A question of ours has the name of one of the queue's and is of another kind.
    """
    queues = Queues(store.server)
    queue = queues.find(name)
    schemas = _queue_questions(queues, queue)
    for schema in schemas:
        _check_same(store, schema)
    known = store.session(queue.queue_id, deleted=True)
    info = SessionInfo(
        session_id=queue.queue_id,
        name=queue.name,
        assigned_users=queue.users,
        label_schemas=[schema.name for schema in schemas],
        created_at=now_ms() if known is None else known.created_at,
        settings={**({} if known is None else known.settings), QUEUE: queue.queue_id},
    )
    store.take_session(info, schemas)
    items = queues.items(queue.queue_id)
    gone = _add_missing(store, queue, items)
    if gone:
        warnings.warn(
            f"{gone} of {len(items)} items of the review queue {shown(queue.name)} name traces that do not exist (any more); "
            "they are left out.",
            stacklevel=3,
        )
    refresh_queue(store, info, reviewer)
    return info


def _queue_questions(queues: Queues, queue: Queue) -> list[LabelSchema]:
    """The queue's questions, in the order made: MLflow keeps no other. A personal queue asks all of the experiment's."""
    known = queues.schemas()
    if queue.is_personal:
        return list(known.values())
    return [schema for schema_id, schema in known.items() if schema_id in queue.schema_ids]


def _check_same(store: MlflowStore, schema: LabelSchema) -> None:
    ours = store.schema(schema.name, deleted=True)
    if ours is not None and (ours.type, ours.input.kind) != (schema.type, schema.input.kind):
        raise InvalidValueError(
            f"The queue's question {shown(schema.name)} is {schema.type.value} with {type(schema.input).__name__}; here a "
            f"question of this name is {ours.type.value} with {type(ours.input).__name__}. Rename one of them."
        )


def _add_missing(store: MlflowStore, queue: Queue, items: Sequence[QueueItem]) -> int:
    """Add items that are not in the session yet; returns how many of them name no trace."""
    columns = store.item_columns(queue.queue_id)["source_trace_id"]
    known = set(columns)
    gone = 0
    batch: list[NewItem] = []
    for item in items:
        if item.trace_id in known:
            continue
        record = store.server.trace(item.trace_id)
        if record is None:
            gone += 1
            continue
        batch.extend(
            new_item(queue.queue_id, without_own(trace)) for trace in read_traces(record, "mlflow")
        )
        if len(batch) >= _BATCH:
            store.take_items(queue.queue_id, batch)
            batch = []
    if batch:
        store.take_items(queue.queue_id, batch)
    return gone


def refresh_queue(store: MlflowStore, info: SessionInfo, reviewer: str) -> int:
    """Bring answers and states that were given in MLflow's Review tab.

    Args:
        store: The store.
        info: The session: a queue, or one that was pushed as a queue.
        reviewer: Who looks at it here.

    Returns:
        How many are new.
    """
    is_queue = queue_of(info) is not None
    queue_id = queue_of(info) or info.settings.get(PUSHED)
    if not isinstance(queue_id, str):
        return 0
    questions = questions_of(store, info.session_id)
    states = {item.trace_id: item for item in Queues(store.server).items(queue_id)}
    new = 0
    for item in _items(store, info.session_id):
        trace_id = item.source_trace_id if is_queue else item.item_id
        if is_queue:
            said = store.server.said_of(trace_id)
            if said is not None:
                new += take_answers(store, item, questions, said.assessments)
        if trace_id in states:
            new += _take_queue_state(store, item, states[trace_id], reviewer)
    return new


def _items(store: MlflowStore, session_id: str) -> list[Item]:
    found: list[Item] = []
    while page := store.items(session_id, start=len(found), limit=_BATCH):
        found.extend(page)
    return found


def _take_queue_state(store: MlflowStore, item: Item, there: QueueItem, reviewer: str) -> int:
    if there.state in _DECIDED:
        who = {name.casefold(): name for name in (reviewer, there.by) if name}
        return sum(take_state(store, item, name, there.state) for name in who.values())
    # Open there: whoever had decided it has to look again.
    if store.reviewer_item(item.item_id, reviewer).state in _DECIDED:
        return take_state(store, item, reviewer, ItemState.IN_PROGRESS)
    return 0


def push_queue(
    store: MlflowStore,
    info: SessionInfo,
    questions: Sequence[LabelSchema],
    *,
    name: str,
    users: Sequence[str],
) -> Queue:
    """Make a queue of a session: its traces, its questions, and where they stand.

    Args:
        store: The store.
        info: The session.
        questions: Those to ask; MLflow has no list of texts.
        name: The queue's name, unique in the experiment.
        users: Who reviews, at most ten.

    Returns:
        The queue.

    Raises:
        InvalidValueError: A question that MLflow cannot ask, or too many users.
        AlreadyExistsError: The name is taken.
    """
    if queue_of(info) is not None:
        raise InvalidValueError(f"Session {shown(info.name)} is a review queue already.")
    queues = Queues(store.server)
    known = {schema.name: schema for schema in queues.schemas().values()}
    schema_ids: list[str] = []
    for question in questions:
        there = known.get(question.name)
        if there is not None and there.type != question.type:
            raise InvalidValueError(
                f"MLflow has a label schema {shown(question.name)} that is {there.type.value}; ours is {question.type.value}. "
                "Delete or rename one of them."
            )
        schema_ids.append(queues.create_schema(question) if there is None else there.schema_id)
    items = _items(store, info.session_id)
    queue = queues.create(
        name, users=users, schema_ids=schema_ids, trace_ids=[item.item_id for item in items]
    )
    columns = store.status_columns(info.session_id)
    for item_id, who, state in zip(
        columns["item_id"], columns["reviewer"], columns["state"], strict=True
    ):
        if state in _DECIDED:
            queues.set_state(queue.queue_id, str(item_id), ItemState(str(state)), str(who))
    store.take_session(
        info.model_copy(update={"settings": {**info.settings, PUSHED: queue.queue_id}}), []
    )
    return queue


def askable(questions: Sequence[LabelSchema]) -> list[LabelSchema]:
    """The questions that a review queue can ask: all but lists of texts."""
    return [schema for schema in questions if not isinstance(schema.input, InputTextList)]
