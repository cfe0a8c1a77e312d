"""The full-text index: SQLite's own here, a server's in `search_server`; and how words are looked for where there is none.

`search_text` is an FTS5 table without content: it keeps words, not texts. Its row numbers say whose a text is:
`scope << 32 | position`, with a scope for the items of a session and one for each reviewer's notes, so that a session is
one range of it. It is written in the transaction that writes what it is made from.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
)

from labelwidget.model import Item
from labelwidget.model.json import dumps_ascii
from labelwidget.model.tags import is_tag, tags_in
from labelwidget.store.sql import search_server
from labelwidget.store.sql.tables import items, reviewer_items, reviewer_key, search_scopes
from labelwidget.store.sql.words import NULS_AND_HALVES, SCRIPTS_WITHOUT_SPACES, TERMS

__all__ = [
    "TABLE",
    "has_index",
    "hits",
    "index_items",
    "index_note",
    "indexed_words",
    "make_index",
    "query_of",
    "remove_session",
    "replace_item",
    "searched",
    "sort_key",
    "tags",
]

TABLE = "search_text"
_ADD = "INSERT INTO search_text(rowid, words) VALUES (?, ?)"
_FIND = "SELECT rowid FROM search_text WHERE search_text MATCH ? AND rowid BETWEEN ? AND ?"
# An index without content has to be told what it forgets.
_FORGET = "INSERT INTO search_text(search_text, rowid, words) VALUES ('delete', ?, ?)"
_SORTED_BY = 60
_MAX_WORDS = 20


def sort_key(value: str) -> str:
    """What a text is sorted by: its beginning without case and accents.

    Args:
        value: Any text.

    Returns:
        At most 60 characters that every database can hold.
    """
    plain = value[:_SORTED_BY]
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    return NULS_AND_HALVES.sub(" ", plain).casefold().strip()[:_SORTED_BY]


def indexed_words(texts: Iterable[str]) -> str:
    """Texts as the index takes them."""
    return SCRIPTS_WITHOUT_SPACES.sub(r" \1 ", NULS_AND_HALVES.sub(" ", "\n".join(texts)))


def searched(item: Item) -> list[str]:
    """The texts of an item that are searched."""
    title = "" if item.request.startswith(item.title) else item.title
    return [title, item.request, item.response, item.trace_name, item.source_trace_id]


def query_of(wanted: str) -> str:
    """A search as FTS5 takes it: every word as the beginning of a word, quoted ones as a phrase.

    Args:
        wanted: What was typed.

    Returns:
        An expression without operators of the user's; empty when nothing in it can be looked for.
    """
    found: list[str] = []
    for phrase, word in TERMS.findall(wanted):
        words = indexed_words([phrase or word]).split()
        inside = " ".join(part for part in words if any(one.isalnum() for one in part))
        if inside:
            quoted = inside.replace('"', '""')
            found.append(f'"{quoted}"' if phrase else f'"{quoted}"*')
    return " ".join(found[:_MAX_WORDS])


def make_index(connection: Connection) -> bool:
    """Make SQLite's index; False where the database has none of this kind."""
    if connection.dialect.name != "sqlite":
        return False
    options = {row[0] for row in connection.exec_driver_sql("PRAGMA compile_options")}
    if "ENABLE_FTS5" not in options:
        return False
    # Two-letter prefixes are what a search begins with while it is typed.
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE search_text USING fts5(words, content='', prefix='1 2 3', "
        "tokenize='unicode61 remove_diacritics 2')"
    )
    return True


def has_index(connection: Connection) -> bool:
    """Whether the store has the index."""
    if connection.dialect.name != "sqlite":
        return False
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    return connection.exec_driver_sql(query, (TABLE,)).first() is not None


def index_items(connection: Connection, session_id: str, added: Sequence[Item]) -> None:
    """Index new items of a session."""
    if added and search_server.serves(connection):
        search_server.add(
            connection, session_id, "", [(item.position, searched(item)) for item in added]
        )
    if not added or not has_index(connection):
        return
    base = _scope(connection, session_id, "") << 32
    connection.exec_driver_sql(
        _ADD,
        [(base | item.position, indexed_words(searched(item))) for item in added],
    )


def replace_item(connection: Connection, old: Item, new: Item) -> None:
    """Index what an item shows now instead of what it showed."""
    if searched(old) == searched(new):
        return
    if search_server.serves(connection):
        search_server.replace(connection, old.session_id, "", old.position, searched(new))
    if not has_index(connection):
        return
    row = _scope(connection, old.session_id, "") << 32 | old.position
    _replace(connection, row, indexed_words(searched(old)), indexed_words(searched(new)))


def index_note(connection: Connection, item: Item, reviewer: str, old: str, new: str) -> None:
    """Index a reviewer's note instead of the one before."""
    if old == new:
        return
    if search_server.serves(connection):
        search_server.replace(
            connection, item.session_id, reviewer_key(reviewer), item.position, [new]
        )
    if not has_index(connection):
        return
    row = _scope(connection, item.session_id, reviewer_key(reviewer)) << 32 | item.position
    _replace(connection, row, indexed_words([old]), indexed_words([new]))


def remove_session(connection: Connection, session_id: str) -> None:
    """Take a session out of the index, so that no word of it is left in the file."""
    if search_server.serves(connection):
        search_server.remove(connection, session_id)
    if has_index(connection):
        query = select(search_scopes.c.scope, search_scopes.c.reviewer_key).where(
            search_scopes.c.session_id == session_id
        )
        for scope, key in connection.execute(query).all():
            _remove_scope(connection, session_id, scope, key)
        # Words that are gone stay in older parts of the index until all parts are made one.
        connection.exec_driver_sql("INSERT INTO search_text(search_text) VALUES ('optimize')")
    connection.execute(delete(search_scopes).where(search_scopes.c.session_id == session_id))


def hits(connection: Connection, session_id: str, wanted: str, reviewer: str | None) -> set[int]:
    """The positions of the items that a search finds.

    Args:
        connection: Of the store.
        session_id: The session.
        wanted: What was typed.
        reviewer: Whose notes are searched too; None for nobody's.

    Returns:
        Positions; none when nothing that was typed can be looked for.
    """
    tags = [word for _, word in TERMS.findall(wanted) if is_tag(word)][:_MAX_WORDS]
    if tags:
        rest = TERMS.sub(lambda term: "" if is_tag(term[2] or "") else term[0], wanted)
        tagged = _tagged(connection, session_id, tags, reviewer)
        return tagged & hits(connection, session_id, rest, reviewer) if rest.strip() else tagged
    query = query_of(wanted)
    if not query:
        return set()
    if search_server.serves(connection):
        keys = [""] if reviewer is None else ["", reviewer_key(reviewer)]
        return search_server.hits(connection, session_id, wanted, keys)
    if not has_index(connection):
        return _like(connection, session_id, wanted, reviewer)
    found: set[int] = set()
    for scope in _known_scopes(connection, session_id, reviewer):
        low = scope << 32
        result = connection.exec_driver_sql(_FIND, (query, low, low | 0xFFFF_FFFF))
        # Straight from the driver, as `queue_filters.numbers` does.
        if (cursor := result.cursor) is not None:
            found.update(row[0] - low for row in cursor.fetchall())
    return found


def tags(connection: Connection, session_id: str, reviewer: str | None) -> dict[str, int]:
    """The tags in the notes of a session, or of one reviewer in it; see `QueueStore.tags`."""
    query = select(reviewer_items.c.note).where(
        reviewer_items.c.session_id == session_id, _lower(reviewer_items.c.note).like("%#%")
    )
    if reviewer is not None:
        query = query.where(reviewer_items.c.reviewer_key == reviewer_key(reviewer))
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for note in connection.execute(query).scalars():
        for tag in tags_in(str(note)):
            counts[tag.casefold()] += 1
            spelled.setdefault(tag.casefold(), tag)
    return {spelled[key]: count for key, count in counts.most_common()}


def _tagged(
    connection: Connection, session_id: str, wanted: Sequence[str], reviewer: str | None
) -> set[int]:
    """The items whose note has, for each `#beginning`, a tag that begins so."""
    if reviewer is None:
        return set()
    beginnings = [word[1:].casefold() for word in wanted]
    query = select(reviewer_items.c.position, reviewer_items.c.note).where(
        reviewer_items.c.session_id == session_id,
        reviewer_items.c.reviewer_key == reviewer_key(reviewer),
        _lower(reviewer_items.c.note).like("%#%"),
    )
    found: set[int] = set()
    for position, note in connection.execute(query):
        given = [tag.casefold() for tag in tags_in(str(note))]
        if all(any(tag.startswith(one) for tag in given) for one in beginnings):
            found.add(position)
    return found


def _like(connection: Connection, session_id: str, wanted: str, reviewer: str | None) -> set[int]:
    """Every word anywhere in the texts; for databases without an index of ours."""
    found = select(items.c.position).where(items.c.session_id == session_id)
    notes = select(reviewer_items.c.position).where(
        reviewer_items.c.session_id == session_id,
        reviewer_items.c.reviewer_key == reviewer_key(reviewer or ""),
    )
    fields = ("title", "request", "response", "trace_name", "source_trace_id")
    for phrase, word in TERMS.findall(wanted)[:_MAX_WORDS]:
        # As the texts are stored: ASCII JSON, in which letters beyond ASCII are escapes.
        inside = dumps_ascii(phrase or word)[1:-1].lower()
        pattern = "%" + re.sub(r"([%_!])", r"!\1", inside) + "%"
        found = found.where(
            or_(*(_lower(items.c[name]).like(pattern, escape="!") for name in fields))
        )
        notes = notes.where(_lower(reviewer_items.c.note).like(pattern, escape="!"))
    positions = set(connection.execute(found).scalars())
    return positions if reviewer is None else positions | set(connection.execute(notes).scalars())


def _lower(column: ColumnElement[object]) -> ColumnElement[str]:
    return func.lower(type_coerce(column, Text))


def _known_scopes(connection: Connection, session_id: str, reviewer: str | None) -> list[int]:
    keys = [""] if reviewer is None else ["", reviewer_key(reviewer)]
    query = select(search_scopes.c.scope).where(
        search_scopes.c.session_id == session_id, search_scopes.c.reviewer_key.in_(keys)
    )
    return list(connection.execute(query).scalars())


def _scope(connection: Connection, session_id: str, key: str) -> int:
    found = connection.execute(
        select(search_scopes.c.scope).where(
            and_(search_scopes.c.session_id == session_id, search_scopes.c.reviewer_key == key)
        )
    ).scalar()
    if found is None:
        found = connection.execute(
            select(func.coalesce(func.max(search_scopes.c.scope), 0) + 1)
        ).scalar_one()
        connection.execute(
            insert(search_scopes),
            {"scope": found, "session_id": session_id, "reviewer_key": key},
        )
    return int(found)


def _replace(connection: Connection, row: int, old: str, new: str) -> None:
    if old:
        connection.exec_driver_sql(_FORGET, (row, old))
    if new:
        connection.exec_driver_sql(_ADD, (row, new))


def _remove_scope(connection: Connection, session_id: str, scope: int, key: str) -> None:
    if key:
        query = select(reviewer_items.c.position, reviewer_items.c.note).where(
            reviewer_items.c.session_id == session_id, reviewer_items.c.reviewer_key == key
        )
        texts = ((position, [note]) for position, note in connection.execute(query) if note)
    else:
        query = select(
            items.c.position,
            items.c.title,
            items.c.request,
            items.c.response,
            items.c.trace_name,
            items.c.source_trace_id,
        ).where(items.c.session_id == session_id)
        texts = (
            (row[0], ["" if row[2].startswith(row[1]) else row[1], *row[2:]])
            for row in connection.execute(query)
        )
    rows = [(scope << 32 | position, indexed_words(found)) for position, found in texts]
    if rows:
        connection.exec_driver_sql(_FORGET, rows)
