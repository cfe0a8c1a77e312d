"""What things are: traces, assessments, questions, sessions. Frozen pydantic models, no I/O."""

from labelwidget.model.assessment import (
    Anchor,
    Assessment,
    AssessmentKind,
    AssessmentSource,
    Expectation,
    Feedback,
    SourceType,
)
from labelwidget.model.inputs import (
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputPassFail,
    InputRating,
    InputText,
    InputTextList,
)
from labelwidget.model.json import JsonValue
from labelwidget.model.schema import Input, LabelSchema, LabelSchemaType
from labelwidget.model.session import Item, ItemState, Progress, ReviewerItem, SessionInfo
from labelwidget.model.trace import Span, SpanEvent, SpanStatus, Trace, TraceState

__all__ = [
    "Anchor",
    "Assessment",
    "AssessmentKind",
    "AssessmentSource",
    "Expectation",
    "Feedback",
    "Input",
    "InputCategorical",
    "InputCategoricalList",
    "InputNumeric",
    "InputPassFail",
    "InputRating",
    "InputText",
    "InputTextList",
    "Item",
    "ItemState",
    "JsonValue",
    "LabelSchema",
    "LabelSchemaType",
    "Progress",
    "ReviewerItem",
    "SessionInfo",
    "SourceType",
    "Span",
    "SpanEvent",
    "SpanStatus",
    "Trace",
    "TraceState",
]
