"""Agents and the turns of conversations.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of agents and turns."""
    op.create_table(
        "agents",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_agents")),
    )
    op.create_table(
        "turns",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.item_id"],
            name=op.f("fk_turns_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_turns_session_id"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_turns")),
        sa.UniqueConstraint("turn_id", "state", name=op.f("uq_turns_turn_id_state")),
    )
    op.create_index(op.f("ix_turns_item_id_seq"), "turns", ["item_id", "seq"], unique=False)
    op.create_index(op.f("ix_turns_session_id_seq"), "turns", ["session_id", "seq"], unique=False)
    op.create_table(
        "turn_payloads",
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("codec", sa.String(length=8), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_turn_payloads_session_id"),
        ),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_turn_payloads")),
    )
    op.create_index(
        op.f("ix_turn_payloads_session_id"), "turn_payloads", ["session_id"], unique=False
    )
