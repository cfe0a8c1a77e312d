"""Bringing a database to the version of this code, in one transaction, with a copy of the old file beside it.

Alembic runs the revisions, for a new file too: what a fresh store is made by is what every older one went through.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
import uuid
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from labelwidget.errors import StoreError, StoreVersionError
from labelwidget.store.sql.engine import SqliteDatabase, sqlite_version
from labelwidget.store.sql.tables import APPLICATION_ID, SCHEMA_VERSION, store_info

__all__ = ["bring_up_to_date", "version_of"]

_alembic = threading.Lock()
_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up_to_date(connection: Connection, database: object, name: str) -> None:
    """Make or migrate the tables; the caller has begun the transaction and commits it.

    Args:
        connection: In a transaction that excludes other writers.
        database: What was opened; an SQLite file is copied first when it holds an older version.
        name: How messages call the store.

    Raises:
        StoreVersionError: It is newer than this code.
        StoreError: The copy could not be made; nothing was changed.
    """
    found = version_of(connection, name)
    if found == SCHEMA_VERSION:  # another process was first
        return
    if found and isinstance(database, SqliteDatabase):
        _keep_copy(database.path, found)
    _upgrade(connection)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    own_version = _own_version()
    facts = {"migrated_by": own_version}
    if not found:
        facts |= {
            "store_id": uuid.uuid4().hex,
            "created_by": own_version,
            "created_at": str(int(time.time() * 1000)),
        }
    for key, value in facts.items():
        if not connection.execute(
            store_info.update().where(store_info.c.key == key).values(value=value)
        ).rowcount:
            connection.execute(store_info.insert().values(key=key, value=value))


def _own_version() -> str:
    # The package imports this floor: naming it in an import would close a loop.
    return str(getattr(sys.modules.get("labelwidget"), "__version__", "unknown"))


def version_of(connection: Connection, name: str) -> int:
    """The version of the tables.

    Args:
        connection: Open, in any state.
        name: How messages call the store.

    Returns:
        0 for a new database.

    Raises:
        StoreVersionError: It is newer than this code.
        StoreCorruptError: It is damaged.
    """
    if connection.dialect.name == "sqlite":
        return sqlite_version(connection, name)
    if not inspect(connection).has_table("alembic_version"):
        return 0
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    found = int(revision) if isinstance(revision, str) and revision.isdecimal() else 0
    if found > SCHEMA_VERSION:
        raise StoreVersionError(
            f"{name} has store version {found}; this labelwidget ({_own_version()}) reads up to {SCHEMA_VERSION}. It was "
            "left as it is. Update: pip install --upgrade labelwidget."
        )
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic is slow to import and needed once in a store's life.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _alembic:  # it keeps what it is at in globals
        command.upgrade(config, "head")


def _keep_copy(path: Path, version: int) -> None:
    """Copy the file; the transaction that is open holds other writers off and has written nothing yet."""
    target = path.with_name(f"{path.name}.v{version}.bak")
    for number in range(2, 1000):
        if not target.exists():
            break
        target = path.with_name(f"{path.name}.v{version}-{number}.bak")
    try:
        with path.open("rb") as source, target.open("xb") as copy:
            target.chmod(0o600)
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
    except OSError as error:
        raise StoreError(
            f"{path} was made by an older labelwidget and has to be brought up to date, but the copy that is kept of it, "
            f"{target}, cannot be written ({error.strerror}). Nothing was changed. Make room in the folder and try again."
        ) from None
