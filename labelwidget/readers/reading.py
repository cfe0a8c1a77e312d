"""`read_traces`: any source, detected, as an iterator of traces that counts what it could not
read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, cast

import orjson
from pydantic import ValidationError

import labelwidget.readers.limits as limits
from labelwidget.errors import InvalidValueError, LabelWidgetError, MissingExtraError, shown
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import dumps_ascii
from labelwidget.readers.base import Reader, Record, Refusal, Refuse
from labelwidget.readers.expanding import expanded
from labelwidget.readers.jsonstream import parse
from labelwidget.readers.objects import Table, jsonable
from labelwidget.readers.plain import Columns, read_row
from labelwidget.readers.registry import reader_for, reader_named
from labelwidget.readers.sources import Stream, streams_of

__all__ = ["TraceReader", "read_traces"]

# A reader's own mistake must cost one record, not the import: these are the errors that odd JSON
# provokes.
_READER_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    OverflowError,
)
_SET_ASIDE = 1_000
_LOOK = 20


class _Streams(Protocol):
    def read_stream(self, records: Iterator[Record], refuse: Refuse, /) -> Iterator[Trace]: ...


def read_traces(
    source: object,
    format: str | None = None,  # noqa: A002 - the public name
    *,
    columns: Mapping[str, object] | None = None,
    on_refused: Callable[[Refusal], None] | None = None,
) -> TraceReader:
    """Read traces of any known format.

    ```
    for trace in read_traces("exports/*.jsonl.gz"):
        ...
    reader = read_traces(frame, columns={"inputs": "question", "outputs": "answer"})
    traces = list(reader)
    print(reader.read, reader.refused)
    ```

    Args:
        source: A path, folder or glob; an open text or binary file; bytes or text of JSON; a dict,
            a list of messages, an MLflow trace; a DataFrame; or an iterable of any of these.
        format: One of `labelwidget.readers.FORMATS`. Default: detected for each record.
        columns: For tables and plain records: which column is what, for example
            `{"inputs": ["question", "language"], "outputs": "answer"}`. Keys:
            `labelwidget.readers.plain.ROLES`.
        on_refused: Called with each record that is not read.

    Returns:
        An iterator of traces. Reading happens as it is consumed.

    Raises:
        InvalidValueError: The source does not exist or cannot hold traces; an unknown format; a
            table without usable columns.
        MissingExtraError: The format needs an extra that is not installed.
    """
    mapping = None if columns is None else Columns.parse(columns)
    if format is not None and format != "plain" and mapping is not None:
        raise InvalidValueError(
            f"columns goes with plain records, not with format {shown(format)}. Leave one out."
        )
    reader = None if format is None else reader_named(format)
    streams, single = streams_of(source)
    return TraceReader(
        streams, single=single, reader=reader, columns=mapping, on_refused=on_refused
    )


class TraceReader(Iterator[Trace]):
    """Traces as they are read, and an account of the reading.

    Attributes:
        read: Traces given out so far.
        skipped: Traces that came twice with the same content and were given out once.
        refused: Records that were not read, with their reasons; the first `limits.MAX_REFUSALS` of
            them.
        refused_count: How many records were not read.
        position: Source and place of the trace that was given out last.
    """

    def __init__(
        self,
        streams: Iterator[Stream],
        *,
        single: bool,
        reader: Reader | None = None,
        columns: Columns | None = None,
        on_refused: Callable[[Refusal], None] | None = None,
    ) -> None:
        """Use `read_traces`."""
        self.read = 0
        self.skipped = 0
        self.refused: list[Refusal] = []
        self.refused_count = 0
        self.position = ("", "")
        self._single = single
        self._reader = reader
        self._columns = columns
        self._on_refused = on_refused
        self._seen: dict[str, tuple[int, str, str]] = {}
        self._source = ""
        self._place = ""
        self._traces = self._all(self._opened(streams))

    def __iter__(self) -> TraceReader:
        return self

    def __next__(self) -> Trace:
        trace = next(self._traces)
        self.read += 1
        self.position = (self._source, self._place)
        return trace

    def _refuse(self, position: str, reason: str) -> None:
        refusal = Refusal(source=self._source, position=position, reason=reason)
        self.refused_count += 1
        if len(self.refused) < limits.MAX_REFUSALS:
            self.refused.append(refusal)
        if self._on_refused is not None:
            self._on_refused(refusal)

    def _opened(self, streams: Iterator[Stream]) -> Iterator[tuple[str, Iterator[Record]]]:
        """Each stream with its records. A single source is opened at once, so that its errors come
        from the call.
        """
        if self._single:
            stream = next(streams)
            self._source = stream.label
            return iter([(stream.label, self._records(stream))])
        return self._each(streams)

    def _each(self, streams: Iterator[Stream]) -> Iterator[tuple[str, Iterator[Record]]]:
        for stream in streams:
            self._source = stream.label
            try:
                yield stream.label, self._records(stream)
            except MissingExtraError:
                raise
            except LabelWidgetError as error:
                self._refuse("", str(error))

    def _records(self, stream: Stream) -> Iterator[Record]:
        found = stream.records(self._refuse)
        if not isinstance(found, Table):
            return found
        self._check(found)
        return self._rows(found)

    def _check(self, table: Table) -> None:
        """Refuse a table of which no column can be used, by naming what it has."""
        if self._columns is not None:
            self._columns.check(table.names, table.label)
            return
        if "trace" in table.names or (self._reader is not None and self._reader.FORMAT != "plain"):
            return
        usable = False
        looked = table.look(_LOOK)
        for row in looked:
            try:
                usable = usable or reader_for(jsonable(row)) is not None
            except InvalidValueError:
                continue
        if not usable:
            Columns().check(table.names, table.label)

    def _rows(self, table: Table) -> Iterator[Record]:
        nested = self._columns is None and "trace" in table.names
        for number, row in enumerate(table.rows, 1):
            position = f"row {number}"
            try:
                value = jsonable(row["trace"], "trace") if nested else jsonable(row, "row")
                if nested and isinstance(value, str):
                    value = parse(value.encode("utf-8", "surrogatepass"))
            except _READER_ERRORS as error:
                self._refuse(position, _reason(error, "the table"))
                continue
            if value is None:
                self._refuse(position, "The trace is missing. Leave the row out.")
                continue
            yield Record(position, value)

    def _all(self, streams: Iterator[tuple[str, Iterator[Record]]]) -> Iterator[Trace]:
        for label, records in streams:
            self._source = label
            try:
                for trace in self._stream(expanded(records, self._reader)):
                    if self._is_new(trace):
                        yield trace
            except MissingExtraError:
                raise
            except LabelWidgetError as error:
                self._refuse(f"after {self._place}" if self._place else "", str(error))
            self._place = ""

    def _stream(self, records: Iterator[Record]) -> Iterator[Trace]:
        for record in records:
            self._place = record.position
            reader = self._reader_of(record)
            if reader is None:
                continue
            if not hasattr(reader, "read_stream"):
                yield from self._read(reader, record)
                continue
            aside: deque[tuple[Reader, Record]] = deque()
            feed = self._feed(reader, record, records, aside)
            yield from self._guarded(reader, cast(_Streams, reader).read_stream(feed, self._refuse))
            for other, later in aside:
                self._place = later.position
                yield from self._read(other, later)

    def _feed(
        self,
        reader: Reader,
        first: Record,
        records: Iterator[Record],
        aside: deque[tuple[Reader, Record]],
    ) -> Iterator[Record]:
        """The records of the file that belong to a reader of streams; the others are set aside for
        later.
        """
        yield first
        for record in records:
            self._place = record.position
            if self._reader is not None or reader.matches(record.value):
                yield record
                continue
            other = self._reader_of(record)
            if other is None:
                continue
            if len(aside) >= _SET_ASIDE:
                self._refuse(
                    record.position,
                    f"The file mixes {reader.FORMAT} and {other.FORMAT}. Split it in two.",
                )
                continue
            aside.append((other, record))

    def _reader_of(self, record: Record) -> Reader | None:
        reader = self._reader
        if reader is None and self._columns is not None:
            reader = reader_named("plain")
        if reader is None:
            reader = reader_for(record.value)
        if reader is None:
            self._refuse(record.position, _unknown(record.value))
        return reader

    def _read(self, reader: Reader, record: Record) -> Iterator[Trace]:
        if reader.FORMAT == "plain" and self._columns is not None:
            return self._guarded(reader, (read_row(one, self._columns) for one in (record.value,)))
        if hasattr(reader, "read_stream"):
            return self._guarded(
                reader, cast(_Streams, reader).read_stream(iter([record]), self._refuse)
            )
        return self._guarded(reader, reader.read(record.value))

    def _guarded(self, reader: Reader, traces: Iterator[Trace]) -> Iterator[Trace]:
        before, found = self.refused_count, 0
        try:
            for trace in traces:
                found += 1
                yield trace
        except MissingExtraError:
            raise
        except _READER_ERRORS as error:
            self._refuse(self._place, _reason(error, reader.FORMAT))
        if not found and self.refused_count == before:
            self._refuse(self._place, f"There is no trace in it, read as {reader.FORMAT}.")

    def _is_new(self, trace: Trace) -> bool:
        digest = _digest(trace)
        before = self._seen.get(trace.trace_id)
        if before is None:
            if len(self._seen) < limits.MAX_REMEMBERED:
                self._seen[trace.trace_id] = (digest, self._source, self._place)
            return True
        if before[0] == digest:
            self.skipped += 1
            return False
        where = ", ".join(part for part in before[1:] if part)
        self._refuse(
            self._place,
            f"The trace id {shown(trace.trace_id)} was already read ({where}) with other content. "
            "Give one of the two another id.",
        )
        return False


def _digest(trace: Trace) -> int:
    """A number that is equal for equal traces, in this process only, and unequal for all others one
    meets.
    """
    try:
        return hash(orjson.dumps(vars(trace), default=vars))
    except TypeError:  # lone surrogates, integers over 64 bits
        return hash(dumps_ascii(trace.to_json()))


def _reason(error: Exception, name: str) -> str:
    if isinstance(error, LabelWidgetError):
        return str(error)
    if isinstance(error, ValidationError):
        places = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors()[:3])
        return f"It does not have the form of {name}: {places}. Export it again."
    return f"It does not have the form of {name} ({type(error).__name__}). Export it again."


def _unknown(value: JsonValue) -> str:
    if isinstance(value, dict):
        keys = ", ".join(shown(key, 40) for key in list(value)[:12]) or "no members"
        return (
            f"No reader knows this record; it has {keys}. Pass format=, or say with columns= which members are "
            "inputs and outputs."
        )
    what = "an array without records" if isinstance(value, list) else shown(value)
    return f"The record is {what}; an object is needed."
