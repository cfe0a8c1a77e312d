"""What all messages share: bounds, kinds of names, strictness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PROTOCOL_VERSION = 1
MAX_MESSAGE = 256_000
"""Bytes of one message from the browser. Above about 10 MB a notebook server drops messages without a word."""
MAX_PARTS = 64
"""Most parts of one large request: 64 × 200,000 characters hold the longest answer."""
MAX_EVENTS = 50
"""Most events of one `save`."""
MAX_INDICES = 20_000
"""Most traces that are chosen one by one for a bulk action; a filter may choose more."""
Index = Annotated[int, Field(ge=0, le=100_000_000)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
EventId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Name = Annotated[str, Field(min_length=1, max_length=250)]
DurationMs = Annotated[int, Field(ge=0, le=86_400_000)]


class Message(BaseModel):
    """Comes from the browser: strict, nothing beyond what is declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RequestBase(Message):
    """A request: `req` names it in its reply."""

    v: Literal[1]
    req: Annotated[str, Field(min_length=1, max_length=64)]


class View(BaseModel):
    """Goes to the browser."""

    model_config = ConfigDict(frozen=True, extra="forbid")
