"""A user's own views in the page: tables, images and HTML that cannot act."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Route, expect

from tests.e2e.widget import SCHEMAS, WIDGET, Widget

SESSION = (
    SCHEMAS
    + """
import pandas as pd, struct, zlib
session = lw.create_labeling_session("own views", label_schemas=["helpful"])
from labelwidget.model import Span, Trace
tool = lambda n, name: Span(span_id=f"t{n}", parent_id="r", name=name, span_type="TOOL",
                            inputs={"query": name}, outputs={"answer": n}, start_ns=n, end_ns=n + 1)
root = Span(span_id="r", name="app", span_type="CHAIN", inputs="Show me.", outputs="Shown.", start_ns=0, end_ns=99)
names = ["table", "picture", "page", "broken"]
session.add_traces([Trace(
    trace_id="t", inputs="Show me.", outputs="Shown.", spans=(root, *(tool(n, name) for n, name in enumerate(names, 1)))
)])

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

PNG = (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 20, 8, 2, 0, 0, 0))
       + chunk(b"IDAT", zlib.compress((b"\\0" + b"\\x40\\x80\\xc0" * 40) * 20)) + chunk(b"IEND", b""))

@session.render(tool="table")
def _(span):
    return pd.DataFrame({"customer": ["John <b>Doe</b>", "Jane"], "bill": [12, 40]})

@session.render(tool="picture")
def _(span):
    return PNG

@session.render(tool="page")
def _(span):
    return lw.HTML(
        "<h3 style='color:teal'>Own page</h3><script>document.title='ran'</script>"
        "<img src=x onerror=\\"new Image().src='https://leak.example/a'\\"><img src=https://leak.example/b>"
        "<meta http-equiv=refresh content='0;url=https://leak.example/c'><link rel=preconnect href=https://leak.example>"
        "<style>body{background:url(https://leak.example/d)}@import 'https://leak.example/e';</style>"
        "<svg><image href='https://leak.example/f'/><script>fetch('https://leak.example/g')</script></svg>"
        "<a href='https://leak.example/h' target=_self>a link</a><form action=https://leak.example/i><button>send</button></form>",
        height=120,
    )

@session.render(tool="broken")
def _(span):
    return span.outputs["nothing"]
"""
)


def test_tables_images_and_html_are_shown_and_nothing_leaves(open_notebook, new_page, console):
    page = new_page()
    # A style sheet is let through; what it names is not.
    console(page).expect(r"leak\.example/d' violates the following Content Security Policy")
    left: list[str] = []

    # Asked at the door of the browser: what a policy stops in the page never comes here.
    def refuse(route: Route) -> None:
        left.append(route.request.url)
        route.abort()

    page.context.route(
        lambda url: urlsplit(url).hostname not in (None, "127.0.0.1", "localhost"), refuse
    )
    notebook = open_notebook(SESSION, WIDGET, page=page)
    notebook.run_all()
    root = Widget(page).root

    expect(root.locator(".lw-own-table td").first).to_have_text("John <b>Doe</b>")
    picture = root.get_by_alt_text("Drawn by your own view")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    frame = root.frame_locator("iframe.lw-own-frame")
    expect(frame.locator("h3")).to_have_text("Own page")
    expect(frame.get_by_text("a link")).to_be_visible()
    frame.get_by_text("a link").click()
    frame.get_by_role("button", name="send").click()
    expect(root.locator(".lw-failure")).to_contain_text("KeyError: 'nothing'")
    expect(root.locator(".lw-tool-name")).to_have_text("broken")

    expect(frame.locator("h3")).to_have_text("Own page")
    assert page.title() != "ran"
    assert left == []
