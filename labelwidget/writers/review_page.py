"""One self-contained page: a policy that allows no network, data that cannot become markup, and one script.

The page holds text that others wrote, so nothing of it is ever markup: data is JSON with `<`, `>` and `&` escaped, the title
is escaped text, and the only script that may begin is named in the policy by its SHA-256. The modules that it runs come from
the same data (`blob:`), and no source of the policy is an address.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import tempfile
from pathlib import Path

from labelwidget.content.json_text import printable
from labelwidget.errors import InvalidValueError, StoreError, shown
from labelwidget.model import JsonValue
from labelwidget.model.json import dumps_ascii

__all__ = ["MAX_PAGE_BYTES", "page_html", "write_page"]

MAX_PAGE_BYTES = 100_000_000
"""Largest page that is written: a browser has to hold all of it."""

_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
_IN_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def page_html(title: str, data: JsonValue, script: str) -> str:
    """The page as text.

    Args:
        title: Shown by the browser; any text.
        data: Read by the script from the element `labelwidget-data`.
        script: An ES module without imports.

    Raises:
        InvalidValueError: The script holds what would end its element.
    """
    if _ENDS_SCRIPT.search(script):
        raise InvalidValueError("The page's script cannot stand in a page. Build it again.")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; img-src blob:; media-src blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="robots" content="noindex">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(printable(title))}</title>",
            "</head>",
            "<body>",
            "<noscript>This page needs JavaScript to show its traces.</noscript>",
            f'<script type="application/json" id="labelwidget-data">{dumps_ascii(data).translate(_IN_MARKUP)}</script>',
            f'<script type="module">{script}</script>',
            "</body>",
            "</html>",
            "",
        ]
    )


def write_page(path: str | os.PathLike[str], text: str) -> Path:
    """Write a page as a whole or not at all; a file of that name is replaced.

    Args:
        path: Where to.
        text: The page.

    Returns:
        The file.

    Raises:
        InvalidValueError: The page is too large, or its folder does not exist.
        StoreError: It cannot be written.
    """
    target = Path(path)
    if len(text) > MAX_PAGE_BYTES:
        raise InvalidValueError(
            f"The page would have {len(text):,} bytes; {MAX_PAGE_BYTES:,} is the most. Export fewer traces: traces=[…]."
        )
    if not target.parent.is_dir():
        raise InvalidValueError(
            f"The folder {shown(str(target.parent))} does not exist. Make it first."
        )
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".labelwidget-", suffix=".html")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"{shown(str(target))} cannot be written: {error}.") from error
    return target
