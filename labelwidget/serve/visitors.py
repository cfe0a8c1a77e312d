"""Who comes to the site, and what of the store they may open.

A visitor is known by a signed cookie that was given at the door: for an invitation, the operator's token or password. It is
looked at again with every request and, while a page is open, every few seconds: an invitation that was revoked or has expired
ends what it began. Nothing in an address, and nothing that a page sends, says who somebody is.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labelwidget.errors import LabelWidgetError, NotFoundError
from labelwidget.model import Progress, SessionInfo
from labelwidget.review import Review
from labelwidget.review.invitations import checked_invite, still_holds
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.serve.settings import SiteSettings
from labelwidget.store.base import Store

__all__ = ["Door", "Visitor"]

MAX_INVITES = 20
"""Invitations of one cookie; the oldest is forgotten first."""
MAX_SECRET = 400


class Visitor(BaseModel):
    """Somebody at the site.

    Attributes:
        reviewer: As whom they review.
        invites: The invitations that they came by, which say what they may open; None for those who were let in otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reviewer: Annotated[str, Field(min_length=1, max_length=200)]
    invites: Annotated[list[str], Field(max_length=MAX_INVITES)] | None = None


class Door:
    """Lets visitors in, and knows what they may open.

    Args:
        settings: The site's.
        store: What it serves.
        check_password: Whether a text is the operator's password.
    """

    def __init__(
        self, settings: SiteSettings, store: Store, check_password: Callable[[str], bool]
    ) -> None:
        self._settings = settings
        self._store = store
        self._check_password = check_password

    def enter(self, secret: str, known: Visitor | None) -> Visitor | None:
        """Who comes with a secret: an invitation's token, the site's token or the password.

        Args:
            secret: What was typed, or stood behind the link's `#`.
            known: Who they are already: a second invitation of the same reviewer adds to the first.

        Returns:
            The visitor, or None when nobody is let in by it.
        """
        given = secret.strip()
        if not given or len(given) > MAX_SECRET:
            return None
        if _same(given, self._settings.token) or self._check_password(given):
            return Visitor(reviewer=self._settings.operator)
        try:
            invite = checked_invite(self._store, given)
        except NotFoundError:
            return None
        if not self._serves(invite.session_id):
            return None
        earlier: list[str] = []
        if known is not None and _key(known.reviewer) == _key(invite.reviewer):
            if known.invites is None:
                return known
            earlier = [one for one in known.invites if one != invite.invite_id]
        return Visitor(
            reviewer=invite.reviewer, invites=[*earlier, invite.invite_id][-MAX_INVITES:]
        )

    def visitor(self, cookie: bytes | None, headers: Mapping[str, str]) -> Visitor | None:
        """Who makes a request.

        Args:
            cookie: What the door gave, its signature checked already.
            headers: The request's.
        """
        if self._settings.proxy is not None:
            return self._from_proxy(headers)
        if cookie is None:
            return None
        try:
            visitor = Visitor.model_validate_json(cookie)
        except ValidationError:
            return None
        return visitor if self.holds(visitor) else None

    def holds(self, visitor: Visitor) -> bool:
        """Whether the visitor is still let in: one of their invitations holds, or they need none."""
        return visitor.invites is None or any(
            still_holds(self._store, invite_id) for invite_id in visitor.invites
        )

    def opens(self, visitor: Visitor, session_id: str) -> bool:
        """Whether the visitor may open a session now."""
        return any(info.session_id == session_id for info, _ in self.sessions(visitor))

    def invited_last(self, visitor: Visitor) -> str | None:
        """The session of the newest invitation that the visitor came by, where it is theirs to open."""
        invite = self._store.invite(visitor.invites[-1]) if visitor.invites else None
        if invite is None or not self.opens(visitor, invite.session_id):
            return None
        return invite.session_id

    def sessions(self, visitor: Visitor) -> list[tuple[SessionInfo, Progress]]:
        """The sessions that the visitor may open, the newest first, with how far they are."""
        invited: set[str] | None = None
        if visitor.invites is not None:
            held = (self._store.invite(invite_id) for invite_id in visitor.invites)
            invited = {
                invite.session_id
                for invite in held
                if invite is not None
                and still_holds(self._store, invite.invite_id)
                and _key(invite.reviewer) == _key(visitor.reviewer)
            }
        found: list[tuple[SessionInfo, Progress]] = []
        for info in self._store.sessions():
            if not self._serves(info.session_id):
                continue
            if invited is not None and info.session_id not in invited:
                continue
            if not info.may_label(visitor.reviewer):
                continue
            try:
                review = Review(self._store, info.session_id, visitor.reviewer, restricted=True)
                progress = review.progress
            except LabelWidgetError:
                continue  # deleted, or taken away, since it was listed
            if progress.total:
                found.append((info, progress))
        return found

    def _serves(self, session_id: str) -> bool:
        return not self._settings.sessions or session_id in self._settings.sessions

    def _from_proxy(self, headers: Mapping[str, str]) -> Visitor | None:
        proxy = self._settings.proxy
        if proxy is None or not _same(headers.get(proxy.secret_header, ""), proxy.secret):
            return None
        try:
            return Visitor(reviewer=checked_reviewer(headers.get(proxy.user_header, "")))
        except (LabelWidgetError, ValidationError):
            return None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8"))


def _key(reviewer: str) -> str:
    return reviewer.strip().casefold()
