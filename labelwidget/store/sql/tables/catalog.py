"""What there is to label: the store itself, questions, sessions, items and their traces."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from labelwidget.store.sql.tables.columns import Identifier, JsonText, metadata

__all__ = [
    "items",
    "payloads",
    "schema_versions",
    "schemas",
    "sessions",
    "store_info",
]

store_info = Table(
    "store_info",
    metadata,
    Column(
        "key", String, primary_key=True, comment="store_id, created_by, created_at, migrated_by"
    ),
    Column("value", JsonText, nullable=False, comment="its value"),
    comment="What the store says of itself",
)

schemas = Table(
    "label_schemas",
    metadata,
    Column("name", JsonText, primary_key=True, comment="the question's name, verbatim"),
    Column("place", Integer, nullable=False, comment="order of creation; an edit keeps it"),
    Column("version", Integer, nullable=False, comment="the newest version"),
    Column("deleted_at", BigInteger, comment="milliseconds since 1970, or NULL"),
    comment="Questions",
)

schema_versions = Table(
    "label_schema_versions",
    metadata,
    Column("name", JsonText, ForeignKey(schemas.c.name), primary_key=True, comment="the question"),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="1 and up"),
    Column("body", JsonText, nullable=False, comment="the whole LabelSchema"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    comment="Every version of every question; only appended",
)

sessions = Table(
    "labeling_sessions",
    metadata,
    Column("session_id", Identifier, primary_key=True, comment="32 hexadecimal digits"),
    Column("place", Integer, nullable=False, comment="order of creation"),
    Column("body", JsonText, nullable=False, comment="the whole SessionInfo"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    Column("deleted_at", BigInteger, comment="milliseconds since 1970, or NULL"),
    Column("item_count", Integer, nullable=False, comment="kept with add_items; the next position"),
    comment="Labeling sessions",
)

items = Table(
    "items",
    metadata,
    Column("item_id", Identifier, primary_key=True, comment="also the id of the copied trace"),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        comment="the session",
    ),
    Column("position", Integer, nullable=False, comment="0-based, dense"),
    Column("source_trace_id", Identifier, nullable=False, comment="the trace that was copied"),
    Column(
        "title", JsonText, nullable=False, comment="the request in short, at most 300 characters"
    ),
    Column("request", JsonText, nullable=False, comment="preview, at most 1,000 characters"),
    Column("response", JsonText, nullable=False, comment="preview, at most 1,000 characters"),
    Column("trace_name", JsonText, nullable=False, comment="what the application calls the run"),
    Column("trace_state", JsonText, nullable=False, comment="OK, ERROR, ..."),
    Column("request_time_ms", BigInteger, comment="milliseconds since 1970"),
    Column("duration_ms", Double, comment="milliseconds"),
    Column("input_tokens", BigInteger, comment="tokens in"),
    Column("output_tokens", BigInteger, comment="tokens out"),
    Column("model_name", JsonText, comment="the model of the final answer"),
    Column("conversation_id", JsonText, comment="groups turns"),
    Column("span_count", Integer, nullable=False, comment="how many spans"),
    Column("payload_bytes", BigInteger, nullable=False, comment="size of the trace as JSON"),
    Column("added_at", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("sha256", String(64), nullable=False, comment="of all columns before it"),
    UniqueConstraint("session_id", "position"),
    UniqueConstraint("session_id", "source_trace_id"),
    comment="Narrow rows of the items; never the trace itself",
)

payloads = Table(
    "payloads",
    metadata,
    Column(
        "item_id", Identifier, ForeignKey(items.c.item_id), primary_key=True, comment="the item"
    ),
    Column("codec", String(8), nullable=False, comment="zstd, zlib or none"),
    Column("size", BigInteger, nullable=False, comment="bytes of JSON"),
    Column("sha256", String(64), nullable=False, comment="of the JSON"),
    Column("data", LargeBinary, nullable=False, comment="the trace as JSON, compressed"),
    comment="The traces; read one at a time",
)
