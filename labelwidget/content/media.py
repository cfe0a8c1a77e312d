"""Images, audio and files: placeholders in the blocks, bytes only when asked for and only when safe.

Bytes are handed out only for raster images and audio whose first bytes are what they claim to be.
SVG is a document with scripts and is never among them.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote, urlsplit

from labelwidget.content.blocks import MediaPart
from labelwidget.content.json_text import printable
from labelwidget.content.message import Media
from labelwidget.errors import InvalidValueError

__all__ = [
    "MAX_MEDIA_BYTES",
    "MAX_NAME_CHARS",
    "MAX_URL_CHARS",
    "media_bytes",
    "media_part",
    "sniffed",
]

MAX_MEDIA_BYTES = 16 * 2**20
"""Largest image or audio that is decoded and sent to the browser."""

MAX_URL_CHARS = 2_048
"""Longest address shown; the rest is in the raw view."""

MAX_NAME_CHARS = 500
"""Longest file name shown."""

_DATA_URL = re.compile(
    r"data:([\w.+-]{0,60}/?[\w.+-]{0,60})((?:;[\w.+=-]{1,100}){0,5}?)(;base64)?,", re.IGNORECASE
)
_HEAD = 64


def sniffed(head: bytes) -> str:
    """The media type that the first bytes say, or empty when it is none that may be shown.

    Args:
        head: At least the first 16 bytes.

    Returns:
        One of the raster image and audio types, or empty.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head[4:8] == b"ftyp" and head[8:12] in (b"M4A ", b"M4B ", b"mp42", b"isom"):
        return "audio/mp4"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    return ""


def media_part(media: Media, ref: str) -> MediaPart:
    """The placeholder of a medium.

    Args:
        media: What the source holds.
        ref: What asks for its bytes, used when they are inline and safe to show.

    Returns:
        A part without bytes.
    """
    mime, data, url = media.mime, media.data, media.url
    if url[:5].lower() == "data:":
        mime, data = _split_data_url(url, mime)
        url = ""
    elif data[:5].lower() == "data:":
        mime, data = _split_data_url(data, mime)
    if data:
        head = _decoded_head(data)
        actual = sniffed(head) if head else ""
        size = len(data) * 3 // 4 - data[-2:].count("=")
        shown = bool(actual) and size <= MAX_MEDIA_BYTES
        kind = media.media
        if actual:
            kind = "image" if actual.startswith("image/") else "audio"
        return MediaPart(
            media=kind,
            mime=printable(actual or mime)[:200],
            name=printable(media.name[:MAX_NAME_CHARS]),
            size=max(size, 0),
            ref=ref if shown else None,
        )
    return _remote(media, url, mime)


def media_bytes(media: Media) -> tuple[str, bytes]:
    """The bytes of an inline medium.

    Args:
        media: What the source holds.

    Returns:
        The media type that its first bytes say, and the bytes.

    Raises:
        InvalidValueError: Not inline, not base64, too large, or no raster image or audio.
    """
    data = media.data
    for text in (media.url, data):
        if text[:5].lower() == "data:":
            _, data = _split_data_url(text, "")
    if not data:
        raise InvalidValueError("This medium is not inside the trace; only its address is.")
    if len(data) * 3 // 4 > MAX_MEDIA_BYTES:
        raise InvalidValueError(
            f"This medium has about {len(data) * 3 // 4:,} bytes; at most {MAX_MEDIA_BYTES:,} "
            "are shown (labelwidget.content.media.MAX_MEDIA_BYTES)."
        )
    try:
        found = base64.b64decode(_standard(data), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValueError("This medium is not valid base64.") from None
    mime = sniffed(found[:_HEAD])
    if not mime:
        raise InvalidValueError(
            "This medium is not a PNG, JPEG, GIF or WebP image nor audio by its first bytes; "
            "other kinds are not shown."
        )
    return mime, found


def _split_data_url(url: str, mime: str) -> tuple[str, str]:
    match = _DATA_URL.match(url[:1_000])
    if match is None or match.group(3) is None:
        return mime or (match.group(1) if match else ""), ""
    return match.group(1) or mime, url[match.end() :]


def _standard(data: str) -> str:
    """Base64 without line breaks, in the standard alphabet and padded."""
    text = "".join(data.split()).replace("-", "+").replace("_", "/")
    return text + "=" * (-len(text) % 4)


def _decoded_head(data: str) -> bytes:
    head = _standard(data[: _HEAD * 2])
    try:
        return base64.b64decode(head[: len(head) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""


def _remote(media: Media, url: str, mime: str) -> MediaPart:
    host, size, name = "", None, media.name
    try:
        address = urlsplit(url)
        host = address.hostname or ""
        if address.scheme == "mlflow-attachment":
            query = parse_qs(address.query, max_num_fields=20)
            mime = mime or query.get("content_type", [""])[0]
            size_text = query.get("size", [""])[0]
            size = int(size_text) if size_text.isdecimal() and len(size_text) < 16 else None
            name = name or f"MLflow attachment {host}"
            host = ""
    except ValueError:  # an address that is none: shown as text, nothing more
        host = ""
    kind = media.media
    if kind == "file" and mime.startswith(("image/", "audio/")):
        kind = "image" if mime.startswith("image/") else "audio"
    if not name and not url and not mime:
        name = "no address and no data"
    return MediaPart(
        media=kind,
        mime=printable(unquote(mime))[:200],
        name=printable(name[:MAX_NAME_CHARS]),
        size=size,
        host=printable(host),
        url=printable(url[:MAX_URL_CHARS]),
    )
