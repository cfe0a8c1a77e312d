"""Which messages of a page reach its kernel: those of the widget, and nothing that could run code or make objects.

A page of Voila speaks Jupyter's own protocol to its kernel, in which `execute_request` runs code and `comm_open` makes any widget
of any class. Everything is refused here that the review page does not need. The kernel refuses the same once more (`kernel.py`).
"""

from __future__ import annotations

from typing import cast

from labelwidget.model import JsonValue

__all__ = ["KERNEL_TYPES", "MAX_FRAME", "passes"]

MAX_FRAME = 2_000_000
"""Bytes of one frame from the browser; the widget's own messages are at most 256,000 characters."""

KERNEL_TYPES = frozenset({"kernel_info_request", "comm_info_request", "comm_open", "comm_msg"})
"""What a kernel of the site takes from anybody once its page is there."""

_CONTROL = "jupyter.widget.control"
_METHODS = frozenset({"custom", "request_state", "request_states"})


def passes(channel: object, msg_type: object, content: JsonValue) -> bool:
    """Whether a message may go to the kernel.

    Args:
        channel: The socket's channel.
        msg_type: Of its header.
        content: Its content.
    """
    if channel != "shell" or msg_type not in KERNEL_TYPES:
        return False
    if not isinstance(content, dict):
        return False
    if msg_type == "comm_open":
        # Only to ask for the widgets that are there: any other target makes one.
        return content.get("target_name") == _CONTROL
    if msg_type == "comm_msg":
        data = content.get("data")
        return isinstance(data, dict) and cast(object, data.get("method")) in _METHODS
    return True
