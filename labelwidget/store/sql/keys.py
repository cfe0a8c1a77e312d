"""The narrow rows behind the queue table, written in the transaction that writes what they are made from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from labelwidget.model import Assessment, Item, JsonValue, SourceType
from labelwidget.model.event import place_of
from labelwidget.model.json import dumps_ascii
from labelwidget.store.sql.prepared import Prepared
from labelwidget.store.sql.search import sort_key
from labelwidget.store.sql.tables import (
    assessments,
    current_answers,
    item_keys,
    items,
    reviewer_key,
)

__all__ = [
    "VALUE_LENGTH",
    "forget_answer",
    "insert_keys",
    "keep_answer",
    "replace_keys",
    "short_value",
]

VALUE_LENGTH = 200
"""Characters of an answer's JSON that are kept to filter by."""

_BY_ANSWER = (
    (current_answers.c.session_id == bindparam("b_session"))
    & (current_answers.c.reviewer_key == bindparam("b_key"))
    & (current_answers.c.name == bindparam("b_name"))
    & (current_answers.c.position == bindparam("b_position"))
)
_UPDATE_ANSWER = Prepared(
    update(current_answers).where(_BY_ANSWER), ["number", "value", "schema_version"]
)
_INSERT_ANSWER = Prepared(insert(current_answers), current_answers.c.keys())
_INSERT_KEYS = Prepared(insert(item_keys), item_keys.c.keys())


def insert_keys(connection: Connection, added: Sequence[Item]) -> None:
    """Keep what new items are sorted by."""
    _INSERT_KEYS.run_many(connection, [_keys(item) for item in added])


def replace_keys(connection: Connection, item: Item) -> None:
    """Keep what an item that shows something else now is sorted by."""
    row = _keys(item)
    session_id, position = row.pop("session_id"), row.pop("position")
    connection.execute(
        update(item_keys)
        .where(item_keys.c.session_id == session_id, item_keys.c.position == position)
        .values(row)
    )


def keep_answer(connection: Connection, item: Item, answer: Assessment) -> None:
    """Keep a reviewer's answer about a whole trace in short; it replaces the one before."""
    if answer.source.source_type is not SourceType.HUMAN:
        return
    if place_of(answer.span_id, answer.anchor):
        return
    number, value = short_value(answer.value)
    place = {
        "b_session": item.session_id,
        "b_key": reviewer_key(answer.source.source_id),
        "b_name": answer.name,
        "b_position": item.position,
    }
    values = {"number": number, "value": value, "schema_version": answer.schema_version}
    if _UPDATE_ANSWER.run(connection, {**place, **values}).rowcount:
        return
    _INSERT_ANSWER.run(
        connection,
        {
            "session_id": item.session_id,
            "reviewer_key": place["b_key"],
            "name": answer.name,
            "position": item.position,
            **values,
        },
    )


def forget_answer(connection: Connection, assessment_id: str) -> None:
    """Forget the short form of an answer that was cleared."""
    found = connection.execute(
        select(
            assessments.c.session_id, assessments.c.source_key, assessments.c.name, items.c.position
        )
        .join(items, items.c.item_id == assessments.c.item_id)
        .where(
            assessments.c.assessment_id == assessment_id,
            assessments.c.prior.is_(False),
            assessments.c.place == "",
        )
    ).first()
    if found is not None:
        connection.execute(
            delete(current_answers).where(
                current_answers.c.session_id == found[0],
                current_answers.c.reviewer_key == found[1],
                current_answers.c.name == found[2],
                current_answers.c.position == found[3],
            )
        )


def short_value(value: JsonValue) -> tuple[float | None, str | None]:
    """An answer as a number, where it is one, and as the beginning of its JSON."""
    number = None
    if isinstance(value, (bool, int, float)) and abs(value) < 1e300:
        number = float(value)
    return number, None if value is None else dumps_ascii(value)[:VALUE_LENGTH]


def _keys(item: Item) -> dict[str, object]:
    duration = item.duration_ms
    return {
        "session_id": item.session_id,
        "position": item.position,
        "title": sort_key(item.title),
        "response": sort_key(item.response),
        "trace_name": sort_key(item.trace_name),
        "trace_state": sort_key(item.trace_state),
        "model_name": None if item.model_name is None else sort_key(item.model_name),
        "request_time_ms": item.request_time_ms,
        "duration_ms": None if duration is None or not math.isfinite(duration) else float(duration),
        "input_tokens": item.input_tokens,
        "output_tokens": item.output_tokens,
        "span_count": item.span_count,
    }
