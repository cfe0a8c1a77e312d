"""Switching the MLflow plug-in on and off, without importing it (and a database library) before it is wanted."""

from __future__ import annotations

__all__ = ["disable_mlflow_labeling", "enable_mlflow_labeling"]


def enable_mlflow_labeling() -> bool:
    """Let `mlflow.genai.labeling` and `mlflow.genai.label_schemas` work on open-source MLflow; see `labelwidget.mlflow_plugin`.

    Call it before functions are imported by name from these modules.

    Returns:
        True when it is enabled; False, with a warning, when MLflow has a store of its own for the active tracking URI.

    Raises:
        MissingExtraError: MLflow is not installed, or has no place for labeling stores.
    """
    from labelwidget import mlflow_plugin

    return mlflow_plugin.enable_mlflow_labeling()


def disable_mlflow_labeling() -> None:
    """Undo `enable_mlflow_labeling`: everything of MLflow is as it was. Sessions and labels stay."""
    from labelwidget import mlflow_plugin

    mlflow_plugin.disable_mlflow_labeling()
