"""What a `LabelingSession` offers a team: who gets what, how far each is, where they disagree, who said what when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Self, cast

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import Item, SessionInfo
from labelwidget.review.assigning import deal
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.store.base import Store

if TYPE_CHECKING:
    import pandas as pd

    from labelwidget.review.disagreeing import Disagreement

__all__ = ["SessionTeam"]


class SessionTeam:
    """The part of a `LabelingSession` that is about several reviewers."""

    @property
    def store(self) -> Store:
        """The store that keeps the session."""
        raise NotImplementedError

    @property
    def labeling_session_id(self) -> str:
        """The session's id."""
        raise NotImplementedError

    def _refresh(self) -> SessionInfo:
        raise NotImplementedError

    def _change(self, **changes: object) -> None:
        raise NotImplementedError

    # Who gets what -------------------------------------------------------------------------------------------------
    def assign(
        self,
        by: Literal["round_robin", "overlap", "pick"] | Mapping[str, Iterable[str]] = "round_robin",
        *,
        overlap: int = 2,
        users: Sequence[str] | None = None,
        reviews_required: int | None = None,
    ) -> Self:
        """Give the traces out instead of letting everybody review everything.

        A trace is then for those whom it is assigned to. One that is assigned to nobody, because it was added later or by
        `by="pick"`, is for whoever opens it first; it comes free again when they do nothing for five minutes. What a reviewer
        has begun stays theirs, so that assigning again after `add_traces` gives out what is new.

        Args:
            by: `"round_robin"`: each trace to one reviewer, all reviewers equally many. `"overlap"`: each trace to `overlap`
                reviewers. `"pick"`: nobody in particular. A dict: `{"alice": [trace ids], …}`; traces that it does not name
                are nobody's.
            overlap: How many reviewers a trace gets, for `"overlap"`.
            users: Who; None takes `assigned_users`.
            reviews_required: How many reviewers complete a trace that is nobody's. None leaves it, and for `"overlap"` sets
                it to `overlap`.

        Returns:
            This session, changed.

        Raises:
            InvalidValueError: Nobody to assign to, fewer reviewers than `overlap`, or an unknown way.
            NotFoundError: A trace that the session does not have.
        """
        info = self._refresh()
        given = [
            checked_reviewer(user) for user in (info.assigned_users if users is None else users)
        ]
        chosen = list({user.casefold(): user for user in given}.values())
        required = info.reviews_required if reviews_required is None else reviews_required
        if isinstance(required, bool) or not isinstance(required, int) or required < 1:
            raise InvalidValueError(
                f"reviews_required is {shown(required)}; pass a whole number of at least 1."
            )
        if isinstance(by, Mapping):
            wanted = self._named(by)
        elif by == "pick":
            wanted = {}
        elif by in ("round_robin", "overlap"):
            each = 1 if by == "round_robin" else overlap
            wanted = deal(
                self.store.count_items(info.session_id),
                chosen,
                each=each,
                begun=self.store.reviewed_by(info.session_id),
                seed=info.session_id,
            )
            if by == "overlap" and reviews_required is None:
                required = overlap
        else:
            raise InvalidValueError(
                f"by is {shown(by)}; pass 'round_robin', 'overlap', 'pick' or a dict of trace ids by reviewer."
            )
        if info.assigned_users:
            known = {user.strip().casefold() for user in info.assigned_users}
            strangers = [user for user in wanted if user.strip().casefold() not in known]
            if strangers:
                raise InvalidValueError(
                    f"{shown(strangers, 200)} may not label in this session. Name them in set_assigned_users() first."
                )
        self.store.put_assignments(info.session_id, wanted)
        self._change(shared=True, reviews_required=required)
        return self

    def unassign(self) -> Self:
        """Let everybody review everything again."""
        self.store.put_assignments(self.labeling_session_id, {})
        self._change(shared=False)
        return self

    def assignments(self) -> dict[str, list[str]]:
        """The ids of the traces that are assigned to each reviewer, in the order of the session."""
        ids = cast("list[str]", self.store.item_columns(self.labeling_session_id)["item_id"])
        return {
            reviewer: [ids[position] for position in positions]
            for reviewer, positions in self.store.assignments(self.labeling_session_id).items()
        }

    def set_reviews_required(self, reviews_required: int) -> Self:
        """Say how many reviewers complete a trace.

        Raises:
            InvalidValueError: Not a whole number of at least 1.
        """
        if (
            isinstance(reviews_required, bool)
            or not isinstance(reviews_required, int)
            or reviews_required < 1
        ):
            raise InvalidValueError(
                f"reviews_required is {shown(reviews_required)}; pass a whole number of at least 1."
            )
        self._change(reviews_required=reviews_required)
        return self

    def set_blind(self, blind: bool) -> Self:
        """Say whether others' answers to a trace are hidden from a reviewer until they are done with it (the default)."""
        self._change(blind=bool(blind))
        return self

    # What came of it -----------------------------------------------------------------------------------------------
    def disagreements(self) -> list[Disagreement]:
        """The traces on which reviewers answered a question differently and nobody has resolved it, as in the session.

        `ReviewWidget(session, resolve=True)` opens them as a queue with the answers side by side.
        """
        from labelwidget.review.disagreeing import disagreements

        return disagreements(self.store, self._refresh())

    def history(self, trace: str | Item | object) -> pd.DataFrame:
        """Everything that was ever said about a trace: nothing is edited, everything is overridden.

        Args:
            trace: A trace id (of the session's copy or of the original), or anything with a `trace_id`.

        Returns:
            One row a change, oldest first: `time` (UTC), `reviewer`, `kind` (`answer`, `state`, `flag` or `note`, and `undo`
            or `redo` of these), `question`, `schema_version` (of the question that was answered), `before`, `after`,
            `rationale`, `span_id`, `seconds` on task that came with it, `event_id`.

        Raises:
            NotFoundError: The session has no such trace.
        """
        from labelwidget.writers.audit import history_frame

        item = self._item_of(trace)
        return history_frame(
            self.store.item_events(item.item_id), self.store.item_history(item.item_id)
        )

    def _item_of(self, trace: object) -> Item:
        if isinstance(trace, Item):
            trace_id = trace.item_id
        elif isinstance(trace, str):
            trace_id = trace
        else:
            trace_id = str(getattr(trace, "trace_id", ""))
        for item in self.store.items_of_trace(trace_id):
            if item.session_id == self.labeling_session_id:
                return item
        raise NotFoundError(
            f"The session has no trace {shown(trace_id)}. Its ids are session.to_df().index."
        )

    def _named(self, by: Mapping[str, Iterable[str]]) -> dict[str, list[int]]:
        columns = self.store.item_columns(self.labeling_session_id)
        known: dict[str, int] = {}
        for position, (item_id, source) in enumerate(
            zip(columns["item_id"], columns["source_trace_id"], strict=True)
        ):
            known[cast(str, source)] = known[cast(str, item_id)] = position
        wanted: dict[str, list[int]] = {}
        for reviewer, trace_ids in by.items():
            mine = wanted.setdefault(checked_reviewer(reviewer), [])
            for trace_id in trace_ids:
                if trace_id not in known:
                    raise NotFoundError(
                        f"The session has no trace {shown(trace_id)} to assign to {shown(reviewer)}. Pass ids from "
                        "session.to_df().index."
                    )
                mine.append(known[trace_id])
        return wanted
