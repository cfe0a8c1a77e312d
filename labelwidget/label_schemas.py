"""Questions, with the names of `mlflow.genai.label_schemas`.

```
from labelwidget.label_schemas import InputPassFail, create_label_schema

create_label_schema("helpful", type="feedback", input=InputPassFail("Helpful", "Not helpful"), enable_comment=True)
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from labelwidget.model import (
    Input,
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputPassFail,
    InputRating,
    InputText,
    InputTextList,
    LabelSchema,
    LabelSchemaType,
)
from labelwidget.review.schemas import define_schema, find_schema, revise_schema
from labelwidget.store import current_store

__all__ = [
    "EXPECTED_FACTS",
    "EXPECTED_RESPONSE",
    "GUIDELINES",
    "InputCategorical",
    "InputCategoricalList",
    "InputNumeric",
    "InputPassFail",
    "InputRating",
    "InputText",
    "InputTextList",
    "LabelSchema",
    "LabelSchemaType",
    "create_label_schema",
    "delete_label_schema",
    "get_label_schema",
    "list_label_schemas",
    "update_label_schema",
]

EXPECTED_FACTS: Final = "expected_facts"
"""Built-in question: facts that a correct response holds (a list of texts)."""
GUIDELINES: Final = "guidelines"
"""Built-in question: guidelines that the response should keep (a list of texts)."""
EXPECTED_RESPONSE: Final = "expected_response"
"""Built-in question: a correct response (a text)."""


class _Keep:
    """Says "as it was" where None is a value of its own."""


_KEEP = _Keep()


def create_label_schema(
    name: str,
    *,
    type: LabelSchemaType | str,  # noqa: A002  the peer's name
    input: Input,  # noqa: A002
    title: str | None = None,
    instruction: str | None = None,
    enable_comment: bool = False,
    overwrite: bool = False,
    required: bool = False,
    hotkeys: Mapping[str, str] | None = None,
    show_if: Mapping[str, object] | None = None,
    scope: Literal["turn", "conversation"] = "turn",
) -> LabelSchema:
    """Create a question, or with `overwrite=True` a new version of it.

    Args:
        name: Unique in the store, 1–250 characters; the name of the assessments that answer it.
        type: `"feedback"` or `"expectation"`.
        input: How it is answered, for example `InputCategorical(options=["Yes", "No"])`.
        title: The heading; the name made readable when None.
        instruction: Markdown under the heading, up to 10,000 characters.
        enable_comment: Ask for a rationale too.
        overwrite: Replace a question of this name; it keeps its place and its labels.
        required: An answer is needed before Done.
        hotkeys: Keys for options, `{"y": "Yes"}`; digits work anyway.
        show_if: Ask only when another question is answered so, `{"helpful": False}`.
        scope: Of a conversation with several turns: ask of each turn, or once of the whole.

    Returns:
        The question.

    Raises:
        AlreadyExistsError: The name is taken and `overwrite` is False.
        InvalidValueError: An argument breaks a rule, or labels exist and type or input would change.
    """
    return define_schema(
        current_store(), name, type=type, input=input, title=title, instruction=instruction, enable_comment=enable_comment,
        overwrite=overwrite, required=required, hotkeys=hotkeys, show_if=show_if, scope=scope,
    )  # fmt: skip


def get_label_schema(name: str) -> LabelSchema:
    """A question by name.

    Args:
        name: Its name; built-in ones are always there.

    Raises:
        NotFoundError: There is none; the message lists those that there are.
    """
    return find_schema(current_store(), name)


def list_label_schemas() -> list[LabelSchema]:
    """All questions of the store, in the order created."""
    return current_store().schemas()


def update_label_schema(
    name: str,
    *,
    input: Input | None = None,  # noqa: A002  the peer's name
    title: str | None = None,
    instruction: str | None | _Keep = _KEEP,
    enable_comment: bool | None = None,
    required: bool | None = None,
    hotkeys: Mapping[str, str] | None = None,
    show_if: Mapping[str, object] | None = None,
    scope: Literal["turn", "conversation"] | None = None,
) -> LabelSchema:
    """Change a question; what is not given stays. The version goes up, labels remember which one they answered.

    Args:
        name: The question.
        input: New options or bounds of the same input class.
        title: New heading.
        instruction: New Markdown; None or "" removes it.
        enable_comment: Whether to ask for a rationale.
        required: Whether Done needs an answer.
        hotkeys: New keys.
        show_if: New condition; `{}` removes it.
        scope: Ask of each turn of a conversation, or once.

    Raises:
        NotFoundError: There is no such question.
        InvalidValueError: An argument breaks a rule.
    """
    given = {
        "input": input,
        "title": title,
        "enable_comment": enable_comment,
        "required": required,
        "hotkeys": hotkeys,
        "show_if": show_if,
        "scope": scope,
    }
    changes: dict[str, object] = {
        field: value for field, value in given.items() if value is not None
    }
    if not isinstance(instruction, _Keep):
        changes["instruction"] = instruction
    return revise_schema(current_store(), name, changes)


def delete_label_schema(name: str) -> None:
    """Delete a question. Its labels stay, and sessions that ask it go on asking it.

    Args:
        name: The question.

    Raises:
        NotFoundError: There is no such question.
    """
    store = current_store()
    if not store.delete_schema(name):
        find_schema(store, name)
