"""Switching the MLflow plug-in on and off, without importing it (and a database library) before it is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

__all__ = ["disable_mlflow_labeling", "enable_mlflow_labeling"]


def enable_mlflow_labeling() -> bool:
    """Let `mlflow.genai.labeling` and `mlflow.genai.label_schemas` work on open-source MLflow; see `labelwidget.mlflow_plugin`.

    Call it before functions are imported by name from these modules.

    Returns:
        True when it is enabled; False, with a warning, when MLflow has a store of its own for the active tracking URI.

    Raises:
        MissingExtraError: MLflow is not installed, or has no place for labeling stores.
    """
    return _plugin().enable_mlflow_labeling()


def disable_mlflow_labeling() -> None:
    """Undo `enable_mlflow_labeling`: everything of MLflow is as it was. Sessions and labels stay."""
    _plugin().disable_mlflow_labeling()


class _Plugin(Protocol):
    def enable_mlflow_labeling(self) -> bool: ...

    def disable_mlflow_labeling(self) -> None: ...


def _plugin() -> _Plugin:
    # By name: an import statement would make a circle, since the plug-in imports the public face.
    return cast(_Plugin, import_module("labelwidget.mlflow_plugin"))
