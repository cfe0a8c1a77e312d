"""What reviewers did: events, answers, states, and the counters behind progress."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from labelwidget.store.sql.tables.catalog import items, sessions
from labelwidget.store.sql.tables.columns import Identifier, JsonText, Sequence, metadata

__all__ = [
    "assessments",
    "events",
    "reviewer_counters",
    "reviewer_items",
]

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
    Column("seq", Sequence, primary_key=True, comment="order of saving"),
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
    Column("seq", Sequence, primary_key=True, comment="order of saving"),
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
