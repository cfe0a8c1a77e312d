"""A file of every version opens, keeps every label and a copy of what it was; a failed migration changes nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select

from labelwidget.errors import StoreError, StoreReadOnlyError, StoreVersionError
from labelwidget.model import Item
from labelwidget.store import migrate as open_migrated
from labelwidget.store.sql import engine, migrate, sql_store
from labelwidget.store.sql.opening import open_store
from labelwidget.store.sql.search import TABLE
from labelwidget.store.sql.tables import APPLICATION_ID, SCHEMA_VERSION, metadata
from tests.postgres_server import PostgresServer
from tests.store.builders import a_session, label
from tests.store.forks import fork, without_privileges

LATER = SCHEMA_VERSION + 1
NEXT = f'''"""A later version."""
import os
import signal

import sqlalchemy as sa
from alembic import op

revision = "{LATER:04}"
down_revision = "{SCHEMA_VERSION:04}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("colour", sa.Text()))
    op.execute("UPDATE items SET colour = 'red'")
    {{ending}}
'''
FILE = f"{LATER:04}_colour.py"


@pytest.fixture
def item(path: Path) -> Item:
    """A labelled item in a file of this version, closed."""
    store = open_store(f"sqlite:///{path}")
    found = store.items(a_session(store, traces=2))[0]
    label(store, found, ["kept", 2**70])
    store.close()
    return found


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This code, one version later; returns the folder of migrations."""
    folder = tmp_path / "migrations"
    shutil.copytree(
        Path(migrate.__file__).parent / "migrations",
        folder,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (folder / "versions" / FILE).write_text(NEXT.format(ending=""))
    monkeypatch.setattr(migrate, "_MIGRATIONS", folder)
    for module in (engine, migrate, sql_store):
        monkeypatch.setattr(module, "SCHEMA_VERSION", LATER)
    return folder


def test_the_revisions_make_exactly_the_tables_of_the_code(path: Path, item: Item) -> None:
    with create_engine(f"sqlite:///{path}").connect() as connection:
        # The full-text index is SQLite's own: a virtual table and four that hold it.
        ours = {
            "include_name": lambda name, kind, _: not (kind == "table" and name.startswith(TABLE))
        }
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata, **ours})
        assert compare_metadata(context, metadata) == []
        assert int(context.get_current_revision() or 0) == SCHEMA_VERSION
    connection.engine.dispose()


def test_every_column_says_what_it_holds() -> None:
    for table in metadata.tables.values():
        assert table.comment
        assert [column.name for column in table.columns if not column.comment] == []


def test_an_older_file_keeps_its_labels_and_a_copy(path: Path, item: Item, later: Path) -> None:
    before = path.read_bytes()
    store = open_store(f"sqlite:///{path}")
    assert [one.value for one in store.item_assessments(item.item_id)] == [["kept", 2**70]]
    label(store, item, "more")
    store.close()
    (copy,) = path.parent.glob("*.bak")
    assert copy.read_bytes() == before
    assert copy.stat().st_mode & 0o777 == 0o600
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT DISTINCT colour FROM items").fetchall() == [("red",)]
    assert raw.execute("PRAGMA user_version").fetchone() == (LATER,)
    raw.close()


def test_a_failing_migration_changes_nothing(path: Path, item: Item, later: Path) -> None:
    (later / "versions" / FILE).write_text(NEXT.format(ending="op.execute('nonsense')"))
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"labels\.db"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_migration_that_is_killed_changes_nothing(path: Path, item: Item, later: Path) -> None:
    revision = later / "versions" / FILE
    revision.write_text(NEXT.format(ending="os.kill(os.getpid(), signal.SIGKILL)"))
    child = fork()
    if child == 0:
        open_store(f"sqlite:///{path}")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    revision.write_text(NEXT.format(ending=""))
    store = open_store(f"sqlite:///{path}")
    assert [one.value for one in store.item_assessments(item.item_id)] == [["kept", 2**70]]


def test_no_room_for_the_copy_means_no_migration(
    path: Path, item: Item, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrate.shutil, "copyfileobj", full)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"\.bak, cannot be written \(No space left"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_an_older_file_that_is_read_only_is_named(
    open_folder: Path, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = open_folder / "labels.db"
    with monkeypatch.context() as today:
        today.setattr(engine, "SCHEMA_VERSION", SCHEMA_VERSION)
        today.setattr(migrate, "SCHEMA_VERSION", SCHEMA_VERSION)
        today.setattr(sql_store, "SCHEMA_VERSION", SCHEMA_VERSION)
        today.setattr(migrate, "_MIGRATIONS", Path(migrate.__file__).parent / "migrations")
        open_store(f"sqlite:///{path}").close()
    path.chmod(0o444)
    with pytest.raises(
        (StoreVersionError, StoreReadOnlyError), match=r"older labelwidget.*Copy it"
    ):
        without_privileges(lambda: open_store(f"sqlite:///{path}"))


def as_made_by_version(path: Path, version: int) -> None:
    """Turn a file of today into one that the given version made: its tables, holding what it could hold."""
    today = path.with_name("today.db")
    path.rename(today)
    made = create_engine(f"sqlite:///{path}")
    with made.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, f"{version:04}")
    made.dispose()
    raw = sqlite3.connect(path)
    raw.execute("ATTACH ? AS today", (str(today),))
    tables = raw.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = ", ".join(row[1] for row in raw.execute(f"PRAGMA main.table_info({table})"))
        # The full-text index is the tables that hold it; fresh ones are not empty.
        if table not in {"alembic_version", TABLE}:
            raw.execute(
                f"INSERT OR REPLACE INTO main.{table}({columns}) SELECT {columns} FROM today.{table}"
            )
    raw.commit()
    raw.execute(f"PRAGMA main.application_id = {APPLICATION_ID}")
    raw.execute(f"PRAGMA main.user_version = {version}")
    raw.close()
    today.unlink()


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_file_of_every_version_before_opens(path: Path, item: Item, version: int) -> None:
    store = open_store(f"sqlite:///{path}")
    expected = (store.items(item.session_id), store.item_assessments(item.item_id))
    events = store.events(item.session_id, "alice")
    store.close()
    as_made_by_version(path, version)
    store = open_store(f"sqlite:///{path}")
    assert (store.items(item.session_id), store.item_assessments(item.item_id)) == expected
    assert store.events(item.session_id, "alice") == events
    label(store, item, "more")
    assert path.with_name(f"labels.db.v{version}.bak").exists()


def server_store_of_version(postgres: PostgresServer, version: int, old: str, new: str) -> None:
    """Fill a database with the tables of a version from one of today, as far as it could hold it."""
    source, target = create_engine(old), create_engine(new)
    with target.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, f"{version:04}")
        there = inspect(connection).get_table_names()
        with source.connect() as today:
            for table in metadata.sorted_tables:
                if table.name in there:
                    rows = [dict(row) for row in today.execute(select(table)).mappings()]
                    if rows:
                        connection.execute(table.insert(), rows)
                    if rows and "seq" in table.primary_key.columns and len(table.primary_key) == 1:
                        connection.exec_driver_sql(
                            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'seq'), 1000)"
                        )
    source.dispose()
    target.dispose()


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_server_of_every_version_before_waits_and_is_migrated(
    postgres: PostgresServer, server_database: str, version: int
) -> None:
    store = open_store(server_database)
    item = store.items(a_session(store, traces=2))[0]
    label(store, item, ["kept", 2**70])
    expected = (store.items(item.session_id), store.item_assessments(item.item_id))
    store.close()
    with postgres.database() as address:
        server_store_of_version(postgres, version, server_database, address)
        with pytest.raises(
            StoreVersionError, match=rf"store version {version};.*labelwidget migrate"
        ):
            open_store(address)
        store = open_migrated(address)
        assert (store.items(item.session_id), store.item_assessments(item.item_id)) == expected
        assert [event.item_id for event in store.item_events(item.item_id)] == [item.item_id]
        assert store.search(item.session_id, item.title[:4]) != []
        label(store, item, "more")
        store.close()
        open_store(address).close()


def test_a_failing_migration_changes_nothing_on_a_server(server_database: str, later: Path) -> None:
    (later / "versions" / FILE).write_text(NEXT.format(ending="op.execute('nonsense')"))
    with pytest.raises(StoreError):
        open_migrated(server_database)
    engine = create_engine(server_database)
    with engine.connect() as connection:
        assert "colour" not in {
            column["name"] for column in inspect(connection).get_columns("items")
        }
        assert (
            MigrationContext.configure(connection).get_current_revision() == f"{SCHEMA_VERSION:04}"
        )
    engine.dispose()


def test_a_server_that_is_newer_is_left_as_it_is(server_database: str) -> None:
    engine = create_engine(server_database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'")
    engine.dispose()
    for how in (open_store, open_migrated):
        with pytest.raises(StoreVersionError, match=r"store version 99; .*Update"):
            how(server_database)


def test_many_that_open_a_new_database_at_once_make_it_once(postgres: PostgresServer) -> None:
    with postgres.database() as address, ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: open_store(address), range(6)))
        session_id = a_session(stores[0], traces=1)
        assert [store.count_items(session_id) for store in stores] == [1] * 6
        for store in stores:
            store.close()
