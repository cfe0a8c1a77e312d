"""What is told of an agent's exception, and what is never told: values of variables, the environment, keys."""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path
from typing import NamedTuple

from labelwidget.model import JsonValue

__all__ = ["HIDDEN", "Failure", "failure_of", "hide", "hide_in", "secrets"]

MAX_MESSAGE = 2_000
MAX_TRACEBACK = 20_000
_MAX_FRAMES = 40

HIDDEN = "[hidden]"
"""Stands where a key was."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH", re.IGNORECASE)
_SHORTEST = 8  # shorter values are words such as "true"


class Failure(NamedTuple):
    """An exception in words."""

    type: str
    message: str
    traceback: str = ""


def failure_of(error: BaseException) -> Failure:
    """Type, message and traceback of an exception: frames and lines of code, no values of variables.

    Args:
        error: What an agent raised.
    """
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  the exception is a user's too
        message = "(its message cannot be read)"
    try:
        whole = traceback.TracebackException.from_exception(
            error, limit=_MAX_FRAMES, capture_locals=False
        )
        here = str(Path(__file__).parent)
        # Our own frames say nothing about the agent.
        whole.stack[:] = [frame for frame in whole.stack if not frame.filename.startswith(here)]
        text = "".join(whole.format())[:MAX_TRACEBACK]
    except Exception:  # noqa: BLE001
        text = ""
    known = secrets()
    return Failure(
        type(error).__name__[:200], hide(message, known)[:MAX_MESSAGE], hide(text, known)
    )


def secrets() -> list[str]:
    """Values of the environment that look like keys, the longest first."""
    found = {
        value
        for name, value in os.environ.items()
        if _SECRET.search(name) and len(value) >= _SHORTEST and not value.startswith(("/", "."))
    }
    return sorted(found, key=len, reverse=True)


def hide(text: str, known: list[str]) -> str:
    """The text without keys."""
    for secret in known:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text


def hide_in(value: JsonValue, known: list[str]) -> JsonValue:
    """A JSON value without keys in any of its texts."""
    if isinstance(value, str):
        return hide(value, known)
    if isinstance(value, list):
        return [hide_in(part, known) for part in value]
    if isinstance(value, dict):
        return {hide(name, known): hide_in(part, known) for name, part in value.items()}
    return value
