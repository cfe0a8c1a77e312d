"""Assessments: what somebody or something said of a trace, named as in MLflow.

```
Feedback("helpful", True, rationale="Covers both calls.", source=AssessmentSource("HUMAN", "alice"))
Expectation("expected_facts", ["Login issue reported July 10th"])
```
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.model.json import Json, JsonValue

__all__ = [
    "MAX_QUOTE",
    "Anchor",
    "Assessment",
    "AssessmentKind",
    "AssessmentSource",
    "Expectation",
    "Feedback",
    "SourceType",
]


MAX_QUOTE = 10_000
"""Characters of a range of text that are kept with it."""


class SourceType(StrEnum):
    """Who made an assessment."""

    HUMAN = "HUMAN"
    LLM_JUDGE = "LLM_JUDGE"
    CODE = "CODE"


class AssessmentKind(StrEnum):
    """Feedback judges what is there; an expectation says what should be there."""

    FEEDBACK = "feedback"
    EXPECTATION = "expectation"


class AssessmentSource(BaseModel):
    """Who or what made an assessment.

    Attributes:
        source_type: `HUMAN`, `LLM_JUDGE` or `CODE`.
        source_id: The reviewer's name, the judge's model, or the code's name.
    """

    model_config = ConfigDict(frozen=True)

    source_type: SourceType = SourceType.HUMAN
    source_id: str = "default"

    def __init__(self, source_type: str = "HUMAN", source_id: str = "default") -> None:
        """Make a source; the type is case-insensitive and `AI_JUDGE` means `LLM_JUDGE`, as in MLflow."""
        upper = str(source_type).upper()
        super().__init__(
            source_type="LLM_JUDGE" if upper == "AI_JUDGE" else upper, source_id=source_id
        )


class Anchor(BaseModel):
    """A place inside a trace's conversation: a range of text in one block, or the block as a whole.

    Attributes:
        block_id: The block (`content.to_blocks`); it stays the same when the trace is read again.
        part: Which text of the block: `0` its first part, `arguments/0` or `result/0` of a tool call, `query/0` or `2/0`
            (the third document) of a retrieval, `message` of an error.
        start: Where the range begins: characters of the text as it was written, as Python counts them, so that
            `text[start:end] == quote`.
        end: Where it ends; both are 0 for the block as a whole.
        quote: The text itself, or its first `MAX_QUOTE` characters: by it the place is found again when the text has moved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    block_id: str = Field(max_length=200)
    part: str = Field(default="", max_length=200)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    quote: str = Field(max_length=MAX_QUOTE)

    @property
    def is_block(self) -> bool:
        """Whether it is about the block as a whole."""
        return self.end == 0


class Assessment(BaseModel):
    """One row of the append-only record of labels.

    Attributes:
        assessment_id: Unique id, `a-` and 32 hexadecimal digits.
        trace_id: The trace (in a session: the item's own copy).
        name: The label schema's name, verbatim.
        kind: `feedback` or `expectation`.
        value: The answer with its exact type; None when there is only a rationale or an error.
        rationale: Why, in the reviewer's words; kept for both kinds.
        source: Who said it.
        span_id: The span it is about, or None for the whole trace.
        anchor: The range of text it is about, or None.
        metadata: Whatever else came along, as JSON.
        error: For a judge that failed: its message.
        create_time_ms: When it was made, milliseconds since 1970 (UTC).
        overrides: The assessment that this one replaces.
        valid: False once it is replaced or cleared.
        schema_version: The version of the question that was answered; None for assessments from elsewhere.
        duration_ms: Time on task when it was given.
        session_id: The labeling session, or None for assessments that came along with the trace.
    """

    model_config = ConfigDict(frozen=True)

    assessment_id: str = ""
    trace_id: str = ""
    name: str
    kind: AssessmentKind
    value: Json = None
    rationale: str | None = None
    source: AssessmentSource = Field(default_factory=AssessmentSource)
    span_id: str | None = None
    anchor: Anchor | None = None
    metadata: dict[str, Json] = Field(default_factory=dict)
    error: str | None = None
    create_time_ms: int = 0
    overrides: str | None = None
    valid: bool = True
    schema_version: int | None = None
    duration_ms: int | None = None
    session_id: str | None = None


class Feedback(Assessment):
    """A judgement of what the trace shows."""

    kind: Literal[AssessmentKind.FEEDBACK] = AssessmentKind.FEEDBACK  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, name: str = "feedback", value: JsonValue = None, **data: object) -> None:
        """Make a feedback; see `Assessment` for the other fields."""
        super().__init__(name=name, value=value, **data)  # pyright: ignore[reportArgumentType]


class Expectation(Assessment):
    """What a right answer would be or hold."""

    kind: Literal[AssessmentKind.EXPECTATION] = AssessmentKind.EXPECTATION  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, name: str, value: JsonValue, **data: object) -> None:
        """Make an expectation; see `Assessment` for the other fields."""
        super().__init__(name=name, value=value, **data)  # pyright: ignore[reportArgumentType]
