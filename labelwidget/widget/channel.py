"""The one way in from the browser: bounds first, then the strict models, then one reply, never an exception.

Nothing here logs or repeats what came in: a message may hold trace text, and a log is read by more people than a trace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple, cast

import orjson
from pydantic import ValidationError

from labelwidget.content.json_text import printable
from labelwidget.errors import InvalidValueError, LabelWidgetError, StoreError
from labelwidget.model import JsonValue
from labelwidget.model.json import dumps, loads
from labelwidget.widget.protocol import (
    MAX_MESSAGE,
    MAX_PARTS,
    ErrorBody,
    PartReply,
    PartRequest,
    Reply,
    ReplyBody,
    Request,
    parse_request,
)

__all__ = ["Answer", "Channel", "sendable"]

MAX_DEPTH = 32
MAX_TRANSFERS = 4
MAX_TRANSFER = 8_000_000
RATE = 50.0
"""Messages a second that are answered for ever; short bursts of `BURST` are."""
BURST = 300.0


class Answer(NamedTuple):
    """A reply's body and its binary buffers."""

    body: ReplyBody
    buffers: list[bytes]


class _Transfer:
    def __init__(self, count: int) -> None:
        self.count = count
        self.parts: dict[int, str] = {}

    @property
    def size(self) -> int:
        return sum(len(part) for part in self.parts.values())


class Channel:
    """Validates messages, puts large ones together, and turns whatever happens into a reply."""

    def __init__(self, handle: Callable[[Request], Answer]) -> None:
        """Answer requests by `handle`, one at a time whatever thread they come on."""
        self._handle = handle
        self._lock = threading.RLock()
        self._transfers: dict[str, _Transfer] = {}
        self._tokens = BURST
        self._last = monotonic()

    def receive(self, content: object) -> tuple[Reply, list[bytes]] | None:
        """Handle one message.

        Args:
            content: Whatever came through the comm.

        Returns:
            The reply with its buffers; None when the message does not even say which request it is.
        """
        req = _request_id(content)
        if req is None:
            return None
        with self._lock:
            try:
                if not self._within_rate():
                    return _error(
                        req,
                        "too_many",
                        "More than 50 messages a second came in. The page waits and tries again.",
                    ), []
                answer = self._answer(content)
                return Reply(req=req, ok=answer.body), answer.buffers
            except StoreError as error:
                return _error(req, error.code, str(error)), []
            except LabelWidgetError as error:
                return _error(req, error.code, str(error)), []
            except ValidationError as error:
                return _error(
                    req,
                    "bad_message",
                    f"The message is not one of ours: {_first(error)}. Reload the page.",
                ), []
            except Exception as error:  # noqa: BLE001
                # The browser has to hear of it, and a traceback in a cell helps nobody.
                return _error(
                    req,
                    "internal",
                    f"{type(error).__name__} in the kernel. Rerun the cell; if it stays, report it.",
                ), []

    def _answer(self, content: object) -> Answer:
        if not _within_depth(content, MAX_DEPTH):
            raise InvalidValueError(f"The message is nested deeper than {MAX_DEPTH} levels.")
        if len(dumps(content)) > MAX_MESSAGE:
            raise InvalidValueError(
                f"The message is larger than {MAX_MESSAGE:,} bytes; larger ones come in parts."
            )
        request = parse_request(content)
        if isinstance(request, PartRequest):
            return self._take(request)
        return self._handle(request)

    def _take(self, part: PartRequest) -> Answer:
        transfer = self._transfers.get(part.transfer)
        if transfer is None:
            while (
                len(self._transfers) >= MAX_TRANSFERS
            ):  # the oldest was given up by a page that is gone
                del self._transfers[next(iter(self._transfers))]
            transfer = self._transfers[part.transfer] = _Transfer(part.count)
        transfer.parts[part.number] = part.text
        if transfer.size > MAX_TRANSFER or transfer.count != part.count:
            del self._transfers[part.transfer]
            raise InvalidValueError(
                f"The text is larger than {MAX_TRANSFER:,} characters in all. Shorten it."
            )
        if len(transfer.parts) < min(transfer.count, MAX_PARTS):
            return Answer(PartReply(received=len(transfer.parts)), [])
        del self._transfers[part.transfer]
        whole = loads("".join(transfer.parts.get(number, "") for number in range(transfer.count)))
        if not _within_depth(whole, MAX_DEPTH):
            raise InvalidValueError(f"The message is nested deeper than {MAX_DEPTH} levels.")
        request = parse_request(whole)
        if isinstance(request, PartRequest):
            raise InvalidValueError("Parts cannot hold parts.")
        return self._handle(request)

    def _within_rate(self) -> bool:
        now = monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._last) * RATE)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def sendable(message: JsonValue) -> JsonValue:
    """The message as Jupyter can send it: a lone surrogate would end its JSON without a word, and the page would wait.

    Args:
        message: A reply or a push.

    Returns:
        The same object when every text in it is well formed; else a copy with lone surrogates as visible escapes.
    """
    try:
        orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return _printable(message)
    return message


def _printable(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return printable(value)
        case list():
            return [_printable(part) for part in value]
        case dict():
            return {printable(name): _printable(part) for name, part in value.items()}
        case _:
            return value


def _request_id(content: object) -> str | None:
    if not isinstance(content, dict):
        return None
    req = cast("dict[object, object]", content).get("req")
    return req if isinstance(req, str) and 0 < len(req) <= 64 else None


def _error(req: str, code: str, message: str) -> Reply:
    return Reply(req=req, error=ErrorBody(code=code, message=message))


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(step)[:40] for step in first['loc'][:6])} {first['type']}"


def _within_depth(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(
            _within_depth(part, depth - 1) for part in cast("dict[object, object]", value).values()
        )
    if isinstance(value, list):
        return depth > 0 and all(
            _within_depth(part, depth - 1) for part in cast("list[object]", value)
        )
    return True
