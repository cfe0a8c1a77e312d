"""What comes when it is first needed: coloured code and the comparison of two texts; and the core without it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.widget import SCHEMAS, WIDGET, Widget

EXPECTED = (
    SCHEMAS
    + """
make("right", type="expectation", input=lw.InputText(), overwrite=True)
session = lw.create_labeling_session("code", label_schemas=["right"])
session.add_traces([{
    "inputs": "Write a function.",
    "outputs": "Here it is:\\n\\n```python\\ndef double(x):\\n    return x * 2  # twice\\n```\\n",
}])
"""
)


def test_code_has_colours_and_a_right_response_is_compared_with_the_answer(open_notebook):
    notebook = open_notebook(EXPECTED, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    code = widget.root.locator(".lw-code code").first
    expect(code.locator(".lw-code-key").first).to_have_text("def")
    expect(code).to_have_text("def double(x):\n    return x * 2  # twice\n", use_inner_text=False)
    colours = code.evaluate(
        "code => [...new Set([...code.querySelectorAll('span')].map(s => getComputedStyle(s).color))]"
    )
    assert len(colours) > 2

    right = widget.question("right")
    right.get_by_role("button", name="Start from the answer").click()
    expect(widget.field("right")).to_have_value(re.compile("^Here it is:"))
    widget.field("right").fill(
        widget.field("right").input_value().replace("x * 2", "x + x").replace("twice", "two times")
    )
    # Starting from the answer shows the comparison too.
    expect(right.locator(".lw-plain ins").first).to_have_text("+")
    expect(right.locator(".lw-plain del").first).to_have_text("*")
    widget.expect_saved()


def test_the_core_goes_on_without_the_second_bundle(open_notebook):
    broken = """
import labelwidget.widget.modules as modules
whole = dict(modules._MODULES)
modules._MODULES["more"] = modules.CORE.with_name("missing.js")
"""
    notebook = open_notebook(EXPECTED, broken, WIDGET)
    notebook.run_all()
    widget = Widget(notebook.page)
    expect(widget.root.locator(".lw-code code")).to_contain_text("def double")
    right = widget.question("right")
    widget.field("right").fill("other")
    widget.expect_saved()
    widget.root.get_by_role("tab", name="Queue", exact=True).click()
    expect(widget.root).to_contain_text("could not be loaded")
    notebook.execute("modules._MODULES.update(whole)")
    widget.root.get_by_role("button", name="Try again").click()
    expect(widget.root.get_by_role("grid", name="Traces")).to_be_visible()
    widget.root.get_by_role("tab", name="Review", exact=True).click()
    right.get_by_role("button", name="Compare with the answer").click()
    expect(right.locator("ins").first).to_be_visible()
    expect(widget.root.locator(".lw-code-key").first).to_be_visible()
