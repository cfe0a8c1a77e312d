"""From an address to a store, and what is said when there is no way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelwidget.errors import (
    InvalidValueError,
    LabelWidgetError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
)
from labelwidget.store import connect, current_store, disconnect
from labelwidget.store.sql import engine
from labelwidget.store.sql.engine import filesystem_of
from labelwidget.store.sql.opening import open_store
from tests.store.builders import a_session, label
from tests.store.forks import without_privileges


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABELWIDGET_STORE", raising=False)
    disconnect()
    yield
    disconnect()


def test_without_an_address_a_file_appears_beside_the_notebook(tmp_path: Path) -> None:
    assert not (tmp_path / "labelwidget.db").exists()
    store = current_store()
    assert store.url == f"sqlite:///{tmp_path / 'labelwidget.db'}"
    assert (tmp_path / "labelwidget.db").exists()
    assert current_store() is store


@pytest.mark.parametrize(
    "address",
    [
        "labels.db",
        Path("labels.db"),
        "sqlite:///labels.db",
        "./labels.db",
    ],
)
def test_a_file_may_be_named_in_any_way(tmp_path: Path, address: str | Path) -> None:
    store = connect(address)
    assert store.url == f"sqlite:///{tmp_path / 'labels.db'}"
    assert current_store() is store
    assert connect(store.url).url == store.url


def test_names_with_signs_that_mean_something_in_urls(tmp_path: Path) -> None:
    for name in ("50% #1 & co.db", "ümläut 😀.db", "a:b.db"):
        session = a_session(connect(tmp_path / name), traces=1)
        disconnect()
        assert connect(tmp_path / name).count_items(session) == 1
        assert (tmp_path / name).is_file()


def test_the_environment_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELWIDGET_STORE", "elsewhere.db")
    assert current_store().url.endswith("/elsewhere.db")


def test_a_store_that_was_current_stays_usable() -> None:
    first = connect("one.db")
    session = a_session(first, traces=1)
    second = connect("two.db")
    assert current_store() is second
    label(first, first.items(session)[0], 1)
    assert first.progress(session, "alice").in_progress == 1


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        connect("labels.db")
    finally:
        os.umask(old)
    for file in tmp_path.glob("labels.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://x/y", "'mysql'.*sqlite:///labels.db.*postgresql"),
        ("https://example.org/labels", "'https'.*supported"),
        ("", "empty"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///x.db?mode=ro", "names no file"),
        (".", "is a folder"),
        ("no/such/folder/x.db", "no/such/folder does not exist"),
    ],
)
def test_an_address_that_leads_nowhere_says_what_would(address: str, said: str) -> None:
    with pytest.raises(InvalidValueError, match=said):
        connect(address)


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(LabelWidgetError) as caught:
        connect("postgresql+psycopg://me:secret-word@127.0.0.1:1/x?connect_timeout=1&bad url")
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"name,age\nalice,3\n",
        b"x",
        b"\x89PNG\r\n" + bytes(5000),
        b"SQLite format 3\x00" + b"\xff" * 4000,
        bytes(4096),
    ],
)
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "data.db"
    file.write_bytes(content)
    with pytest.raises(StoreCorruptError, match=r"data\.db"):
        connect(file)
    assert file.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["data.db"]


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    import sqlite3

    file = tmp_path / "theirs.db"
    other = sqlite3.connect(file)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE moz_places(url TEXT)")
    other.commit()
    other.close()
    content = file.read_bytes()
    with pytest.raises(StoreCorruptError, match="another program"):
        connect(file)
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_named(open_folder: Path) -> None:
    folder = open_folder / "locked"
    folder.mkdir(mode=0o555)
    with pytest.raises(StoreReadOnlyError, match=r"locked is not writable.*labelwidget\.connect"):
        without_privileges(lambda: open_store(f"sqlite:///{folder / 'labels.db'}"))
    assert list(folder.iterdir()) == []


def test_a_file_that_may_not_be_read_is_named(open_folder: Path) -> None:
    file = open_folder / "secret.db"
    open_store(f"sqlite:///{file}").close()
    file.chmod(0)
    with pytest.raises(StoreError, match=r"secret\.db cannot be read"):
        without_privileges(lambda: open_store(f"sqlite:///{file}"))


def test_a_network_file_system_is_recognised() -> None:
    mounts = (
        "overlay / overlay rw 0 0\n"
        "server:/home /home nfs4 rw 0 0\n"
        "tmpfs /home/me/fast tmpfs rw 0 0\n"
        "//nas/x /mnt/my\\040share cifs rw 0 0\n"
    )
    found = {
        path: filesystem_of(Path(path), mounts)
        for path in (
            "/x.db",
            "/home/me/x.db",
            "/homely/x.db",
            "/home/me/fast/x.db",
            "/mnt/my share/x",
        )
    }
    assert list(found.values()) == ["overlay", "nfs4", "overlay", "tmpfs", "cifs"]


def test_a_store_on_a_network_file_system_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "filesystem_of", lambda *_: "nfs4")
    with pytest.warns(UserWarning, match=r"network file system \(nfs4\).*PostgreSQL"):
        connect("labels.db")


def test_importing_the_package_does_not_import_sqlalchemy(tmp_path: Path) -> None:
    code = (
        "import sys, labelwidget.store; assert 'sqlalchemy' not in sys.modules; "
        "labelwidget.store.connect('x.db'); assert 'sqlalchemy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, timeout=60)
