"""The rules for making, finding and filling evaluation datasets."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model.dataset import DatasetInfo, MergeResult, RecordPatch, folded
from labelwidget.review.reviewer import default_reviewer
from labelwidget.review.rules import now_ms
from labelwidget.store.dataset_store import DatasetStore

__all__ = [
    "MAX_DATASET_NAME",
    "define_dataset",
    "find_dataset",
    "find_dataset_by",
    "matching",
    "merge_in_batches",
]

MAX_DATASET_NAME = 250
_MAX_TAGS = 100
_MAX_TAG_KEY = 250
_MAX_TAG_VALUE = 5_000

BATCH = 500
"""Records a transaction: a reviewer who saves a label at the same time does not wait for all of them."""


def define_dataset(
    store: DatasetStore, name: str, tags: Mapping[str, object] | None = None
) -> DatasetInfo:
    """Check and keep a new dataset; see `labelwidget.create_dataset`.

    Raises:
        InvalidValueError: The name or a tag breaks a rule.
        AlreadyExistsError: The name is taken.
    """
    stamp, who = now_ms(), default_reviewer()
    info = DatasetInfo(
        dataset_id=f"d-{uuid.uuid4().hex}",
        name=checked_name(name),
        tags=_tags(tags),
        created_time=stamp,
        last_update_time=stamp,
        created_by=who,
        last_updated_by=who,
    )
    return store.put_dataset(info)


def checked_name(name: object) -> str:
    """A usable name of a dataset.

    Raises:
        InvalidValueError: Not a text, blank or too long.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_DATASET_NAME:
        raise InvalidValueError(
            f"The name of the dataset is {shown(name)}; pass a text of 1 to {MAX_DATASET_NAME} characters."
        )
    return name


def find_dataset_by(
    store: DatasetStore, *, name: str | None = None, dataset_id: str | None = None
) -> DatasetInfo:
    """The dataset of a name or of an id; exactly one of them is given.

    Raises:
        InvalidValueError: Both or none given, or several datasets have the name.
        NotFoundError: There is none; the message names those that there are.
    """
    if (name is None) == (dataset_id is None):
        raise InvalidValueError(
            "Pass either the name or the dataset_id of the dataset, like get_dataset('answers')."
        )
    found = (
        _named(store, checked_name(name)) if name is not None else store.dataset(dataset_id or "")
    )
    if found is None:
        known = [f"{info.name} ({info.dataset_id})" for info in store.datasets()[:5]]
        raise NotFoundError(
            f"There is no dataset {shown(name if name is not None else dataset_id)}. Newest datasets: {shown(known, 500)}. "
            "Make one with create_dataset()."
        )
    return found


def find_dataset(store: DatasetStore, reference: str) -> DatasetInfo | None:
    """The dataset with a name or, failing that, with an id; None when there is none."""
    return _named(store, checked_name(reference)) or store.dataset(reference)


def _named(store: DatasetStore, name: str) -> DatasetInfo | None:
    # A store of another kind may know a name several times.
    found = store.datasets(name)
    if len(found) > 1:
        ids = ", ".join(info.dataset_id for info in found[:5])
        raise InvalidValueError(
            f"{len(found)} datasets are called {shown(name)}: {ids}. Pass the dataset_id of the one that is meant."
        )
    return found[0] if found else None


def merge_in_batches(
    store: DatasetStore,
    dataset_id: str,
    patches: Sequence[RecordPatch],
    *,
    by: str,
    dry_run: bool = False,
) -> MergeResult:
    """Merge any number of records, some hundreds a transaction; what an interrupt leaves out, the next merge adds."""
    result = MergeResult([], [], [])
    once = folded(patches)
    for start in range(0, len(once), BATCH):
        part = store.merge_records(dataset_id, once[start : start + BATCH], by=by, dry_run=dry_run)
        for whole, keys in zip(result, part, strict=True):
            whole.extend(keys)
    return result


def _tags(tags: Mapping[str, object] | None) -> dict[str, str]:
    if tags is None:
        return {}
    if not isinstance(tags, Mapping) or len(tags) > _MAX_TAGS:
        raise InvalidValueError(f"tags is {shown(tags)}; pass a dict of at most {_MAX_TAGS} texts.")
    found: dict[str, str] = {}
    for key, value in tags.items():
        text = value if isinstance(value, str) else str(value)
        if not isinstance(key, str) or not key.strip() or len(key) > _MAX_TAG_KEY:
            raise InvalidValueError(
                f"tags has the key {shown(key)}; keys are texts of 1 to {_MAX_TAG_KEY} characters."
            )
        if len(text) > _MAX_TAG_VALUE:
            raise InvalidValueError(
                f"The tag {shown(key)} has {len(text):,} characters; {_MAX_TAG_VALUE:,} is the most."
            )
        found[key] = text
    return found


_CONDITION = re.compile(
    r"\s*(?P<field>name|created_by|last_updated_by|tags\.(?:`[^`]+`|[^\s=!]+))\s*"
    r"(?P<op>=|!=|LIKE\b|ILIKE\b)\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\")\s*(?P<more>AND\b|$)",
    re.IGNORECASE,
)


def matching(filter_string: str | None) -> Callable[[DatasetInfo], bool]:
    """The test that a filter describes.

    Args:
        filter_string: Conditions joined by AND, like `name LIKE 'qa%' AND tags.team = 'search'`; None lets everything through.

    Raises:
        InvalidValueError: The filter cannot be read.
    """
    if filter_string is None or not filter_string.strip():
        return lambda _: True
    tests: list[Callable[[DatasetInfo], bool]] = []
    start, more = 0, "AND"
    while more:
        found = _CONDITION.match(filter_string, start)
        if found is None:
            raise InvalidValueError(
                f"The filter {shown(filter_string, 200)} cannot be read from character {start + 1} on. Conditions are "
                "name, created_by, last_updated_by or tags.<key>, then =, !=, LIKE or ILIKE, then a text in quotes; joined by AND."
            )
        tests.append(_condition(found))
        start, more = found.end(), found["more"]
    return lambda info: all(test(info) for test in tests)


def _condition(found: re.Match[str]) -> Callable[[DatasetInfo], bool]:
    wanted = found["single"] if found["single"] is not None else found["double"]
    field, op = found["field"], found["op"].upper()
    if op in ("LIKE", "ILIKE"):
        parts = (
            ".*" if part == "%" else "." if part == "_" else re.escape(part) for part in wanted
        )
        flags = re.DOTALL | (re.IGNORECASE if op == "ILIKE" else re.NOFLAG)
        pattern = re.compile("".join(parts), flags)
        return lambda info: pattern.fullmatch(_field(info, field) or "") is not None
    if op == "!=":
        return lambda info: _field(info, field) != wanted
    return lambda info: _field(info, field) == wanted


def _field(info: DatasetInfo, field: str) -> str | None:
    if field.lower().startswith("tags."):
        return info.tags.get(field[len("tags.") :].strip("`"))
    return {
        "name": info.name,
        "created_by": info.created_by,
        "last_updated_by": info.last_updated_by,
    }[field.lower()]
