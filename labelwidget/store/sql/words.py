"""What the full-text indexes take for a word."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["NULS_AND_HALVES", "SCRIPTS_WITHOUT_SPACES", "TERMS", "plain_words"]

SCRIPTS_WITHOUT_SPACES = re.compile(
    r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
)
"""Each character is a word of its own, and several typed together a phrase."""

NULS_AND_HALVES = re.compile(r"[\x00\ud800-\udfff]")
"""What not every database can hold."""

TERMS = re.compile(r'"([^"]*)"?|(\S+)')
"""What was typed: phrases in quotes, and words."""

_WORD = re.compile(r"[^\W_]+")


def plain_words(text: str) -> list[str]:
    """The words of a text in order, without case and accents.

    Args:
        text: Any text.

    Returns:
        Letters and digits only.
    """
    decomposed = unicodedata.normalize("NFKD", NULS_AND_HALVES.sub(" ", text))
    plain = "".join(one for one in decomposed if not unicodedata.combining(one)).casefold()
    return _WORD.findall(SCRIPTS_WITHOUT_SPACES.sub(r" \1 ", plain))
