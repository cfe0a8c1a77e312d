"""The way in from the browser: whatever comes, one reply or none, and never an exception."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labelwidget as lw
from labelwidget.content import to_blocks
from labelwidget.store.sql import reads
from labelwidget.widget.channel import MAX_DEPTH, Channel, sendable
from labelwidget.widget.handlers import Handlers
from labelwidget.widget.protocol import MAX_MESSAGE, Settings
from tests.large_trace import large_trace


@pytest.fixture
def review(tmp_path: Path) -> Iterator[lw.Review]:
    store = lw.connect(tmp_path / "labels.db")
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail(), enable_comment=True)
    session = lw.create_labeling_session("s", label_schemas=["ok"])
    session.add_traces([{"inputs": f"q{n}", "outputs": "a"} for n in range(3)])
    yield lw.Review(store, session.labeling_session_id, "alice")
    store.close()
    lw.disconnect()


@pytest.fixture
def channel(review: lw.Review) -> Channel:
    shown: list[int] = []
    return Channel(
        Handlers(
            review=lambda: review,
            settings=lambda: Settings(height=680, auto_advance=True),
            start=lambda: shown[-1] if shown else None,
            on_moved=lambda index, _: shown.append(index),
            on_saved=lambda _: None,
        ).handle
    )


def ask(channel: Channel, **message: object) -> dict[str, object]:
    answered = channel.receive({"v": 1, "req": "r1", **message})
    assert answered is not None
    reply = json.loads(answered[0].model_dump_json())
    assert reply["req"] == "r1"
    assert (reply["ok"] is None) != (reply["error"] is None)
    return reply


def answer(item_id: str, value: object, event_id: str = "event-0001") -> dict[str, object]:
    return {
        "kind": "answer", "event_id": event_id, "item_id": item_id, "name": "ok", "value": value,
    }  # fmt: skip


def test_hello_brings_the_first_open_trace(channel: Channel, review: lw.Review) -> None:
    review.set_state(review.open(0).item.item_id, "skipped")
    hello = ask(channel, op="hello")["ok"]
    assert hello["first"]["index"] == 1
    assert hello["total"] == 3
    assert [question["name"] for question in hello["questions"]] == ["ok"]


def test_a_long_conversation_comes_in_pages(channel: Channel, review: lw.Review) -> None:
    messages = [{"role": "user", "content": f"{n} " + "word " * 400} for n in range(400)]
    session = lw.get_labeling_session(review.session_id)
    session.add_traces([{"inputs": {"messages": messages}, "outputs": "a"}])
    reply = ask(channel, op="trace", index=3)["ok"]
    blocks, start = reply["blocks"], reply["more_blocks"]
    assert 0 < len(json.dumps(blocks)) < 200_000
    pages = 1
    while start is not None:
        assert start == len(blocks)
        page = ask(channel, op="blocks", item_id=reply["item"]["item_id"], start=start)["ok"]
        blocks, start, pages = blocks + page["blocks"], page["next"], pages + 1
    whole = [block.model_dump(mode="json") for block in to_blocks(review.open(3).trace)]
    assert blocks == whole
    assert len(blocks) > 400
    assert 2 < pages < 10
    assert ask(channel, op="blocks", item_id=reply["item"]["item_id"], start=10**6)["ok"] == {
        "blocks": [], "next": None,
    }  # fmt: skip


def test_a_very_long_trace_begins_with_its_head(
    channel: Channel, review: lw.Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = lw.get_labeling_session(review.session_id)
    session.add_traces([large_trace("long", 1_000, 1_000_000)])
    whole: list[str] = []
    unpack = reads.unpack
    monkeypatch.setattr(
        reads, "unpack", lambda found, where: whole.append(where) or unpack(found, where=where)
    )
    head = ask(channel, op="trace", index=3)["ok"]
    assert whole == []  # only its beginning was read
    assert head["provisional"] is True
    assert head["more_blocks"] == 0
    assert head["blocks"]
    assert not any(block.get("final") for block in head["blocks"])
    item_id = head["item"]["item_id"]
    page = ask(channel, op="blocks", item_id=item_id, start=0)["ok"]
    assert [block["id"] for block in head["blocks"]] == [
        block["id"] for block in page["blocks"][: len(head["blocks"])]
    ]
    again = ask(channel, op="trace", index=3)["ok"]
    assert again["provisional"] is False
    assert again["blocks"] == page["blocks"][: len(again["blocks"])]

    rows, start = [], 0
    while start < 1_000:
        reply = ask(channel, op="spans", item_id=item_id, start=start)["ok"]
        assert reply["total"] == 1_000
        rows += reply["spans"]
        start += len(reply["spans"])
    assert len({row["span_id"] for row in rows}) == 1_000
    assert ask(channel, op="find", item_id=item_id, text="Step 996")["ok"]["counts"] == {"s996": 1}
    assert ask(channel, op="find", item_id=item_id, text="")["error"]["code"] == "bad_message"


def test_the_second_bundle_comes_by_name_and_nothing_else_does(channel: Channel) -> None:
    built = Path(lw.__file__).parent / "widget" / "static" / "more.js"
    reply = ask(channel, op="module", name="more")["ok"]
    assert reply["text"] == built.read_text("utf-8")
    assert reply["digest"] == hashlib.sha256(built.read_bytes()).hexdigest()
    for name in ("widget", "../widget", "more.js", "", None):
        assert ask(channel, op="module", name=name)["error"]["code"] == "bad_message"


def test_a_saved_event_is_durable_and_a_refused_one_says_why(
    channel: Channel, review: lw.Review
) -> None:
    item_id = review.open(0).item.item_id
    reply = ask(
        channel, op="save", events=[answer(item_id, True), answer(item_id, 3, "event-0002")]
    )
    saved, refused = reply["ok"]["results"]
    assert saved["saved"] is True
    assert refused["saved"] is False
    assert "pass True" in refused["message"]
    assert [one["value"] for one in refused["answers"]] == [True]


def test_a_message_in_parts_is_put_together(channel: Channel, review: lw.Review) -> None:
    item_id = review.open(0).item.item_id
    event = {**answer(item_id, True), "rationale": "x" * 90_000}
    whole = json.dumps({"v": 1, "req": "r9", "op": "save", "events": [event]})
    pieces = [whole[start : start + 40_000] for start in range(0, len(whole), 40_000)]
    for number, piece in enumerate(pieces):
        reply = ask(
            channel, op="part", transfer="transfer-1", number=number, count=len(pieces), text=piece
        )
    assert reply["ok"]["results"][0]["saved"] is True
    assert review.answers(item_id)[0][0].rationale == "x" * 90_000


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"op": "nope"}, "bad_message"),
        ({"op": "hello", "user": "mallory"}, "bad_message"),
        ({"op": "trace", "index": 99}, "not_found"),
        ({"op": "trace", "index": "0"}, "bad_message"),
        ({"op": "trace", "index": -1}, "bad_message"),
        ({"op": "text", "item_id": "tr-other", "ref": "raw"}, "not_found"),
        ({"op": "save", "events": []}, "bad_message"),
        ({"op": "hello", "x": "y" * (MAX_MESSAGE + 1)}, "invalid_value"),
    ],
)
def test_a_wrong_message_gets_an_error_with_a_code(
    channel: Channel, message: dict[str, object], code: str
) -> None:
    assert ask(channel, **message)["error"]["code"] == code


def test_too_deep_a_message_is_refused(channel: Channel) -> None:
    deep: object = "end"
    for _ in range(MAX_DEPTH + 50):
        deep = [deep]
    assert "deeper" in ask(channel, op="hello", x=deep)["error"]["message"]


def test_an_item_of_another_session_cannot_be_reached(channel: Channel) -> None:
    other = lw.create_labeling_session("other", label_schemas=["ok"]).add_traces([{"inputs": "x"}])
    item_id = other.to_df().index[0]
    for op in ("spans", "moved"):
        extra = {"index": 0} if op == "moved" else {}
        assert ask(channel, op=op, item_id=item_id, **extra)["error"]["code"] == "not_found"
    reply = ask(channel, op="save", events=[answer(item_id, True)])
    assert reply["ok"]["results"][0]["saved"] is False
    assert len(other.assessments_df()) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
OPS = [
    "hello", "ping", "trace", "text", "media", "spans", "span", "moved", "part", "save", "queue", "bulk",
]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=JSON
    | st.fixed_dictionaries(
        {"v": st.just(1), "req": st.just("r1"), "op": st.sampled_from(OPS)},
        optional={
            "index": JSON, "item_id": JSON, "ref": JSON, "events": JSON, "span_id": JSON,
            "transfer": JSON, "number": JSON, "count": JSON, "text": JSON, "state": JSON,
        },
    )
)  # fmt: skip
def test_any_message_is_survived(channel: Channel, review: lw.Review, content: object) -> None:
    answered = channel.receive(content)
    assert answered is None or (answered[0].ok is None) != (answered[0].error is None)
    assert review.store.last_seq(review.session_id) == 0


def test_a_lone_surrogate_in_an_answer_does_not_keep_its_trace_away(
    channel: Channel, review: lw.Review
) -> None:
    item_id = review.open(1).item.item_id
    event = answer(item_id, True) | {"rationale": "half \ud83d of an emoji"}
    assert ask(channel, op="save", events=[event])["ok"]
    assert review.answers(item_id)[0][0].rationale == "half \ud83d of an emoji"
    answered = channel.receive({"v": 1, "req": "r1", "op": "trace", "index": 1})
    assert answered is not None
    message = sendable(answered[0].model_dump(mode="json"))
    sent = json.dumps(message, ensure_ascii=False).encode("utf-8")
    assert rb"half \\ud83d of an emoji" in sent
