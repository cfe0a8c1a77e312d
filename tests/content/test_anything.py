"""Whatever a trace holds: it is shown, nothing of it is lost, and nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from labelwidget.content import (
    full_text,
    messages,
    previews,
    raw_json,
    span_detail,
    span_rows,
    to_blocks,
)
from labelwidget.content.blocks import MAX_INLINE
from labelwidget.content.json_text import printable
from labelwidget.model import JsonValue, Span, SpanEvent, Trace
from labelwidget.model.json import loads
from tests.builders import a_trace
from tests.content.reader import part_text

TYPES = st.sampled_from(
    ["LLM", "CHAT_MODEL", "TOOL", "RETRIEVER", "AGENT", "CHAIN", "RERANKER", "UNKNOWN", "x"]
)
# Keys and words that shapes look for, so that chance meets them.
WORDS = st.sampled_from(
    [
        "role",
        "content",
        "parts",
        "messages",
        "text",
        "type",
        "id",
        "name",
        "arguments",
        "input",
        "output",
        "tool_calls",
        "function",
        "user",
        "assistant",
        "tool",
        "system",
        "human",
        "ai",
        "choices",
        "message",
        "candidates",
        "generations",
        "contents",
        "data",
        "tool_use",
        "tool_result",
        "function_call",
        "documents",
        "page_content",
        "metadata",
        "score",
        "lc",
        "kwargs",
        "system",
        "toolUse",
        "image_url",
        "url",
        "thinking",
        "reasoning",
        "kind",
        "request",
        "part_kind",
        "source",
        "prompt",
        "query",
    ]
)
TEXTS = st.one_of(st.text(max_size=30), WORDS)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(WORDS, st.text(max_size=8)), inner, max_size=5),
    ),
    max_leaves=25,
)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    count = draw(st.integers(0, 5))
    spans: list[Span] = []
    for number in range(count):
        parent = draw(st.one_of(st.none(), st.integers(0, count)))
        events = draw(
            st.lists(
                st.builds(
                    SpanEvent,
                    name=st.sampled_from(["exception", "note"]),
                    attributes=st.dictionaries(
                        st.sampled_from(["exception.message", "exception.type", "x"]),
                        JSON,
                        max_size=2,
                    ),
                ),
                max_size=1,
            )
        )
        spans.append(
            Span(
                span_id=f"s{number}",
                parent_id=None if parent is None else f"s{parent}",
                name=draw(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)),
                span_type=draw(TYPES),
                start_ns=draw(st.one_of(st.none(), st.integers(0, 100))),
                status=draw(st.sampled_from(["OK", "ERROR", "UNSET"])),
                inputs=draw(JSON),
                outputs=draw(JSON),
                attributes=draw(st.dictionaries(WORDS, JSON, max_size=2)),
                events=tuple(events),
            )
        )
    return Trace(
        trace_id="t",
        inputs=draw(JSON),
        outputs=draw(JSON),
        state=draw(st.sampled_from(["OK", "ERROR"])),
        spans=tuple(spans),
    )


@settings(max_examples=150, deadline=None)
@given(traces())
def test_any_trace_is_shown_and_nothing_breaks(trace):
    blocks = to_blocks(trace)
    if trace.spans or trace.inputs is not None or trace.outputs is not None:
        assert blocks
    ids = [block.id for block in blocks]
    assert len(set(ids)) == len(ids)
    for block in blocks:
        assert block.model_dump_json()
    assert all(message.role is not None for message in messages(trace))
    assert len(span_rows(trace)) == len(trace.spans)
    title, request, response = previews(trace)
    assert (len(title) <= 300, len(request) <= 1000, len(response) <= 1000) == (True, True, True)
    assert raw_json(trace)


@settings(max_examples=150, deadline=None)
@given(traces())
def test_no_text_of_a_span_is_lost(trace):
    for span in trace.spans:
        detail = span_detail(trace, span.span_id)
        for parts, value in ((detail.inputs, span.inputs), (detail.outputs, span.outputs)):
            if value is None:
                assert parts == []
                continue
            (part,) = parts
            shown = full_text(trace, part.ref) if part.ref else part_text(part)
            assert (shown if part.kind == "text" else loads(shown)) == (
                printable(value) if isinstance(value, str) else value
            )


CONTENT = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.lists(
        st.one_of(
            st.builds(lambda text: {"type": "text", "text": text}, st.text(max_size=30)),
            st.builds(lambda value: {"type": "of no known kind", "value": value}, JSON),
        ),
        max_size=3,
    ),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["user", "assistant", "x"]), CONTENT), min_size=1, max_size=5
    )
)
def test_every_text_of_a_message_stands_in_the_conversation(said):
    told: list[JsonValue] = [{"role": role, "content": content} for role, content in said]
    trace = a_trace(None).with_span("m", "LLM", inputs={"messages": told}).build()
    shown = "\n".join(unescaped(text) for text in texts(trace))
    for _, content in said:
        for text in content_texts(content):
            assert text.strip() in shown


def content_texts(content: JsonValue) -> Iterator[str]:
    if not isinstance(content, list):
        yield from leaves(content)
        return
    for part in content:
        assert isinstance(part, dict)
        yield from leaves(part.get("text", part.get("value")))


def texts(trace: Trace) -> Iterator[str]:
    for block in to_blocks(trace):
        yield block.model_dump_json()


def unescaped(dumped: str) -> str:
    """Every text of a block, JSON parts read back."""
    found: list[str] = []
    todo: list[JsonValue] = [loads(dumped)]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            inner = value.get("json_text")
            if isinstance(inner, str):
                todo.append(loads(inner))
            todo.extend([*value.keys(), *value.values()])
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, str):
            found.append(printable(value))
    return "\n".join(found)


def leaves(value: JsonValue) -> Iterator[str]:
    """Every text in a value, as it is printed."""
    if isinstance(value, str):
        if value:
            yield printable(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=50), st.integers(1, 3 * MAX_INLINE))
def test_the_whole_of_a_text_can_be_had(seed, length):
    text = (seed * (length // len(seed) + 1))[:length]
    trace = Trace(trace_id="t", outputs={"answer": text})
    shown = "".join(
        full_text(trace, part.ref) if part.ref else getattr(part, "text", None) or part.json_text
        for block in to_blocks(trace)
        for part in block.parts
    )
    assert shown.strip() == printable(text).strip()
