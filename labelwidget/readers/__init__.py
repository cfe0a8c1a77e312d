"""Foreign traces → `Trace`: one module a format, a registry that detects which."""

from __future__ import annotations

from labelwidget.readers.base import Record, Refusal

__all__ = ["Record", "Refusal"]
