"""An expert's way: open the link, label five, leave, come back; on a desktop and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import labelwidget as lw
from tests.e2e.widget import Widget
from tests.serve.site import running

DESKTOP: dict[str, object] = {}
PHONE: dict[str, object] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    lw.connect(folder / "labels.db")
    lw.create_label_schema(
        "good", type="feedback", input=lw.InputPassFail("Yes", "No"), enable_comment=True
    )
    with running(folder) as started:
        yield started
    lw.disconnect()


@pytest.mark.parametrize(("device", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_an_expert_opens_a_link_labels_five_and_goes_on_at_the_sixth(
    new_page, console, site, monkeypatch, device, options
):
    monkeypatch.setenv("LABELWIDGET_URL", site.url)
    session = lw.create_labeling_session(f"by {device}", label_schemas=["good"])
    session.add_traces(
        [{"inputs": f"Question number {n}?", "outputs": f"Answer **number** {n}."} for n in range(8)]
    )  # fmt: skip
    person = f"{device}@company.com"
    link = session.invite(person)

    page = new_page(**options)
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    # Voila is of an older JupyterLab than the widgets' extension, and says so; its page asks for an icon.
    console(page).expect(r"shared (?:singleton )?module|Failed to load resource|Failed to create module")  # fmt: skip
    page.goto(link)
    widget = Widget(page)
    widget.expect_trace(0)
    assert link.rpartition("#")[2] not in page.url
    for number in range(5):
        widget.expect_trace(number)
        if device == "phone":
            widget.question("good").locator("label", has_text="Yes" if number % 2 else "No").tap()
            widget.button("Done").tap()
        else:
            if number == 0:
                widget.focus()
            widget.press("1" if number % 2 else "2", "Enter")
    widget.expect_trace(5)
    widget.expect_done(5, 8)
    expect(widget.root.locator(".lw-saved")).to_have_text("✓ Saved")
    # The widget is the page: nothing of it is beyond the window.
    box = widget.root.bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert (box["x"], box["width"]) == (0, size["width"])
    assert abs(box["y"] + box["height"] - size["height"]) < 2

    page.get_by_role("link", name="My sessions").click()
    expect(page.get_by_role("listitem")).to_contain_text("5 of 8 done")
    page.close()
    page = new_page(beside=page)
    console(page).expect(r"shared (?:singleton )?module|Failed to load resource|Failed to create module")  # fmt: skip
    page.goto(session.url)
    widget = Widget(page)
    widget.expect_trace(5)
    widget.expect_done(5, 8)

    labels = session.assessments_df()
    assert labels.value.tolist() == [False, True, False, True, False]
    assert set(labels.source_id) == {person}
    foreign = [one for one in addresses if not one.startswith((site.url, "blob:", "ws:", "data:"))]
    assert foreign == []
