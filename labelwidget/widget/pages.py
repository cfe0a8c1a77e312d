"""A long conversation in pages: the first one small, so that something is there to read at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from labelwidget.content import Block, blocks_from, head_of, is_read
from labelwidget.content.blocks import MessageBlock, ValueBlock
from labelwidget.model import Trace
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


def first_page(trace: Trace, views: Sequence[OwnView]) -> tuple[list[Block], int | None, bool]:
    """What is shown of a trace first.

    Returns:
        Blocks, where the next page starts, and whether they are provisional: a very long trace is begun with its head, and
        whoever has shown it asks for the blocks from 0 on.
    """
    head = None if is_read(trace) else head_of(trace)
    if head is not None:
        page, _ = block_page(islice(blocks_from(head, 0), HEAD_BLOCKS), 0, HEAD_PAGE)
        # The head ends somewhere in the middle; what looks like its end is not the trace's.
        page = [
            block
            for block in page
            if not (isinstance(block, (MessageBlock, ValueBlock)) and block.final)
        ]
        if page:
            return with_own_views(head, (), page, views), 0, True
    return *shown_page(trace, 0, FIRST_PAGE, views), False


def shown_page(
    trace: Trace, start: int, budget: int, views: Sequence[OwnView]
) -> tuple[list[Block], int | None]:
    """A page of a trace's blocks with the user's own views in it; see `block_page`."""
    page, following = block_page(blocks_from(trace, start), start, budget)
    before = list(islice(blocks_from(trace, 0), start)) if views else ()
    return with_own_views(trace, before, page, views), following
