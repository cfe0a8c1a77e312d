"""The page about agents does what it says."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT


def test_the_page_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "agents.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "agents.md", "exec"), names)  # noqa: S102  our own page
    said = capsys.readouterr().out
    assert "['shop']" in said
    assert "2 of 2 answered, 0 failed" in said
    assert "You asked: And on Sunday?" in said
    assert "Comparison(a='shop', b='shop_v2', pairs=2)" in said
    assert "1 preference, 1 tie" in said
    assert "1 pair for tuning" in said
