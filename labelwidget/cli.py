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

from labelwidget.errors import LabelWidgetError, shown

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
