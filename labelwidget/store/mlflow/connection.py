"""MLflow's own store for a tracking URI, as far as it is used, and over HTTP without its patience."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol, cast

from labelwidget.errors import MissingExtraError
from labelwidget.store.mlflow.entities import Assessment, Experiment, Run, TraceInfo
from labelwidget.store.mlflow.installed import module

__all__ = ["open_tracking_store"]

_SECONDS = 30


class TrackingStore(Protocol):
    """What is used of `mlflow.store.tracking.abstract_store.AbstractStore`."""

    def start_trace(self, trace_info: TraceInfo) -> TraceInfo: ...

    def log_spans(self, location: str, spans: list[object]) -> object: ...

    def get_trace_info(self, trace_id: str) -> TraceInfo: ...

    def create_assessment(self, assessment: Assessment) -> object: ...

    def update_assessment(
        self, *, trace_id: str, assessment_id: str, expectation: object, metadata: dict[str, str]
    ) -> object: ...

    def delete_assessment(self, trace_id: str, assessment_id: str) -> None: ...

    def set_trace_tag(self, trace_id: str, key: str, value: str) -> None: ...

    def delete_traces(self, experiment_id: str, *, trace_ids: list[str]) -> int: ...

    def create_run(
        self, experiment_id: str, user_id: str, start_time: int, tags: list[object], run_name: str
    ) -> Run: ...

    def update_run_info(
        self, run_id: str, run_status: object, end_time: int, run_name: str | None
    ) -> object: ...

    def log_batch(
        self, run_id: str, metrics: list[object], params: list[object], tags: list[object]
    ) -> None: ...

    def get_run(self, run_id: str) -> Run: ...

    def delete_run(self, run_id: str) -> None: ...

    def search_runs(
        self, experiment_ids: list[str], filter_string: str, run_view_type: int, max_results: int
    ) -> list[Run]: ...

    def get_experiment(self, experiment_id: str) -> Experiment: ...

    def get_experiment_by_name(self, experiment_name: str) -> Experiment | None: ...

    def create_experiment(self, name: str) -> str: ...


def open_tracking_store(uri: str) -> TrackingStore:
    """MLflow's store for an address; over HTTP each call is made once and not again for minutes.

    Args:
        uri: MLflow's tracking URI.

    Raises:
        MissingExtraError: MLflow is too old.
    """
    utils = module("mlflow.tracking._tracking_service.utils")
    store = cast("Callable[[str], object]", utils._get_store)(uri)  # noqa: SLF001
    if not hasattr(store, "create_assessment") or not hasattr(store, "start_trace"):
        version = module("mlflow").__version__
        raise MissingExtraError(
            f"MLflow {version} keeps no assessments outside of Databricks; 3.2 is the first that does. "
            "Run: pip install --upgrade 'labelwidget[mlflow]'"
        )
    rest = module("mlflow.store.tracking.rest_store")
    if type(store) is not rest.RestStore:
        return cast(TrackingStore, store)
    kind = type("QuickRestStore", (rest.RestStore,), {"_call_endpoint": _call_once})
    return cast(TrackingStore, kind(cast(_RestStore, store).get_host_creds))


class _RestStore(Protocol):
    def get_host_creds(self) -> object: ...


def _call_once(
    self: _RestStore,
    api: object,
    json_body: str | None = None,
    endpoint: str | None = None,
    retry_timeout_seconds: object = None,  # noqa: ARG001  of databricks only
    response_proto: object = None,
) -> object:
    """In place of `RestStore._call_endpoint`, which tries eight times before it tells."""
    rest = module("mlflow.utils.rest_utils")
    # Where a call goes is kept in the class by newer versions, in the module by older ones.
    table = "_V3_METHOD_TO_INFO" if api in getattr(self, "_V3_APIS", ()) else "_METHOD_TO_INFO"
    home = self if hasattr(self, table) else module("mlflow.store.tracking.rest_store")
    path, method = cast("dict[object, tuple[str, str]]", getattr(home, table))[api]
    path = endpoint or path
    body: object = json.loads(json_body) if json_body else None
    response = rest.http_request(
        host_creds=self.get_host_creds(),
        endpoint=path,
        method=method,
        max_retries=0,
        retry_codes=frozenset[int](),
        timeout=_SECONDS,
        **({"params": body} if method == "GET" else {"json": body}),
    )
    response = rest.verify_rest_response(response, path)
    reply = response_proto or cast("Callable[[], object]", api.Response)()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    rest.parse_dict(js_dict=json.loads(response.text), message=reply)
    return reply
