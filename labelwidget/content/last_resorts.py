"""Where the walk over the spans found no answer, or nothing that reads as a conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labelwidget.content.drafts import Draft, MessageDraft, TurnDraft, ValueDraft
from labelwidget.content.shapes.fields import JsonObject
from labelwidget.content.story import Place, Story
from labelwidget.model import Span, Trace

__all__ = ["mark_the_answer", "show_anything"]


def mark_the_answer(trace: Trace, drafts: Sequence[Draft], *, step: str) -> None:
    """One block is the answer; without an output of the run it is the last word said.

    Args:
        trace: The trace.
        drafts: Its blocks in reading order; `final` is set on one of them at most.
        step: The detail of an answer on the way, which the answer itself does not keep.
    """
    finals = [
        draft for draft in drafts if isinstance(draft, (MessageDraft, ValueDraft)) and draft.final
    ]
    for draft in finals[:-1]:
        draft.final = False
    if finals and isinstance(finals[-1], MessageDraft) and finals[-1].detail == step:
        finals[-1].detail = ""
    root = trace.root
    if finals or trace.outputs is not None or (root and root.outputs is not None):
        return
    for draft in reversed(drafts):
        if draft.depth > 0 or isinstance(draft, (TurnDraft, ValueDraft)):
            continue
        if isinstance(draft, MessageDraft) and draft.role == "assistant":
            draft.final = True
        return


def show_anything(trace: Trace, story: Story, place: Callable[[Span], Place]) -> None:
    """Show what the spans hold, whatever they are."""
    for span in trace.spans:
        for title, value in (("input", span.inputs), ("output", span.outputs)):
            if value is not None:
                story.add_value(place(span), f"{span.name or span.span_type} · {title}", value)
    if story.drafts:
        return
    for span in trace.spans:
        about: JsonObject = {"name": span.name, "type": span.span_type, **span.attributes}
        story.add_value(place(span), span.name or span.span_type, about)
    about = {**trace.tags, **trace.metadata}
    if not story.drafts and (about or trace.name):
        story.add_value(Place(), trace.name or "Trace", about)
