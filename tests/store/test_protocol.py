"""What the rest of the project relies on, on every engine."""

from __future__ import annotations

import pytest

from labelwidget.errors import ConflictError, NotFoundError, StoreError
from labelwidget.model import (
    Anchor,
    Assessment,
    AssessmentSource,
    InputCategorical,
    InputPassFail,
    InputRating,
    ItemState,
    LabelSchema,
    Progress,
    ReviewerItem,
    SessionInfo,
)
from labelwidget.model.event import place_of
from labelwidget.store import Store, Transaction
from tests.store.builders import a_session, an_event, judged, label, new_item, set_status

PASS_FAIL = InputPassFail()


def question(name: str, version: int = 1, title: str = "") -> LabelSchema:
    return LabelSchema(name=name, type="feedback", input=PASS_FAIL, version=version, title=title)


class TestQuestions:
    def test_come_back_as_they_were_made(self, store: Store) -> None:
        made = LabelSchema(
            name="tone \x00 😀",
            type="expectation",
            input=InputCategorical(["Ja", "Nein"], descriptions={"Ja": "Zeile\n2"}),
            instruction="# Look\n\u202e twice",
            hotkeys={"j": "Ja"},
            show_if={"other": ["Ja", 1, None]},
            schema_id="ls-1",
            created_at=5,
        )
        store.put_schema(made)
        assert store.schema("tone \x00 😀") == made

    def test_every_input_type_comes_back(self, store: Store) -> None:
        rating = LabelSchema(
            name="r", type="feedback", input=InputRating(0, 10, labels=("bad", "good"))
        )
        store.put_schema(rating)
        assert store.schema("r") == rating

    def test_an_edit_keeps_the_place_and_the_old_version(self, store: Store) -> None:
        for name in ("b", "a", "c"):
            store.put_schema(question(name))
        store.put_schema(question("b", version=2, title="Better"))
        assert [(found.name, found.version) for found in store.schemas()] == [
            ("b", 2),
            ("a", 1),
            ("c", 1),
        ]
        old = store.schema("b", version=1)
        assert old is not None
        assert old.title == ""

    def test_a_deleted_one_is_hidden_and_comes_back(self, store: Store) -> None:
        store.put_schema(question("a"))
        assert store.delete_schema("a") is True
        assert store.delete_schema("a") is False
        assert store.schema("a") is None
        assert store.schemas() == []
        assert store.schema("a", deleted=True) == question("a")
        store.put_schema(question("a", version=2))
        assert store.schema("a") == question("a", version=2)

    def test_two_different_edits_at_once_do_not_overwrite_each_other(self, store: Store) -> None:
        store.put_schema(question("a", version=1, title="mine"))
        store.put_schema(question("a", version=1, title="mine"))
        with pytest.raises(ConflictError, match="version 1"):
            store.put_schema(question("a", version=1, title="yours"))
        assert store.schema("a") == question("a", version=1, title="mine")

    def test_knows_whether_reviewers_answered(self, store: Store) -> None:
        session = a_session(store)
        store.add_items(session, [new_item("t", assessments=[judged(name="quality")])])
        item = store.items(session)[0]
        assert store.has_answers("quality") is False
        label(store, item, True, name="quality")
        assert store.has_answers("quality") is True


class TestSessions:
    def test_come_back_newest_first(self, store: Store) -> None:
        infos = [
            SessionInfo(
                session_id=f"s{number}",
                name="same",
                assigned_users=["Alice@x", "bob"],
                custom_inputs={"k": [2**70, "\x00"]},
                created_at=10 - number,  # a clock that was set back
            )
            for number in range(3)
        ]
        for info in infos:
            store.put_session(info)
        assert store.sessions() == infos[::-1]
        assert store.session("s1") == infos[1]
        assert store.session("nothing") is None

    def test_a_deleted_one_is_hidden_until_restored(self, store: Store) -> None:
        session = a_session(store, traces=2)
        info = store.session(session)
        assert info is not None
        store.put_session(info.model_copy(update={"deleted_at": 5}))
        assert store.session(session) is None
        assert store.sessions() == []
        assert [found.session_id for found in store.sessions(deleted=True)] == [session]
        store.put_session(info)
        assert store.sessions() == [info]
        assert store.count_items(session) == 2

    def test_purging_leaves_nothing(self, store: Store) -> None:
        gone, stays = a_session(store, traces=3), a_session(store, traces=1)
        item, other = store.items(gone)[0], store.items(stays)[0]
        label(store, item, "x")
        label(store, other, "x")
        store.purge_session(gone)
        assert store.session(gone, deleted=True) is None
        assert store.count_items(gone) == 0
        assert store.item(item.item_id) is None
        assert store.item_assessments(item.item_id) == []
        assert store.events(gone, "alice") == []
        with pytest.raises(NotFoundError):
            store.trace(item.item_id)
        assert len(store.item_assessments(other.item_id)) == 1


class TestItems:
    def test_get_dense_positions_in_the_order_added(self, store: Store) -> None:
        session = a_session(store, traces=3)
        result = store.add_items(session, [new_item("x"), new_item("y")])
        assert [item.position for item in result.added] == [3, 4]
        assert [item.position for item in store.items(session)] == [0, 1, 2, 3, 4]
        assert store.count_items(session) == 5

    def test_a_source_that_is_there_is_skipped_and_named(self, store: Store) -> None:
        session = a_session(store, traces=2)
        result = store.add_items(
            session, [new_item("trace-1"), new_item("n"), new_item("n"), new_item("trace-0")]
        )
        assert [item.source_trace_id for item in result.added] == ["n"]
        assert result.already == ["trace-1", "n", "trace-0"]
        assert [item.source_trace_id for item in store.items(session)] == [
            "trace-0",
            "trace-1",
            "n",
        ]

    def test_one_source_may_be_in_two_sessions(self, store: Store) -> None:
        first, second = a_session(store, traces=1), a_session(store, traces=1)
        assert store.items(first)[0].item_id != store.items(second)[0].item_id

    def test_a_session_that_does_not_exist_takes_nothing(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="nope"):
            store.add_items("nope", [new_item("x")])

    def test_pages_and_single_items(self, store: Store) -> None:
        session = a_session(store, traces=7)
        assert [item.position for item in store.items(session, start=2, limit=3)] == [2, 3, 4]
        assert store.items(session, start=7) == []
        found = store.item_at(session, 6)
        assert found is not None
        assert found == store.item(found.item_id)
        assert store.item_at(session, 7) is None
        assert store.item_at(session, -1) is None

    def test_traces_come_back_whole_and_in_order(self, store: Store) -> None:
        session = a_session(store)
        inputs = {"text": "x" * 5000, "n": 2**70, "lone": "\ud800", "nul": "\x00"}
        new = [new_item(f"t{n}", inputs={**inputs, "number": n}) for n in range(60)]
        store.add_items(session, new)
        assert [trace for _, trace in store.traces(session)] == [one.trace for one in new]
        assert store.trace(new[3].item.item_id) == new[3].trace

    def test_an_unknown_trace_is_named(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="nothing-here"):
            store.trace("nothing-here")


class TestAnswers:
    def test_an_event_is_kept_once(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        first = label(store, item, 1, event_id="e")
        again = label(store, item, 2, event_id="e")
        assert again == first
        assert first.seq > 0
        assert [answer.value for answer in store.item_assessments(item.item_id)] == [1]
        assert len(store.events(item.session_id, "alice")) == 1

    def test_an_event_id_means_one_thing(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        made = an_event(item, "alice", event_id="e")
        assert store.transact(lambda tx: tx.append_event(made)) == store.transact(
            lambda tx: tx.append_event(made)
        )
        with pytest.raises(ConflictError, match="'e'"):
            store.transact(lambda tx: tx.append_event(an_event(item, "bob", event_id="e")))

    def test_a_new_answer_replaces_the_old_one_and_history_stays(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        for value in (1, 2, 3):
            label(store, item, value)
        assert [answer.value for answer in store.item_assessments(item.item_id)] == [3]
        columns = store.assessment_columns(item.session_id, everything=True)
        assert columns["value"] == [1, 2, 3]
        assert columns["valid"] == [False, False, True]
        assert columns["overrides"] == [None, *columns["assessment_id"][:2]]

    def test_a_cleared_answer_has_no_successor(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        label(store, item, 1)
        answer = store.item_assessments(item.item_id)[0]
        store.transact(lambda tx: tx.clear_answer(answer.assessment_id))
        assert store.item_assessments(item.item_id) == []
        assert (
            store.transact(lambda tx: tx.current_answer(item.item_id, "alice", "helpful", ""))
            is None
        )
        with pytest.raises(NotFoundError, match="a-none"):
            store.transact(lambda tx: tx.clear_answer("a-none"))

    def test_one_current_answer_for_each_reviewer_question_and_place(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        anchor = Anchor(block_id="b", start=1, end=4, quote="abc")
        places = [(None, None), ("span-1", None), ("span-1", anchor)]
        for reviewer in ("alice", "bob"):
            for number, (span, where) in enumerate(places):
                answer = Assessment(
                    assessment_id=f"a-{reviewer}-{number}",
                    name="helpful",
                    kind="feedback",
                    value=number,
                    span_id=span,
                    anchor=where,
                    source=AssessmentSource("HUMAN", reviewer),
                )
                store.transact(lambda tx, answer=answer: tx.put_answer(item, answer))
        for number, (span, where) in enumerate(places):
            place = place_of(span, where)
            found = store.transact(
                lambda tx, place=place: tx.current_answer(item.item_id, "ALICE", "helpful", place)
            )
            assert found is not None
            assert (found.value, found.anchor, found.span_id) == (number, where, span)
            assert found.trace_id == item.item_id
            assert found.session_id == item.session_id

    def test_prior_assessments_are_listed_and_never_an_answer(self, store: Store) -> None:
        prior = judged(
            0.25,
            assessment_id="a-judge",
            trace_id="elsewhere",
            metadata={"cost": 0.1},
            error="late",
            session_id="elsewhere",
        )
        human = Assessment(
            name="helpful", kind="feedback", value=1, source=AssessmentSource("HUMAN", "alice")
        )
        session, other = a_session(store), a_session(store)
        for where in (session, other):  # the same assessment ids, twice
            store.add_items(where, [new_item("t", assessments=[prior, human, human])])
        item = store.items(session)[0]
        found = store.item_assessments(item.item_id)
        assert found[0] == prior.model_copy(update={"session_id": None, "trace_id": item.item_id})
        assert [one.session_id for one in found] == [None] * 3
        assert len({one.assessment_id for one in found}) == 3
        assert (
            store.transact(lambda tx: tx.current_answer(item.item_id, "alice", "helpful", ""))
            is None
        )
        assert store.assessment_columns(session)["value"] == []
        assert store.assessment_columns(session, prior=True)["value"] == [0.25, 1, 1]

    def test_a_failed_transaction_leaves_nothing(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]

        def half(tx: Transaction) -> None:
            tx.append_event(an_event(item, "alice"))
            tx.put_reviewer_item(item, "alice", ReviewerItem(state=ItemState.COMPLETED))
            raise KeyError("changed my mind")

        with pytest.raises(KeyError, match="changed my mind"):
            store.transact(half)
        assert store.events(item.session_id, "alice") == []
        assert store.progress(item.session_id, "alice") == Progress(total=1)
        label(store, item, 1)
        assert store.progress(item.session_id, "alice") == Progress(total=1, in_progress=1)

    def test_a_transaction_inside_a_transaction_is_refused(self, store: Store) -> None:
        with pytest.raises(StoreError, match="inside another"):
            store.transact(lambda _: store.transact(lambda _: None))


class TestUndo:
    def test_what_is_in_force(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        chain = [("e", None), ("u1", "e"), ("r1", "u1"), ("u2", "e"), ("r2", "u2"), ("u3", "e")]
        expected = {
            "e": [None, "u1", None, "u2", None, "u3"],
            "u1": [None, None, "r1", "r1", "r1", "r1"],
            "u2": [None, None, None, None, "r2", "r2"],
        }
        for step, (event_id, undoes) in enumerate(chain):
            event = an_event(item, "alice", "undo", event_id=event_id, undoes=undoes)
            store.transact(lambda tx, event=event: tx.append_event(event))
            for target, answers in expected.items():
                assert store.transact(lambda tx, t=target: tx.undone_by(t)) == answers[step], (
                    f"{target} after {event_id}"
                )

    def test_an_unknown_event_was_not_undone(self, store: Store) -> None:
        assert store.transact(lambda tx: tx.undone_by("x")) is None
        assert store.transact(lambda tx: tx.event("x")) is None

    def test_a_long_back_and_forth_stays_quick(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]

        def work(tx: Transaction) -> str | None:
            for number in range(2000):
                tx.append_event(
                    an_event(
                        item,
                        "alice",
                        event_id=f"e{number}",
                        undoes=f"e{number - 1}" if number else None,
                    )
                )
            return tx.undone_by("e0")

        assert store.transact(work) == "e1"


class TestProgress:
    def test_counters_say_what_a_recount_says(self, store: Store) -> None:
        session = a_session(store, traces=6)
        items = store.items(session)
        states = list(ItemState)
        for step in range(48):
            item, reviewer = items[step % 6], ("Alice", "bob ", "ALICE")[step % 3]
            status = ReviewerItem(state=states[(step * 7) % 4], flagged=step % 5 == 0)
            set_status(store, item, reviewer, status)
        for reviewer in ("alice", "Bob"):
            statuses = [touched.status for touched in store.touched(session, reviewer)]
            counted = Progress(
                total=6,
                completed=sum(status.state == "completed" for status in statuses),
                skipped=sum(status.state == "skipped" for status in statuses),
                in_progress=sum(status.state == "in_progress" for status in statuses),
                flagged=sum(status.flagged for status in statuses),
            )
            assert store.progress(session, reviewer) == counted
        assert set(store.reviewers(session)) == {"Alice", "bob "}
        assert store.reviewers(session)["Alice"] == store.progress(session, "alice")

    def test_an_untouched_session(self, store: Store) -> None:
        session = a_session(store, traces=2)
        assert store.progress(session, "alice") == Progress(total=2)
        assert store.reviewers(session) == {}
        assert store.last_seq(session) == 0
        assert store.touched(session, "alice") == []
        assert store.reviewer_item(store.items(session)[0].item_id, "alice") == ReviewerItem()

    def test_first_open_skips_what_is_decided(self, store: Store) -> None:
        session = a_session(store, traces=4)
        items = store.items(session)
        assert store.first_open(session, "alice") == 0
        set_status(store, items[0], "alice", ReviewerItem(state=ItemState.COMPLETED))
        set_status(store, items[1], "alice", ReviewerItem(state=ItemState.SKIPPED))
        set_status(
            store, items[2], "alice", ReviewerItem(state=ItemState.IN_PROGRESS, flagged=True)
        )
        assert store.first_open(session, "ALICE") == 2
        assert store.first_open(session, "alice", after=2) == 3
        assert store.first_open(session, "alice", after=3) is None
        assert store.first_open(session, "bob") == 0

    def test_a_status_comes_back_whole(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        status = ReviewerItem(
            state=ItemState.SKIPPED, flagged=True, note="\x00 ü\n", duration_ms=2**40, updated_at=7
        )
        set_status(store, item, "alice", status)
        assert store.reviewer_item(item.item_id, "Alice") == status
        touched = store.touched(item.session_id, "alice")
        assert [(one.position, one.item_id, one.status) for one in touched] == [
            (0, item.item_id, status)
        ]
        assert store.status_columns(item.session_id) == {
            "item_id": [item.item_id],
            "position": [0],
            "reviewer": ["alice"],
            "state": ["skipped"],
            "flagged": [True],
            "note": ["\x00 ü\n"],
            "duration_ms": [2**40],
            "updated_at": [7],
        }

    def test_last_seq_changes_when_anybody_labels(self, store: Store) -> None:
        session, other = a_session(store, traces=1), a_session(store, traces=1)
        seen = [store.last_seq(session)]
        for reviewer in ("alice", "bob"):
            label(store, store.items(session)[0], 1, reviewer=reviewer)
            seen.append(store.last_seq(session))
        label(store, store.items(other)[0], 1)
        assert seen == sorted(set(seen))
        assert store.last_seq(session) == seen[-1]

    def test_the_newest_events_of_one_reviewer_in_order(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        for number in range(5):
            label(store, item, number, event_id=f"e{number}")
            label(store, item, number, reviewer="bob")
        found = store.events(item.session_id, "Alice", limit=3)
        assert [event.event_id for event in found] == ["e2", "e3", "e4"]
        assert [event.changes[0].after.value for event in found] == [2, 3, 4]


class TestColumns:
    def test_items_as_columns_say_what_the_items_say(self, store: Store) -> None:
        session = a_session(store, traces=3)
        columns = store.item_columns(session)
        for name, column in columns.items():
            assert column == [getattr(item, name) for item in store.items(session)]

    def test_an_empty_session_has_empty_columns(self, store: Store) -> None:
        session = a_session(store)
        for columns in (
            store.item_columns(session),
            store.assessment_columns(session, everything=True, prior=True),
            store.status_columns(session),
        ):
            assert columns
            assert all(column == [] for column in columns.values())

    def test_assessments_as_columns_have_the_names_promised(self, store: Store) -> None:
        item = store.items(a_session(store, traces=1))[0]
        label(store, item, [1, "\ud800"], rationale="because")
        columns = store.assessment_columns(item.session_id)
        assert list(columns) == [
            "assessment_id",
            "item_id",
            "position",
            "source_trace_id",
            "name",
            "kind",
            "value",
            "rationale",
            "source_type",
            "source_id",
            "span_id",
            "anchor",
            "metadata",
            "error",
            "create_time_ms",
            "overrides",
            "valid",
            "schema_version",
            "duration_ms",
            "prior",
        ]
        assert columns["value"] == [[1, "\ud800"]]
        assert columns["rationale"] == ["because"]
        assert columns["source_trace_id"] == ["trace-0"]
        assert columns["metadata"] == [{}]
        assert columns["prior"] == [False]


def test_a_closed_store_opens_again_at_the_next_call(store: Store) -> None:
    session = a_session(store, traces=1)
    store.close()
    assert store.count_items(session) == 1
    store.close()
    label(store, store.items(session)[0], 1)
    store.close()
    store.close()
    assert store.progress(session, "alice").in_progress == 1
