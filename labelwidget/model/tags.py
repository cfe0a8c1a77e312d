"""Tags: words of a note that begin with `#`, made by writing them.

```
tags_in("Late again #late-refund, see #policy.")     # ["late-refund", "policy"]
```
"""

from __future__ import annotations

import re

__all__ = ["MAX_TAG", "is_tag", "tags_in"]

MAX_TAG = 50
"""Characters of a tag, without the `#`."""

# No blanks, no punctuation but - and _, nothing invisible; js/src/more/tags.ts has the same.
_INSIDE = r"[^\s!-,./:-@\[-^`{-~\u00a0-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f\ufeff]"
_TAG = re.compile(
    rf"(?:(?<=[\s(\[{{,;\"'])|^)#(?![-_0-9])({_INSIDE}{{1,{MAX_TAG}}})", re.ASCII | re.MULTILINE
)
_WORD = re.compile(rf"#(?![-_0-9]){_INSIDE}{{1,{MAX_TAG}}}", re.ASCII)


def tags_in(note: str) -> list[str]:
    """The tags of a note.

    Args:
        note: Any text.

    Returns:
        Without the `#`, in the order written; one that was written twice, in whatever case, once.
    """
    found: dict[str, str] = {}
    for match in _TAG.finditer(note):
        tag = match[1].rstrip("-_")
        if tag:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())


def is_tag(word: str) -> bool:
    """Whether a word, with its `#`, is a tag or the beginning of one."""
    return _WORD.fullmatch(word) is not None
