"""axe-core in a browser's tab: sent there once, run as often as wanted."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WCAG_AND_BEST_PRACTICE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Nothing is fetched a second time for rules on media, which no page of ours has.
RUN = """rules => axe.run({runOnly: rules, resultTypes: ["violations"], preload: false}).then(found =>
  found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)}`)))"""


def bring_axe(page: Page) -> None:
    """Once for a tab, before it opens anything. It needs JavaScript to be on."""
    page.add_init_script(AXE_SCRIPT)


def violations(page: Page, rules: Sequence[str] = WCAG_AND_BEST_PRACTICE) -> list[str]:
    """By tags or by names of rules: "color-contrast: <p>…</p>"."""
    found: list[Any] = page.evaluate(RUN, list(rules))
    return found
