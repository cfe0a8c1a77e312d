"""MLflow's review queues and label schemas, typed (MLflow 3.14 and later)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from labelwidget.errors import AlreadyExistsError, InvalidValueError, NotFoundError, shown
from labelwidget.model import (
    Input,
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputPassFail,
    InputRating,
    InputText,
    InputTextList,
    ItemState,
    LabelSchema,
    LabelSchemaType,
)
from labelwidget.model.event import Event, StateChange
from labelwidget.store.mlflow.faults import FaultKind, MlflowError
from labelwidget.store.mlflow.installed import module
from labelwidget.store.mlflow.server import Server

__all__ = ["Queue", "QueueItem", "Queues", "input_from_mlflow", "set_pooled_state"]

_PAGE = 100
_ITEMS_AT_ONCE = 100
_MAX_USERS = 10
_STATE = {
    "pending": ItemState.PENDING,
    "complete": ItemState.COMPLETED,
    "declined": ItemState.SKIPPED,
}


class Queue(NamedTuple):
    """A review queue."""

    queue_id: str
    name: str
    users: list[str]
    schema_ids: list[str]
    is_personal: bool


class QueueItem(NamedTuple):
    """An item of a queue: a trace, where it stands, and who finished it."""

    trace_id: str
    state: ItemState
    by: str | None
    changed_ms: int


class _Page(Protocol):
    token: str | None

    def __iter__(self) -> Iterator[object]: ...


class _Queue(Protocol):
    queue_id: str
    name: str
    queue_type: str
    users: list[str]
    schema_ids: list[str]


class _Item(Protocol):
    item_id: str
    status: str
    completed_by: str | None
    last_update_time_ms: int


class _Schema(Protocol):
    schema_id: str
    name: str
    type: str
    input: object
    instruction: str | None
    enable_comment: bool
    created_by: str | None
    created_at: int | None
    updated_at: int | None


class _QueueStore(Protocol):
    """What is used of MLflow's tracking store."""

    def get_review_queue(self, queue_id: str) -> _Queue: ...
    def get_review_queue_by_name(self, experiment_id: str, *, name: str) -> _Queue: ...
    def create_review_queue(
        self,
        experiment_id: str,
        *,
        name: str,
        queue_type: str,
        users: list[str],
        schema_ids: list[str],
    ) -> _Queue: ...
    def list_review_queue_items(
        self, queue_id: str, *, status: str | None, max_results: int, page_token: str | None
    ) -> _Page: ...
    def add_items_to_review_queue(self, queue_id: str, *, item_ids: list[str]) -> object: ...
    def set_review_queue_item_status(
        self, queue_id: str, *, item_id: str, status: str, completed_by: str | None
    ) -> object: ...
    def list_label_schemas(
        self, experiment_id: str, *, max_results: int, page_token: str | None
    ) -> _Page: ...
    def create_label_schema(
        self,
        *,
        experiment_id: str,
        name: str,
        type: str,  # noqa: A002  MLflow's name
        input: object,  # noqa: A002
        instruction: str | None,
        enable_comment: bool,
    ) -> _Schema: ...


class Queues:
    """The review queues of a server's experiment.

    Args:
        server: The server.

    Raises:
        MissingExtraError: MLflow is older than 3.14.
    """

    def __init__(self, server: Server) -> None:
        module("mlflow.genai.review_queues")
        self._server = server
        self._store = cast(_QueueStore, server.store)

    def find(self, name_or_id: str) -> Queue:
        """A queue by its name or id.

        Raises:
            NotFoundError: There is none.
        """
        try:
            return (
                self.by_id(name_or_id) if name_or_id.startswith("rq-") else self._named(name_or_id)
            )
        except MlflowError as fault:
            if fault.kind is not FaultKind.GONE:
                raise
            raise NotFoundError(
                f"The review queue {shown(name_or_id)} does not exist in experiment {self._server.experiment_id} of "
                f"{shown(self._server.uri)}. See mlflow.genai.review_queues.list_review_queues()."
            ) from None

    def by_id(self, queue_id: str) -> Queue:
        """A queue by its id."""
        return _queue(self._server.call(lambda: self._store.get_review_queue(queue_id)))

    def _named(self, name: str) -> Queue:
        return _queue(
            self._server.call(
                lambda: self._store.get_review_queue_by_name(self._server.experiment_id, name=name)
            )
        )

    def items(self, queue_id: str) -> list[QueueItem]:
        """All items of a queue, in the order added."""
        found: list[QueueItem] = []
        token: str | None = None
        while True:
            page = self._server.call(
                lambda token=token: self._store.list_review_queue_items(
                    queue_id, status=None, max_results=_PAGE, page_token=token
                )
            )
            found.extend(_item(cast(_Item, one)) for one in page)
            token = page.token
            if not token:
                return found[::-1]

    def set_state(
        self, queue_id: str, trace_id: str, state: ItemState, reviewer: str | None
    ) -> None:
        """Say where an item stands; the queue knows one state an item, not one a reviewer."""
        status = next(name for name, known in _STATE.items() if known is state)
        self._server.call(
            lambda: self._store.set_review_queue_item_status(
                queue_id,
                item_id=trace_id,
                status=status,
                completed_by=None if state is ItemState.PENDING else reviewer,
            )
        )

    def create(
        self,
        name: str,
        *,
        users: Sequence[str],
        schema_ids: Sequence[str],
        trace_ids: Sequence[str],
    ) -> Queue:
        """Make a queue with questions and traces.

        Raises:
            AlreadyExistsError: The name is taken.
            InvalidValueError: More than ten users.
        """
        if len(users) > _MAX_USERS:
            raise InvalidValueError(
                f"The session has {len(users)} assigned users; an MLflow review queue takes {_MAX_USERS}. "
                "Pass users= with fewer, or [] to let anybody review."
            )
        try:
            made = _queue(
                self._server.call(
                    lambda: self._store.create_review_queue(
                        self._server.experiment_id,
                        name=name,
                        queue_type="custom",
                        users=list(users),
                        schema_ids=list(schema_ids),
                    )
                )
            )
        except MlflowError as fault:
            if fault.kind is FaultKind.CONFLICT:
                raise AlreadyExistsError(
                    f"A review queue {shown(name)} exists in experiment {self._server.experiment_id}. Pass another name=."
                ) from None
            raise
        for start in range(0, len(trace_ids), _ITEMS_AT_ONCE):
            part = list(trace_ids[start : start + _ITEMS_AT_ONCE])
            self._server.call(
                lambda part=part: self._store.add_items_to_review_queue(
                    made.queue_id, item_ids=part
                )
            )
        return made

    # Questions -----------------------------------------------------------------------------------------------------
    def schemas(self) -> dict[str, LabelSchema]:
        """The experiment's label schemas by their id, in the order made."""
        found: list[LabelSchema] = []
        token: str | None = None
        while True:
            page = self._server.call(
                lambda token=token: self._store.list_label_schemas(
                    self._server.experiment_id, max_results=_PAGE, page_token=token
                )
            )
            found.extend(_schema(cast(_Schema, one)) for one in page)
            token = page.token
            if not token:
                return {schema.schema_id: schema for schema in reversed(found)}

    def create_schema(self, schema: LabelSchema) -> str:
        """Make a label schema like one of ours; returns its id.

        Raises:
            InvalidValueError: MLflow has no such input.
        """
        made = self._server.call(
            lambda: self._store.create_label_schema(
                experiment_id=self._server.experiment_id,
                name=schema.name,
                type=schema.type.value,
                input=_input_to_mlflow(schema),
                instruction=(schema.instruction or schema.title)[:1_000],
                enable_comment=schema.enable_comment,
            )
        )
        return made.schema_id


def set_pooled_state(queues: Queues, queue_id: str, trace_id: str, event: Event) -> None:
    """Tell the queue what a reviewer did: its state is that of the last one who decided, or opened it again.

    An answer alone changes nothing there, so that beginning an item that somebody else completed does not open it.

    Args:
        queues: The queues.
        queue_id: The queue.
        trace_id: The item.
        event: What the reviewer did.
    """
    decided = (ItemState.COMPLETED, ItemState.SKIPPED)
    for change in event.changes:
        if not isinstance(change, StateChange):
            continue
        if change.after in decided:
            # A decision on one that is decided keeps the first name there, unless it is opened in between.
            if change.before in decided:
                queues.set_state(queue_id, trace_id, ItemState.PENDING, None)
            queues.set_state(queue_id, trace_id, change.after, event.reviewer)
        elif change.before in decided:
            queues.set_state(queue_id, trace_id, ItemState.PENDING, None)


def _queue(found: _Queue) -> Queue:
    return Queue(
        found.queue_id,
        found.name,
        list(found.users),
        list(found.schema_ids),
        str(found.queue_type) == "user",
    )


def _item(found: _Item) -> QueueItem:
    return QueueItem(
        found.item_id, _STATE[str(found.status)], found.completed_by, found.last_update_time_ms
    )


def _schema(found: _Schema) -> LabelSchema:
    return LabelSchema(
        name=found.name,
        type=LabelSchemaType(str(found.type)),
        input=input_from_mlflow(found.input),
        title=found.name.replace("_", " ").strip().capitalize() or found.name,
        instruction=found.instruction,
        enable_comment=found.enable_comment,
        schema_id=found.schema_id,
        created_by=found.created_by or "",
        created_at=found.created_at or 0,
        updated_at=found.updated_at or 0,
    )


def input_from_mlflow(found: object) -> Input:
    """An input of `mlflow.genai.label_schemas` as ours; ours stay as they are.

    Raises:
        InvalidValueError: A kind that is not known.
    """
    if isinstance(found, Input):
        return found
    fields = cast("Mapping[str, object]", vars(found) if hasattr(found, "__dict__") else {})
    match type(found).__name__:
        case "InputPassFail":
            return InputPassFail(
                cast(str, fields["positive_label"]), cast(str, fields["negative_label"])
            )
        case "InputCategorical":
            return InputCategorical(
                options=cast("list[str]", fields["options"]),
                multi_select=bool(fields.get("multi_select")),
            )
        case "InputCategoricalList":
            return InputCategoricalList(options=cast("list[str]", fields["options"]))
        case "InputText":
            return InputText(max_length=cast("int | None", fields["max_length"]))
        case "InputTextList":
            return InputTextList(
                max_length_each=cast("int | None", fields["max_length_each"]),
                max_count=cast("int | None", fields["max_count"]),
            )
        case "InputNumeric":
            return InputNumeric(
                min_value=_whole(cast("float | None", fields["min_value"])),
                max_value=_whole(cast("float | None", fields["max_value"])),
            )
        case kind:
            raise InvalidValueError(
                f"input is a {kind}; pass one of the Input… classes of mlflow.genai.label_schemas, "
                "like InputPassFail('Good', 'Bad')."
            )


def _whole(bound: float | None) -> float | None:
    """A bound as it was meant: a server makes 5.0 of 5."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _input_to_mlflow(schema: LabelSchema) -> object:
    known = module("mlflow.genai.label_schemas")
    given = schema.input
    if isinstance(given, InputPassFail):
        return known.InputPassFail(
            positive_label=given.positive_label, negative_label=given.negative_label
        )
    if isinstance(given, InputCategorical):
        return known.InputCategorical(options=given.options, multi_select=given.multi_select)
    if isinstance(given, InputCategoricalList):
        return known.InputCategorical(options=given.options, multi_select=True)
    if isinstance(given, InputText):
        return known.InputText(max_length=given.max_length)
    if isinstance(given, (InputNumeric, InputRating)):
        return known.InputNumeric(min_value=given.min_value, max_value=given.max_value)
    raise InvalidValueError(
        f"MLflow's review queues have no list of texts, which the question {shown(schema.name)} asks for. "
        "Leave it out of the queue: push_review_queue(session, schemas=[…])."
    )
