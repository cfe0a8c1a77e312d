"""Where reviewers stand, as tags: each changes their own entry only, and long notes take several tags."""

from __future__ import annotations

from labelwidget.model import ItemState, ReviewerItem
from labelwidget.model.event import Event, FlagChange, NoteChange, StateChange
from labelwidget.store.mlflow.reviewer_tags import NOTES, STATES, read_standings, tags_to_write

DONE = StateChange(before=ItemState.PENDING, after=ItemState.COMPLETED)


def event(reviewer: str, *changes: StateChange | FlagChange | NoteChange) -> Event:
    return Event(
        event_id="e", session_id="s", item_id="i", reviewer=reviewer, kind="state", changes=list(changes)
    )  # fmt: skip


def note(text: str, tags: dict[str, str], reviewer: str = "alice") -> dict[str, str]:
    """The tags after somebody's note."""
    made = event(reviewer, NoteChange(before="", after=text))
    return {**tags, **tags_to_write(tags, [made], {reviewer: ReviewerItem(note=text)})}


def test_only_the_one_who_did_something_is_written_and_only_what_changed():
    there = {STATES: '{"bob":"skipped","ALICE":"pending"}', "mlflow.user": "ann"}
    now = {"alice": ReviewerItem(state=ItemState.COMPLETED, flagged=True, note="unsaid")}

    written = tags_to_write(there, [event("alice", DONE)], now)

    assert read_standings(written) == ({"bob": "skipped", "alice": "completed"}, {}, {})
    assert list(written) == [STATES]
    assert tags_to_write({**there, **written}, [event("alice", DONE)], now) == {}


def test_a_flag_that_was_taken_away_is_said():
    raised = event("alice", FlagChange(before=True, after=False))

    written = tags_to_write({}, [raised], {"alice": ReviewerItem()})

    assert read_standings(written).flags == {"alice": False}


def test_a_long_note_goes_on_in_further_tags_which_are_emptied_when_it_is_short_again():
    text = "Wörter \ud800 🦊 " * 1_500
    tags = note("Bob was here.", note(text, {}), "bob")

    assert max(map(len, tags.values())) <= 4_096
    assert len(tags) > 5
    assert read_standings(tags).notes == {"alice": text, "bob": "Bob was here."}

    tags = note("short", tags)
    assert read_standings(tags).notes == {"alice": "short", "bob": "Bob was here."}
    assert {key for key, value in tags.items() if value} == {NOTES}


def test_what_somebody_else_wrote_there_is_left_out():
    tags = {STATES: '{"alice":"resting","bob":7}', NOTES: "not JSON"}

    assert read_standings(tags) == ({}, {}, {})
