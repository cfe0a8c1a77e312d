"""The second copy: every label comes back from it when the file does not."""

from __future__ import annotations

import random
import resource
from pathlib import Path

import pytest

from labelwidget.errors import AlreadyExistsError, NotFoundError, StoreCorruptError, StoreError
from labelwidget.model import InputPassFail, Item, ItemState, LabelSchema, ReviewerItem
from labelwidget.store import Store
from labelwidget.store.sql.journal import journal_path, lines_of
from labelwidget.store.sql.opening import open_store
from labelwidget.store.sql.rescue import missing_events, rebuild
from tests.store.builders import a_session, judged, label, new_item, set_status
from tests.store.forks import in_child


def question(name: str) -> LabelSchema:
    return LabelSchema(name=name, type="feedback", input=InputPassFail())


def opened(path: Path) -> Store:
    return open_store(f"sqlite:///{path}")


@pytest.fixture
def labelled(path: Path) -> Store:
    """A store with everything that a journal tells."""
    store = opened(path)
    store.put_schema(question("helpful"))
    store.put_schema(question("gone"))
    store.delete_schema("gone")
    session = a_session(store)
    new = [new_item(f"trace-{n}", assessments=[judged(n)]) for n in range(4)]
    store.add_items(session, new)
    items = store.items(session)
    for number in range(12):
        reviewer = ("alice", "Bob")[number % 2]
        label(store, items[number % 4], [number, "\ud800\x00", 2**70], reviewer=reviewer)
    answer = store.item_assessments(items[0].item_id)[-1]
    store.transact(lambda tx: tx.clear_answer(answer.assessment_id))
    set_status(
        store, items[1], "alice", ReviewerItem(state=ItemState.COMPLETED, flagged=True, note="!")
    )
    return store


def labels_of(store: Store) -> dict[str, object]:
    """Everything but the traces and what came along with them."""
    found: dict[str, object] = {
        "schemas": store.schemas(),
        "sessions": store.sessions(deleted=True),
    }
    for info in store.sessions(deleted=True):
        session = info.session_id
        found[session] = (
            [(item.item_id, item.position, item.source_trace_id) for item in store.items(session)],
            store.assessment_columns(session, everything=True),
            [
                [event.model_copy(update={"seq": 0}) for event in store.events(session, reviewer)]
                for reviewer in ("alice", "bob")
            ],
            [store.touched(session, reviewer) for reviewer in ("alice", "bob")],
            store.reviewers(session),
        )
    return found


def test_a_store_is_rebuilt_to_the_last_label(path: Path, tmp_path: Path, labelled: Store) -> None:
    result = rebuild(journal_path(path), tmp_path / "rescued.db")
    assert labels_of(result.store) == labels_of(labelled)
    assert (result.events, result.damaged, result.incomplete) == (12, [], [])
    again = rebuild(journal_path(tmp_path / "rescued.db"), tmp_path / "twice.db")
    assert labels_of(again.store) == labels_of(labelled)


def test_the_traces_may_be_added_again_beside_the_labels(
    path: Path, tmp_path: Path, labelled: Store
) -> None:
    store = rebuild(journal_path(path), tmp_path / "rescued.db").store
    item = store.items(labelled.sessions()[0].session_id)[0]
    assert "not in the journal" in str(store.trace(item.item_id).metadata)


def test_labels_come_back_from_a_file_that_is_cut_off(
    path: Path, tmp_path: Path, labelled: Store
) -> None:
    expected = labels_of(labelled)
    labelled.close()
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(StoreCorruptError, match=r"rescue\.rebuild\('.*labels\.db\.journal\.jsonl'"):
        labels_of(opened(path))
    assert labels_of(rebuild(journal_path(path), tmp_path / "rescued.db").store) == expected


def test_every_damage_to_the_journal_is_named_and_spares_the_other_lines(
    path: Path, tmp_path: Path, labelled: Store
) -> None:
    journal = journal_path(path)
    sound = journal.read_bytes()
    lines = sound.count(b"\n")
    rng = random.Random(3)
    for attempt in range(20):
        damaged = bytearray(sound)
        at = rng.randrange(len(damaged))
        damaged[at] ^= 1 << rng.randrange(8)
        journal.write_bytes(damaged)
        result = rebuild(journal, tmp_path / f"rescued-{attempt}.db")
        hit = sound[:at].count(b"\n") + 1
        assert hit in result.damaged
        assert len(result.damaged) <= 2  # a line feed that is gone or new touches two
        assert result.lines >= lines - 1
        result.store.close()


def test_a_line_that_a_crash_cut_off_costs_only_itself(path: Path, labelled: Store) -> None:
    journal = journal_path(path)
    with journal.open("ab") as file:
        file.write(b'{"sha256":"00')
    item = labelled.items(labelled.sessions()[0].session_id)[0]
    label(labelled, item, "after")
    read = [ops is not None for _, ops in lines_of(journal)]
    assert read.count(False) == 1
    assert read[-1] is True


def test_a_journal_that_is_missing_is_begun_with_everything(
    path: Path, tmp_path: Path, labelled: Store
) -> None:
    journal_path(path).unlink()
    item = labelled.items(labelled.sessions()[0].session_id)[2]
    label(labelled, item, "new")
    rescued = rebuild(journal_path(path), tmp_path / "rescued.db").store
    assert labels_of(rescued) == labels_of(labelled)


def test_another_stores_journal_is_kept_aside(path: Path, tmp_path: Path, labelled: Store) -> None:
    other = opened(tmp_path / "other.db")
    session = a_session(other, traces=1)
    other.close()
    journal = journal_path(tmp_path / "other.db")
    journal.write_bytes(journal_path(path).read_bytes())
    label(other, other.items(session)[0], 1)
    assert len(list(tmp_path.glob("other.db.journal.jsonl.*"))) == 1
    assert labels_of(rebuild(journal, tmp_path / "rescued.db").store) == labels_of(other)


def test_purging_takes_a_session_out_of_the_journal_too(path: Path, labelled: Store) -> None:
    stays = a_session(labelled, traces=1, name="stays")
    gone = next(info.session_id for info in labelled.sessions() if info.session_id != stays)
    labelled.purge_session(gone)
    text = journal_path(path).read_text()
    assert gone not in text
    assert stays in text


def test_a_journal_that_cannot_be_written_stops_the_save(path: Path) -> None:
    store = opened(path)
    item = store.items(a_session(store, traces=1))[0]
    store.close()
    path.write_bytes(path.read_bytes())
    size = path.stat().st_size

    def work() -> str:
        store = opened(path)
        journal = journal_path(path)
        with journal.open("ab") as file:
            file.write(b"\n" * (size + 100_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 90_000, resource.RLIM_INFINITY))
        with pytest.raises(StoreError, match=r"second copy.*journal=False") as caught:
            label(store, item, 1)
        assert store.item_assessments(item.item_id) == []
        return str(caught.value)

    assert "Nothing was saved" in in_child(work)


def test_it_can_be_left_out(path: Path) -> None:
    store = open_store(f"sqlite:///{path}", journal=False)
    label(store, store.items(a_session(store, traces=1))[0], 1)
    assert not journal_path(path).exists()
    with pytest.raises(NotFoundError, match="no journal"):
        rebuild(journal_path(path), path.with_name("x.db"))
    empty = path.with_name("empty.jsonl")
    empty.touch()
    with pytest.raises(AlreadyExistsError, match=r"labels\.db"):
        rebuild(empty, path)


def test_two_kernels_write_one_journal(path: Path, tmp_path: Path, labelled: Store) -> None:
    session = labelled.sessions()[0].session_id
    items: list[Item] = labelled.items(session)

    def other() -> None:
        store = opened(path)
        for number in range(20):
            label(store, items[number % 4], number, reviewer="Bob")

    in_child(other)
    for number in range(5):
        label(labelled, items[number % 4], number, reviewer="alice")
    rescued = rebuild(journal_path(path), tmp_path / "rescued.db").store
    assert labels_of(rescued) == labels_of(labelled)
    assert missing_events(path) == []


def test_what_the_store_lost_is_found(path: Path, labelled: Store) -> None:
    item = labelled.items(labelled.sessions()[0].session_id)[0]
    labelled.close()
    older = path.read_bytes()
    event = label(labelled, item, "late")
    labelled.close()
    path.write_bytes(older)  # a sync program brings an old copy back
    assert missing_events(path) == [event.event_id]
