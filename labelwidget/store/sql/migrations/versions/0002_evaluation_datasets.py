"""Evaluation datasets.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of datasets and their records."""
    op.create_table(
        "evaluation_datasets",
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_evaluation_datasets")),
        sa.UniqueConstraint("name", name=op.f("uq_evaluation_datasets_name")),
    )
    op.create_table(
        "dataset_records",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("inputs_key", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["evaluation_datasets.dataset_id"],
            name=op.f("fk_dataset_records_dataset_id"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_dataset_records")),
        sa.UniqueConstraint("record_id", name=op.f("uq_dataset_records_record_id")),
        sa.UniqueConstraint(
            "dataset_id", "inputs_key", name=op.f("uq_dataset_records_dataset_id_inputs_key")
        ),
    )
    op.create_index(
        op.f("ix_dataset_records_dataset_id_seq"),
        "dataset_records",
        ["dataset_id", "seq"],
        unique=False,
    )
