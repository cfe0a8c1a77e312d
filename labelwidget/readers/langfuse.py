"""Langfuse: downloads of the web interface, answers of the API, exports to a bucket.

Read are `{trace, observations}`, traces with `observations` inside (the API, *Download JSON*),
sessions with `traces`, pages (`{data, meta}`), one observation, trace or score a line (batch
exports and buckets, either spelling of names), and batches of the ingestion API. Scores and
corrections become assessments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from labelwidget.errors import InvalidValueError
from labelwidget.model import (
    Assessment,
    AssessmentKind,
    AssessmentSource,
    JsonValue,
    Trace,
)
from labelwidget.model.json import loads
from labelwidget.readers.assemble import assemble
from labelwidget.readers.base import Record, Refuse
from labelwidget.readers.grouping import grouped
from labelwidget.readers.langfuse_observation import snake_free, span_of
from labelwidget.readers.values import (
    as_bool,
    as_dict,
    as_dicts,
    as_list,
    as_number,
    as_text,
    clean_id,
    decoded,
    first,
    milliseconds,
    text_tags,
)

__all__ = ["FORMAT", "matches", "read", "read_stream", "split"]

FORMAT = "langfuse"

_TYPES = frozenset(
    {
        "SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR",
        "EMBEDDING", "GUARDRAIL",
    }
)  # fmt: skip
_INGESTED = frozenset(
    {
        "trace-create", "score-create", "span-create", "span-update", "generation-create",
        "generation-update", "event-create", "observation-create", "observation-update",
    }
)  # fmt: skip
# Of a trace's members those that logs of others do not have.
_TRACE_SIGNS = frozenset({"bookmarked", "public", "projectId", "project_id", "htmlPath"})
_TRACE_PLACED = frozenset(
    {"id", "name", "input", "output", "tags", "observations", "scores", "corrections", "timestamp",
     "sessionId", "metadata"}
)  # fmt: skip


@dataclass
class _Parts:
    """What is known of one trace so far."""

    trace: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    observations: dict[str, dict[str, JsonValue]] = field(
        default_factory=dict[str, dict[str, JsonValue]]
    )
    scores: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])

    def learn(self, observations: Iterable[dict[str, JsonValue]]) -> None:
        """Add observations; of two with the same id the later non-null members win."""
        for one in observations:
            row = snake_free(one)
            key = clean_id(row.get("id")) or f"#{len(self.observations)}"
            known = self.observations.setdefault(key, {})
            known.update({name: value for name, value in row.items() if value is not None})


def matches(value: JsonValue) -> bool:
    """Whether a record is a Langfuse trace, observation, score, session or page of these."""
    record = as_dict(value)
    if not record:
        return False
    rows = first(record, "data", "traces", "batch")
    if isinstance(rows, list) and not isinstance(record.get("observations"), list):
        return bool(rows) and all(_row(row) is not None for row in rows[:3])
    return _row(value) is not None


def _row(value: JsonValue) -> str | None:
    """What a record is: `document`, `trace`, `observation`, `score`, `event`, or None."""
    record = as_dict(value)
    if isinstance(record.get("trace"), dict) and isinstance(record.get("observations"), list):
        return "document"
    if as_text(record.get("type")) in _INGESTED and isinstance(record.get("body"), dict):
        return "event"
    if _belongs(record) is not None:
        if as_text(record.get("type")) in _TYPES and "id" in record:
            return "observation"
        if "name" in record and record.keys() & {"dataType", "data_type", "stringValue"}:
            return "score"
        return None
    if "id" in record and "timestamp" in record and record.keys() & _TRACE_SIGNS:
        return "trace"
    if "id" in record and any(
        as_text(as_dict(one).get("type")) in _TYPES
        for one in as_list(record.get("observations"))[:1]
    ):
        return "trace"
    return None


def _belongs(record: Mapping[str, JsonValue]) -> str | None:
    return clean_id(first(record, "traceId", "trace_id"))


def split(value: JsonValue) -> Iterator[Record]:
    """The records of a page, a session or an array; rows of one trace stay together."""
    record = as_dict(value)
    rows = value if isinstance(value, list) else first(record, "data", "traces", "batch")
    if not isinstance(rows, list) or isinstance(record.get("observations"), list):
        yield Record("", value)
        return
    loose: dict[str, list[JsonValue]] = {}
    for number, row in enumerate(rows, start=1):
        key = _key(row)
        if key is None:
            yield Record(f"record {number}", row)
        else:
            loose.setdefault(key, []).append(row)
    for key, found in loose.items():
        together: dict[str, JsonValue] = {"data": found}
        yield Record(f"the rows of trace {key}", together)


def _key(value: JsonValue) -> str | None:
    record = as_dict(value)
    match _row(value):
        case "observation" | "score":
            return _belongs(record)
        case "event":
            body = as_dict(record["body"])
            return _belongs(body) or clean_id(body.get("id"))
        case "trace" if not as_dicts(record.get("observations")):
            return clean_id(record.get("id"))
        case _:
            return None


def read(value: JsonValue) -> Iterator[Trace]:
    """The traces of one record.

    Raises:
        InvalidValueError: Not a Langfuse record, or one without ids.
    """
    record = as_dict(value)
    rows = first(record, "data", "traces", "batch")
    if isinstance(rows, list) and not isinstance(record.get("observations"), list):
        yield from _traces(rows)
    else:
        yield from _traces([value])


def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]:
    """The traces of a file that has one trace, observation, score or event a line."""
    for rows in grouped(records, _key, refuse):
        sound: list[JsonValue] = []
        for row in rows:
            if _row(row.value) is None and not matches(row.value):
                refuse(row.position, _NOT_LANGFUSE)
            else:
                sound.append(row.value)
        try:
            if len(sound) == 1:
                yield from read(sound[0])
            else:
                yield from _traces(sound)
        except InvalidValueError as error:
            refuse(rows[0].position, str(error))


_NOT_LANGFUSE = (
    "This is neither a Langfuse trace, an observation, a score nor an ingestion event. "
    "Export traces with their observations."
)


def _traces(rows: list[JsonValue]) -> Iterator[Trace]:
    parts: dict[str, _Parts] = {}
    for row in rows:
        record = as_dict(row)
        match _row(row):
            case "document":
                trace = snake_free(as_dict(record["trace"]))
                observations = as_dicts(record["observations"])
                key = clean_id(trace.get("id")) or _common_trace(observations)
                known = parts.setdefault(_sure(key), _Parts())
                _learn_trace(known, trace)
                known.learn(observations)
                known.scores += as_dicts(record.get("scores"))
            case "trace":
                trace = snake_free(record)
                _learn_trace(parts.setdefault(_sure(clean_id(trace.get("id"))), _Parts()), trace)
            case "observation":
                parts.setdefault(_sure(_belongs(record)), _Parts()).learn([record])
            case "score":
                parts.setdefault(_sure(_belongs(record)), _Parts()).scores.append(record)
            case "event":
                _ingest(parts, as_text(record["type"]) or "", as_dict(record["body"]))
            case _:
                raise InvalidValueError(_NOT_LANGFUSE)
    for key, known in parts.items():
        yield _trace(key, known)


def _sure(key: str | None) -> str:
    if key is None:
        raise InvalidValueError("A Langfuse record has no trace id. Export it with its ids.")
    return key


def _common_trace(observations: list[dict[str, JsonValue]]) -> str | None:
    return next((key for one in observations if (key := _belongs(one)) is not None), None)


def _learn_trace(parts: _Parts, trace: dict[str, JsonValue]) -> None:
    parts.learn(as_dicts(trace.get("observations")))
    # The API repeats corrections among the scores; which is which is told by their data type.
    parts.scores += [*as_dicts(trace.get("scores")), *as_dicts(trace.get("corrections"))]
    parts.trace.update({name: value for name, value in trace.items() if value is not None})


def _ingest(parts: dict[str, _Parts], kind: str, body: dict[str, JsonValue]) -> None:
    body = snake_free(body)
    if kind == "trace-create":
        _learn_trace(parts.setdefault(_sure(clean_id(body.get("id"))), _Parts()), body)
        return
    known = parts.setdefault(_sure(_belongs(body)), _Parts())
    if kind == "score-create":
        known.scores.append(body)
    else:
        family = kind.partition("-")[0].upper()
        named: dict[str, JsonValue] = {} if family == "OBSERVATION" else {"type": family}
        known.learn([named | body])


def _trace(trace_id: str, parts: _Parts) -> Trace:
    spans = [span for one in parts.observations.values() if (span := span_of(one)) is not None]
    trace = parts.trace
    # Enriched observations carry what the trace says, so that no trace row is needed.
    none: dict[str, JsonValue] = {}
    told = next(iter(parts.observations.values()), none)
    metadata: dict[str, JsonValue] = {
        key: value
        for key, value in trace.items()
        if key not in _TRACE_PLACED and value not in _EMPTY
    }
    own = decoded(trace.get("metadata"))
    if own not in _EMPTY:
        metadata["metadata"] = own
    user = first(told, "userId")
    if user is not None:
        metadata.setdefault("userId", user)
    latency = as_number(trace.get("latency"))
    return assemble(
        trace_id=trace_id,
        spans=spans,
        format=FORMAT,
        name=as_text(trace.get("name")) or as_text(told.get("traceName")) or "",
        request_time_ms=milliseconds(trace.get("timestamp")),
        duration_ms=latency * 1000 if latency else None,
        inputs=_unquoted(trace.get("input")),
        outputs=_unquoted(trace.get("output")),
        tags=text_tags(decoded(first(trace, "tags") or first(told, "tags"))),
        metadata=metadata,
        assessments=_assessments(parts.scores),
        conversation_id=clean_id(first(trace, "sessionId") or first(told, "sessionId")),
    )


_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})


def _unquoted(value: JsonValue) -> JsonValue:
    """The value inside a text that is JSON, also when it was encoded twice.

    Only for the inputs and outputs of a trace, which downloads encode once more than those of
    observations: a model may well answer in quotation marks.
    """
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        try:
            inner = loads(value)
        except InvalidValueError:
            return value
        return decoded(inner)
    return decoded(value)


def _assessments(scores: Iterable[Mapping[str, JsonValue]]) -> list[Assessment]:
    made: list[Assessment] = []
    seen: set[str] = set()
    for score in scores:
        row = snake_free(score)
        key = clean_id(row.get("id"))
        name = as_text(row.get("name"))
        if key in seen or name is None:
            continue
        if key is not None:
            seen.add(key)
        made.append(_assessment(row, name))
    return made


def _assessment(row: Mapping[str, JsonValue], name: str) -> Assessment:
    kind = (as_text(row.get("dataType")) or "").upper()
    source = (as_text(row.get("source")) or "API").upper()
    value: JsonValue = row.get("value")
    if kind == "BOOLEAN":
        number = as_number(value)
        value = as_bool(value, bool(number)) if number is not None or value is not None else None
    elif kind in {"CATEGORICAL", "TEXT", "CORRECTION"} or value is None:
        text = first(row, "longStringValue", "stringValue")
        value = decoded(text) if kind == "CORRECTION" else (value if text is None else text)
    # A correction says what the output should have been: that is an expectation.
    corrects = kind == "CORRECTION"
    author = as_text(row.get("authorUserId"))
    if source == "EVAL":
        made_by = AssessmentSource("LLM_JUDGE", name)
    elif source == "ANNOTATION" or author is not None:
        made_by = AssessmentSource("HUMAN", author or "annotator")
    else:
        made_by = AssessmentSource("CODE", "langfuse-api")
    return Assessment(
        name=name,
        kind=AssessmentKind.EXPECTATION if corrects else AssessmentKind.FEEDBACK,
        value=value,
        rationale=as_text(row.get("comment")),
        source=made_by,
        span_id=clean_id(row.get("observationId")),
        metadata={
            key: decoded(part)
            for key, part in row.items()
            if key not in _SCORE_PLACED and part not in _EMPTY
        },
        create_time_ms=milliseconds(first(row, "timestamp", "createdAt")) or 0,
    )


_SCORE_PLACED = frozenset(
    {"name", "value", "stringValue", "longStringValue", "comment", "observationId", "traceId",
     "projectId", "timestamp", "createdAt", "updatedAt"}
)  # fmt: skip
