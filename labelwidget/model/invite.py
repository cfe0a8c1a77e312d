"""Invitations: a personal way to one session, kept by its hash alone."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Invite"]


class Invite(BaseModel):
    """Who may come to a session by a link or hand in a page, until when.

    Attributes:
        invite_id: 32 hexadecimal digits; `page-` before it for the ticket of an exported page, which opens no site.
        session_id: The session.
        reviewer: Who is invited, as spelled.
        token_hash: SHA-256 of the secret as hexadecimal digits; the secret itself is kept nowhere.
        created_at: Milliseconds since 1970 (UTC).
        expires_at: Milliseconds since 1970 (UTC); refused from then on.
        revoked_at: When it was revoked, or None.
    """

    model_config = ConfigDict(frozen=True)

    invite_id: str
    session_id: str
    reviewer: str
    token_hash: str
    created_at: int
    expires_at: int
    revoked_at: int | None = None

    @property
    def of_page(self) -> bool:
        """Whether it is the ticket of an exported page."""
        return self.invite_id.startswith("page-")
