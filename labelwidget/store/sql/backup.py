"""A copy of a store's file that is whole, whoever labels meanwhile."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

from sqlalchemy import Engine

from labelwidget.errors import AlreadyExistsError, InvalidValueError, StoreError, shown

__all__ = ["back_up"]

_PAGES_AT_ONCE = 4_000
_PAUSE_SECONDS = 0.01


def back_up(reader: Engine, name: str, target: str | Path) -> Path:
    """Copy a store's file, as it is at one moment.

    Args:
        reader: Of the store.
        name: How messages call the store.
        target: The file to make.

    Returns:
        Its path.

    Raises:
        InvalidValueError: The store is not a file.
        AlreadyExistsError: The target is there already.
        StoreError: It cannot be written; nothing is left of it.
    """
    if reader.dialect.name != "sqlite":
        raise InvalidValueError(
            f"{name} is kept by a server, which makes its own backups: pg_dump --format=custom --file=labels.dump …"
        )
    path = Path(target).expanduser().absolute()
    part = path.with_name(f"{path.name}.part")
    if path.exists():
        raise AlreadyExistsError(f"There is a file {path} already. Name one that does not exist.")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with reader.connect() as connection, closing(sqlite3.connect(part)) as copy:
            raw = cast(sqlite3.Connection, connection.connection.dbapi_connection)
            # Begun anew by itself when somebody saves between two of its steps, so that it is of one moment.
            raw.backup(copy, pages=_PAGES_AT_ONCE, sleep=_PAUSE_SECONDS)
            _check(copy, name)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written ({error}). Nothing was left of it.") from None
    except StoreError:
        part.unlink(missing_ok=True)
        raise
    return path


def _check(copy: sqlite3.Connection, name: str) -> None:
    (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"The copy of {name} is damaged ({shown(verdict)}); it was removed.")
