"""A store that was made before there were datasets keeps its labels and gets them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.store.sql.opening import open_store
from labelwidget.store.sql.tables import dataset_records, datasets
from tests.store.builders import a_session, label
from tests.store.test_migrations import as_made_by_version

LATER_TABLES = {datasets.name, dataset_records.name}


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A labelled file as revision 0001 makes it."""
    path = tmp_path / "first.db"
    store = open_store(f"sqlite:///{path}")
    label(store, store.items(a_session(store, traces=3))[1], ["kept", 2**70])
    store.close()
    as_made_by_version(path, 1)
    return path


def tables(path: Path) -> set[str]:
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    raw.close()
    return {name for (name,) in found}


def test_labels_stay_and_datasets_come(first_version: Path) -> None:
    assert not LATER_TABLES & tables(first_version)
    before = first_version.read_bytes()
    store = lw.connect(first_version)
    assert tables(first_version) >= LATER_TABLES
    session = lw.get_labeling_sessions()[0]
    answered = session.assessments_df()
    assert answered.value.tolist() == [["kept", 2**70]]
    assert len(session) == 3
    dataset = lw.create_dataset("d").merge_records([{"inputs": {"q": 1}}])
    store.close()
    lw.connect(first_version)
    assert len(lw.get_dataset(dataset_id=dataset.dataset_id)) == 1
    assert session.assessments_df().equals(answered)
    assert Path(f"{first_version}.v1.bak").read_bytes() == before
