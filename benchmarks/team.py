"""Many reviewers at once beside one alone: what a save costs, and that none is lost, doubled or too many.

    python benchmarks/team.py [traces] [postgres|trouble|sqlite ...]

Every reviewer is a process. 32 share a PostgreSQL server, then the same while connections are cut and the server is
restarted; 8 share one SQLite file. A goal that is missed is marked; nothing is written outside a temporary folder.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import labelwidget as lw
from labelwidget.store.sql.opening import open_store
from tests.postgres_server import PostgresServer, running_server
from tests.team.labelling import Outcome, audit, label_together, shared_session

SLOWER = 5.0
"""The goal: the 95th percentile of a save under so many times that of one reviewer alone."""


def p95(outcome: Outcome) -> float:
    return statistics.quantiles(outcome.milliseconds, n=20)[-1]


def measure(
    title: str, address: str, traces: int, people: int, meanwhile: Callable[[], None] = lambda: None
) -> Outcome:
    store = lw.connect(address)
    session_id = shared_session(store, traces).labeling_session_id
    store.close()
    with tempfile.TemporaryDirectory() as folder:
        outcome = label_together(
            address,
            session_id,
            [f"r{n}" for n in range(people)],
            Path(folder),
            meanwhile,
            seconds=900,
        )
    store = open_store(address)
    audit(store, session_id, outcome)
    store.close()
    print(
        f"{title}: {traces:,} traces, {len(outcome.acknowledged):,} saves in {outcome.seconds:.0f} s, save p50 "
        f"{statistics.median(outcome.milliseconds):.1f} ms, p95 {p95(outcome):.1f} ms, longest "
        f"{max(outcome.milliseconds) / 1000:.1f} s; each once, none too many",
        flush=True,
    )
    return outcome


def trouble(server: PostgresServer) -> Callable[[], None]:
    chance = random.Random(1)  # noqa: S311  whom it hits need not be a secret
    last = [time.monotonic(), time.monotonic() + 10]

    def disturb() -> None:
        now = time.monotonic()
        if now > last[1]:
            server.restart("immediate")
            last[1] = now + 20
        elif now > last[0]:
            found = server.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'labelwidget'"
            )
            if found:
                server.execute(f"SELECT pg_terminate_backend({chance.choice(found)[0]})")
            last[0] = now + 0.3

    return disturb


def on_a_server(traces: int, parts: set[str]) -> None:
    with running_server() as server:
        if "postgres" in parts:
            with server.database() as address:
                alone = measure("PostgreSQL, 1 reviewer ", address, traces // 10, 1)
            with server.database() as address:
                many = measure("PostgreSQL, 32 reviewers", address, traces, 32)
            compare(many, alone)
        if "trouble" in parts:
            with server.database() as address:
                measure("PostgreSQL, 32, cut off, restarted", address, traces, 32, trouble(server))


def on_a_file(traces: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        alone = measure("SQLite, 1 reviewer ", f"sqlite:///{folder}/one.db", traces // 10, 1)
        compare(measure("SQLite, 8 reviewers", f"sqlite:///{folder}/many.db", traces, 8), alone)


def compare(many: Outcome, alone: Outcome) -> None:
    ratio = p95(many) / p95(alone)
    missed = "" if ratio < SLOWER else " (GOAL MISSED)"
    print(f"  p95 is {ratio:.1f} times that of one alone{missed}", flush=True)


def main() -> None:
    numbers = [int(one) for one in sys.argv[1:] if one.isdecimal()]
    traces = numbers[0] if numbers else 2_000
    parts = {one for one in sys.argv[1:] if not one.isdecimal()} or {
        "postgres",
        "trouble",
        "sqlite",
    }
    if parts & {"postgres", "trouble"}:
        on_a_server(traces, parts)
    if "sqlite" in parts:
        on_a_file(traces)


if __name__ == "__main__":
    main()
