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
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from labelwidget.errors import InvalidValueError, StoreError, StoreReadOnlyError, shown
from labelwidget.labeling import LabelingSession
from labelwidget.model.json import dumps, loads
from labelwidget.review.mlflow_queues import askable, open_queue, push_queue, refresh_queue
from labelwidget.review.mlflow_sessions import import_session, refresh_session
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.store import use_store
from labelwidget.store.base import Store
from labelwidget.store.mlflow.faults import MlflowError
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from labelwidget.store.mlflow.run_tags import queue_of
from labelwidget.store.mlflow.server import Server

__all__ = [
    "connect",
    "mlflow_store",
    "open_review_queue",
    "open_store",
    "push_review_queue",
    "refresh",
    "store_for",
    "traces_for_alignment",
]

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


def refresh(session: LabelingSession, *, user: str | None = None) -> int:
    """Bring labels of the session that were given elsewhere: on another machine, or in MLflow's own UI.

    Args:
        session: A session of an MLflow store.
        user: Who reviews here; what is decided in a review queue is decided for them too.

    Returns:
        How many labels and states are new here.

    Raises:
        InvalidValueError: The session is not in an MLflow store.
        MlflowError: The server does not answer.
    """
    store = mlflow_store(session)
    info = store.session(session.labeling_session_id) or session.info
    reviewer = checked_reviewer(user)
    new = 0
    if queue_of(info) is None:
        new = refresh_session(store, session.labeling_session_id)
    return new + refresh_queue(store, info, reviewer)


def open_review_queue(
    name: str, *, user: str | None = None, store: MlflowStore | None = None
) -> LabelingSession:
    """Open one of MLflow's review queues, to be reviewed in the widget.

    What is answered, completed, skipped and opened again in the widget shows in MLflow's Review tab. What is done there
    comes here when the queue is opened again, or by `refresh(session)`.

    Args:
        name: The queue's name in the experiment, or its id.
        user: Who reviews here; None takes JupyterHub's user or the operating system's.
        store: The MLflow store; the one of the active tracking URI when None.

    Returns:
        A session with the queue's questions and traces, for `ReviewWidget(session, user=…)`.

    Raises:
        NotFoundError: There is no such queue.
        MissingExtraError: MLflow is older than 3.14.
        MlflowError: The server does not answer.
    """
    home = store_for() if store is None else store
    return LabelingSession(home, open_queue(home, name, checked_reviewer(user)))


def push_review_queue(
    session: LabelingSession,
    *,
    name: str | None = None,
    users: Sequence[str] | None = None,
    schemas: Sequence[str] | None = None,
) -> str:
    """Make a review queue of a session, for people who review in MLflow's own Review tab.

    Their answers land on the session's traces and come here by `refresh(session)`; states go both ways.

    Args:
        session: A session of an MLflow store.
        name: The queue's name; the session's when None.
        users: Who reviews, at most ten; the session's assigned users when None.
        schemas: Names of the questions to ask; all when None, but those that ask for lists of texts, which MLflow's Review
            tab does not have.

    Returns:
        The queue's id.

    Raises:
        InvalidValueError: The session is not in an MLflow store, a question cannot be asked there, too many users.
        AlreadyExistsError: The experiment has a queue of this name.
        StoreError: The session's traces are not at the server yet.
    """
    store = mlflow_store(session)
    questions = session.questions()
    if schemas is not None:
        wanted = list(schemas)
        questions = [question for question in questions if question.name in wanted]
    elif len(askable(questions)) < len(questions):
        left_out = [one.name for one in questions if one not in askable(questions)]
        warnings.warn(
            f"MLflow's Review tab has no lists of texts: {shown(left_out, 300)} is not asked there.",
            stacklevel=2,
        )
        questions = askable(questions)
    if store.flush():
        raise StoreError(
            f"{store.pending():,} changes are not at the MLflow server yet, so that the queue would lack traces. "
            "See store.problems(), then push again."
        )
    queue = push_queue(
        store,
        session.info,
        questions,
        name=name or session.name,
        users=session.assigned_users if users is None else users,
    )
    return queue.queue_id


def traces_for_alignment(session: LabelingSession, judge: object) -> list[object]:
    """The traces that a judge can learn from: `judge.align(traces=labelwidget.mlflow.traces_for_alignment(session, judge))`.

    MLflow aligns a judge to feedback by people that has the judge's name: ask a question of that name.

    Args:
        session: A session of an MLflow store.
        judge: The judge, or its name.

    Returns:
        `mlflow.entities.Trace` objects: those with feedback of that name by a person in force, in the order added.

    Raises:
        InvalidValueError: The session asks no question of the judge's name, or is not in an MLflow store.
        StoreError: Labels of the session are not at the server yet.
    """
    store = mlflow_store(session)
    name = judge if isinstance(judge, str) else getattr(judge, "name", None)
    if not isinstance(name, str) or name not in session.label_schemas:
        raise InvalidValueError(
            f"Session {shown(session.name)} asks no question {shown(name)}; it asks {shown(session.label_schemas, 300)}. Labels "
            "align a judge when the question has the judge's name."
        )
    if store.flush():
        raise StoreError(
            f"{store.pending(session.labeling_session_id):,} labels are not at the MLflow server yet. See store.problems()."
        )
    columns = store.assessment_columns(session.labeling_session_id)
    labelled = {
        str(item_id)
        for item_id, asked, kind, value in zip(
            columns["item_id"], columns["name"], columns["kind"], columns["value"], strict=True
        )
        if asked == name and kind == "feedback" and value is not None
    }
    order = {
        str(item_id): place
        for place, item_id in enumerate(store.item_columns(session.labeling_session_id)["item_id"])
    }
    found = store.server.trace_entities(session.labeling_session_id, labelled)
    return [trace for _, trace in sorted(found, key=lambda one: order[one[0]])]


def mlflow_store(session: LabelingSession) -> MlflowStore:
    """The MLflow store of a session, for its `pending()`, `flush()`, `problems()` and `retry()`.

    Raises:
        InvalidValueError: The session is in another store.
    """
    store: Store = session.store
    if not isinstance(store, MlflowStore):
        raise InvalidValueError(
            f"Session {shown(session.name)} is in {store.url}, which is no MLflow store. "
            "Make it after labelwidget.connect('mlflow:')."
        )
    return store
