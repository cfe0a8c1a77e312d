"""The full-text index on a PostgreSQL server: `search_words`, a row a text with the words in it and where they stand.

The words are cut out here and not by the server, so that both databases find the same. As SQLite's index it is no part of
the tables that all databases share; revision 0006 makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from labelwidget.model.json import dumps_ascii
from labelwidget.store.sql.tables import stored_identifier
from labelwidget.store.sql.words import TERMS, plain_words

__all__ = ["add", "hits", "make", "query_of", "remove", "replace", "serves", "vector_of"]

_LONGEST_WORD = 200
_MOST_PLACES = 16_000
_MOST_WORDS = 20
_MAKE = (
    (
        "CREATE TABLE search_words (session_id text NOT NULL REFERENCES labeling_sessions (session_id), "
        "reviewer_key text NOT NULL, position integer NOT NULL, words tsvector NOT NULL, "
        "PRIMARY KEY (session_id, reviewer_key, position))"
    ),
    "CREATE INDEX ix_search_words_words ON search_words USING gin (words)",
)
_PUT = (
    "INSERT INTO search_words (session_id, reviewer_key, position, words) VALUES (%s, %s, %s, %s::tsvector) "
    "ON CONFLICT (session_id, reviewer_key, position) DO UPDATE SET words = excluded.words"
)
_FORGET = "DELETE FROM search_words WHERE session_id = %s AND reviewer_key = %s AND position = %s"
_REMOVE = "DELETE FROM search_words WHERE session_id = %s"
_FIND = (
    "SELECT position FROM search_words WHERE session_id = %s AND reviewer_key = ANY(%s) "
    "AND words @@ %s::tsquery"
)


def serves(connection: Connection) -> bool:
    """Whether the store has this index."""
    return connection.dialect.name == "postgresql"


def make(connection: Connection) -> None:
    """Make the index."""
    for statement in _MAKE:
        connection.exec_driver_sql(statement)


def add(
    connection: Connection, session_id: str, key: str, texts: Iterable[tuple[int, Sequence[str]]]
) -> None:
    """Index texts.

    Args:
        connection: In a transaction.
        session_id: The session.
        key: Whose notes they are, as `reviewer_key` says; empty for the items themselves.
        texts: Positions, and what is shown there.
    """
    stored = (stored_identifier(session_id), dumps_ascii(key))
    rows = [(*stored, position, vector_of(found)) for position, found in texts]
    if rows:
        connection.exec_driver_sql(_PUT, rows)


def replace(
    connection: Connection, session_id: str, key: str, position: int, texts: Sequence[str]
) -> None:
    """Index what is shown at a position now."""
    if any(texts):
        add(connection, session_id, key, [(position, texts)])
    else:
        connection.exec_driver_sql(
            _FORGET, (stored_identifier(session_id), dumps_ascii(key), position)
        )


def remove(connection: Connection, session_id: str) -> None:
    """Forget a session."""
    connection.exec_driver_sql(_REMOVE, (stored_identifier(session_id),))


def hits(connection: Connection, session_id: str, wanted: str, keys: Sequence[str]) -> set[int]:
    """The positions of the texts in which all words of a search occur."""
    query = query_of(wanted)
    if not query:
        return set()
    values = (stored_identifier(session_id), [dumps_ascii(key) for key in keys], query)
    return set(connection.exec_driver_sql(_FIND, values).scalars())


def vector_of(texts: Sequence[str]) -> str:
    """Texts as PostgreSQL writes a `tsvector`: each word with its places."""
    places: dict[str, list[int]] = {}
    at = 0
    for text in texts:
        for word in plain_words(text):
            at += 1
            if at > _MOST_PLACES:
                break
            places.setdefault(word[:_LONGEST_WORD], []).append(at)
        at += 1  # a phrase does not go on from one text into the next
    return " ".join(f"'{word}':{','.join(map(str, found[:250]))}" for word, found in places.items())


def query_of(wanted: str) -> str:
    """A search as a `tsquery`: every word as the beginning of a word, quoted ones as a phrase."""
    found: list[str] = []
    for phrase, word in TERMS.findall(wanted):
        words = [f"'{one[:_LONGEST_WORD]}'" for one in plain_words(phrase or word)]
        if words:
            found.append(" <-> ".join(words) + ("" if phrase else ":*"))
    return " & ".join(f"({one})" for one in found[:_MOST_WORDS])
