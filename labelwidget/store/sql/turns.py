"""Agents' names and the turns of conversations in SQL, and the part of `SqlStore` that offers them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from labelwidget.errors import NotFoundError, shown
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import dumps_ascii
from labelwidget.model.turn import AgentInfo, Turn
from labelwidget.store.sql import payload, reads, rows, search
from labelwidget.store.sql.keys import replace_keys
from labelwidget.store.sql.reads import raw
from labelwidget.store.sql.tables import agents, items, payloads, turn_payloads, turns
from labelwidget.store.turn_store import NewTurn, ShownItem

__all__ = ["SqlTurns"]

T = TypeVar("T")
_Packed = tuple[NewTurn, payload.Payload | None]

_TURN = (turns.c.seq, raw(turns.c.body), turns.c.sha256)
_OF_ITEM = select(*_TURN).where(turns.c.item_id == bindparam("id")).order_by(turns.c.seq)
_OF_SESSION = select(*_TURN).where(turns.c.session_id == bindparam("id")).order_by(turns.c.seq)
_KNOWN = select(turns.c.seq).where(
    turns.c.turn_id == bindparam("turn_id"), turns.c.state == bindparam("state")
)
_PAYLOAD = select(
    turn_payloads.c.codec, turn_payloads.c.size, turn_payloads.c.sha256, turn_payloads.c.data
).where(turn_payloads.c.turn_id == bindparam("turn_id"))
_AGENT = select(raw(agents.c.body), agents.c.sha256)


def put_agent(connection: Connection, info: AgentInfo) -> None:
    """Create the agent or replace what is known of it; it keeps its place."""
    body = cast(JsonValue, info.model_dump(mode="json"))
    values = {"body": body, "sha256": rows.digest(dumps_ascii(body))}
    if connection.execute(
        update(agents).where(agents.c.name == info.agent_name).values(values)
    ).rowcount:
        return
    place = connection.execute(select(func.coalesce(func.max(agents.c.place), -1) + 1)).scalar_one()
    connection.execute(insert(agents), {"name": info.agent_name, "place": place, **values})


def add_turns(
    connection: Connection,
    packed: Sequence[_Packed],
    shown_item: tuple[ShownItem, payload.Payload] | None,
) -> None:
    """Append rows that are not there yet, and replace what the item shows."""
    for new, pack in packed:
        turn = new.turn
        if connection.execute(_KNOWN, {"turn_id": turn.turn_id, "state": turn.state.value}).first():
            continue
        body = cast(JsonValue, turn.model_dump(mode="json", exclude={"seq"}))
        connection.execute(
            insert(turns),
            {
                "turn_id": turn.turn_id,
                "state": turn.state.value,
                "session_id": turn.session_id,
                "item_id": turn.item_id,
                "body": body,
                "sha256": rows.digest(dumps_ascii(body)),
            },
        )
        if pack is not None:
            connection.execute(
                insert(turn_payloads),
                {"turn_id": turn.turn_id, "session_id": turn.session_id, **pack._asdict()},
            )
    if shown_item is not None:
        _show(connection, *shown_item)


def _show(connection: Connection, new: ShownItem, pack: payload.Payload) -> None:
    item = new.item.model_copy(update={"payload_bytes": pack.size})
    row = rows.item_row(item, item.position)
    before = reads.item(connection, item.item_id, "the store")
    changed = connection.execute(
        update(items).where(items.c.item_id == item.item_id).values(row)
    ).rowcount
    if not changed or before is None:
        raise NotFoundError(
            f"There is no trace {shown(item.item_id)}; it was removed with its session."
        )
    search.replace_item(connection, before, item)
    replace_keys(connection, item)
    connection.execute(
        update(payloads).where(payloads.c.item_id == item.item_id).values(pack._asdict())
    )


def _turn(seq: int, body: str, sha256: str, where: str) -> Turn:
    found = rows.checked_body(body, sha256, what="A turn of a conversation", where=where)
    return Turn.model_validate({**cast("dict[str, JsonValue]", found), "seq": seq})


class SqlTurns(ABC):
    """See `labelwidget.store.turn_store.TurnStore`; a part of `SqlStore`."""

    @property
    @abstractmethod
    def _name(self) -> str: ...

    @abstractmethod
    def _read(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    def _write(self, work: Callable[[Connection], T]) -> T: ...

    def put_agent(self, info: AgentInfo) -> None:
        """Create the agent or replace what is known of it."""
        self._write(lambda connection: put_agent(connection, info))

    def agent(self, name: str) -> AgentInfo | None:
        """An agent by name, or None."""
        return next((info for info in self.agents() if info.agent_name == name), None)

    def agents(self) -> list[AgentInfo]:
        """All agents in the order created."""

        def read(connection: Connection) -> list[AgentInfo]:
            return [
                AgentInfo.model_validate(
                    rows.checked_body(row[0], row[1], what="An agent", where=self._name)
                )
                for row in connection.execute(_AGENT.order_by(agents.c.place))
            ]

        return self._read(read)

    def delete_agent(self, name: str) -> bool:
        """Forget an agent."""
        return self._write(
            lambda connection: bool(
                connection.execute(delete(agents).where(agents.c.name == name)).rowcount
            )
        )

    def add_turns(self, new: Sequence[NewTurn], shown: ShownItem | None = None) -> None:
        """Append rows and show an item anew, in one transaction."""
        packed = [(one, None if one.trace is None else payload.pack(one.trace)) for one in new]
        item = None if shown is None else (shown, payload.pack(shown.trace))
        self._write(lambda connection: add_turns(connection, packed, item))

    def turns(self, session_id: str, item_id: str | None = None) -> list[Turn]:
        """The rows of a session, or of one item, in order of saving."""
        query, key = (_OF_SESSION, session_id) if item_id is None else (_OF_ITEM, item_id)

        def read(connection: Connection) -> list[Turn]:
            return [
                _turn(row[0], row[1], row[2], self._name)
                for row in connection.execute(query, {"id": key})
            ]

        return self._read(read)

    def turn_trace(self, turn_id: str) -> Trace:
        """The trace of a turn that ended, or of an origin."""

        def read(connection: Connection) -> Trace:
            row = connection.execute(_PAYLOAD, {"turn_id": turn_id}).first()
            if row is None:
                raise NotFoundError(
                    f"There is no turn {shown(turn_id)} with a trace in {self._name}."
                )
            return payload.unpack(
                payload.Payload(*row), where=f"turn {shown(turn_id)} in {self._name}"
            )

        return self._read(read)
