"""The span tree in reading order, and which spans speak, call, retrieve or lead a sub-agent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labelwidget.content.shapes.fields import string
from labelwidget.model import Span, Trace

__all__ = ["MAX_DEPTH", "Step", "is_agent", "is_model_call", "is_retriever", "is_tool", "steps"]

MAX_DEPTH = 12
"""Deepest indentation of a block; agents nested deeper stay at this depth."""

_OPERATION = "gen_ai.operation.name"


def is_model_call(span: Span) -> bool:
    """Whether the span is a call of a language model."""
    return span.span_type in ("LLM", "CHAT_MODEL", "GENERATION", "COMPLETION")


def is_tool(span: Span) -> bool:
    """Whether the span runs a tool."""
    return span.span_type in ("TOOL", "FUNCTION") or (
        string(span.attributes, _OPERATION) == "execute_tool"
    )


def is_retriever(span: Span) -> bool:
    """Whether the span retrieves or reranks documents."""
    return span.span_type in ("RETRIEVER", "RERANKER")


def is_agent(span: Span) -> bool:
    """Whether the span is an agent's run."""
    return span.span_type == "AGENT" or string(span.attributes, _OPERATION) == "invoke_agent"


@dataclass(slots=True)
class Step:
    """A span on the way through the tree.

    Attributes:
        span: The span.
        level: Its distance from a root.
        entering: True before its children, False after them.
    """

    span: Span
    level: int
    entering: bool


def steps(trace: Trace) -> Iterator[Step]:
    """Every span twice, before and after its children, children in order of start.

    Spans in a loop of parents are no one's descendants; they follow at the end, each once.

    Args:
        trace: Any trace; nesting is not bounded by the interpreter's stack.

    Yields:
        Steps.
    """
    done: set[int] = set()
    for start in (None, *trace.spans):
        roots = trace.children(None) if start is None else [start]
        todo = [Step(span, 0, entering=True) for span in reversed(roots)]
        while todo:
            step = todo.pop()
            if not step.entering:
                yield step
                continue
            if id(step.span) in done:
                continue
            done.add(id(step.span))
            yield step
            todo.append(Step(step.span, step.level, entering=False))
            children = trace.children(step.span.span_id)
            todo.extend(Step(span, step.level + 1, entering=True) for span in reversed(children))
