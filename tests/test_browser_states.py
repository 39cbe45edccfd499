"""Every state of every page of the screening, in a real browser: what axe knows to look for, and checks of our own."""

import re

import pytest
from playwright.sync_api import Page

from tests import shown_urls
from tests.axe import bring_axe, violations
from tests.screening_states import states
from tests.test_browser_small_phone import SMALLEST_TARGET, TOO_SMALL

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.shown_urls"),
]
# Each with all rules: no colour of ours hangs on the width.
SMALL_AND_LIGHT, WIDE_AND_DARK = (320, "light"), (1280, "dark")

STRUCTURE = """() => {
  const wrong = [];
  const say = (what, nodes) => nodes.forEach((node) => wrong.push(`${what}: ${node.outerHTML.slice(0, 120)}`));
  const every = (selector) => [...document.querySelectorAll(selector)];
  say("summary link without an input", every(".error-summary [data-leads-to-questions] a").filter(
    (link) => !document.getElementById(decodeURIComponent(link.hash.slice(1)))?.matches("input, textarea")));
  say("describedby leads nowhere", every("[aria-describedby]").filter(
    (one) => one.getAttribute("aria-describedby").split(" ").some((id) => !document.getElementById(id))));
  say("group without a legend", every("fieldset").filter((one) => !one.querySelector(":scope > legend")));
  say("id twice", every("[id]").filter((one) => every(`[id="${CSS.escape(one.id)}"]`).length > 1));
  say("required bubble or spinner", every("[required], input[type=number]"));
  if (every("h1").length !== 1) wrong.push(`${every("h1").length} h1`);
  const width = document.documentElement.scrollWidth;
  if (width > innerWidth) wrong.push(`${width} px wide`);
  const summary = document.querySelector(".error-summary");
  if (summary && document.querySelector("form .question--error") && !document.title.startsWith("Error:"))
    wrong.push("no Error: in the title");
  return wrong;
}"""


WORDS_THAT_A_SCRIPT_SHOWS = ("sending", "put-back", "lost")
SHOW = """(name) => {
  for (const words of document.querySelectorAll("[data-kept]")) words.hidden = words.dataset.kept !== name;
}"""
BODY = "document.body.outerHTML"
SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)


def test_no_state_of_any_page_has_an_accessibility_violation(page: Page, page_without_js: Page) -> None:
    """Where JavaScript is off axe cannot run: there it sees each page that the scripts would change without them."""
    bring_axe(page)
    wrong: list[str] = []
    names: list[str] = []
    changed: list[str] = []

    def look(name: str, tab: Page, *, with_axe: bool) -> None:
        for width, scheme in (SMALL_AND_LIGHT, WIDE_AND_DARK):
            tab.set_viewport_size({"width": width, "height": 800})
            tab.emulate_media(color_scheme=scheme)
            found = [*tab.evaluate(STRUCTURE), *tab.evaluate(TOO_SMALL, SMALLEST_TARGET)]
            found += violations(tab) if with_axe else []
            wrong.extend(f"{name}, {width} px: {complaint}" for complaint in found)

    def show(html: str, tab: Page) -> None:
        shown_urls.hold_up(html)
        tab.goto(shown_urls.SHOWN)

    for name, response in states():
        assert response.status_code not in (204, 302), name
        html = response.text
        show(html, page)
        look(name, page, with_axe=True)
        show(html, page_without_js)
        look(f"{name}, without JavaScript", page_without_js, with_axe=False)
        if page.evaluate(BODY) != page_without_js.evaluate(BODY):
            changed.append(name)
            show(SCRIPT.sub("", html), page)
            look(f"{name}, without its scripts", page, with_axe=True)
        if name == "about-you":
            show(html, page)
            for words in WORDS_THAT_A_SCRIPT_SHOWS:
                page.evaluate(SHOW, words)
                look(f"{name}, {words}", page, with_axe=True)
        names.append(name)

    assert wrong == []
    assert len(names) == len(set(names)) > 60
    assert {"copy", "stopping"} <= set(changed)


def test_the_checks_find_what_is_wrong(page: Page) -> None:
    bring_axe(page)
    shown_urls.hold_up(BAD_PAGE)
    page.goto(shown_urls.SHOWN)
    found = " ".join(
        [*violations(page), *page.evaluate(STRUCTURE), *page.evaluate(TOO_SMALL, SMALLEST_TARGET)]
    )
    for what in (
        "color-contrast",
        "label",
        "summary link without",
        "leads nowhere",
        "without a legend",
        "id twice",
    ):
        assert what in found
    for what in ("required bubble", "2 h1", "px wide", "no Error:", "BUTTON"):
        assert what in found


BAD_PAGE = """<!doctype html><html lang="en"><title>Age</title><main><h1>One</h1><h1>Two</h1>
<div class="error-summary"><ul data-leads-to-questions><li><a href="#none">Choose</a></li></ul></div>
<form><div class="question--error"></div><fieldset aria-describedby="nothing"><input id="a" required></fieldset>
<p id="a"><font color="#cccccc">pale</font></p><hr width="3000"><button>Go</button></form>
</main></html>"""
