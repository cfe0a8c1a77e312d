"""The page about datasets does what it says."""

from __future__ import annotations

import re

import pytest

import labelwidget as lw
from tests.conftest import ROOT


def test_the_page_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "datasets.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "datasets.md", "exec"), names)  # noqa: S102  our own page
    said = capsys.readouterr().out
    assert "Preview of new dataset 'capitals': 2 inserted" in said
    assert "expected_response [('alice', 'Paris'), ('bob', 'Paris, since 987')]" in said
    assert "dataset 'capitals': 0 inserted, 0 updated, 2 unchanged" in said
    assert "1 inserted, 0 updated, 0 unchanged 3" in said
    assert "2 added, 0 already there" in said
    first = lw.get_dataset("capitals").records[0]
    assert first["expectations"] == {"expected_response": "Paris"}
