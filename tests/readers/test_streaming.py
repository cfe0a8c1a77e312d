"""Large files: element by element, with bounded memory, and the same result as in one go."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwidget.model import JsonValue
from labelwidget.readers import limits, read_traces
from labelwidget.readers.jsonstream import json_records

scalars = st.none() | st.booleans() | st.integers(-10, 10) | st.text('ab"\\[]{},: \né', max_size=12)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('k:"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


class Trickle(io.RawIOBase):
    """Bytes that come a few at a time, as from a slow pipe."""

    def __init__(self, raw: bytes, step: int) -> None:
        self.raw, self.step, self.at = raw, step, 0

    def read(self, size: int = -1, /) -> bytes:
        found = self.raw[self.at : self.at + self.step]
        self.at += len(found)
        return found


def records(raw: bytes, step: int = 7) -> tuple[list[JsonValue], list[str]]:
    refused: list[str] = []
    found = json_records(Trickle(raw, step), lambda position, _: refused.append(position))  # type: ignore[arg-type]
    return [record.value for record in found], refused


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(values, max_size=6), indent=st.sampled_from([None, 1]), step=st.integers(1, 40)
)
def test_an_array_cut_into_elements_is_the_same_array(
    parts: list[JsonValue], indent: int | None, step: int
) -> None:
    raw = json.dumps(parts, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MAX_WHOLE_BYTES", 1)
        found, refused = records(raw, step)
    assert refused == []
    assert found in (parts, [parts])


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(
        st.dictionaries(st.text("ab", max_size=2), values, max_size=3), min_size=1, max_size=5
    ),
    step=st.integers(1, 40),
)
def test_the_list_inside_a_document_that_is_too_large(parts: list[JsonValue], step: int) -> None:
    document = {"meta": {"x": ["]", {}]}, "traces": parts, "end": [1]}
    raw = json.dumps(document).encode()
    longest = max(len(json.dumps(part)) for part in parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MAX_WHOLE_BYTES", 1)
        patched.setattr(limits, "MAX_RECORD_BYTES", max(longest, 45))
        found, refused = records(raw, step)
    assert refused == []
    assert found == (parts if len(raw) > max(longest, 45) else [document])


def test_an_element_over_the_bound_is_refused_and_the_rest_read() -> None:
    parts = [{"a": 1}, {"long": 'x\\"' * 100}, [["deep"] * 200], {"b": 2}]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MAX_WHOLE_BYTES", 1)
        patched.setattr(limits, "MAX_RECORD_BYTES", 60)
        found, refused = records(json.dumps(parts).encode(), 9)
    assert found == [{"a": 1}, {"b": 2}]
    assert refused == ["record 2", "record 3"]


class Endless(io.RawIOBase):
    """A file of many records that never exists as a whole."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts = parts
        self.rest = b""

    def read(self, size: int = -1, /) -> bytes:
        while len(self.rest) < size and (part := next(self.parts, b"")):
            self.rest += part
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


@pytest.mark.parametrize("shape", ["lines", "array", "document"])
def test_memory_stays_bounded_on_a_long_stream(shape: str) -> None:
    count = 4_000
    filler = "x" * 20_000

    def parts() -> Iterator[bytes]:
        start, between, end = {
            "lines": (b"", b"\n", b""),
            "array": (b"[", b",\n", b"]"),
            "document": (b'{"meta": 1, "traces": [', b",", b"]}"),
        }[shape]
        yield start
        for number in range(count):
            yield (between if number else b"") + json.dumps(
                {"question": number, "answer": filler}
            ).encode()
        yield end

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MAX_WHOLE_BYTES", 2**20)
        patched.setattr(limits, "MAX_RECORD_BYTES", 4 * 2**20)
        reader = read_traces(Endless(parts()))
        tracemalloc.start()
        try:
            read = sum(1 for _ in reader)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (read, reader.refused) == (count, [])
    # 80 MB went through.
    assert peak < 30 * 2**20
