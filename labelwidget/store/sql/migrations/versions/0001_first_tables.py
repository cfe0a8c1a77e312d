"""The first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table and index."""
    op.create_table(
        "label_schemas",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_label_schemas")),
    )
    op.create_table(
        "labeling_sessions",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_labeling_sessions")),
    )
    op.create_table(
        "store_info",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_store_info")),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("undoes", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["labeling_sessions.session_id"], name=op.f("fk_events_session_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_events_event_id")),
    )
    op.create_index(
        op.f("ix_events_session_id_reviewer_key_seq"),
        "events",
        ["session_id", "reviewer_key", "seq"],
        unique=False,
    )
    op.create_index(
        "ix_events_undoes",
        "events",
        ["undoes"],
        unique=False,
        sqlite_where=sa.text("undoes IS NOT NULL"),
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )
    op.create_table(
        "items",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_trace_id", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("trace_name", sa.Text(), nullable=False),
        sa.Column("trace_state", sa.Text(), nullable=False),
        sa.Column("request_time_ms", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.Double(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("model_name", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("span_count", sa.Integer(), nullable=False),
        sa.Column("payload_bytes", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["labeling_sessions.session_id"], name=op.f("fk_items_session_id")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_items")),
        sa.UniqueConstraint("session_id", "position", name=op.f("uq_items_session_id_position")),
        sa.UniqueConstraint(
            "session_id", "source_trace_id", name=op.f("uq_items_session_id_source_trace_id")
        ),
    )
    op.create_table(
        "label_schema_versions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"], ["label_schemas.name"], name=op.f("fk_label_schema_versions_name")
        ),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_label_schema_versions")),
    )
    op.create_table(
        "reviewer_counters",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("in_progress", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_reviewer_counters_session_id"),
        ),
        sa.PrimaryKeyConstraint("session_id", "reviewer_key", name=op.f("pk_reviewer_counters")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reviewer_items",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_reviewer_items_session_id"),
        ),
        sa.PrimaryKeyConstraint(
            "session_id", "reviewer_key", "position", name=op.f("pk_reviewer_items")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assessments",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assessment_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("source_type", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("span_id", sa.Text(), nullable=True),
        sa.Column("anchor", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("create_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("overrides", sa.String(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("prior", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.item_id"], name=op.f("fk_assessments_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["labeling_sessions.session_id"], name=op.f("fk_assessments_session_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_assessments")),
    )
    op.create_index(
        op.f("ix_assessments_item_id_seq"), "assessments", ["item_id", "seq"], unique=False
    )
    op.create_index(
        "ix_assessments_name",
        "assessments",
        ["name"],
        unique=False,
        sqlite_where=sa.text("prior = 0"),
        postgresql_where=sa.text("NOT prior"),
    )
    op.create_index(
        op.f("ix_assessments_session_id_seq"), "assessments", ["session_id", "seq"], unique=False
    )
    op.create_index(
        "uq_assessments_assessment_id",
        "assessments",
        ["assessment_id"],
        unique=True,
        sqlite_where=sa.text("prior = 0"),
        postgresql_where=sa.text("NOT prior"),
    )
    op.create_table(
        "payloads",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("codec", sa.String(length=8), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_payloads_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_payloads")),
    )
