"""What must hold of a store file whatever happened, checked with nothing but sqlite3."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


def audit(path: Path, acknowledged: Iterable[str]) -> int:
    """Check soundness, that each acknowledged event is there once and whole; returns how many events there are."""
    raw = sqlite3.connect(path, timeout=30)
    try:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        bodies = raw.execute("SELECT event_id, body, sha256 FROM events").fetchall()
        stored = Counter(event_id for event_id, _, _ in bodies)
        lost = [event_id for event_id in acknowledged if event_id not in stored]
        assert lost == [], f"{len(lost)} acknowledged events lost"
        assert max(stored.values(), default=1) == 1
        answers = Counter(
            rationale
            for (rationale,) in raw.execute("SELECT rationale FROM assessments WHERE NOT prior")
        )
        for event_id, body, sha256 in bodies:
            assert hashlib.sha256(body.encode()).hexdigest() == sha256
            # The builders write the event's id as the rationale: event and answer are there together.
            assert answers[json.dumps(event_id)] == 1, f"event {event_id} without its answer"
        assert sum(answers.values()) == len(bodies)
        doubled = raw.execute(
            "SELECT item_id, source_key, name, place FROM assessments WHERE valid AND NOT prior "
            "GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"
        ).fetchall()
        assert doubled == []
        _audit_counters(raw)
        return len(bodies)
    finally:
        raw.close()


def _audit_counters(raw: sqlite3.Connection) -> None:
    counted = raw.execute(
        "SELECT session_id, reviewer_key, sum(state = 'completed'), sum(state = 'skipped'), "
        "sum(state = 'in_progress'), sum(flagged) FROM reviewer_items GROUP BY 1, 2"
    ).fetchall()
    kept = raw.execute(
        "SELECT session_id, reviewer_key, completed, skipped, in_progress, flagged "
        "FROM reviewer_counters"
    ).fetchall()
    assert sorted(kept) == sorted(counted)
    sizes = raw.execute(
        "SELECT s.item_count, count(i.item_id), coalesce(max(i.position), -1) + 1 "
        "FROM labeling_sessions s LEFT JOIN items i USING (session_id) GROUP BY s.session_id"
    ).fetchall()
    assert all(count == found == dense for count, found, dense in sizes)
