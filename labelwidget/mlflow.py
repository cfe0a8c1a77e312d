"""labelwidget with MLflow: the store on a tracking server, review queues, judges.

```
labelwidget.connect("mlflow:")                       # the active tracking URI and experiment
labelwidget.connect("mlflow+http://localhost:5000")  # another one

session = labelwidget.mlflow.open_review_queue("first look")
labelwidget.ReviewWidget(session)
```
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path

from labelwidget.errors import InvalidValueError, StoreReadOnlyError, shown
from labelwidget.labeling import LabelingSession
from labelwidget.model.json import dumps, loads
from labelwidget.review.mlflow_sessions import import_session, refresh_session
from labelwidget.store import use_store
from labelwidget.store.base import Store
from labelwidget.store.mlflow.faults import MlflowError
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from labelwidget.store.mlflow.server import Server

__all__ = ["connect", "open_store", "refresh", "store_for"]

_CACHE = "LABELWIDGET_MLFLOW_CACHE"
_FOLDER = ".labelwidget"
_EXPERIMENTS = "mlflow-experiments.json"

_lock = threading.RLock()
_stores: dict[Path, MlflowStore] = {}


def open_store(url: str, *, journal: bool = True) -> MlflowStore:
    """Open the store that an address names; what `labelwidget.connect` calls.

    Args:
        url: `mlflow:` for the active tracking URI, else `mlflow+` and a tracking URI.
        journal: See `labelwidget.connect`.

    Raises:
        InvalidValueError: The address cannot be read.
        MissingExtraError: MLflow is not installed, or too old.
        MlflowError: The server does not answer.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "mlflow" and not rest.strip("/"):
        return store_for(journal=journal)
    if not scheme.startswith("mlflow+"):
        raise InvalidValueError(
            f"{shown(url)} names no MLflow server. It looks like 'mlflow:' for the active tracking URI, "
            "'mlflow+http://localhost:5000' or 'mlflow+sqlite:///mlflow.db'."
        )
    return store_for(url.removeprefix("mlflow+"), journal=journal)


def connect(
    tracking_uri: str | None = None,
    *,
    experiment: str | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> MlflowStore:
    """Open the store on an MLflow server and make it the current one.

    Args:
        tracking_uri: MLflow's tracking URI; the active one when None.
        experiment: Name of the experiment, made when it is not there; the active one when None.
        cache: The file on this machine that labels are kept in first. None takes one in the folder `.labelwidget` of the
            working directory (or in the folder that `LABELWIDGET_MLFLOW_CACHE` names).

    Returns:
        The store, with `pending()`, `flush()`, `problems()` and `retry()`.

    Raises:
        MissingExtraError: MLflow is not installed, or too old.
        MlflowError: The server does not answer.
        StoreError: The file cannot be opened.
    """
    store = store_for(tracking_uri, experiment=experiment, cache=cache)
    use_store(store)
    return store


def store_for(
    tracking_uri: str | None = None,
    *,
    experiment: str | None = None,
    cache: str | os.PathLike[str] | None = None,
    journal: bool = True,
) -> MlflowStore:
    """The store on an MLflow server, opened once in a process; see `connect`."""
    server = Server(tracking_uri, experiment)
    folder = _cache_folder() if cache is None else Path(cache).expanduser().absolute().parent
    _find_experiment(server, experiment, folder)
    path = folder / (_cache_name(server) if cache is None else Path(cache).name)
    with _lock:
        known = _stores.get(path)
        if known is None or known.server.uri != server.uri:
            known = _stores[path] = MlflowStore(server, path, import_session, journal=journal)
        return known


def open_stores() -> list[MlflowStore]:
    """The stores that this process has opened."""
    with _lock:
        return list(_stores.values())


def forget_stores() -> None:
    """Open stores anew at the next use; whoever holds one keeps it."""
    with _lock:
        _stores.clear()


def _cache_folder() -> Path:
    folder = Path(os.environ.get(_CACHE) or _FOLDER).expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreReadOnlyError(
            f"The folder {folder}, where labels for MLflow are kept first, cannot be made ({error.strerror}). Name "
            f"another one by the environment variable {_CACHE}."
        ) from None
    return folder


def _cache_name(server: Server) -> str:
    digest = hashlib.sha256(f"{server.uri}\n{server.experiment_id}".encode()).hexdigest()[:16]
    return f"mlflow-{digest}.db"


def _find_experiment(server: Server, name: str | None, folder: Path) -> None:
    """Ask the server for the experiment's id, or remember it from last time: labelling goes on without a server."""
    key = f"{server.uri} {name or ''}"
    index = folder / _EXPERIMENTS
    try:
        known = loads(index.read_bytes()) if index.is_file() else {}
    except (OSError, InvalidValueError):
        known = {}
    known = known if isinstance(known, dict) else {}
    try:
        found = server.experiment_id
    except MlflowError as fault:
        remembered = known.get(key)
        if not fault.kind.stops_all or not isinstance(remembered, str):
            raise
        server.experiment_id = remembered
        return
    if server.is_remote and known.get(key) != found:
        with suppress(OSError):
            index.write_bytes(dumps({**known, key: found}))


def refresh(session: LabelingSession) -> int:
    """Bring labels of the session that were given elsewhere: on another machine, or in MLflow's own UI.

    Args:
        session: A session of an MLflow store.

    Returns:
        How many labels and states are new here.

    Raises:
        InvalidValueError: The session is not in an MLflow store.
        MlflowError: The server does not answer.
    """
    return refresh_session(mlflow_store(session), session.labeling_session_id)


def mlflow_store(session: LabelingSession) -> MlflowStore:
    """The MLflow store of a session.

    Raises:
        InvalidValueError: It is in another store.
    """
    store: Store = session.store
    if not isinstance(store, MlflowStore):
        raise InvalidValueError(
            f"Session {shown(session.name)} is in {store.url}, which is no MLflow store. "
            "Make it after labelwidget.connect('mlflow:')."
        )
    return store
