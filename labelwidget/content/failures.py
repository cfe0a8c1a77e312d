"""What went wrong in a span: exception events and the status."""

from __future__ import annotations

from dataclasses import dataclass

from labelwidget.content.shapes.fields import string
from labelwidget.model import Span, SpanStatus

__all__ = ["Failure", "failures"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One error.

    Attributes:
        error_type: The exception's class, or empty.
        message: What it said, or empty.
        stacktrace: Where it was raised, or empty.
    """

    error_type: str
    message: str
    stacktrace: str = ""

    @property
    def headline(self) -> str:
        """Type and message in one text."""
        return ": ".join(text for text in (self.error_type, self.message) if text)

    @property
    def keys(self) -> set[tuple[str, str]]:
        """What a parent may repeat of it: with the type apart, or in front of the message."""
        return {(self.error_type, self.message), ("", self.headline)}


def failures(span: Span) -> list[Failure]:
    """The errors of a span: its exception events, and its status when that says more.

    Args:
        span: Any span.

    Returns:
        Errors in order of time; empty for a span that went well.
    """
    found: list[Failure] = []
    for event in span.events:
        fields = event.attributes
        kind = string(fields, "exception.type", "error.type")
        message = string(fields, "exception.message", "error.message")
        if event.name != "exception" and not kind:
            continue
        failure = Failure(kind, message, string(fields, "exception.stacktrace", "exception.stack"))
        if failure not in found:
            found.append(failure)
    if span.status is SpanStatus.ERROR:
        said = span.status_message.strip()
        known = {text for failure in found for text in (failure.message, failure.headline)}
        if (said and said not in known) or not found:
            kind = string(span.attributes, "error.type", "exception.type") if not found else ""
            message = said or string(span.attributes, "exception.message", "error.message")
            found.append(Failure("" if said.startswith(f"{kind}:") else kind, message))
    return found
