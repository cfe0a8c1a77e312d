"""A long conversation in pages: the first one small, so that something is there to read at once."""

from __future__ import annotations

from collections.abc import Sequence

from labelwidget.content import Block, to_blocks
from labelwidget.model import Trace
from labelwidget.widget.own_views import OwnView, with_own_views

__all__ = ["FIRST_PAGE", "PAGE", "block_page", "shown_page"]

FIRST_PAGE = 120_000
"""About as many characters as the blocks that come with a trace hold."""
PAGE = 400_000
"""About as many as each further page holds."""
MAX_PAGE_BLOCKS = 500


def block_page(blocks: Sequence[Block], start: int, budget: int) -> tuple[list[Block], int | None]:
    """The blocks from `start` on that fit into a budget: at least one, if there is one.

    Args:
        blocks: All blocks of a trace.
        start: The first one wanted.
        budget: Characters.

    Returns:
        The page, and where the next one starts; None at the end.
    """
    end, spent = start, 0
    while end < len(blocks) and end - start < MAX_PAGE_BLOCKS and spent < budget:
        spent += len(blocks[end].model_dump_json())
        end += 1
    return list(blocks[start:end]), end if end < len(blocks) else None


def shown_page(
    trace: Trace, start: int, budget: int, views: Sequence[OwnView]
) -> tuple[list[Block], int | None]:
    """A page of a trace's blocks with the user's own views in it; see `block_page`."""
    blocks = to_blocks(trace)
    page, following = block_page(blocks, start, budget)
    return with_own_views(trace, blocks[:start] if views else (), page, views), following
