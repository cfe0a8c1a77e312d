"""Labeling sessions, with the names of `mlflow.genai.labeling`.

```
import labelwidget as lw

session = lw.create_labeling_session("first look", label_schemas=["helpful", lw.EXPECTED_FACTS])
session.add_traces(df)          # a DataFrame of questions and answers, MLflow traces, chat records, files …
lw.ReviewWidget(session)        # label
session.to_df()                 # read the labels
```
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from labelwidget.agents.registry import name_of
from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.labeling_session import LabelingSession, checked_users
from labelwidget.model import JsonValue, LabelSchema, SessionInfo
from labelwidget.model.json import checked_json
from labelwidget.review.reviewer import default_reviewer
from labelwidget.review.rules import now_ms
from labelwidget.review.schemas import resolve_schemas
from labelwidget.store import current_store
from labelwidget.store.base import Store

if TYPE_CHECKING:
    import pandas as pd


__all__ = [
    "LabelingSession",
    "create_labeling_session",
    "delete_labeling_session",
    "get_labeling_session",
    "get_labeling_sessions",
    "restore_labeling_session",
    "search_traces",
]


def create_labeling_session(
    name: str,
    *,
    assigned_users: Sequence[str] | None = None,
    agent: str | Callable[..., object] | None = None,
    label_schemas: Sequence[str | LabelSchema] | None = None,
    enable_multi_turn_chat: bool = False,
    custom_inputs: Mapping[str, object] | None = None,
    reviews_required: int = 1,
) -> LabelingSession:
    """Create a labeling session in the current store.

    Args:
        name: Any text up to 250 characters; it need not be unique.
        assigned_users: Who may label; None or `[]` lets anybody.
        agent: Name of the agent that answers, or a Python function, which is registered by its own name.
        label_schemas: The questions in the order asked: names, or the questions themselves. Built-in ones need no creation.
        enable_multi_turn_chat: The reviewer may continue the conversation.
        custom_inputs: A JSON dict passed to the agent.
        reviews_required: How many reviewers complete an item.

    Returns:
        The session, without traces: `add_traces` brings them.

    Raises:
        NotFoundError: A question or the agent does not exist; the message lists those that do.
        InvalidValueError: An argument breaks a rule.
    """
    store = current_store()
    named = None if agent is None else name_of(store, agent, by=default_reviewer())
    return start_session(
        store, name, assigned_users=assigned_users, agent=named, label_schemas=label_schemas,
        enable_multi_turn_chat=enable_multi_turn_chat, custom_inputs=custom_inputs, reviews_required=reviews_required,
    )  # fmt: skip


def start_session(
    store: Store,
    name: str,
    *,
    assigned_users: Sequence[str] | None = None,
    agent: str | None = None,
    label_schemas: Sequence[str | LabelSchema] | None = None,
    enable_multi_turn_chat: bool = False,
    custom_inputs: Mapping[str, object] | None = None,
    reviews_required: int = 1,
    no_questions: bool = False,
) -> LabelingSession:
    """Create a labeling session in a store; see `create_labeling_session`. `no_questions` says that it may ask none yet."""
    if not isinstance(name, str) or not name.strip() or len(name) > 250:
        raise InvalidValueError(f"name is {shown(name)}; pass a text of 1 to 250 characters.")
    if (
        isinstance(reviews_required, bool)
        or not isinstance(reviews_required, int)
        or reviews_required < 1
    ):
        raise InvalidValueError(
            f"reviews_required is {shown(reviews_required)}; pass a whole number of at least 1."
        )
    schemas = resolve_schemas(store, label_schemas or [])
    if not schemas and not no_questions:
        warnings.warn(
            f"Session {shown(name)} asks no questions: pass label_schemas=[…] or call session.set_label_schemas([…]) before labelling.",
            stacklevel=3,
        )
    info = SessionInfo(
        name=name,
        assigned_users=checked_users(assigned_users),
        agent=agent,
        label_schemas=[schema.name for schema in schemas],
        enable_multi_turn_chat=enable_multi_turn_chat,
        custom_inputs=None
        if custom_inputs is None
        else cast("dict[str, JsonValue]", checked_json(dict(custom_inputs), where="custom_inputs")),
        reviews_required=reviews_required,
        created_at=now_ms(),
        created_by=default_reviewer(),
        # Last: all else was checked before an MLflow server makes a run for it.
        session_id=store.new_session_id(name),
    )
    store.put_session(info)
    return LabelingSession(store, info)


def get_labeling_sessions() -> list[LabelingSession]:
    """All sessions of the current store, newest first."""
    store = current_store()
    return [LabelingSession(store, info) for info in store.sessions()]


def get_labeling_session(run_id: str) -> LabelingSession:
    """The session with this id.

    Args:
        run_id: Its `labeling_session_id`, which is its `mlflow_run_id`.

    Raises:
        NotFoundError: There is none; the message names the sessions that there are.
    """
    store = current_store()
    info = store.session(run_id)
    if info is None:
        known = [f"{known.name} ({known.session_id})" for known in store.sessions()[:5]]
        raise NotFoundError(
            f"Labeling session with run_id {shown(run_id)} not found in {store.url}. Newest sessions: {shown(known, 500)}."
        )
    return LabelingSession(store, info)


def delete_labeling_session(labeling_session: LabelingSession, *, purge: bool = False) -> None:
    """Delete a session; its traces and labels stay until it is purged, and `restore_labeling_session` brings it back.

    Args:
        labeling_session: The session.
        purge: Remove it with its traces and labels for good.
    """
    store, session_id = labeling_session.store, labeling_session.labeling_session_id
    info = store.session(session_id, deleted=True)
    if info is None:
        raise NotFoundError(f"Labeling session {shown(session_id)} does not exist in {store.url}.")
    if purge:
        store.purge_session(session_id)
    elif info.deleted_at is None:
        store.put_session(info.model_copy(update={"deleted_at": now_ms()}))


def restore_labeling_session(run_id: str) -> LabelingSession:
    """Bring back a deleted session with its traces and labels.

    Args:
        run_id: Its id.

    Raises:
        NotFoundError: There is none by this id; it may have been purged.
    """
    store = current_store()
    info = store.session(run_id, deleted=True)
    if info is None:
        raise NotFoundError(
            f"Labeling session {shown(run_id)} does not exist in {store.url}; a purged one cannot be restored."
        )
    info = info.model_copy(update={"deleted_at": None})
    store.put_session(info)
    return LabelingSession(store, info)


def search_traces(
    run_id: str, *, include_spans: bool = True, max_results: int | None = None
) -> pd.DataFrame:
    """The traces of a session with their assessments, in the columns of `mlflow.search_traces`.

    Args:
        run_id: The session's `mlflow_run_id`.
        include_spans: Leave out the `spans` column when False.
        max_results: Most rows; None for all.

    Returns:
        Columns `trace_id, trace` (JSON), `client_request_id, state, request_time` (ms), `execution_duration` (ms),
        `request, response` (parsed), `trace_metadata, tags, spans, assessments` (lists of dicts as MLflow writes them).

    Raises:
        NotFoundError: No such session.
    """
    from labelwidget.writers.frames import traces_frame

    session = get_labeling_session(run_id)
    return traces_frame(
        session.store, session.info, include_spans=include_spans, max_results=max_results
    )
