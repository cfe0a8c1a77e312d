"""Makes the code that was written for `mlflow.genai.labeling` run on open-source MLflow.

```
import labelwidget

labelwidget.enable_mlflow_labeling()   # the one line; before `from mlflow.genai.label_schemas import …`

import mlflow

session = mlflow.genai.labeling.create_labeling_session("first look", label_schemas=["helpful"])
session.add_traces(mlflow.search_traces())
labelwidget.ReviewWidget(session)
```

MLflow has the functions and a place to register a store for them, but brings a store for Databricks alone. This module
registers ours for every other kind of tracking URI, and replaces the functions for label schemas and the review app, which
have no such place. It is opt-in, `disable_mlflow_labeling` undoes it, and where MLflow has a store of its own for the
active tracking URI nothing is replaced.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from labelwidget.errors import MissingExtraError, NotFoundError, shown
from labelwidget.labeling import LabelingSession, delete_labeling_session, start_session
from labelwidget.mlflow import store_for
from labelwidget.mlflow_functions import (
    active_scheme,
    create_label_schema,
    delete_label_schema,
    get_label_schema,
    put_back,
    replace_functions,
    served,
    store_of,
)
from labelwidget.model import LabelSchema
from labelwidget.store.mlflow.installed import module, tracking_uri
from labelwidget.store.mlflow.mlflow_store import MlflowStore

__all__ = [
    "LabelingStore",
    "disable_mlflow_labeling",
    "enable_mlflow_labeling",
]

_SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "file", "")
_lock = threading.RLock()


class _Registry(Protocol):
    """What is used of `mlflow.genai.labeling.stores.LabelingStoreRegistry`."""

    _registry: dict[str, object]

    def register(self, scheme: str, store_builder: object) -> None: ...


def enable_mlflow_labeling() -> bool:
    """Let `mlflow.genai.labeling` and `mlflow.genai.label_schemas` work on the active, non-Databricks tracking URI.

    Call it before functions are imported by name from these modules: `from … import create_label_schema` keeps what stood
    there at that moment. Calling it again changes nothing.

    Returns:
        True when it is enabled; False, with a warning, when MLflow has a store of its own for the active tracking URI.

    Raises:
        MissingExtraError: MLflow is not installed, or has no place for labeling stores.
    """
    module("mlflow.genai.labeling")
    try:
        stores = module("mlflow.genai.labeling.stores")
    except MissingExtraError:
        version = module("mlflow").__version__
        raise MissingExtraError(
            f"MLflow {version} has no place for labeling stores. Update it (pip install --upgrade 'labelwidget[mlflow]'), or "
            "use labelwidget.connect('mlflow:') and labelwidget.create_labeling_session()."
        ) from None
    registry = cast(_Registry, stores._labeling_store_registry)  # noqa: SLF001
    known = registry._registry  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    with _lock:
        if known.get(active_scheme()) not in (None, LabelingStore):
            warnings.warn(
                f"MLflow {module('mlflow').__version__} has a labeling store of its own for {shown(tracking_uri())}; "
                "labelwidget steps aside. Nothing was changed.",
                stacklevel=2,
            )
            return False
        for scheme in _SCHEMES:
            if scheme not in known:
                registry.register(scheme, LabelingStore)
                served.append(scheme)
        base = stores.AbstractLabelingStore
        cast("Callable[[type], object]", base.register)(LabelingStore)
        replace_functions()
    return True


def disable_mlflow_labeling() -> None:
    """Undo `enable_mlflow_labeling`: everything of MLflow is as it was. Sessions and labels stay."""
    with _lock:
        put_back()
        if served:
            stores = module("mlflow.genai.labeling.stores")
            known = cast("dict[str, object]", stores._labeling_store_registry._registry)  # noqa: SLF001
            for scheme in served:
                if known.get(scheme) is LabelingStore:
                    del known[scheme]
            served.clear()


_session_classes: dict[type[object], type[object]] = {}


def _session_class() -> Callable[..., LabelingSession]:
    """Our session, which is also an instance of MLflow's class."""
    theirs = cast("type[object]", module("mlflow.genai.labeling").LabelingSession)
    if theirs not in _session_classes:
        _session_classes[theirs] = type("LabelingSession", (LabelingSession, theirs), {})
    return cast("Callable[..., LabelingSession]", _session_classes[theirs])


class LabelingStore:
    """The store that `mlflow.genai.labeling` works with; see `mlflow.genai.labeling.stores.AbstractLabelingStore`.

    Args:
        tracking_uri: MLflow's tracking URI; the active one when None.
    """

    def __init__(self, tracking_uri: str | None = None) -> None:
        self._uri = tracking_uri

    def _store(self, experiment_id: str | None = None) -> MlflowStore:
        return store_for(self._uri) if experiment_id is None else store_of(experiment_id)

    def _session(self, session: LabelingSession) -> LabelingSession:
        return _session_class()(session.store, session.info)

    def create_labeling_session(
        self,
        name: str,
        *,
        assigned_users: Sequence[str] | None = None,
        agent: str | None = None,
        label_schemas: Sequence[str | LabelSchema] | None = None,
        enable_multi_turn_chat: bool = False,
        custom_inputs: Mapping[str, object] | None = None,
        experiment_id: str | None = None,
    ) -> LabelingSession:
        """See `labelwidget.create_labeling_session`."""
        store = self._store(experiment_id)
        known = [one.agent_name for one in store.agents()]
        if agent is not None and agent not in known:
            raise NotFoundError(
                f"Agent {shown(agent)} not found. Add it first with get_review_app().add_agent(). There are: {shown(known, 300)}."
            )
        names = [
            getattr(schema, "name", schema) if not isinstance(schema, str) else schema
            for schema in label_schemas or []
        ]
        return self._session(
            start_session(
                store, name, assigned_users=assigned_users, agent=agent, label_schemas=names,
                enable_multi_turn_chat=enable_multi_turn_chat, custom_inputs=custom_inputs,
            )
        )  # fmt: skip

    def get_labeling_session(self, run_id: str) -> LabelingSession:
        """The session of a run.

        Raises:
            NotFoundError: There is none.
        """
        store = self._store()
        info = store.session(run_id)
        if info is None:
            raise NotFoundError(
                f"Labeling session with run_id {shown(run_id)} not found in experiment {store.experiment_id} of {store.url}."
            )
        return _session_class()(store, info)

    def get_labeling_sessions(self, experiment_id: str | None = None) -> list[LabelingSession]:
        """All sessions of the experiment, newest first."""
        store = self._store(experiment_id)
        return [_session_class()(store, info) for info in store.sessions()]

    def delete_labeling_session(self, labeling_session: LabelingSession) -> None:
        """See `labelwidget.delete_labeling_session`."""
        delete_labeling_session(labeling_session)

    def get_label_schema(self, name: str) -> object:
        """See `labelwidget.get_label_schema`."""
        return get_label_schema(name)

    def create_label_schema(self, name: str, **options: object) -> object:
        """See `labelwidget.create_label_schema`."""
        return cast("Callable[..., object]", create_label_schema)(name, **options)

    def delete_label_schema(self, name: str) -> None:
        """See `labelwidget.delete_label_schema`."""
        delete_label_schema(name)

    # MLflow's session calls these; ours, which is made above, has the methods itself.
    def add_dataset_to_session(
        self,
        labeling_session: LabelingSession,
        dataset_name: str,
        record_ids: Sequence[str] | None = None,
    ) -> LabelingSession:
        """See `LabelingSession.add_dataset`."""
        return labeling_session.add_dataset(dataset_name, record_ids)

    def add_traces_to_session(
        self, labeling_session: LabelingSession, traces: Sequence[object]
    ) -> LabelingSession:
        """See `LabelingSession.add_traces`."""
        return labeling_session.add_traces(traces)

    def sync_session_expectations(self, labeling_session: LabelingSession, dataset: str) -> None:
        """See `LabelingSession.sync`."""
        labeling_session.sync(to_dataset=dataset)

    def set_session_assigned_users(
        self, labeling_session: LabelingSession, assigned_users: Sequence[str]
    ) -> LabelingSession:
        """See `LabelingSession.set_assigned_users`."""
        return labeling_session.set_assigned_users(assigned_users)
