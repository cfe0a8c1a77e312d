"""The MLflow server, typed: every call that labelwidget makes of MLflow's traces and runs.

Uses the tracking store itself, not `MlflowClient`: that one waits for minutes before it says that a server is down, and
logs traces on a thread that drops them under load. Here each call is made once, in the caller's thread, and answers or
raises `MlflowError`.
"""

from __future__ import annotations

import inspect
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast
from urllib.parse import urlsplit

from labelwidget.errors import MissingExtraError, NotFoundError, shown
from labelwidget.model import JsonValue
from labelwidget.model.json import loads
from labelwidget.store.mlflow.answers import Sent, Written
from labelwidget.store.mlflow.connection import TrackingStore, open_tracking_store
from labelwidget.store.mlflow.entities import (
    FoundRun,
    Page,
    Run,
    Said,
    Trace,
    made_assessment,
    made_tags,
    made_trace,
    read_run,
    read_said,
)
from labelwidget.store.mlflow.faults import FaultKind, MlflowError, fault_from
from labelwidget.store.mlflow.installed import module, tracking_uri

__all__ = ["Server", "describe"]

T = TypeVar("T")

_PROBE_SECONDS = 3.0
_PAGE = 100
_IN_STORE = "mlflow.trace.spansLocation"


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
        return open_tracking_store(self.uri)

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
                self.experiment_id, user, now, made_tags({**tags, "mlflow.user": user}), name
            )
            status = module("mlflow.entities").RunStatus.FINISHED
            self.store.update_run_info(run.info.run_id, status, now, None)
            return run.info.run_id

        return self.call(work)

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Write tags on a run."""
        self.call(lambda: self.store.log_batch(run_id, [], [], made_tags(tags)))

    def run(self, run_id: str) -> FoundRun | None:
        """A run by id, or None."""
        try:
            return read_run(self.call(lambda: self.store.get_run(run_id)))
        except MlflowError as fault:
            # Ids that no run can have are refused instead of not found.
            if fault.kind in (FaultKind.GONE, FaultKind.REFUSED):
                return None
            raise

    def runs(self, tag: str, value: str) -> list[FoundRun]:
        """The experiment's runs that carry a tag of ours; the value is a constant of ours, never text of a user."""

        def work() -> list[Run]:
            return list(
                self.store.search_runs(
                    [self.experiment_id],
                    f"tags.`{tag}` = '{value}'",
                    cast(int, module("mlflow.entities").ViewType.ACTIVE_ONLY),
                    1_000,
                )
            )

        return [read_run(run) for run in self.call(work)]

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
        entity = made_trace(trace)
        self.call(lambda: self._start(entity))

    def copy_trace(self, trace: Mapping[str, JsonValue]) -> None:
        """Write a trace and look that it is there. Writing the same one again changes nothing."""
        entity = made_trace(trace)

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

    def _start(self, entity: Trace) -> None:
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

    def _upload(self, entity: Trace) -> None:
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
            return loads(cast(Trace, self.call(lambda: client.get_trace(trace_id))).to_json())
        except MlflowError as error:
            if error.kind is FaultKind.GONE:
                return None
            raise

    def said(self, run_id: str) -> Iterator[Said]:
        """What was said of the traces of a run."""
        for trace in self._search(run_id, spans=False):
            yield read_said(trace.info)

    def said_of(self, trace_id: str) -> Said | None:
        """What was said of a trace, or None when there is no such trace."""
        try:
            return read_said(self.call(lambda: self.store.get_trace_info(trace_id)))
        except MlflowError as error:
            if error.kind is FaultKind.GONE:
                return None
            raise

    def _search(self, run_id: str, *, spans: bool) -> Iterator[Trace]:
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
            page = self.call(lambda options=options: cast(Page, client.search_traces(**options)))
            yield from page
            token = page.token
            if not token:
                return

    # Assessments ---------------------------------------------------------------------------------------------------
    def assessments(self, trace_id: str) -> list[Written]:
        """The assessments of a trace, also those that were replaced."""
        return read_said(self.call(lambda: self.store.get_trace_info(trace_id))).assessments

    def trace_tags(self, trace_id: str) -> dict[str, str]:
        """The tags of a trace."""
        return dict(self.call(lambda: self.store.get_trace_info(trace_id)).tags)

    def create_assessment(self, trace_id: str, sent: Sent, overrides: str | None = None) -> None:
        """Write a new assessment; `overrides` names the one that it replaces."""
        self.call(lambda: self.store.create_assessment(made_assessment(trace_id, sent, overrides)))

    def update_expectation(self, trace_id: str, assessment_id: str, sent: Sent) -> None:
        """Give an expectation another value; it keeps its id."""
        value = made_assessment(trace_id, sent, None).expectation
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


def describe(server: Server) -> str:
    """The server for a message, without a password."""
    parts = urlsplit(server.uri)
    if parts.password is None:
        return shown(server.uri, 200)
    return shown(server.uri.replace(f":{parts.password}@", ":…@", 1), 200)
