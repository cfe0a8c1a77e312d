"""What a page of somebody who came by a link may send: anything. What it gets of others: nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.store.base import Store
from labelwidget.widget import channel as channel_module
from labelwidget.widget.channel import Channel
from labelwidget.widget.handlers import Handlers
from labelwidget.widget.protocol import Settings

MESSAGES = 10_000
SECRETS = ("BOBS-TRACE", "BOB-SAID", "OTHER-SESSION", "bob@example.org")


class Team:
    """Alice, who came by a link; Bob, whose traces and answers are none of her business; and another session."""

    def __init__(self, store: Store) -> None:
        self.store = store
        lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail(), enable_comment=True)
        users = ["alice", "bob@example.org"]
        self.session = lw.create_labeling_session(
            "ours", label_schemas=["ok"], assigned_users=users
        )
        self.session.add_traces(
            [{"inputs": f"{'Alices' if n < 4 else 'BOBS-TRACE'} {n}", "outputs": "BOBS-TRACE" if n > 3 else "x"}
             for n in range(8)]
        )  # fmt: skip
        ids = list(self.session.to_df().index)
        self.mine, self.bobs = ids[:4], ids[4:]
        self.session.assign({"alice": self.mine, "bob@example.org": self.bobs})
        other = lw.create_labeling_session(
            "theirs", label_schemas=["ok"], assigned_users=["bob@example.org"]
        )
        other.add_traces([{"inputs": "OTHER-SESSION", "outputs": "OTHER-SESSION"}])
        self.others = list(other.to_df().index)
        bob = lw.Review(store, self.session.labeling_session_id, "bob@example.org")
        for item_id in [*self.bobs, self.mine[0]]:
            try:
                bob.answer(
                    item_id, "ok", False, rationale="BOB-SAID", event_id=f"bob-{item_id[:16]}"
                )
            except lw.errors.NotAssignedError:
                continue
        bob.note(self.bobs[0], "BOB-SAID this too", event_id="bob-note-0001")
        theirs = lw.Review(store, other.labeling_session_id, "bob@example.org")
        theirs.answer(self.others[0], "ok", True, event_id="bob-other-0001")
        self.alice = lw.Review(store, self.session.labeling_session_id, "alice", restricted=True)
        self.events = ["bob-note-0001", "bob-other-0001", *(f"bob-{one[:16]}" for one in self.bobs)]

    def of_others(self) -> object:
        """All that is not Alice's, as it is stored."""
        found = []
        for session in self.store.sessions():
            for name, columns in (
                ("said", self.store.assessment_columns(session.session_id, everything=True)),
                ("stands", self.store.status_columns(session.session_id)),
            ):
                who = columns["source_id" if name == "said" else "reviewer"]
                rows = zip(*columns.values(), strict=True)
                found += [row for row, one in zip(rows, who, strict=True) if one != "alice"]
            found.append(self.store.events(session.session_id, "bob@example.org"))
            found.append(session)
        return found


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(lw.connect(tmp_path / "labels.db", journal=False))


@pytest.fixture
def send(team: Team, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], str]:
    monkeypatch.setattr(channel_module, "RATE", 1e9)
    moved: list[int] = []
    page = Channel(
        Handlers(
            review=lambda: team.alice,
            settings=lambda: Settings(height=680, auto_advance=True),
            start=lambda: None,
            on_moved=lambda index, _: moved.append(index),
            on_saved=lambda _: None,
        ).handle
    )

    def sent(message: object) -> str:
        answered = page.receive(message)
        if answered is None:
            return ""
        return answered[0].model_dump_json() + "".join(map(repr, answered[1]))

    return sent


class Forger:
    """Messages as a page would send them, with whatever ids, names and numbers there are anywhere."""

    def __init__(self, team: Team, seed: int) -> None:
        self.chance = random.Random(seed)
        self.items = [*team.mine[:2], *team.bobs, *team.others, "f" * 32, "", "\x00", "../" * 5]
        self.events = team.events
        self.sessions = [one.session_id for one in team.store.sessions()]
        self.number = 0

    def one_of(self, *choices: object) -> object:
        return self.chance.choice(choices)

    def item(self) -> object:
        return self.chance.choice(self.items)

    def index(self) -> object:
        return self.chance.choice([0, 1, 3, 4, 5, 7, 8, 99, -1, 2**31, "4", None, 1.5])

    def event_id(self) -> object:
        self.number += 1
        return self.chance.choice(
            [*self.events, f"forged-{self.number:06}", f"forged-{self.number:06}"]
        )

    def event(self) -> dict[str, object]:
        kind = self.one_of("answer", "answer", "state", "flag", "note", "undo", "redo", "merge")
        event = {"kind": kind, "event_id": self.event_id(), "item_id": self.item()}
        more: dict[object, dict[str, object]] = {
            "answer": {
                "name": self.one_of("ok", "nok"),
                "value": self.one_of(True, False, None, 1),
            },
            "state": {"state": self.one_of("completed", "skipped", "pending", "done")},
            "flag": {"flagged": True},
            "note": {"text": "forged"},
            "undo": {"target": self.one_of(*self.events, None)},
            "redo": {"target": self.one_of(*self.events, None)},
        }
        return event | more.get(kind, {})

    def select(self) -> dict[str, object]:
        return {
            "state": self.one_of("all", "open", "completed", "noted", "flagged"),
            "search": self.one_of("", "BOBS", "SAID", "trace", "OTHER"),
        }

    def message(self) -> dict[str, object]:
        op = self.one_of(
            "hello", "ping", "trace", "trace", "blocks", "text", "media", "spans", "find", "span", "moved", "queue",
            "queue", "results", "save", "save", "bulk", "talk", "generate", "chat_send", "chat_stop", "chat_choose", "pair",
            "part", "nonsense",
        )  # fmt: skip
        made: dict[str, object] = {"v": 1, "req": "r", "op": op}
        fields: dict[object, Callable[[], dict[str, object]]] = {
            "trace": lambda: {"index": self.index()},
            "blocks": lambda: {"item_id": self.item(), "start": 0},
            "text": lambda: {"item_id": self.item(), "ref": "raw"},
            "media": lambda: {"item_id": self.item(), "ref": "x"},
            "spans": lambda: {"item_id": self.item()},
            "find": lambda: {"item_id": self.item(), "text": "BOBS"},
            "span": lambda: {"item_id": self.item(), "span_id": "s"},
            "moved": lambda: {"index": self.index(), "item_id": self.item()},
            "queue": lambda: {
                "select": self.select(), "sort": self.one_of("", "title", "-answer:ok", "time_on_task"),
                "start": self.one_of(0, 3, 5),
            },
            "save": lambda: {"events": [self.event() for _ in range(self.chance.randint(1, 3))]},
            "bulk": lambda: {
                "bulk_id": f"bulk-{self.number:06}", "action": self.one_of("skip", "done", "reopen", "flag", "answer", "undo"),
                "name": "ok", "value": True, "target": "bulk-000001",
                self.one_of("indices", "select"): self.one_of([0, 5, 7], self.select()),
            },
            "talk": lambda: {"item_id": self.item()},
            "generate": lambda: {"item_id": self.item(), "turn_id": "turn-0001"},
            "chat_send": lambda: {
                "item_id": self.item(), "turn_id": "turn-0002", "parent": "turn-0001", "text": "hi"
            },
            "chat_stop": lambda: {"item_id": self.item()},
            "chat_choose": lambda: {"item_id": self.item(), "turn_id": "turn-0001"},
            "pair": lambda: {"item_id": self.item()},
            "part": lambda: {
                "transfer": "transfer-1", "number": 0, "count": 1, "text": json.dumps(made | {"op": "trace", "index": 5})
            },
        }  # fmt: skip
        made |= fields.get(op, dict)()
        if self.chance.random() < 0.2:  # said more than a page may say
            made[str(self.one_of("reviewer", "user", "session_id", "restricted", "positions"))] = (
                self.one_of("bob@example.org", *self.sessions, False, [4, 5])
            )
        return made


@pytest.mark.slow
def test_no_message_reaches_what_is_anothers(team: Team, send: Callable[[object], str]) -> None:
    before = team.of_others()
    forger = Forger(team, 20_240_611)
    answered = refused = 0
    for _ in range(MESSAGES):
        message = forger.message()
        reply = send(message)
        assert not any(secret in reply for secret in SECRETS), (message, reply[:300])
        answered += '"error":null' in reply
        refused += '"code"' in reply
    assert answered > MESSAGES / 10  # it did speak the language
    assert refused > MESSAGES / 10
    assert team.of_others() == before
    mine = set(team.mine)
    touched = team.store.touched(team.session.labeling_session_id, "alice")
    assert {one.item_id for one in touched} <= mine
    team.store.close()


def test_a_page_of_ones_own_notebook_shows_all_of_it(team: Team) -> None:
    """The other way round, so that the test above can fail."""
    team.alice = lw.Review(team.store, team.session.labeling_session_id, "owner")
    page = Channel(
        Handlers(
            review=lambda: team.alice,
            settings=lambda: Settings(height=680, auto_advance=True),
            start=lambda: None,
            on_moved=lambda *_: None,
            on_saved=lambda _: None,
        ).handle
    )
    for message in ({"op": "trace", "index": 5}, {"op": "queue"}):
        answered = page.receive({"v": 1, "req": "r", **message})
        assert answered is not None
        assert "BOBS-TRACE" in answered[0].model_dump_json()
    team.store.close()


def test_what_is_taken_away_is_gone_at_once(team: Team, send: Callable[[object], str]) -> None:
    own = {"v": 1, "req": "r", "op": "text", "item_id": team.mine[1], "ref": "raw"}
    assert "Alices 1" in send(own)
    team.session.assign({"bob@example.org": [*team.mine, *team.bobs]})
    assert "Alices 1" not in send(own)
    team.session.assign({"alice": team.mine})
    assert "Alices 1" in send(own)
    team.session.set_assigned_users(["bob@example.org"])
    for op in ("hello", "ping", "queue", "results"):
        assert '"ok":null' in send({"v": 1, "req": "r", "op": op})
    team.store.close()
