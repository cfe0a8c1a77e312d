"""Plain records of inputs and outputs: dicts, JSON lines, rows of tables, with a mapping of columns
where needed.

```
{"question": "What is RAG?", "answer": "Retrieval-augmented generation.", "contexts": ["RAG is
..."]} read_traces(frame, columns={"inputs": ["q", "locale"], "outputs": "a", "contexts": "docs"})
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import (
    Assessment,
    AssessmentKind,
    AssessmentSource,
    JsonValue,
    Span,
    SpanStatus,
    Trace,
    TraceState,
)
from labelwidget.readers.assemble import assemble
from labelwidget.readers.chat import conversation_of, is_messages, own_id
from labelwidget.readers.values import (
    as_dict,
    as_int,
    as_number,
    as_text,
    clean_id,
    content_id,
    decoded,
    first,
    milliseconds,
    text_tags,
)

__all__ = ["FORMAT", "ROLES", "Columns", "matches", "read", "read_row"]

FORMAT = "plain"

ROLES = (
    "inputs",
    "outputs",
    "contexts",
    "trace_id",
    "conversation_id",
    "name",
    "model",
    "error",
    "timestamp",
    "expectations",
    "tags",
)
"""What a column can be mapped to with `columns={role: column}`."""

# In order of preference: the first that a record has is taken.
_INPUTS = (
    "inputs",
    "input",
    "request",
    "question",
    "query",
    "prompt",
    "user_input",
    "user_message",
    "user_query",
    "instruction",
)
_OUTPUTS = (
    "outputs",
    "output",
    "response",
    "answer",
    "completion",
    "generation",
    "prediction",
    "model_output",
    "assistant_message",
    "reply",
    "result",
)
_CONTEXTS = (
    "contexts",
    "retrieved_contexts",
    "retrieved_documents",
    "retrieved_context",
    "documents",
    "context",
)
_USUAL: dict[str, tuple[str, ...]] = {
    "inputs": _INPUTS,
    "outputs": _OUTPUTS,
    "contexts": _CONTEXTS,
    "expectations": ("expectations",),
    "error": ("error",),
    "timestamp": ("timestamp", "request_time", "created_at"),
    "model": ("model", "model_name"),
    "tags": ("tags",),
}
_MAY_BE_JSON = frozenset({"inputs", "outputs", "request", "response"})


@dataclass(frozen=True)
class Columns:
    """Which column is what.

    Attributes:
        chosen: Column or columns by role (one of `ROLES`), as the user said.
    """

    chosen: Mapping[str, str | tuple[str, ...]] = field(
        default_factory=dict[str, "str | tuple[str, ...]"]
    )

    @classmethod
    def parse(cls, columns: Mapping[str, object] | None) -> Columns:
        """Check what the user passed as `columns`.

        Raises:
            InvalidValueError: An unknown role, or a column that is not a text.
        """
        chosen: dict[str, str | tuple[str, ...]] = {}
        for role, column in (columns or {}).items():
            if role not in ROLES:
                raise InvalidValueError(
                    f"columns has the unknown key {shown(role)}. Use one of {', '.join(ROLES)}."
                )
            if isinstance(column, str):
                chosen[role] = column
                continue
            many = isinstance(column, (list, tuple))
            names = tuple(cast("list[object]", column)) if many else ()
            texts = tuple(name for name in names if isinstance(name, str))
            if not texts or len(texts) != len(names):
                raise InvalidValueError(
                    f"columns[{role!r}] is {shown(column)}; "
                    "pass a column's name or a list of names."
                )
            chosen[role] = texts
        return cls(chosen)

    def check(self, names: Iterable[str], what: str = "the data") -> None:
        """Check that a table's columns can be read.

        Args:
            names: The columns that there are.
            what: What has them, for the message.

        Raises:
            InvalidValueError: A mapped column is missing, or nothing can be told to be inputs or
                outputs.
        """
        there = list(names)
        for role, column in self.chosen.items():
            for name in (column,) if isinstance(column, str) else column:
                if name not in there:
                    raise InvalidValueError(
                        f"columns[{role!r}] names {shown(name)}, which is not a column of {what}. "
                        f"It has {_listed(there)}."
                    )
        if not self._has_content(there):
            raise InvalidValueError(
                f"No column of {what} can be told to be inputs or outputs. "
                f"It has {_listed(there)}. Say which they are, for example "
                'columns={"inputs": "question", "outputs": "answer"}.'
            )

    def _has_content(self, there: list[str]) -> bool:
        if "inputs" in self.chosen or "outputs" in self.chosen:
            return True
        return any(name in there for name in (*_INPUTS, *_OUTPUTS))


def _listed(names: list[str]) -> str:
    if not names:
        return "no columns"
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(shown(name, 40) for name in names[:20]) + more


_AUTOMATIC = Columns()


def matches(value: JsonValue) -> bool:
    """Whether a record has one of the usual members for inputs or outputs."""
    return isinstance(value, dict) and any(
        value.get(key) is not None for key in (*_INPUTS, *_OUTPUTS)
    )


def read(value: JsonValue) -> Iterator[Trace]:
    """The one trace of a record with the usual names.

    Args:
        value: An object such as `{"question": ..., "answer": ...}`.

    Raises:
        InvalidValueError: Nothing in it can be told to be inputs or outputs.
    """
    yield read_row(value, _AUTOMATIC)


def read_row(value: JsonValue, columns: Columns) -> Trace:
    """The trace of one record.

    Args:
        value: An object; members that are not mapped go to the trace's metadata.
        columns: Which member is what.

    Raises:
        InvalidValueError: Not an object, or without inputs and outputs.
    """
    if not isinstance(value, dict):
        raise InvalidValueError(
            f"The record is {shown(value)}; an object with inputs and outputs is needed."
        )
    found = {role: _taken(value, columns, role) for role in ROLES}
    inputs, outputs = found["inputs"][0], found["outputs"][0]
    if inputs is None and outputs is None:
        columns.check(value, "the record")
        raise InvalidValueError("Inputs and outputs of the record are both empty.")
    used = {name for _, names in found.values() for name in names}
    error = as_text(found["error"][0])
    metadata = as_dict(value.get("metadata")) | {
        key: part for key, part in value.items() if key not in used and key != "metadata"
    }
    if "metadata" in value and not isinstance(value["metadata"], dict):
        metadata["metadata"] = value["metadata"]
    trace_id = clean_id(found["trace_id"][0]) or own_id(value) or content_id(value, "row-")
    chat = is_messages(inputs) or is_messages(as_dict(inputs).get("messages"))
    root = Span(
        span_id="record",
        name="record",
        span_type="CHAT_MODEL" if chat else "CHAIN",
        status=SpanStatus.ERROR if error else SpanStatus.OK,
        status_message=error or "",
        inputs={"messages": inputs} if is_messages(inputs) else inputs,
        outputs={"messages": outputs} if is_messages(outputs) else outputs,
    )
    documents = _documents(found["contexts"][0])
    spans = [root]
    if documents:
        spans.append(
            Span(
                span_id="contexts",
                parent_id="record",
                name="contexts",
                span_type="RETRIEVER",
                status=SpanStatus.OK,
                inputs={"query": inputs} if isinstance(inputs, str) else None,
                outputs=documents,
            )
        )
    return assemble(
        trace_id=trace_id,
        spans=spans,
        format=FORMAT,
        name=as_text(found["name"][0]) or "",
        state=TraceState.ERROR if error else TraceState.OK,
        request_time_ms=milliseconds(found["timestamp"][0]),
        duration_ms=as_number(first(value, "duration_ms", "latency_ms")),
        tags=text_tags(found["tags"][0]),
        metadata=metadata,
        assessments=_expectations(found["expectations"][0], trace_id),
        conversation_id=clean_id(found["conversation_id"][0]) or conversation_of(value, metadata),
        input_tokens=as_int(first(value, "input_tokens", "prompt_tokens")),
        output_tokens=as_int(first(value, "output_tokens", "completion_tokens")),
        model_name=as_text(found["model"][0]),
    )


def _taken(
    value: dict[str, JsonValue], columns: Columns, role: str
) -> tuple[JsonValue, tuple[str, ...]]:
    """What plays a role in the record, and the members that it was made of."""
    column = columns.chosen.get(role)
    if isinstance(column, tuple):
        return {name: value.get(name) for name in column}, column
    if column is None:
        if (
            role == "inputs"
            and isinstance(value.get("instruction"), str)
            and isinstance(value.get("input"), str)
        ):
            # Instruction-tuning records keep one request in two members.
            names = ("instruction", "input") if value["input"] else ("instruction",)
            return {name: value[name] for name in names}, ("instruction", "input")
        others = {
            name
            for chosen in columns.chosen.values()
            for name in ((chosen,) if isinstance(chosen, str) else chosen)
        }
        usual = _USUAL.get(role, ())
        column = next(
            (name for name in usual if name not in others and value.get(name) not in (None, "")),
            None,
        )
        column = column or next(
            (name for name in usual if name not in others and value.get(name) is not None), None
        )
    if column is None:
        return None, ()
    found = value.get(column)
    if (
        role in {"contexts", "expectations", "tags"}
        or column in _MAY_BE_JSON
        or is_messages(decoded(found))
    ):
        found = decoded(found)
    return found, (column,)


def _documents(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        inner = value.get("documents")
        value = inner if isinstance(inner, list) else [value]
    parts = value if isinstance(value, list) else [value]
    return [
        {"page_content": part} if isinstance(part, str) else part
        for part in parts
        if part not in (None, "")
    ]


def _expectations(value: JsonValue, trace_id: str) -> list[Assessment]:
    return [
        Assessment(
            assessment_id=content_id([trace_id, name, part], "a-"),
            trace_id=trace_id,
            name=name,
            kind=AssessmentKind.EXPECTATION,
            value=part,
            source=AssessmentSource("HUMAN", "dataset"),
        )
        for name, part in as_dict(value).items()
        if name and part is not None
    ]
