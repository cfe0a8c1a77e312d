"""Pages of the queue: what the database answers is what a scan of everything would."""

from __future__ import annotations

import sqlite3
import unicodedata
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelwidget.errors import InvalidValueError
from labelwidget.model import Item, ItemState, JsonValue, ReviewerItem, Trace
from labelwidget.store import NewItem, Store
from labelwidget.store.queue_store import QUEUE_SORTS, AnswerFilter, QueueFilter, QueueState
from labelwidget.store.sql import queues
from labelwidget.store.sql.opening import open_store
from labelwidget.store.sql.search import query_of
from tests.store.builders import a_session, label, set_status
from tests.store.test_migrations import as_made_by_version

TITLES = [
    "Where is my order?", "Über die Rückgabe", "order 66", "Café crème", "订单在哪里", "", "ORDERS, many",
]  # fmt: skip
NOTES = ["", "", "ask Zoë again", "order is wrong"]
STATES = list(ItemState)


def shown(number: int) -> NewItem:
    item_id = uuid.uuid4().hex
    item = Item(
        item_id=item_id, session_id="", position=0, source_trace_id=f"tr-{number}", title=TITLES[number % len(TITLES)],
        request=TITLES[number % len(TITLES)] + " please", response=f"Answer {number} \x00 and \ud83d more",
        duration_ms=None if number % 5 == 0 else (number * 37 % 11) / 2, trace_state="OK" if number % 3 else "ERROR",
        model_name=None if number % 4 == 0 else f"model-{number % 3}", input_tokens=number % 7,
    )  # fmt: skip
    return NewItem(item, Trace(trace_id=item_id, inputs=number, format="test"))


@pytest.fixture
def session(store: Store) -> str:
    """Forty traces, of which alice has labelled most and bob some."""
    session_id = a_session(store)
    store.add_items(session_id, [shown(number) for number in range(40)])
    for item in store.items(session_id):
        number = item.position
        if number % 4 == 3:
            continue
        label(store, item, number % 3 == 0, name="ok", state=STATES[number % 4])
        label(
            store,
            item,
            ["a", 'b"'] if number % 2 else ["c_"],
            name="tags",
            state=STATES[number % 4],
        )
        note = NOTES[number % len(NOTES)]
        known = store.reviewer_item(item.item_id, "alice")
        set_status(
            store, item, "Alice ",
            known.model_copy(update={"flagged": number % 5 == 0, "note": note, "duration_ms": number * 10}),
        )  # fmt: skip
        if number % 6 == 0:
            label(store, item, False, name="ok", reviewer="bob")
    return session_id


def answers_of(store: Store, item: Item) -> dict[str, JsonValue]:
    return {
        one.name: one.value for one in store.item_assessments(item.item_id) if one.source.source_id == "alice"
    }  # fmt: skip


def lets_through(store: Store, wanted: QueueFilter, item: Item) -> bool:
    """The filter, said once more in the plainest way."""
    status = store.reviewer_item(item.item_id, wanted.reviewer)
    decided = status.state in (ItemState.COMPLETED, ItemState.SKIPPED)
    answers = answers_of(store, item)
    passes: dict[str, bool] = {
        "all": True,
        "open": not decided,
        "flagged": status.flagged,
        "noted": status.note != "",
        "outdated": "ok" in answers and wanted.versions.get("ok", 0) > 1,
    }
    if not passes.get(wanted.state, status.state == wanted.state):
        return False
    if wanted.answer is None:
        return True
    value = answers.get(wanted.answer.name)
    if wanted.answer.how == "any":
        return value is not None
    if wanted.answer.how == "none":
        return value is None
    return value == wanted.answer.value or (
        isinstance(value, list) and wanted.answer.value in value
    )


def sorted_as(store: Store, wanted: QueueFilter, items: list[Item]) -> list[int]:
    name, down = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")

    def plain(text: str) -> str:
        marks = unicodedata.normalize("NFKD", text[:60])
        return "".join(one for one in marks if not unicodedata.combining(one)).casefold()

    def key(item: Item) -> JsonValue:
        status = store.reviewer_item(item.item_id, wanted.reviewer)
        touched = status != ReviewerItem()
        if name.startswith("answer:"):
            value = answers_of(store, item).get(name.removeprefix("answer:"))
            return (
                None if value is None else float(value) if isinstance(value, bool) else str(value)
            )
        if name in ("state", "time_on_task", "reviewed_at"):
            own = {"state": str(status.state), "time_on_task": status.duration_ms}
            return own.get(name, status.updated_at) if touched else None
        value = getattr(item, name)
        return plain(value) if isinstance(value, str) else value

    kept = [(item.position, key(item)) for item in items]
    known = sorted(
        (pair for pair in kept if pair[1] is not None), key=lambda pair: pair[1], reverse=down
    )
    return [position for position, _ in known] + [
        position for position, value in kept if value is None
    ]


ANSWERS = [None, AnswerFilter("ok", "is", True), AnswerFilter("ok", "any"), AnswerFilter("ok", "none"),
           AnswerFilter("tags", "is", 'b"'), AnswerFilter("tags", "is", "c_"), AnswerFilter("tags", "is", "cX")]  # fmt: skip
SORTS = ["", *QUEUE_SORTS, "answer:ok", "answer:tags"]
EVERY: list[QueueState] = [
    "all", "open", "pending", "in_progress", "completed", "skipped", "flagged", "noted", "outdated",
]  # fmt: skip


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    state=st.sampled_from(EVERY),
    answer=st.sampled_from(ANSWERS),
    sort=st.sampled_from(SORTS),
    down=st.booleans(),
    positions=st.none() | st.lists(st.integers(0, 39), unique=True),
    version=st.sampled_from([1, 2]),
)
def test_filter_sort_and_page_are_those_of_a_plain_scan(
    store: Store,
    session: str,
    state: QueueState,
    answer: AnswerFilter | None,
    sort: str,
    down: bool,
    positions: list[int] | None,
    version: int,
) -> None:
    sort = f"-{sort}" if down and sort else sort
    # The builders' answers carry no version of a question: all are older than none.
    wanted = QueueFilter(
        session, "alice", state=state if state != "outdated" else "all", answer=answer, sort=sort,
        positions=positions, versions={"ok": version},
    )  # fmt: skip
    items = store.items(session)
    queue = items if positions is None else [items[position] for position in positions]
    expected = [item for item in queue if lets_through(store, wanted, item)]
    page = store.queue_page(wanted, start=0, limit=1000)
    assert page.total == len(expected)
    if sort:
        order = sorted_as(store, wanted, sorted(expected, key=lambda item: item.position))
        assert sorted(page.positions) == sorted(order)
        # Equal keys stand in the order added.
        assert page.positions == order
    else:
        assert page.positions == [item.position for item in expected]
    assert store.queue_page(wanted, start=3, limit=4).positions == page.positions[3:7]


@pytest.mark.parametrize("named", [0, 2_000], ids=["many hits", "few hits"])
@pytest.mark.parametrize("sort", ["", "-duration_ms", "answer:ok", "-time_on_task"])
@pytest.mark.parametrize("state", ["all", "open", "flagged"])
def test_a_search_is_filtered_and_sorted_like_everything_else(
    store: Store,
    session: str,
    monkeypatch: pytest.MonkeyPatch,
    named: int,
    sort: str,
    state: QueueState,
) -> None:
    monkeypatch.setattr(queues, "_MAX_NAMED", named)
    hits = set(store.search(session, "order", "alice"))
    assert 0 < len(hits) < 40
    answer = AnswerFilter("tags", "any")
    unsearched = QueueFilter(session, "alice", state=state, sort=sort, answer=answer)
    expected = [one for one in store.queue_page(unsearched).positions if one in hits]
    searched = QueueFilter(session, "alice", state=state, sort=sort, answer=answer, search="order")
    assert store.queue_page(searched).positions == expected


def test_a_page_that_is_kept_is_made_again_when_another_process_labels(
    store: Store, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "_MAX_SORTED", 0)
    wanted = QueueFilter(session, "alice", state="open", sort="-duration_ms")
    before = store.queue_page(wanted)
    assert store.queue_page(wanted) == before
    other = open_store(store.url)
    item = store.items(session)[before.positions[0]]
    label(other, item, True, name="ok", state=ItemState.COMPLETED)
    set_status(other, item, "alice", ReviewerItem(state=ItemState.COMPLETED))
    label(other, item, False, name="ok", state=ItemState.COMPLETED)
    other.close()
    assert store.queue_page(wanted).positions == before.positions[1:]
    assert store.queue_counts(session, "alice", versions={})["open"] == before.total - 1
    store.add_items(session, [shown(40)])
    assert 40 in store.queue_page(wanted).positions


def test_counts_are_the_sizes_of_the_filters(store: Store, session: str) -> None:
    for positions in (None, [5, 3, 0, 20, 21, 22, 23]):
        counts = store.queue_counts(session, "alice", positions=positions, versions={})
        for state in EVERY:
            wanted = QueueFilter(session, "alice", state=state, positions=positions)
            assert counts[state] == store.queue_page(wanted).total, state


def test_rows_show_the_own_answers_and_everybody_who_was_there(store: Store, session: str) -> None:
    rows = store.queue_rows(session, "alice", [12, 3, 0])
    assert [row.item.position for row in rows] == [12, 3, 0]
    assert rows[0].answers == {"ok": True, "tags": ["c_"]}
    assert rows[0].reviewers == ["alice", "bob"]
    assert rows[1].answers == {}
    assert rows[1].status == ReviewerItem()


def test_an_unknown_column_is_named(store: Store, session: str) -> None:
    with pytest.raises(InvalidValueError, match=r"payload_bytes.*duration_ms"):
        store.queue_page(QueueFilter(session, "alice", sort="payload_bytes"))


def found(store: Store, session: str, text: str, reviewer: str | None = None) -> set[str]:
    titles = {item.position: item.title for item in store.items(session)}
    return {titles[position] for position in store.search(session, text, reviewer)}


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("order", {"Where is my order?", "order 66", "ORDERS, many"}),
        ("ord my", {"Where is my order?"}),
        ('"order 66"', {"order 66"}),
        ('"66 order"', set()),
        ("CAFE", {"Café crème"}),
        ("uber", {"Über die Rückgabe"}),
        ("订单", {"订单在哪里"}),
        ("哪里", {"订单在哪里"}),
        ("nowhere", set()),
        ('" OR (', set()),
        ("*", set()),
        ("  ", set()),
    ],
)
def test_words_are_found_without_case_and_accents(
    store: Store, session: str, typed: str, titles: set[str]
) -> None:
    assert found(store, session, typed) == titles


@given(typed=st.text(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_is_no_expression(store: Store, session: str, typed: str) -> None:
    assert isinstance(store.search(session, typed), list)
    assert " OR " not in query_of(typed.upper()).replace('" OR "', "")


def test_notes_are_found_by_their_writer_while_they_are_there(store: Store, session: str) -> None:
    assert store.search(session, "zoe") == []
    noted = store.search(session, "zoe", "alice")
    assert noted
    assert store.search(session, "zoe", "bob") == []
    item = store.items(session)[noted[0]]
    known = store.reviewer_item(item.item_id, "alice")
    set_status(store, item, "alice", known.model_copy(update={"note": "settled"}))
    assert store.search(session, "zoe", "alice") == noted[1:]
    assert store.search(session, "settled", "ALICE") == [item.position]


def test_a_search_stays_in_its_session(store: Store, session: str) -> None:
    other = a_session(store)
    store.add_items(other, [shown(0)])
    assert store.search(other, "order") == [0]
    assert len(store.search(session, "order")) > 1


def test_a_cleared_answer_is_no_longer_filtered_by(store: Store, session: str) -> None:
    item = store.items(session)[0]
    (given_answer,) = [
        one for one in store.item_assessments(item.item_id) if one.name == "ok" and one.source.source_id == "alice"
    ]  # fmt: skip
    wanted = QueueFilter(session, "alice", answer=AnswerFilter("ok", "any"))
    before = store.queue_page(wanted).total
    store.transact(lambda tx: tx.clear_answer(given_answer.assessment_id))
    assert store.queue_page(wanted).total == before - 1


def test_words_of_a_purged_session_are_gone_from_the_file(path: Path) -> None:
    store = open_store(f"sqlite:///{path}", journal=False)
    doomed, kept = a_session(store), a_session(store)
    secret = shown(1)
    secret = secret._replace(item=secret.item.model_copy(update={"request": "xylophonist zyzzyva"}))
    store.add_items(doomed, [secret])
    store.add_items(kept, [shown(2)])
    item = store.items(doomed)[0]
    label(store, item, True)
    set_status(store, item, "alice", ReviewerItem(note="quokkatown"))
    store.purge_session(doomed)
    assert store.search(kept, "order") == [0]
    store.close()
    held = path.read_bytes()
    assert b"xylophonist" not in held
    assert b"quokkatown" not in held


@pytest.mark.parametrize("version", [1, 3])
def test_an_older_file_can_be_searched_and_filtered(
    path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers(store: Store, session: str) -> list[object]:
        asks: list[Callable[[], object]] = [
            lambda: store.search(session, "order", "alice"),
            lambda: store.queue_page(QueueFilter(session, "alice", sort="-duration_ms")),
            lambda: store.queue_page(QueueFilter(session, "alice", sort="answer:ok")),
            lambda: store.queue_counts(session, "alice", versions={"ok": 2}),
            lambda: store.search(session, "zoe", "alice"),
        ]
        return [one() for one in asks]

    del monkeypatch
    store = open_store(f"sqlite:///{path}", journal=False)
    session = a_session(store)
    store.add_items(session, [shown(number) for number in range(12)])
    for item in store.items(session)[:6]:
        label(store, item, item.position, name="ok")
        set_status(store, item, "alice", ReviewerItem(note="Zoë said so"))
    expected = answers(store, session)
    store.close()
    as_made_by_version(path, version)
    store = open_store(f"sqlite:///{path}", journal=False)
    assert answers(store, session) == expected
    item = store.items(session)[0]
    set_status(store, item, "alice", ReviewerItem(note="changed"))
    assert 0 not in store.search(session, "zoe", "alice")
    raw = sqlite3.connect(path)
    raw.execute("INSERT INTO search_text(search_text, rank) VALUES ('integrity-check', 0)")
    raw.close()
    store.close()
