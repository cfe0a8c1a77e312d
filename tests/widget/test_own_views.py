"""`session.render`: spans drawn by a user's own function, and what becomes of its mistakes."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

import labelwidget as lw
from labelwidget.content.blocks import Block, ImagePart, RenderBlock, RenderPart
from labelwidget.widget.own_parts import MAX_ROWS, MAX_TEXT, render_parts, still_html
from labelwidget.widget.own_views import views_of
from labelwidget.widget.pages import FIRST_PAGE, shown_page
from tests.builders import a_trace, calls, says, user


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0\xff\0\0")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    )


@pytest.fixture
def session(tmp_path: Path) -> Iterator[lw.LabelingSession]:
    store = lw.connect(tmp_path / "labels.db")
    lw.create_label_schema("ok", type="feedback", input=lw.InputPassFail())
    made = lw.create_labeling_session("s", label_schemas=["ok"])
    trace = (
        a_trace()
        .asked("How many?")
        .with_llm([user("How many?")], calls("sql", query="select 1"))
        .with_tool("sql", {"query": "select 1"}, "[[1]]")
        .with_span("find", "RETRIEVER", inputs="x", outputs=[{"page_content": "doc"}])
        .with_llm([user("How many?")], says("One."))
        .answered("One.")
    )
    made.add_traces([trace.build()])
    yield made
    store.close()
    lw.disconnect()


def blocks(session: lw.LabelingSession) -> list[Block]:
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    views = views_of(session.store, session.labeling_session_id)
    page, following = shown_page(review.open(0).trace, 0, FIRST_PAGE, views)
    assert following is None
    return page


def kinds(session: lw.LabelingSession) -> list[str]:
    return [block.kind for block in blocks(session)]


def own(session: lw.LabelingSession) -> RenderBlock:
    (found,) = [block for block in blocks(session) if isinstance(block, RenderBlock)]
    return found


def test_a_view_takes_the_place_of_its_tool_call_and_of_no_other(session):
    before = kinds(session)
    assert "tool" in before

    @session.render(tool="sql")
    def draw(span):
        return f"**{span.inputs['query']}** gave {span.outputs}"

    assert kinds(session) == ["render" if kind == "tool" else kind for kind in before]
    assert own(session).title == "sql"
    (part,) = own(session).parts
    assert (part.kind, part.text) == ("text", "**select 1** gave [[1]]")
    assert draw.__name__ == "draw"  # the function is the user's as before

    other = lw.create_labeling_session("other", label_schemas=["ok"])
    assert not views_of(other.store, other.labeling_session_id)


def test_views_by_type_and_name_and_the_last_one_counts(session):
    session.render(span_type="retriever")(lambda span: {"documents": len(span.outputs)})
    assert "documents" not in kinds(session)
    assert own(session).parts[0].json_text == '{"documents":1}'
    session.render(name="find")(lambda _: "mine")
    assert own(session).parts[0].text == "mine"
    session.render(name="find")(lambda _: "cell run again")
    assert own(session).parts[0].text == "cell run again"
    assert len(views_of(session.store, session.labeling_session_id)) == 2


def test_the_view_of_a_model_call_stands_above_its_messages_and_hides_none(session):
    before = kinds(session)
    session.render(span_type="LLM")(lambda _: "mine")
    after = kinds(session)
    assert [kind for kind in after if kind != "render"] == before
    assert "render" in after


@pytest.mark.parametrize(
    ("failing", "reason"),
    [
        (lambda span: span.inputs["nothing"], "KeyError: 'nothing'"),
        (lambda _: object(), "object"),
        (lambda _: b"<svg/>", "no PNG"),
        (lambda _: "x" * (MAX_TEXT + 1), "at most 200,000"),
        (lambda _: float("nan"), "nan"),
    ],
)
def test_where_a_view_fails_the_usual_one_stands_with_the_reason(session, failing, reason):
    before = kinds(session)
    session.render(tool="sql")(failing)
    assert reason in own(session).error
    assert [kind for kind in kinds(session) if kind != "render"] == before


def test_views_that_take_long_are_left_out_and_said_so(session, monkeypatch):
    monkeypatch.setattr("labelwidget.widget.own_views.PATIENCE_S", -1.0)
    session.render(tool="sql")(lambda _: "late")
    assert "left out" in own(session).error
    assert "tool" in kinds(session)


def test_what_may_be_returned():
    frame = pd.DataFrame({"a": range(MAX_ROWS + 5), "b": "x"})
    (table,) = render_parts(frame)
    assert (table.columns, table.total, len(table.rows)) == (["a", "b"], MAX_ROWS + 5, MAX_ROWS)
    assert table.rows[0] == ["0", "x"]
    assert render_parts(frame["a"])[0].columns == ["a"]
    assert render_parts(frame.head(1).style)[0].kind == "html"
    (image,) = render_parts(png())
    assert (image.mime, base64.b64decode(image.data)) == ("image/png", png())
    assert [part.kind for part in render_parts(["text", frame, lw.HTML("<b>x</b>")])] == [
        "text", "table", "html",
    ]  # fmt: skip
    assert render_parts([1, {"a": None}])[0].json_text == '[1,{"a":null}]'
    assert render_parts(lw.HTML("x", height=100))[0].height == 100


def size_of(part: RenderPart) -> tuple[int, int]:
    """Width and height of the picture that a part holds."""
    assert isinstance(part, ImagePart)
    assert part.mime == "image/png"
    with Image.open(io.BytesIO(base64.b64decode(part.data))) as image:
        return image.size


def test_figures_and_pictures():
    figure = Figure(figsize=(4, 3), dpi=100)
    axes = figure.subplots()
    axes.plot([1, 2])
    for drawn in (figure, axes):
        width, height = size_of(*render_parts(drawn))
        assert 250 < width < 450
        assert 200 < height < 350
    image = Image.new("RGBA", (20, 10), "red")
    assert size_of(*render_parts(image)) == (20, 10)
    # PNG does not know all kinds of pixels that PIL does.
    kinds = [image.convert(mode) for mode in ("P", "LA", "CMYK", "YCbCr", "F")]
    assert [size_of(part) for part in render_parts(kinds)] == [(20, 10)] * 5
    assert render_parts(image)[0].mime == "image/png"


@pytest.mark.parametrize(
    ("given", "still"),
    [
        ("<b style='color:red'>x &amp; y</b>", '<b style="color:red">x &amp; y</b>'),
        ("<a href='https://e.example'>x</a>", "x"),
        ("<script>fetch('x')</script>y", "y"),
        ("<meta http-equiv=refresh content='0;url=https://e.example'>y", "y"),
        ("<link rel=preconnect href=https://e.example>y", "y"),
        (
            "<form action=https://e.example><input autofocus onfocus=x></form>",
            '<input autofocus="">',
        ),
        ("<img src=https://e.example/x.png alt=y>", '<img alt="y">'),
        ("<img src='data:image/png;base64,AA=='>", '<img src="data:image/png;base64,AA==">'),
        (
            "<svg><a xlink:href='https://e.example'><text>x</text></a></svg>",
            "<svg><text>x</text></svg>",
        ),
        ("<iframe src=x>y</iframe>z", "z"),
        ("<style>b{color:red}</style>", "<style>b{color:red}</style>"),
    ],
)
def test_html_stays_still(given, still):
    assert still_html(given) == still


def test_a_view_is_for_something_and_is_a_function(session):
    for wrong in ({}, {"tool": ""}, {"tool": 3}):
        with pytest.raises(lw.errors.InvalidValueError, match="Say which spans"):
            session.render(**wrong)
    with pytest.raises(lw.errors.InvalidValueError, match="function"):
        session.render(tool="sql")("no function")
    with pytest.raises(lw.errors.InvalidValueError, match="height"):
        lw.HTML("x", height=0)
