"""A session with a few traces, reviewed by alice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.store.base import Store

ROWS = [{"inputs": {"question": f"Question {n}?"}, "outputs": f"Answer {n}."} for n in range(5)]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    server = request.param == "postgresql"
    store = lw.connect(
        request.getfixturevalue("server_database") if server else tmp_path / "labels.db"
    )
    yield store
    store.close()
    lw.disconnect()


@pytest.fixture
def session(store: Store) -> lw.LabelingSession:
    lw.create_label_schema(
        "helpful", type="feedback", input=lw.InputPassFail("Yes", "No"), enable_comment=True
    )
    lw.create_label_schema("score", type="feedback", input=lw.InputRating(1, 5), required=True)
    lw.create_label_schema(
        "why", type="feedback", input=lw.InputText(max_length=50), show_if={"helpful": False}
    )
    return lw.create_labeling_session(
        "first look", label_schemas=["helpful", "score", "why", lw.EXPECTED_FACTS]
    ).add_traces(ROWS)


@pytest.fixture
def review(session: lw.LabelingSession) -> lw.Review:
    return lw.Review(session.store, session.labeling_session_id, "alice")


@pytest.fixture
def ids(session: lw.LabelingSession) -> list[str]:
    return list(session.to_df().index)
