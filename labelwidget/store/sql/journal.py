"""The second copy: every label once more, as lines of JSON beside the file, written before the save is acknowledged.

A damaged database can hide labels or give back none at all; of a text file that was only ever appended to, every line
that is whole is still there. Each line is one transaction with its SHA-256. It holds questions, sessions, which trace is
which item, events, answers and states, not the traces themselves. `rescue.rebuild` makes a store of it again.

```
{"sha256": "…", "ops": [["event", {…}], ["answer", {…}], ["status", {…}]]}
```

A line may stand for a save that failed in the end (its writer was told so): the journal never has less than the store.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, select

from labelwidget.errors import InvalidValueError, StoreError
from labelwidget.model import Assessment, Item, LabelSchema, ReviewerItem, SessionInfo
from labelwidget.model.json import dumps_ascii, loads
from labelwidget.store.sql import reads, rows
from labelwidget.store.sql.tables import (
    assessments,
    events,
    items,
    reviewer_items,
    schema_versions,
    schemas,
    sessions,
    store_info,
)

__all__ = ["Journal", "Op", "journal_path", "lines_of"]

Op = tuple[str, dict[str, object]]
"""One change: what kind, and its values."""

_ITEM_FIELDS = ("item_id", "session_id", "source_trace_id", "title", "trace_name", "trace_state")
_OPS_IN_A_LINE = 500
_HEADER_BYTES = 400


def journal_path(store: Path) -> Path:
    """Where the journal of a store's file is: `labels.db.journal.jsonl` beside `labels.db`."""
    return store.with_name(f"{store.name}.journal.jsonl")


def question_op(schema: LabelSchema) -> Op:
    """A version of a question."""
    return "question", schema.model_dump()


def question_deleted_op(name: str) -> Op:
    """A question was hidden."""
    return "question_deleted", {"name": name}


def session_op(info: SessionInfo) -> Op:
    """A session, or what is known of it now."""
    return "session", info.model_dump()


def item_op(item: Item) -> Op:
    """An item: enough to know which trace it is."""
    return "item", {name: getattr(item, name) for name in _ITEM_FIELDS}


def answer_op(item: Item, assessment: Assessment) -> Op:
    """An answer."""
    body = assessment.model_dump()
    return "answer", {"session_id": item.session_id, "item_id": item.item_id, "answer": body}


def cleared_op(assessment_id: str) -> Op:
    """An answer without a successor."""
    return "cleared", {"assessment_id": assessment_id}


def status_op(item: Item, reviewer: str, status: ReviewerItem) -> Op:
    """Where a reviewer stands."""
    return "status", {
        "session_id": item.session_id,
        "item_id": item.item_id,
        "reviewer": reviewer,
        "status": status.model_dump(),
    }


class Journal:
    """The journal of one store.

    Args:
        store: The store's file.
    """

    def __init__(self, store: Path) -> None:
        self.path = journal_path(store)
        self._ours: tuple[int, int] | None = (
            None  # device and inode of the file that was found to be ours
        )

    def append(self, connection: Connection, ops: Sequence[Op], where: str) -> None:
        """Write what a transaction changes, durably; called inside it, just before COMMIT.

        A journal that is missing, or that belongs to another store, is begun anew with all that the store holds.

        Args:
            connection: In the transaction.
            ops: The changes; nothing is written for none.
            where: The store, for messages.

        Raises:
            StoreError: The journal cannot be written; the transaction is to be given up.
        """
        if not ops:
            return
        try:
            if self._identity() != self._ours or self._ours is None:
                store_id = connection.execute(
                    select(store_info.c.value).where(store_info.c.key == "store_id")
                ).scalar()
                known = self._store_id()
                if known != store_id:
                    if known is not None:
                        aside = f"{self.path.name}.{known[:8] or 'old'}"
                        self.path.replace(self.path.with_name(aside))
                    self._begin(connection, str(store_id), where)
                    return
                self._ours = self._identity()
            self._write(self.path, [ops])
        except OSError as error:
            raise self._error(error) from None

    def close(self) -> None:
        """Look at the file anew at the next line."""
        self._ours = None

    def forget(self, session_id: str) -> None:
        """Leave out a session that is removed for good.

        Raises:
            StoreError: The journal cannot be written.
        """
        if not self.path.exists():
            return
        try:
            kept = (
                [op for op in ops if op[1].get("session_id") != session_id]
                for _, ops in lines_of(self.path)
                if ops
            )
            self._replace([ops for ops in kept if ops])
        except OSError as error:
            raise self._error(error) from None

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)  # noqa: PTH116  on every save: Path.stat costs twice as much
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _begin(self, connection: Connection, store_id: str, where: str) -> None:
        header: Op = ("store", {"store_id": store_id, "format": 1})
        everything = list(_everything(connection, where))
        parts = [
            everything[at : at + _OPS_IN_A_LINE] for at in range(0, len(everything), _OPS_IN_A_LINE)
        ]
        self._replace([[header], *parts])

    def _replace(self, lines: Sequence[Sequence[Op]]) -> None:
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        self._write(fresh, lines)
        fresh.replace(self.path)

    def _write(self, path: Path, lines: Sequence[Sequence[Op]]) -> None:
        # Opened for every write: the file may be moved away at any time, and forks share nothing.
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            data = b"".join(map(_line, lines))
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":
                data = b"\n" + data  # after a line that a crash or a full disk cut off
            while data:
                data = data[os.write(file, data) :]
            os.fdatasync(file) if hasattr(os, "fdatasync") else os.fsync(file)
        finally:
            os.close(file)

    def _store_id(self) -> str | None:
        """Whose journal it is; None when there is none, empty when that cannot be read."""
        try:
            with self.path.open("rb") as file:
                start = file.read(_HEADER_BYTES)
        except FileNotFoundError:
            return None
        ops = _ops(start.partition(b"\n")[0])
        return str(ops[0][1].get("store_id", "")) if ops and ops[0][0] == "store" else ""

    def _error(self, error: OSError) -> StoreError:
        return StoreError(
            f"The second copy of the labels, {self.path}, cannot be written ({error.strerror}). Nothing was saved. Make room or "
            "make it writable; or open the store without it: labelwidget.connect(..., journal=False)."
        )


def lines_of(path: Path) -> Iterator[tuple[int, list[Op] | None]]:
    """The lines of a journal.

    Args:
        path: The journal.

    Yields:
        The number of a line from 1, and its changes; None for a line that is damaged.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, _ops(line)


def _line(ops: Sequence[Op]) -> bytes:
    body = dumps_ascii(ops)
    return f'{{"sha256":"{rows.digest(body)}","ops":{body}}}\n'.encode("ascii")


def _ops(line: bytes) -> list[Op] | None:
    head, middle, rest = line.rstrip(b"\n").partition(b'","ops":')
    if not middle or not head.startswith(b'{"sha256":"') or not rest.endswith(b"}"):
        return None
    body = rest[:-1]
    if rows.digest(body.decode("ascii", "replace")) != head[11:].decode("ascii", "replace"):
        return None
    try:
        found = cast("list[tuple[str, dict[str, object]]]", loads(body))
    except InvalidValueError:
        return None
    return [(kind, values) for kind, values in found]


def _everything(connection: Connection, where: str) -> Iterator[Op]:
    """All that a journal of the store would hold, in an order in which it can be replayed."""
    versions = select(schema_versions.c.body).join(
        schemas, schemas.c.name == schema_versions.c.name
    )
    for body in connection.execute(
        versions.order_by(schemas.c.place, schema_versions.c.version)
    ).scalars():
        yield "question", cast("dict[str, object]", body)
    for name in connection.execute(
        select(schemas.c.name).where(schemas.c.deleted_at.is_not(None))
    ).scalars():
        yield question_deleted_op(cast(str, name))
    for body in connection.execute(select(sessions.c.body).order_by(sessions.c.place)).scalars():
        yield "session", cast("dict[str, object]", body)
    for row in connection.execute(
        select(*(items.c[name] for name in _ITEM_FIELDS)).order_by(items.c.position)
    ):
        yield "item", dict(zip(_ITEM_FIELDS, row, strict=True))
    for body in connection.execute(select(events.c.body).order_by(events.c.seq)).scalars():
        yield "event", cast("dict[str, object]", loads(body))
    labels = reads.select_assessments.where(assessments.c.prior.is_(False)).order_by(
        assessments.c.seq
    )
    for row in connection.execute(labels):
        answer = rows.assessment_from(row, where)
        yield (
            "answer",
            {
                "session_id": answer.session_id,
                "item_id": answer.trace_id,
                "answer": answer.model_dump(),
            },
        )
    status = select(
        reviewer_items.c.session_id,
        reviewer_items.c.item_id,
        reviewer_items.c.reviewer,
        reviewer_items.c.state,
        reviewer_items.c.flagged,
        reads.raw(reviewer_items.c.note),
        reviewer_items.c.duration_ms,
        reviewer_items.c.updated_at,
    )
    for row in connection.execute(status):
        yield (
            "status",
            {
                "session_id": row.session_id,
                "item_id": row.item_id,
                "reviewer": row.reviewer,
                "status": rows.reviewer_item_from(row[3:]).model_dump(),
            },
        )
