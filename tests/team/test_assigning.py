"""Dealing is fair, an overlap is exact, what was begun stays, and only what is theirs is taken from reviewers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labelwidget as lw
from labelwidget.errors import InvalidValueError, NotAssignedError, NotFoundError
from labelwidget.review.assigning import deal
from tests.team.conftest import TEAM, review

reviewers = st.lists(
    st.text("abcdefgh", min_size=1, max_size=3), min_size=1, max_size=9, unique=True
)


@given(st.integers(0, 300), reviewers, st.data())
def test_everybody_gets_as_much_and_every_item_as_many(
    count: int, names: list[str], data: st.DataObject
) -> None:
    each = data.draw(st.integers(1, len(names)))
    dealt = deal(count, names, each=each, seed="s")
    loads = [len(positions) for positions in dealt.values()]
    assert max(loads) - min(loads) <= 1
    holders = [0] * count
    for positions in dealt.values():
        assert len(set(positions)) == len(positions)
        for position in positions:
            holders[position] += 1
    assert holders == [each] * count
    assert dealt == deal(count, names, each=each, seed="s")


@given(st.integers(1, 60), st.integers(2, 5), st.data())
def test_what_was_begun_stays_with_whoever_began_it(
    count: int, people: int, data: st.DataObject
) -> None:
    names = [f"r{n}" for n in range(people)]
    begun = data.draw(
        st.dictionaries(
            st.integers(0, count - 1), st.lists(st.sampled_from(names), max_size=2, unique=True)
        )
    )
    dealt = deal(count, names, each=2, begun=begun, seed="s")
    for position, who in begun.items():
        assert all(position in dealt[name] for name in who)
    assert sum(map(len, dealt.values())) == 2 * count


def test_pairs_of_reviewers_vary() -> None:
    dealt = deal(300, ["a", "b", "c", "d"], each=2, seed="s")
    pairs = {
        tuple(name for name, positions in dealt.items() if position in positions)
        for position in range(300)
    }
    assert len(pairs) == 6


def test_round_robin_gives_each_reviewer_a_queue_of_their_own(session: lw.LabelingSession) -> None:
    assert session.assign("round_robin") is session
    assert [len(ids) for ids in session.assignments().values()] == [4, 4, 4]
    mine = review(session, "ALICE")
    assert len(mine.queue) == 4
    assert mine.progress.total == 4
    for _ in range(4):
        index = mine.resume()
        assert index is not None
        item = mine.open(index).item
        mine.answer(item.item_id, "ok", True)
        mine.set_state(item.item_id, "completed")
    assert mine.resume() is None
    theirs = session.assignments()["bob"][0]
    with pytest.raises(NotAssignedError, match="assigned to"):
        mine.answer(theirs, "ok", True)


def test_traces_that_are_added_later_are_anybodys_until_they_are_dealt(
    session: lw.LabelingSession,
) -> None:
    session.assign("overlap", overlap=2)
    first = session.assignments()
    assert sorted(len(ids) for ids in first.values()) == [8, 8, 8]
    assert session.reviews_required == 2
    begun = first["alice"][0]
    review(session, "alice").answer(begun, "ok", True)
    session.add_traces([{"inputs": f"late {n}", "outputs": "x"} for n in range(3)])
    assert len(review(session, "alice").queue) == 8 + 3
    session.assign("overlap", overlap=2)
    again = session.assignments()
    assert begun in again["alice"]
    assert sorted(len(ids) for ids in again.values()) == [10, 10, 10]


def test_a_dict_says_whose_each_trace_is(session: lw.LabelingSession) -> None:
    ids = list(session.to_df().index)
    session.assign({"alice": ids[:2], "bob": ids[1:3]})
    assert session.assignments() == {"alice": ids[:2], "bob": ids[1:3]}
    assert len(review(session, "alice").queue) == 2 + 9
    with pytest.raises(NotFoundError, match="no trace 'nowhere'"):
        session.assign({"alice": ["nowhere"]})
    with pytest.raises(InvalidValueError, match=r"'eve'.*set_assigned_users"):
        session.assign({"eve": ids[:1]})
    with pytest.raises(InvalidValueError, match="round_robin"):
        session.assign("fairly")  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="3 reviewers"):
        session.assign("overlap", overlap=4)
    session.unassign()
    assert len(review(session, "alice").queue) == 12


def test_an_open_trace_is_one_reviewers_until_they_are_idle(
    session: lw.LabelingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.assign("pick")
    alice, bob = review(session, "alice"), review(session, "bob")
    first = alice.open(alice.resume() or 0).item
    assert alice.authority.take(first) is None
    assert bob.authority.take(first) == "reserved"
    assert bob.resume() == 1
    assert alice.resume() == 0  # it is hers
    later = __import__("time").time() + 301
    monkeypatch.setattr("labelwidget.review.authority.time.time", lambda: later)
    assert bob.authority.take(first) is None
    # Late, but not lost: what she answers is kept. That it is done only one of them may say.
    alice.answer(first.item_id, "ok", False)
    with pytest.raises(NotAssignedError, match="Another reviewer has opened"):
        alice.set_state(first.item_id, "completed")
    bob.answer(first.item_id, "ok", True)
    bob.set_state(first.item_id, "completed")
    with pytest.raises(NotAssignedError, match="completed by another reviewer"):
        alice.set_state(first.item_id, "completed")
    assert alice.resume() == 1
    assert bob.resume() == 1


def test_two_may_complete_where_two_are_wanted(session: lw.LabelingSession) -> None:
    session.assign("pick", reviews_required=2)
    people = [review(session, name) for name in TEAM]
    item = people[0].open(0).item
    for one in people:
        one.answer(item.item_id, "ok", True)
    for one in people[:2]:
        one.set_state(item.item_id, "completed")
    with pytest.raises(NotAssignedError, match="completed by others"):
        people[2].set_state(item.item_id, "completed")
    people[0].set_state(item.item_id, "in_progress")
    people[2].set_state(item.item_id, "completed")
    with pytest.raises(NotAssignedError):
        people[0].redo() or people[0].undo()


def test_others_answers_show_when_one_is_done(session: lw.LabelingSession) -> None:
    alice, bob = review(session, "alice"), review(session, "bob")
    item = alice.open(0).item
    bob.answer(item.item_id, "ok", False, rationale="no source")
    assert alice.others(item.item_id) == []
    alice.answer(item.item_id, "ok", True)
    alice.set_state(item.item_id, "completed")
    (shown,) = alice.others(item.item_id)
    assert (shown.source.source_id, shown.value, shown.rationale) == ("bob", False, "no source")
    session.set_blind(False)
    assert len(review(session, "bob").others(item.item_id)) == 1
    assert review(session, "alice", restricted=True).others(item.item_id) == []


def test_who_came_by_a_link_sees_what_is_theirs_and_nothing_else(
    session: lw.LabelingSession,
) -> None:
    session.assign("round_robin")
    theirs = session.assignments()["bob"][0]
    alice = review(session, "alice", restricted=True)
    said = {}
    for wanted in (theirs, "f" * 32):
        for attempt in (alice.item, alice.trace, alice.status):
            with pytest.raises(NotFoundError) as error:
                attempt(wanted)
            said.setdefault(wanted, set()).add(str(error.value).replace(wanted, "…"))
        with pytest.raises(NotFoundError):
            alice.answer(wanted, "ok", True)
    assert said[theirs] == said["f" * 32]
    with pytest.raises(NotFoundError, match="not yours"):
        review(session, "eve", restricted=True)
    session.set_assigned_users(["bob"])
    with pytest.raises(NotFoundError):
        alice.open(0)
    with pytest.raises(InvalidValueError):
        review(session, "bob", restricted=True, resolve=True)
