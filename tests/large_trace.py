"""A trace as a long-running agent leaves it: thousands of spans, megabytes of text."""

from __future__ import annotations

import random

from labelwidget.model import JsonValue, Span, Trace

START = 1_700_000_000_000_000_000
KINDS = ("LLM", "TOOL", "RETRIEVER", "CHAIN")


def large_trace(trace_id: str, spans: int = 5_000, characters: int = 20_000_000) -> Trace:
    """A root with model calls, tools, retrievals and steps under it, of about so many characters."""
    chance = random.Random(trace_id)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=4)) for _ in range(2_000)] + ["needle"]
    each = characters // spans

    def text(share: float) -> str:
        return " ".join(chance.choice(words) for _ in range(int(each * share / 5) + 1))

    def span(n: int) -> Span:
        kind = KINDS[n % 4]
        inputs: JsonValue
        outputs: JsonValue
        if kind == "LLM":
            inputs = {"messages": [{"role": "user", "content": f"Step {n}"}]}
            answer: JsonValue = {"role": "assistant", "content": f"Step **{n}**: {text(1)}"}
            outputs = {"choices": [{"message": answer}]}
        elif kind == "TOOL":
            inputs, outputs = {"query": f"q{n}"}, {"rows": [text(0.5), text(0.5)]}
        elif kind == "RETRIEVER":
            inputs = f"query {n}"
            outputs = [{"page_content": text(0.5), "metadata": {"doc_uri": f"{n}.md"}}] * 2
        else:
            inputs, outputs = {"x": n}, {"y": text(1)}
        parent = f"s{n - 7}" if n % 10 == 0 and n > 10 else "root"
        return Span(
            span_id=f"s{n}", parent_id=parent, name=f"{kind.lower()} {n}", span_type=kind,
            start_ns=START + n * 1_000_000, end_ns=START + n * 1_000_000 + 900_000, inputs=inputs,
            outputs=outputs, attributes={"n": n},
        )  # fmt: skip

    root = Span(
        span_id="root", name="agent", span_type="AGENT", start_ns=START, end_ns=START + spans * 1_000_000,
        inputs={"messages": [{"role": "user", "content": f"Do all of {trace_id}."}]},
        outputs={"content": "All done."},
    )  # fmt: skip
    return Trace(
        trace_id=trace_id, name="agent", inputs=root.inputs, outputs=root.outputs,
        spans=(root, *(span(n) for n in range(1, spans))),
    )  # fmt: skip


def renamed(trace: Trace, trace_id: str) -> Trace:
    """The same under another id, also where its first message names it."""
    inputs: JsonValue = {"messages": [{"role": "user", "content": f"Do all of {trace_id}."}]}
    root = trace.spans[0].model_copy(update={"inputs": inputs})
    return trace.model_copy(
        update={"trace_id": trace_id, "inputs": inputs, "spans": (root, *trace.spans[1:])}
    )
