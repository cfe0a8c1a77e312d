"""The MLflow server, typed: every call that labelwidget makes of MLflow's traces and runs.

Uses the tracking store itself, not `MlflowClient`: that one waits for minutes before it says that a server is down, and
logs traces on a thread that drops them under load. Here each call is made once, in the caller's thread, and answers or
raises `MlflowError`.
"""

from __future__ import annotations

import inspect
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from labelwidget.errors import MissingExtraError, NotFoundError, shown
from labelwidget.model import AssessmentKind, JsonValue
from labelwidget.model.json import loads
from labelwidget.store.mlflow.answers import Sent, Written
from labelwidget.store.mlflow.faults import FaultKind, MlflowError, fault_from

__all__ = ["FoundRun", "Said", "Server", "describe", "module", "tracking_uri"]

T = TypeVar("T")

_SECONDS = 15
_PROBE_SECONDS = 3.0
_PAGE = 100
_IN_STORE = "mlflow.trace.spansLocation"


class FoundRun(NamedTuple):
    """A run and what is written on it."""

    run_id: str
    name: str
    tags: dict[str, str]
    deleted: bool


class Said(NamedTuple):
    """What was said of a trace: its tags, and its assessments, also those that were replaced."""

    trace_id: str
    tags: dict[str, str]
    assessments: list[Written]


class _Source(Protocol):
    source_type: str
    source_id: str


class _Value(Protocol):
    value: JsonValue


class _Assessment(Protocol):
    assessment_id: str
    name: str
    source: _Source
    feedback: _Value | None
    expectation: _Value | None
    rationale: str | None
    metadata: dict[str, str] | None
    span_id: str | None
    create_time_ms: int | None
    overrides: str | None
    valid: bool | None


class _TraceInfo(Protocol):
    trace_id: str
    tags: dict[str, str]
    assessments: list[_Assessment]


class _TraceData(Protocol):
    spans: list[object]


class _Trace(Protocol):
    info: _TraceInfo
    data: _TraceData

    def to_json(self) -> str: ...


class _RunInfo(Protocol):
    run_id: str
    run_name: str
    lifecycle_stage: str


class _RunData(Protocol):
    tags: dict[str, str]


class _Run(Protocol):
    info: _RunInfo
    data: _RunData


class _Experiment(Protocol):
    experiment_id: str
    name: str


class _Page(Protocol):
    token: str | None

    def __iter__(self) -> Iterator[_Trace]: ...


class TrackingStore(Protocol):
    """What is used of `mlflow.store.tracking.abstract_store.AbstractStore`."""

    def start_trace(self, trace_info: _TraceInfo) -> _TraceInfo: ...

    def log_spans(self, location: str, spans: list[object]) -> object: ...

    def get_trace_info(self, trace_id: str) -> _TraceInfo: ...

    def create_assessment(self, assessment: _Assessment) -> object: ...

    def update_assessment(
        self, *, trace_id: str, assessment_id: str, expectation: object, metadata: dict[str, str]
    ) -> object: ...

    def delete_assessment(self, trace_id: str, assessment_id: str) -> None: ...

    def set_trace_tag(self, trace_id: str, key: str, value: str) -> None: ...

    def delete_traces(self, experiment_id: str, *, trace_ids: list[str]) -> int: ...

    def create_run(
        self, experiment_id: str, user_id: str, start_time: int, tags: list[object], run_name: str
    ) -> _Run: ...

    def update_run_info(
        self, run_id: str, run_status: object, end_time: int, run_name: str | None
    ) -> object: ...

    def log_batch(
        self, run_id: str, metrics: list[object], params: list[object], tags: list[object]
    ) -> None: ...

    def get_run(self, run_id: str) -> _Run: ...

    def delete_run(self, run_id: str) -> None: ...

    def search_runs(
        self, experiment_ids: list[str], filter_string: str, run_view_type: int, max_results: int
    ) -> list[_Run]: ...

    def get_experiment(self, experiment_id: str) -> _Experiment: ...

    def get_experiment_by_name(self, experiment_name: str) -> _Experiment | None: ...

    def create_experiment(self, name: str) -> str: ...


def module(name: str) -> ModuleType:
    """A module of MLflow, imported at first use.

    Args:
        name: Its full name, `mlflow.…`.

    Raises:
        MissingExtraError: MLflow is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "mlflow":
            raise
        if error.name == "mlflow":
            raise MissingExtraError(
                "MLflow is not installed. Run: pip install 'labelwidget[mlflow]'"
            ) from None
        raise MissingExtraError(
            f"The installed MLflow has no {error.name}. Update it: pip install --upgrade 'labelwidget[mlflow]'"
        ) from None


def tracking_uri(uri: str | None = None) -> str:
    """The address that MLflow writes to: the given one, or the active one."""
    utils = module("mlflow.tracking._tracking_service.utils")
    resolve = cast("Callable[[str | None], str]", utils._resolve_tracking_uri)  # noqa: SLF001
    return resolve(uri)


def _quick_store(uri: str) -> TrackingStore:
    """MLflow's store for the address; over HTTP each call is made once and not again for minutes."""
    utils = module("mlflow.tracking._tracking_service.utils")
    store = cast("Callable[[str], object]", utils._get_store)(uri)  # noqa: SLF001
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


class Server:
    """One experiment of one MLflow tracking server, database or folder.

    Args:
        uri: MLflow's tracking URI.
        experiment: Name of the experiment, made when it is not there; None takes the active one.

    Attributes:
        uri: The tracking URI.

    Raises:
        MissingExtraError: MLflow is not installed, or too old.
        MlflowError: The server does not answer.
    """

    def __init__(self, uri: str | None = None, experiment: str | None = None) -> None:
        self.uri = tracking_uri(uri)
        self._named = experiment
        self._checked_at = 0.0

    @cached_property
    def store(self) -> TrackingStore:
        """MLflow's own store."""
        store = _quick_store(self.uri)
        if not hasattr(store, "create_assessment") or not hasattr(store, "start_trace"):
            version = module("mlflow").__version__
            raise MissingExtraError(
                f"MLflow {version} keeps no assessments outside of Databricks; 3.2 is the first that does. "
                "Run: pip install --upgrade 'labelwidget[mlflow]'"
            )
        return store

    @cached_property
    def experiment_id(self) -> str:
        """The experiment's id."""
        if self._named is None:
            fluent = module("mlflow.tracking.fluent")
            return self.call(cast("Callable[[], str]", fluent._get_experiment_id))  # noqa: SLF001
        name = self._named
        found = self.call(lambda: self.store.get_experiment_by_name(name))
        if found is not None:
            return found.experiment_id
        return self.call(lambda: self.store.create_experiment(name))

    def experiment_name(self, experiment_id: str) -> str:
        """The name of an experiment."""
        return self.call(lambda: self.store.get_experiment(experiment_id)).name

    @property
    def is_remote(self) -> bool:
        """Whether it is reached over HTTP."""
        return urlsplit(self.uri).scheme in ("http", "https")

    def check(self) -> None:
        """Raise `MlflowError` when nobody listens at the address; cheap when asked again within two seconds."""
        if not self.is_remote or time.monotonic() - self._checked_at < 2:
            return
        parts = urlsplit(self.uri)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname or "", port), timeout=_PROBE_SECONDS).close()
        except OSError as error:
            raise MlflowError(FaultKind.UNREACHABLE, f"{parts.hostname}:{port}: {error}") from None
        self._checked_at = time.monotonic()

    def call(self, work: Callable[[], T]) -> T:
        """Run a call of MLflow once.

        Raises:
            MlflowError: Whatever it raised, sorted.
        """
        self.check()
        try:
            return work()
        except (MissingExtraError, NotFoundError):
            raise
        except Exception as error:
            fault = fault_from(error)
            if fault.kind is FaultKind.UNREACHABLE:
                self._checked_at = 0.0
            raise fault from error

    # Runs ----------------------------------------------------------------------------------------------------------
    def create_run(self, name: str, tags: Mapping[str, str], user: str) -> str:
        """Make a run that has ended, for a session; returns its id."""
        now = int(time.time() * 1000)

        def work() -> str:
            run = self.store.create_run(
                self.experiment_id, user, now, _run_tags({**tags, "mlflow.user": user}), name
            )
            status = module("mlflow.entities").RunStatus.FINISHED
            self.store.update_run_info(run.info.run_id, status, now, None)
            return run.info.run_id

        return self.call(work)

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Write tags on a run."""
        self.call(lambda: self.store.log_batch(run_id, [], [], _run_tags(tags)))

    def run(self, run_id: str) -> FoundRun | None:
        """A run by id, or None."""
        try:
            return _found(self.call(lambda: self.store.get_run(run_id)))
        except MlflowError as fault:
            # Ids that no run can have are refused instead of not found.
            if fault.kind in (FaultKind.GONE, FaultKind.REFUSED):
                return None
            raise

    def runs(self, tag: str, value: str) -> list[FoundRun]:
        """The experiment's runs that carry a tag of ours; the value is a constant of ours, never text of a user."""

        def work() -> list[_Run]:
            return list(
                self.store.search_runs(
                    [self.experiment_id],
                    f"tags.`{tag}` = '{value}'",
                    cast(int, module("mlflow.entities").ViewType.ACTIVE_ONLY),
                    1_000,
                )
            )

        return [_found(run) for run in self.call(work)]

    def delete_run(self, run_id: str) -> None:
        """Delete a run; one that is not there is fine."""
        try:
            self.call(lambda: self.store.delete_run(run_id))
        except MlflowError as fault:
            if fault.kind is not FaultKind.GONE:
                raise

    # Traces --------------------------------------------------------------------------------------------------------
    def begin_trace(self, trace: Mapping[str, JsonValue]) -> None:
        """Write a trace without its spans; one that is there stays as it is."""
        entity = _entity(trace)
        self.call(lambda: self._start(entity))

    def copy_trace(self, trace: Mapping[str, JsonValue]) -> None:
        """Write a trace and look that it is there. Writing the same one again changes nothing."""
        entity = _entity(trace)

        def work() -> None:
            self._start(entity)
            try:
                self.store.log_spans(self.experiment_id, entity.data.spans)
            except (NotImplementedError, AttributeError):
                self._upload(entity)
                return
            if self.store.get_trace_info(entity.info.trace_id).tags.get(_IN_STORE) is None:
                self._upload(entity)

        self.call(work)

    def _start(self, entity: _Trace) -> None:
        try:
            self.store.start_trace(entity.info)
        except Exception:
            # Some stores refuse a trace that is there already: then it is there.
            if not self._has_trace(entity.info.trace_id):
                raise

    def _has_trace(self, trace_id: str) -> bool:
        try:
            return bool(self.store.get_trace_info(trace_id))
        except Exception:  # noqa: BLE001  the first error is the one to tell
            return False

    def _upload(self, entity: _Trace) -> None:
        client = module("mlflow.tracing.client").TracingClient(self.uri)
        info = self.store.get_trace_info(entity.info.trace_id)
        client._upload_trace_data(info, entity.data)  # noqa: SLF001  servers and folders without spans of their own

    def delete_traces(self, trace_ids: Sequence[str]) -> None:
        """Delete traces."""
        for start in range(0, len(trace_ids), _PAGE):
            part = list(trace_ids[start : start + _PAGE])
            self.call(
                lambda part=part: self.store.delete_traces(self.experiment_id, trace_ids=part)
            )

    def tag_trace(self, trace_id: str, key: str, value: str) -> None:
        """Write a tag on a trace."""
        self.call(lambda: self.store.set_trace_tag(trace_id, key, value))

    def traces(self, run_id: str) -> Iterator[JsonValue]:
        """The traces of a run as `Trace.to_dict()` has them."""
        for trace in self._search(run_id, spans=True):
            yield loads(trace.to_json())

    def trace_entities(self, run_id: str, wanted: set[str]) -> Iterator[tuple[str, object]]:
        """Traces of a run as `mlflow.entities.Trace`, with their ids."""
        for trace in self._search(run_id, spans=True):
            if trace.info.trace_id in wanted:
                yield trace.info.trace_id, trace

    def trace(self, trace_id: str) -> JsonValue:
        """A trace as `Trace.to_dict()` has it, or None when there is none."""
        client = module("mlflow.tracing.client").TracingClient(self.uri)
        try:
            return loads(cast(_Trace, self.call(lambda: client.get_trace(trace_id))).to_json())
        except MlflowError as error:
            if error.kind is FaultKind.GONE:
                return None
            raise

    def said(self, run_id: str) -> Iterator[Said]:
        """What was said of the traces of a run."""
        for trace in self._search(run_id, spans=False):
            yield _said(trace.info)

    def said_of(self, trace_id: str) -> Said | None:
        """What was said of a trace, or None when there is no such trace."""
        try:
            return _said(self.call(lambda: self.store.get_trace_info(trace_id)))
        except MlflowError as error:
            if error.kind is FaultKind.GONE:
                return None
            raise

    def _search(self, run_id: str, *, spans: bool) -> Iterator[_Trace]:
        client = module("mlflow.tracing.client").TracingClient(self.uri)
        known = inspect.signature(client.search_traces).parameters
        where = "locations" if "locations" in known else "experiment_ids"
        token: str | None = None
        while True:
            options: dict[str, object] = {
                where: [self.experiment_id],
                "run_id": run_id,
                "max_results": _PAGE,
                "include_spans": spans,
                "page_token": token,
            }
            page = self.call(lambda options=options: cast(_Page, client.search_traces(**options)))
            yield from page
            token = page.token
            if not token:
                return

    # Assessments ---------------------------------------------------------------------------------------------------
    def assessments(self, trace_id: str) -> list[Written]:
        """The assessments of a trace, also those that were replaced."""
        return _said(self.call(lambda: self.store.get_trace_info(trace_id))).assessments

    def create_assessment(self, trace_id: str, sent: Sent, overrides: str | None = None) -> None:
        """Write a new assessment; `overrides` names the one that it replaces."""
        self.call(lambda: self.store.create_assessment(self._assessment(trace_id, sent, overrides)))

    def update_expectation(self, trace_id: str, assessment_id: str, sent: Sent) -> None:
        """Give an expectation another value; it keeps its id."""
        value = self._assessment(trace_id, sent, None).expectation
        self.call(
            lambda: self.store.update_assessment(
                trace_id=trace_id,
                assessment_id=assessment_id,
                expectation=value,
                metadata=sent.metadata,
            )
        )

    def delete_assessment(self, trace_id: str, assessment_id: str) -> None:
        """Remove an assessment; one that is not there is fine."""
        try:
            self.call(lambda: self.store.delete_assessment(trace_id, assessment_id))
        except MlflowError as fault:
            if fault.kind is not FaultKind.GONE:
                raise

    def _assessment(self, trace_id: str, sent: Sent, overrides: str | None) -> _Assessment:
        entities = module("mlflow.entities")
        kind = (
            entities.Expectation if sent.kind is AssessmentKind.EXPECTATION else entities.Feedback
        )
        made = cast(
            _Assessment,
            kind(
                name=sent.name,
                value=sent.value,
                source=entities.AssessmentSource(source_type="HUMAN", source_id=sent.source_id),
                trace_id=trace_id,
                metadata=sent.metadata,
                span_id=sent.span_id,
                create_time_ms=sent.create_time_ms,
                last_update_time_ms=sent.create_time_ms,
            ),
        )
        made.rationale = sent.rationale
        made.assessment_id = sent.assessment_id
        made.overrides = overrides
        return made


def _entity(trace: Mapping[str, JsonValue]) -> _Trace:
    make = cast(
        "Callable[[dict[str, JsonValue]], _Trace]", module("mlflow.entities").Trace.from_dict
    )
    return make(dict(trace))


def _run_tags(tags: Mapping[str, str]) -> list[object]:
    make = cast("Callable[[str, str], object]", module("mlflow.entities").RunTag)
    return [make(key, value) for key, value in tags.items()]


def _found(run: _Run) -> FoundRun:
    info = run.info
    return FoundRun(
        info.run_id, info.run_name or "", dict(run.data.tags), info.lifecycle_stage == "deleted"
    )


def _said(info: _TraceInfo) -> Said:
    return Said(
        info.trace_id,
        dict(info.tags),
        [_written(one) for one in info.assessments if _is_answer(one)],
    )


def _is_answer(one: _Assessment) -> bool:
    return one.feedback is not None or one.expectation is not None


def _written(one: _Assessment) -> Written:
    held = one.expectation if one.expectation is not None else one.feedback
    return Written(
        assessment_id=one.assessment_id,
        name=one.name,
        kind=AssessmentKind.EXPECTATION if one.expectation is not None else AssessmentKind.FEEDBACK,
        value=None if held is None else held.value,
        rationale=one.rationale,
        source_type=str(one.source.source_type),
        source_id=one.source.source_id,
        span_id=one.span_id,
        metadata=dict(one.metadata or {}),
        create_time_ms=one.create_time_ms or 0,
        overrides=one.overrides,
        # Expectations read over HTTP say nothing of it; they are never replaced there.
        valid=one.valid is not False,
    )


def describe(server: Server) -> str:
    """The server for a message, without a password."""
    parts = urlsplit(server.uri)
    if parts.password is None:
        return shown(server.uri, 200)
    return shown(server.uri.replace(f":{parts.password}@", ":…@", 1), 200)
