"""Agents, and what they were asked and answered."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from labelwidget.store.sql.tables.catalog import items, sessions
from labelwidget.store.sql.tables.columns import Identifier, JsonText, Sequence, metadata

__all__ = [
    "agents",
    "turn_payloads",
    "turns",
]

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
    Column("seq", Sequence, primary_key=True, comment="order of saving"),
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
