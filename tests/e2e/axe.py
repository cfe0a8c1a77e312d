"""Accessibility of a part of a page, judged by axe-core (also inside open shadow roots)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def accessibility_faults(page: Page, selector: str) -> list[str]:
    """What axe-core finds below the first match of `selector`: rule, impact, help and places."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    result = page.evaluate(
        """([selector, rules]) => axe.run(document.querySelector(selector),
            { runOnly: rules, resultTypes: ["violations"] })""",
        [selector, RULES],
    )
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}: "
        + "; ".join(str(node["target"]) for node in fault["nodes"])
        for fault in result["violations"]
    ]
