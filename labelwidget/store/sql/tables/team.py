"""Several reviewers: who gets which item, who has it open, how many have done it, and links for those without a kernel."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from labelwidget.store.sql.tables.catalog import sessions
from labelwidget.store.sql.tables.columns import Identifier, JsonText, Sequence, metadata
from labelwidget.store.sql.tables.reviewing import events

__all__ = ["assignments", "event_items", "invites", "item_reviews", "reservations"]

assignments = Table(
    "assignments",
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
    Column("reviewer", JsonText, nullable=False, comment="the reviewer as spelled"),
    Column("assigned_at", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Index(None, "session_id", "position"),
    sqlite_with_rowid=False,
    comment="Which items are whose; an item without a row is anybody's",
)

reservations = Table(
    "reservations",
    metadata,
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        primary_key=True,
        comment="the session",
    ),
    Column(
        "position", Integer, primary_key=True, autoincrement=False, comment="the item's position"
    ),
    Column("reviewer_key", JsonText, primary_key=True, comment="the reviewer without case"),
    Column("reviewer", JsonText, nullable=False, comment="the reviewer as spelled"),
    Column("until", BigInteger, nullable=False, comment="milliseconds since 1970"),
    sqlite_with_rowid=False,
    comment="Who has an item open that is anybody's, for a few minutes at a time",
)

item_reviews = Table(
    "item_reviews",
    metadata,
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        primary_key=True,
        comment="the session",
    ),
    Column(
        "position", Integer, primary_key=True, autoincrement=False, comment="the item's position"
    ),
    Column("completed", Integer, nullable=False, comment="reviewers who are done with it"),
    sqlite_with_rowid=False,
    comment="How many reviewers have completed an item; changed in the transaction that completes",
)

event_items = Table(
    "event_items",
    metadata,
    Column("item_id", Identifier, primary_key=True, comment="the item"),
    Column(
        "seq",
        Sequence,
        ForeignKey(events.c.seq),
        primary_key=True,
        autoincrement=False,
        comment="the event",
    ),
    sqlite_with_rowid=False,
    comment="Which events are about an item: its history without reading the session's",
)

invites = Table(
    "invites",
    metadata,
    Column("invite_id", Identifier, primary_key=True, comment="32 hexadecimal digits"),
    Column(
        "session_id",
        Identifier,
        ForeignKey(sessions.c.session_id),
        nullable=False,
        comment="the session",
    ),
    Column("reviewer", JsonText, nullable=False, comment="who is invited, as spelled"),
    Column("token_hash", String(64), nullable=False, comment="SHA-256 of the secret, never itself"),
    Column("created_at", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("expires_at", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("revoked_at", BigInteger, comment="milliseconds since 1970, or NULL"),
    Index(None, "session_id"),
    comment="Personal links to a session; a revoked one stays, so that it stays refused",
)
