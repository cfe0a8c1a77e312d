"""Inspect evaluation logs: `.json`, and the members of an `.eval` archive. One trace a sample.

Scores become assessments (edited ones by the person who edited), the target an expectation. What
the log says of the evaluation as a whole (task, model, configuration) is metadata of each trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Trace, TraceState
from labelwidget.readers.assemble import assemble, token_usage
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.inspect_events import Events
from labelwidget.readers.inspect_messages import Texts, message
from labelwidget.readers.inspect_scores import assessments
from labelwidget.readers.turns import Draft, Turns
from labelwidget.readers.values import (
    as_dict,
    as_dicts,
    as_list,
    as_number,
    as_text,
    clean_id,
    content_id,
    first,
    milliseconds,
    nanoseconds,
    text_tags,
)

__all__ = ["FORMAT", "matches", "read", "read_stream", "split"]

FORMAT = "inspect_log"

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_SAMPLE_PLACED = frozenset(
    {
        "input", "messages", "output", "events", "attachments", "events_data", "scores", "score",
        "target", "error", "uuid", "model_usage", "message_refs", "timelines",
    }
)  # fmt: skip
_EVAL_SAID = (
    "task", "task_display_name", "task_version", "model", "model_roles", "solver", "task_args",
    "created", "run_id", "eval_id", "eval_set_id", "dataset", "model_generate_config",
)  # fmt: skip


def matches(value: JsonValue) -> bool:
    """Whether a record is a log, its header, or one of its samples."""
    return _is_log(value) or _is_sample(value)


def _is_log(value: JsonValue) -> bool:
    record = as_dict(value)
    spec = as_dict(record.get("eval"))
    return (
        "task" in spec and "model" in spec and bool(record.keys() & {"version", "plan", "samples"})
    )


def _is_sample(value: JsonValue) -> bool:
    record = as_dict(value)
    return {"id", "epoch", "input", "target"} <= record.keys() and bool(
        record.keys() & {"messages", "message_refs", "events", "output"}
    )


def split(value: JsonValue) -> Iterator[Record]:
    """Each sample of a log as a log of its own."""
    log = as_dict(value)
    samples = log.get("samples")
    if not _is_log(value) or not isinstance(samples, list) or len(samples) < 2:
        yield Record("", value)
        return
    header = {key: part for key, part in log.items() if key not in {"samples", "reductions"}}
    for number, sample in enumerate(samples, start=1):
        one: dict[str, JsonValue] = dict(header)
        one["samples"] = [sample]
        yield Record(f"sample {number}", one)


def read(value: JsonValue) -> Iterator[Trace]:
    """The traces of a log or of one sample.

    Raises:
        InvalidValueError: A sample that is none, or a log without samples.
    """
    if _is_sample(value):
        yield _trace(as_dict(value), {})
        return
    log = as_dict(value)
    samples = as_list(log.get("samples"))
    if not samples:
        raise InvalidValueError(
            "The log has no samples: they were not logged, or this is only its header. "
            "Give the whole `.eval` file or a log made with samples."
        )
    for sample in samples:
        if not _is_sample(sample):
            raise InvalidValueError("A sample lacks its id, epoch, input, target or messages.")
        yield _trace(as_dict(sample), log)


def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]:
    """The traces of an archive's members: headers tell of the samples after them."""
    header: dict[str, JsonValue] = {}
    empty: Record | None = None
    found = False
    for record in records:
        log = as_dict(record.value)
        if _is_log(record.value) and not as_list(log.get("samples")):
            header, empty = log, record
            continue
        try:
            if _is_sample(record.value):
                yield _trace(log, header)
            else:
                yield from read(record.value)
            found = True
        except InvalidValueError as error:
            refuse(record.position, str(error))
    if empty is not None and not found:
        refuse(empty.position, "The log has no samples. Log samples, or give the whole file.")


def _trace(sample: dict[str, JsonValue], log: Mapping[str, JsonValue]) -> Trace:
    spec = as_dict(log.get("eval"))
    texts = Texts(sample.get("attachments"))
    task = as_text(first(spec, "task_display_name", "task")) or "sample"
    number = sample.get("id")
    name = f"{task} · {number}" if isinstance(number, (str, int)) else task
    root = Draft(
        span_id="sample",
        name=name,
        span_type="AGENT",
        start_ns=nanoseconds(sample.get("started_at")),
        end_ns=nanoseconds(sample.get("completed_at")),
    )
    failed = as_dict(sample.get("error"))
    if failed:
        root.error = as_text(failed.get("message")) or "error"
        if as_text(failed.get("traceback")):
            root.attributes["exception.stacktrace"] = failed["traceback"]
    drafts = _spans(sample, texts, root)
    usage = [token_usage(one) for one in as_dict(sample.get("model_usage")).values()]
    total = as_number(sample.get("total_time"))
    model = as_text(as_dict(sample.get("output")).get("model")) or as_text(spec.get("model"))
    return assemble(
        trace_id=_trace_id(sample, spec),
        spans=[draft.done() for draft in drafts],
        format=FORMAT,
        name=name,
        state=TraceState.ERROR if failed else TraceState.OK,
        request_time_ms=milliseconds(first(sample, "started_at")),
        duration_ms=None if total is None else total * 1000,
        tags=text_tags(spec.get("tags")),
        metadata=_metadata(sample, spec, texts),
        assessments=assessments(sample, texts),
        input_tokens=_total([used for used, _ in usage]),
        output_tokens=_total([used for _, used in usage]),
        model_name=model,
    )


def _trace_id(sample: dict[str, JsonValue], spec: Mapping[str, JsonValue]) -> str:
    own = clean_id(sample.get("uuid"))
    if own is not None:
        return own
    run = as_text(first(spec, "eval_id", "run_id"))
    if run is None or not run.strip("."):
        return content_id(sample, "inspect-")
    return clean_id(f"{run}.{sample.get('id')}.{sample.get('epoch')}") or content_id(sample)


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _spans(sample: dict[str, JsonValue], texts: Texts, root: Draft) -> list[Draft]:
    messages = [message(texts.back(one)) for one in as_list(sample.get("messages"))]
    asked = texts.back(sample.get("input"))
    root.inputs = (
        {"messages": [message(one) for one in asked]} if isinstance(asked, list) else asked
    )
    pooled = as_list(as_dict(sample.get("events_data")).get("messages"))
    events = Events(root, texts, pooled)
    events.follow(as_list(sample.get("events")))
    output = as_dict(texts.back(sample.get("output")))
    if any(draft.span_type == "LLM" for draft in events.drafts):
        # The whole conversation as the run left it; messages that no model call saw are in it too.
        if messages:
            root.outputs = {"messages": messages}
        return [root, *events.drafts]
    turns = Turns(root)
    for one in messages:
        _turn(turns, as_dict(one), as_text(output.get("model")))
    drafts = turns.finish()
    choices = as_dicts(output.get("choices"))
    if not messages and choices:
        made: dict[str, JsonValue] = dict(output)
        made["choices"] = [one | {"message": message(one.get("message"))} for one in choices]
        root.outputs = made
    # Tool calls are in the messages already; other events stand for themselves.
    return [*drafts, *(one for one in events.drafts if one.span_type != "TOOL")]


def _turn(turns: Turns, one: dict[str, JsonValue], model: str | None) -> None:
    if one.get("role") == "assistant":
        turns.answer(one, name=as_text(one.get("model")) or model or "model")
        for call in as_dicts(one.get("tool_calls")):
            function = as_dict(call.get("function"))
            turns.call(
                as_text(call.get("id")) or "",
                name=as_text(function.get("name")) or "",
                arguments=function.get("arguments"),
            )
        return
    closed = None
    if one.get("role") == "tool":
        failed = as_dict(one.get("error"))
        closed = turns.result(
            as_text(one.get("tool_call_id")) or "",
            one.get("content"),
            error=(as_text(failed.get("message")) or "the tool failed") if failed else None,
        )
    turns.hear(one, in_a_tool_span=closed is not None)


def _metadata(
    sample: dict[str, JsonValue], spec: Mapping[str, JsonValue], texts: Texts
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        key: texts.back(part)
        for key, part in sample.items()
        if key not in _SAMPLE_PLACED and part not in _EMPTY
    }
    found |= {f"eval.{key}": spec[key] for key in _EVAL_SAID if spec.get(key) not in _EMPTY}
    return found
