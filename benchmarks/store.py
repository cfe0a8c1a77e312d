"""What the store costs beside what the disk and the parsers cost: ratios, measured in turn in one process.

    python benchmarks/store.py [traces]

Times drift with the machine, ratios hold. A goal that is missed is marked; nothing is written outside a temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import orjson
import zstandard

from labelwidget.model import Assessment, AssessmentSource, Item, ItemState, Span, Trace
from labelwidget.model.event import AnswerChange, AnswerValue, Event
from labelwidget.store import NewItem, Store, Transaction
from labelwidget.store.sql.opening import open_store

ROUNDS = 60


def a_trace(number: int) -> NewItem:
    """About 32 kB and 7 spans, like an agent's."""
    item_id = uuid.uuid4().hex
    words = " ".join(
        hashlib.sha256(f"{number}-{part}".encode()).hexdigest()[:7] for part in range(60)
    )
    spans = tuple(
        Span(
            span_id=f"s{part}",
            parent_id=None if part == 0 else "s0",
            name=f"step {part}",
            inputs={"messages": [{"role": "user", "content": words * 5}]},
            outputs={"content": words * 3},
        )
        for part in range(7)
    )
    trace = Trace(trace_id=item_id, inputs={"q": words}, outputs=words, spans=spans, format="bench")
    item = Item(
        item_id=item_id,
        session_id="",
        position=0,
        source_trace_id=f"trace-{number}",
        title=words[:300],
        request=words[:1000],
        response=words[:1000],
    )
    return NewItem(item, trace)


def a_session(store: Store, traces: list[NewItem]) -> str:
    from labelwidget.model import SessionInfo

    session_id = uuid.uuid4().hex
    store.put_session(SessionInfo(session_id=session_id, name="bench"))
    for start in range(0, len(traces), 200):
        store.add_items(session_id, traces[start : start + 200])
    return session_id


def save(store: Store, item: Item, value: int) -> None:
    """One answer as the review core gives it: five reads, an event, an answer, a state, one commit."""

    def work(tx: Transaction) -> None:
        event_id = uuid.uuid4().hex
        tx.event(event_id)
        tx.session(item.session_id)
        tx.item(item.item_id)
        old = tx.current_answer(item.item_id, "alice", "helpful", "")
        change = AnswerChange(name="helpful", after=AnswerValue(value=value, rationale="because"))
        tx.append_event(
            Event(
                event_id=event_id,
                session_id=item.session_id,
                item_id=item.item_id,
                reviewer="alice",
                kind="answer",
                changes=[change],
            )
        )
        answer = Assessment(
            assessment_id=f"a-{uuid.uuid4().hex}",
            name="helpful",
            kind="feedback",
            value=value,
            rationale="because",
            source=AssessmentSource("HUMAN", "alice"),
            overrides=None if old is None else old.assessment_id,
        )
        tx.put_answer(item, answer)
        status = tx.reviewer_item(item.item_id, "alice")
        tx.put_reviewer_item(
            item, "alice", status.model_copy(update={"state": ItemState.IN_PROGRESS})
        )

    store.transact(work)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def in_turn(rounds: int, *contestants: Callable[[], object]) -> list[float]:
    """Median milliseconds of each, measured round-robin."""
    for contestant in contestants:
        contestant()
    times = [[timed(contestant) for contestant in contestants] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def report(what: str, ours: float, theirs: float, beside: str, goal: float) -> bool:
    ratio = ours / theirs
    good = ratio <= goal
    print(
        f"{what:<34} {ours:9.3f} ms   {ratio:6.2f} x {beside} ({theirs:.3f} ms)   goal {goal:g} x"
        f"   {'ok' if good else 'MISSED'}"
    )
    return good


def bench_save(folder: Path, store: Store, session: str) -> bool:
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=TRUNCATE")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute("CREATE TABLE t(id TEXT PRIMARY KEY, body TEXT)")
    items = store.items(session, limit=50)
    count = iter(range(10**9))

    def insert() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO t VALUES(?, ?)", (uuid.uuid4().hex, "x" * 300))
        bare.execute("COMMIT")

    def insert_and_line() -> None:
        """As safe as ours: in the database and in a second file."""
        insert()
        os.write(second, b"x" * 1_500)
        os.fdatasync(second)

    def ours() -> None:
        number = next(count)
        save(store, items[number % 50], number)

    alone = open_store(f"sqlite:///{folder / 'alone.db'}", journal=False)
    its = alone.items(a_session(alone, [a_trace(number) for number in range(50)]), limit=50)

    def ours_alone() -> None:
        number = next(count)
        save(alone, its[number % 50], number)

    second = os.open(folder / "second", os.O_RDWR | os.O_APPEND | os.O_CREAT)
    for item in [
        *items,
        *its,
    ]:  # the first answer to an item is another statement than those after it
        save(store if item in items else alone, item, 0)
    mine, without, both, theirs = in_turn(ROUNDS * 3, ours, ours_alone, insert_and_line, insert)
    os.close(second)
    alone.close()
    print(
        f"bare insert {theirs:.3f} ms, with a second file {both:.3f} ms; CPU of a save {cpu_of(ours):.3f} ms"
    )
    return all(
        (
            report("save, with its second copy", mine, both, "insert and line", 2),
            report("save, without the second copy", without, theirs, "a bare insert", 2),
        )
    )


def cpu_of(work: Callable[[], object], times: int = 100) -> float:
    """Milliseconds of processor time of one call."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) * 1e3 / times


def first_trace(path: Path, session: str) -> None:
    """What opening a session does on the kernel's side."""
    store = open_store(f"sqlite:///{path}")
    store.session(session)
    store.progress(session, "alice")
    position = store.first_open(session, "alice") or 0
    store.items(session, start=0, limit=100)
    item = store.item_at(session, position)
    assert item is not None
    store.trace(item.item_id)
    store.item_assessments(item.item_id)
    store.close()


def bench_open(folder: Path, many: int) -> bool:
    paths = {}
    for size in (100, many):
        path = folder / f"open-{size}.db"
        store = open_store(f"sqlite:///{path}")
        session = a_session(store, [a_trace(number) for number in range(size)])
        for item in store.items(session, limit=30):
            save(store, item, 1)
        store.close()
        paths[size] = (path, session)
    big, small = in_turn(
        ROUNDS, lambda: first_trace(*paths[many]), lambda: first_trace(*paths[100])
    )
    return report(f"open {many:,} traces, show the first", big, small, "100 traces", 1.5)


def bench_late(folder: Path, many: int) -> bool:
    """Resume behind thousands of finished items."""
    from labelwidget.model import ReviewerItem

    store = open_store(f"sqlite:///{folder / f'open-{many}.db'}")
    session = store.sessions()[0].session_id
    items = store.items(session, limit=many - 1)

    def finish(tx: Transaction) -> None:
        for item in items:
            tx.put_reviewer_item(item, "late", ReviewerItem(state=ItemState.COMPLETED))

    store.transact(finish)
    late, early = in_turn(
        ROUNDS, lambda: store.first_open(session, "late"), lambda: store.first_open(session, "new")
    )
    print(f"first open behind {many - 1:,} done {late:12.3f} ms   at the start {early:.3f} ms")
    store.close()
    return late < 50


def bench_import(folder: Path, store: Store) -> bool:
    from labelwidget.model import SessionInfo

    session_id = uuid.uuid4().hex
    store.put_session(SessionInfo(session_id=session_id, name="import"))
    batches = [[a_trace(batch * 200 + n) for n in range(200)] for batch in range(8)]
    mine, theirs = iter(batches), iter(batches)
    compressor = zstandard.ZstdCompressor(level=3)

    def ours() -> None:
        store.add_items(session_id, next(mine))

    def limit() -> None:
        traces = next(theirs)
        for start in range(0, 200, 5):
            with (folder / "limit.bin").open("ab") as file:
                for one in traces[start : start + 5]:
                    file.write(compressor.compress(orjson.dumps(one.trace.to_json())))
                file.flush()
                os.fdatasync(file.fileno())

    own, bound = in_turn(7, ours, limit)
    return report(
        "bring in a trace (200 at once)", own / 200, bound / 200, "orjson + zstd + sync", 2
    )


def bench_columns(path: Path, store: Store, session: str) -> bool:
    for item in store.items(session, limit=1000):
        save(store, item, 3)
    raw = sqlite3.connect(path)

    def fetch() -> object:
        return raw.execute(
            "SELECT * FROM assessments a JOIN items i USING (item_id) WHERE a.session_id = ? "
            "ORDER BY a.seq",
            (session,),
        ).fetchall()

    def ours() -> object:
        return store.assessment_columns(session, everything=True)

    mine, theirs = in_turn(20, ours, fetch)
    rows = len(store.assessment_columns(session, everything=True)["value"])
    return report(f"columns of {rows:,} labels", mine, theirs, "the fetch", 3.5)


def bench_next(path: Path, store: Store, session: str) -> bool:
    raw = sqlite3.connect(path)
    count = iter(range(10**9))

    def ours() -> None:
        item = store.item_at(session, next(count) % 100)
        assert item is not None
        store.trace(item.item_id)
        store.item_assessments(item.item_id)

    def limit() -> None:
        position = next(count) % 100
        (item_id, *_rest) = raw.execute(
            "SELECT * FROM items WHERE session_id = ? AND position = ?", (session, position)
        ).fetchone()
        (data,) = raw.execute("SELECT data FROM payloads WHERE item_id = ?", (item_id,)).fetchone()
        raw.execute("SELECT * FROM assessments WHERE item_id = ?", (item_id,)).fetchall()
        Trace.model_validate(orjson.loads(zstandard.ZstdDecompressor().decompress(data)))

    mine, theirs = in_turn(ROUNDS * 3, ours, limit)
    # Above the limit: typed rows and a checksum of each. A tenth of MLflow's time would be about ten times the limit.
    return report("next trace with its labels", mine, theirs, "read + zstd + orjson", 6)


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="labelwidget-bench-") as name:
        folder = Path(name)
        path = folder / "bench.db"
        store = open_store(f"sqlite:///{path}")
        session = a_session(store, [a_trace(number) for number in range(1_000)])
        results = [
            bench_save(folder, store, session),
            bench_next(path, store, session),
            bench_columns(path, store, session),
            bench_import(folder, store),
            bench_open(folder, many),
            bench_late(folder, many),
        ]
        size = path.stat().st_size / 1_000
        print(f"disk a trace, labels included {size / 1000:16.1f} kB")
        store.close()
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
