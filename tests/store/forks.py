"""Run a function in a child process that starts at once: a fork of this one, everything imported already."""

from __future__ import annotations

import os
import pickle
import traceback
import warnings
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")

NOBODY = 65534


def fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns of threads: the store's own survive this, and that is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def in_child(work: Callable[[], T], *, user: int | None = None) -> T:
    """The result of `work` in a forked child, or its exception."""
    reader, writer = os.pipe()
    child = fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            if user is not None:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            try:
                said = pickle.dumps((True, work()))
            except BaseException as error:  # noqa: BLE001  it is raised in the parent
                error.add_note("".join(traceback.format_exception(error)))
                said = pickle.dumps((False, error))
            with os.fdopen(writer, "wb") as out:
                out.write(said)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as incoming:
        said = incoming.read()
    os.waitpid(child, 0)
    good, result = pickle.loads(said)  # noqa: S301  from our own child
    if not good:
        raise result
    return cast(T, result)


def without_privileges(work: Callable[[], T]) -> T:
    """The result of `work` by a user to whom file permissions apply (they do not apply to root)."""
    return in_child(work, user=NOBODY) if os.geteuid() == 0 else work()
