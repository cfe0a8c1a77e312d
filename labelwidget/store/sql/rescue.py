"""Labels back from the journal, when the file itself is damaged or gone.

```
from labelwidget.store.sql.rescue import rebuild
print(rebuild("labels.db.journal.jsonl", "rescued.db"))
```
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from labelwidget.errors import AlreadyExistsError, ConflictError, NotFoundError
from labelwidget.model import (
    Assessment,
    AssessmentSource,
    Item,
    LabelSchema,
    ReviewerItem,
    SessionInfo,
    Trace,
)
from labelwidget.model.event import Event
from labelwidget.store.base import NewItem
from labelwidget.store.sql import catalog
from labelwidget.store.sql.engine import SqliteDatabase
from labelwidget.store.sql.journal import Journal, Op, journal_path, lines_of
from labelwidget.store.sql.sql_store import SqlStore
from labelwidget.store.sql.transaction import SqlTransaction

__all__ = ["Rebuilt", "missing_events", "rebuild"]

_LINES_AT_ONCE = 200


@dataclass
class Rebuilt:
    """What came back.

    Attributes:
        store: The new store.
        lines: How many lines the journal has.
        damaged: Numbers of the lines that are damaged and were left out.
        incomplete: Numbers of lines that name an item or session that no sound line made.
        events: How many events came back.
    """

    store: SqlStore = field(repr=False)
    lines: int = 0
    damaged: list[int] = field(default_factory=list[int])
    incomplete: list[int] = field(default_factory=list[int])
    events: int = 0


def rebuild(journal: str | Path, new_path: str | Path) -> Rebuilt:
    """Make a store from a journal. Traces are not in it: add them to a session again to read them beside their labels.

    Args:
        journal: The journal, `<file>.journal.jsonl`.
        new_path: The file to make.

    Returns:
        The new store, and which lines of the journal were of no use.

    Raises:
        NotFoundError: There is no journal.
        AlreadyExistsError: There is a file at the new path already.
        StoreError: The new file cannot be written.
    """
    source, target = Path(journal), Path(new_path)
    if not source.is_file():
        raise NotFoundError(f"There is no journal {source}.")
    if target.exists():
        raise AlreadyExistsError(f"There is a file {target} already. Name one that does not exist.")
    store = SqlStore(SqliteDatabase(target), Journal(target))
    result = Rebuilt(store)
    batch: list[tuple[int, list[Op]]] = []
    for number, ops in lines_of(source):
        result.lines += 1
        if ops is None:
            result.damaged.append(number)
        else:
            batch.append((number, ops))
        if len(batch) == _LINES_AT_ONCE:
            _replay(store, batch, result)
            batch = []
    _replay(store, batch, result)
    return result


def missing_events(path: str | Path) -> list[str]:
    """Events of a store's journal that the store does not have: saves that failed, or labels that were lost.

    Args:
        path: The store's file.

    Returns:
        Their ids, in order.

    Raises:
        NotFoundError: There is no journal.
    """
    source = journal_path(Path(path))
    if not source.is_file():
        raise NotFoundError(f"There is no journal {source}.")
    store = SqlStore(SqliteDatabase(Path(path)))
    found = [
        str(values["event_id"])
        for _, ops in lines_of(source)
        for kind, values in ops or []
        if kind == "event"
    ]
    missing = store.transact(lambda tx: [one for one in found if tx.event(one) is None])
    store.close()
    return list(dict.fromkeys(missing))


def _replay(store: SqlStore, batch: Sequence[tuple[int, list[Op]]], result: Rebuilt) -> None:
    def work(tx: SqlTransaction) -> tuple[int, list[int]]:
        count, incomplete = 0, list[int]()
        for number, ops in batch:
            whole = True
            for kind, values in ops:
                try:
                    if not _Replay(tx).apply(kind, values):
                        break  # the save was tried twice: the first line of it counts
                    count += kind == "event"
                except (NotFoundError, ConflictError):
                    whole = False
            if not whole:
                incomplete.append(number)
        return count, incomplete

    count, incomplete = store.replay(work)
    result.events += count
    result.incomplete += incomplete


class _Replay:
    """One change after another, into a transaction."""

    def __init__(self, tx: SqlTransaction) -> None:
        self.tx = tx

    def apply(self, kind: str, values: dict[str, Any]) -> bool:
        """Apply a change; False when the line it is in was applied before."""
        connection = self.tx.connection
        match kind:
            case "question":
                schema = LabelSchema.model_validate(values)
                catalog.put_schema(connection, schema)
            case "question_deleted":
                catalog.delete_schema(connection, values["name"])
            case "session":
                catalog.put_session(connection, SessionInfo.model_validate(values))
            case "item":
                self._item(values)
            case "event":
                event = Event.model_validate(values)
                if self.tx.session(event.session_id) is None:
                    raise NotFoundError(f"No session {event.session_id}.")
                if self.tx.event(event.event_id) is not None:
                    return False
                self.tx.append_event(event)
            case "answer":
                self._answer(values)
            case "cleared":
                with suppress(NotFoundError):  # its session was removed for good
                    self.tx.clear_answer(values["assessment_id"])
            case "status":
                status = ReviewerItem.model_validate(values["status"])
                self.tx.put_reviewer_item(self._found(values), values["reviewer"], status)
            case _:  # the header, and what later versions add
                pass
        return True

    def _item(self, values: dict[str, Any]) -> None:
        item = Item(position=0, **values)
        stub = Trace(
            trace_id=item.item_id,
            name=item.trace_name,
            metadata={"labelwidget.rebuilt": "the trace itself is not in the journal"},
        )
        packed = catalog.pack_items([NewItem(item, stub)])
        catalog.add_items(self.tx.connection, item.session_id, packed)

    def _answer(self, values: dict[str, Any]) -> None:
        body = cast("dict[str, Any]", values["answer"])
        source = body.pop("source")
        answer = Assessment.model_validate(
            {**body, "source": AssessmentSource(source["source_type"], source["source_id"])}
        )
        self.tx.put_answer(self._found(values), answer)

    def _found(self, values: dict[str, Any]) -> Item:
        item = self.tx.item(values["item_id"])
        if item is None:
            raise NotFoundError(f"No item {values['item_id']}.")
        return item
