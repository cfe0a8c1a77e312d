"""A page that is opened from disk: the widget without a kernel, and its answers as if given in a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

import labelwidget as lw
from tests.e2e.widget import ALL, SCHEMAS, Widget, session_cell

QUESTIONS = json.loads(ALL)
IN_NOTEBOOK = 'widget = lw.ReviewWidget(session, user="alice@company.com")\nwidget'


def label(widget: Widget) -> None:
    """Every kind of answer by key and by mouse, and what takes answers back."""
    widget.expect_trace(0)
    widget.focus()
    widget.press("1", "2")
    widget.question("helpful").get_by_placeholder("Rationale").fill("Misses the second call. 😀")
    widget.choose("problems", "long")
    widget.choose("problems", "wrong")
    widget.field("seconds").fill("7.5")
    widget.field("comment").fill("naïve \u202ex")
    for fact in ("first fact", "second fact"):
        widget.field("facts").fill(fact)
        widget.field("facts").press("Enter")
    widget.button("Done").click()
    widget.expect_trace(1)
    widget.focus()
    widget.press("2", "f", "Enter")
    widget.expect_trace(2)
    widget.press("1", "u", "2", "s")
    widget.expect_trace(3)
    widget.press("1", "Enter")
    widget.expect_trace(4)
    widget.press("u", "Shift+U", "u")
    widget.expect_trace(3)
    widget.expect_done(2, 6)
    expect(widget.root.locator(".lw-saved")).to_have_text("✓ Saved")


def outcome(session: lw.LabelingSession) -> list[tuple[object, ...]]:
    """The labels, overridden ones too, and where each trace stands: without ids and times."""
    rows = session.assessments_df(everything=True)
    places = {trace_id: place for place, trace_id in enumerate(session.to_df().index)}
    labels = [
        (places[row.trace_id], row.name_, row.kind, repr(row.value), row.rationale, row.source_id, row.valid, row.schema_version)
        for row in rows.rename(columns={"name": "name_"}).itertuples()
    ]  # fmt: skip
    frame = session.to_df()
    return [*labels, *zip(frame.state, frame.flagged, strict=True)]


@pytest.fixture
def requests(new_page) -> tuple[Page, list[str]]:
    page = new_page(offline=True, accept_downloads=True)
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith("blob:"):
            asked.append(request.url)

    page.context.on("request", note)
    return page, asked


def download(page: Page, path: Path) -> Path:
    with page.expect_download() as given:
        page.get_by_role("button", name="Download answers").click()
    given.value.save_as(path)
    return path


def test_answers_of_a_page_are_those_of_the_widget(open_notebook, folder, requests, new_page):
    page, asked = requests
    notebook = open_notebook(SCHEMAS, session_cell(traces=6), IN_NOTEBOOK)
    notebook.run_all()
    label(Widget(notebook.page))

    lw.connect(folder / "labels.db")
    try:
        (in_widget,) = lw.get_labeling_sessions()
        by_page = lw.create_labeling_session("by page", label_schemas=QUESTIONS)
        by_page.add_traces(
            [{"inputs": f"Question number {n}?", "outputs": f"Answer **number** {n}."} for n in range(6)]
        )  # fmt: skip
        file = by_page.export_html(folder / "review.html", "alice@company.com")
        page.goto(file.as_uri())
        label(Widget(page))
        page.get_by_role("tab", name="Queue").click()
        expect(page.get_by_role("button", name="Done 2")).to_be_visible()
        page.get_by_role("tab", name="Results").click()
        expect(page.locator(".lw-results")).to_contain_text("alice@company.com")
        first = download(page, folder / "first.json")

        # Left in the middle of a word, opened again: nothing is lost, and what was typed is there.
        page.get_by_role("tab", name="Review").click()
        Widget(page).question("comment").get_by_role("textbox").first.type("half a wo")
        page.close()
        page = new_page(beside=page)
        page.goto(file.as_uri())
        widget = Widget(page)
        widget.expect_trace(3)
        widget.expect_done(2, 6)
        expect(widget.field("comment")).to_have_value("half a wo")
        expect(page.get_by_role("status").first).to_contain_text("1 trace to download")
        second = download(page, folder / "second.json")

        report = by_page.merge(first)
        assert report.refused_count == 0, report
        assert outcome(by_page) == outcome(in_widget)
        assert by_page.merge(first).merged == 0
        assert by_page.merge(second).merged == 1
        assert by_page.to_df()["comment"].iloc[3] == "half a wo"
    finally:
        lw.disconnect()
    assert asked == [file.as_uri(), file.as_uri()]


def test_a_hostile_trace_does_nothing_in_a_page(tmp_path, requests, console):
    page, asked = requests
    # What the test itself tries below.
    console(page).expect(r"Content Security Policy")
    lw.connect(tmp_path / "labels.db")
    try:
        lw.create_label_schema("good", type="feedback", input=lw.InputPassFail(), overwrite=True)
        session = lw.create_labeling_session(
            "</title><img src=//x.example/1>", label_schemas=["good"]
        )
        text = (
            "</script><script>window.ran = 1</script><img src=https://x.example/2 onerror=ran=1>"
            "\n\n![a](https://x.example/3) [b](javascript:ran=1) <iframe src=https://x.example></iframe>"
        )
        session.add_traces([{"inputs": text, "outputs": text}])
        file = session.export_html(tmp_path / "review.html", "eve <b>\u202e")
        page.add_init_script("window.ran = 0")
        page.goto(file.as_uri())
        expect(page.locator(".lw-trace")).to_contain_text("window.ran = 1")
        page.get_by_role("tab", name="Raw").click()
        expect(page.locator(".lw-trace")).to_contain_text("onerror=ran=1")
        assert page.evaluate("window.ran") == 0
        assert page.locator("script").count() == 2
        assert page.locator("img, iframe").count() == 0
        # The policy holds even for a script that would be there.
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'ran = 2'; document.body.append(s); }"
        )
        assert page.evaluate("window.ran") == 0
        assert page.evaluate("fetch('https://x.example/').then(() => 'sent', () => 'refused')") == (
            "refused"
        )
    finally:
        lw.disconnect()
    assert asked == [file.as_uri()]
