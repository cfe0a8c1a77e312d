"""What was typed comes back: the same value of the same type, whatever the characters."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from labelwidget.model import (
    Anchor,
    Assessment,
    AssessmentSource,
    ItemState,
    JsonValue,
    ReviewerItem,
    Span,
    SpanEvent,
    Trace,
)
from labelwidget.store import NewItem, Store
from tests.store.builders import a_session, judged, label, new_item

any_text = st.text(st.characters(codec=None))  # NUL, lone surrogates, bidi, astral
model_text = st.text(st.characters(codec="utf-8"))  # pydantic refuses lone surrogates in fields
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
names = model_text.filter(bool)
quick = settings(max_examples=60, deadline=None)


def same(found: object, expected: object) -> bool:
    """Equal, and of equal types all the way down: 1 is not True and not 1.0."""
    return repr(found) == repr(expected)


class Shared:
    """One store for all examples of a test: making stores is not what is tested here."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.session = a_session(self.store)
        self.count = 0

    def item_id(self, **more: object) -> str:
        self.count += 1
        new = new_item(f"t{self.count}", **more)
        self.store.add_items(self.session, [new])
        return new.item.item_id


def test_answers_come_back_exactly(store: Store) -> None:
    shared = Shared(store)

    @quick
    @given(json_values, names, st.none() | model_text, names)
    def check(value: JsonValue, name: str, rationale: str | None, reviewer: str) -> None:
        item = shared.store.item(shared.item_id())
        assert item is not None
        event = label(shared.store, item, value, name=name, rationale=rationale, reviewer=reviewer)
        (found,) = shared.store.item_assessments(item.item_id)
        assert same(found.value, value)
        assert (found.name, found.rationale, found.source.source_id) == (name, rationale, reviewer)
        (stored,) = shared.store.events(item.session_id, reviewer, limit=1)
        assert stored == event
        assert same(stored.changes[0].after.value, value)
        columns = shared.store.assessment_columns(shared.session)
        assert same(columns["value"][-1], value)
        assert columns["rationale"][-1] == rationale

    check()


def test_whole_assessments_come_back_exactly(store: Store) -> None:
    shared = Shared(store)
    anchors = st.builds(
        Anchor,
        block_id=st.text(st.characters(codec="utf-8"), max_size=20),
        start=st.integers(0, 2**40),
        end=st.integers(0, 2**40),
        quote=st.text(st.characters(codec="utf-8"), max_size=50),
    )
    assessments = st.builds(
        Assessment,
        assessment_id=names,
        name=names,
        kind=st.sampled_from(["feedback", "expectation"]),
        value=json_values,
        rationale=st.none() | model_text,
        source=st.builds(
            AssessmentSource, st.sampled_from(["HUMAN", "LLM_JUDGE", "CODE"]), model_text
        ),
        span_id=st.none() | model_text,
        anchor=st.none() | anchors,
        metadata=st.dictionaries(model_text, json_values, max_size=3),
        error=st.none() | model_text,
        create_time_ms=st.integers(-(2**60), 2**60),
        overrides=st.none() | model_text,
        valid=st.just(value=True),
        schema_version=st.none() | st.integers(1, 99),
        duration_ms=st.none() | st.integers(0, 2**40),
    )

    @quick
    @given(assessments)
    def check(made: Assessment) -> None:
        item_id = shared.item_id(assessments=[made])
        (found,) = shared.store.item_assessments(item_id)
        assert same(found, made.model_copy(update={"trace_id": item_id}))

    check()


def test_traces_come_back_exactly(store: Store) -> None:
    shared = Shared(store)
    spans = st.builds(
        Span,
        span_id=names,
        name=model_text,
        inputs=json_values,
        outputs=json_values,
        attributes=st.dictionaries(model_text, json_values, max_size=3),
        events=st.lists(
            st.builds(SpanEvent, name=model_text, attributes=st.just({"k": 2**70})), max_size=2
        ).map(tuple),
    )
    traces = st.builds(
        Trace,
        trace_id=names,
        name=model_text,
        inputs=json_values,
        outputs=json_values,
        spans=st.lists(spans, max_size=3).map(tuple),
        tags=st.dictionaries(model_text, model_text, max_size=3),
        metadata=st.dictionaries(model_text, json_values, max_size=3),
        assessments=st.just((judged([1, "x"]),)),
    )

    @quick
    @given(traces)
    def check(made: Trace) -> None:
        new = new_item(f"own-{shared.count}")
        shared.count += 1
        shared.store.add_items(shared.session, [NewItem(new.item, made)])
        assert same(shared.store.trace(new.item.item_id), made)

    check()


def test_items_and_states_come_back_exactly(store: Store) -> None:
    shared = Shared(store)

    @quick
    @given(st.text(st.characters(codec="utf-8"), min_size=1), model_text, names, model_text)
    def check(source: str, text: str, reviewer: str, note: str) -> None:
        new = new_item(f"{source}{shared.count}")
        shared.count += 1
        item = new.item.model_copy(
            update={
                "title": text,
                "request": text,
                "response": text,
                "trace_name": text,
                "trace_state": text,
                "model_name": text,
                "conversation_id": text,
                "duration_ms": 0.1,
                "request_time_ms": 2**50,
            }
        )
        (added,) = shared.store.add_items(shared.session, [NewItem(item, new.trace)]).added
        assert shared.store.item(added.item_id) == added
        assert (
            added.model_copy(update={"session_id": "", "position": 0, "payload_bytes": 0}) == item
        )
        status = ReviewerItem(state=ItemState.IN_PROGRESS, note=note)
        shared.store.transact(lambda tx: tx.put_reviewer_item(added, reviewer, status))
        assert shared.store.reviewer_item(added.item_id, reviewer) == status
        columns = shared.store.item_columns(shared.session)
        assert (columns["title"][-1], columns["source_trace_id"][-1]) == (
            text,
            added.source_trace_id,
        )

    check()


def test_questions_about_ids_that_no_store_could_hold_are_answered(store: Store) -> None:
    for odd in ("\ud800", "\x00", '"', "'; DROP TABLE items; --", "x" * 100_000):
        assert store.item(odd) is None
        assert store.session(odd) is None
        assert store.schema(odd) is None
        assert store.items(odd) == []
        assert store.progress(odd, odd).total == 0
        assert store.transact(lambda tx, odd=odd: tx.event(odd)) is None
