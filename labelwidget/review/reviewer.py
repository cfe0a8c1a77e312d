"""Who reviews: the user that JupyterHub or the server's login says, else the one that Python names, else the account.

A login comes before `user=`, so that a colleague's notebook that is run by somebody else does not label in the colleague's
name. A kernel is its user's own: this is so that nobody errs, not a lock.
"""

from __future__ import annotations

import getpass
import os
import warnings
from typing import NamedTuple

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.resolver import is_resolver, person_behind

__all__ = [
    "MAX_REVIEWER",
    "Login",
    "checked_reviewer",
    "default_reviewer",
    "login",
    "signed_in_reviewer",
]

MAX_REVIEWER = 200


class Login(NamedTuple):
    """Who is signed in, and where that is known from."""

    name: str
    where: str


_LOGINS = (("JUPYTERHUB_USER", "JupyterHub"), ("LABELWIDGET_USER", "this server"))


def login() -> Login | None:
    """Who is signed in.

    Returns:
        `JUPYTERHUB_USER`, else `LABELWIDGET_USER`, which a server that knows its users sets for their kernels; None for
        neither.
    """
    for variable, where in _LOGINS:
        name = os.environ.get(variable, "").strip()
        if name and not is_resolver(name):
            return Login(name[:MAX_REVIEWER], where)
    return None


def signed_in_reviewer(name: str | None) -> str:
    """Who reviews in a notebook: who is signed in, else who is named, else the operating system's user.

    Args:
        name: What Python says; a warning says when it is not taken.

    Raises:
        InvalidValueError: The name is not usable.
    """
    checked = checked_reviewer(name)
    who = login()
    if who is None or name is None or checked.casefold() == who.name.casefold():
        return checked
    warnings.warn(
        f"You are signed in to {who.where} as {shown(who.name)}, so labels are {shown(who.name)}'s; user={shown(name)} was not "
        "taken.",
        stacklevel=3,
    )
    return who.name


def default_reviewer() -> str:
    """The reviewer's name taken from the environment.

    Returns:
        Who is signed in, see `login`, else the operating system's user, else `reviewer`.
    """
    who = login()
    if who is not None:
        return who.name
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
