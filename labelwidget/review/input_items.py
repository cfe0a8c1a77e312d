"""Inputs without a response as items of a session, for an agent to answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import canonical_key
from labelwidget.readers.objects import as_table, jsonable
from labelwidget.review.importing import BATCH, ImportReport, new_item
from labelwidget.store.base import Store

__all__ = ["add_input_items"]


def add_input_items(store: Store, session_id: str, inputs: object) -> ImportReport:
    """Add inputs to a session; equal ones are one item.

    Args:
        store: Where the session is.
        session_id: The session.
        inputs: A list of dicts, texts or lists of messages; or a DataFrame, whose column `inputs` is taken, else all columns.

    Returns:
        How many were added and how many were there.

    Raises:
        InvalidValueError: One of them cannot be an input. Nothing was added.
    """
    table = as_table(inputs)
    if table is not None:
        rows: Iterable[object] = (row.get("inputs", row) for row in table.rows)
    elif isinstance(inputs, (str, bytes, dict)) or not isinstance(inputs, Iterable):
        raise InvalidValueError(
            f"inputs is {shown(cast(object, inputs))}; pass a list, like [{{'question': 'Where is my parcel?'}}, …]."
        )
    else:
        rows = cast("Iterable[object]", inputs)
    traces = [_trace(row, number) for number, row in enumerate(rows, 1)]
    added = already = 0
    for start in range(0, len(traces), BATCH):
        part = traces[start : start + BATCH]
        result = store.add_items(session_id, [new_item(session_id, trace) for trace in part])
        added += len(result.added)
        already += len(result.already)
    return ImportReport(added=added, already_there=already)


def _trace(row: object, number: int) -> Trace:
    found = jsonable(row, f"Input {number}")
    if found is None or found in ("", {}, []):
        raise InvalidValueError(
            f"Input {number} is {shown(row)}; an agent needs something to answer. Nothing was added."
        )
    messages = isinstance(found, list) and all(
        isinstance(one, dict) and "role" in one for one in found
    )
    inputs: JsonValue = {"messages": found} if messages else found
    return Trace(trace_id=f"in-{canonical_key(inputs)[:32]}", inputs=inputs, format="inputs")
