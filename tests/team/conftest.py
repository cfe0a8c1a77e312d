"""A session that a team shares, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.store.base import Store

TEAM = ["alice", "bob", "Cleo"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh store of each engine."""
    server = request.param == "postgresql"
    store = lw.connect(
        request.getfixturevalue("server_database") if server else tmp_path / "labels.db"
    )
    yield store
    store.close()
    lw.disconnect()


@pytest.fixture
def session(store: Store) -> lw.LabelingSession:
    """Twelve traces, two questions, three reviewers."""
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail("Yes", "No"))
    lw.create_label_schema("why", type="feedback", input=lw.InputText())
    session = lw.create_labeling_session("team", label_schemas=["ok", "why"], assigned_users=TEAM)
    return session.add_traces(
        [{"inputs": {"question": f"Question {n}?"}, "outputs": f"Answer {n}."} for n in range(12)]
    )


def review(session: lw.LabelingSession, reviewer: str, **more: object) -> lw.Review:
    return lw.Review(session.store, session.labeling_session_id, reviewer, **more)
