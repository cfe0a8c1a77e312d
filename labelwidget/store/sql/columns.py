"""Columns for frames: whole sessions at once, never a dict a row, never a payload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, select

from labelwidget.model import JsonValue
from labelwidget.model.json import loads
from labelwidget.store.sql.reads import raw
from labelwidget.store.sql.rows import (
    ASSESSMENT_CODECS,
    ITEM_CODECS,
    Codec,
    damaged,
    decoded,
    row_digest,
)
from labelwidget.store.sql.tables import assessments, items, reviewer_items

__all__ = ["assessment_columns", "item_columns", "status_columns"]

Columns = dict[str, list[JsonValue]]

_DECODED_AT_ONCE = 2_000
_ASSESSMENT_COLUMNS = (
    "assessment_id", "item_id", "position", "source_trace_id", "name", "kind", "value", "rationale", "source_type",
    "source_id", "span_id", "anchor", "metadata", "error", "create_time_ms", "overrides", "valid", "schema_version",
    "duration_ms", "prior",
)  # fmt: skip
_STATUS_CODECS = {
    "item_id": Codec.IDENTIFIER,
    "position": Codec.PLAIN,
    "reviewer": Codec.JSON,
    "state": Codec.PLAIN,
    "flagged": Codec.PLAIN,
    "note": Codec.JSON,
    "duration_ms": Codec.PLAIN,
    "updated_at": Codec.PLAIN,
}


def item_columns(connection: Connection, session_id: str, where: str) -> Columns:
    """Every field of `Item` as a column, by position.

    Raises:
        StoreCorruptError: A row does not match its checksum.
    """
    query = select(*(raw(items.c[name]) for name in ITEM_CODECS), items.c.sha256)
    query = query.where(items.c.session_id == session_id).order_by(items.c.position)
    found = _checked(connection, query, len(ITEM_CODECS), "Item", where)
    columns = _columns({**ITEM_CODECS, "sha256": Codec.PLAIN}, found)
    del columns["sha256"]
    return columns


def assessment_columns(
    connection: Connection, session_id: str, where: str, *, everything: bool, prior: bool
) -> Columns:
    """Assessments of a session as columns in order of saving; see `Store.assessment_columns`.

    Raises:
        StoreCorruptError: A row does not match its checksum.
    """
    fields: Iterable[ColumnElement[Any]] = (raw(assessments.c[name]) for name in ASSESSMENT_CODECS)
    also = {"valid": Codec.PLAIN, "position": Codec.PLAIN, "source_trace_id": Codec.IDENTIFIER}
    query = (
        select(
            *fields,
            assessments.c.sha256,
            assessments.c.valid,
            items.c.position,
            raw(items.c.source_trace_id),
        )
        .join(items, items.c.item_id == assessments.c.item_id)
        .where(assessments.c.session_id == session_id)
        .order_by(assessments.c.seq)
    )
    if not everything:
        query = query.where(assessments.c.valid.is_(True))
    if not prior:
        query = query.where(assessments.c.prior.is_(False))
    found = _checked(connection, query, len(ASSESSMENT_CODECS), "The label", where)
    columns = _columns({**ASSESSMENT_CODECS, "sha256": Codec.PLAIN, **also}, found)
    columns["metadata"] = [{} if value is None else value for value in columns["metadata"]]
    columns["prior"] = [bool(value) for value in columns["prior"]]
    return {name: columns[name] for name in _ASSESSMENT_COLUMNS}


def status_columns(connection: Connection, session_id: str) -> Columns:
    """`item_id, position, reviewer, state, flagged, note, duration_ms, updated_at` of every touched item."""
    query = (
        select(*(raw(reviewer_items.c[name]) for name in _STATUS_CODECS))
        .where(reviewer_items.c.session_id == session_id)
        .order_by(reviewer_items.c.position, reviewer_items.c.reviewer_key)
    )
    found = cast("Sequence[Sequence[Any]]", connection.execute(query).all())
    columns = _columns(_STATUS_CODECS, found)
    columns["flagged"] = [bool(value) for value in columns["flagged"]]
    return columns


def _checked(
    connection: Connection, query: Select[Any], width: int, what: str, where: str
) -> Sequence[Sequence[Any]]:
    """The rows of a query whose first `width` columns are followed by their checksum."""
    found = cast("Sequence[Sequence[Any]]", connection.execute(query).all())
    for row in found:
        if row_digest(row[:width]) != row[width]:
            raise damaged(f"{what} {ascii(row[0])[:40]}", where)
    return found


def _columns(codecs: dict[str, Codec], found: Sequence[Sequence[Any]]) -> Columns:
    turned: list[list[Any]] = [list(column) for column in zip(*found, strict=True)]
    if not found:
        turned = [[] for _ in codecs]
    columns: Columns = {}
    for (name, codec), column in zip(codecs.items(), turned, strict=True):
        if codec is Codec.JSON:
            columns[name] = _parsed(column)
        elif codec is Codec.IDENTIFIER:
            columns[name] = [decoded(value, codec) for value in column]
        else:
            columns[name] = column
    return columns


def _parsed(stored: list[str | None]) -> list[JsonValue]:
    """Decode a column of JSON texts: thousands at a time in one call of the parser."""
    parsed: list[JsonValue] = []
    for start in range(0, len(stored), _DECODED_AT_ONCE):
        part = stored[start : start + _DECODED_AT_ONCE]
        text = ",".join("null" if value is None else value for value in part)
        parsed.extend(cast("list[JsonValue]", loads(f"[{text}]")))
    return parsed
