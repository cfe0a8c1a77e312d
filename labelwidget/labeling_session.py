"""`LabelingSession`: a set of traces, the questions asked of them, and who answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from labelwidget.datasets import EvaluationDataset, resolve_dataset
from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import JsonValue, LabelSchema, SessionInfo
from labelwidget.model.event import Event
from labelwidget.review.changes import Unsubscribe, subscribe
from labelwidget.review.importing import ImportReport, import_traces
from labelwidget.review.reviewer import checked_reviewer, default_reviewer
from labelwidget.review.schemas import resolve_schemas
from labelwidget.session_agents import SessionAgents
from labelwidget.session_frames import SessionFrames
from labelwidget.session_sharing import SessionSharing
from labelwidget.session_team import SessionTeam
from labelwidget.session_views import SessionViews
from labelwidget.store.base import Store
from labelwidget.writers.progress import import_progress

if TYPE_CHECKING:
    from labelwidget.review.conflicts import Resolve
    from labelwidget.review.sync import SyncResult

__all__ = ["LabelingSession", "checked_users"]


class LabelingSession(SessionAgents, SessionFrames, SessionViews, SessionTeam, SessionSharing):
    """A set of traces, the questions asked of them, and who answers.

    Made by `create_labeling_session` and found by `get_labeling_session`. Methods that change it return the session itself,
    so that calls can be chained.
    """

    def __init__(self, store: Store, info: SessionInfo) -> None:
        """Hold a session of a store; use `create_labeling_session` instead."""
        self._store = store
        self._info = info
        self._last_import: ImportReport | None = None

    # Properties ----------------------------------------------------------------------------------------------------
    @property
    def store(self) -> Store:
        """The store that keeps the session."""
        return self._store

    @property
    def info(self) -> SessionInfo:
        """The session's record as last read."""
        return self._info

    @property
    def name(self) -> str:
        """The session's name; several sessions may share one."""
        return self._info.name

    @property
    def assigned_users(self) -> list[str]:
        """Who may label; empty means anybody."""
        return list(self._info.assigned_users)

    @property
    def agent(self) -> str | None:
        """Name of the agent that answers, or None."""
        return self._info.agent

    @property
    def label_schemas(self) -> list[str]:
        """Names of the questions in the order asked."""
        return list(self._info.label_schemas)

    @property
    def labeling_session_id(self) -> str:
        """The session's id."""
        return self._info.session_id

    @property
    def mlflow_run_id(self) -> str:
        """The run that holds the session's traces; the session's id in a store of our own."""
        return self._info.session_id

    @property
    def review_app_id(self) -> str:
        """The store that the session is reviewed in."""
        return self._store.url

    @property
    def experiment_id(self) -> str:
        """The MLflow experiment; `"0"` in a store of our own, which has just one."""
        return self._store.experiment_id

    @property
    def enable_multi_turn_chat(self) -> bool:
        """Whether the reviewer may continue the conversation."""
        return self._info.enable_multi_turn_chat

    @property
    def custom_inputs(self) -> dict[str, JsonValue] | None:
        """Inputs passed to the agent, or None."""
        return self._info.custom_inputs

    @property
    def reviews_required(self) -> int:
        """How many reviewers complete an item."""
        return self._info.reviews_required

    @property
    def last_import(self) -> ImportReport | None:
        """What the last `add_traces` added, found there already, and refused with reasons."""
        return self._last_import

    def __len__(self) -> int:
        """How many traces the session holds."""
        return self._store.count_items(self._info.session_id)

    def __repr__(self) -> str:
        """Name, id, and how many traces."""
        return f"LabelingSession(name={shown(self.name)}, labeling_session_id={self.labeling_session_id!r}, traces={len(self)})"

    # Changing ------------------------------------------------------------------------------------------------------
    def add_traces(
        self,
        traces: object,
        *,
        format: str | None = None,  # noqa: A002  the reader's name for it
        columns: Mapping[str, str | list[str]] | None = None,
        conversations: bool = False,
    ) -> LabelingSession:
        """Copy traces into the session; bad ones are refused with a reason, good ones land.

        Args:
            traces: A DataFrame with a `trace` column (as of `mlflow.search_traces`) or with inputs and outputs; an iterable
                of MLflow traces, JSON strings, dicts or chat records; a single one; a file's path, a folder or a glob.
            format: The format's name when detection is not wanted.
            columns: For plain frames and dicts, what holds what: `{"inputs": "question", "outputs": "answer"}`.
            conversations: Make one item of the traces that share a session (a conversation), with its turns in order of time.

        Returns:
            This session. `last_import` holds the counts and the reasons.

        Raises:
            InvalidValueError: Nothing of it can be read, for example a frame without usable columns.
            NotFoundError: The session was deleted.
            StoreError: The store cannot be written.
        """
        self._refresh()
        with import_progress(traces) as on_progress:
            report = import_traces(
                self._store,
                self._info.session_id,
                traces,
                format=format,
                columns=dict(columns) if columns else None,
                conversations=conversations,
                on_progress=on_progress,
            )
        self._last_import = report
        if report.refused_count:
            warnings.warn(f"add_traces: {report}", stacklevel=2)
        return self

    def add_dataset(
        self, dataset_name: str | EvaluationDataset, record_ids: Sequence[str] | None = None
    ) -> LabelingSession:
        """Make items of the records of a dataset; those that the session holds already are counted, not added again.

        A record is shown with the trace that it was made from, else with its outputs. In a session with an agent it is shown
        without a response, which the agent gives. What the record expects is shown as a prior expectation.

        Args:
            dataset_name: The dataset, its name or its id.
            record_ids: Only these records.

        Returns:
            This session. `last_import` holds the counts.

        Raises:
            InvalidValueError: A record has neither a trace nor outputs, and the session no agent. Nothing was added.
            NotFoundError: No such dataset or record.
        """
        from labelwidget.review.dataset_items import add_dataset_items

        info = self._refresh()
        source, dataset, name = resolve_dataset(self._store, dataset_name, parameter="dataset_name")
        if dataset is None:
            raise NotFoundError(
                f"There is no dataset {shown(name)} in {self._store.url}. Make it with create_dataset({shown(name)})."
            )
        self._last_import = add_dataset_items(
            self._store,
            info,
            source,
            dataset.dataset_id,
            None if record_ids is None else list(record_ids),
        )
        return self

    def set_assigned_users(self, assigned_users: Sequence[str]) -> LabelingSession:
        """Replace who may label.

        Args:
            assigned_users: Names, compared without case; `[]` lets anybody label.

        Returns:
            This session, changed.
        """
        return self._update(assigned_users=checked_users(assigned_users))

    def set_label_schemas(self, label_schemas: Sequence[str | LabelSchema]) -> LabelingSession:
        """Replace the questions, in the order asked; labels of questions that are left out stay.

        Args:
            label_schemas: Names, or the questions themselves.

        Returns:
            This session, changed.
        """
        return self._update(
            label_schemas=[schema.name for schema in resolve_schemas(self._store, label_schemas)]
        )

    def on_change(self, listener: Callable[[Event], object]) -> Unsubscribe:
        """Call a function after each label, skip, flag or undo in this session that this process saves.

        Args:
            listener: Called with the event: `item_id`, `reviewer`, `kind`, and `changes` with the values before and after.

        Returns:
            A function that ends it.
        """
        return subscribe(self._store, self.labeling_session_id, listener)

    def _update(self, **changes: object) -> LabelingSession:
        info = self._refresh()
        self._info = SessionInfo.model_validate({**info.model_dump(), **changes})
        self._store.put_session(self._info)
        return self

    def _change(self, **changes: object) -> None:
        self._update(**changes)

    def _refresh(self) -> SessionInfo:
        found = self._store.session(self._info.session_id)
        if found is None:
            raise NotFoundError(
                f"Labeling session {shown(self.name)} was deleted. restore_labeling_session({self.labeling_session_id!r}) brings it back."
            )
        self._info = found
        return found

    # Datasets ------------------------------------------------------------------------------------------------------
    def sync(
        self,
        to_dataset: str | EvaluationDataset | None = None,
        *,
        dataset_name: str | EvaluationDataset | None = None,
        dry_run: bool = False,
        include_unlabeled: bool = True,
        resolve: Resolve | None = None,
    ) -> SyncResult:
        """Merge the expectations given in this session into an evaluation dataset; again, and nothing changes.

        A trace becomes the record of its root inputs: where the dataset has it, the expectations of the same names are
        replaced and everything else stays; else it is added. Feedback, rationales, answers on spans, and what came along with
        the traces are not synced. What a reviewer who skipped a trace answered on it does not count; a trace that all who
        looked at it skipped is left out. Of several answers the latest counts.

        Args:
            to_dataset: The dataset, its name or its id; a name that does not exist makes a dataset.
            dataset_name: The same by another name.
            dry_run: Write nothing and say what would be written.
            include_unlabeled: Whether traces without expectations become records too.
            resolve: Whose answer counts where reviewers disagree: `{"expected_response": "alice"}`; or a function from a
                `Conflict` to the value (None: leave the expectation out).

        Returns:
            Counts of records inserted, updated and unchanged, the conflicts, and what was left out; print it.

        Raises:
            InvalidValueError: No dataset is named, or `resolve` names a question or reviewer that there is none of.
            NotFoundError: The session or the dataset was deleted.
            StoreError: The store cannot be written. What was merged before that stays; syncing again adds the rest.
        """
        from labelwidget.review.sync import SyncTarget, sync_session

        if (to_dataset is None) == (dataset_name is None):
            raise InvalidValueError(
                "Name the dataset once: session.sync(to_dataset='answers') or session.sync(dataset_name='answers')."
            )
        given, parameter = (
            (dataset_name, "dataset_name") if to_dataset is None else (to_dataset, "to_dataset")
        )
        info = self._refresh()
        return sync_session(
            self._store,
            info,
            SyncTarget(*resolve_dataset(self._store, given, parameter=parameter)),
            by=default_reviewer(),
            dry_run=dry_run,
            include_unlabeled=include_unlabeled,
            resolve=resolve,
        )

    # Reading -------------------------------------------------------------------------------------------------------
    def questions(self) -> list[LabelSchema]:
        """The questions in the order asked, each in its newest version."""
        found = (self._store.schema(name, deleted=True) for name in self._refresh().label_schemas)
        return [schema for schema in found if schema is not None]


def checked_users(users: object) -> list[str]:
    """Names of reviewers; None is nobody in particular.

    Raises:
        InvalidValueError: Not a list of names.
    """
    if users is None:
        return []
    if isinstance(users, str) or not isinstance(users, Sequence):
        raise InvalidValueError(
            f"assigned_users is {shown(users)}; pass a list of names, like ['alice@company.com']."
        )
    return [
        checked_reviewer(cast("str | None", user) or "") for user in cast("Sequence[object]", users)
    ]
