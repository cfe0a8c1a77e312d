"""Runs in each kernel of the site: prepares, waits for a visitor, shows their widget, and takes no code from then on.

A kernel is started before anybody comes, so that the page is there at once. Who it is for is said by the server in a file that only
this user can read, never by the page.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.labeling import get_labeling_session
from labelwidget.serve.messages import KERNEL_TYPES
from labelwidget.store import connect
from labelwidget.widget.review_widget import ReviewWidget

__all__ = ["FOLDER_VARIABLE", "Welcome", "show"]

FOLDER_VARIABLE = "LABELWIDGET_SITE_FOLDER"
_KERNEL_VARIABLE = "VOILA_KERNEL_ID"
_PAUSE = 0.02


class Welcome(BaseModel):
    """Whom a kernel serves.

    Attributes:
        session_id: The session that is shown.
        reviewer: To whom.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    reviewer: Annotated[str, Field(min_length=1)]

    def write(self, folder: Path, kernel_id: str) -> None:
        """Say it to the kernel, as a whole or not at all."""
        draft = folder / f"{kernel_id}.draft"
        draft.write_text(self.model_dump_json(), "utf-8")
        draft.replace(folder / f"{kernel_id}.json")

    @staticmethod
    def wait(folder: Path, kernel_id: str) -> Welcome:
        """Wait for the visitor of a kernel; the file is gone afterwards."""
        file = folder / f"{kernel_id}.json"
        while not file.exists():
            time.sleep(_PAUSE)
        text = file.read_text("utf-8")
        file.unlink()
        return Welcome.model_validate_json(text)


class _Comms(Protocol):
    targets: dict[str, object]


class _Kernel(Protocol):
    shell_handlers: dict[str, object]
    control_handlers: dict[str, object]
    comm_manager: _Comms


def show() -> None:
    """Show the visitor's widget; the last thing that the site's notebook does.

    Raises:
        NotFoundError: The session was deleted since, or is no longer the visitor's.
    """
    from IPython.core.getipython import get_ipython
    from IPython.display import display  # pyright: ignore[reportUnknownVariableType]

    store = connect()
    store.sessions()  # what is slow about a first query is done before anybody waits
    welcome = Welcome.wait(Path(os.environ[FOLDER_VARIABLE]), os.environ[_KERNEL_VARIABLE])
    session = get_labeling_session(welcome.session_id)
    widget = ReviewWidget(
        session, welcome.reviewer, height="window", restricted=True, allow_agent=False
    )
    display(widget)
    shell = get_ipython()
    if shell is not None:
        close(cast(_Kernel, getattr(shell, "kernel")))  # noqa: B009  ipykernel's shell has it, IPython's type does not


def close(kernel: _Kernel) -> None:
    """Take away what could run code or make objects, whatever reaches the kernel: the second lock behind the site's socket."""
    for handlers in (kernel.shell_handlers, kernel.control_handlers):
        for name in set(handlers) - KERNEL_TYPES - {"shutdown_request", "interrupt_request"}:
            del handlers[name]
    for target in set(kernel.comm_manager.targets) - {"jupyter.widget.control"}:
        del kernel.comm_manager.targets[target]
