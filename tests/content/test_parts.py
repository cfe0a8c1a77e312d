"""Texts, JSON and media: whole on demand, decoded for display, safe to hand on."""

from __future__ import annotations

import base64
import json

import pytest

from labelwidget.content import full_text, media, raw_json, to_blocks
from labelwidget.content.blocks import MAX_INLINE, MediaPart
from labelwidget.content.media import MAX_MEDIA_BYTES
from labelwidget.content.part_maker import INLINE_WHEN_LARGE, MAX_INLINE_TOTAL
from labelwidget.content.reading import MAX_BLOCKS
from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model import Trace
from labelwidget.model.json import loads
from tests.builders import a_trace, says, user

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def only_part(content, role="assistant"):
    trace = a_trace(None).with_llm([], {"role": role, "content": content}).build()
    (block,) = to_blocks(trace)
    (part,) = block.parts
    return part, trace


# -- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, MAX_INLINE, MAX_INLINE + 1, 300_000])
def test_nothing_is_cut_without_saying_so(length):
    text = "x" * length
    trace = Trace(trace_id="t", outputs=text)
    (block,) = to_blocks(trace)
    if not length:
        assert block.parts == []
        return
    (part,) = block.parts
    assert part.length == length
    assert part.text == text[:MAX_INLINE]
    assert (part.ref is None) == (length <= MAX_INLINE)
    if part.ref:
        assert full_text(trace, part.ref) == text


def test_long_json_is_asked_for_whole():
    value = {"numbers": list(range(20_000))}
    trace = Trace(trace_id="t", outputs=value)
    (block,) = to_blocks(trace)
    (part,) = block.parts
    assert part.kind == "json"
    assert loads(full_text(trace, part.ref)) == value


def test_a_ref_stays_valid_when_the_trace_is_read_again():
    trace = Trace(trace_id="t", outputs="y" * 50_000)
    ref = to_blocks(trace)[0].parts[0].ref
    again = Trace.model_validate(trace.to_json())
    assert full_text(again, ref) == "y" * 50_000


@pytest.mark.parametrize("ref", ["", "nothing", "trace:value:0/9", "span:inputs:nope", "span:x"])
def test_an_unknown_ref_is_refused(ref):
    with pytest.raises(NotFoundError):
        full_text(Trace(trace_id="t", outputs="short"), ref)


def test_the_blocks_of_a_huge_trace_stay_within_a_total():
    trace = a_trace(None)
    for i in range(300):
        trace.with_llm([user(f"{i} " + "q" * 15_000)], says(f"{i} " + "a" * 15_000))
    built = trace.build()
    parts = [part for block in to_blocks(built) for part in block.parts]
    assert sum(len(part.text) for part in parts) < MAX_INLINE_TOTAL + 600 * INLINE_WHEN_LARGE
    assert full_text(built, parts[-1].ref) == "299 " + "a" * 15_000


def test_too_many_blocks_end_with_how_many_more_there_are():
    trace = a_trace(None)
    for i in range(MAX_BLOCKS + 5):
        trace.with_tool("t", {"i": i}, "x")
    blocks = to_blocks(trace.build())
    assert len(blocks) == MAX_BLOCKS + 1
    assert blocks[-1].title.startswith("5 more parts")


def test_lone_surrogates_are_shown_as_their_escapes():
    part, _ = only_part("a\ud800b")
    assert part.text == r"a\ud800b"
    part, _ = only_part([{"type": "odd", "v": "\udfff"}])
    assert "\\udfff" in part.json_text


def test_control_and_invisible_characters_are_left_for_the_browser_to_badge():
    text = "a\u202eb\x1b[31m\u200b\x00c"
    part, _ = only_part(text)
    assert part.text == text


# -- JSON ----------------------------------------------------------------------------------------


def test_key_order_and_big_integers_survive():
    part, _ = only_part([{"type": "odd", "z": 1, "a": 2**70}])
    assert part.json_text == '{"type":"odd","z":1,"a":1180591620717411303424}'


def test_an_answer_that_is_json_reads_as_json_and_a_footnote_does_not():
    assert only_part('{"quality": "good"}')[0].kind == "json"
    assert only_part("[1]")[0].kind == "text"
    assert only_part("{not json}")[0].kind == "text"


def test_tool_output_is_plain_and_answers_are_markdown():
    trace = a_trace(None).with_tool("t", "go", "# not a heading").with_llm([], says("# Yes"))
    tool, answer = to_blocks(trace.build())
    assert tool.result[0].format == "plain"
    assert answer.parts[0].format == "markdown"


def test_nesting_beyond_every_bound_is_shown_to_the_bound():
    value: object = "deep"
    for _ in range(5_000):
        value = [value]
    trace = Trace(trace_id="t", outputs=value)  # type: ignore[arg-type]
    (block,) = to_blocks(trace)
    assert "nested deeper than is shown" in block.parts[0].json_text


def test_the_raw_view_is_the_whole_trace():
    trace = a_trace().asked({"q": "ü\n"}).with_llm([user("x" * 30_000)], says("y")).build()
    assert Trace.model_validate(json.loads(raw_json(trace))) == trace


# -- media ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "kind", "mime", "data"),
    [
        ({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(PNG)}"}},
         "image", "image/png", PNG),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/jpeg",
          "data": b64(PNG)}}, "image", "image/png", PNG),
        ({"type": "input_audio", "input_audio": {"format": "wav", "data": b64(WAV)}},
         "audio", "audio/wav", WAV),
        ({"inlineData": {"mimeType": "image/png", "data": b64(PNG)}}, "image", "image/png", PNG),
    ],
)  # fmt: skip
def test_inline_media_open_on_demand_as_what_their_bytes_are(part, kind, mime, data):
    found, trace = only_part([part])
    assert isinstance(found, MediaPart)
    assert (found.media, found.mime, found.size) == (kind, mime, len(data))
    assert media(trace, found.ref) == (mime, data)


@pytest.mark.parametrize(
    "url",
    [
        "data:image/svg+xml;base64," + b64(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "data:image/png;base64," + b64(b"<svg onload='x()'/>"),
        "data:image/png;base64," + b64(b"<html><script>x()</script>"),
        "data:text/html;base64," + b64(b"<b>x</b>"),
        "data:image/svg+xml,<svg/>",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,",
        "data:",
        "javascript:alert(1)",
    ],
)
def test_anything_but_raster_images_and_audio_is_only_named(url):
    found, trace = only_part([{"type": "image_url", "image_url": {"url": url}}])
    assert isinstance(found, MediaPart)
    assert found.ref is None
    with pytest.raises(NotFoundError):
        media(trace, "s0:message:0/0")


def test_a_remote_image_names_its_host_and_has_no_ref():
    found, _ = only_part([{"type": "image_url", "image_url": "https://evil.example/a.png?q=1"}])
    assert (found.host, found.url, found.ref) == (
        "evil.example",
        "https://evil.example/a.png?q=1",
        None,
    )


def test_an_image_that_is_too_large_is_only_named():
    data = b64(PNG + bytes(MAX_MEDIA_BYTES))
    found, _ = only_part([{"type": "image_url", "image_url": f"data:image/png;base64,{data}"}])
    assert found.ref is None
    assert found.size > MAX_MEDIA_BYTES


def test_base64_that_breaks_off_later_is_refused_when_it_is_asked_for():
    data = b64(PNG) + "!!!!" + b64(PNG)
    found, trace = only_part([{"type": "image_url", "image_url": f"data:image/png;base64,{data}"}])
    with pytest.raises(InvalidValueError, match="not valid base64"):
        media(trace, found.ref)


def test_the_raw_view_of_a_trace_nested_beyond_every_bound_is_valid_json():
    value: object = "deep"
    for _ in range(5_000):
        value = {"a": value}
    raw = raw_json(Trace(trace_id="t", inputs=value))  # type: ignore[arg-type]
    assert "nested deeper than is shown" in raw
    assert loads(raw)


def test_names_are_bounded_and_say_so():
    long = "n" * 100_000
    trace = a_trace(None).with_tool(long, {}, "x").with_llm([{"role": long, "content": "y"}])
    for block in to_blocks(trace.build()):
        assert len(block.model_dump_json()) < 3_000
        assert "…" in block.model_dump_json()
