"""Every error that labelwidget raises on purpose.

```
LabelWidgetError (ValueError)
├── NotFoundError        a schema, session, trace, item, agent or dataset that does not exist
├── AlreadyExistsError   a name that is taken
├── InvalidValueError    a value, message or file that breaks a rule
├── NotAssignedError     a reviewer who may look but not label
├── ConflictError        the thing changed elsewhere since it was read
├── StoreError           the store cannot be opened, read or written
│   ├── StoreBusyError       another program holds it: trying again may help
│   ├── StoreReadOnlyError   it can be read but not written
│   ├── StoreCorruptError    it is damaged or not a labelwidget store
│   └── StoreVersionError    it was made by a newer or older labelwidget
└── MissingExtraError    an optional part is not installed
```

Messages say what is wrong, with which value, where, and what to do.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class LabelWidgetError(ValueError):
    """Base of all errors of labelwidget. A `ValueError`, as in the peer API."""

    code = "error"


class NotFoundError(LabelWidgetError):
    """Something was named that does not exist."""

    code = "not_found"


class AlreadyExistsError(LabelWidgetError):
    """A name is taken and `overwrite` was not asked for."""

    code = "already_exists"


class InvalidValueError(LabelWidgetError):
    """A value, message or file breaks a rule; nothing was changed."""

    code = "invalid_value"


class NotAssignedError(LabelWidgetError):
    """The reviewer is not assigned to the session: they may look, not label."""

    code = "not_assigned"


class ConflictError(LabelWidgetError):
    """The thing changed elsewhere since it was read; nothing was changed."""

    code = "conflict"


class StoreError(LabelWidgetError):
    """The store could not do what was asked; nothing was half-written."""

    code = "store"


class StoreBusyError(StoreError):
    """Another program holds the store; the same call may succeed later."""

    code = "store_busy"


class StoreReadOnlyError(StoreError):
    """The store can be read but not written."""

    code = "store_read_only"


class StoreCorruptError(StoreError):
    """The file is damaged or is not a labelwidget store."""

    code = "store_corrupt"


class StoreVersionError(StoreError):
    """The store was made by another version of labelwidget."""

    code = "store_version"


class MissingExtraError(LabelWidgetError):
    """An optional part is not installed; the message names the extra."""

    code = "missing_extra"


def shown(value: object, limit: int = 80) -> str:
    """A value as it may stand in an error message: short, on one line, with control characters escaped.

    Args:
        value: Anything. Strings are quoted.
        limit: Longest text in characters before it is cut with an ellipsis.

    Returns:
        Printable text that cannot move a terminal's cursor or reorder the line.
    """
    text = repr(value[: limit + 1]) if isinstance(value, str) else repr(value)
    text = _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return text if len(text) <= limit + 2 else text[:limit] + "…"
