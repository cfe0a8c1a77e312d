"""Evaluation datasets."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from labelwidget.store.sql.tables.columns import Identifier, JsonText, Sequence, metadata

__all__ = [
    "dataset_records",
    "datasets",
]

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
    Column("seq", Sequence, primary_key=True, comment="order of adding"),
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
