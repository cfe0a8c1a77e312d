"""A long conversation in pages: the first one small, so that something is there to read at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from labelwidget.content import LONG_TRACE, Block, blocks_from, head_of, is_read
from labelwidget.content.blocks import MessageBlock, ValueBlock
from labelwidget.model import Trace
from labelwidget.review import Opened
from labelwidget.widget.own_views import OwnView, with_own_views

__all__ = ["FIRST_PAGE", "PAGE", "block_page", "first_page", "shown_page"]

FIRST_PAGE = 120_000
"""About as many characters as the blocks that come with a trace hold."""
HEAD_PAGE = 40_000
"""About as many as the head of a very long trace brings; it is there for a moment only."""
HEAD_BLOCKS = 60
"""Most blocks of it: near the end of a head its order need not be the trace's."""
PAGE = 200_000
"""About as many as each further page holds."""
MAX_PAGE_BLOCKS = 200


def block_page(blocks: Iterable[Block], start: int, budget: int) -> tuple[list[Block], int | None]:
    """As many blocks as fit into a budget: at least one, if there is one.

    Args:
        blocks: The blocks of a trace from `start` on; no more of them are taken than needed.
        start: Where they stand in the trace.
        budget: Characters.

    Returns:
        The page, and where the next one starts; None at the end.
    """
    page: list[Block] = []
    spent = 0
    for block in blocks:
        if len(page) == MAX_PAGE_BLOCKS or spent >= budget:
            return page, start + len(page)
        spent += len(block.model_dump_json())
        page.append(block)
    return page, None


def first_page(opened: Opened, views: Sequence[OwnView]) -> tuple[list[Block], int | None, bool]:
    """What is shown of a trace first.

    Args:
        opened: The item; of a very long trace no more is read than is shown.
        views: The user's own.

    Returns:
        Blocks, where the next page starts, and whether they are provisional: a very long trace is begun with its head, and
        whoever has shown it asks for the blocks from 0 on.
    """
    if opened.item.span_count > LONG_TRACE:
        page = _head_page(opened, views)
        if page:
            return page, 0, True
    return *shown_page(opened.trace, 0, FIRST_PAGE, views), False


def _head_page(opened: Opened, views: Sequence[OwnView]) -> list[Block]:
    """Blocks of a very long trace's head; none when its own are known already."""
    start = opened.start or opened.trace
    if is_read(start):
        return []
    head = head_of(start)
    page, _ = block_page(islice(blocks_from(head, 0), HEAD_BLOCKS), 0, HEAD_PAGE)
    # The head ends somewhere in the middle; what looks like its end is not the trace's.
    page = [
        block
        for block in page
        if not (isinstance(block, (MessageBlock, ValueBlock)) and block.final)
    ]
    return with_own_views(head, (), page, views)


def shown_page(
    trace: Trace, start: int, budget: int, views: Sequence[OwnView]
) -> tuple[list[Block], int | None]:
    """A page of a trace's blocks with the user's own views in it; see `block_page`."""
    page, following = block_page(blocks_from(trace, start), start, budget)
    before = list(islice(blocks_from(trace, 0), start)) if views else ()
    return with_own_views(trace, before, page, views), following
