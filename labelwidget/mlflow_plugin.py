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
from types import ModuleType
from typing import NamedTuple, Protocol, cast

from labelwidget.errors import LabelWidgetError, MissingExtraError, NotFoundError, shown
from labelwidget.labeling import LabelingSession, delete_labeling_session, start_session
from labelwidget.mlflow import store_for
from labelwidget.model import LabelSchema
from labelwidget.review.schemas import define_schema, find_schema
from labelwidget.review_app import ReviewApp
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from labelwidget.store.mlflow.queues import Queues, input_from_mlflow
from labelwidget.store.mlflow.server import module, tracking_uri

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


class _Replaced(NamedTuple):
    """A name in a module, and what stood there."""

    where: ModuleType
    name: str
    original: object


_replaced: list[_Replaced] = []
_schemes: list[str] = []


def enable_mlflow_labeling() -> bool:
    """Let `mlflow.genai.labeling` and `mlflow.genai.label_schemas` work on the active, non-Databricks tracking URI.

    Call it before functions are imported by name from these modules: `from … import create_label_schema` keeps what stood
    there at that moment. Calling it again changes nothing.

    Returns:
        True when it is enabled; False, with a warning, when MLflow has a store of its own for the active tracking URI.

    Raises:
        MissingExtraError: MLflow is not installed, or has no place for labeling stores.
    """
    labeling = module("mlflow.genai.labeling")
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
        if known.get(_scheme()) not in (None, LabelingStore):
            warnings.warn(
                f"MLflow {module('mlflow').__version__} has a labeling store of its own for {shown(tracking_uri())}; "
                "labelwidget steps aside. Nothing was changed.",
                stacklevel=2,
            )
            return False
        for scheme in _SCHEMES:
            if scheme not in known:
                registry.register(scheme, LabelingStore)
                _schemes.append(scheme)
        base = stores.AbstractLabelingStore
        cast("Callable[[type], object]", base.register)(LabelingStore)
        if not _replaced:
            genai = module("mlflow.genai")
            places = [genai, labeling]
            try:
                schemas = module("mlflow.genai.label_schemas")
            except MissingExtraError:
                schemas = None
            if schemas is not None:
                _replace([schemas, genai], "create_label_schema", create_label_schema)
                _replace([schemas, genai], "get_label_schema", get_label_schema)
                _replace([schemas, genai], "delete_label_schema", delete_label_schema)
            _replace(places, "get_review_app", get_review_app)
            _replace(places, "delete_labeling_session", _delete_labeling_session)
    return True


def disable_mlflow_labeling() -> None:
    """Undo `enable_mlflow_labeling`: everything of MLflow is as it was. Sessions and labels stay."""
    with _lock:
        while _replaced:
            where, name, original = _replaced.pop()
            setattr(where, name, original)
        if _schemes:
            stores = module("mlflow.genai.labeling.stores")
            known = cast("dict[str, object]", stores._labeling_store_registry._registry)  # noqa: SLF001
            for scheme in _schemes:
                if known.get(scheme) is LabelingStore:
                    del known[scheme]
            _schemes.clear()


def _replace(places: Sequence[ModuleType], name: str, ours: object) -> None:
    original = getattr(places[0], name, None)
    if original is None:
        return
    for place in places:
        if getattr(place, name, None) is original:
            _replaced.append(_Replaced(place, name, original))
            setattr(place, name, ours)


def _original(name: str) -> Callable[..., object]:
    found = next((one.original for one in _replaced if one.name == name), None)
    if found is None:
        raise LabelWidgetError(
            "enable_mlflow_labeling() was undone; call it again, or use labelwidget's own functions."
        )
    return cast("Callable[..., object]", found)


def _scheme() -> str:
    utils = module("mlflow.utils.uri")
    return cast("Callable[[str], str]", utils.get_uri_scheme)(tracking_uri())


def _is_ours() -> bool:
    """Whether the active tracking URI is one that labelwidget serves, and not Databricks'."""
    return _scheme() in _schemes


# Label schemas -----------------------------------------------------------------------------------------------------


def create_label_schema(
    name: str,
    *,
    type: str,  # noqa: A002  MLflow's name
    input: object,  # noqa: A002
    instruction: str | None = None,
    enable_comment: bool = False,
    title: str | None = None,
    overwrite: bool = False,
    experiment_id: str | None = None,
) -> object:
    """As `mlflow.genai.label_schemas.create_label_schema`, with `title`, `overwrite` and lists on every tracking URI."""
    if not _is_ours():
        return _original("create_label_schema")(
            name, type=type, input=input, instruction=instruction, enable_comment=enable_comment, title=title,
            overwrite=overwrite, experiment_id=experiment_id,
        )  # fmt: skip
    store = store_for()
    if experiment_id not in (None, store.experiment_id):
        return _original("create_label_schema")(
            name, type=type, input=input, instruction=instruction, enable_comment=enable_comment,
            experiment_id=experiment_id,
        )  # fmt: skip
    schema = define_schema(
        store, name, type=type, input=input_from_mlflow(input), title=title, instruction=instruction,
        enable_comment=enable_comment, overwrite=overwrite,
    )  # fmt: skip
    return _as_mlflow(schema, input, _known_there(store, schema))


def _known_there(store: MlflowStore, schema: LabelSchema) -> str | None:
    """The id of MLflow's own label schema of the name, for its review queues; None where it cannot hold this one."""
    try:
        queues = Queues(store.server)
        known = {one.name: one.schema_id for one in queues.schemas().values()}
        return known.get(schema.name) or queues.create_schema(schema)
    except LabelWidgetError:
        return None


def get_label_schema(
    name: str | None = None, *, schema_id: str | None = None, experiment_id: str | None = None
) -> object:
    """As `mlflow.genai.label_schemas.get_label_schema`, by name alone on every tracking URI."""
    if not _is_ours() or name is None or schema_id is not None or experiment_id is not None:
        return _original("get_label_schema")(name, schema_id=schema_id, experiment_id=experiment_id)
    schema = find_schema(store_for(), name)
    return _as_mlflow(schema, _input_of(schema), None)


def delete_label_schema(name: str | None = None, *, schema_id: str | None = None) -> object:
    """As `mlflow.genai.label_schemas.delete_label_schema`, by name on every tracking URI."""
    if not _is_ours() or name is None or schema_id is not None:
        return _original("delete_label_schema")(name, schema_id=schema_id)
    store = store_for()
    if not store.delete_schema(name):
        find_schema(store, name)  # says that there is none, or that it is built in
    return None


def _input_of(schema: LabelSchema) -> object:
    """The question's input as MLflow's class of the same name, where MLflow has one."""
    known = module("mlflow.genai.label_schemas")
    kind = getattr(known, type(schema.input).__name__, None)
    fields = schema.input.model_dump(exclude={"kind", "descriptions"})
    try:
        return schema.input if kind is None else cast("Callable[..., object]", kind)(**fields)
    except TypeError:
        return schema.input


def _as_mlflow(schema: LabelSchema, given: object, schema_id: str | None) -> object:
    """The question as MLflow's `LabelSchema`, with our title."""
    known = module("mlflow.genai.label_schemas")
    kind = cast("type[object]", known.LabelSchema)
    ours = cast("Callable[..., object]", _titled(kind))
    made = ours(
        name=schema.name,
        type=cast("Callable[[str], object]", known.LabelSchemaType)(schema.type.value),
        input=given,
        instruction=schema.instruction,
        enable_comment=schema.enable_comment,
        **_identity(kind, schema, schema_id),
    )
    object.__setattr__(made, "title", schema.title)
    return made


def _identity(
    kind: type[object], schema: LabelSchema, schema_id: str | None
) -> Mapping[str, object]:
    """Fields that MLflow has since 3.14."""
    known = cast("Mapping[str, object]", getattr(kind, "__dataclass_fields__", {}))
    found: dict[str, object] = {
        "schema_id": schema_id or schema.schema_id,
        "created_by": schema.created_by,
        "created_at": schema.created_at,
        "updated_at": schema.updated_at,
    }
    return {name: value for name, value in found.items() if name in known}


_titled_classes: dict[type[object], type[object]] = {}


def _titled(kind: type[object]) -> type[object]:
    if kind not in _titled_classes:
        _titled_classes[kind] = type("LabelSchema", (kind,), {"title": None})
    return _titled_classes[kind]


# Sessions ----------------------------------------------------------------------------------------------------------


def get_review_app(experiment_id: str | None = None) -> object:
    """As `mlflow.genai.labeling.get_review_app`, on every tracking URI."""
    if not _is_ours():
        return _original("get_review_app")(experiment_id)
    return ReviewApp(_store_of(experiment_id))


def _delete_labeling_session(labeling_session: object) -> object:
    """As `mlflow.genai.labeling.delete_labeling_session`: the review app is returned, as the guides have it."""
    if not _is_ours() or not isinstance(labeling_session, LabelingSession):
        return _original("delete_labeling_session")(labeling_session)
    delete_labeling_session(labeling_session)
    return ReviewApp(store_for())


def _store_of(experiment_id: str | None) -> MlflowStore:
    if experiment_id is None:
        return store_for()
    active = store_for()
    if active.experiment_id == experiment_id:
        return active
    name = active.server.experiment_name(experiment_id)
    return store_for(experiment=name)


def _session_class() -> Callable[..., LabelingSession]:
    """Our session, which is also an instance of MLflow's class."""
    theirs = cast("type[object]", module("mlflow.genai.labeling").LabelingSession)
    if theirs not in _titled_classes:
        _titled_classes[theirs] = type("LabelingSession", (LabelingSession, theirs), {})
    return cast("Callable[..., LabelingSession]", _titled_classes[theirs])


class LabelingStore:
    """The store that `mlflow.genai.labeling` works with; see `mlflow.genai.labeling.stores.AbstractLabelingStore`.

    Args:
        tracking_uri: MLflow's tracking URI; the active one when None.
    """

    def __init__(self, tracking_uri: str | None = None) -> None:
        self._uri = tracking_uri

    def _store(self, experiment_id: str | None = None) -> MlflowStore:
        return store_for(self._uri) if experiment_id is None else _store_of(experiment_id)

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
