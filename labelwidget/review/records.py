"""Whatever a dataset may be given, as patches: dicts, tables, traces. Everything is checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import Assessment, AssessmentKind, JsonValue, Trace
from labelwidget.model.dataset import (
    DatasetRecordSource,
    RecordPatch,
    RecordSourceType,
    wrapped_inputs,
)
from labelwidget.model.json import dumps, loads
from labelwidget.readers import read_traces
from labelwidget.readers.objects import as_table, jsonable

__all__ = ["MAX_RECORD_BYTES", "checked_patch", "patches_of", "trace_patch", "trace_source"]

MAX_RECORD_BYTES = 16 << 20
"""The largest record that is kept, as JSON."""
_MAX_NAME = 250

_MERGED = ("inputs", "outputs", "expectations", "tags", "source")
# What records and frames of a dataset hold besides; the dataset that they are merged into makes its own.
_OWN = frozenset(
    (
        "dataset_record_id", "dataset_id", "source_type", "source_id", "created_time", "last_update_time", "created_by",
        "last_updated_by",
    )
)  # fmt: skip
_TRACE_MEMBERS = ("info", "spans", "resourceSpans")


def patches_of(source: object) -> list[RecordPatch]:
    """The patches of a source.

    Args:
        source: A list of dicts with `inputs` and, where known, `outputs`, `expectations`, `tags`, `source`; a DataFrame with
            these columns; traces (of any kind that `read_traces` knows), or a DataFrame with a `trace` column.

    Returns:
        One patch a record, in order.

    Raises:
        InvalidValueError: Names the first record that cannot be one.
    """
    table = as_table(source)
    if table is not None:
        if "inputs" in table.names:
            rows = enumerate(table.rows)
            return [_record_patch(_from_row(row), f"row {number}") for number, row in rows]
        if "trace" in table.names:
            return _trace_patches(source)
        raise InvalidValueError(
            f"{table.label} has neither a column 'inputs' (records) nor 'trace' (as of search_traces). "
            f"Its columns: {shown(table.names, 300)}. Rename the one that holds the inputs."
        )
    if isinstance(source, Trace):
        return [trace_patch(source)]
    if isinstance(source, (str, bytes)) or not isinstance(source, Iterable):
        return _trace_patches(source)
    if isinstance(source, Mapping):
        return _list_patches([cast("Mapping[object, object]", source)])
    return _list_patches(list(cast("Iterable[object]", source)))


def _list_patches(entries: list[object]) -> list[RecordPatch]:
    if entries and all(isinstance(entry, Trace) for entry in entries):
        return [trace_patch(cast(Trace, entry)) for entry in entries]
    records = [_as_record(entry) for entry in entries]
    missing = next((number for number, record in enumerate(records) if record is None), None)
    if missing is None:
        return [
            _record_patch(record, f"record {number}")
            for number, record in enumerate(records)
            if record is not None
        ]
    if any(record is not None for record in records):
        raise InvalidValueError(
            f"record {missing} has no 'inputs', other records have: {shown(entries[missing])}. Give each record "
            "{'inputs': {…}, 'expectations': {…}}, or merge records and traces one after the other."
        )
    return _trace_patches(entries)


def _as_record(entry: object) -> dict[str, object] | None:
    """The members of a record, or None for anything else, such as a trace."""
    if isinstance(entry, Mapping):
        members = cast("Mapping[object, object]", entry)
        if "inputs" not in members or any(name in members for name in _TRACE_MEMBERS):
            return None
        return {str(name): value for name, value in members.items()}
    # Record objects of this and of other libraries.
    if hasattr(entry, "dataset_record_id") and hasattr(entry, "inputs"):
        found = {name: getattr(entry, name, None) for name in _MERGED}
        return {name: value for name, value in found.items() if value is not None}
    return None


def _from_row(row: dict[str, object]) -> dict[str, object]:
    """The members of a row of a table: a missing cell is a missing member, an object may be written as JSON."""
    found: dict[str, object] = {}
    for name, cell in row.items():
        value = cell
        if name in ("inputs", "expectations", "tags", "source") and isinstance(cell, str):
            value = _object_in(cell)
        # NaN, NaT and the like become None; a source may be an object of another library.
        if name in _MERGED and (value is None if name == "source" else jsonable(value) is None):
            continue
        found[name] = value
    return found


def _object_in(text: str) -> object:
    if not text.lstrip().startswith("{"):
        return text
    try:
        found = loads(text)
    except InvalidValueError:
        return text
    return found if isinstance(found, dict) else text


def _record_patch(record: dict[str, object], where: str) -> RecordPatch:
    unknown = [name for name in record if name not in _MERGED and name not in _OWN]
    if unknown:
        raise InvalidValueError(
            f"{where} has {shown(unknown, 200)}, which a record has no place for. Put what a right answer would be under "
            "'expectations', anything else under 'tags'."
        )
    if record.get("inputs") is None:
        raise InvalidValueError(
            f"{where} has no 'inputs'. Give it the parameters of the application: {{'inputs': {{'question': '…'}}}}."
        )
    expectations = _named(record.get("expectations"), f"{where}: expectations")
    source = _source(record.get("source"), where)
    if source is None and (expectations or "expectations" not in record):
        kind = RecordSourceType.HUMAN if expectations else RecordSourceType.CODE
        source = DatasetRecordSource(source_type=kind)
    return checked_patch(
        RecordPatch(
            inputs=wrapped_inputs(jsonable(record["inputs"], f"{where}: inputs")),
            outputs=jsonable(record.get("outputs"), f"{where}: outputs"),
            replace_outputs="outputs" in record,
            expectations=expectations,
            tags=_named(record.get("tags"), f"{where}: tags"),
            source=source,
        ),
        where,
    )


def _named(value: object, where: str) -> dict[str, JsonValue]:
    if value is None:
        return {}
    found = jsonable(value, where)
    if not isinstance(found, dict):
        raise InvalidValueError(f"{where} is {shown(value)}; pass a dict of values by name.")
    for name in found:
        if not name.strip() or len(name) > _MAX_NAME:
            raise InvalidValueError(
                f"{where} has the name {shown(name)}; names have 1 to {_MAX_NAME} characters."
            )
    return found


def _source(value: object, where: str) -> DatasetRecordSource | None:
    if isinstance(value, DatasetRecordSource):
        return value
    found = jsonable(value, f"{where}: source")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise InvalidValueError(
            f"{where}: source is {shown(value)}; pass {{'source_type': 'HUMAN', 'source_data': {{…}}}}."
        )
    kind, data = str(found.get("source_type", "UNSPECIFIED")).upper(), found.get("source_data")
    if kind not in set(RecordSourceType):
        raise InvalidValueError(
            f"{where}: source_type is {shown(kind)}; it is one of {', '.join(RecordSourceType)}."
        )
    return DatasetRecordSource(
        source_type=RecordSourceType(kind), source_data=_named(data, f"{where}: source_data")
    )


def checked_patch(patch: RecordPatch, where: str) -> RecordPatch:
    """The patch, if it is not too large.

    Raises:
        InvalidValueError: Over `MAX_RECORD_BYTES`.
    """
    held = [patch.inputs, patch.outputs, dict(patch.expectations), dict(patch.tags)]
    size = len(dumps(held))
    if size > MAX_RECORD_BYTES:
        raise InvalidValueError(
            f"{where} has {size:,} bytes as JSON; {MAX_RECORD_BYTES:,} is the most. Leave out attachments."
        )
    return patch


def _trace_patches(source: object) -> list[RecordPatch]:
    reader = read_traces(source)
    patches = [trace_patch(trace) for trace in reader]
    if reader.refused:
        raise InvalidValueError(
            f"{reader.refused_count:,} cannot be read, so nothing was merged: {reader.refused[0]}"
        )
    return patches


def trace_patch(trace: Trace) -> RecordPatch:
    """The patch of a trace: root inputs and outputs, and its valid expectations (the last of a name).

    Raises:
        InvalidValueError: The trace has no inputs.
    """
    return checked_patch(
        RecordPatch(
            inputs=root_inputs(trace),
            outputs=trace.outputs,
            replace_outputs=trace.outputs is not None,
            expectations=valid_expectations(trace.assessments),
            source=trace_source(trace, trace.trace_id),
        ),
        f"trace {shown(trace.trace_id)}",
    )


def root_inputs(trace: Trace) -> dict[str, JsonValue]:
    """The inputs of a trace as a record has them.

    Raises:
        InvalidValueError: There are none. As empty inputs, unrelated traces would become one record.
    """
    if trace.inputs is None:
        raise InvalidValueError(
            f"Trace {shown(trace.trace_id)} has no inputs, so that it cannot be found again as a record. Leave it out."
        )
    return wrapped_inputs(trace.inputs)


def valid_expectations(assessments: Iterable[Assessment]) -> dict[str, JsonValue]:
    """The values of the expectations on the whole trace that are in force, by name."""
    return {
        one.name: one.value
        for one in assessments
        if one.kind is AssessmentKind.EXPECTATION
        and one.valid
        and one.value is not None
        and one.span_id is None
        and one.anchor is None
    }


def trace_source(trace: Trace, trace_id: str) -> DatasetRecordSource:
    """The source of a record that was made from a trace."""
    data: dict[str, JsonValue] = {"trace_id": trace_id}
    if trace.conversation_id is not None:
        data["session_id"] = trace.conversation_id
    return DatasetRecordSource(source_type=RecordSourceType.TRACE, source_data=data)
