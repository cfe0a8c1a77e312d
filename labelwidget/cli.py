"""The command `labelwidget`: what is done from a terminal, one function a subcommand.

```console
labelwidget sessions --store labels.db
labelwidget serve --store labels.db
```
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import cast

from labelwidget.errors import InvalidValueError, LabelWidgetError, MissingExtraError, shown

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
    _add_serve(commands)
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


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]  as above
    from labelwidget.serve.settings import DEFAULT_PORT

    text = "run the review site, where experts label in a browser what is assigned to them"
    parser = commands.add_parser("serve", help=text, description=text.capitalize() + ".")
    add = parser.add_argument
    _add_store(parser)
    add(
        "--session",
        action="append",
        default=[],
        metavar="ID",
        help="serve only this session; may be repeated (default: all)",
    )
    add("--ip", default="127.0.0.1", help="where to listen (default: this machine only)")
    add("--port", type=int, default=DEFAULT_PORT, help="likewise (default: %(default)s)")
    add("--url", default="", help="the address of the proxy by which visitors reach the site")
    add(
        "--behind-proxy",
        action="store_true",
        help="a proxy with TLS stands before the site, which may then listen beyond this machine",
    )
    add(
        "--token",
        default="",
        help="the operator's token (default: LABELWIDGET_TOKEN, else one is made)",
    )
    add(
        "--password-hash",
        default="",
        help="let the operator in by password too: a hash made by jupyter_server.auth.passwd()",
    )
    add("--user", default=None, help="as whom the operator reviews (default: this account's name)")
    add("--user-header", default="", help="believe a proxy: the header in which it names who comes")
    add(
        "--secret-header", default="X-Labelwidget-Secret", help="the header with the proxy's secret"
    )
    add(
        "--secret-file",
        default="",
        help="a file with the secret that only the proxy and the site know",
    )
    add("--warm", type=int, default=1, help="kernels that are kept ready (default: %(default)s)")
    parser.set_defaults(run=_serve)


def _serve(given: argparse.Namespace) -> None:
    from labelwidget.serve.options import settings_from

    settings = settings_from(vars(given))
    try:
        from labelwidget.serve.site import serve
    except ImportError as error:
        raise MissingExtraError(
            f"The review site needs Voila, which is not installed ({error.name}): pip install 'labelwidget[serve]'."
        ) from error

    def ready(address: str) -> None:
        print(f"The review site is at {address}", flush=True)  # noqa: T201
        if settings.proxy is None:
            print(f"Your own way in:       {address}/enter#{settings.token}", flush=True)  # noqa: T201
            print("Invite others with session.invite('alice@company.com').", flush=True)  # noqa: T201

    serve(settings, ready)
