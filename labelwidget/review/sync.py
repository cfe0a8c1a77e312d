"""Expectations of a session into a dataset: which count, who disagrees, what is written.

Three steps: `_answers` takes the expectations that count, `_groups` joins them to the inputs of their traces, `_patch` makes
one record of each group. Merging is the dataset's own rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import Item, JsonValue, SessionInfo, Trace
from labelwidget.model.conversation import turn_parts
from labelwidget.model.dataset import (
    DatasetInfo,
    MergeResult,
    RecordPatch,
    folded,
    plan_merge,
)
from labelwidget.model.json import canonical_json, canonical_key
from labelwidget.review.conflicts import (
    Answer,
    Answers,
    Choose,
    Conflict,
    Resolve,
    chooser,
    disagree,
    person,
)
from labelwidget.review.datasets import define_dataset, merge_in_batches
from labelwidget.review.records import checked_patch, root_inputs, trace_source
from labelwidget.store.base import Store

__all__ = [
    "REVIEWER_TAG",
    "SyncChange",
    "SyncRefusal",
    "SyncResult",
    "SyncTarget",
    "sync_session",
]

REVIEWER_TAG = "reviewer."
"""Before the expectation's name: the tag of a record that says who gave it."""


class SyncChange(NamedTuple):
    """A record that is written.

    Attributes:
        action: `inserted` or `updated`.
        trace_ids: The session's traces with its inputs.
        expectations: What they contribute.
    """

    action: str
    trace_ids: list[str]
    expectations: dict[str, JsonValue]


class SyncRefusal(NamedTuple):
    """A trace that cannot become a record, and why."""

    trace_id: str
    reason: str


@dataclass(frozen=True, repr=False)
class SyncResult:
    """What a sync did, or with `dry_run` would do. Records are counted, not traces: equal inputs are one record.

    Attributes:
        dataset_name: The dataset.
        dataset_id: Its id; None for a dry run on a dataset that does not exist yet.
        inserted: New records.
        updated: Records with other expectations than before.
        unchanged: Records that hold everything already.
        conflicts: Disagreements of which the latest answer was taken.
        resolved: Disagreements that `resolve` settled.
        skipped: Traces left out because those who looked at them skipped them.
        unlabeled: Traces left out by `include_unlabeled=False`.
        wrapped: Traces whose inputs are not an object: they are kept as `{"input": value}`.
        refused: Traces that cannot become a record.
        changes: The records written, in the order of the session.
        created: Whether the dataset was (or would be) made.
        dry_run: Whether nothing was written.
    """

    dataset_name: str
    dataset_id: str | None
    inserted: int
    updated: int
    unchanged: int
    conflicts: list[Conflict]
    resolved: list[Conflict]
    skipped: int
    unlabeled: int
    wrapped: int
    refused: list[SyncRefusal]
    changes: list[SyncChange]
    created: bool
    dry_run: bool

    def __str__(self) -> str:
        """Some lines for people."""
        what = f"{'Preview of ' if self.dry_run else ''}{'new ' if self.created else ''}dataset"
        counts = (
            f"{self.inserted:,} inserted, {self.updated:,} updated, {self.unchanged:,} unchanged"
        )
        lines = [f"{what} {shown(self.dataset_name)}: {counts}"]
        notes = (
            (self.skipped, "skipped by reviewers and left out"),
            (self.unlabeled, "without expectations and left out"),
            (self.wrapped, "with inputs that are no object, kept as {'input': value}"),
            (len(self.refused), "refused, see .refused"),
            (len(self.resolved), "disagreements settled as asked"),
            (
                len(self.conflicts),
                "disagreements, the latest answer counts; see .conflicts, pass resolve=",
            ),
        )
        lines.extend(f"  {count:,} {note}" for count, note in notes if count)
        lines.extend(
            f"    {shown(conflict.name)} of {conflict.trace_id}: {', '.join(conflict.reviewers)}"
            for conflict in self.conflicts[:5]
        )
        return "\n".join(lines)

    __repr__ = __str__


class SyncTarget(NamedTuple):
    """Where to: a dataset that is there, or the name of one to make."""

    store: Store
    info: DatasetInfo | None
    name: str


@dataclass
class _Group:
    """The traces with equal inputs."""

    inputs: dict[str, JsonValue]
    item: Item
    trace: Trace
    items: list[Item] = field(default_factory=list[Item])
    answers: dict[str, list[tuple[int, Answer]]] = field(
        default_factory=dict[str, list[tuple[int, Answer]]]
    )


@dataclass
class _Account:
    skipped: int = 0
    unlabeled: int = 0
    wrapped: int = 0
    refused: list[SyncRefusal] = field(default_factory=list[SyncRefusal])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    resolved: list[Conflict] = field(default_factory=list[Conflict])


def sync_session(
    store: Store,
    info: SessionInfo,
    target: SyncTarget,
    *,
    by: str,
    dry_run: bool = False,
    include_unlabeled: bool = True,
    resolve: Resolve | None = None,
) -> SyncResult:
    """Merge the expectations of a session into a dataset; see `LabelingSession.sync`.

    Args:
        store: Where the session is.
        info: The session.
        target: Where to.
        by: Who syncs.
        dry_run: Write nothing, say what would be written.
        include_unlabeled: Traces without expectations become records too.
        resolve: How disagreements are settled.

    Returns:
        What was done.

    Raises:
        InvalidValueError: `resolve` names a question or a reviewer that there is none of, or gives an unfit value.
    """
    skipped_by = _skipped(store, info.session_id)
    by_skippers = {(item_id, who) for item_id, (_, keys) in skipped_by.items() for who in keys}
    answers = _answers(store, info.session_id, by_skippers)
    choose = chooser(store, resolve, answers)
    account = _Account()
    left_out = {item_id for item_id, (whole, _) in skipped_by.items() if whole}
    groups = _groups(store, info.session_id, answers, left_out, account, include_unlabeled)
    patches: list[RecordPatch] = []
    traces: dict[str, list[str]] = {}
    for group in groups:
        patch = _patch(group, choose, account)
        if patch is None:
            continue
        patches.append(patch)
        traces[patch.key] = [item.item_id for item in group.items]
    dataset, done = _merge(target, patches, by=by, dry_run=dry_run)
    actions = dict.fromkeys(done.inserted, "inserted") | dict.fromkeys(done.updated, "updated")
    return SyncResult(
        dataset_name=target.name,
        dataset_id=None if dataset is None else dataset.dataset_id,
        inserted=len(done.inserted),
        updated=len(done.updated),
        unchanged=len(done.unchanged),
        conflicts=account.conflicts,
        resolved=account.resolved,
        skipped=account.skipped,
        unlabeled=account.unlabeled,
        wrapped=account.wrapped,
        refused=account.refused,
        changes=[
            SyncChange(actions[patch.key], traces[patch.key], dict(patch.expectations))
            for patch in patches
            if patch.key in actions
        ],
        created=target.info is None,
        dry_run=dry_run,
    )


def _merge(
    target: SyncTarget, patches: list[RecordPatch], *, by: str, dry_run: bool
) -> tuple[DatasetInfo | None, MergeResult]:
    if target.info is None and dry_run:
        plan = plan_merge({}, folded(patches), dataset_id="", by=by, now=0)
        return None, plan.result
    info = target.info or define_dataset(target.store, target.name)
    return info, merge_in_batches(target.store, info.dataset_id, patches, by=by, dry_run=dry_run)


def _skipped(store: Store, session_id: str) -> dict[str, tuple[bool, set[str]]]:
    """By item that somebody skipped: whether all who touched it did, and who."""
    columns = store.status_columns(session_id)
    at_work: set[str] = set()
    found: dict[str, set[str]] = {}
    for item_id, reviewer, state in zip(
        columns["item_id"], columns["reviewer"], columns["state"], strict=True
    ):
        if state == "skipped":
            found.setdefault(cast(str, item_id), set()).add(person(cast(str, reviewer)))
        elif state != "pending":
            at_work.add(cast(str, item_id))
    return {item_id: (item_id not in at_work, who) for item_id, who in found.items()}


def _answers(
    store: Store, session_id: str, skipped: set[tuple[str, str]]
) -> dict[str, dict[str, list[tuple[int, Answer]]]]:
    """The expectations that count, by `_key`: in force, not of a reviewer who skipped the trace."""
    columns = store.assessment_columns(session_id)
    found: dict[str, dict[str, list[tuple[int, Answer]]]] = {}
    rows = zip(
        columns["item_id"], columns["name"], columns["kind"], columns["value"], columns["source_type"],
        columns["source_id"], columns["span_id"], columns["anchor"], columns["create_time_ms"], strict=True,
    )  # fmt: skip
    for order, row in enumerate(rows):
        item_id, name, kind, value, source_type, who, span_id, anchor, time = row
        if kind != "expectation" or source_type != "HUMAN" or value is None:
            continue
        if anchor is not None:
            continue
        if (cast(str, item_id), person(cast(str, who))) in skipped:
            continue
        answer = Answer(cast(str, who), value, cast(int, time), cast(str, item_id))
        of_item = found.setdefault(_key(answer.trace_id, cast("str | None", span_id)), {})
        of_item.setdefault(cast(str, name), []).append((order, answer))
    return found


def _key(item_id: str, span_id: str | None) -> str:
    """A trace, or one turn of a conversation: labels on a later turn carry its root span."""
    return item_id if span_id is None else f"{item_id}\n{span_id}"


def _groups(
    store: Store,
    session_id: str,
    answers: Mapping[str, Answers],
    left_out: set[str],
    account: _Account,
    include_unlabeled: bool,
) -> Iterator[_Group]:
    """The traces, and the turns of conversations, by equal inputs, in the order of the session."""
    groups: dict[str, _Group] = {}
    for item, trace in store.traces(session_id):
        if item.item_id in left_out:
            account.skipped += 1
            continue
        for part in turn_parts(trace):
            given = answers.get(_key(item.item_id, part.span_id), {})
            if not given and not include_unlabeled:
                account.unlabeled += 1
                continue
            try:
                inputs = root_inputs(part.trace)
            except InvalidValueError as error:
                account.refused.append(SyncRefusal(item.item_id, str(error)))
                continue
            account.wrapped += not isinstance(part.trace.inputs, dict)
            # Spans are what is large in a trace, and a record has none.
            group = groups.setdefault(canonical_key(inputs), _Group(inputs, item, part.trace))
            if item not in group.items[-1:]:
                group.items.append(item)
            for name, found in given.items():
                group.answers.setdefault(name, []).extend(found)
    return iter(groups.values())


def _patch(group: _Group, choose: Choose, account: _Account) -> RecordPatch | None:
    expectations: dict[str, JsonValue] = {}
    tags: dict[str, JsonValue] = {}
    sources = {item.item_id: item.source_trace_id for item in group.items}
    for name, found in group.answers.items():
        given = [answer for _, answer in sorted(found, key=lambda one: one[0])]
        value, who = given[-1].value, given[-1].reviewer
        if disagree(given):
            trace_id = given[-1].trace_id
            conflict = Conflict(trace_id, sources[trace_id], name, tuple(given), value)
            settled, value = choose(conflict)
            (account.resolved if settled else account.conflicts).append(
                replace(conflict, value=value)
            )
            agreeing = [
                answer.reviewer
                for answer in given
                if canonical_json(answer.value) == canonical_json(value)
            ]
            who = agreeing[-1] if agreeing else ", ".join(conflict.reviewers)
        if value is not None:
            expectations[name] = value
            tags[REVIEWER_TAG + name] = who
    patch = RecordPatch(
        inputs=group.inputs,
        # Only a new record takes the response: expectations alone are synced into one that is there.
        outputs=group.trace.outputs,
        expectations=expectations,
        tags=tags,
        source=trace_source(group.trace, _origin(group.item, group.trace)),
    )
    # Of a record that is too large, the response is what can be left out.
    for smaller in (patch, replace(patch, outputs=None)):
        try:
            return checked_patch(smaller, f"The record of trace {group.item.item_id}")
        except InvalidValueError as error:
            refusal = SyncRefusal(group.item.item_id, str(error))
    account.refused.append(refusal)
    return None


def _origin(item: Item, trace: Trace) -> str:
    """The trace that was copied; an item that was made from a record has none but itself."""
    made_from = trace.metadata.get("dataset_record_id")
    return item.item_id if made_from == item.source_trace_id else item.source_trace_id
