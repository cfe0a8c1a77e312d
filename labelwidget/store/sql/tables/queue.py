"""What the queue table is sorted, filtered and searched by; made from other rows."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from labelwidget.store.sql.tables.catalog import sessions
from labelwidget.store.sql.tables.columns import Identifier, JsonText, metadata

__all__ = [
    "current_answers",
    "item_keys",
    "search_scopes",
]

item_keys = Table(
    "item_keys",
    metadata,
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        primary_key=True,
        comment="the session",
    ),
    Column("position", Integer, primary_key=True, autoincrement=False, comment="the item's"),
    Column("title", Text, nullable=False, comment="search.sort_key of the title"),
    Column("response", Text, nullable=False, comment="search.sort_key of the response"),
    Column("trace_name", Text, nullable=False, comment="search.sort_key of the name"),
    Column("trace_state", Text, nullable=False, comment="search.sort_key of the state"),
    Column("model_name", Text, comment="search.sort_key of the model"),
    Column("request_time_ms", BigInteger, comment="milliseconds since 1970"),
    Column("duration_ms", Double, comment="milliseconds"),
    Column("input_tokens", BigInteger, comment="tokens in"),
    Column("output_tokens", BigInteger, comment="tokens out"),
    Column("span_count", Integer, nullable=False, comment="how many spans"),
    sqlite_with_rowid=False,
    comment="What the queue is sorted by: a tenth of the items' rows, made from them",
)

current_answers = Table(
    "current_answers",
    metadata,
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        primary_key=True,
        comment="the session",
    ),
    Column("reviewer_key", JsonText, primary_key=True, comment="the reviewer without case"),
    Column("name", JsonText, primary_key=True, comment="the question's name, verbatim"),
    Column("position", Integer, primary_key=True, autoincrement=False, comment="the item's"),
    Column("number", Double, comment="a number, or 0 and 1 for no and yes; else NULL"),
    Column("value", Text, comment="the beginning of the value as ASCII JSON, NULL for none"),
    Column("schema_version", Integer, comment="the version of the question that was answered"),
    sqlite_with_rowid=False,
    comment="The valid answers about whole traces, in short: what the queue is filtered and sorted by",
)

search_scopes = Table(
    "search_scopes",
    metadata,
    Column(
        "scope", Integer, primary_key=True, comment="the upper half of a row number of the index"
    ),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        comment="the session",
    ),
    Column(
        "reviewer_key",
        JsonText,
        nullable=False,
        comment="whose notes; empty for the items themselves",
    ),
    UniqueConstraint("session_id", "reviewer_key"),
    comment="What the rows of SQLite's full-text index search_text belong to",
)
