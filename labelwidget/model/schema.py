"""Label schemas: the questions of a session.

Names and limits follow `mlflow.genai.label_schemas`; `required`, `hotkeys`, `show_if` and `scope` are ours.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.inputs import (
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputPassFail,
    InputRating,
    InputText,
    InputTextList,
)
from labelwidget.model.json import Json, JsonValue

__all__ = ["Input", "LabelSchema", "LabelSchemaType"]

MAX_NAME = 250
MAX_TITLE = 500
MAX_INSTRUCTION = 10_000


class LabelSchemaType(StrEnum):
    """Whether a question judges the trace or says what it should have been."""

    FEEDBACK = "feedback"
    EXPECTATION = "expectation"


Input = (
    InputPassFail
    | InputCategorical
    | InputCategoricalList
    | InputText
    | InputTextList
    | InputNumeric
    | InputRating
)
"""Any input type."""


class LabelSchema(BaseModel):
    """One question.

    Attributes:
        name: Unique in the store, 1–250 characters; the name of the assessments that answer it, verbatim.
        type: Feedback or expectation; never changes.
        input: How it is answered.
        title: The heading; the name made readable where none is given.
        instruction: Markdown under the heading, up to 10,000 characters, or None.
        enable_comment: Ask for a rationale.
        required: An answer is needed before Done.
        hotkeys: A key for an option, by key: `{"y": "Yes"}`. Digits work without.
        show_if: Show the question only when others are answered so: `{"other_question": value or [values]}`.
        scope: Of a conversation with several turns: asked of each turn, or once of the whole.
        version: 1 for a new question, one more for each edit; assessments record it.
        schema_id: `ls-` and 32 hexadecimal digits.
        created_by: Who made it.
        created_at: Milliseconds since 1970 (UTC).
        updated_at: Likewise, of the last edit.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    type: LabelSchemaType
    input: Annotated[Input, Field(discriminator="kind")]
    title: str = ""
    instruction: str | None = None
    enable_comment: bool = False
    required: bool = False
    hotkeys: dict[str, str] = Field(default_factory=dict)
    show_if: dict[str, Json] = Field(default_factory=dict)
    scope: Literal["turn", "conversation"] = "turn"
    version: int = 1
    schema_id: str = ""
    created_by: str = ""
    created_at: int = 0
    updated_at: int = 0

    def check(self, value: JsonValue) -> JsonValue:
        """Validate an answer.

        Args:
            value: The answer.

        Returns:
            The value as it is stored.

        Raises:
            InvalidValueError: Names the question, the value and what would be right.
        """
        try:
            return self.input.check(value)
        except InvalidValueError as error:
            raise InvalidValueError(f"Question {shown(self.name)}: {error}") from None
