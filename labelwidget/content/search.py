"""Which spans hold a text: in their names, inputs and outputs."""

from __future__ import annotations

from labelwidget.model import JsonValue, Trace

__all__ = ["find_spans"]


def find_spans(trace: Trace, text: str) -> dict[str, int]:
    """The spans that hold a text, whatever its case.

    Args:
        trace: Any trace.
        text: What is looked for; not empty.

    Returns:
        How often, by the ids of the spans, in the trace's order: in the name, the type, and the keys and values of inputs and
        outputs. A text that is written across two values is not found.
    """
    needle = text.casefold()
    found: dict[str, int] = {}
    for span in trace.spans:
        n = span.name.casefold().count(needle) + span.span_type.casefold().count(needle)
        n += _count(span.inputs, needle) + _count(span.outputs, needle)
        if n:
            found[span.span_id] = found.get(span.span_id, 0) + n
    return found


def _count(value: JsonValue, needle: str) -> int:
    n = 0
    rest: list[JsonValue] = [value]  # a list, not recursion: any depth
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            n += one.casefold().count(needle)
        elif isinstance(one, dict):
            n += sum(key.casefold().count(needle) for key in one)
            rest.extend(one.values())
        elif isinstance(one, list):
            rest.extend(one)
        elif isinstance(one, (int, float)) and not isinstance(one, bool):
            n += str(one).count(needle)
    return n
