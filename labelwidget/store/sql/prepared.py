"""Statements that every click runs, compiled once.

SQLAlchemy spends four times longer on a statement than SQLite does, most of it on looking its compiled form up and on
typing values that are known here. A prepared statement is declared and compiled by SQLAlchemy, so that it fits every
database, and then run as text, on SQLite by its own driver; its results are what the database holds, not decoded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

from labelwidget.model.json import dumps_ascii
from labelwidget.store.sql.tables import Identifier, JsonText, stored_identifier

__all__ = ["Prepared", "Result"]


class _Form(NamedTuple):
    """A statement as one database wants it."""

    text: str
    defaults: dict[str, Any]
    encoders: list[tuple[str, Callable[[Any], str]]]


class Result:
    """What a statement gave.

    Attributes:
        rows: All of its rows.
        rowcount: How many rows it changed.
    """

    __slots__ = ("rowcount", "rows")

    def __init__(self, rows: Sequence[Sequence[Any]], rowcount: int) -> None:
        self.rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self.rows)

    def first(self) -> Sequence[Any] | None:
        """The first row, or None."""
        return self.rows[0] if self.rows else None

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self.rows[0][0] if self.rows else None


class Prepared:
    """A statement whose values are bound by name.

    Args:
        statement: With `bindparam("name")` for every value.
        columns: For INSERT and UPDATE the columns that get values, bound by their own names.
    """

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement = cast(ClauseElement, statement)
        self._columns = columns
        self._forms: dict[str, _Form] = {}

    def run(self, connection: Connection, values: Mapping[str, object]) -> Result:
        """Run it.

        Args:
            connection: Where.
            values: By name; ids and JSON are encoded here as their columns ask.

        Returns:
            The result, with values as the database holds them.
        """
        form = self._form(connection)
        bound = _bound(form, values)
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            cursor = driver.execute(form.text, bound)
            return Result(cursor.fetchall(), cursor.rowcount)
        found = connection.exec_driver_sql(form.text, bound)
        return Result(found.all() if found.returns_rows else (), found.rowcount)

    def run_many(self, connection: Connection, values: Sequence[Mapping[str, object]]) -> None:
        """Run it once for each set of values.

        Args:
            connection: Where.
            values: As for `run`; nothing is done for none.
        """
        if not values:
            return
        form = self._form(connection)
        bound = [_bound(form, one) for one in values]
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.executemany(form.text, bound)
        else:
            connection.exec_driver_sql(form.text, bound)

    def _form(self, connection: Connection) -> _Form:
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = self._forms[connection.dialect.name] = self._compile(connection.dialect)
        return form

    def _compile(self, dialect: Dialect) -> _Form:
        if dialect.name == "sqlite":
            dialect = sqlite.dialect(paramstyle="named")
        columns = None if self._columns is None else list(self._columns)
        compiled = self._statement.compile(
            dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True}
        )
        binds: dict[str, Any] = getattr(compiled, "binds", {})
        encoders: list[tuple[str, Callable[[Any], str]]] = []
        for name, bind in binds.items():
            if isinstance(bind.type, JsonText):
                encoders.append((name, dumps_ascii))
            elif isinstance(bind.type, Identifier):
                encoders.append((name, stored_identifier))
        return _Form(str(compiled), dict(compiled.params or {}), encoders)


def _bound(form: _Form, values: Mapping[str, object]) -> dict[str, object]:
    bound: dict[str, object] = {**form.defaults, **values}
    for name, encode in form.encoders:
        value = bound[name]
        if value is not None:
            bound[name] = encode(value)
    return bound
