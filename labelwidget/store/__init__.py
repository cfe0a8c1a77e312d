"""Where sessions, traces, questions and labels are kept.

```
labelwidget.connect("labels.db")                                # a file; `labelwidget.db` where nothing is said
labelwidget.connect("postgresql+psycopg://me@server/labels")    # a server for a team
```
"""

from __future__ import annotations

import os
import threading
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.store.base import AddResult, NewItem, Store, TouchedItem, Transaction

__all__ = [
    "AddResult",
    "NewItem",
    "Store",
    "TouchedItem",
    "Transaction",
    "connect",
    "current_store",
    "disconnect",
]

_VARIABLE = "LABELWIDGET_STORE"
_DEFAULT = "sqlite:///labelwidget.db"

# Scheme → the module that opens it with `open_store(url)`. Imported at the first connect: SQLAlchemy is slow to import.
_OPENERS = {
    "sqlite": "labelwidget.store.sql.opening",
    "postgresql": "labelwidget.store.sql.opening",
    "postgresql+psycopg": "labelwidget.store.sql.opening",
}
_SUPPORTED = "a file (labels.db or sqlite:///labels.db) and PostgreSQL (postgresql+psycopg://user@host/database)"

_lock = threading.RLock()
_current: Store | None = None


class _Opener(Protocol):
    def open_store(self, url: str) -> Store: ...


def connect(url: str | os.PathLike[str] | None = None) -> Store:
    """Open a store and make it the current one.

    Args:
        url: A file (`"labels.db"`, a `pathlib.Path`, `"sqlite:///labels.db"`) or a server
            (`"postgresql+psycopg://user@host/database"`). None means the environment variable `LABELWIDGET_STORE` and,
            without it, `labelwidget.db` in the working directory. A file that is not there is made.

    Returns:
        The store. A store that was current before stays usable by whoever holds it.

    Raises:
        InvalidValueError: An address that is not supported, or a folder that does not exist.
        StoreReadOnlyError: The file is not there and the folder is not writable.
        StoreCorruptError: The file is damaged or not a labelwidget store; it is left as it is.
        StoreVersionError: The store was made by a newer labelwidget; it is left as it is.
        StoreBusyError: Another program held the store for a minute.
        MissingExtraError: The driver is not installed.
    """
    global _current  # noqa: PLW0603  "current" is the point
    address = _address(url)
    scheme = address.split(":", 1)[0].lower()
    if scheme not in _OPENERS:
        raise InvalidValueError(
            f"A store of the kind {shown(scheme)} is not supported. Supported are {_SUPPORTED}."
        )
    opener = cast(_Opener, import_module(_OPENERS[scheme]))
    store = opener.open_store(address)
    with _lock:
        _current = store
    return store


def current_store() -> Store:
    """The store of the last `connect`; the default one is opened when there was none.

    Returns:
        The store.

    Raises:
        StoreError: See `connect`.
    """
    with _lock:
        return _current if _current is not None else connect()


def disconnect() -> None:
    """Close the current store, if there is one; the next use opens the default one."""
    global _current
    with _lock:
        store, _current = _current, None
    if store is not None:
        store.close()


def _address(url: str | os.PathLike[str] | None) -> str:
    if url is None:
        url = os.environ.get(_VARIABLE) or _DEFAULT
    if not isinstance(url, str):
        return f"sqlite:///{Path(url)}"
    if not url.strip():
        raise InvalidValueError(f"The address of the store is empty. Supported are {_SUPPORTED}.")
    scheme, colon, _ = url.partition(":")
    # One letter before a colon is a Windows drive.
    if colon and len(scheme) > 1 and (scheme.lower() in _OPENERS or "://" in url):
        return url
    return f"sqlite:///{url}"
