"""The built browser side: the core that anywidget loads, and what the core asks for when it is first needed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from labelwidget.errors import NotFoundError
from labelwidget.widget.protocol import ModuleReply

__all__ = ["CORE", "module_reply"]

_STATIC = Path(__file__).parent / "static"
CORE = _STATIC / "widget.js"
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
    path = _MODULES[name]
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(
            f"The browser part {path.name} is missing. Install labelwidget again; in a checkout run `python3 dev.py build`."
        ) from None
    return ModuleReply(text=data.decode("utf-8"), digest=hashlib.sha256(data).hexdigest())
