"""Answers about what one trace holds: its blocks, texts, media and spans."""

from __future__ import annotations

from collections.abc import Sequence

from labelwidget.content import find_spans, full_text, media, raw_json, span_detail, span_rows
from labelwidget.model import Trace
from labelwidget.widget import protocol as p
from labelwidget.widget.channel import Answer
from labelwidget.widget.own_views import OwnView
from labelwidget.widget.pages import PAGE, shown_page

__all__ = ["ContentRequest", "content_answer"]

TEXT_PAGE = 1_000_000
"""Characters of one reply to a `text` request: a reply of a few MB arrives in well under a second."""

ROWS_PAGE = 500
"""Rows of one reply to a `spans` request: more at once would hold up the page that reads it."""

ContentRequest = (
    p.BlocksRequest
    | p.TextRequest
    | p.MediaRequest
    | p.SpansRequest
    | p.FindRequest
    | p.SpanRequest
)


def content_answer(trace: Trace, request: ContentRequest, views: Sequence[OwnView] = ()) -> Answer:
    """Answer a request about a trace, shown with the user's own views.

    Raises:
        NotFoundError: The trace has no such part or span.
        InvalidValueError: A medium is not what may be shown.
    """
    match request:
        case p.BlocksRequest():
            blocks, following = shown_page(trace, request.start, PAGE, views)
            return Answer(p.BlocksReply(blocks=blocks, next=following), [])
        case p.TextRequest():
            return Answer(_text(trace, request), [])
        case p.MediaRequest():
            mime, data = media(trace, request.ref)
            return Answer(p.MediaReply(mime=mime, size=len(data)), [data])
        case p.SpansRequest():
            rows = span_rows(trace)
            page = rows[request.start : request.start + ROWS_PAGE]
            return Answer(p.SpansReply(spans=page, total=len(rows)), [])
        case p.FindRequest():
            return Answer(p.FindReply(counts=find_spans(trace, request.text)), [])
        case p.SpanRequest():
            return Answer(p.SpanReply(span=span_detail(trace, request.span_id)), [])


def _text(trace: Trace, request: p.TextRequest) -> p.TextReply:
    text = raw_json(trace) if request.ref == "raw" else full_text(trace, request.ref)
    end = request.offset + TEXT_PAGE
    return p.TextReply(
        text=text[request.offset : end],
        next_offset=end if end < len(text) else None,
        length=len(text),
    )
