"""Labels as DataFrames: wide (one row an item), tidy (one row an assessment), and progress (one row a reviewer).

Everything is built from columns; the traces' payloads are read only where a frame shows them. Integers stay integers:
a column of answers gets pandas' nullable types, or stays `object` where its values have several types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pandas as pd

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import Item, JsonValue, LabelSchema, SessionInfo, Trace
from labelwidget.model.json import dumps
from labelwidget.model.resolver import is_resolver
from labelwidget.model.tags import tags_in
from labelwidget.review.places import FIRST_ERROR
from labelwidget.store.base import Store
from labelwidget.writers.mlflow_json import trace_to_mlflow

__all__ = ["assessments_frame", "progress_frame", "session_frame", "traces_frame"]

_INT64 = 2**63


_KINDS: dict[str, type] = {"pass_fail": bool, "rating": int}


def typed_column(
    values: Sequence[JsonValue], index: pd.Index | None = None, question: LabelSchema | None = None
) -> pd.Series:
    """A column that changes no value: booleans, integers and floats as pandas' nullable types, all else as objects.

    A column without values gets the type that the question's answers will have.
    """
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if not kinds and question is not None and question.input.kind in _KINDS:
        kinds = {_KINDS[question.input.kind]}
    dtype = "object"
    if kinds == {bool}:
        dtype = "boolean"
    elif kinds == {int} and all(-_INT64 <= cast(int, value) < _INT64 for value in present):
        dtype = "Int64"
    elif kinds == {float}:
        dtype = "Float64"
    return pd.Series(list(values), index=index, dtype=dtype)


def session_frame(
    store: Store,
    info: SessionInfo,
    questions: Sequence[LabelSchema],
    *,
    reviewer: str | None = None,
    full: bool = False,
) -> pd.DataFrame:
    """One row an item; see `LabelingSession.to_df`."""
    items = store.item_columns(info.session_id)
    index = pd.Index(items["item_id"], name="trace_id", dtype="object")
    rows = {item_id: row for row, item_id in enumerate(cast("list[str]", items["item_id"]))}
    status = _status(store, info, rows, reviewer)
    columns = store.assessment_columns(info.session_id)
    answers = _answers(columns, rows, reviewer)
    nothing: tuple[list[JsonValue], list[JsonValue]] = ([None] * len(rows), [None] * len(rows))
    asked: dict[str, pd.Series] = {}
    commented = {question.name for question in questions if question.enable_comment}
    by_name = {question.name: question for question in questions}
    for name in dict.fromkeys([*by_name, *answers]):
        asked[name] = typed_column(answers.get(name, nothing)[0], index, by_name.get(name))
    for name in list(asked):
        rationales = answers.get(name, nothing)[1]
        if name in commented or any(rationales):
            asked[_aside(f"{name}_rationale", asked)] = pd.Series(
                rationales, index=index, dtype="object"
            )

    requests, responses = items["request"], items["response"]
    if full:
        traces = [trace for _, trace in store.traces(info.session_id)]
        requests, responses = (
            [trace.inputs for trace in traces],
            [trace.outputs for trace in traces],
        )
    before = {
        "source_trace_id": pd.Series(items["source_trace_id"], index=index, dtype="object"),
        "request": pd.Series(requests, index=index, dtype="object"),
        "response": pd.Series(responses, index=index, dtype="object"),
        "state": pd.Series(status["state"], index=index, dtype="object"),
        "flagged": pd.Series(status["flagged"], index=index, dtype="bool"),
    }
    times = pd.Series(items["request_time_ms"], index=index, dtype="Int64")
    after = {
        **_first_errors(columns, info, rows, reviewer, index),
        "note": pd.Series(status["note"], index=index, dtype="object"),
        "tags": pd.Series(status["tags"], index=index, dtype="object"),
        "reviewers": pd.Series(status["reviewers"], index=index, dtype="int64"),
        "time_on_task_s": _seconds(status["duration_ms"], index),
        **_weights(columns, rows, index),
        "latency": _seconds(items["duration_ms"], index),
        "trace_state": pd.Series(items["trace_state"], index=index, dtype="object"),
        "model_name": pd.Series(items["model_name"], index=index, dtype="object"),
        "conversation_id": pd.Series(items["conversation_id"], index=index, dtype="object"),
        "input_tokens": pd.Series(items["input_tokens"], index=index, dtype="Int64"),
        "output_tokens": pd.Series(items["output_tokens"], index=index, dtype="Int64"),
        "request_time": pd.to_datetime(times, unit="ms", utc=True),
    }
    frame: dict[str, pd.Series] = {_aside(name, asked): column for name, column in before.items()}
    frame.update(asked)
    frame.update({_aside(name, asked): column for name, column in after.items()})
    return pd.DataFrame(frame, index=index)


def _aside(name: str, asked: dict[str, pd.Series]) -> str:
    """A question's column has the question's name; a column of ours that is called the same gets a `_` behind it."""
    while name in asked:
        name += "_"
    return name


def _seconds(milliseconds: Sequence[JsonValue], index: pd.Index) -> pd.Series:
    values = [None if ms is None else cast(float, ms) / 1000 for ms in milliseconds]
    return pd.Series(values, index=index, dtype="float64")


def _status(
    store: Store, info: SessionInfo, rows: dict[str, int], reviewer: str | None
) -> dict[str, list[JsonValue]]:
    size = len(rows)
    completed, skipped, touched, duration = [0] * size, [0] * size, [0] * size, [0] * size
    flagged = [False] * size
    notes: list[list[str]] = [[] for _ in range(size)]
    columns = store.status_columns(info.session_id)
    wanted = None if reviewer is None else reviewer.casefold()
    for item_id, who, state, flag, note, ms in zip(
        columns["item_id"],
        columns["reviewer"],
        columns["state"],
        columns["flagged"],
        columns["note"],
        columns["duration_ms"],
        strict=True,
    ):
        if wanted is not None and cast(str, who).casefold() != wanted:
            continue
        row = rows[cast(str, item_id)]
        if wanted is None and is_resolver(cast(str, who)):
            continue
        touched[row] += state != "pending"
        completed[row] += state == "completed"
        skipped[row] += state == "skipped"
        duration[row] += cast(int, ms)
        flagged[row] = flagged[row] or bool(flag)
        if note:
            notes[row].append(cast(str, note))
    required = 1 if reviewer is not None else max(1, info.reviews_required)
    states: list[JsonValue] = [
        "completed" if done >= required
        else "in_progress" if seen > passed or done
        else "skipped" if passed
        else "pending"
        for done, passed, seen in zip(completed, skipped, touched, strict=True)
    ]  # fmt: skip
    return {
        "state": states,
        "flagged": list(flagged),
        "note": ["\n".join(texts) or None for texts in notes],
        "tags": [list[JsonValue](tags_in("\n".join(texts))) for texts in notes],
        "reviewers": list(touched),
        "duration_ms": list(duration),
    }


def _weights(
    columns: dict[str, list[JsonValue]], rows: dict[str, int], index: pd.Index
) -> dict[str, pd.Series]:
    """How many traces each stands for, where a sample was labelled: what its newest answer says."""
    found: list[float] = [1.0] * len(rows)
    sampled = False
    for item_id, metadata in zip(columns["item_id"], columns["metadata"], strict=True):
        weight = (
            metadata.get("sampling_weight") if metadata and isinstance(metadata, dict) else None
        )
        if isinstance(weight, float | int):
            found[rows[cast(str, item_id)]] = float(weight)
            sampled = True
    return {"sampling_weight": pd.Series(found, index=index, dtype="float64")} if sampled else {}


def _answers(
    columns: dict[str, list[JsonValue]], rows: dict[str, int], reviewer: str | None
) -> dict[str, tuple[list[JsonValue], list[JsonValue]]]:
    wanted = None if reviewer is None else reviewer.casefold()
    found: dict[str, tuple[list[JsonValue], list[JsonValue]]] = {}
    resolved: set[tuple[str, int]] = set()
    for item_id, name, value, rationale, who, span_id, anchor in zip(
        columns["item_id"], columns["name"], columns["value"], columns["rationale"],
        columns["source_id"], columns["span_id"], columns["anchor"], strict=True,
    ):  # fmt: skip
        if (
            span_id is not None
            or anchor is not None
            or (wanted is not None and cast(str, who).casefold() != wanted)
        ):
            continue
        values, rationales = found.setdefault(
            cast(str, name), ([None] * len(rows), [None] * len(rows))
        )
        row = rows[cast(str, item_id)]
        place = (cast(str, name), row)
        if is_resolver(cast(str, who)):
            resolved.add(place)
        elif place in resolved:
            continue  # a resolution stands, whoever answers after it
        values[row], rationales[row] = value, rationale
    return found


def _first_errors(
    columns: Mapping[str, Sequence[JsonValue]],
    info: SessionInfo,
    rows: dict[str, int],
    reviewer: str | None,
    index: pd.Index,
) -> dict[str, pd.Series]:
    """The step that went wrong first: its name, and its span."""
    wanted = None if reviewer is None else reviewer.casefold()
    steps: list[JsonValue] = [None] * len(rows)
    spans: list[JsonValue] = [None] * len(rows)
    for item_id, name, value, who, span_id, anchor in zip(
        columns["item_id"], columns["name"], columns["value"], columns["source_id"], columns["span_id"],
        columns["anchor"], strict=True,
    ):  # fmt: skip
        is_mark = name == FIRST_ERROR and (span_id is not None or anchor is not None)
        if is_mark and (wanted is None or cast(str, who).casefold() == wanted):
            row = rows[cast(str, item_id)]
            steps[row], spans[row] = value, span_id
    if FIRST_ERROR in info.label_schemas:
        return {}  # the session asks a question of this name; its answers have the column
    return {
        FIRST_ERROR: pd.Series(steps, index=index, dtype="object"),
        f"{FIRST_ERROR}_span_id": pd.Series(spans, index=index, dtype="object"),
    }


def assessments_frame(
    store: Store, info: SessionInfo, *, everything: bool = False, prior: bool = False
) -> pd.DataFrame:
    """One row an assessment; see `LabelingSession.assessments_df`."""
    columns = store.assessment_columns(info.session_id, everything=everything, prior=prior)
    frame: dict[str, pd.Series] = {
        "assessment_id": pd.Series(columns["assessment_id"], dtype="object"),
        "trace_id": pd.Series(columns["item_id"], dtype="object"),
        "source_trace_id": pd.Series(columns["source_trace_id"], dtype="object"),
    }
    for column in (
        "name",
        "kind",
        "value",
        "rationale",
        "source_type",
        "source_id",
        "span_id",
        "anchor",
        "metadata",
        "error",
        "overrides",
    ):
        frame[column] = pd.Series(columns[column], dtype="object")
    anchors = [cast("dict[str, JsonValue] | None", anchor) for anchor in columns["anchor"]]
    ranges = [anchor if anchor is not None and anchor["end"] else {} for anchor in anchors]
    frame["block_id"] = pd.Series([(one or {}).get("block_id") for one in anchors], dtype="object")
    frame["start"] = pd.Series([one.get("start") for one in ranges], dtype="Int64")
    frame["end"] = pd.Series([one.get("end") for one in ranges], dtype="Int64")
    frame["quote"] = pd.Series([one.get("quote") for one in ranges], dtype="object")
    frame["valid"] = pd.Series(columns["valid"], dtype="bool")
    frame["prior"] = pd.Series(columns["prior"], dtype="bool")
    frame["schema_version"] = pd.Series(columns["schema_version"], dtype="Int64")
    frame["duration_ms"] = pd.Series(columns["duration_ms"], dtype="Int64")
    frame["create_time"] = pd.to_datetime(
        pd.Series(columns["create_time_ms"], dtype="Int64"), unit="ms", utc=True
    )
    return pd.DataFrame(frame)


def progress_frame(store: Store, info: SessionInfo) -> pd.DataFrame:
    """One row a reviewer; see `LabelingSession.progress_df`."""
    reviewers = store.reviewers(info.session_id)
    seen = {name.casefold() for name in reviewers}
    for user in info.assigned_users:
        if user.casefold() not in seen:
            reviewers[user] = store.progress(info.session_id, user)
    names = sorted(reviewers, key=str.casefold)
    counts = [reviewers[name] for name in names]
    return pd.DataFrame(
        {
            "reviewer": pd.Series(names, dtype="object"),
            "assigned": pd.Series([info.may_label(name) for name in names], dtype="bool"),
            "total": pd.Series([count.total for count in counts], dtype="int64"),
            "completed": pd.Series([count.completed for count in counts], dtype="int64"),
            "skipped": pd.Series([count.skipped for count in counts], dtype="int64"),
            "in_progress": pd.Series([count.in_progress for count in counts], dtype="int64"),
            "pending": pd.Series([count.pending for count in counts], dtype="int64"),
            "flagged": pd.Series([count.flagged for count in counts], dtype="int64"),
        }
    )


def traces_frame(
    store: Store, info: SessionInfo, *, include_spans: bool = True, max_results: int | None = None
) -> pd.DataFrame:
    """The columns and dtypes of `mlflow.search_traces`; see `labelwidget.search_traces`."""
    if max_results is not None and (
        isinstance(max_results, bool) or not isinstance(max_results, int) or max_results < 0
    ):
        raise InvalidValueError(
            f"max_results is {shown(max_results)}; pass a whole number, or None for all."
        )
    rows: list[tuple[Item, Trace, dict[str, JsonValue]]] = []
    for item, trace in store.traces(info.session_id):
        if max_results is not None and len(rows) >= max_results:
            break
        rows.append((item, trace, trace_to_mlflow(trace, store.item_assessments(item.item_id))))
    infos = [cast("dict[str, JsonValue]", written["info"]) for _, _, written in rows]
    data = [cast("dict[str, JsonValue]", written["data"]) for _, _, written in rows]
    frame: dict[str, pd.Series] = {
        "trace_id": pd.Series([item.item_id for item, _, _ in rows], dtype="object"),
        "trace": pd.Series(
            [dumps(written).decode("utf-8") for _, _, written in rows], dtype="object"
        ),
        "client_request_id": pd.Series([None] * len(rows), dtype="object"),
        "state": pd.Series([trace.state.value for _, trace, _ in rows], dtype="object"),
        "request_time": pd.Series(
            [trace.request_time_ms or 0 for _, trace, _ in rows], dtype="int64"
        ),
        "execution_duration": pd.Series(
            [round(trace.duration_ms or 0) for _, trace, _ in rows], dtype="int64"
        ),
        "request": pd.Series([trace.inputs for _, trace, _ in rows], dtype="object"),
        "response": pd.Series([trace.outputs for _, trace, _ in rows], dtype="object"),
        "trace_metadata": pd.Series(
            [written["trace_metadata"] for written in infos], dtype="object"
        ),
        "tags": pd.Series([written["tags"] for written in infos], dtype="object"),
    }
    if include_spans:
        frame["spans"] = pd.Series([written["spans"] for written in data], dtype="object")
    frame["assessments"] = pd.Series([written["assessments"] for written in infos], dtype="object")
    return pd.DataFrame(frame)
