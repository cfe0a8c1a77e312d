"""The built browser side: the core that anywidget loads, and what the core asks for when it is first needed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from labelwidget.errors import NotFoundError
from labelwidget.widget.protocol import ModuleReply

__all__ = ["CORE", "LICENSES", "PAGE", "bundle", "module_reply"]

_STATIC = Path(__file__).parent / "static"
CORE = _STATIC / "widget.js"
PAGE = _STATIC / "page.js"
LICENSES = _STATIC / "THIRD_PARTY_LICENSES.txt"
_MODULES = {"more": _STATIC / "more.js"}


def module_reply(name: Literal["more"]) -> ModuleReply:
    """A module of the browser side as text.

    Args:
        name: Which one. The names are those of the protocol; nothing that a page sends becomes a path.

    Returns:
        Its text and digest.

    Raises:
        NotFoundError: It is not built.
    """
    text = bundle(_MODULES[name])
    return ModuleReply(text=text, digest=hashlib.sha256(text.encode("utf-8")).hexdigest())


def bundle(path: Path) -> str:
    """A built file as text.

    Args:
        path: One of this module.

    Raises:
        NotFoundError: It is not built.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise NotFoundError(
            f"The browser part {path.name} is missing. Install labelwidget again; in a checkout run `python3 dev.py build`."
        ) from None
