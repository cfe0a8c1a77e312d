"""Who reviews when nobody says: JupyterHub's user, else the account that runs the kernel."""

from __future__ import annotations

import getpass
import os

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.resolver import is_resolver, person_behind

__all__ = ["MAX_REVIEWER", "checked_reviewer", "default_reviewer"]

MAX_REVIEWER = 200


def default_reviewer() -> str:
    """The reviewer's name taken from the environment.

    Returns:
        `JUPYTERHUB_USER` where it is set, else the operating system's user, else `reviewer`.
    """
    hub = os.environ.get("JUPYTERHUB_USER", "").strip()
    if hub:
        return hub[:MAX_REVIEWER]
    try:
        return getpass.getuser()[:MAX_REVIEWER]
    except (OSError, KeyError, ImportError):  # no account by this number, as in some containers
        return "reviewer"


def checked_reviewer(name: str | None) -> str:
    """A usable reviewer name.

    Args:
        name: What the user passed; None takes `default_reviewer()`.

    Returns:
        The name without spaces around it.

    Raises:
        InvalidValueError: Not a text, blank, or over 200 characters.
    """
    if name is None:
        return default_reviewer()
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_REVIEWER:
        raise InvalidValueError(
            f"user is {shown(name)}; pass a name of 1 to {MAX_REVIEWER} characters, like 'alice'."
        )
    if is_resolver(name):
        raise InvalidValueError(
            f"user is {shown(name)}, which is kept for resolutions: pass {shown(person_behind(name))} and resolve=True."
        )
    return name.strip()
