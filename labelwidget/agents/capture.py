"""What an agent's own instrumentation records while it is called: spans of OpenTelemetry or of MLflow.

Nothing is switched on and nothing is imported for it: only what the agent uses anyway is listened to.
"""

from __future__ import annotations

import json
import sys
import threading
import weakref
from types import ModuleType, TracebackType
from typing import Protocol, Self, cast

from labelwidget.model import Span
from labelwidget.readers import read_traces

__all__ = ["MAX_SPANS", "Capture"]

MAX_SPANS = 5_000
"""Spans of one call that are kept."""


class _Context(Protocol):
    trace_id: int


class _OtelSpan(Protocol):
    context: _Context

    def to_json(self) -> str: ...


class _Provider(Protocol):
    def add_span_processor(self, processor: object) -> None: ...


class _Otel(Protocol):
    def get_tracer_provider(self) -> object: ...


class _Mlflow(Protocol):
    def get_last_active_trace_id(self, thread_local: bool = False) -> str | None: ...

    def get_trace(self, trace_id: str) -> object: ...

    def flush_trace_async_logging(self) -> None: ...


class Capture:
    """Collects the spans of what runs on this thread within `with`."""

    def __init__(self) -> None:
        """Collect nothing yet."""
        self._thread = 0
        self._traces: set[int] = set()
        self._ended: list[_OtelSpan] = []
        self._before: str | None = None
        self._after: str | None = None

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        _listen()
        _open[self._thread] = self
        self._before = _last_mlflow()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._after = _last_mlflow()
        if _open.get(self._thread) is self:
            del _open[self._thread]

    def spans(self) -> tuple[Span, ...]:
        """The spans of the call; empty where nothing is instrumented. Never raises: an answer is worth more than its spans."""
        try:
            if self._after is not None and self._after != self._before:
                found = _mlflow_spans(self._after)
                if found:
                    return found
            if self._ended:
                raw = [json.loads(span.to_json()) for span in self._ended]
                return tuple(
                    span for trace in read_traces(raw, "otel_spans") for span in trace.spans
                )
        except Exception:  # noqa: BLE001
            return ()
        return ()

    def started(self, trace_id: int) -> None:
        """A span began on the thread of the call."""
        if len(self._traces) < MAX_SPANS:
            self._traces.add(trace_id)

    def owns(self, trace_id: int) -> bool:
        """Whether a span of this trace began on the thread of the call."""
        return trace_id in self._traces

    def ended(self, span: _OtelSpan) -> None:
        """A span of one of its traces ended, on whatever thread."""
        if len(self._ended) < MAX_SPANS:
            self._ended.append(span)


_open: dict[int, Capture] = {}
_heard: weakref.WeakSet[object] = weakref.WeakSet()


class _Collector:
    """A span processor: hands spans to the calls that they belong to."""

    def on_start(self, span: _OtelSpan, parent_context: object = None) -> None:  # noqa: ARG002
        capture = _open.get(threading.get_ident())
        if capture is not None:
            capture.started(span.context.trace_id)

    def on_end(self, span: _OtelSpan) -> None:
        for capture in list(_open.values()):
            if capture.owns(span.context.trace_id):
                capture.ended(span)
                return

    def _on_ending(self, span: object) -> None:
        """Called by newer SDKs."""

    def shutdown(self) -> None:
        """Nothing is held."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        return True


def _listen() -> None:
    """Listen to the provider in force, once."""
    if "opentelemetry.sdk.trace" not in sys.modules:
        return
    try:
        provider = cast(_Otel, sys.modules["opentelemetry.trace"]).get_tracer_provider()
        if hasattr(provider, "add_span_processor") and provider not in _heard:
            _heard.add(provider)
            cast(_Provider, provider).add_span_processor(_Collector())
    except Exception:  # noqa: BLE001  another SDK than the one known here
        return


def _mlflow() -> _Mlflow | None:
    module: ModuleType | None = sys.modules.get("mlflow")
    if module is None or not hasattr(module, "get_last_active_trace_id"):
        return None
    return cast(_Mlflow, module)


def _last_mlflow() -> str | None:
    mlflow = _mlflow()
    try:
        return None if mlflow is None else mlflow.get_last_active_trace_id(thread_local=True)
    except Exception:  # noqa: BLE001
        return None


def _mlflow_spans(trace_id: str) -> tuple[Span, ...]:
    mlflow = _mlflow()
    if mlflow is None:
        return ()
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()
    found = mlflow.get_trace(trace_id)
    return tuple(span for trace in read_traces([found], "mlflow") for span in trace.spans)
