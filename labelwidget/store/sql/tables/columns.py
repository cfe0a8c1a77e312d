"""How texts and ids are stored, and the registry that all tables are in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, String, Text, TypeDecorator

from labelwidget.model import JsonValue
from labelwidget.model.json import dumps_ascii, loads

__all__ = ["Identifier", "JsonText", "Sequence", "metadata", "reviewer_key", "stored_identifier"]


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
Sequence = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)
