"""A page for a colleague, and what comes back: only what the page's own reviewer may say, once, under the rules."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError, NotAssignedError, NotFoundError
from labelwidget.writers.mlflow_json import trace_to_mlflow
from tests.builders import a_trace, says, user

HOSTILE = "</script><script>alert(1)</script><!-- &amp; \u2028 \ud800 end"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[lw.LabelingSession]:
    lw.connect(tmp_path / "labels.db")
    lw.create_label_schema(
        "helpful", type="feedback", input=lw.InputPassFail(), enable_comment=True, overwrite=True
    )
    lw.create_label_schema("score", type="feedback", input=lw.InputRating(1, 5), overwrite=True)
    made = lw.create_labeling_session(
        f"first {HOSTILE}", label_schemas=["helpful", "score"], assigned_users=["alice", "bob"]
    )
    made.add_traces(
        [{"inputs": f"Question {n}? {HOSTILE}", "outputs": f"Answer {n}."} for n in range(4)]
    )
    yield made
    lw.disconnect()


def data_of(page: Path) -> dict[str, Any]:
    """What the page's script reads."""
    (text,) = re.findall(
        r'<script type="application/json" id="labelwidget-data">(.*?)</script>',
        page.read_text("utf-8"),
        re.DOTALL,
    )
    return json.loads(text)


class Colleague:
    """What a page writes, without the browser."""

    def __init__(
        self, session: lw.LabelingSession, tmp_path: Path, reviewer: str = "alice"
    ) -> None:
        self.page = data_of(session.export_html(tmp_path / "review.html", reviewer))
        self.path = tmp_path / "answers.json"
        self.items = [one["item"]["item_id"] for one in self.page["items"]]
        now = int(time.time() * 1000)
        self.file: dict[str, Any] = {
            "format": "labelwidget-answers", "version": 1, "page_id": self.page["page_id"],
            "ticket": self.page["ticket"], "session_id": self.page["hello"]["session_id"],
            "reviewer": reviewer, "made_at": self.page["made_at"], "saved_at": now,
            "versions": {q["name"]: q["version"] for q in self.page["hello"]["questions"]}, "events": [],
        }  # fmt: skip

    def does(self, item: int, kind: str, number: int = 0, **more: object) -> dict[str, Any]:
        event = {
            "at": self.page["made_at"] + len(self.file["events"]),
            "event_id": f"event-{item}-{kind}-{number}",
            "item_id": self.items[item],
            "kind": kind,
            "duration_ms": 1_000,
            **more,
        }
        self.file["events"].append(event)
        return event

    def sends(self) -> Path:
        self.path.write_text(json.dumps(self.file))
        return self.path


@pytest.fixture
def alice(session: lw.LabelingSession, tmp_path: Path) -> Colleague:
    return Colleague(session, tmp_path)


def labels(session: lw.LabelingSession) -> list[tuple[Any, ...]]:
    rows = session.assessments_df()
    return list(zip(rows.name, rows.value, rows.rationale, rows.source_id, strict=True))


def test_answers_come_in_with_author_time_and_version_and_once(session, alice):
    alice.does(0, "answer", name="helpful", value=True, rationale="Kind.")
    alice.does(0, "answer", 1, name="score", value=4)
    alice.does(0, "state", state="completed")
    alice.does(1, "flag", flagged=True)
    report = session.merge(alice.sends())
    assert (report.merged, report.already_there, report.refused_count) == (4, 0, 0)
    assert labels(session) == [("helpful", True, "Kind.", "alice"), ("score", 4, None, "alice")]
    first = session.assessments_df().iloc[0]
    assert first.create_time.timestamp() * 1000 == alice.file["events"][0]["at"]
    assert first.schema_version == 1
    assert session.progress_df().set_index("reviewer").completed["alice"] == 1

    alice.does(1, "answer", name="helpful", value=False)
    again = session.merge(alice.sends())
    assert (again.merged, again.already_there) == (1, 4)
    assert len(labels(session)) == 3
    assert session.merge(alice.path).merged == 0


def test_an_undo_in_the_page_is_an_undo_here(session, alice):
    given = alice.does(0, "answer", name="helpful", value=True)
    alice.does(0, "undo", target=given["event_id"])
    assert session.merge(alice.sends()).merged == 2
    assert labels(session) == []


def test_a_question_that_changed_meanwhile_keeps_the_version_that_was_answered(session, alice):
    alice.does(0, "answer", name="score", value=5)
    lw.create_label_schema("score", type="feedback", input=lw.InputRating(1, 3), overwrite=True)
    session.merge(alice.sends())
    assert session.assessments_df().schema_version.tolist() == [1]
    assert session.assessments_df().value.tolist() == [5]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"kind": "answer", "name": "score", "value": 9}, "score"),
        ({"kind": "answer", "name": "score", "value": True}, "score"),
        ({"kind": "answer", "name": "helpful", "value": [[[[[1]]]]]}, "nested"),
        ({"kind": "answer", "name": "other", "value": 1}, "does not ask"),
        ({"kind": "answer", "name": "helpful", "value": True, "reviewer": "bob"}, "reviewer"),
        ({"kind": "answer", "name": "helpful", "value": True, "item_id": "tr-1"}, "tr-1"),
        ({"kind": "answer", "name": "helpful", "rationale": "x" * 100_001}, "100,001"),
        ({"kind": "note", "text": "x" * 100_001}, "100,001"),
        ({"kind": "state", "state": "completed"}, "answer"),
        ({"kind": "state", "state": "gone"}, "state"),
        ({"kind": "undo", "target": "event-of-nobody"}, "nothing to undo"),
        ({"kind": "flag", "flagged": "yes"}, "flagged"),
        ({"kind": "flag", "flagged": True, "duration_ms": 10**12}, "duration_ms"),
        ({"kind": "flag", "flagged": True, "event_id": "short"}, "event_id"),
        ({"kind": "flag", "flagged": True, "at": "now"}, "at"),
        ({"kind": "run", "code": "1"}, "kind"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_others_land(session, alice, event, reason):
    alice.does(1, "answer", name="helpful", value=True)
    alice.does(0, **event)
    alice.does(2, "answer", name="helpful", value=False)
    with pytest.warns(UserWarning, match="event 2"):
        report = session.merge(alice.sends())
    assert report.merged == 2
    (refusal,) = report.refused
    assert refusal.position == "event 2"
    assert reason in refusal.reason
    assert [value for _, value, *_ in labels(session)] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "{", '{"format": "labelwidget-answers"}', '{"a": NaN}', "[" * 100_000, '"\\ud800"',
        '{"a": 1e999}',
    ],
)  # fmt: skip
def test_what_is_no_file_of_answers_is_refused(session, tmp_path, text):
    (tmp_path / "answers.json").write_text(text)
    with pytest.raises(InvalidValueError):
        session.merge(tmp_path / "answers.json")


def test_a_file_that_is_too_large_is_not_read_whole(session, tmp_path, monkeypatch):
    monkeypatch.setattr("labelwidget.widget.merging.MAX_ANSWERS_BYTES", 1_000)
    (tmp_path / "answers.json").write_text(" " * 2_000)
    with pytest.raises(InvalidValueError, match="larger than"):
        session.merge(tmp_path / "answers.json")


@pytest.mark.parametrize(
    "change",
    [
        {"reviewer": "bob"}, {"session_id": "0" * 32}, {"ticket": "page-1.x"}, {"ticket": ""}, {"version": 2},
        {"extra": 1}, {"events": {}}, {"versions": {"score": 0}},
    ],
)  # fmt: skip
def test_a_file_that_claims_what_its_page_was_not_made_for_is_refused(session, alice, change):
    alice.does(0, "answer", name="helpful", value=True)
    alice.file.update(change)
    with pytest.raises((InvalidValueError, NotFoundError)):
        session.merge(alice.sends())
    assert labels(session) == []


def test_times_of_another_clock_stay_between_export_and_now(session, alice):
    alice.does(0, "answer", name="helpful", value=True, at=5)
    alice.does(1, "answer", name="helpful", value=True, at=9_000_000_000_000)
    session.merge(alice.sends())
    early, late = session.assessments_df().create_time
    assert alice.page["made_at"] - 60_000 < early.timestamp() * 1000 <= alice.page["made_at"]
    assert late.timestamp() <= time.time()


def test_answers_of_somebody_who_is_no_longer_assigned_are_refused(session, alice):
    alice.does(0, "answer", name="helpful", value=True)
    session.set_assigned_users(["bob"])
    with pytest.raises(NotAssignedError):
        session.merge(alice.sends())


def test_a_page_needs_somebody_who_is_assigned(session, tmp_path):
    with pytest.raises(InvalidValueError, match="reviewer="):
        session.export_html(tmp_path / "review.html")
    with pytest.raises(NotAssignedError):
        session.export_html(tmp_path / "review.html", "mallory")
    assert not (tmp_path / "review.html").exists()
    session.set_assigned_users(["bob"])
    assert (
        data_of(session.export_html(tmp_path / "review.html"))["hello"]["reviewer"]["name"] == "bob"
    )


def test_a_page_holds_the_traces_asked_for_with_the_answers_so_far(session, tmp_path):
    ids = session.to_df().index
    lw.Review(session.store, session.labeling_session_id, "alice").answer(ids[2], "score", 3)
    lw.Review(session.store, session.labeling_session_id, "bob").answer(ids[2], "score", 1)
    page = data_of(session.export_html(tmp_path / "r.html", "alice", traces=[ids[2], ids[0]]))
    assert [one["item"]["item_id"] for one in page["items"]] == [ids[2], ids[0]]
    assert [answer["value"] for answer in page["items"][0]["answers"]] == [3]
    with pytest.raises(NotFoundError):
        session.export_html(tmp_path / "r.html", "alice", traces=["tr-1"])


def test_nothing_in_a_trace_becomes_markup_or_an_address(session, tmp_path):
    text = session.export_html(tmp_path / "review.html", "alice").read_text("utf-8")
    head, _, rest = text.partition('id="labelwidget-data">')
    data, _, end = rest.partition("</script>")
    assert "<" not in data
    assert head.count("<script") == 1
    assert end.count("<script") == end.count("</script") == 1
    (script,) = re.findall(r'<script type="module">(.*)</script>', end, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', head)
    assert f"script-src 'sha256-{digest}' blob:;" in policy
    assert policy.startswith("default-src 'none';")
    assert not re.search(r"https?:|\*|'unsafe-", policy)
    assert "&lt;/script&gt;" in head


def test_long_texts_spans_and_images_come_along(session, tmp_path):
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 64).decode()
    long = "word " * 20_000
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    asked = user([{"type": "text", "text": long}, picture])
    session.add_traces([trace_to_mlflow(a_trace().with_llm([asked], says("Fine.")).build())])
    page = data_of(session.export_html(tmp_path / "r.html", "alice"))
    content = json.loads(gzip.decompress(base64.b64decode(page["items"][4]["packed"])))
    assert long in content["texts"].values()
    assert [one["mime"] for one in content["media"].values()] == ["image/png"]
    assert set(content["details"]) == {row["span_id"] for row in content["spans"]}
    assert "raw" in content["texts"]


def test_too_much_for_a_page_is_said(session, tmp_path, monkeypatch):
    monkeypatch.setattr("labelwidget.widget.offline.MAX_PAGE_TRACES", 3)
    with pytest.raises(InvalidValueError, match="traces="):
        session.export_html(tmp_path / "r.html", "alice")
    assert list(tmp_path.glob("*.html")) == []
