"""Records of a dataset as items of a session: with the trace that they were made from, with their outputs, or for an agent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import (
    Assessment,
    AssessmentKind,
    AssessmentSource,
    JsonValue,
    SessionInfo,
    Span,
    SpanStatus,
    Trace,
    TraceState,
)
from labelwidget.model.dataset import DatasetRecord, RecordSourceType
from labelwidget.review.importing import BATCH, ImportReport, new_item
from labelwidget.review.sync import REVIEWER_TAG
from labelwidget.store.base import Store
from labelwidget.store.dataset_store import DatasetStore

__all__ = ["add_dataset_items"]


def add_dataset_items(
    store: Store,
    info: SessionInfo,
    source: DatasetStore,
    dataset_id: str,
    record_ids: Sequence[str] | None = None,
) -> ImportReport:
    """Add records to a session; those that it holds already are counted.

    Args:
        store: Where the session is.
        info: The session. With an agent, records become items without a response, which the agent gives.
        source: Where the dataset is.
        dataset_id: The dataset.
        record_ids: Which records, in the order of the dataset; None for all.

    Returns:
        How many were added and how many were there.

    Raises:
        InvalidValueError: A record has neither outputs nor a trace, and the session no agent. Nothing was added.
        NotFoundError: A record that the dataset does not have.
    """
    records = list(source.records(dataset_id, record_ids))
    if record_ids is not None:
        known = {record.dataset_record_id for record in records}
        unknown = [record_id for record_id in record_ids if record_id not in known]
        if unknown:
            raise NotFoundError(
                f"The dataset has no record {shown(unknown[0])}"
                + (f" (nor {len(unknown) - 1:,} others)" if len(unknown) > 1 else "")
                + ". List what there is: dataset.to_df()['dataset_record_id']."
            )
    if not info.agent:
        _check(store, source, records)
    added = already = 0
    for start in range(0, len(records), BATCH):
        part = records[start : start + BATCH]
        traces = {} if info.agent else _source_traces(store, source, part)
        result = store.add_items(
            info.session_id,
            [
                new_item(info.session_id, _trace(record, traces, agent=bool(info.agent)))
                for record in part
            ],
        )
        added += len(result.added)
        already += len(result.already)
    return ImportReport(added=added, already_there=already)


def _check(store: Store, source: DatasetStore, records: Sequence[DatasetRecord]) -> None:
    bare = [record for record in records if record.outputs is None]
    found: set[str] = set()
    for start in range(0, len(bare), BATCH):
        found.update(_source_traces(store, source, bare[start : start + BATCH]))
    for record in bare:
        if _trace_id(record) not in found:
            raise InvalidValueError(
                f"Record {record.dataset_record_id} has no trace and this session has no agent. Either provide records that "
                "have associated traces or add an agent. Records with outputs are taken too. Nothing was added."
            )


def _trace_id(record: DatasetRecord) -> str | None:
    if record.source is None or record.source.source_type is not RecordSourceType.TRACE:
        return None
    return record.source_id


def _source_traces(
    store: Store, source: DatasetStore, records: Sequence[DatasetRecord]
) -> dict[str, Trace]:
    """The traces that records were made from, where this store or the dataset's has them."""
    wanted = [trace_id for record in records if (trace_id := _trace_id(record)) is not None]
    found = dict(store.source_traces(wanted))
    missing = [trace_id for trace_id in wanted if trace_id not in found]
    if missing and source is not store:
        found.update(source.source_traces(missing))
    return found


def _trace(record: DatasetRecord, traces: Mapping[str, Trace], *, agent: bool) -> Trace:
    """What is shown of a record. Its expectations come along as prior ones, so that a reviewer sees what is there."""
    trace_id = _trace_id(record)
    origin: dict[str, JsonValue] = {
        "dataset_id": record.dataset_id,
        "dataset_record_id": record.dataset_record_id,
    }
    own = [
        Assessment(
            assessment_id=f"a-{uuid.uuid4().hex}",
            name=name,
            kind=AssessmentKind.EXPECTATION,
            value=value,
            source=AssessmentSource("HUMAN", _who(record, name)),
            create_time_ms=record.last_update_time,
        )
        for name, value in record.expectations.items()
    ]
    known = None if trace_id is None else traces.get(trace_id)
    if known is not None and trace_id is not None and not agent:
        others = [one for one in known.assessments if one.name not in record.expectations]
        return known.model_copy(
            update={
                # The trace's own id: where the session holds the trace already, it is not added again.
                "trace_id": trace_id,
                "metadata": {**known.metadata, **origin},
                "assessments": (*others, *own),
            }
        )
    outputs = None if agent else record.outputs
    root = Span(
        span_id="record",
        name="record",
        span_type="CHAIN",
        status=SpanStatus.UNSET if agent else SpanStatus.OK,
        inputs=record.inputs,
        outputs=outputs,
    )
    return Trace(
        trace_id=record.dataset_record_id,
        state=TraceState.UNSPECIFIED if agent else TraceState.OK,
        inputs=record.inputs,
        outputs=outputs,
        spans=(root,),
        metadata=origin,
        assessments=tuple(own),
        format="dataset",
    )


def _who(record: DatasetRecord, name: str) -> str:
    reviewer = record.tags.get(REVIEWER_TAG + name)
    return reviewer if isinstance(reviewer, str) else record.created_by or "dataset"
