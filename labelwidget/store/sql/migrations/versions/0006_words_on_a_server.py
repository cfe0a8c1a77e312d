"""The full-text index on a server; an SQLite file has one of its own since 0004.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from labelwidget.model.json import loads
from labelwidget.store.sql import search_server

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000


def upgrade() -> None:
    """Make the index and fill it from what is there."""
    connection = op.get_bind()
    if not search_server.serves(connection):
        return
    search_server.make(connection)
    after = ("", -1)
    while True:
        page = connection.execute(
            sa.text(
                "SELECT session_id, position, title, request, response, trace_name, source_trace_id FROM items "
                "WHERE (session_id, position) > (:session_id, :position) ORDER BY session_id, position LIMIT :most"
            ),
            {"session_id": after[0], "position": after[1], "most": _AT_ONCE},
        ).all()
        if not page:
            break
        for session_id, position, *texts in page:
            title, request, *others, source = [_text(one) for one in texts]
            shown = ["" if request.startswith(title) else title, request, *others, source]
            search_server.add(connection, _text(session_id), "", [(position, shown)])
        after = (page[-1][0], page[-1][1])
    notes = sa.text(
        "SELECT session_id, reviewer_key, position, note FROM reviewer_items WHERE note != '\"\"'"
    )
    for session_id, key, position, note in connection.execute(notes).all():
        search_server.add(connection, _text(session_id), _text(key), [(position, [_text(note)])])


def _text(stored: str) -> str:
    return str(loads(stored)) if stored[:1] == '"' else stored
