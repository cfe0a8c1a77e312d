"""What a store can do for invitations."""

from __future__ import annotations

from typing import Protocol

from labelwidget.model.invite import Invite

__all__ = ["InviteStore"]


class InviteStore(Protocol):
    """Invitations to sessions; a revoked one stays, so that it stays refused."""

    def put_invite(self, invite: Invite) -> None:
        """Keep a new invitation."""
        ...

    def invite(self, invite_id: str) -> Invite | None:
        """The invitation with this id, whatever became of it, or None."""
        ...

    def invites(self, session_id: str) -> list[Invite]:
        """All invitations to a session, the oldest first."""
        ...

    def revoke_invite(self, invite_id: str, at: int) -> bool:
        """Refuse an invitation from now on; False when there is none or it was revoked before."""
        ...
