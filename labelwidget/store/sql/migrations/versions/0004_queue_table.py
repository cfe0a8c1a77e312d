"""What the queue table is searched, filtered and sorted by.

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from labelwidget.model.json import dumps_ascii, loads
from labelwidget.store.sql.search import indexed_words, make_index, sort_key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000


def upgrade() -> None:
    """Make the tables and the index, and fill them from what is there."""
    op.create_table(
        "item_keys",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("trace_name", sa.Text(), nullable=False),
        sa.Column("trace_state", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text()),
        sa.Column("request_time_ms", sa.BigInteger()),
        sa.Column("duration_ms", sa.Double()),
        sa.Column("input_tokens", sa.BigInteger()),
        sa.Column("output_tokens", sa.BigInteger()),
        sa.Column("span_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_item_keys_session_id"),
        ),
        sa.PrimaryKeyConstraint("session_id", "position", name=op.f("pk_item_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "current_answers",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Double()),
        sa.Column("value", sa.Text()),
        sa.Column("schema_version", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_current_answers_session_id"),
        ),
        sa.PrimaryKeyConstraint(
            "session_id", "reviewer_key", "name", "position", name=op.f("pk_current_answers")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_scopes",
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reviewer_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["labeling_sessions.session_id"],
            name=op.f("fk_search_scopes_session_id"),
        ),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_search_scopes")),
        sa.UniqueConstraint(
            "session_id", "reviewer_key", name=op.f("uq_search_scopes_session_id_reviewer_key")
        ),
    )
    connection = op.get_bind()
    indexed = make_index(connection)
    _fill_keys(connection)
    _fill_answers(connection)
    if indexed:
        _fill_index(connection)


def _pages(connection: sa.Connection, query: str) -> Iterator[Sequence[Sequence[Any]]]:
    result = connection.execute(sa.text(query))
    while rows := result.fetchmany(_AT_ONCE):
        yield rows


def _text(stored: str | None) -> str:
    return "" if stored is None else str(loads(stored))


def _fill_keys(connection: sa.Connection) -> None:
    insert = sa.text(
        "INSERT INTO item_keys VALUES (:session_id, :position, :title, :response, :trace_name, :trace_state, :model_name, "
        ":request_time_ms, :duration_ms, :input_tokens, :output_tokens, :span_count)"
    )
    names = (
        "session_id", "position", "title", "response", "trace_name", "trace_state", "model_name", "request_time_ms",
        "duration_ms", "input_tokens", "output_tokens", "span_count",
    )  # fmt: skip
    for rows in _pages(connection, f"SELECT {', '.join(names)} FROM items"):  # noqa: S608
        values = [dict(zip(names, row, strict=True)) for row in rows]
        for row in values:
            for name in names[2:6]:
                row[name] = sort_key(_text(row[name]))
            if row["model_name"] is not None:
                row["model_name"] = sort_key(_text(row["model_name"]))
        connection.execute(insert, values)


def _fill_answers(connection: sa.Connection) -> None:
    insert = sa.text(
        "INSERT INTO current_answers VALUES (:session_id, :reviewer_key, :name, :position, :number, :value, "
        ":schema_version) ON CONFLICT DO NOTHING"
    )
    query = (
        "SELECT a.session_id, a.source_key, a.name, i.position, a.value, a.schema_version FROM assessments a "
        "JOIN items i ON i.item_id = a.item_id WHERE a.valid AND NOT a.prior AND a.source_type = 'HUMAN' "
        "AND a.place = '\"\"' ORDER BY a.seq DESC"
    )
    for rows in _pages(connection, query):
        connection.execute(
            insert,
            [
                {
                    "session_id": row[0],
                    "reviewer_key": row[1],
                    "name": row[2],
                    "position": row[3],
                    "number": _number(row[4]),
                    "value": None if row[4] is None else row[4][:200],
                    "schema_version": row[5],
                }
                for row in rows
            ],
        )


def _number(stored: str | None) -> float | None:
    value = None if stored is None else loads(stored)
    if isinstance(value, (bool, int, float)) and abs(value) < 1e300:
        return float(value)
    return None


def _fill_index(connection: sa.Connection) -> None:
    scopes: dict[tuple[str, str], int] = {}

    def row_number(session_id: str, key: str, position: int) -> int:
        scope = scopes.get((session_id, key))
        if scope is None:
            scope = scopes[session_id, key] = len(scopes) + 1
            connection.execute(
                sa.text("INSERT INTO search_scopes VALUES (:scope, :session_id, :key)"),
                {"scope": scope, "session_id": session_id, "key": key},
            )
        return scope << 32 | position

    insert = "INSERT INTO search_text(rowid, words) VALUES (?, ?)"
    nobody = dumps_ascii("")
    query = (
        "SELECT session_id, position, title, request, response, trace_name, source_trace_id FROM items "
        "ORDER BY session_id, position"
    )
    for rows in _pages(connection, query):
        found: list[tuple[int, str]] = []
        for session_id, position, title, request, response, name, source in rows:
            texts = [_text(title), _text(request), _text(response), _text(name)]
            if texts[1].startswith(texts[0]):
                texts[0] = ""
            plain_source = _text(source) if source[:1] == '"' else source
            found.append(
                (row_number(session_id, nobody, position), indexed_words([*texts, plain_source]))
            )
        connection.exec_driver_sql(insert, found)
    query = (
        "SELECT session_id, reviewer_key, position, note FROM reviewer_items WHERE note != '\"\"'"
    )
    for rows in _pages(connection, query):
        connection.exec_driver_sql(
            insert,
            [
                (row_number(session_id, key, position), indexed_words([_text(note)]))
                for session_id, key, position, note in rows
            ],
        )
