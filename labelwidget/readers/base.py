"""What a reader is, and what reading leaves behind.

A reader is a module of `labelwidget/readers/` with three names:

```
FORMAT = "chat"  # what `read_traces(..., format=)` and `Trace.format` say

def matches(value: JsonValue) -> bool: ...
    # cheap: looks at a few members of one record

def read(value: JsonValue) -> Iterator[Trace]: ...
    # the traces of one record or document
```

and, only where the format needs it,

```
def split(value: JsonValue) -> Iterator[Record]: ...
    # a document of many records -> its records (each then `matches` and is `read` alone, so that a
    # bad one does not stop the others)

def read_stream(records: Iterator[Record], refuse: Refuse) -> Iterator[Trace]: ...
    # a trace that is spread over several records of one file (lines of a coding agent's log,
    # batches of spans): gets all records of the file that match, instead of `read`; calls
    # `refuse(position, reason)` for bad ones
```

A new module is named in `registry.FORMATS`. An archive of JSON files is opened by
`archive.zip_records(handle, refuse)`, which makes the records that readers then see.

`read` raises `InvalidValueError` for a malformed record: the message says what is wrong, the caller
adds where. Values come parsed and no deeper than `limits.MAX_DEPTH`; everything else about them may
be wrong.

**The form that spans get.** Inputs and outputs stay as the source has them where they already are
chat-like (OpenAI or Anthropic requests and responses, LangChain messages, Responses API). Where the
source spreads them over attributes, LLM spans get `inputs={"messages": [OpenAI messages], "tools":
[...]}` and `outputs={"messages": [...]}`, retriever spans `outputs=[{"page_content", "metadata",
"id", "score"}]`. What was used stays in `attributes` only where the mapping would lose something;
all else is kept there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from labelwidget.model import JsonValue, Trace

__all__ = ["Reader", "Record", "Refusal", "Refuse"]


class Refusal(BaseModel):
    """A record that was not read, and why.

    Attributes:
        source: The file's path, or what the object was, for example `a DataFrame`.
        position: Where in it, for example `line 12`, `row 3`, `record 5`.
        reason: What is wrong and what to do.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    position: str
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.source}, {self.position}: {self.reason}"
            if self.position
            else f"{self.source}: {self.reason}"
        )


class Record(NamedTuple):
    """One parsed record of a source.

    Attributes:
        position: Where it stands, for example `line 12`.
        value: The parsed JSON.
        size: Bytes that it took in the source, or 0 when unknown; for bounds on memory.
    """

    position: str
    value: JsonValue
    size: int = 0


Refuse: TypeAlias = Callable[[str, str], None]
"""`refuse(position, reason)`: note a record that is not read."""


class Reader(Protocol):
    """What every module of a format exposes; see this module's documentation for the optional
    names.
    """

    FORMAT: str

    def matches(self, value: JsonValue, /) -> bool:
        """Whether a record looks like this format; cheap, and never raises."""
        ...

    def read(self, value: JsonValue, /) -> Iterator[Trace]:
        """The traces of one record; raises `InvalidValueError` when it is malformed."""
        ...
