"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("labelwidget", deadline=None)
settings.load_profile("labelwidget")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real traces from other projects, which may be used but not redistributed.

    `LABELWIDGET_SAMPLES` names it; otherwise it is `shared/samples` beside the checkout.
    """
    given = os.environ.get("LABELWIDGET_SAMPLES")
    folder = Path(given) if given else ROOT.parent / "shared" / "samples"
    if not folder.is_dir():
        if given:
            pytest.fail(f"LABELWIDGET_SAMPLES names {given}, which is not a folder.")
        pytest.skip(f"The sample traces are not on this machine: no folder {folder}.")
    return folder
