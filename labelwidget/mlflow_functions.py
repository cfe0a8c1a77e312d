"""What stands in place of MLflow's functions for label schemas and the review app while the plug-in is on.

MLflow has a place to register a store for labeling sessions, but none for these. Each function does MLflow's own when the
active tracking URI is not one that the plug-in serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import NamedTuple, cast

from labelwidget.errors import LabelWidgetError, MissingExtraError
from labelwidget.labeling import LabelingSession, delete_labeling_session
from labelwidget.mlflow import store_for
from labelwidget.model import LabelSchema
from labelwidget.review.schemas import define_schema, find_schema
from labelwidget.review_app import ReviewApp
from labelwidget.store.mlflow.installed import module, tracking_uri
from labelwidget.store.mlflow.mlflow_store import MlflowStore
from labelwidget.store.mlflow.queues import Queues, input_from_mlflow

__all__ = ["active_scheme", "put_back", "replace_functions", "served", "store_of"]

served: list[str] = []
"""Schemes of tracking URIs that the plug-in serves at present; empty while it is off."""


class _Replaced(NamedTuple):
    """A name in a module, and what stood there."""

    where: ModuleType
    name: str
    original: object


_replaced: list[_Replaced] = []


def replace_functions() -> None:
    """Put the functions of this module in MLflow's places; again changes nothing."""
    if _replaced:
        return
    genai, labeling = module("mlflow.genai"), module("mlflow.genai.labeling")
    try:
        schemas = module("mlflow.genai.label_schemas")
    except MissingExtraError:
        schemas = None
    if schemas is not None:
        _replace([schemas, genai], "create_label_schema", create_label_schema)
        _replace([schemas, genai], "get_label_schema", get_label_schema)
        _replace([schemas, genai], "delete_label_schema", delete_label_schema)
    _replace([genai, labeling], "get_review_app", get_review_app)
    _replace([genai, labeling], "delete_labeling_session", _delete_labeling_session)


def put_back() -> None:
    """Put MLflow's own functions back."""
    while _replaced:
        where, name, original = _replaced.pop()
        setattr(where, name, original)


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


def active_scheme() -> str:
    """The scheme of the active tracking URI."""
    utils = module("mlflow.utils.uri")
    return cast("Callable[[str], str]", utils.get_uri_scheme)(tracking_uri())


def _is_ours() -> bool:
    """Whether the active tracking URI is one that labelwidget serves, and not Databricks'."""
    return active_scheme() in served


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


def get_review_app(experiment_id: str | None = None) -> object:
    """As `mlflow.genai.labeling.get_review_app`, on every tracking URI."""
    if not _is_ours():
        return _original("get_review_app")(experiment_id)
    return ReviewApp(store_of(experiment_id))


def _delete_labeling_session(labeling_session: object) -> object:
    """As `mlflow.genai.labeling.delete_labeling_session`: the review app is returned, as the guides have it."""
    if not _is_ours() or not isinstance(labeling_session, LabelingSession):
        return _original("delete_labeling_session")(labeling_session)
    delete_labeling_session(labeling_session)
    return ReviewApp(store_for())


def store_of(experiment_id: str | None) -> MlflowStore:
    """The store of an experiment at the active tracking URI; of the active one when None."""
    if experiment_id is None:
        return store_for()
    active = store_for()
    if active.experiment_id == experiment_id:
        return active
    name = active.server.experiment_name(experiment_id)
    return store_for(experiment=name)
