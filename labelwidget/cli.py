"""The command `labelwidget`: what is done from a terminal, one function a subcommand.

```console
labelwidget sessions --store labels.db
```
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import cast

from labelwidget.errors import InvalidValueError, LabelWidgetError, shown

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: Those of the command line; None takes `sys.argv`.

    Returns:
        0, or 1 when it could not be done; the reason stands on the error output.
    """
    given = _parser().parse_args(arguments)
    run = cast("Callable[[argparse.Namespace], None]", given.run)
    try:
        run(given)
    except LabelWidgetError as error:
        print(f"labelwidget: {error}", file=sys.stderr)  # noqa: T201  a command speaks so
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labelwidget",
        description="Review and label GenAI traces: what is done from a terminal.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_sessions(commands)
    _add_migrate(commands)
    _add_backup(commands)
    return parser


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        metavar="ADDRESS",
        help="the store, as labelwidget.connect() takes it: a file, postgresql+psycopg://… or mlflow:; "
        "without it LABELWIDGET_STORE, else labelwidget.db here",
    )


def _add_sessions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]  argparse has no public name for it
    text = "list the labeling sessions of a store, newest first"
    parser = commands.add_parser("sessions", help=text, description=text.capitalize() + ".")
    _add_store(parser)
    parser.set_defaults(run=_sessions)


def _sessions(given: argparse.Namespace) -> None:
    from labelwidget.store import connect

    store = connect(cast("str | None", given.store))
    for info in store.sessions():
        print(info.session_id, f"{store.count_items(info.session_id):>7,}", shown(info.name))  # noqa: T201


def _add_migrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    parser = commands.add_parser(
        "migrate",
        help="bring a store up to date for this version of labelwidget",
        description="Bring a store up to date for this version of labelwidget, in one transaction. A file is brought up to date "
        "when it is opened; a server's store waits for this, since others may still work with an older version.",
    )
    _add_store(parser)
    parser.set_defaults(run=_migrate)


def _migrate(given: argparse.Namespace) -> None:
    from labelwidget.store import migrate

    store = migrate(cast("str | None", given.store))
    print(f"{store.url} is up to date.")  # noqa: T201


def _add_backup(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    parser = commands.add_parser(
        "backup",
        help="copy a store's file, while others label",
        description="Copy a store's file as it is at one moment, while others label. A server is backed up by pg_dump.",
    )
    _add_store(parser)
    parser.add_argument("--to", required=True, metavar="FILE", help="the file to make")
    parser.set_defaults(run=_backup)


def _backup(given: argparse.Namespace) -> None:
    from labelwidget.store import connect
    from labelwidget.store.sql.sql_store import SqlStore

    store = connect(cast("str | None", given.store))
    if not isinstance(store, SqlStore):
        raise InvalidValueError(f"{store.url} is not a file.")
    print(store.backup(cast(str, given.to)))  # noqa: T201
