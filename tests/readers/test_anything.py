"""Any JSON at all becomes traces or clear refusals: no crash, and nothing lost in silence."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Trace
from labelwidget.readers import FORMATS, read_traces
from labelwidget.readers.registry import reader_named

# Names that the readers look for, so that random JSON gets deep into them.
NAMES = [
    "info", "data", "spans", "trace_id", "attributes", "events", "status", "code", "name", "inputs", "outputs",
    "messages", "role", "content", "tool_calls", "function", "arguments", "choices", "message", "request", "response",
    "resourceSpans", "scopeSpans", "resource", "traceId", "spanId", "parentSpanId", "startTimeUnixNano", "key", "value",
    "stringValue", "arrayValue", "values", "openinference.span.kind", "llm.input_messages.0.message.content",
    "llm.input_messages", "input.value", "retrieval.documents.1.document.content", "gen_ai.operation.name",
    "gen_ai.input.messages", "gen_ai.prompt.0.content", "gen_ai.output.messages", "ai.operationId", "ai.prompt",
    "ai.response.toolCalls", "context", "start_time", "mlflow.spanInputs", "assessments", "feedback", "expectation",
    "assessment_name", "serialized_value", "trace", "observations", "type", "input", "output", "post", "patch", "runs",
    "steps", "trajectory", "traj", "reward", "task_id", "uuid", "sessionId", "model", "question", "answer", "contexts",
    "conversations", "from", "metadata", "tags", "usage", "annotations", "label", "score", "id", "error", "samples",
    "eval", "schema_version", "agent", "history", "parts",
]  # fmt: skip
WORDS = [
    "user",
    "assistant",
    "OK",
    "ERROR",
    "LLM",
    "TOOL",
    "chat",
    "{}",
    "[1]",
    '{"a": [1]}',
    "\ud800",
    "\x00",
    "1700000000000000000",
    "ai.toolCall",
    "ai.generateText",
    "execute_tool",
    "invoke_agent",
    "2026-01-01T00:00:00Z",
    "9I3+19SFeGE=",
    "216f1618782da29e135b06b6315a4d08",
]

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=10)
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=30,
)
checked = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))


def assert_sound(traces: list[Trace]) -> None:
    for trace in traces:
        assert trace.trace_id.isascii()
        assert 1 <= len(trace.trace_id) <= 200
        assert len({span.span_id for span in trace.spans}) == len(trace.spans)
        assert Trace.model_validate(trace.model_dump()) == trace


@checked
@given(value=anything)
def test_any_json_is_read_or_refused(value: JsonValue) -> None:
    reader = read_traces(json.dumps([value], allow_nan=False))
    traces = list(reader)
    assert_sound(traces)
    if value not in ([], {}):
        assert traces or reader.refused_count or reader.skipped
    assert not [one for one in reader.refused if "Error)" in one.reason], reader.refused


@checked
@given(value=anything, name=st.sampled_from(FORMATS))
def test_a_reader_that_is_forced_never_crashes(value: JsonValue, name: str) -> None:
    reader = read_traces([value], name)
    assert_sound(list(reader))
    assert not [one for one in reader.refused if "Error)" in one.reason], reader.refused


@checked
@given(value=anything)
def test_matches_never_raises(value: JsonValue) -> None:
    for name in FORMATS:
        assert reader_named(name).matches(value) in {True, False}


@checked
@given(
    raw=st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    told = ""
    try:
        reader = read_traces(raw)
    except InvalidValueError as error:
        told = str(error)
        reader = read_traces([])
    list(reader)
    assert told or reader.read or reader.skipped or reader.refused_count
