"""From an address to an open store."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from labelwidget.errors import InvalidValueError
from labelwidget.store.sql.engine import PostgresDatabase, SqliteDatabase
from labelwidget.store.sql.journal import Journal
from labelwidget.store.sql.sql_store import SqlStore

__all__ = ["open_store"]


def open_store(url: str, *, journal: bool = True, migrate: bool = False) -> SqlStore:
    """Open a store.

    Args:
        url: `sqlite:///path/to/file.db` or `postgresql+psycopg://user@host/database`.
        journal: Keep a second copy of the labels beside the file; a server has no use for it.
        migrate: Bring a server's store of an older version up to date; a file's is always.

    Returns:
        The store, with its tables made or migrated.

    Raises:
        InvalidValueError: The address cannot be read.
        StoreError: The store cannot be opened.
    """
    if url.startswith("sqlite:"):
        path = url.removeprefix("sqlite:").removeprefix("///")
        if not path or path.startswith((":memory:", "//")) or "?" in path:
            raise InvalidValueError(
                f"{url} names no file. Labels are kept in a file: sqlite:///labels.db, or just labels.db."
            )
        database = SqliteDatabase(Path(path))
        return SqlStore(database, Journal(database.path) if journal else None, migrate=migrate)
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidValueError(
            "The address of the database cannot be read. It looks like postgresql+psycopg://user@host/database."
        ) from None
    return SqlStore(PostgresDatabase(parsed), migrate=migrate)
