"""What a page that is opened from a file holds: the widget, and for each trace all that the widget could ask for.

`js/src/host/page` answers the protocol from it, in place of a kernel.
"""

from __future__ import annotations

import base64
import gzip
import uuid
from collections.abc import Iterator, Sequence
from typing import cast

from pydantic import BaseModel

from labelwidget.content import full_text, media, raw_json, span_detail, span_rows
from labelwidget.errors import InvalidValueError, LabelWidgetError
from labelwidget.model import JsonValue, Trace
from labelwidget.model.json import dumps
from labelwidget.review import Opened, Review
from labelwidget.review.rules import now_ms
from labelwidget.widget import protocol as p
from labelwidget.widget import views
from labelwidget.widget.channel import sendable
from labelwidget.widget.handlers import suggestions_as_stored
from labelwidget.widget.modules import CORE, LICENSES, PAGE, bundle, module_reply
from labelwidget.widget.own_views import OwnView, views_of
from labelwidget.widget.pages import shown_page
from labelwidget.widget.pairing import pair_of_item

__all__ = ["MAX_PAGE_TRACES", "page_data", "page_script"]

MAX_PAGE_TRACES = 2_000
MAX_PAGE_CONTENT = 500_000_000
"""Most characters of all traces together, before they are compressed."""
_ALL = 1_000_000_000


def page_script() -> str:
    """The module that stands for the kernel.

    Raises:
        NotFoundError: It is not built.
    """
    return bundle(PAGE)


def page_data(review: Review, ticket: str, settings: p.Settings) -> dict[str, JsonValue]:
    """What the page holds, as `js/src/host/page/data.ts` reads it.

    Args:
        review: Whose queue, with the answers so far.
        ticket: By which the answers are known when they come back.
        settings: How the widget behaves.

    Raises:
        InvalidValueError: Too many traces, or too much in them.
        NotFoundError: The browser side is not built.
    """
    total = len(review.queue)
    if total > MAX_PAGE_TRACES:
        raise InvalidValueError(
            f"The page would hold {total:,} traces; {MAX_PAGE_TRACES:,} is the most. Export fewer: traces=[…]."
        )
    held = 0
    items: list[JsonValue] = []
    own = views_of(review.store, review.session_id)
    for index in range(total):
        opened = review.open(index)
        if pair_of_item(review, opened.item.item_id, opened.answers) != "none":
            # Who made which response would be readable in the file.
            raise InvalidValueError(
                f"Trace {opened.item.position + 1} is a comparison, which is blind only on a site: share it by `labelwidget serve`."
            )
        content = dumps(sendable(_content(opened.trace, own)))
        held += len(content)
        if held > MAX_PAGE_CONTENT:
            raise InvalidValueError(
                f"The traces hold more than {MAX_PAGE_CONTENT:,} bytes together. Export fewer: traces=[…]."
            )
        items.append(_item(review, opened, content))
    more = module_reply("more")
    return {
        "v": 1,
        "page_id": uuid.uuid4().hex,
        "ticket": ticket,
        "made_at": now_ms(),
        "hello": _json(_hello(review, settings)),
        "items": items,
        "core": bundle(CORE),
        "more": _json(more),
        "licenses": bundle(LICENSES),
    }


def _hello(review: Review, settings: p.Settings) -> p.HelloReply:
    session = review.session
    return p.HelloReply(
        session_id=session.session_id,
        session_name=session.name,
        outbox_key=f"page/{session.session_id}/{review.reviewer.casefold()}",
        reviewer=p.ReviewerView(name=review.reviewer, may_label=True),
        questions=review.questions,
        settings=settings,
        read_only="",
        total=len(review.queue),
        progress=review.progress,
        strip=views.strip(review.queue, review.touched()),
        history=[],
        seq=0,
        first=None,
    )


def _item(review: Review, opened: Opened, content: bytes) -> JsonValue:
    answers = views.answer_views(opened.answers, review.questions)
    suggestions = suggestions_as_stored(opened.item.item_id, opened.prior)
    packed = gzip.compress(content, 6, mtime=0)
    return {
        "item": _json(opened.item),
        "answers": [_json(answer) for answer in answers],
        "status": _json(opened.status),
        "suggestions": [_json(one) for one in suggestions],
        "packed": base64.b64encode(packed).decode("ascii"),
    }


def _content(trace: Trace, own: Sequence[OwnView]) -> dict[str, JsonValue]:
    """Blocks, spans, and everything that these leave to be asked for."""
    blocks: list[JsonValue] = []
    start: int | None = 0
    while start is not None:
        page, start = shown_page(trace, start, _ALL, own)
        blocks.extend(_json(block) for block in page)
    rows = span_rows(trace)
    details: dict[str, JsonValue] = {
        row.span_id: _json(span_detail(trace, row.span_id)) for row in rows
    }
    texts: dict[str, JsonValue] = {"raw": raw_json(trace)}
    shown_media: dict[str, JsonValue] = {}
    for part in _with_ref([*blocks, *details.values()]):
        ref = cast(str, part["ref"])
        if part.get("kind") != "media":
            texts[ref] = full_text(trace, ref)
            continue
        try:
            mime, data = media(trace, ref)
        except LabelWidgetError:
            continue  # the page says that it cannot be shown, as a notebook does
        shown_media[ref] = {"mime": mime, "data": base64.b64encode(data).decode("ascii")}
    return {
        "blocks": blocks,
        "turns": [_json(turn) for turn in views.turn_places(trace)],
        "texts": texts,
        "media": shown_media,
        "spans": [_json(row) for row in rows],
        "details": details,
    }


def _with_ref(values: list[JsonValue]) -> Iterator[dict[str, JsonValue]]:
    """Every part, at any depth, that leaves something to be asked for."""
    waiting: list[JsonValue] = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            if isinstance(value.get("ref"), str):
                yield value
            waiting.extend(value.values())


def _json(model: BaseModel) -> JsonValue:
    return model.model_dump(mode="json")
