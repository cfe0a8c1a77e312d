"""labelwidget's own traces: `Trace.to_json()`, and `Trace` objects that are added again."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from labelwidget.errors import InvalidValueError
from labelwidget.model import JsonValue, Trace

__all__ = ["FORMAT", "matches", "read"]

FORMAT = "native"

# Together these stand in no other format.
_OWN = {"trace_id", "spans", "assessments", "conversation_id", "model_name", "format"}


def matches(value: JsonValue) -> bool:
    """Whether a record has the fields of our own form."""
    return isinstance(value, dict) and value.keys() >= _OWN


def read(value: JsonValue) -> Iterator[Trace]:
    """The trace, as it was.

    Raises:
        InvalidValueError: A field has the wrong type; names it.
    """
    try:
        yield Trace.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(step)[:40] for step in first["loc"][:6])
        raise InvalidValueError(f"Not a trace of labelwidget: {where}: {first['msg']}.") from None
