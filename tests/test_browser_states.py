"""Every state of every page of the screening, in a real browser: what axe knows to look for, and checks of our own."""

import itertools
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


OUR_CHECKS = f"(smallest) => [...({STRUCTURE})(), ...({TOO_SMALL})(smallest)]"
WORDS_THAT_A_SCRIPT_SHOWS = ("sending", "put-back", "lost")
SHOW = """(name) => {
  for (const words of document.querySelectorAll("[data-kept]")) words.hidden = words.dataset.kept !== name;
}"""
# Parsed, and before any script of the page has run: what stands there where JavaScript is off.
NOTE_HOW_IT_CAME = """document.addEventListener("readystatechange", () => {
  if (document.readyState === "interactive") window.asItCame = document.body.outerHTML;
})"""
CHANGED_BY_SCRIPTS = "window.asItCame !== document.body.outerHTML"
TAG = re.compile(r"<([a-z][^>]*)>")
VALUE_OF_AN_ATTRIBUTE = re.compile(r'(?<! class)="[^"]*"')


def kind_of(html: str) -> tuple[str, ...]:
    """Its tags, with the names of their attributes and their classes: the same for pages that differ in words alone."""
    return tuple(VALUE_OF_AN_ATTRIBUTE.sub("", tag) for tag in TAG.findall(html))


def test_no_state_of_any_page_has_an_accessibility_violation(page: Page, page_without_js: Page) -> None:
    """With JavaScript, and without it wherever a script changes anything. Without it axe cannot run."""
    bring_axe(page)
    page.add_init_script(NOTE_HOW_IT_CAME)
    wrong: list[str] = []
    changed: list[str] = []
    kinds: dict[tuple[str, ...], str] = {}
    turn = itertools.cycle([(SMALL_AND_LIGHT, WIDE_AND_DARK), (WIDE_AND_DARK, SMALL_AND_LIGHT)])

    def show(html: str, tab: Page) -> None:
        shown_urls.hold_up(html)
        tab.goto(shown_urls.SHOWN)

    def look(name: str, tab: Page) -> None:
        for width, scheme in next(turn):  # to and fro, so that every second change is saved
            tab.set_viewport_size({"width": width, "height": 800})
            tab.emulate_media(color_scheme=scheme)
            found = tab.evaluate(OUR_CHECKS, SMALLEST_TARGET) + (violations(tab) if tab is page else [])
            wrong.extend(f"{name}, {width} px: {complaint}" for complaint in found)

    for name, response in states():
        assert response.status_code not in (204, 302), name
        html = response.text
        if kinds.setdefault(kind_of(html), name) != name:
            continue
        show(html, page)
        look(name, page)
        if page.evaluate(CHANGED_BY_SCRIPTS):
            changed.append(name)
            show(html, page_without_js)
            look(f"{name}, without JavaScript", page_without_js)
        if name == "about-you":
            for words in WORDS_THAT_A_SCRIPT_SHOWS:
                page.evaluate(SHOW, words)
                look(f"{name}, {words}", page)

    assert wrong == []
    assert len(kinds) > 50
    assert {"copy", "stopping"} <= set(changed) < {"copy", "stopping", *kinds.values()}


def test_the_checks_find_what_is_wrong(page: Page) -> None:
    bring_axe(page)
    shown_urls.hold_up(BAD_PAGE)
    page.goto(shown_urls.SHOWN)
    found = " ".join([*violations(page), *page.evaluate(OUR_CHECKS, SMALLEST_TARGET)])
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
