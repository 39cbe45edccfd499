"""In a real browser: what axe knows to look for, in light, dark and printed colours, on a wide and a small screen."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.articles import make_article
from tests.axe import WCAG_AND_BEST_PRACTICE as EVERYTHING
from tests.axe import bring_axe, violations
from treatments.actions import make_draft_link

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.component_urls"),
]
PAGES = {
    "the home page": ["/"],
    "articles": [
        "/treatments/",
        "/treatments/crps/",
        "/treatments/what-a-visit-is-like/",
        "/treatments/how-ketamine-acts-on-pain/",
        "/treatments/what-the-evidence-says/",
        "/treatments/risks-and-side-effects/",
        "/search/?q=RSD",
        "/search/?q=zzqxw%25_%5C%3Cb%3E",
        "/words/",
    ],
    "the clinic's pages": [
        "/contact/",
        "/people/",
        "/cost/",
        "/accessibility/",
        "/privacy/",
        "/notice-of-privacy-practices/",
        "/no/such/page/",
        "/fails/",
    ],
    "components": ["/components/"],
}
COLOURS = ("color-contrast",)
WIDE, SMALL = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# Letters of a drawing, as large as they are seen; nothing on paper or screen is under 16 px, a hair allowed.
SMALLEST_LETTERS = """() => Math.min(16, ...[...document.querySelectorAll("svg text")].map((text) =>
  text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize)))"""


@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing(page: Page, live_server: LiveServer, kind: str) -> None:
    bring_axe(page)
    found: dict[str, list[str]] = {}
    for path in [*PAGES[kind], *([draft()] if kind == "articles" else [])]:
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light", media="screen")
        page.goto(path)
        found[f"{path} in light"] = violations(page, EVERYTHING)
        assert page.evaluate(SMALLEST_LETTERS) > 15.5, path
        page.emulate_media(color_scheme="dark")
        found[f"{path} in dark"] = violations(page, COLOURS)
        page.emulate_media(color_scheme="light", media="print")
        found[f"{path} on paper"] = violations(page, COLOURS)
        page.emulate_media(media="screen")
        page.set_viewport_size(SMALL)
        found[f"{path} on a small screen"] = violations(page, EVERYTHING)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], path
        assert page.evaluate(SMALLEST_LETTERS) > 15.5, path
    assert {where: what for where, what in found.items() if what} == {}


def draft() -> str:
    token = make_draft_link(make_article(published_at=None), days=7, by="nurse")
    return f"/treatments/draft/{token}/"


def test_a_word_is_explained_where_it_stands_by_keyboard_alone(
    page_without_js: Page, live_server: LiveServer
) -> None:
    page_without_js.goto("/treatments/crps/")
    term = page_without_js.get_by_role("button", name="guideline")
    meaning = page_without_js.locator("[id='term:guideline']")
    assert not meaning.is_visible()
    term.focus()
    page_without_js.keyboard.press("Enter")
    assert meaning.is_visible()
    assert "after they have looked at the studies" in meaning.inner_text()
    page_without_js.keyboard.press("Escape")
    assert not meaning.is_visible()


def test_the_sources_are_laid_out_soon_though_nobody_scrolls(
    page_without_js: Page, live_server: LiveServer
) -> None:
    page_without_js.goto("/treatments/crps/")
    expect(page_without_js.locator(".sources")).to_have_css("content-visibility", "visible")
