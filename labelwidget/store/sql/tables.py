"""The tables, one comment a column. Migrations make them; everything else only reads this.

Three rules shape them. Text that a person or an application wrote is kept as ASCII JSON (`JsonText`), so that NUL,
surrogates and integers of any size come back unchanged from every database. What lists, the strip and frames need is
in narrow rows; payloads are in a table of their own. Nothing that a person said is ever rewritten: events and
assessments are only appended (an assessment's `valid` is the one mark that changes) and carry a SHA-256 each.

`seq` numbers rows in the order of saving. On one machine that is the order of COMMIT; a distributed database may
show a higher number before a lower one, so nothing depends on the order of two reviewers' rows.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from labelwidget.model import JsonValue
from labelwidget.model.json import dumps_ascii, loads

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "Identifier",
    "JsonText",
    "agents",
    "assessments",
    "current_answers",
    "dataset_records",
    "datasets",
    "events",
    "item_keys",
    "items",
    "metadata",
    "payloads",
    "reviewer_counters",
    "reviewer_items",
    "reviewer_key",
    "schema_versions",
    "schemas",
    "search_scopes",
    "sessions",
    "store_info",
    "stored_identifier",
    "turn_payloads",
    "turns",
]

APPLICATION_ID = 0x6C77_6462
"""SQLite's `application_id` of a labelwidget store: the letters "lwdb"."""

SCHEMA_VERSION = 4
"""The newest migration: revision 0004 is 4. SQLite's `user_version`."""


def stored_identifier(identifier: str) -> str:
    """An id as it is stored: itself while it is printable ASCII without a leading quote, else ASCII JSON."""
    if identifier.isascii() and identifier.isprintable() and identifier[:1] != '"' and identifier:
        return identifier
    return dumps_ascii(identifier)


class JsonText(TypeDecorator[JsonValue]):
    """Any JSON value, most often a text, as ASCII JSON in TEXT."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: JsonValue, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode; None stays NULL."""
        return None if value is None else dumps_ascii(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> JsonValue:  # noqa: ARG002
        """Decode; NULL is None."""
        return None if value is None else loads(value)


class Identifier(TypeDecorator[str]):
    """An id, see `stored_identifier`. One to one."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode what is not plain."""
        return None if value is None else stored_identifier(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Decode what was encoded."""
        if value is None or value[:1] != '"':
            return value
        return str(loads(value))


def reviewer_key(reviewer: str) -> str:
    """What makes two spellings the same reviewer: `Alice ` and `alice` are one person."""
    return reviewer.strip().casefold()


# INTEGER PRIMARY KEY is SQLite's own row number; any other type would add an index.
_Sequence = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

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

reviewer_items = Table(
    "reviewer_items",
    metadata,
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        primary_key=True,
        comment="the session",
    ),
    Column("reviewer_key", JsonText, primary_key=True, comment="the reviewer without case"),
    Column(
        "position", Integer, primary_key=True, autoincrement=False, comment="the item's position"
    ),
    Column("item_id", Identifier, nullable=False, comment="the item"),
    Column("reviewer", JsonText, nullable=False, comment="the reviewer as first spelled here"),
    Column(
        "state", String(16), nullable=False, comment="pending, in_progress, completed or skipped"
    ),
    Column("flagged", Boolean, nullable=False, comment="marked for a second look"),
    Column("note", JsonText, nullable=False, comment="free note"),
    Column("duration_ms", BigInteger, nullable=False, comment="time on task so far"),
    Column("updated_at", BigInteger, nullable=False, comment="milliseconds since 1970"),
    # One b-tree in the order of the queue: a save touches one page of it, `first_open` walks along it.
    sqlite_with_rowid=False,
    comment="Where each reviewer stands on each item touched",
)

reviewer_counters = Table(
    "reviewer_counters",
    metadata,
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        primary_key=True,
        comment="the session",
    ),
    Column("reviewer_key", JsonText, primary_key=True, comment="the reviewer without case"),
    Column("reviewer", JsonText, nullable=False, comment="the reviewer as first spelled here"),
    Column("completed", Integer, nullable=False, comment="items done"),
    Column("skipped", Integer, nullable=False, comment="items skipped"),
    Column("in_progress", Integer, nullable=False, comment="items begun"),
    Column("flagged", Integer, nullable=False, comment="items flagged"),
    Column("last_seq", BigInteger, nullable=False, comment="the reviewer's newest event"),
    sqlite_with_rowid=False,
    comment="Counts behind progress, changed in the transaction that changes what they count",
)

events = Table(
    "events",
    metadata,
    Column("seq", _Sequence, primary_key=True, comment="order of saving"),
    Column(
        "event_id",
        Identifier,
        nullable=False,
        unique=True,
        comment="made by the sender; makes a resend harmless",
    ),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        comment="the session",
    ),
    Column("reviewer_key", JsonText, nullable=False, comment="the reviewer without case"),
    Column("undoes", Identifier, comment="the event that this undo or redo takes back"),
    Column("body", Text, nullable=False, comment="the whole Event but seq, as ASCII JSON"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    Index(None, "session_id", "reviewer_key", "seq"),
    comment="What reviewers did; only appended",
)
Index(
    "ix_events_undoes",
    events.c.undoes,
    sqlite_where=text("undoes IS NOT NULL"),
    postgresql_where=text("undoes IS NOT NULL"),
)

assessments = Table(
    "assessments",
    metadata,
    Column("seq", _Sequence, primary_key=True, comment="order of saving"),
    Column(
        "assessment_id",
        Identifier,
        nullable=False,
        comment="unique among our own; prior ones keep theirs",
    ),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        comment="the session",
    ),
    Column("item_id", Identifier, ForeignKey(items.c.item_id), nullable=False, comment="the item"),
    Column("name", JsonText, nullable=False, comment="the question's name, verbatim"),
    Column("kind", String(16), nullable=False, comment="feedback or expectation"),
    Column("value", JsonText, comment="the answer; NULL is null"),
    Column("rationale", JsonText, comment="why"),
    Column("source_type", String(16), nullable=False, comment="HUMAN, LLM_JUDGE or CODE"),
    Column("source_id", JsonText, nullable=False, comment="who, verbatim"),
    Column("source_key", JsonText, nullable=False, comment="who, without case"),
    Column("span_id", JsonText, comment="the span, or NULL for the trace"),
    Column("anchor", JsonText, comment="the range of text, or NULL"),
    Column("place", JsonText, nullable=False, comment="model.event.place_of(span_id, anchor)"),
    Column("metadata", JsonText, comment="whatever else came along; NULL is {}"),
    Column("error", JsonText, comment="why a judge failed"),
    Column("create_time_ms", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("overrides", Identifier, comment="the assessment that this one replaces"),
    Column("schema_version", Integer, comment="the version of the question that was answered"),
    Column("duration_ms", BigInteger, comment="time on task when given"),
    Column("prior", Boolean, nullable=False, comment="came along with the trace"),
    Column("sha256", String(64), nullable=False, comment="of all columns before it but seq"),
    Column(
        "valid",
        Boolean,
        nullable=False,
        comment="false once replaced or cleared; the one thing that changes",
    ),
    Index(None, "item_id", "seq"),
    Index(None, "session_id", "seq"),
    comment="Labels; only appended",
)
Index(
    "uq_assessments_assessment_id",
    assessments.c.assessment_id,
    unique=True,
    sqlite_where=text("prior = 0"),
    postgresql_where=text("NOT prior"),
)
Index(
    "ix_assessments_name",
    assessments.c.name,
    sqlite_where=text("prior = 0"),
    postgresql_where=text("NOT prior"),
)

datasets = Table(
    "evaluation_datasets",
    metadata,
    Column("dataset_id", Identifier, primary_key=True, comment="d- and 32 hexadecimal digits"),
    Column("place", Integer, nullable=False, comment="order of creation"),
    Column("name", JsonText, nullable=False, unique=True, comment="its name, verbatim"),
    Column("body", JsonText, nullable=False, comment="the whole DatasetInfo"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    comment="Evaluation datasets",
)

dataset_records = Table(
    "dataset_records",
    metadata,
    Column("seq", _Sequence, primary_key=True, comment="order of adding"),
    Column("record_id", Identifier, nullable=False, unique=True, comment="dr- and 32 digits"),
    Column(
        "dataset_id",
        Identifier,
        ForeignKey(datasets.c.dataset_id),
        nullable=False,
        comment="the dataset",
    ),
    Column("inputs_key", String(64), nullable=False, comment="model.json.canonical_key(inputs)"),
    Column("body", JsonText, nullable=False, comment="the whole DatasetRecord"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    UniqueConstraint("dataset_id", "inputs_key"),
    Index(None, "dataset_id", "seq"),
    comment="Records of evaluation datasets, one for equal inputs; a merge replaces those that it changes",
)

agents = Table(
    "agents",
    metadata,
    Column("name", JsonText, primary_key=True, comment="the agent's name, verbatim"),
    Column("place", Integer, nullable=False, comment="order of creation"),
    Column("body", JsonText, nullable=False, comment="the whole AgentInfo; never a key"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    comment="Agents by name; functions live in the kernel",
)

turns = Table(
    "turns",
    metadata,
    Column("seq", _Sequence, primary_key=True, comment="order of saving"),
    Column("turn_id", Identifier, nullable=False, comment="shared by all rows of one turn"),
    Column("state", String(16), nullable=False, comment="model.turn.TurnState"),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        comment="the session",
    ),
    Column("item_id", Identifier, ForeignKey(items.c.item_id), nullable=False, comment="the item"),
    Column("body", JsonText, nullable=False, comment="the whole Turn but seq"),
    Column("sha256", String(64), nullable=False, comment="of body"),
    UniqueConstraint("turn_id", "state"),
    Index(None, "item_id", "seq"),
    Index(None, "session_id", "seq"),
    comment="What agents were asked and answered; only appended",
)

turn_payloads = Table(
    "turn_payloads",
    metadata,
    Column("turn_id", Identifier, primary_key=True, comment="the turn"),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        index=True,
        comment="the session",
    ),
    Column("codec", String(8), nullable=False, comment="zstd, zlib or none"),
    Column("size", BigInteger, nullable=False, comment="bytes of JSON"),
    Column("sha256", String(64), nullable=False, comment="of the JSON"),
    Column("data", LargeBinary, nullable=False, comment="the turn's trace as JSON, compressed"),
    comment="The traces of turns, and of items before their first turn",
)

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
