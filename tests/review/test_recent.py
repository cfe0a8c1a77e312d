"""Traces kept as objects: read once, read again when the item changed, and never too many."""

from __future__ import annotations

from labelwidget.model import Item, Trace
from labelwidget.review import recent
from labelwidget.review.recent import RecentTraces


def item(name: str, size: int = 10) -> Item:
    return Item(item_id=name, session_id="s", position=0, source_trace_id=name, payload_bytes=size)


def traces() -> tuple[RecentTraces, list[str]]:
    read: list[str] = []

    def load(item_id: str) -> Trace:
        read.append(item_id)
        return Trace(trace_id=item_id)

    return RecentTraces(load), read


def test_a_trace_is_read_once_as_long_as_its_item_is_the_same():
    kept, read = traces()
    assert kept.kept(item("a")) is None
    first = kept.get(item("a"))
    assert kept.kept(item("a")) is first
    assert kept.kept(item("a", size=11)) is None
    assert kept.get(item("a")) is first
    kept.get(item("a", size=11))
    assert read == ["a", "a"]


def test_only_the_latest_are_kept_and_no_more_than_fits(monkeypatch):
    kept, read = traces()
    for n in range(recent.MAX_TRACES + 1):
        kept.get(item(f"{n}"))
    kept.get(item("1"))
    kept.get(item("0"))
    assert read[-1] == "0"
    assert read.count("1") == 1

    monkeypatch.setattr(recent, "MAX_BYTES", 100)
    kept, read = traces()
    kept.get(item("large", size=1_000))
    kept.get(item("large", size=1_000))
    kept.get(item("small"))
    kept.get(item("large", size=1_000))
    assert read == ["large", "small", "large"]
