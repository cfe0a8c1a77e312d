"""The part of a `LabelingSession` that hands it to others: a page without a server, and personal links."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import SessionInfo
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.store.base import Store

if TYPE_CHECKING:
    from labelwidget.widget.merging import MergeReport

__all__ = ["SessionSharing", "site_address"]

_SITE_VARIABLE = "LABELWIDGET_URL"
_SITE_HERE = "http://127.0.0.1:8866"


def site_address() -> str:
    """Where the review site is: `LABELWIDGET_URL`, else on this machine."""
    return (os.environ.get(_SITE_VARIABLE, "").strip() or _SITE_HERE).rstrip("/")


class SessionSharing(ABC):
    """Sharing a session with people who have no notebook."""

    @property
    @abstractmethod
    def store(self) -> Store:
        """The store that keeps the session."""

    @property
    @abstractmethod
    def labeling_session_id(self) -> str:
        """The session's id."""

    @abstractmethod
    def _refresh(self) -> SessionInfo: ...

    @property
    def url(self) -> str:
        """Where reviewers find the session on the review site (`labelwidget serve`); never None.

        The site's address is the environment variable `LABELWIDGET_URL`, without it that of a site on this machine. The link
        itself lets nobody in: that takes an invitation, the site's token, or the proxy's word.
        """
        return f"{site_address()}/session/{self.labeling_session_id}"

    def invite(self, reviewer: str, *, expires: timedelta | datetime | None = None) -> str:
        """A personal link, by which a reviewer gets into the review site without an account and labels as themselves.

        It opens this session alone. Whoever has the link is let in, so send it to them only; it is shown once and kept nowhere
        (the store keeps a hash).

        Args:
            reviewer: Who; their answers carry this name. They have to be assigned, when anybody is.
            expires: How long it holds, or the moment when it ends (with its time zone); None for 30 days.

        Returns:
            The link.

        Raises:
            InvalidValueError: A moment that is over, or more than ten years ahead.
            NotAssignedError: The session is assigned to others.
            NotFoundError: The session was deleted.
        """
        from labelwidget.review.invitations import new_invite

        _, token = new_invite(self.store, self._refresh().session_id, reviewer, expires)
        return f"{site_address()}/enter#{token}"

    def revoke(self, reviewer: str) -> int:
        """Refuse a reviewer's links and exported pages from now on; pages that are open end within seconds.

        Args:
            reviewer: Who, without case; or one link, as `invite` gave it.

        Returns:
            How many links and pages that still held were revoked.
        """
        from labelwidget.review.invitations import revoke_invites

        _, _, token = reviewer.rpartition("#")
        return revoke_invites(self.store, self._refresh().session_id, token)

    def export_html(
        self,
        path: str | os.PathLike[str],
        reviewer: str | None = None,
        *,
        traces: Iterable[str] | None = None,
        suggestions: Literal["before", "after", "off"] = "before",
        auto_advance: bool = True,
    ) -> Path:
        """Write one page that a colleague opens from disk and labels in, without a server and without a network.

        The page holds the widget and the traces, and keeps the answers in the colleague's browser. Its button gives them as a
        small file, which `merge` brings in. Whoever has the page can read the traces in it.

        Args:
            path: The file to write; one of that name is replaced.
            reviewer: Who will answer; None takes the assigned user where there is just one.
            traces: Ids from `session.to_df().index`, in the order wanted; None for all of the reviewer's.
            suggestions: As in `ReviewWidget`.
            auto_advance: As in `ReviewWidget`.

        Returns:
            The file.

        Raises:
            InvalidValueError: Nobody is named, there are no traces, or too many for a page.
            NotFoundError: A trace that the session does not have.
            NotAssignedError: The session is assigned to others.
            StoreError: The store or the file cannot be written.
        """
        from labelwidget.review import Queue, Review
        from labelwidget.review.invitations import page_ticket, require_may_label
        from labelwidget.widget.offline import page_data, page_script
        from labelwidget.widget.protocol import Settings
        from labelwidget.writers.review_page import page_html, write_page

        info = self._refresh()
        if reviewer is None and len(info.assigned_users) != 1:
            raise InvalidValueError(
                "Say who will answer, since the answers come back under that name: export_html(path, reviewer='alice@company.com')."
            )
        if suggestions not in ("before", "after", "off"):
            raise InvalidValueError(
                f"suggestions is {shown(suggestions)}; pass 'before', 'after' or 'off'."
            )
        name = checked_reviewer(info.assigned_users[0] if reviewer is None else reviewer)
        require_may_label(info, name)
        review = Review(self.store, info.session_id, name, restricted=True)
        if traces is not None:
            positions = _positions(self.store, info, traces)
            missing = set(positions) - set(review.queue.chosen or positions)
            if missing:
                raise InvalidValueError(
                    f"{len(missing):,} of the traces are not assigned to {shown(name)}."
                )
            review.queue = Queue(self.store, info.session_id, positions)
        if len(review.queue) == 0:
            raise InvalidValueError(
                "There is nothing to export: the session has no traces for this reviewer."
            )
        script = page_script()
        _, ticket = page_ticket(self.store, info.session_id, name)
        settings = Settings(
            height=680, fill=True, auto_advance=auto_advance, suggestions=suggestions
        )
        text = page_html(info.name, page_data(review, ticket, settings), script)
        return write_page(path, text)

    def merge(self, path: str | os.PathLike[str]) -> MergeReport:
        """Bring in the answers that a colleague gave in an exported page, under the name that it was exported for.

        They become what they would be had they been given in the widget: the same labels, with the version of the question
        that was answered and the time. The same file again, or a later one of the same page, adds only what is new.

        Args:
            path: The file that the page's button gave.

        Returns:
            What was merged, what was there already, and what was refused and why; print it.

        Raises:
            InvalidValueError: No such file, none of ours, too large, or of another session.
            NotFoundError: Its page was made from another store, or was revoked.
            NotAssignedError: The reviewer is no longer assigned.
            StoreError: The store cannot be written; merging again adds what is missing.
        """
        from labelwidget.widget.merging import merge_answers

        report = merge_answers(self.store, self._refresh(), path)
        if report.refused_count:
            warnings.warn(f"merge: {report}", stacklevel=2)
        return report


def _positions(store: Store, info: SessionInfo, traces: Iterable[str]) -> list[int]:
    columns = store.item_columns(info.session_id)
    known = {cast(str, item_id): position for position, item_id in enumerate(columns["item_id"])}
    found: list[int] = []
    for trace_id in traces:
        if trace_id not in known:
            raise NotFoundError(
                f"The session has no trace {shown(trace_id)}. Pass ids from session.to_df().index."
            )
        found.append(known[trace_id])
    return found
