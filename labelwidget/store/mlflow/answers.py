"""An answer as MLflow can hold it, and back, without losing its type.

MLflow sends values through protobuf: integers become floats, lone surrogates are refused, an expectation has no rationale
over HTTP. What it cannot hold is kept a second time, as JSON, in the assessment's metadata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from labelwidget.errors import InvalidValueError
from labelwidget.model import Anchor, Assessment, AssessmentKind, JsonValue
from labelwidget.model.event import place_of
from labelwidget.model.json import dumps_ascii, loads

__all__ = [
    "ANCHOR",
    "EVENT",
    "LOCAL_ID",
    "RATIONALE",
    "SESSION",
    "Sent",
    "Written",
    "clean_text",
    "exact_rationale",
    "exact_value",
    "is_exact",
    "place_in",
    "same_question",
    "sent_from",
]

LOCAL_ID = "labelwidget.assessment"
EVENT = "labelwidget.event"
SESSION = "labelwidget.session"
VALUE = "labelwidget.value"
VERSION = "labelwidget.schema_version"
ANCHOR = "labelwidget.anchor"
SPAN = "labelwidget.span"
RATIONALE = "rationale"
"""Where the rationale of an expectation is: the place that other tools may look at too."""


class Written(NamedTuple):
    """An assessment as it is at the server."""

    assessment_id: str
    name: str
    kind: AssessmentKind
    value: JsonValue
    rationale: str | None
    source_type: str
    source_id: str
    span_id: str | None
    metadata: Mapping[str, str]
    create_time_ms: int
    overrides: str | None
    valid: bool


class Sent(NamedTuple):
    """An assessment as it goes to the server."""

    assessment_id: str
    name: str
    kind: AssessmentKind
    value: JsonValue
    rationale: str | None
    source_id: str
    span_id: str | None
    metadata: dict[str, str]
    create_time_ms: int


def clean_text(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate becomes the replacement sign."""
    return text.encode("utf-8", "replace").decode("utf-8") if not _is_clean(text) else text


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _survives(value: JsonValue) -> bool:
    """Whether the value comes back from every MLflow store as it went in."""
    if isinstance(value, str):
        return _is_clean(value)
    if isinstance(value, list):
        return all(isinstance(part, str) and _is_clean(part) for part in value)
    return isinstance(value, bool)


def _sendable(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_sendable(part) for part in value]
    if isinstance(value, dict):
        return {clean_text(key): _sendable(part) for key, part in value.items()}
    return value


def sent_from(
    assessment: Assessment, *, event_id: str, session_id: str, span_id: str | None
) -> Sent:
    """An answer on its way to the server.

    Args:
        assessment: The answer.
        event_id: The event that gave it: makes a repeated write recognisable.
        session_id: The session.
        span_id: The span's id in the copied trace.

    Returns:
        What MLflow can hold, with the rest in the metadata.
    """
    is_expectation = assessment.kind is AssessmentKind.EXPECTATION
    metadata = {
        LOCAL_ID: assessment.assessment_id,
        EVENT: event_id,
        SESSION: session_id,
        # Metadata of an expectation is merged when it is replaced: what no longer holds is emptied.
        VALUE: "" if _survives(assessment.value) else dumps_ascii(assessment.value),
        VERSION: str(assessment.schema_version or ""),
    }
    if assessment.anchor is not None:
        metadata[ANCHOR] = dumps_ascii(assessment.anchor.model_dump())
    if assessment.span_id is not None and span_id != assessment.span_id:
        metadata[SPAN] = dumps_ascii(assessment.span_id)
    if is_expectation:
        metadata[RATIONALE] = clean_text(assessment.rationale or "")
    else:
        metadata = {key: text for key, text in metadata.items() if text}
    value = _sendable(assessment.value)
    if is_expectation and value is None:
        value = ""  # MLflow has no expectation without a value
    return Sent(
        assessment_id=assessment.assessment_id,
        name=clean_text(assessment.name),
        kind=assessment.kind,
        value=value,
        rationale=None if assessment.rationale is None else clean_text(assessment.rationale),
        source_id=clean_text(assessment.source.source_id),
        span_id=span_id,
        metadata=metadata,
        create_time_ms=assessment.create_time_ms,
    )


def exact_value(written: Written) -> JsonValue:
    """The value with the type that it was given with."""
    packed = written.metadata.get(VALUE)
    if packed:
        try:
            return loads(packed)
        except InvalidValueError:
            return written.value
    return written.value


def is_exact(written: Written) -> bool:
    """Whether the value was written from here, as it was given."""
    return LOCAL_ID in written.metadata


def exact_rationale(written: Written) -> str | None:
    """The rationale, also of an expectation."""
    return written.rationale or written.metadata.get(RATIONALE) or None


def place_in(written: Written) -> tuple[str | None, Anchor | None]:
    """The span and the range of text that the assessment is about."""
    span = _loaded(written.metadata.get(SPAN))
    anchor = _loaded(written.metadata.get(ANCHOR))
    try:
        found = Anchor.model_validate(anchor) if anchor is not None else None
    except ValueError:
        found = None
    return (span if isinstance(span, str) else written.span_id), found


def _loaded(text: str | None) -> JsonValue:
    try:
        return loads(text) if text else None
    except InvalidValueError:
        return None


def same_question(written: Sequence[Written], wanted: Assessment) -> list[Written]:
    """The answers of the same reviewer to the same question at the same place, oldest first."""
    who = wanted.source.source_id.strip().casefold()
    place = place_of(wanted.span_id, wanted.anchor)
    found = [
        one
        for one in written
        if one.source_type == "HUMAN"
        and one.kind is wanted.kind
        and one.name == clean_text(wanted.name)
        and one.source_id.strip().casefold() == who
        and place_of(*place_in(one)) == place
    ]
    return sorted(found, key=lambda one: one.create_time_ms)
