"""Where sessions, traces, questions and labels are kept.

```
labelwidget.connect("labels.db")                                # a file; `labelwidget.db` where nothing is said
labelwidget.connect("postgresql+psycopg://me@server/labels")    # a server for a team
labelwidget.connect("mlflow:")                                  # MLflow, at its active tracking URI
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
    "migrate",
    "use_store",
]

_VARIABLE = "LABELWIDGET_STORE"
_DEFAULT = "sqlite:///labelwidget.db"

# Scheme → the module that opens it with `open_store(url)`. Imported at the first connect: SQLAlchemy is slow to import.
_OPENERS = {
    "sqlite": "labelwidget.store.sql.opening",
    "postgresql": "labelwidget.store.sql.opening",
    "postgresql+psycopg": "labelwidget.store.sql.opening",
    # Sessions that were made elsewhere are read by `readers`, which stand beside this floor: the opener is above both.
    "mlflow": "labelwidget.mlflow",
}
_SUPPORTED = (
    "a file (labels.db or sqlite:///labels.db), PostgreSQL (postgresql+psycopg://user@host/database) and MLflow (mlflow: or "
    "mlflow+http://host:5000)"
)

_lock = threading.RLock()
_current: Store | None = None


class _Opener(Protocol):
    def open_store(self, url: str, *, journal: bool) -> Store: ...


def connect(url: str | os.PathLike[str] | None = None, *, journal: bool = True) -> Store:
    """Open a store and make it the current one.

    Args:
        url: A file (`"labels.db"`, a `pathlib.Path`, `"sqlite:///labels.db"`), a server
            (`"postgresql+psycopg://user@host/database"`) or MLflow (`"mlflow:"` for its active tracking URI and experiment,
            `"mlflow+http://host:5000"` for another). None means the environment variable `LABELWIDGET_STORE` and,
            without it, `labelwidget.db` in the working directory. A file that is not there is made.
        journal: Beside a file, keep each label once more in `<file>.journal.jsonl`, from which labels come back when the
            file is damaged (`labelwidget.store.sql.rescue.rebuild`).

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
    address = _address(url)
    scheme = address.split(":", 1)[0].lower()
    module = _OPENERS.get("mlflow" if scheme.startswith("mlflow+") else scheme)
    if module is None:
        raise InvalidValueError(
            f"A store of the kind {shown(scheme)} is not supported. Supported are {_SUPPORTED}."
        )
    opener = cast(_Opener, import_module(module))
    store = opener.open_store(address, journal=journal)
    use_store(store)
    return store


def migrate(url: str | os.PathLike[str] | None = None) -> Store:
    """Open a store and bring it up to date for this version, on a server too, where that waits until it is asked for.

    Args:
        url: As `connect` takes it.

    Returns:
        The store; it does not become the current one.

    Raises:
        StoreVersionError: It was made by a newer labelwidget; it is left as it is.
        StoreError: It could not be brought up to date; it is as it was.
    """
    address = _address(url)
    if address.split(":", 1)[0].lower().startswith("mlflow"):
        raise InvalidValueError(
            f"{address} is kept by MLflow, which has its own command: mlflow db upgrade. labelwidget's file on this machine is "
            "brought up to date when it is opened."
        )
    from labelwidget.store.sql.opening import open_store

    return open_store(address, migrate=True)


def use_store(store: Store) -> None:
    """Make a store that is open the current one."""
    global _current  # noqa: PLW0603  "current" is the point
    with _lock:
        _current = store


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
