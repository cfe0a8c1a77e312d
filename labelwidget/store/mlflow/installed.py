"""The installed MLflow: its modules, imported at first use, and the address that it writes to."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import cast

from labelwidget.errors import MissingExtraError

__all__ = ["module", "tracking_uri"]


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
