"""What went wrong at an MLflow server, and whether trying again can help."""

from __future__ import annotations

import re
from enum import StrEnum

from labelwidget.errors import StoreError, shown

__all__ = ["FaultKind", "MlflowError", "fault_from"]

_STATUS = re.compile(r"(?:error code|too many) (\d{3})\b")
_CONNECTION = re.compile(
    r"Connection (?:refused|reset|aborted)|Max retries exceeded|timed? ?out|Name or service not known|RemoteDisconnected"
    r"|ConnectionError|ConnectTimeout|getaddrinfo",
    re.IGNORECASE,
)


class FaultKind(StrEnum):
    """What a failed call means for what waits to be written."""

    UNREACHABLE = "unreachable"
    """No answer: everything waits, and is tried again."""
    LOGIN = "login"
    """Not let in: everything waits for a new login."""
    GONE = "gone"
    """The trace or run was deleted there: its answers stay here, the rest goes on."""
    CONFLICT = "conflict"
    """Changed or locked by somebody else: tried again."""
    BROKEN = "broken"
    """The server failed at this one thing: tried again, the rest goes on."""
    REFUSED = "refused"
    """The server does not take it as it is: not tried again by itself."""

    @property
    def stops_all(self) -> bool:
        """Whether nothing else would get through either."""
        return self in (FaultKind.UNREACHABLE, FaultKind.LOGIN)

    @property
    def final(self) -> bool:
        """Whether trying again by itself is of no use."""
        return self in (FaultKind.GONE, FaultKind.REFUSED)


_MEANING = {
    FaultKind.UNREACHABLE: "The MLflow server does not answer; it is tried again.",
    FaultKind.LOGIN: "The MLflow server does not accept the login. Log in again (MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN); it is tried again.",
    FaultKind.GONE: "It was deleted at the MLflow server. The labels stay in the local store.",
    FaultKind.CONFLICT: "The MLflow server reports a conflict; it is tried again.",
    FaultKind.BROKEN: "The MLflow server failed at this; it is tried again.",
    FaultKind.REFUSED: "The MLflow server does not take this. The labels stay in the local store; "
    "store.retry() tries again.",
}


class MlflowError(StoreError):
    """A call to MLflow that failed.

    Attributes:
        kind: What it means.
        status: The HTTP status, or 0 where there was none.
    """

    code = "mlflow"

    def __init__(self, kind: FaultKind, said: str, status: int = 0) -> None:
        """Make a fault from what MLflow said."""
        self.kind = kind
        self.status = status
        number = f" ({status})" if status else ""
        super().__init__(f"{_MEANING[kind]} It said{number}: {shown(said, 300)}")


def fault_from(error: Exception) -> MlflowError:
    """Sort an exception of MLflow, of its HTTP client or of its database.

    Args:
        error: What was raised.

    Returns:
        The fault, with the first line of what was said.
    """
    if isinstance(error, MlflowError):
        return error
    text = str(error).strip() or type(error).__name__
    said = text.splitlines()[0]
    code = getattr(error, "error_code", None)
    status = _status(error, text)
    if code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "ENDPOINT_NOT_FOUND") or status == 404:
        return MlflowError(FaultKind.GONE, said, status)
    if code in ("PERMISSION_DENIED", "UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED") or status in (
        401,
        403,
    ):
        return MlflowError(FaultKind.LOGIN, said, status)
    if code in ("RESOURCE_CONFLICT", "RESOURCE_ALREADY_EXISTS", "ABORTED") or status == 409:
        return MlflowError(FaultKind.CONFLICT, said, status)
    if status == 0 and (isinstance(error, ConnectionError) or _CONNECTION.search(text)):
        return MlflowError(FaultKind.UNREACHABLE, said)
    if code in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "FEATURE_DISABLED") or (
        400 <= status < 500 and status not in (408, 429)
    ):
        return MlflowError(FaultKind.REFUSED, said, status)
    return MlflowError(FaultKind.BROKEN, said, status)


def _status(error: Exception, text: str) -> int:
    """The status of the answer: in the text where the body was not MLflow's JSON, else by the error code."""
    found = _STATUS.search(text)
    if found is not None:
        return int(found.group(1))
    # Plain `MlflowException`s of a local database have a status too, which no server ever sent.
    if type(error).__name__ != "RestException":
        return 0
    status = getattr(error, "get_http_status_code", None)
    found_status = status() if callable(status) else 0
    return found_status if isinstance(found_status, int) else 0
