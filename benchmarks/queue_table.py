"""What the queue table costs in the kernel: pages, filters, searches and sorts at 1,000 and at 100,000 traces.

    python benchmarks/queue_table.py [traces]

Prints what each question costs in milliseconds of this thread: asked for the first time after a label was saved, and asked again (the
next page of the same list); the slowest of some runs. What the first costs at 100,000 is set beside 1,000. The bar is 100 ms for each.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from labelwidget.model import Assessment, AssessmentSource, Item, ItemState, SessionInfo, Trace
from labelwidget.store import NewItem, Store, Transaction
from labelwidget.store.queue_store import AnswerFilter, QueueFilter
from labelwidget.store.sql.opening import open_store

BAR_MS = 100.0
RUNS = 5
WORDS = Path(__file__).read_text().replace(".", " ").replace("(", " ").split()


def a_session(store: Store, traces: int, labelled: float) -> str:
    """A session whose texts are about 700 characters; a share of it is labelled."""
    chance = random.Random(1)  # noqa: S311
    session_id = uuid.uuid4().hex
    store.put_session(SessionInfo(session_id=session_id, name=f"{traces} traces"))
    for start in range(0, traces, 500):
        store.add_items(
            session_id,
            [a_trace(number, chance) for number in range(start, min(start + 500, traces))],
        )
        items = store.items(session_id, start=start, limit=500)
        store.transact(lambda tx, items=items: label(tx, items, chance, labelled))
    return session_id


def a_trace(number: int, chance: random.Random) -> NewItem:
    """A short trace: what it holds beside its previews does not matter here."""
    item_id = uuid.uuid4().hex
    text = " ".join(chance.choices(WORDS, k=40)) + f" number{number}"
    item = Item(
        item_id=item_id, session_id="", position=0, source_trace_id=f"trace-{number}", title=text[:300], request=text,
        response=" ".join(chance.choices(WORDS, k=60)), duration_ms=chance.random() * 5000, trace_state="OK",
        model_name=chance.choice(["small", "large", None]), input_tokens=number % 977,
    )  # fmt: skip
    return NewItem(item, Trace(trace_id=item_id, inputs="x", outputs="y", format="benchmark"))


def label(tx: Transaction, items: list[Item], chance: random.Random, labelled: float) -> None:
    """Two answers, a state and now and then a note."""
    for item in items:
        if chance.random() > labelled:
            continue
        for name, value in (("helpful", chance.random() < 0.8), ("score", chance.randrange(1, 6))):
            tx.put_answer(
                item,
                Assessment(name=name, kind="feedback", value=value, source=AssessmentSource("HUMAN", "alice"), schema_version=1),
            )  # fmt: skip
        status = tx.reviewer_item(item.item_id, "alice")
        state = ItemState.COMPLETED if chance.random() < 0.9 else ItemState.SKIPPED
        note = "look again" if chance.random() < 0.01 else ""
        tx.put_reviewer_item(
            item, "alice", status.model_copy(update={"state": state, "note": note})
        )


def questions(store: Store, session_id: str, traces: int) -> dict[str, Callable[[], object]]:
    """What a queue table asks, each with its rows and counts where the page needs them."""
    versions = {"helpful": 2, "score": 1}
    queue = list(range(traces))
    random.Random(2).shuffle(queue)  # noqa: S311

    def page(start: int = 0, **wanted: object) -> object:
        given = QueueFilter(session_id, "alice", versions=versions, **wanted)  # pyright: ignore[reportArgumentType]
        found = store.queue_page(given, start=start, limit=100)
        return found.total, store.queue_rows(session_id, "alice", found.positions)

    helpful = AnswerFilter("helpful", "is", value=False)
    return {
        "first page": page,
        "last page": lambda: page(traces - 100),
        "counts of the filters": lambda: store.queue_counts(session_id, "alice", versions=versions),
        "open, first page": lambda: page(state="open"),
        "open, deep page": lambda: page(traces // 3, state="open"),
        "done, deep page": lambda: page(traces // 3, state="completed"),
        "noted": lambda: page(state="noted"),
        "changed questions": lambda: page(state="outdated"),
        "answer is No": lambda: page(answer=helpful),
        "answer is No, deep page": lambda: page(traces // 20, answer=helpful),
        "search a word of few": lambda: page(search="number77"),
        "search a word of nearly all": lambda: page(search="the"),
        "search two words": lambda: page(search="session traces"),
        "search one letter": lambda: page(search="s"),
        "search a phrase": lambda: page(search='"of the"'),
        "search in notes": lambda: page(search="again"),
        "search nothing": lambda: page(search="zzzz"),
        "sort by duration": lambda: page(sort="-duration_ms"),
        "sort by duration, middle": lambda: page(traces // 2, sort="duration_ms"),
        "sort by request": lambda: page(sort="title"),
        "sort by response": lambda: page(sort="-response"),
        "sort by state": lambda: page(sort="state"),
        "sort by an answer": lambda: page(sort="-answer:score"),
        "open, searched, sorted": lambda: page(state="open", search="number", sort="-duration_ms"),
        "chosen queue, first page": lambda: page(positions=queue),
        "chosen queue, open and sorted": lambda: page(
            positions=queue, state="open", sort="-duration_ms"
        ),
        "chosen queue, counts": lambda: store.queue_counts(
            session_id, "alice", positions=queue, versions=versions
        ),
    }


def slowest_ms(ask: Callable[[], object], before: Callable[[], object]) -> float:
    """The slowest run but the first, which also fills caches; CPU time, which other programs do not stretch."""
    before()
    ask()
    spent: list[float] = []
    for _ in range(RUNS):
        before()
        begin = time.thread_time()
        ask()
        spent.append((time.thread_time() - begin) * 1000)
    return max(spent)


def save_a_label(store: Store, session_id: str) -> None:
    """What makes everything that depends on the reviewer's labels stale."""
    (item,) = store.items(session_id, start=7, limit=1)
    store.transact(lambda tx: label(tx, [item], random.Random(3), 1.0))  # noqa: S311


def main() -> int:
    """Print the table; 1 when a bar is missed."""
    large = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'labels.db'}", journal=False)
        begin = time.perf_counter()
        sessions = {traces: a_session(store, traces, labelled=0.6) for traces in (1_000, large)}
        print(
            f"made in {time.perf_counter() - begin:.0f} s; {(Path(folder) / 'labels.db').stat().st_size / 1e6:.0f} MB"
        )
        missed = 0
        print(f"{'':32}{'1,000 first':>12}{f'{large:,} first':>16}{'again':>10}{'ratio':>8}")
        asked = {traces: questions(store, one, traces) for traces, one in sessions.items()}
        for name in asked[large]:
            first = {
                traces: slowest_ms(asked[traces][name], lambda one=one: save_a_label(store, one))
                for traces, one in sessions.items()
            }
            again = slowest_ms(asked[large][name], lambda: None)
            over = max(first[large], again) > BAR_MS
            missed += over
            print(
                f"{name:32}{first[1_000]:9.1f} ms{first[large]:13.1f} ms{again:7.1f} ms{first[large] / first[1_000]:8.1f}"
                f"{'  over the bar' if over else ''}"
            )
        store.close()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
