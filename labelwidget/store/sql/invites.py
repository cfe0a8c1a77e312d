"""Invitations in SQL, and the part of `SqlStore` that offers them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, insert, select, update

from labelwidget.model.invite import Invite
from labelwidget.store.sql.tables import invites

__all__ = ["SqlInvites"]

T = TypeVar("T")

_COLUMNS = (
    invites.c.invite_id,
    invites.c.session_id,
    invites.c.reviewer,
    invites.c.token_hash,
    invites.c.created_at,
    invites.c.expires_at,
    invites.c.revoked_at,
)


class SqlInvites(ABC):
    """See `labelwidget.store.invite_store.InviteStore`; a part of `SqlStore`."""

    @abstractmethod
    def _read(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    def _write(self, work: Callable[[Connection], T]) -> T: ...

    def put_invite(self, invite: Invite) -> None:
        """Keep a new invitation."""
        row = invite.model_dump()
        self._write(lambda connection: connection.execute(insert(invites), row))

    def invite(self, invite_id: str) -> Invite | None:
        """The invitation with this id, whatever became of it, or None."""
        found = self._read(
            lambda connection: (
                connection.execute(select(*_COLUMNS).where(invites.c.invite_id == invite_id))
                .mappings()
                .first()
            )
        )
        return None if found is None else Invite.model_validate(dict(found))

    def invites(self, session_id: str) -> list[Invite]:
        """All invitations to a session, the oldest first."""
        query = select(*_COLUMNS).where(invites.c.session_id == session_id)
        query = query.order_by(invites.c.created_at, invites.c.invite_id)
        found = self._read(lambda connection: connection.execute(query).mappings().all())
        return [Invite.model_validate(dict(row)) for row in found]

    def revoke_invite(self, invite_id: str, at: int) -> bool:
        """Refuse an invitation from now on; False when there is none or it was revoked before."""
        query = update(invites).where(
            invites.c.invite_id == invite_id, invites.c.revoked_at.is_(None)
        )
        return self._write(
            lambda connection: connection.execute(query.values(revoked_at=at)).rowcount > 0
        )
