"""Invitations to a session: made, checked and revoked.

A token is `<invite id>.<secret>`: 256 random bits that only the link holds. The store keeps their SHA-256, so that nobody
who reads the store, or a copy of it, can come as somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from labelwidget.errors import InvalidValueError, NotAssignedError, NotFoundError, shown
from labelwidget.model import SessionInfo
from labelwidget.model.invite import Invite
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.review.rules import now_ms
from labelwidget.store.base import Store

__all__ = [
    "INVITED_FOR",
    "MAX_TOKEN",
    "checked_invite",
    "new_invite",
    "page_ticket",
    "require_may_label",
    "revoke_invites",
    "still_holds",
]

INVITED_FOR = timedelta(days=30)
"""How long an invitation holds when nothing is said."""
MAX_INVITED = timedelta(days=3_650)
MAX_TOKEN = 200
_REFUSED = "This link is not valid: it may have expired or been withdrawn. Ask whoever sent it for a new one."


def new_invite(
    store: Store, session_id: str, reviewer: str, expires: timedelta | datetime | None = None
) -> tuple[Invite, str]:
    """Invite a reviewer to a session.

    Args:
        store: Where the session is.
        session_id: The session.
        reviewer: Who; has to be assigned, when anybody is.
        expires: How long it holds, or the moment when it ends (with its time zone); None for `INVITED_FOR`.

    Returns:
        The invitation, and its token, which is kept nowhere.

    Raises:
        InvalidValueError: A moment that is over, or more than ten years ahead.
        NotAssignedError: The session is assigned to others.
        NotFoundError: The session was deleted.
    """
    now = now_ms()
    return _issue(store, session_id, reviewer, uuid.uuid4().hex, now, _until(expires, now))


def page_ticket(store: Store, session_id: str, reviewer: str) -> tuple[Invite, str]:
    """The ticket of an exported page, by which its answers are known as this reviewer's when they come back.

    It opens no site, holds for ten years, and can be revoked like an invitation.

    Raises:
        NotAssignedError: The session is assigned to others.
        NotFoundError: The session was deleted.
    """
    now = now_ms()
    return _issue(
        store, session_id, reviewer, f"page-{uuid.uuid4().hex}", now, now + _ms(MAX_INVITED)
    )


def checked_invite(store: Store, token: object, *, of_page: bool = False) -> Invite:
    """The invitation of a token, if it still holds.

    Args:
        store: Where its session is.
        token: Whatever was sent as one.
        of_page: Take the ticket of an exported page instead of an invitation.

    Raises:
        NotFoundError: It is none of this store's, has expired, or was revoked. Which of these is not said.
    """
    text = token if isinstance(token, str) and len(token) <= MAX_TOKEN else ""
    invite_id, _, secret = text.partition(".")
    invite = store.invite(invite_id) if invite_id.isascii() and invite_id else None
    # Compared also where there is nothing to compare with, so that the time says nothing.
    known = "" if invite is None else invite.token_hash
    same = hmac.compare_digest(_hash(secret).encode(), known.encode())
    if invite is None or not same or invite.of_page is not of_page or not _holds(store, invite):
        raise NotFoundError(_REFUSED)
    return invite


def still_holds(store: Store, invite_id: str) -> bool:
    """Whether an invitation that somebody came by holds still."""
    invite = store.invite(invite_id)
    return invite is not None and not invite.of_page and _holds(store, invite)


def _holds(store: Store, invite: Invite) -> bool:
    return (
        invite.revoked_at is None
        and invite.expires_at > now_ms()
        and store.session(invite.session_id) is not None
    )


def revoke_invites(store: Store, session_id: str, reviewer: str) -> int:
    """Refuse all links and exported pages of a reviewer from now on.

    Args:
        store: Where the session is.
        session_id: The session.
        reviewer: Who, without case; or one invitation's id or token.

    Returns:
        How many were revoked that still held.
    """
    wanted = reviewer.strip()
    ids = {wanted, wanted.partition(".")[0]}
    found = [
        invite
        for invite in store.invites(session_id)
        if invite.invite_id in ids or invite.reviewer.casefold() == wanted.casefold()
    ]
    now = now_ms()
    held = [invite for invite in found if invite.expires_at > now]
    return sum(store.revoke_invite(invite.invite_id, now) for invite in held)


def require_may_label(info: SessionInfo, reviewer: str) -> None:
    """Raise `NotAssignedError` when the session is assigned to others."""
    if not info.may_label(reviewer):
        raise NotAssignedError(
            f"{shown(reviewer)} is not assigned to session {shown(info.name)}. Assigned: {shown(info.assigned_users, 300)}. "
            "Call session.set_assigned_users() first."
        )


def _issue(
    store: Store, session_id: str, reviewer: str, invite_id: str, now: int, until: int
) -> tuple[Invite, str]:
    info = store.session(session_id)
    if info is None:
        raise NotFoundError(f"Labeling session {shown(session_id)} does not exist in {store.url}.")
    name = checked_reviewer(reviewer)
    require_may_label(info, name)
    secret = secrets.token_urlsafe(32)
    invite = Invite(
        invite_id=invite_id,
        session_id=session_id,
        reviewer=name,
        token_hash=_hash(secret),
        created_at=now,
        expires_at=until,
    )
    store.put_invite(invite)
    return invite, f"{invite_id}.{secret}"


def _until(expires: timedelta | datetime | None, now: int) -> int:
    if expires is None:
        until = now + _ms(INVITED_FOR)
    elif isinstance(expires, timedelta):
        until = now + _ms(expires)
    elif isinstance(expires, datetime) and expires.tzinfo is not None:
        until = int(expires.timestamp() * 1000)
    else:
        raise InvalidValueError(
            f"expires is {shown(expires)}; pass a timedelta, like timedelta(days=7), or a datetime with its time zone."
        )
    if not now < until <= now + _ms(MAX_INVITED):
        raise InvalidValueError(
            f"expires is {shown(expires)}; an invitation ends after now and within ten years."
        )
    return until


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
