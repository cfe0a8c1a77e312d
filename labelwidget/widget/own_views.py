"""A user's own views of spans (`@session.render`): who is asked for which span, and their place among the blocks.

The functions live in the process that registered them. What they raise is shown to the reader, with the usual blocks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from labelwidget.content import Block
from labelwidget.content.blocks import (
    DocumentsBlock,
    ErrorBlock,
    RenderBlock,
    ToolBlock,
    ToolDefinitionsBlock,
    TurnBlock,
    ValueBlock,
)
from labelwidget.content.json_text import printable
from labelwidget.errors import LabelWidgetError
from labelwidget.model import Span, Trace
from labelwidget.store.base import Store
from labelwidget.widget.own_parts import render_parts

__all__ = ["OwnView", "Render", "add_view", "views_of", "with_own_views"]

Render = Callable[[Span], object]

PATIENCE_S = 2.0
"""Seconds that the views of one page may take; those after it are left out, and the page says so."""
MAX_REASON = 500

_lock = threading.Lock()
_views: dict[tuple[str, str], tuple[OwnView, ...]] = {}


@dataclass(frozen=True)
class OwnView:
    """One function and the spans that it is for; what is None does not matter."""

    render: Render
    tool: str | None
    span_type: str | None
    name: str | None

    @property
    def title(self) -> str:
        """What it is for, in a word."""
        return self.name or self.tool or self.span_type or ""

    def fits(self, span: Span) -> bool:
        """Whether it is for this span."""
        return (
            (self.tool is None or (span.span_type.upper() == "TOOL" and _tool(span) == self.tool))
            and (self.span_type is None or span.span_type.upper() == self.span_type.upper())
            and (self.name is None or span.name == self.name)
        )


def add_view(store: Store, session_id: str, view: OwnView) -> None:
    """Let a function draw spans of a session; of several that fit a span the last one does."""
    key = (store.url, session_id)
    with _lock:
        known = _views.get(key, ())
        # A cell that is run again replaces what it made before.
        same = [
            one
            for one in known
            if (one.tool, one.span_type, one.name) == (view.tool, view.span_type, view.name)
        ]
        _views[key] = (*(one for one in known if one not in same), view)


def views_of(store: Store, session_id: str) -> tuple[OwnView, ...]:
    """The views of a session, in the order added."""
    with _lock:
        return _views.get((store.url, session_id), ())


def with_own_views(
    trace: Trace, before: Sequence[Block], page: Sequence[Block], views: Sequence[OwnView]
) -> list[Block]:
    """A page of blocks with the user's own views in the place of the blocks that they stand for.

    A view replaces the tool call, the retrieval or the value of its span; messages and errors stay under it. Where it fails,
    all stays.

    Args:
        trace: The trace.
        before: The blocks before the page: what has a view there has none again.
        page: The page.
        views: The session's.

    Returns:
        The blocks to show.
    """
    if not views:
        return list(page)
    done = {block.span_id for block in before}
    replaced: set[str | None] = set()
    shown: list[Block] = []
    until = monotonic() + PATIENCE_S
    for block in page:
        if (
            block.span_id is not None
            and block.span_id not in done
            and not isinstance(block, _LEFT_ALONE)
        ):
            done.add(block.span_id)
            made = _made(trace, block, views, late=monotonic() > until)
            if made is not None:
                shown.append(made)
                if made.error is None:
                    replaced.add(block.span_id)
        if block.span_id not in replaced or not _is_replaced(block):
            shown.append(block)
    return shown


_LEFT_ALONE = (ErrorBlock, TurnBlock, ToolDefinitionsBlock)


def _is_replaced(block: Block) -> bool:
    if isinstance(block, ValueBlock):
        return not block.final  # what is judged stays in its own words
    return isinstance(block, (ToolBlock, DocumentsBlock))


def _made(
    trace: Trace, block: Block, views: Sequence[OwnView], *, late: bool
) -> RenderBlock | None:
    span = trace.span(block.span_id or "")
    view = None if span is None else next((one for one in reversed(views) if one.fits(span)), None)
    if span is None or view is None:
        return None
    made = RenderBlock(
        id=f"{block.id}:view",
        span_id=block.span_id,
        depth=block.depth,
        title=printable(view.title)[:200],
        parts=[],
    )
    if late:
        reason = f"It was left out: the views before it took more than {PATIENCE_S:.0f} s."
        return made.model_copy(update={"error": reason})
    try:
        return made.model_copy(update={"parts": render_parts(view.render(span))})
    except Exception as error:  # noqa: BLE001  a user's function may raise anything; the reader hears of it
        return made.model_copy(update={"error": _reason(error)})


def _reason(error: Exception) -> str:
    words = str(error)
    text = words if isinstance(error, LabelWidgetError) else f"{type(error).__name__}: {words}"
    text = printable(text)
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"


def _tool(span: Span) -> str:
    name = span.attributes.get("gen_ai.tool.name") or span.attributes.get("tool.name")
    return name if isinstance(name, str) else span.name
