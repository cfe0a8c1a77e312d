"""Opening databases: connections whose settings were checked, not only asked for.

SQLite runs in rollback-journal mode (`TRUNCATE`, `FULL`): the one file is complete at each moment, can be copied, mailed
and opened read-only, and a commit on a deleted file raises instead of succeeding silently as it does with WAL.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import warnings
from pathlib import Path
from typing import NamedTuple, Protocol, cast
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool, QueuePool

from labelwidget.errors import (
    InvalidValueError,
    MissingExtraError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
    StoreVersionError,
)
from labelwidget.store.sql.faults import corrupt
from labelwidget.store.sql.tables import APPLICATION_ID, SCHEMA_VERSION, metadata

__all__ = ["Database", "PostgresDatabase", "SqliteDatabase"]

_BUSY_SECONDS = 5.0
_PAGE_CACHE_KIB = 8192
_CONNECT_SECONDS = 10
_STATEMENT_MS = 300_000
_RECYCLE_SECONDS = 1_800


class Database(Protocol):
    """How one kind of database is opened."""

    name: str
    """How messages call it."""
    url: str
    """How to open it again, without a password."""
    read_only: bool
    """Whether writing is impossible."""
    migrates_when_asked: bool
    """Whether a store of an older version waits for `labelwidget migrate`: others may be working on it."""

    def writer(self) -> Engine:
        """An engine for the writer thread: transactions exclude each other or fail for a retry."""
        ...

    def reader(self) -> Engine:
        """An engine for reads from any thread, each statement on its own."""
        ...

    def begin(self, connection: Connection, *, locks: bool) -> None:
        """Begin a transaction: one that excludes other writers, or, where its work `locks` what it goes by, need not."""
        ...

    def check(self) -> None:
        """Raise `StoreError` when what was opened is no longer what the address names."""
        ...


class _Identity(NamedTuple):
    device: int
    inode: int


class SqliteDatabase:
    """One SQLite file. It is brought up to date when it is opened, with a copy of what it was beside it.

    Args:
        path: The file; it is made (mode 0600) when it is not there.

    Raises:
        InvalidValueError: The path is a folder, or its folder is not there.
        StoreReadOnlyError: The file is not there and cannot be made.
    """

    migrates_when_asked = False

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.name = str(self.path)
        self.url = f"sqlite:///{self.path}"
        self._make()
        self.read_only = not _writable(self.path)
        _warn_of_network(self.path)
        self._identity = self._identify()

    def writer(self) -> Engine:
        """One connection at a time."""
        return create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, hide_parameters=True
        )

    def reader(self) -> Engine:
        """A small pool; a connection serves one thread at a time."""
        return create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=-1,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )

    def begin(self, connection: Connection, *, locks: bool) -> None:  # noqa: ARG002  a file has one writer
        """`BEGIN IMMEDIATE`, past SQLAlchemy.

        Its "begin" event would be the usual place, but a BEGIN that fails there (another program holds the file) leaves the
        connection believing that it is about to begin, and every later statement would commit by itself.
        """
        raw = cast(sqlite3.Connection, connection.connection.dbapi_connection)
        raw.execute("BEGIN IMMEDIATE")

    def check(self) -> None:
        """Raise when the file was deleted or another one stands in its place."""
        found = self._identify()
        if found == self._identity:
            return
        happened = "was deleted" if found is None else "was replaced by another file"
        raise StoreError(
            f"{self.name} {happened} while it was open (a sync program or git may do that). Nothing more is written to "
            f"it. Put the file back, or open what is there now: labelwidget.connect({str(self.path)!r})."
        )

    def _identify(self) -> _Identity | None:
        try:
            found = os.stat(self.path)  # noqa: PTH116  on every save: Path.stat costs twice as much
        except OSError:
            return None
        return _Identity(found.st_dev, found.st_ino)

    def _make(self) -> None:
        if self.path.is_dir():
            raise InvalidValueError(
                f"{self.name} is a folder. Name a file in it, like {str(self.path / 'labels.db')!r}."
            )
        if not self.path.parent.is_dir():
            raise InvalidValueError(
                f"The folder {self.path.parent} does not exist. Make it first, or name another file."
            )
        if self.path.exists():
            _check_header(self.path, self.name)
            return
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise StoreReadOnlyError(
                f"{self.name} cannot be made: the folder {self.path.parent} is not writable ({error.strerror}). Open a file in a "
                "folder of your own: labelwidget.connect('/path/to/labels.db')."
            ) from None

    def _connect(self) -> sqlite3.Connection:
        self.check()
        mode = "ro" if self.read_only else "rw"
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            _check_owner(connection, self.name)
            _set_up(connection, read_only=self.read_only)
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection


def _check_header(path: Path, name: str) -> None:
    """Refuse a file that is not SQLite's: it takes a file shorter than a page for an empty one, and would write to it."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise StoreError(
            f"{name} cannot be read ({error.strerror}). Ask its owner, or open a copy."
        ) from None
    journal = path.with_name(f"{path.name}-journal")
    # A process that died while it made the file leaves anything here, and a journal that puts it right.
    if start not in {b"", b"SQLite format 3\0"} and not (
        journal.exists() and journal.stat().st_size
    ):
        raise corrupt(name, "it is not an SQLite file")


def _writable(path: Path) -> bool:
    # SQLite needs the folder too, for its journal. `access` knows of read-only mounts even for root.
    effective = os.access in os.supports_effective_ids
    return all(os.access(one, os.W_OK, effective_ids=effective) for one in (path, path.parent))


# Kinds of file systems whose locks are known to fail between machines; SQLite's own advice is to keep off them.
_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)


def filesystem_of(path: Path, mounts: str) -> str:
    """The kind of file system that holds a path.

    Args:
        path: Absolute.
        mounts: The text of `/proc/mounts`.

    Returns:
        Its name, like `ext4` or `nfs4`; empty when it is not listed.
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        # Of two mounts on one point the later one counts.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def _warn_of_network(path: Path) -> None:
    try:
        kind = filesystem_of(
            path.resolve(), Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        )
    except OSError:  # not Linux
        return
    if kind in _NETWORK:
        warnings.warn(
            f"{path} is on a network file system ({kind}). Labels are safe while one machine writes; for several machines "
            "use PostgreSQL: labelwidget.connect('postgresql+psycopg://user@host/database').",
            stacklevel=2,
        )


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    row = connection.execute(f"PRAGMA {name}").fetchone()
    return None if row is None else row[0]


def _check_owner(connection: sqlite3.Connection, name: str) -> None:
    """Refuse other programs' files before any setting could change them. A file without tables is new."""
    connection.execute(
        "BEGIN"
    )  # one moment for both: another process may be making the tables just now
    application = _pragma(connection, "application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    connection.execute("ROLLBACK")
    if application == APPLICATION_ID or (application == 0 and tables == 0):
        return
    raise corrupt(name, "it is an SQLite file of another program")


def _set_up(connection: sqlite3.Connection, *, read_only: bool) -> None:
    wanted: list[tuple[str, str, object]] = [
        ("synchronous", "FULL", 2),
        ("foreign_keys", "ON", 1),
        ("trusted_schema", "OFF", 0),
        ("cell_size_check", "ON", 1),
        ("mmap_size", "0", 0),
        ("busy_timeout", str(int(_BUSY_SECONDS * 1000)), int(_BUSY_SECONDS * 1000)),
    ]
    if read_only:
        wanted.append(("query_only", "ON", 1))
    else:
        wanted.append(("journal_mode", "TRUNCATE", "truncate"))
    connection.execute(f"PRAGMA cache_size=-{_PAGE_CACHE_KIB}")
    for name, value, returned in wanted:
        answer = connection.execute(f"PRAGMA {name}={value}").fetchone()
        found = _pragma(connection, name) if answer is None else answer[0]
        # A build without memory mapping answers nothing at all.
        if found != returned and not (name == "mmap_size" and found is None):
            raise StoreError(
                f"This build of SQLite ({sqlite3.sqlite_version}) refuses {name}={value}: it says {found!r}. Update it."
            )
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)


def sqlite_version(connection: Connection, name: str) -> int:
    """The schema version of an SQLite store; 0 for a new file.

    Raises:
        StoreVersionError: Newer than this code.
        StoreCorruptError: The tables are not those that a store of this version has.
    """
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if not isinstance(found, int) or found < 0:
        raise corrupt(name, f"its version is {found!r}")
    if found > SCHEMA_VERSION:
        raise StoreVersionError(
            f"{name} was made by labelwidget {_made_by(connection)} (store version {found}; this one reads up to "
            f"{SCHEMA_VERSION}). It was left as it is. Update: pip install --upgrade labelwidget."
        )
    if found == SCHEMA_VERSION:
        _check_tables(connection, name)
    return found


def _made_by(connection: Connection) -> str:
    try:
        value = connection.exec_driver_sql(
            "SELECT value FROM store_info WHERE key = 'migrated_by'"
        ).scalar()
    except Exception:  # noqa: BLE001  a newer store may say it elsewhere
        value = None
    text = value.strip('"') if isinstance(value, str) else ""
    return (
        text
        if text and len(text) < 40 and text.isascii() and text.isprintable()
        else "of a newer version"
    )


def _check_tables(connection: Connection, name: str) -> None:
    rows = connection.exec_driver_sql("SELECT type, name FROM sqlite_master").all()
    if any(kind in {"trigger", "view"} for kind, _ in rows):
        raise StoreCorruptError(
            f"{name} holds triggers or views, which no labelwidget store has: somebody changed it. It was left as it is. "
            "Restore it from a copy that you trust."
        )
    missing = set(metadata.tables) - {str(table) for kind, table in rows if kind == "table"}
    if missing:
        raise corrupt(name, f"the tables {', '.join(sorted(missing))} are missing")


class PostgresDatabase:
    """A PostgreSQL server, or an engine compatible with it.

    Args:
        url: Its address, `postgresql+psycopg://...`.

    Raises:
        MissingExtraError: psycopg is not installed.
    """

    read_only = False
    migrates_when_asked = True

    def __init__(self, url: URL) -> None:
        try:
            import psycopg  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError:
            raise MissingExtraError(
                "PostgreSQL needs psycopg, which is not installed. Run: pip install 'labelwidget[postgres]'"
            ) from None
        self._url = url.set(drivername="postgresql+psycopg")
        self.url = self._url.set(password=None).render_as_string()
        self.name = self.url

    def writer(self) -> Engine:
        """Serializable transactions: a conflict fails and is run again."""
        return create_engine(
            self._url,
            isolation_level="SERIALIZABLE",
            pool_size=1,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=self._settings(),
        )

    def reader(self) -> Engine:
        """A pool that tries a connection before lending it."""
        return create_engine(
            self._url,
            isolation_level="AUTOCOMMIT",
            pool_size=4,
            max_overflow=4,
            pool_pre_ping=True,
            pool_recycle=_RECYCLE_SECONDS,
            hide_parameters=True,
            connect_args=self._settings(),
        )

    def _settings(self) -> dict[str, str | int]:
        """What a connection is opened with, where the address does not say otherwise: nothing waits without an end."""
        wanted: dict[str, str | int] = {
            "application_name": "labelwidget",
            "connect_timeout": _CONNECT_SECONDS,
            # A server that vanished without a word is noticed within a minute.
            "keepalives_idle": 20,
            "keepalives_interval": 10,
            "keepalives_count": 4,
            "options": f"-c statement_timeout={_STATEMENT_MS} -c idle_in_transaction_session_timeout={_STATEMENT_MS}",
        }
        return {name: value for name, value in wanted.items() if name not in self._url.query}

    def begin(self, connection: Connection, *, locks: bool) -> None:
        """The driver begins by itself.

        Serializable transactions of many reviewers fail for each other all the time: what a small table is read for locks
        all of it. A review locks the items that it is about, and then sees what was committed before.
        """
        if locks:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def check(self) -> None:
        """A server's database does not change under an address."""
