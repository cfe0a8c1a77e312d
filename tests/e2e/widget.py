"""The widget as a reviewer has it before them, and the cells that bring it up."""

from __future__ import annotations

import json
import time

from playwright.sync_api import Locator, Page, expect

from tests.e2e.notebook import OpenNotebook

# Every kind of question. `again` finds the session of an earlier kernel, as the quickstart does.
SCHEMAS = """
import labelwidget as lw
lw.connect("labels.db")
make = lw.create_label_schema
make("helpful", type="feedback", input=lw.InputPassFail("Yes", "No"), enable_comment=True, overwrite=True)
make("tone", type="feedback", input=lw.InputCategorical(["kind", "neutral", "rude"]), overwrite=True)
make("problems", type="feedback", input=lw.InputCategoricalList(["long", "wrong", "off topic"]), overwrite=True)
make("score", type="feedback", input=lw.InputRating(1, 5, labels=["bad", "good"]), overwrite=True)
make("seconds", type="feedback", input=lw.InputNumeric(0, 100), overwrite=True)
make("comment", type="feedback", input=lw.InputText(max_length=40), overwrite=True)
make("facts", type="expectation", input=lw.InputTextList(), overwrite=True)
"""

ALL = '["helpful", "tone", "problems", "score", "seconds", "comment", "facts"]'


def session_cell(questions: str = ALL, traces: int = 12, name: str = "first look") -> str:
    """A cell that makes the session, or finds the one that is there."""
    return f"""
found = [one for one in lw.get_labeling_sessions() if one.name == {name!r}]
session = found[0] if found else lw.create_labeling_session({name!r}, label_schemas={questions})
session.add_traces([
    {{"inputs": f"Question number {{n}}?", "outputs": f"Answer **number** {{n}}."}} for n in range({traces})
])
"""


WIDGET = 'widget = lw.ReviewWidget(session, user="alice")\nwidget'


class Widget:
    """One widget on a page."""

    def __init__(self, page: Page, nth: int = 0) -> None:
        self.page = page
        self.root = page.locator(".lw").nth(nth)
        expect(self.root.get_by_role("button", name="Done")).to_be_visible()

    def question(self, name: str) -> Locator:
        return self.root.locator(f'[data-question="{name}"]')

    def choose(self, question: str, option: str) -> None:
        """Click an option as a mouse does."""
        self.question(question).locator("label", has_text=option).first.click()

    def field(self, question: str) -> Locator:
        return self.question(question).locator('[data-part="field"]')

    def button(self, name: str) -> Locator:
        return self.root.locator(".lw-foot").get_by_role("button", name=name)

    def focus(self) -> None:
        """Click where nothing is, so that the keys are the widget's."""
        self.root.locator(".lw-head").click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def expect_trace(self, number: int) -> None:
        """Trace `number`, counted from 0, is shown."""
        expect(self.root.locator(".lw-trace")).to_contain_text(f"Question number {number}?")

    def expect_saved(self) -> None:
        expect(self.root.locator(".lw-saved")).to_have_text("✓ Saved")

    def expect_done(self, count: int, total: int = 12) -> None:
        expect(self.root.locator(".lw-progress")).to_have_text(f"{count} of {total} done")


def expect_labels(notebook: OpenNotebook, expression: str, expected: object) -> None:
    """A value of the notebook's kernel becomes what is expected, to the types, within ten seconds.

    Args:
        notebook: Whose kernel.
        expression: Made from `session` or `widget`; its value comes as JSON.
        expected: The value; True is not 1 and 4 is not 4.0.
    """
    deadline = time.monotonic() + 10
    while True:
        found = json.loads(
            notebook.execute(f"import json; print(json.dumps({expression}, default=repr))")
        )
        if repr(found) == repr(expected) or time.monotonic() > deadline:
            break
    assert repr(found) == repr(expected)
