"""Rows ↔ models, and the checksums between them.

A row that was checked when it came in is not validated again when it is read; its SHA-256 is.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

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
from labelwidget.store.sql.tables import reviewer_key

__all__ = [
    "ASSESSMENT_FIELDS",
    "ITEM_FIELDS",
    "assessment_digest",
    "assessment_from",
    "assessment_row",
    "checked_body",
    "digest",
    "event_from",
    "event_row",
    "item_from",
    "item_row",
    "reviewer_item_from",
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


def assessment_digest(stored: Iterable[object]) -> str:
    """The checksum of an assessment.

    Args:
        stored: The values of `ASSESSMENT_FIELDS` as the database holds them: text is ASCII JSON.

    Returns:
        64 hexadecimal digits.
    """
    # JSON text holds no control character, so that the separator cannot be forged; NULL is no JSON.
    parts = [
        "" if part is None else str(int(part)) if isinstance(part, bool) else str(part)
        for part in stored
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


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
        "create_time_ms": assessment.create_time_ms,
        "overrides": assessment.overrides,
        "schema_version": assessment.schema_version,
        "duration_ms": assessment.duration_ms,
        "prior": prior,
    }
    row["sha256"] = assessment_digest(_stored(row))
    row["valid"] = assessment.valid
    return row


_AS_JSON = {
    "name",
    "value",
    "rationale",
    "source_id",
    "source_key",
    "span_id",
    "anchor",
    "place",
    "metadata",
    "error",
}
_AS_ID = {"assessment_id", "session_id", "item_id", "overrides"}


def _stored(row: Mapping[str, object]) -> list[object]:
    """The values as `JsonText` and `Identifier` write them."""
    stored: list[object] = []
    for name in ASSESSMENT_FIELDS:
        value = row[name]
        if value is not None and (
            name in _AS_JSON or (name in _AS_ID and not _plain(cast(str, value)))
        ):
            value = dumps_ascii(value)
        stored.append(value)
    return stored


def _plain(identifier: str) -> bool:
    return identifier.isascii() and identifier.isprintable() and identifier[:1] != '"'


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
    if assessment_digest(row[:20]) != row[20]:
        raise _damaged(f"The label {_text(row[0])} of item {_text(row[2])}", where)
    anchor = row[11]
    metadata = row[13]
    # Built from validated values: the checksum says that they are the same.
    return Assessment.model_construct(
        assessment_id=_identifier(row[0]),
        trace_id=_identifier(row[2]),
        name=_json(row[3]),
        kind=AssessmentKind(row[4]),
        value=_json(row[5]),
        rationale=_json(row[6]),
        source=AssessmentSource.model_construct(
            source_type=SourceType(row[7]), source_id=cast(str, _json(row[8]))
        ),
        span_id=_json(row[10]),
        anchor=None if anchor is None else Anchor.model_validate(loads(anchor)),
        metadata={} if metadata is None else loads(metadata),
        error=_json(row[14]),
        create_time_ms=row[15],
        overrides=None if row[16] is None else _identifier(row[16]),
        schema_version=row[17],
        duration_ms=row[18],
        session_id=None if row[19] else _identifier(row[1]),
        valid=bool(row[21]),
    )


def _json(stored: str | None) -> Any:
    return None if stored is None else loads(stored)


def _identifier(stored: str) -> str:
    return str(loads(stored)) if stored[:1] == '"' else stored


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
        raise _damaged(what, where)
    return loads(body)


def _damaged(what: str, where: str) -> StoreCorruptError:
    return StoreCorruptError(
        f"{what} in {where} is damaged: its checksum does not match. The file was left as it is. Restore it from a copy."
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
    """An item as bind values, at the position that the store gives it."""
    row: dict[str, object] = {name: getattr(item, name) for name in ITEM_FIELDS}
    row["position"] = position
    return row


def item_from(row: Sequence[Any]) -> Item:
    """An item from the values of `ITEM_FIELDS`."""
    return Item.model_construct(**dict(zip(ITEM_FIELDS, row, strict=True)))


def reviewer_item_from(
    state: str, flagged: bool, note: str, duration_ms: int, updated_at: int
) -> ReviewerItem:
    """Where a reviewer stands, from the columns of `reviewer_items`."""
    return ReviewerItem.model_construct(
        state=ItemState(state),
        flagged=bool(flagged),
        note=note,
        duration_ms=duration_ms,
        updated_at=updated_at,
    )
