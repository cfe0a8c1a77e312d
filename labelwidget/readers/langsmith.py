"""LangSmith runs: batches of the SDK, answers of the API, one run a line, trees with `child_runs`.

Runs with the same trace id make one trace. A batch has `post` (what began) and `patch` (what ended)
halves of the same run. Feedback, beside a run or in rows of its own, becomes assessments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Span, SpanEvent, SpanStatus, Trace
from labelwidget.readers.assemble import assemble, token_usage
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.documents import documents
from labelwidget.readers.grouping import grouped
from labelwidget.readers.langsmith_feedback import feedback_of, is_feedback
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_int,
    as_list,
    as_text,
    clean_id,
    decoded,
    first,
    nanoseconds,
    text_tags,
)

__all__ = ["FORMAT", "matches", "read", "read_stream", "split"]

FORMAT = "langsmith"

Run = dict[str, JsonValue]

_PLACED = frozenset(
    {
        "id", "name", "run_type", "start_time", "end_time", "inputs", "outputs", "error", "events",
        "parent_run_id", "trace_id", "extra", "child_runs", "feedback", "feedbacks", "tags",
        "feedback_stats", "status", "dotted_order", "child_run_ids", "direct_child_run_ids",
        "parent_run_ids", "inputs_preview", "outputs_preview",
    }
)  # fmt: skip
_TYPES = {"LLM": "LLM", "PROMPT": "CHAIN"}
_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_ROOT_OF_ORDER = re.compile(r"\d{8}T\d+Z([0-9a-fA-F-]{36})")
_CONVERSATION = ("session_id", "thread_id", "conversation_id")


def matches(value: JsonValue) -> bool:
    """Whether a record is a LangSmith run, a batch or page of runs, or feedback."""
    if _is_run(value) or is_feedback(value):
        return True
    record = as_dict(value)
    rows = _rows(record)
    if not rows or not all("id" in as_dict(row) for row in rows[:3]):
        return False
    # The second half of a run in a batch need not say what kind of run it is.
    ordered = all("dotted_order" in as_dict(row) for row in rows[:3])
    return ordered or any(_is_run(row) for row in rows[:3])


def _is_run(value: JsonValue) -> bool:
    record = as_dict(value)
    return (
        "id" in record
        and isinstance(record.get("run_type"), str)
        and bool(record.keys() & {"inputs", "outputs", "start_time", "dotted_order"})
    )


def _rows(record: Mapping[str, JsonValue]) -> list[JsonValue]:
    if isinstance(record.get("post"), list) or isinstance(record.get("patch"), list):
        return [*as_list(record.get("post")), *as_list(record.get("patch"))]
    return as_list(record.get("runs"))


def split(value: JsonValue) -> Iterator[Record]:
    """The traces of a batch, a page or an array of runs, each as one record."""
    rows = value if isinstance(value, list) else _rows(as_dict(value))
    if not rows:
        yield Record("", value)
        return
    for key, found in _by_trace(_merged(rows)).items():
        together: dict[str, JsonValue] = {"runs": list[JsonValue](found)}
        yield Record(f"the runs of trace {key}", together)


def read(value: JsonValue) -> Iterator[Trace]:
    """The traces of one record.

    Raises:
        InvalidValueError: No run, or a run without an id.
    """
    rows = _rows(as_dict(value)) or [value]
    yield from _traces(rows)


def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]:
    """The traces of a file that has one run, batch or piece of feedback a line."""
    for group in grouped(records, _key, refuse):
        try:
            rows: list[JsonValue] = []
            for one in group:
                rows += _rows(as_dict(one.value)) or [one.value]
            yield from _traces(rows)
        except InvalidValueError as error:
            refuse(group[0].position, str(error))


def _key(value: JsonValue) -> str | None:
    record = as_dict(value)
    rows = _rows(record)
    if rows:
        keys = {_key(row) for row in rows}
        return keys.pop() if len(keys) == 1 else None
    return _trace_key(record) or (clean_id(record.get("run_id")) if is_feedback(value) else None)


def _trace_key(run: Mapping[str, JsonValue]) -> str | None:
    """The trace that a run says it belongs to; None when only its parents can tell."""
    said = clean_id(run.get("trace_id"))
    if said is not None:
        return said
    order = _ROOT_OF_ORDER.match(as_text(run.get("dotted_order")) or "")
    if order is not None:
        return order[1]
    above = as_list(run.get("parent_run_ids"))
    if above:
        return clean_id(above[0])
    return None if run.get("parent_run_id") else clean_id(run.get("id"))


def _merged(rows: Iterable[JsonValue]) -> list[Run]:
    """Runs and feedback with the halves of a batch joined and trees laid flat.

    The later half wins, except where it is empty.
    """
    found: dict[str, Run] = {}
    told: list[tuple[JsonValue, str | None]] = [(row, None) for row in rows]
    told.reverse()
    while told:
        row, parent = told.pop()
        run = as_dict(row)
        key = clean_id(run.get("id"))
        if key is None and is_feedback(row):
            key = f"feedback {len(found)}"
        if key is None or not (is_feedback(row) or "id" in run):
            raise InvalidValueError("A LangSmith run has no id. Export it with its ids.")
        if parent is not None and not run.get("parent_run_id"):
            run = run | {"parent_run_id": parent}
        known = found.setdefault(key, {})
        known.update({name: part for name, part in run.items() if part not in _EMPTY})
        children = as_dicts(run.get("child_runs"))
        told += [(child, key) for child in reversed(children)]
    return list(found.values())


def _by_trace(rows: list[Run]) -> dict[str, list[Run]]:
    parents = {
        key: clean_id(run.get("parent_run_id"))
        for run in rows
        if (key := clean_id(run.get("id"))) is not None
    }
    runs = {key: run for run in rows if (key := clean_id(run.get("id"))) is not None}
    found: dict[str, list[Run]] = {}
    for run in rows:
        about = clean_id(run.get("run_id")) if is_feedback(run) else clean_id(run.get("id"))
        at, key, steps = about, _trace_key(run) if not is_feedback(run) else None, 0
        while key is None and at is not None and steps <= len(rows):
            steps += 1
            key = _trace_key(runs[at]) if at in runs else at
            at = parents.get(at)
        found.setdefault(key or about or "", []).append(run)
    return found


def _traces(rows: list[JsonValue]) -> Iterator[Trace]:
    for key, found in _by_trace(_merged(rows)).items():
        runs = [run for run in found if not is_feedback(run)]
        if not runs:
            raise InvalidValueError("Feedback on a run that is not in this file. Export both.")
        spans = [_span(run) for run in runs]
        root = next((run for run in runs if not run.get("parent_run_id")), runs[0])
        extra = as_dict(decoded(root.get("extra")))
        metadata = dict(as_dict(extra.get("metadata")))
        for name in ("session_name", "session_id", "reference_example_id", "app_path"):
            if root.get(name) not in _EMPTY:
                metadata.setdefault(f"langsmith.{name}", root[name])
        yield assemble(
            trace_id=key,
            spans=spans,
            format=FORMAT,
            tags=text_tags(root.get("tags")),
            metadata=metadata,
            assessments=feedback_of(found, key),
            conversation_id=clean_id(first(metadata, *_CONVERSATION)),
        )


def _span(run: Run) -> Span:
    extra = as_dict(decoded(run.get("extra")))
    kind = (as_text(run.get("run_type")) or "chain").upper()
    kind = _TYPES.get(kind, kind)
    inputs, outputs = decoded(run.get("inputs")), decoded(run.get("outputs"))
    if kind == "LLM":
        inputs = _with_tools(inputs, as_dict(extra.get("invocation_params")))
    elif kind == "RETRIEVER":
        outputs = documents(outputs)
    error = as_text(run.get("error"))
    ended = nanoseconds(run.get("end_time"))
    failed = error is not None or run.get("status") == "error"
    return Span(
        span_id=clean_id(run.get("id")) or "",
        parent_id=clean_id(run.get("parent_run_id")),
        name=as_text(run.get("name")) or "",
        span_type=kind,
        start_ns=nanoseconds(run.get("start_time")),
        end_ns=ended,
        status=SpanStatus.ERROR
        if failed
        else (SpanStatus.UNSET if ended is None else SpanStatus.OK),
        status_message=error or "",
        inputs=inputs,
        outputs=outputs,
        attributes=_attributes(run, extra, outputs),
        events=tuple(_events(run)),
    )


def _with_tools(inputs: JsonValue, parameters: Mapping[str, JsonValue]) -> JsonValue:
    tools = parameters.get("tools")
    if isinstance(inputs, dict) and isinstance(tools, list) and tools and "tools" not in inputs:
        made: dict[str, JsonValue] = dict(inputs)
        made["tools"] = tools
        return made
    return inputs


def _attributes(
    run: Run, extra: Mapping[str, JsonValue], outputs: JsonValue
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    metadata = as_dict(extra.get("metadata"))
    parameters = as_dict(extra.get("invocation_params"))
    model = as_text(
        first(metadata, "ls_model_name") or first(parameters, "model", "model_name", "_type")
    )
    if model is not None:
        found["gen_ai.request.model"] = model
    used = _usage(run, outputs)
    for name, count in zip(("input_tokens", "output_tokens"), used, strict=True):
        if count is not None:
            found[f"gen_ai.usage.{name}"] = count
    found |= {key: part for key, part in run.items() if key not in _PLACED}
    found |= {key: part for key, part in extra.items() if part not in _EMPTY}
    tags = run.get("tags")
    if tags:
        found["tags"] = tags
    return found


def _usage(run: Run, outputs: JsonValue) -> tuple[int | None, int | None]:
    # The run's own counts are what LangSmith made of the rest; they come first.
    own = as_int(run.get("prompt_tokens")), as_int(run.get("completion_tokens"))
    if own != (None, None):
        return own
    said = as_dict(outputs)
    told = as_dict(said.get("llm_output"))
    candidates = [said.get("usage_metadata"), told.get("token_usage"), told.get("usage")]
    candidates += [one.get("usage_metadata") for one in _answers(said)]
    candidates.append(said.get("usage"))
    return next(
        (counts for one in candidates if (counts := token_usage(one)) != (None, None)),
        (None, None),
    )


def _answers(outputs: Mapping[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    """LangChain's messages of an answer, out of their constructors."""
    for row in as_list(outputs.get("generations")):
        for generation in as_dicts(row) if isinstance(row, list) else [as_dict(row)]:
            message = as_dict(generation.get("message"))
            yield as_dict(message.get("kwargs")) or as_dict(message.get("data")) or message


def _events(run: Run) -> Iterator[SpanEvent]:
    for event in as_dicts(run.get("events")):
        yield SpanEvent(
            name=as_text(event.get("name")) or "event",
            time_ns=nanoseconds(event.get("time")),
            attributes={key: part for key, part in event.items() if key not in {"name", "time"}},
        )
