"""Rows ↔ models, and the checksums between them.

A row that was checked when it came in is not validated again when it is read; its SHA-256 is.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Table

from labelwidget.errors import StoreCorruptError
from labelwidget.model import (
    Anchor,
    Assessment,
    AssessmentKind,
    AssessmentSource,
    Item,
    ItemState,
    JsonValue,
    LabelSchema,
    ReviewerItem,
    SessionInfo,
    SourceType,
)
from labelwidget.model.event import Event, place_of
from labelwidget.model.json import dumps_ascii, loads
from labelwidget.store.sql.faults import remedy
from labelwidget.store.sql.tables import (
    Identifier,
    JsonText,
    assessments,
    items,
    reviewer_key,
    stored_identifier,
)

__all__ = [
    "ASSESSMENT_CODECS",
    "ASSESSMENT_FIELDS",
    "ITEM_CODECS",
    "ITEM_FIELDS",
    "Codec",
    "assessment_from",
    "assessment_row",
    "checked_body",
    "damaged",
    "decoded",
    "digest",
    "event_from",
    "event_row",
    "item_from",
    "item_row",
    "reviewer_item_from",
    "row_digest",
    "schema_from",
    "session_from",
]

ITEM_FIELDS = tuple(Item.model_fields)
"""The columns of `items`, in the order of the model."""

ASSESSMENT_FIELDS = (
    "assessment_id",
    "session_id",
    "item_id",
    "name",
    "kind",
    "value",
    "rationale",
    "source_type",
    "source_id",
    "source_key",
    "span_id",
    "anchor",
    "place",
    "metadata",
    "error",
    "create_time_ms",
    "overrides",
    "schema_version",
    "duration_ms",
    "prior",
)
"""The columns of `assessments` that never change, in the order of the checksum."""


def digest(text: str) -> str:
    """SHA-256 of text.

    Args:
        text: ASCII, or text that UTF-8 can hold.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Codec(StrEnum):
    """How a column's values are written."""

    PLAIN = "plain"
    JSON = "json"
    IDENTIFIER = "identifier"


def _codecs(table: Table, names: Iterable[str]) -> dict[str, Codec]:
    return {name: _codec(table.c[name].type) for name in names}


def _codec(kind: object) -> Codec:
    if isinstance(kind, JsonText):
        return Codec.JSON
    return Codec.IDENTIFIER if isinstance(kind, Identifier) else Codec.PLAIN


ITEM_CODECS = _codecs(items, ITEM_FIELDS)
"""The columns of `items` in the order of the model, and how each is written."""
ASSESSMENT_CODECS = _codecs(assessments, ASSESSMENT_FIELDS)
"""The columns of `assessments` that never change in the order of the checksum, and how each is written."""


def stored_form(value: object, codec: Codec) -> object:
    """A value as the database holds it."""
    if value is None or codec is Codec.PLAIN:
        return value
    return dumps_ascii(value) if codec is Codec.JSON else stored_identifier(cast(str, value))


def decoded(stored: Any, codec: Codec) -> Any:
    """A value from what the database holds."""
    if stored is None or codec is Codec.PLAIN or (codec is Codec.IDENTIFIER and stored[:1] != '"'):
        return stored
    return loads(stored)


def row_digest(stored: Iterable[object]) -> str:
    """The checksum of a row.

    Args:
        stored: The values as the database holds them: text is ASCII JSON.

    Returns:
        64 hexadecimal digits.
    """
    # Stored text holds no control character, so that the separator cannot be forged; no text is empty but NULL's.
    parts = [
        "" if part is None else str(int(part)) if isinstance(part, bool) else str(part)
        for part in stored
    ]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def assessment_row(
    assessment: Assessment, *, session_id: str, item_id: str, prior: bool
) -> dict[str, object]:
    """An assessment as bind values.

    Args:
        assessment: The assessment; an empty id is filled.
        session_id: The session.
        item_id: The item.
        prior: It came along with the trace.

    Returns:
        Values for every column of `assessments` but `seq`.
    """
    source = assessment.source
    row: dict[str, object] = {
        "assessment_id": assessment.assessment_id or f"a-{uuid.uuid4().hex}",
        "session_id": session_id,
        "item_id": item_id,
        "name": assessment.name,
        "kind": str(assessment.kind),
        "value": assessment.value,
        "rationale": assessment.rationale,
        "source_type": str(source.source_type),
        "source_id": source.source_id,
        "source_key": reviewer_key(source.source_id),
        "span_id": assessment.span_id,
        "anchor": None if assessment.anchor is None else assessment.anchor.model_dump(),
        "place": place_of(assessment.span_id, assessment.anchor),
        "metadata": assessment.metadata or None,
        "error": assessment.error,
        "create_time_ms": int(assessment.create_time_ms),
        "overrides": assessment.overrides,
        "schema_version": assessment.schema_version,
        "duration_ms": assessment.duration_ms,
        "prior": prior,
    }
    row["sha256"] = row_digest(
        stored_form(row[name], codec) for name, codec in ASSESSMENT_CODECS.items()
    )
    row["valid"] = assessment.valid
    return row


def assessment_from(row: Sequence[Any], where: str) -> Assessment:
    """An assessment from a row.

    Args:
        row: The values of `ASSESSMENT_FIELDS` as the database holds them, then `sha256` and `valid`.
        where: The store, for the message.

    Returns:
        The assessment; `session_id` is None for a prior one.

    Raises:
        StoreCorruptError: The checksum does not match.
    """
    width = len(ASSESSMENT_FIELDS)
    if row_digest(row[:width]) != row[width]:
        raise damaged(f"The label {_text(row[0])} of item {_text(row[2])}", where)
    values: dict[str, Any] = {
        name: decoded(stored, codec)
        for (name, codec), stored in zip(ASSESSMENT_CODECS.items(), row, strict=False)
    }
    anchor = values["anchor"]
    # Built from validated values: the checksum says that they are the same.
    return Assessment.model_construct(
        assessment_id=values["assessment_id"],
        trace_id=values["item_id"],
        name=values["name"],
        kind=AssessmentKind(values["kind"]),
        value=values["value"],
        rationale=values["rationale"],
        source=AssessmentSource.model_construct(
            source_type=SourceType(values["source_type"]), source_id=values["source_id"]
        ),
        span_id=values["span_id"],
        anchor=None if anchor is None else Anchor.model_validate(anchor),
        metadata=values["metadata"] or {},
        error=values["error"],
        create_time_ms=values["create_time_ms"],
        overrides=values["overrides"],
        schema_version=values["schema_version"],
        duration_ms=values["duration_ms"],
        session_id=None if values["prior"] else values["session_id"],
        valid=bool(row[width + 1]),
    )


def _text(stored: object) -> str:
    text = str(stored)[:40]
    return text if text.isascii() and text.isprintable() else ascii(text)


def checked_body(body: str, sha256: str, *, what: str, where: str) -> JsonValue:
    """A body that is what was stored.

    Args:
        body: ASCII JSON as the database holds it.
        sha256: Its checksum.
        what: What it is, for the message.
        where: The store, for the message.

    Returns:
        The decoded body.

    Raises:
        StoreCorruptError: The checksum does not match.
    """
    if digest(body) != sha256:
        raise damaged(what, where)
    return loads(body)


def damaged(what: str, where: str) -> StoreCorruptError:
    """What is said of a row whose checksum does not match."""
    return StoreCorruptError(
        f"{what} in {where} is damaged: its checksum does not match. The file was left as it is. {remedy(where)}"
    )


def event_row(event: Event) -> dict[str, object]:
    """An event as bind values: every column of `events` but `seq`."""
    body = dumps_ascii(event.model_dump(exclude={"seq"}))
    return {
        "event_id": event.event_id,
        "session_id": event.session_id,
        "reviewer_key": reviewer_key(event.reviewer),
        "undoes": event.undoes,
        "body": body,
        "sha256": digest(body),
    }


def event_from(seq: int, body: str, sha256: str, where: str) -> Event:
    """An event from its row; raises `StoreCorruptError` when the checksum does not match."""
    found = checked_body(body, sha256, what=f"Event {seq}", where=where)
    return Event.model_validate({**cast("dict[str, JsonValue]", found), "seq": seq})


def schema_from(body: str, sha256: str, where: str) -> LabelSchema:
    """A question from the row of one version; raises `StoreCorruptError` when the checksum does not match."""
    return LabelSchema.model_validate(checked_body(body, sha256, what="A question", where=where))


def session_from(body: str, sha256: str, where: str) -> SessionInfo:
    """A session from its row; raises `StoreCorruptError` when the checksum does not match."""
    return SessionInfo.model_validate(checked_body(body, sha256, what="A session", where=where))


def item_row(item: Item, position: int) -> dict[str, object]:
    """An item as bind values, at the position that the store gives it: every column of `items`."""
    row: dict[str, object] = {name: getattr(item, name) for name in ITEM_FIELDS}
    row["position"] = position
    duration = item.duration_ms
    # The database gives a float back, whatever went in, and the checksum is of what comes back.
    row["duration_ms"] = (
        None if duration is None or not math.isfinite(duration) else float(duration)
    )
    row["sha256"] = row_digest(stored_form(row[name], ITEM_CODECS[name]) for name in ITEM_FIELDS)
    return row


def item_from(row: Sequence[Any], where: str) -> Item:
    """An item from a row.

    Args:
        row: The values of `ITEM_FIELDS` as the database holds them, then `sha256`.
        where: The store, for the message.

    Returns:
        The item.

    Raises:
        StoreCorruptError: The checksum does not match.
    """
    width = len(ITEM_FIELDS)
    if row_digest(row[:width]) != row[width]:
        raise damaged(f"Item {_text(row[0])}", where)
    values = {
        name: decoded(stored, codec)
        for (name, codec), stored in zip(ITEM_CODECS.items(), row, strict=False)
    }
    return Item.model_construct(**values)


def reviewer_item_from(row: Sequence[Any]) -> ReviewerItem:
    """Where a reviewer stands.

    Args:
        row: `state, flagged, note, duration_ms, updated_at` as the database holds them.

    Returns:
        The status.
    """
    state, flagged, note, duration_ms, updated_at = row
    return ReviewerItem.model_construct(
        state=ItemState(state),
        flagged=bool(flagged),
        note=loads(note),
        duration_ms=duration_ms,
        updated_at=updated_at,
    )
