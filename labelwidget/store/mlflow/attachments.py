"""Images and other files of a trace: MLflow keeps them beside it, named by its id, so that a copy needs copies of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol, cast

from labelwidget.model import JsonValue
from labelwidget.store.mlflow.faults import FaultKind, MlflowError
from labelwidget.store.mlflow.installed import module
from labelwidget.store.mlflow.server import Server

__all__ = ["copy_attachments", "names_attachments"]

# The id is a path below the trace's own folder: nothing but the form that MLflow gives it is followed.
_REFERENCE = re.compile(
    r"mlflow-attachment://([0-9a-fA-F-]{36})\?[^\s\"'<>\\]{0,400}?\btrace_id=(tr-[0-9a-f]{32})\b"
)
_MOST = 200


class _Repository(Protocol):
    def download_trace_attachment(self, path: str) -> bytes: ...

    def upload_attachment(self, attachment_id: str, content_bytes: bytes) -> None: ...


class _Client(Protocol):
    """What is used of `mlflow.tracing.client.TracingClient`."""

    def get_trace_info(self, trace_id: str) -> object: ...

    def _get_artifact_repo_for_trace(self, trace_info: object) -> _Repository: ...


def names_attachments(trace: JsonValue) -> bool:
    """Whether a trace names any file."""
    return next(_texts(trace), None) is not None


def copy_attachments(
    server: Server, trace: dict[str, JsonValue], trace_id: str
) -> dict[str, JsonValue]:
    """Copy the files that a copied trace names, and name the copies.

    Args:
        server: The server; a trace from another one keeps its names, which lead nowhere there either.
        trace: The copy, as `copying.copied` makes it; its beginning is at the server already.
        trace_id: Its id.

    Returns:
        The trace with references to its own files. A file that is gone, or more than 200 of them, stay as they were named.

    Raises:
        MlflowError: The server does not answer.
    """
    found = dict.fromkeys(
        pair
        for text in _texts(trace)
        for pair in cast("list[tuple[str, str]]", _REFERENCE.findall(text))
    )
    kept: set[tuple[str, str]] = set()
    for attachment_id, source in list(found)[:_MOST]:
        if source != trace_id and _copy(server, attachment_id, source, trace_id):
            kept.add((attachment_id, source))
    return {key: _renamed(part, kept, trace_id) for key, part in trace.items()} if kept else trace


def _copy(server: Server, attachment_id: str, source: str, target: str) -> bool:
    client = cast(_Client, module("mlflow.tracing.client").TracingClient(server.uri))

    def work() -> None:
        theirs = client._get_artifact_repo_for_trace(client.get_trace_info(source))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        ours = client._get_artifact_repo_for_trace(client.get_trace_info(target))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        ours.upload_attachment(attachment_id, theirs.download_trace_attachment(attachment_id))

    try:
        server.call(work)
    except MlflowError as error:
        if error.kind in (FaultKind.UNREACHABLE, FaultKind.LOGIN):
            raise
        return False
    return True


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        if "mlflow-attachment://" in value:
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _renamed(value: JsonValue, kept: set[tuple[str, str]], trace_id: str) -> JsonValue:
    def rename(match: re.Match[str]) -> str:
        if (match[1], match[2]) not in kept:
            return match[0]
        return match[0].removesuffix(match[2]) + trace_id

    if isinstance(value, str):
        return _REFERENCE.sub(rename, value) if "mlflow-attachment://" in value else value
    if isinstance(value, dict):
        return {key: _renamed(part, kept, trace_id) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, kept, trace_id) for part in value]
    return value
