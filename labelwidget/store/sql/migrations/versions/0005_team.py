"""Assignments, reservations, how often items were reviewed, the history of an item, and invitations.

Revision ID: 0005
Revises: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from labelwidget.model.json import loads
from labelwidget.store.sql.tables import stored_identifier

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000


def upgrade() -> None:
    """Make the tables, and fill those that follow from what is there."""
    op.create_table(
        "assignments",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False),
        _of_session("assignments"),
        sa.PrimaryKeyConstraint(
            "session_id", "reviewer_key", "position", name=op.f("pk_assignments")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_assignments_session_id_position"), "assignments", ["session_id", "position"]
    )
    op.create_table(
        "reservations",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        _of_session("reservations"),
        sa.PrimaryKeyConstraint(
            "session_id", "position", "reviewer_key", name=op.f("pk_reservations")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_reviews",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        _of_session("item_reviews"),
        sa.PrimaryKeyConstraint("session_id", "position", name=op.f("pk_item_reviews")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_items",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"], name=op.f("fk_event_items_seq")),
        sa.PrimaryKeyConstraint("item_id", "seq", name=op.f("pk_event_items")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "invites",
        sa.Column("invite_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        _of_session("invites"),
        sa.PrimaryKeyConstraint("invite_id", name=op.f("pk_invites")),
    )
    op.create_index(op.f("ix_invites_session_id"), "invites", ["session_id"])
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO item_reviews SELECT session_id, position, count(*) FROM reviewer_items "
            "WHERE state = 'completed' GROUP BY session_id, position"
        )
    )
    _fill_event_items(connection)


def _of_session(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_id"], ["labeling_sessions.session_id"], name=op.f(f"fk_{table}_session_id")
    )


def _fill_event_items(connection: sa.Connection) -> None:
    insert = sa.text("INSERT INTO event_items (item_id, seq) VALUES (:item_id, :seq)")
    newest = 0
    while True:
        page = connection.execute(
            sa.text("SELECT seq, body FROM events WHERE seq > :newest ORDER BY seq LIMIT :most"),
            {"newest": newest, "most": _AT_ONCE},
        ).all()
        if not page:
            return
        connection.execute(insert, [_event_item(seq, body) for seq, body in page])
        newest = page[-1][0]


def _event_item(seq: int, body: str) -> dict[str, Any]:
    value = loads(body)
    found = value.get("item_id") if isinstance(value, dict) else None
    return {"item_id": stored_identifier(str(found)), "seq": seq}
