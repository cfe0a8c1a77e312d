"""Labels on a part of a trace: a span, a block, a range of text; the first thing that went wrong; tags."""

from __future__ import annotations

import pytest

import labelwidget as lw
from labelwidget.content import to_blocks
from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model import Anchor, Trace
from labelwidget.model.tags import tags_in
from labelwidget.store.base import Store
from tests.builders import a_trace, calls, result, says, user

ANSWER = "It is 18 °C 🌤️ in **Paris**. \u202eIgnore\u202c that."


def a_chat() -> Trace:
    asked = [user("Weather in Paris?")]
    call = calls("get_weather", city="Paris")
    return (
        a_trace()
        .asked("Weather in Paris?")
        .with_llm(asked, call)
        .with_tool("get_weather", {"city": "Paris"}, "18 °C")
        .with_llm([*asked, call, result("18 °C")], says(ANSWER))
        .answered(ANSWER)
        .build()
    )


@pytest.fixture
def chat(session: lw.LabelingSession) -> lw.LabelingSession:
    return session.add_traces([a_chat()])


@pytest.fixture
def chat_id(chat: lw.LabelingSession) -> str:
    return str(chat.to_df().index[-1])


def anchor_on(trace: Trace, quote: str, part: str = "0") -> Anchor:
    """The range of the final answer that holds a text."""
    block = next(one for one in to_blocks(trace) if getattr(one, "final", False))
    start = ANSWER.index(quote)
    return Anchor(block_id=block.id, part=part, start=start, end=start + len(quote), quote=quote)


def tool_block(trace: Trace) -> Anchor:
    block = next(one for one in to_blocks(trace) if one.kind == "tool")
    return Anchor(block_id=block.id, start=0, end=0, quote="")


def test_labels_on_places_are_apart_from_the_one_on_the_trace(
    chat: lw.LabelingSession, review: lw.Review, chat_id: str
) -> None:
    trace = review.trace(chat_id)
    where = anchor_on(trace, "\u202eIgnore\u202c")
    review.answer(chat_id, "helpful", True)
    review.answer(chat_id, "helpful", False, span_id="s2")
    review.answer(chat_id, "helpful", False, "An order.", anchor=where)

    frame = chat.assessments_df()
    assert frame.span_id.tolist() == [None, "s2", None]
    assert frame.quote.tolist() == [None, None, "\u202eIgnore\u202c"]
    [row] = frame[frame.quote.notna()].to_dict("records")
    assert ANSWER[row["start"] : row["end"]] == row["quote"]
    assert row["block_id"] == where.block_id
    assert row["rationale"] == "An order."
    assert chat.to_df().helpful[chat_id]

    review.undo()
    review.undo()
    assert len(chat.assessments_df()) == 1
    review.redo()
    assert chat.assessments_df().span_id.tolist() == [None, "s2"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"quote": "Rome"}, "The text from"),
        ({"start": 5_000, "end": 5_004}, "is not in the text"),
        ({"part": "7"}, "has no text '7'"),
        ({"block_id": "elsewhere"}, "has no block 'elsewhere'"),
    ],
)
def test_a_range_that_is_not_in_the_trace_is_refused(
    review: lw.Review, chat_id: str, change: dict[str, object], problem: str
) -> None:
    anchor = anchor_on(review.trace(chat_id), "Paris").model_copy(update=change)
    with pytest.raises((InvalidValueError, NotFoundError), match=problem):
        review.answer(chat_id, "helpful", True, anchor=anchor)
    with pytest.raises(NotFoundError, match="no span 'nowhere'"):
        review.answer(chat_id, "helpful", True, span_id="nowhere")


def test_a_text_is_found_as_it_was_written(review: lw.Review, chat_id: str) -> None:
    anchor = review.anchor(chat_id, "in **Paris**")
    start = ANSWER.index("in **Paris**")
    assert (anchor.part, anchor.start, anchor.end) == ("0", start, start + 12)
    assert review.anchor(chat_id, '"city"').part == "arguments/0"
    with pytest.raises(NotFoundError, match="holds 'in Rome'"):
        review.anchor(chat_id, "in Rome")


def test_a_label_on_a_long_range_keeps_the_beginning_of_its_text(
    chat: lw.LabelingSession, review: lw.Review
) -> None:
    text = "word " * 10_000
    chat.add_traces([{"inputs": "q", "outputs": text}])
    item_id = str(chat.to_df().index[-1])
    block = next(one for one in to_blocks(review.trace(item_id)) if getattr(one, "final", False))
    anchor = Anchor(block_id=block.id, part="0", start=5, end=45_000, quote=text[5:10_005])
    review.answer(item_id, "helpful", False, anchor=anchor)
    [kept] = review.answers(item_id)[0]
    assert kept.anchor == anchor


def test_one_step_was_the_first_that_went_wrong(
    chat: lw.LabelingSession, review: lw.Review, chat_id: str
) -> None:
    block = tool_block(review.trace(chat_id))
    review.answer(chat_id, "first_error", "chat", span_id="s1")
    review.answer(chat_id, "first_error", "get_weather", "Wrong city.", span_id="s2", anchor=block)

    frame = chat.to_df()
    assert frame.first_error[chat_id] == "get_weather"
    assert frame.first_error_span_id[chat_id] == "s2"
    assert frame.first_error.isna().sum() == len(frame) - 1
    [row] = chat.assessments_df().to_dict("records")
    assert (row["name"], row["value"], row["span_id"]) == ("first_error", "get_weather", "s2")
    assert (row["block_id"], row["quote"]) == (block.block_id, None)

    review.undo()
    assert chat.to_df().first_error[chat_id] == "chat"
    review.answer(chat_id, "first_error", None, span_id="s1")
    assert chat.to_df().first_error[chat_id] is None

    with pytest.raises(InvalidValueError, match="marks a step"):
        review.answer(chat_id, "first_error", "somewhere")


def test_each_reviewer_marks_their_own_first_error(
    chat: lw.LabelingSession, review: lw.Review, chat_id: str
) -> None:
    bob = lw.Review(chat.store, chat.labeling_session_id, "bob")
    review.answer(chat_id, "first_error", "chat", span_id="s1")
    bob.answer(chat_id, "first_error", "get_weather", span_id="s2")
    assert chat.to_df(reviewer="alice").first_error[chat_id] == "chat"
    assert chat.to_df(reviewer="bob").first_error[chat_id] == "get_weather"


def test_tags_are_made_by_writing_them(
    session: lw.LabelingSession, review: lw.Review, store: Store, ids: list[str]
) -> None:
    bob = lw.Review(store, session.labeling_session_id, "bob")
    review.note(ids[0], "Late again #late-refund, and the tone! #tone")
    review.note(ids[1], "#Late-Refund once more")
    bob.note(ids[2], "#late-refund #policy")

    assert session.to_df().tags.tolist() == [
        ["late-refund", "tone"],
        ["Late-Refund"],
        ["late-refund", "policy"],
        [],
        [],
    ]
    assert store.tags(session.labeling_session_id) == {"late-refund": 3, "tone": 1, "policy": 1}


def test_the_queue_is_searched_by_tag(
    session: lw.LabelingSession, review: lw.Review, store: Store, ids: list[str]
) -> None:
    review.note(ids[0], "#late-refund, number one")
    review.note(ids[1], "a late refund without a tag")
    review.note(ids[2], "#late-answer and #tone")

    def found(text: str) -> list[int]:
        return store.search(session.labeling_session_id, text, "alice")

    assert found("#late") == [0, 2]
    assert found("#late #TONE") == [2]
    assert found("#late one") == [0]
    assert found("late") == [0, 1, 2]
    assert found("#late nowhere") == []
    assert store.search(session.labeling_session_id, "#late") == []


@pytest.mark.parametrize(
    ("note", "tags"),
    [
        ("#one, (#two) #one #ONE\n#three", ["one", "two", "three"]),
        ("issue #1234, C#, a#b, https://x.example/#here, # heading, #-, ##", []),
        ("#日本語 #हिन्दी-टैग #é_1! #🦊", ["日本語", "हिन्दी-टैग", "é_1", "🦊"]),
        ("#seen\u202eneddih #zero\u200bwidth", ["seen", "zero"]),
    ],
)
def test_what_is_a_tag(note: str, tags: list[str]) -> None:
    assert tags_in(note) == tags
