from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labelwidget as lw
from tests.serve.site import Site, Visitor, open_sockets, running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with a session for Alice, one for Bob, and one that nobody is assigned to but Carol."""
    path = tmp_path_factory.mktemp("site")
    lw.connect(path / "labels.db")
    lw.create_label_schema("good", type="feedback", input=lw.InputPassFail("Yes", "No"))
    for name, users in (
        ("for alice", ["alice"]),
        ("for bob", ["bob"]),
        ("for both", ["alice", "bob"]),
    ):
        session = lw.create_labeling_session(name, label_schemas=["good"], assigned_users=users)
        session.add_traces(
            [{"inputs": f"Question number {n}?", "outputs": f"Answer **number** {n}."} for n in range(8)]
        )  # fmt: skip
    yield path
    lw.disconnect()


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    with running(folder) as started:
        yield started


@pytest.fixture(autouse=True)
def _sockets() -> Iterator[None]:
    yield
    for socket in list(open_sockets):
        socket.close()


@pytest.fixture
def anybody(site: Site) -> Visitor:
    """Somebody who has not been let in."""
    return Visitor(site)


@pytest.fixture
def sessions(folder: Path) -> dict[str, lw.LabelingSession]:
    return {session.name: session for session in lw.get_labeling_sessions()}


@pytest.fixture
def alice(site: Site, sessions: dict[str, lw.LabelingSession]) -> Visitor:
    visitor = Visitor(site)
    assert visitor.enter(sessions["for alice"].invite("alice")).status == 303
    return visitor


@pytest.fixture
def bob(site: Site, sessions: dict[str, lw.LabelingSession]) -> Visitor:
    visitor = Visitor(site)
    assert visitor.enter(sessions["for bob"].invite("bob")).status == 303
    return visitor
