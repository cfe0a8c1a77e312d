"""Questions: made, changed, deleted, and refused with a reason."""

from __future__ import annotations

import pytest

import labelwidget as lw
from labelwidget.errors import AlreadyExistsError, InvalidValueError, NotFoundError


def make(name: str = "helpful", **options: object) -> lw.LabelSchema:
    given = {"type": "feedback", "input": lw.InputPassFail("Yes", "No"), **options}
    return lw.create_label_schema(name, **given)  # type: ignore[arg-type]


def test_a_question_gets_a_readable_title() -> None:
    assert make("summary_quality").title == "Summary quality"
    assert make("tone", title="How does it sound?").title == "How does it sound?"


def test_the_same_name_twice_needs_overwrite_and_keeps_the_place() -> None:
    make("first")
    make("second")
    with pytest.raises(AlreadyExistsError, match="overwrite=True"):
        make("first")
    again = make("first", instruction="Look twice.", overwrite=True)
    assert again.version == 2
    assert [schema.name for schema in lw.list_label_schemas()] == ["first", "second"]


def test_overwrite_refuses_another_type_once_there_are_labels() -> None:
    make()
    session = lw.create_labeling_session("s", label_schemas=["helpful"]).add_traces([{"inputs": 1}])
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    review.answer(session.to_df().index[0], "helpful", True)

    with pytest.raises(InvalidValueError, match="has labels"):
        make(input=lw.InputText(), overwrite=True)
    with pytest.raises(InvalidValueError, match="has labels"):
        make(type="expectation", overwrite=True)
    assert make(input=lw.InputPassFail("Good", "Bad"), overwrite=True).version == 2


def test_built_in_questions_are_always_there() -> None:
    for name in (lw.EXPECTED_FACTS, lw.EXPECTED_RESPONSE, lw.GUIDELINES):
        assert lw.get_label_schema(name).type == "expectation"
    session = lw.create_labeling_session("s", label_schemas=[lw.GUIDELINES])
    assert session.questions()[0].title == "Guidelines"


def test_update_changes_what_is_given_and_keeps_the_rest() -> None:
    make(instruction="Look.", enable_comment=True)
    changed = lw.update_label_schema("helpful", title="Is it helpful?")
    assert (changed.title, changed.instruction, changed.enable_comment) == (
        "Is it helpful?",
        "Look.",
        True,
    )
    assert lw.update_label_schema("helpful", instruction=None).instruction is None
    with pytest.raises(InvalidValueError, match="cannot become InputText"):
        lw.update_label_schema("helpful", input=lw.InputText())


def test_deleting_and_asking_for_what_is_not_there() -> None:
    make()
    lw.delete_label_schema("helpful")
    with pytest.raises(NotFoundError, match="'helpful' not found"):
        lw.get_label_schema("helpful")
    with pytest.raises(NotFoundError):
        lw.delete_label_schema("helpful")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "   "}, "non-empty"),
        ({"name": "x" * 251}, "250"),
        ({"type": "opinion"}, "feedback"),
        ({"input": "yes/no"}, "InputPassFail"),
        ({"instruction": "x" * 10_001}, "10,000"),
        ({"enable_comment": 1}, "True or False"),
        ({"title": ""}, "title"),
        ({"hotkeys": {"yy": "Yes"}}, "single character"),
        ({"hotkeys": {"s": "Yes"}}, "widget's own"),
        ({"hotkeys": {"y": "Maybe"}}, "not an option"),
        ({"show_if": {"helpful": True}}, "itself"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_rule(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidValueError, match=message):
        make(**{"name": "helpful", **options})  # type: ignore[arg-type]
    assert lw.list_label_schemas() == []


def bad_input(make_input: object) -> str:
    with pytest.raises(InvalidValueError) as caught:
        make_input()  # type: ignore[operator]
    return str(caught.value)


def test_inputs_say_what_is_wrong_with_their_options() -> None:
    assert "list of texts" in bad_input(lambda: lw.InputCategorical("abc"))
    assert "twice" in bad_input(lambda: lw.InputCategorical(["a", "a"]))
    assert "0 entries" in bad_input(lambda: lw.InputCategoricalList([]))
    assert "201 characters" in bad_input(lambda: lw.InputCategorical(["x" * 201]))
    assert "different" in bad_input(lambda: lw.InputPassFail("a", "a"))
    assert "not below" in bad_input(lambda: lw.InputNumeric(3, 3))
    assert "at least 1" in bad_input(lambda: lw.InputText(max_length=0))
    assert "2 to 11 steps" in bad_input(lambda: lw.InputRating(1, 100))


def test_clashing_hotkeys_are_refused_when_the_session_is_made() -> None:
    make("one", hotkeys={"y": "Yes"})
    make("two", hotkeys={"y": "Yes"})
    with pytest.raises(InvalidValueError, match="'one' and 'two'"):
        lw.create_labeling_session("s", label_schemas=["one", "two"])
