"""Evaluation datasets: records of inputs and what a right answer would be, one record for equal inputs.

```
patches = folded([RecordPatch({"q": "What is RAG?"}, expectations={"expected_facts": ["retrieval"]})])
plan = plan_merge({}, patches, dataset_id="d-1", by="alice", now=0)
```

The rule of merging stands here, without a store, so that every store and every preview follows the same one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.model.json import Json, JsonValue, canonical_key

__all__ = [
    "DatasetInfo",
    "DatasetRecord",
    "DatasetRecordSource",
    "MergePlan",
    "MergeResult",
    "RecordPatch",
    "RecordSourceType",
    "folded",
    "plan_merge",
    "wrapped_inputs",
]


class RecordSourceType(StrEnum):
    """Where a record comes from."""

    TRACE = "TRACE"
    HUMAN = "HUMAN"
    DOCUMENT = "DOCUMENT"
    CODE = "CODE"
    UNSPECIFIED = "UNSPECIFIED"


class DatasetRecordSource(BaseModel):
    """Where a record comes from.

    Attributes:
        source_type: `TRACE`, `HUMAN`, `DOCUMENT`, `CODE` or `UNSPECIFIED`.
        source_data: Which one: for a trace `{"trace_id": …}`, else most often `{"source_id": …}`.
    """

    model_config = ConfigDict(frozen=True)

    source_type: RecordSourceType = RecordSourceType.UNSPECIFIED
    source_data: dict[str, Json] = Field(default_factory=dict)

    def to_dict(self) -> dict[str, JsonValue]:
        """The source as JSON; MLflow asks for it by this name when a frame of ours is merged there."""
        return {"source_type": self.source_type.value, "source_data": dict(self.source_data)}


class DatasetInfo(BaseModel):
    """What is known of a dataset without its records.

    Attributes:
        dataset_id: Unique id, `d-` and 32 hexadecimal digits in a store of our own.
        name: Unique in a store of our own.
        tags: Texts by name.
        created_time: Milliseconds since 1970 (UTC).
        last_update_time: Milliseconds since 1970 (UTC) of the last change, of its records too.
        created_by: Who made it.
        last_updated_by: Who changed it last.
    """

    model_config = ConfigDict(frozen=True)

    dataset_id: str
    name: str
    tags: dict[str, str] = Field(default_factory=dict)
    created_time: int = 0
    last_update_time: int = 0
    created_by: str = ""
    last_updated_by: str = ""


class DatasetRecord(BaseModel):
    """One record: inputs, and what is known of right answers to them.

    Attributes:
        dataset_record_id: Unique id, `dr-` and 32 hexadecimal digits in a store of our own.
        dataset_id: The dataset.
        inputs: What goes into the application, by parameter.
        outputs: A response to the inputs, or None.
        expectations: What a right answer would be or hold, by name.
        tags: Anything else by name.
        source: Where it comes from, or None.
        created_time: Milliseconds since 1970 (UTC).
        last_update_time: Milliseconds since 1970 (UTC).
        created_by: Who added it.
        last_updated_by: Who changed it last.
    """

    model_config = ConfigDict(frozen=True)

    dataset_record_id: str
    dataset_id: str
    inputs: dict[str, Json]
    outputs: Json = None
    expectations: dict[str, Json] = Field(default_factory=dict)
    tags: dict[str, Json] = Field(default_factory=dict)
    source: DatasetRecordSource | None = None
    created_time: int = 0
    last_update_time: int = 0
    created_by: str = ""
    last_updated_by: str = ""

    @property
    def source_type(self) -> str | None:
        """`TRACE`, `HUMAN`, … or None without a source."""
        return None if self.source is None else self.source.source_type.value

    @property
    def source_id(self) -> str | None:
        """The trace's id for a trace, else what the source calls its `source_id`, or None."""
        if self.source is None:
            return None
        key = "trace_id" if self.source.source_type is RecordSourceType.TRACE else "source_id"
        found = self.source.source_data.get(key)
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class RecordPatch:
    """What is to be merged for some inputs.

    Attributes:
        inputs: The inputs; equal ones (1 is 1.0, True is not 1) are one record.
        outputs: For a new record, and with `replace_outputs` for one that is there.
        replace_outputs: Whether a record that is there gets these outputs, None too.
        expectations: Replace those of the same names; others stay.
        tags: Likewise.
        source: For a new record; one that is there keeps its own.
        key: What equal inputs share.
    """

    inputs: dict[str, JsonValue]
    outputs: JsonValue = None
    replace_outputs: bool = False
    expectations: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    tags: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    source: DatasetRecordSource | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", canonical_key(self.inputs))


class MergeResult(NamedTuple):
    """What a merge did, or would do: the keys (`RecordPatch.key`) of the records."""

    inserted: list[str]
    updated: list[str]
    unchanged: list[str]

    def __str__(self) -> str:
        """A line for people."""
        return f"{len(self.inserted):,} inserted, {len(self.updated):,} updated, {len(self.unchanged):,} unchanged"


class MergePlan(NamedTuple):
    """The records that a merge writes, by key, and the keys that it leaves alone."""

    inserted: dict[str, DatasetRecord]
    updated: dict[str, DatasetRecord]
    unchanged: list[str]

    @property
    def result(self) -> MergeResult:
        """The keys alone."""
        return MergeResult(list(self.inserted), list(self.updated), list(self.unchanged))


def wrapped_inputs(inputs: JsonValue) -> dict[str, JsonValue]:
    """Inputs as a record has them: an object stays, anything else becomes `{"input": value}`."""
    return inputs if isinstance(inputs, dict) else {"input": inputs}


def folded(patches: Iterable[RecordPatch]) -> list[RecordPatch]:
    """One patch for equal inputs, in the order of the first: merging it does what merging them one by one would do."""
    found: dict[str, RecordPatch] = {}
    for patch in patches:
        first = found.get(patch.key)
        found[patch.key] = patch if first is None else _combined(first, patch)
    return list(found.values())


def _combined(first: RecordPatch, later: RecordPatch) -> RecordPatch:
    return replace(
        first,
        outputs=later.outputs if later.replace_outputs else first.outputs,
        replace_outputs=first.replace_outputs or later.replace_outputs,
        expectations={**first.expectations, **later.expectations},
        tags={**first.tags, **later.tags},
    )


def plan_merge(
    existing: Mapping[str, DatasetRecord],
    patches: Sequence[RecordPatch],
    *,
    dataset_id: str,
    by: str,
    now: int,
) -> MergePlan:
    """What a merge writes.

    Args:
        existing: The records that are there, by key; those of the patches are enough.
        patches: At most one for equal inputs (`folded`).
        dataset_id: The dataset.
        by: Who merges.
        now: Milliseconds since 1970 (UTC).

    Returns:
        New records with ids of their own, changed ones whole, and the keys of those that stay as they are.
    """
    plan = MergePlan({}, {}, [])
    for patch in patches:
        old = existing.get(patch.key)
        if old is None:
            plan.inserted[patch.key] = DatasetRecord(
                dataset_record_id=f"dr-{uuid.uuid4().hex}",
                dataset_id=dataset_id,
                inputs=patch.inputs,
                outputs=patch.outputs,
                expectations=dict(patch.expectations),
                tags=dict(patch.tags),
                source=patch.source,
                created_time=now,
                last_update_time=now,
                created_by=by,
                last_updated_by=by,
            )
            continue
        merged: dict[str, JsonValue] = {
            "outputs": patch.outputs if patch.replace_outputs else old.outputs,
            "expectations": {**old.expectations, **patch.expectations},
            "tags": {**old.tags, **patch.tags},
        }
        if _exact(merged) == _exact(
            {"outputs": old.outputs, "expectations": old.expectations, "tags": old.tags}
        ):
            plan.unchanged.append(patch.key)
            continue
        changes = {**merged, "last_update_time": now, "last_updated_by": by}
        plan.updated[patch.key] = old.model_copy(update=changes)
    return plan


def _exact(value: dict[str, JsonValue]) -> str:
    # Text, because in Python True == 1 == 1.0, and a change of type is a change.
    return json.dumps(value, sort_keys=True)
