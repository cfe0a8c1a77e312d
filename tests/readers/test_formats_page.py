"""The page of formats names every format that is read."""

from __future__ import annotations

import re
from pathlib import Path

from labelwidget.readers import FORMATS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def test_every_format_has_its_row() -> None:
    rows = re.findall(
        r"^\| [^|]+ \| `([a-z_]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted(FORMATS)
