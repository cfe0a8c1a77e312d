"""Columns for frames: whole sessions at once, never a dict a row, never a payload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, select

from labelwidget.errors import StoreCorruptError
from labelwidget.model import JsonValue
from labelwidget.model.json import loads
from labelwidget.store.sql.rows import ASSESSMENT_FIELDS, ITEM_FIELDS, assessment_digest
from labelwidget.store.sql.tables import Identifier, JsonText, assessments, items, reviewer_items
from labelwidget.store.sql.transaction import raw

__all__ = ["assessment_columns", "item_columns", "status_columns"]

Columns = dict[str, list[JsonValue]]

_DECODED_AT_ONCE = 2_000


def item_columns(connection: Connection, session_id: str) -> Columns:
    """Every field of `Item` as a column, by position."""
    query = select(*(raw(items.c[name]) for name in ITEM_FIELDS)).where(
        items.c.session_id == session_id
    )
    return _columns(
        ITEM_FIELDS,
        connection.execute(query.order_by(items.c.position)).all(),
        {name for name in ITEM_FIELDS if isinstance(items.c[name].type, JsonText)},
        {name for name in ITEM_FIELDS if isinstance(items.c[name].type, Identifier)},
    )


def assessment_columns(
    connection: Connection, session_id: str, where: str, *, everything: bool, prior: bool
) -> Columns:
    """Assessments of a session as columns in order of saving; see `Store.assessment_columns`.

    Raises:
        StoreCorruptError: A row does not match its checksum.
    """
    query = (
        select(
            *(raw(assessments.c[name]) for name in ASSESSMENT_FIELDS),
            assessments.c.sha256,
            raw(assessments.c.valid),
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
    found = cast("Sequence[Sequence[Any]]", connection.execute(query).all())
    for row in found:
        if assessment_digest(row[:20]) != row[20]:
            raise StoreCorruptError(
                f"The label {ascii(row[0])[:40]} in {where} is damaged: its checksum does not match. The file was left "
                "as it is. Restore it from a copy."
            )
    names = (*ASSESSMENT_FIELDS, "sha256", "valid", "position", "source_trace_id")
    columns = _columns(
        names,
        found,
        {name for name in ASSESSMENT_FIELDS if isinstance(assessments.c[name].type, JsonText)},
        {"assessment_id", "item_id", "overrides", "source_trace_id"},
    )
    columns["metadata"] = [{} if value is None else value for value in columns["metadata"]]
    columns["prior"] = [bool(value) for value in columns["prior"]]
    columns["valid"] = [bool(value) for value in columns["valid"]]
    wanted = (
        "assessment_id", "item_id", "position", "source_trace_id", "name", "kind", "value", "rationale", "source_type",
        "source_id", "span_id", "anchor", "metadata", "error", "create_time_ms", "overrides", "valid",
        "schema_version", "duration_ms", "prior",
    )  # fmt: skip
    return {name: columns[name] for name in wanted}


def status_columns(connection: Connection, session_id: str) -> Columns:
    """`item_id, position, reviewer, state, flagged, note, duration_ms, updated_at` of every touched item."""
    names = (
        "item_id",
        "position",
        "reviewer",
        "state",
        "flagged",
        "note",
        "duration_ms",
        "updated_at",
    )
    query = (
        select(*(raw(reviewer_items.c[name]) for name in names))
        .where(reviewer_items.c.session_id == session_id)
        .order_by(reviewer_items.c.position, reviewer_items.c.reviewer_key)
    )
    columns = _columns(names, connection.execute(query).all(), {"reviewer", "note"}, {"item_id"})
    columns["flagged"] = [bool(value) for value in columns["flagged"]]
    return columns


def _columns(
    names: Sequence[str], found: Sequence[Sequence[Any]], as_json: set[str], as_id: set[str]
) -> Columns:
    turned: list[list[Any]] = [list(column) for column in zip(*found, strict=True)]
    if not found:
        turned = [[] for _ in names]
    columns: Columns = dict(zip(names, turned, strict=True))
    for name in as_json & columns.keys():
        columns[name] = _decoded(columns[name])
    for name in as_id & columns.keys():
        columns[name] = [
            loads(value) if isinstance(value, str) and value[:1] == '"' else value
            for value in columns[name]
        ]
    return columns


def _decoded(stored: list[JsonValue]) -> list[JsonValue]:
    """Decode a column of JSON texts: thousands at a time in one call of the parser."""
    decoded: list[JsonValue] = []
    for start in range(0, len(stored), _DECODED_AT_ONCE):
        part = stored[start : start + _DECODED_AT_ONCE]
        text = ",".join("null" if value is None else cast(str, value) for value in part)
        decoded.extend(cast("list[JsonValue]", loads(f"[{text}]")))
    return decoded
