"""Conversations that nobody has decided to keep yet: a store for the time of this kernel, and the way out of it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import uuid
from pathlib import Path

from labelwidget.agents.talk import call_in_progress
from labelwidget.errors import ConflictError, InvalidValueError
from labelwidget.model import SessionInfo, Trace
from labelwidget.model.turn import TurnState, shown_path
from labelwidget.review.importing import new_item
from labelwidget.store.base import NewItem, Store
from labelwidget.store.turn_store import NewTurn, ShownItem

__all__ = ["keep_conversations", "new_conversation", "scratch_store"]

_lock = threading.Lock()
_folder: Path | None = None


def scratch_store() -> Store:
    """A store of its own in a folder that only this user can read, removed with the kernel."""
    from labelwidget.store.sql.opening import open_store

    global _folder  # noqa: PLW0603  one folder a kernel
    with _lock:
        if _folder is None:
            _folder = Path(tempfile.mkdtemp(prefix="labelwidget-chat-"))
            atexit.register(shutil.rmtree, _folder, ignore_errors=True)
        return open_store(f"sqlite:///{_folder / f'{uuid.uuid4().hex}.db'}", journal=False)


def new_conversation(store: Store, session_id: str, text: str) -> str:
    """Begin a conversation with what the user says first.

    Returns:
        The id of its item, which wants an answer.

    Raises:
        InvalidValueError: The text is blank.
    """
    if not text.strip():
        raise InvalidValueError("The message is blank. Write what to ask.")
    # An id of its own: the same words may begin two conversations.
    trace = Trace(
        trace_id=f"chat-{uuid.uuid4().hex}",
        inputs={"messages": [{"role": "user", "content": text}]},
        format="inputs",
    )
    new = new_item(session_id, trace)
    store.add_items(session_id, [new])
    return new.item.item_id


def keep_conversations(scratch: Store, session_id: str, store: Store, info: SessionInfo) -> None:
    """Copy conversations with all their branches, traces and ids into a session that is empty.

    Args:
        scratch: Where they are.
        session_id: Their session there.
        store: Where they go.
        info: The session there.

    Raises:
        ConflictError: An agent is still answering.
    """
    found = list(scratch.traces(session_id))
    for item, _ in found:
        if call_in_progress(scratch, item.item_id) is not None:
            raise ConflictError(
                "The agent is still answering. Wait for it, or stop it; then save the conversation."
            )
    for item, trace in found:
        mine = item.model_copy(update={"session_id": info.session_id})
        store.add_items(info.session_id, [NewItem(mine, trace)])
        rows = [
            row.model_copy(update={"session_id": info.session_id})
            for row in scratch.turns(session_id, item.item_id)
        ]
        new = [
            NewTurn(row, scratch.turn_trace(row.turn_id) if _has_trace(row.state) else None)
            for row in rows
        ]
        if not new:
            continue
        placed = store.item(item.item_id)
        shown = None if placed is None or not shown_path(rows) else ShownItem(placed, trace)
        store.add_turns(new, shown)


def _has_trace(state: TurnState) -> bool:
    return state not in (TurnState.STARTED, TurnState.CHOSEN)
