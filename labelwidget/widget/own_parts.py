"""What a user's own view returned → parts that the browser draws. Nothing of it can act: see `HtmlPart`."""

from __future__ import annotations

import base64
import io
from html import escape
from html.parser import HTMLParser
from typing import Protocol, cast, runtime_checkable

from labelwidget.content.blocks import (
    HtmlPart,
    ImagePart,
    JsonPart,
    RenderPart,
    TablePart,
    TextPart,
)
from labelwidget.content.json_text import json_text, printable
from labelwidget.content.media import sniffed
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.json import checked_json

__all__ = ["HTML", "MAX_IMAGE_BYTES", "MAX_TEXT", "render_parts"]

MAX_TEXT = 200_000
"""Longest Markdown, JSON or HTML of one view, in characters."""
MAX_IMAGE_BYTES = 4 * 2**20
"""Largest image of one view."""
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 200, 50, 1_000
"""What is shown of a table; the part says how many rows there are."""
MIN_HEIGHT, MAX_HEIGHT = 40, 2_000


class HTML:
    """HTML for `@session.render`: shown in a frame without scripts, forms, links or network.

    Escape what comes from a trace: `html.escape(text)`. Images have to be `data:` URLs.
    """

    def __init__(self, html: str, *, height: int = 320) -> None:
        """Hold a document or a piece of one.

        Args:
            html: The HTML. Scripts, links, forms, frames and what loads from elsewhere are taken out.
            height: Height of its frame in pixels, 40–2,000.

        Raises:
            InvalidValueError: No text, or no such height.
        """
        if not isinstance(html, str):
            raise InvalidValueError(f"HTML() was given {shown(html)}; pass a text.")
        if (
            isinstance(height, bool)
            or not isinstance(height, int)
            or not MIN_HEIGHT <= height <= MAX_HEIGHT
        ):
            raise InvalidValueError(
                f"height is {shown(height)}; pass pixels between {MIN_HEIGHT} and {MAX_HEIGHT}."
            )
        self.html = html
        self.height = height

    def __repr__(self) -> str:
        """Its length; not what it holds."""
        return f"HTML(<{len(self.html):,} characters>, height={self.height})"


@runtime_checkable
class _Figure(Protocol):
    """A matplotlib figure."""

    def savefig(self, fname: object, *, format: str, bbox_inches: str) -> object: ...  # noqa: A002


@runtime_checkable
class _HasFigure(Protocol):
    """Matplotlib's axes."""

    @property
    def figure(self) -> object: ...


@runtime_checkable
class _Picture(Protocol):
    """A PIL image."""

    def save(self, fp: object, format: str) -> object: ...  # noqa: A002
    def convert(self, mode: str) -> _Picture: ...
    def tobytes(self) -> bytes: ...


class _Frame(Protocol):
    """The little of a DataFrame that is used; pandas is not imported for it."""

    columns: list[object]

    def head(self, n: int) -> _Frame: ...
    def itertuples(self, *, index: bool, name: None) -> list[tuple[object, ...]]: ...
    def __len__(self) -> int: ...


@runtime_checkable
class _Html(Protocol):
    def _repr_html_(self) -> str | None: ...


def render_parts(value: object) -> list[RenderPart]:
    """The parts of what a view returned.

    Args:
        value: Markdown, JSON values, a DataFrame or Series, a matplotlib figure, a PIL image, the bytes of a PNG, JPEG, GIF or
            WebP, `HTML("…")`, anything that shows itself as HTML in a notebook, or a list of such things that are no JSON.

    Returns:
        One part, or one each of a list.

    Raises:
        InvalidValueError: It is nothing that can be shown, or too large.
    """
    if isinstance(value, list):
        several = cast("list[object]", value)
        if several and not _is_json(several):
            return [part for one in several for part in render_parts(one)]
        return [_part(several)]
    return [_part(value)]


def _part(value: object) -> RenderPart:
    if isinstance(value, str):
        text = printable(value)
        return TextPart(text=_bounded(text, "The text"), length=len(text))
    if isinstance(value, (bytes, bytearray)):
        return _image(bytes(value))
    if isinstance(value, HTML):
        return HtmlPart(html=still_html(_bounded(value.html, "The HTML")), height=value.height)
    if type(value).__module__.partition(".")[0] == "pandas":
        return _pandas_part(value)
    if isinstance(value, _Figure):
        return _figure(value)
    if isinstance(value, _HasFigure) and isinstance(value.figure, _Figure):
        return _figure(value.figure)
    if type(value).__module__.startswith("PIL.") and isinstance(value, _Picture):
        return _picture(value)
    html = value._repr_html_() if isinstance(value, _Html) else None  # pyright: ignore[reportPrivateUsage]
    if html is not None:
        return HtmlPart(html=still_html(_bounded(html, "The HTML")), height=320)
    text = json_text(checked_json(value, where="What the view returned"))
    return JsonPart(json_text=_bounded(text, "The JSON"), length=len(text))


def _is_json(value: object) -> bool:
    try:
        checked_json(value, where="")
    except InvalidValueError:
        return False
    return True


def _pandas_part(value: object) -> RenderPart:
    to_frame = getattr(value, "to_frame", None)
    if callable(to_frame):  # a Series
        value = to_frame()
    if not hasattr(value, "itertuples"):
        html = value._repr_html_() if isinstance(value, _Html) else None  # pyright: ignore[reportPrivateUsage]
        if html is None:
            raise InvalidValueError(f"The view returned a pandas {type(value).__name__}.")
        return HtmlPart(html=still_html(_bounded(html, "The HTML")), height=320)
    frame = cast(_Frame, value)
    head = frame.head(MAX_ROWS)
    return TablePart(
        columns=[_cell(name) for name in frame.columns][:MAX_COLUMNS],
        rows=[
            [_cell(cell) for cell in row[:MAX_COLUMNS]]
            for row in head.itertuples(index=False, name=None)
        ],
        total=len(frame),
    )


def _cell(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"


def _figure(figure: _Figure) -> ImagePart:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return _image(buffer.getvalue())


def _picture(picture: _Picture) -> ImagePart:
    buffer = io.BytesIO()
    try:
        picture.save(buffer, "PNG")
    except OSError:  # pixels of a kind that PNG does not know, such as CMYK
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "PNG")
    return _image(buffer.getvalue())


def _image(data: bytes) -> ImagePart:
    mime = sniffed(data[:64])
    if not mime.startswith("image/"):
        raise InvalidValueError(
            "The bytes are no PNG, JPEG, GIF or WebP; other kinds are not shown."
        )
    if len(data) > MAX_IMAGE_BYTES:
        raise InvalidValueError(
            f"The image has {len(data):,} bytes; at most {MAX_IMAGE_BYTES:,} are shown. Make it smaller."
        )
    return ImagePart(mime=mime, data=base64.b64encode(data).decode("ascii"))


def _bounded(text: str, what: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidValueError(
            f"{what} has {len(text):,} characters; at most {MAX_TEXT:,} are shown. Return less of it."
        )
    return text


# HTML that stays still ---------------------------------------------------------------------------------------------

_GONE_WITH_CONTENT = {"script", "iframe", "frame", "object", "template", "noscript"}
_GONE = {
    "base",
    "link",
    "meta",
    "form",
    "embed",
    "frameset",
    "portal",
    "applet",
    "a",
    "area",
    "html",
    "head",
    "body",
}
_GONE_ATTRIBUTES = {
    "action", "background", "data", "formaction", "href", "longdesc", "manifest", "ping", "poster", "srcdoc", "srcset",
    "target", "xlink:href",
}  # fmt: skip


class _Still(HTMLParser):
    """Writes HTML again without what could lead away or load.

    The frame's sandbox and policy already stop scripts and loading. They do not stop a link that is clicked from taking the
    frame to another address, nor a `<link rel=preconnect>`.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._inside = 0
        self._raw = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _GONE_WITH_CONTENT:
            self._inside += 1
        if self._inside or tag in _GONE or not _is_name(tag):
            return
        kept = "".join(
            f' {name}="{escape(value or "")}"'
            for name, value in attrs
            if _is_name(name)
            and name not in _GONE_ATTRIBUTES
            and not name.startswith("on")
            and _is_still(name, value or "")
        )
        self._raw = tag if tag == "style" else ""
        self.out.append(f"<{tag}{kept}>")

    def handle_endtag(self, tag: str) -> None:
        self._raw = ""
        if tag in _GONE_WITH_CONTENT:
            self._inside = max(0, self._inside - 1)
        elif not self._inside and tag not in _GONE and _is_name(tag):
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            # What stands in a style sheet is not escaped there; it must not end it either.
            self.out.append(data.replace("<", "") if self._raw else escape(data))


def still_html(html: str) -> str:
    """HTML without scripts, links, forms, frames, and attributes that load or act.

    Args:
        html: Any text.

    Returns:
        HTML for a sandboxed frame.
    """
    parser = _Still()
    parser.feed(html)
    parser.close()
    return "".join(parser.out)


def _is_name(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace(":", "").isalnum()


def _is_still(name: str, value: str) -> bool:
    return name != "src" or value.strip().lower().startswith("data:image/")
