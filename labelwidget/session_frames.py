"""The part of `LabelingSession` that gives its labels as DataFrames and chooses what to label next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from labelwidget.model import LabelSchema, SessionInfo
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.store.base import Store

if TYPE_CHECKING:
    import pandas as pd

    from labelwidget.analysis.ordering import Order, QueueSelection

__all__ = ["SessionFrames"]


class SessionFrames(ABC):
    """Labels as frames, and a queue chosen from them."""

    @property
    @abstractmethod
    def store(self) -> Store:
        """The store that keeps the session."""

    @abstractmethod
    def _refresh(self) -> SessionInfo: ...

    @abstractmethod
    def questions(self) -> list[LabelSchema]:
        """The questions in the order asked, each in its newest version."""

    def to_df(self, reviewer: str | None = None, *, full: bool = False) -> pd.DataFrame:
        """The labels as a wide frame: one row an item, one column a question.

        Args:
            reviewer: Only this reviewer's answers and state; None takes the newest answer of any reviewer and the item's
                state over all of them.
            full: Put the whole inputs and outputs into `request` and `response` instead of their first 1,000 characters.

        Returns:
            Indexed by `trace_id`, in the order added: `source_trace_id, request, response, state, flagged`, a column a
            question (`boolean`, `Int64`, `Float64` or `object`; no integer becomes a float), `<question>_rationale`,
            `first_error` (the step marked as the first that went wrong), `first_error_span_id`, `note`, `tags` (a list),
            `reviewers` (how many have touched it), `time_on_task_s`, `latency` (s), `trace_state`, `model_name`, tokens, time;
            `sampling_weight` too where a sample was labelled.
            Labels on spans and text ranges are in `assessments_df()`.
        """
        from labelwidget.writers.frames import session_frame

        return session_frame(
            self.store,
            self._refresh(),
            self.questions(),
            reviewer=None if reviewer is None else checked_reviewer(reviewer),
            full=full,
        )

    def assessments_df(self, *, everything: bool = False, prior: bool = False) -> pd.DataFrame:
        """The labels as a tidy frame: one row an assessment, in the order saved.

        Args:
            everything: Overridden and cleared ones too (`valid` tells).
            prior: Those that came along with the traces (judges, earlier labels) too (`prior` tells).

        Returns:
            Columns `assessment_id, trace_id, source_trace_id, name, kind, value, rationale, source_type, source_id, span_id,
            anchor, metadata, error, overrides, block_id, start, end, quote, valid, prior, schema_version, duration_ms,
            create_time`. A label on a span has its `span_id`; one on a range of text the block of the conversation, the
            offsets in characters and the text (`quote`); the mark for the first thing that went wrong is called
            `first_error`, and its value is the step's name.
        """
        from labelwidget.writers.frames import assessments_frame

        return assessments_frame(self.store, self._refresh(), everything=everything, prior=prior)

    def shift_df(self) -> pd.DataFrame:
        """Whether reviewers changed their minds, and towards what was suggested: with `suggestions="after"` the first answer
        is given before the suggestion is seen.

        Returns:
            One row a trace, question and reviewer: `trace_id, name, reviewer, first, last` (None when cleared), `suggestion`
            (what came along with the trace), `answers` (how many were given), `changed`, `toward_suggestion`.
        """
        from labelwidget.writers.shift import shift_frame

        return shift_frame(self.store, self._refresh())

    def progress_df(self) -> pd.DataFrame:
        """How far each reviewer is: one row a reviewer, those assigned who have not begun too."""
        from labelwidget.writers.frames import progress_frame

        return progress_frame(self.store, self._refresh())

    def queue(
        self,
        *,
        where: object = None,
        order: Order = "added",
        by: str | None = None,
        sample: int | None = None,
        seed: int | None = None,
    ) -> QueueSelection:
        """Choose which traces to label, in which order; give it to `widget.queue`.

        Args:
            where: A boolean Series on the index of `to_df()`, trace ids, or a function from that frame to either.
            order: `"added"`; `"random"`; `"stratified"` (evenly from the values of the column `by`); `"disagreement"` (traces
                on which judges and people differ first); `"longest"`; `"unlabelled"` (those without a decision first);
                `"outdated"` (only those answered under an earlier version of a question).
            by: The column for `"stratified"`.
            sample: How many at most; the weights then say how many traces each stands for.
            seed: Makes random orders repeatable; 0 when None.

        Returns:
            The trace ids with their sampling weights (`to_series()`).

        Raises:
            InvalidValueError: Unknown order or column, or a mask on another index.
            NotFoundError: An id that the session does not have.
        """
        from labelwidget.analysis.ordering import select

        versions = {question.name: question.version for question in self.questions()}
        assessments = self.assessments_df(prior=True)
        return select(
            self.to_df(),
            assessments,
            versions,
            where=where,
            order=order,
            by=by,
            sample=sample,
            seed=seed,
        )
