"""A labeling session as the tags of its MLflow run, and back.

One tag holds 5,000 characters in the oldest server that is supported, so that the session's record, with its questions, is
written in parts.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence

from labelwidget.errors import InvalidValueError, StoreCorruptError, shown
from labelwidget.model import LabelSchema, SessionInfo
from labelwidget.model.json import dumps_ascii, loads
from labelwidget.store.mlflow.entities import FoundRun

__all__ = [
    "BASE",
    "PUSHED",
    "QUEUE",
    "SESSION",
    "TYPE",
    "created_at",
    "is_session",
    "queue_of",
    "read",
    "tags_of",
    "user",
]

TYPE = "labelwidget.type"
SESSION = "labeling_session"
BASE: Mapping[str, str] = {TYPE: SESSION}
"""What marks a run as a session of ours."""

QUEUE = "mlflow.review_queue"
"""Key of `SessionInfo.settings`: the id of the review queue that the session is."""

PUSHED = "mlflow.pushed_queue"
"""Key of `SessionInfo.settings`: the id of the review queue that the session was pushed as."""

_PART = "labelwidget.record."
_PARTS = "labelwidget.records"
_DELETED = "labelwidget.deleted"
_PART_SIZE = 4_500


def user() -> str:
    """The user to write on runs: the operating system's."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no account by this number, as in some containers
        return "unknown"


def queue_of(info: SessionInfo | None) -> str | None:
    """The id of the review queue that a session is, or None."""
    found = None if info is None else info.settings.get(QUEUE)
    return found if isinstance(found, str) else None


def tags_of(info: SessionInfo, schemas: Sequence[LabelSchema]) -> dict[str, str]:
    """The session as tags.

    Args:
        info: The session.
        schemas: Its questions, in order.

    Returns:
        Tags to write over those that the run has.
    """
    record = dumps_ascii(
        {"session": info.model_dump(), "schemas": [schema.model_dump() for schema in schemas]}
    )
    parts = [record[start : start + _PART_SIZE] for start in range(0, len(record), _PART_SIZE)]
    return {
        **BASE,
        "mlflow.runName": info.name.encode("utf-8", "replace").decode("utf-8"),
        _DELETED: "true" if info.deleted_at is not None else "",
        _PARTS: str(len(parts)),
        **{f"{_PART}{number}": part for number, part in enumerate(parts)},
    }


def is_session(run: FoundRun) -> bool:
    """Whether the run is a whole session of ours that was not deleted."""
    return (
        run.tags.get(TYPE) == SESSION
        and run.tags.get(_PARTS, "").isdigit()
        and not run.tags.get(_DELETED)
        and not run.deleted
    )


def created_at(run: FoundRun) -> int:
    """When the session was made, milliseconds since 1970; 0 where the run does not say."""
    try:
        return read(run)[0].created_at
    except (StoreCorruptError, InvalidValueError):
        return 0


def read(run: FoundRun) -> tuple[SessionInfo, list[LabelSchema]]:
    """The session that a run holds, and its questions.

    Raises:
        StoreCorruptError: The tags are not as they were written.
    """
    count = run.tags.get(_PARTS, "")
    parts = [run.tags.get(f"{_PART}{number}") for number in range(int(count or "0"))]
    try:
        record = loads("".join(part or "" for part in parts))
        if not isinstance(record, dict):
            raise InvalidValueError("It is no object.")
        schemas = record["schemas"]
        return (
            SessionInfo.model_validate(record["session"]),
            [LabelSchema.model_validate(schema) for schema in schemas]
            if isinstance(schemas, list)
            else [],
        )
    except (ValueError, KeyError) as error:
        raise StoreCorruptError(
            f"The run {shown(run.run_id)} is marked as a labeling session, but its tags {_PART}* do not read as one "
            f"({type(error).__name__}). Somebody changed them; restore them, or remove the tag {TYPE}."
        ) from None
