"""The tables, one comment a column. Migrations make them; everything else only reads this.

Three rules shape them. Text that a person or an application wrote is kept as ASCII JSON (`JsonText`), so that NUL,
surrogates and integers of any size come back unchanged from every database. What lists, the strip and frames need is
in narrow rows; payloads are in a table of their own. Nothing that a person said is ever rewritten: events and
assessments are only appended (an assessment's `valid` is the one mark that changes) and carry a SHA-256 each.

`seq` numbers rows in the order of saving. On one machine that is the order of COMMIT; a distributed database may
show a higher number before a lower one, so nothing depends on the order of two reviewers' rows.
"""

from labelwidget.store.sql.tables.catalog import (
    items,
    payloads,
    schema_versions,
    schemas,
    sessions,
    store_info,
)
from labelwidget.store.sql.tables.columns import (
    Identifier,
    JsonText,
    metadata,
    reviewer_key,
    stored_identifier,
)
from labelwidget.store.sql.tables.datasets import dataset_records, datasets
from labelwidget.store.sql.tables.queue import current_answers, item_keys, search_scopes
from labelwidget.store.sql.tables.reviewing import (
    assessments,
    events,
    reviewer_counters,
    reviewer_items,
)
from labelwidget.store.sql.tables.talk import agents, turn_payloads, turns
from labelwidget.store.sql.tables.team import (
    assignments,
    event_items,
    invites,
    item_reviews,
    reservations,
)

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "Identifier",
    "JsonText",
    "agents",
    "assessments",
    "assignments",
    "current_answers",
    "dataset_records",
    "datasets",
    "event_items",
    "events",
    "invites",
    "item_keys",
    "item_reviews",
    "items",
    "metadata",
    "payloads",
    "reservations",
    "reviewer_counters",
    "reviewer_items",
    "reviewer_key",
    "schema_versions",
    "schemas",
    "search_scopes",
    "sessions",
    "store_info",
    "stored_identifier",
    "turn_payloads",
    "turns",
]

APPLICATION_ID = 0x6C77_6462
"""SQLite's `application_id` of a labelwidget store: the letters "lwdb"."""

SCHEMA_VERSION = 6
"""The newest migration: revision 0006 is 6. SQLite's `user_version`."""
