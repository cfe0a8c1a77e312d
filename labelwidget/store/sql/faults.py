"""What went wrong, in the words of our errors.

Drivers say "database is locked" or "disk I/O error"; a person wants to know which file, whether anything was lost, and
what to do. `Fault.kind` says what the writer does next.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, OperationalError

from labelwidget.errors import (
    InvalidValueError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
)

__all__ = ["Fault", "FaultKind", "find_fault"]


class FaultKind(StrEnum):
    """What to do about it."""

    BUSY = "busy"
    """Try again, with the same connection."""
    LOST = "lost"
    """Try again, with a new connection."""
    FAILED = "failed"
    """Tell the caller; the connection is replaced."""


class Fault(NamedTuple):
    """A driver's error, understood."""

    kind: FaultKind
    error: StoreError | InvalidValueError


_NOTHING_WRITTEN = "Nothing was written."

# SQLSTATE classes after which PostgreSQL (and engines compatible with it) ask for the transaction to be run again.
# Two that add the same row at once: run again, the second finds it.
_PG_RETRY = {"40001", "40P01", "55P03", "53300", "57014", "23505"}
_PG_LOST = {"57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "25P02"}


def find_fault(error: BaseException, where: str) -> Fault | None:
    """Understand an error of SQLAlchemy or of the driver.

    Args:
        error: What was raised.
        where: The store's address, for the message.

    Returns:
        What to do and what to say, or None when the error is not the database's.
    """
    if isinstance(error, OverflowError):
        return Fault(
            FaultKind.FAILED,
            InvalidValueError(f"A number does not fit into 64 bits. {_NOTHING_WRITTEN}"),
        )
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause, where)
    if isinstance(error, DBAPIError):
        return _server(error, where)
    return None


def _sqlite(cause: sqlite3.Error, where: str) -> Fault | None:
    # Errors that Python's module raises itself carry no code.
    code: int = getattr(cause, "sqlite_errorcode", 0)
    said = str(cause)
    failed = FaultKind.FAILED
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Fault(
                FaultKind.BUSY,
                StoreBusyError(
                    f"Another program holds {where} and did not let go of it for a minute. {_NOTHING_WRITTEN} "
                    "Close the other program (or let it finish) and try again."
                ),
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return Fault(failed, read_only(where))
        case sqlite3.SQLITE_FULL:
            return Fault(
                failed,
                StoreError(
                    f"The disk that holds {where} is full. {_NOTHING_WRITTEN} Free some space and try again."
                ),
            )
        case sqlite3.SQLITE_IOERR:
            return Fault(
                failed,
                StoreError(
                    f"The disk that holds {where} failed to read or write ({said}). {_NOTHING_WRITTEN} "
                    "Check that the disk has space and is still there, and try again."
                ),
            )
        case sqlite3.SQLITE_CANTOPEN:
            return Fault(
                failed,
                StoreError(
                    f"{where} cannot be opened ({said}). {_NOTHING_WRITTEN} Check that the file is still "
                    "there and that its folder may be written."
                ),
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return Fault(failed, corrupt(where, said))
        case sqlite3.SQLITE_TOOBIG:
            return Fault(
                failed, InvalidValueError(f"A value is too large for {where}. {_NOTHING_WRITTEN}")
            )
        case sqlite3.SQLITE_ERROR if "no such table" in said or "no such column" in said:
            return Fault(failed, corrupt(where, said))
        case _:
            return None


def _server(error: DBAPIError, where: str) -> Fault | None:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state in _PG_RETRY:
        return Fault(
            FaultKind.BUSY,
            StoreBusyError(
                f"{where} was too busy with other reviewers for a minute. {_NOTHING_WRITTEN} Try again."
            ),
        )
    if (
        error.connection_invalidated
        or state in _PG_LOST
        or (isinstance(error, OperationalError) and not state)
    ):
        return Fault(
            FaultKind.LOST,
            StoreBusyError(f"{where} does not answer. Check that the server runs, and try again."),
        )
    if state == "25006" or state == "42501":
        return Fault(FaultKind.FAILED, read_only(where))
    if state[:2] == "53":
        return Fault(
            FaultKind.FAILED,
            StoreError(
                f"The server of {where} is out of disk or memory. {_NOTHING_WRITTEN} Try again later."
            ),
        )
    if state[:2] in {"XX", "42"}:
        return Fault(FaultKind.FAILED, corrupt(where, f"SQLSTATE {state}"))
    return None


def read_only(where: str) -> StoreReadOnlyError:
    """The store can be read but not written."""
    return StoreReadOnlyError(
        f"{where} is read-only: you can look at it, not save. {_NOTHING_WRITTEN} Copy the file to a folder of your "
        "own and open it there: labelwidget.connect('copy.db')."
    )


def corrupt(where: str, said: str) -> StoreCorruptError:
    """The store is damaged or not ours."""
    return StoreCorruptError(
        f"{where} is damaged or is not a labelwidget store ({said}). It was left as it is. {remedy(where)}"
    )


def remedy(where: str) -> str:
    """What to do about a damaged file: its journal has the labels, where there is one."""
    second = f"{where}.journal.jsonl"
    if Path(second).is_file():
        return (
            f"Its labels are in {second} too: labelwidget.store.sql.rescue.rebuild({second!r}, 'rescued.db') "
            "makes a new store of them."
        )
    return "Restore it from a copy, or open another file: labelwidget.connect('other.db')."
