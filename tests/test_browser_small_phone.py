"""On a small phone, in a real browser: nothing scrolls sideways or is too small to hit, no question is out of sight."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.applicant import walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONES = [{"width": 390, "height": 844}, {"width": 320, "height": 640}]
SMALLEST_TARGET = 44  # CSS pixels, both ways; WCAG 2.2 asks for 24
TWICE_AS_LARGE = "document.documentElement.style.fontSize = '200%'"

OPEN_PAGES = [
    "/",
    "/contact/",
    "/treatments/",
    "/treatments/what-the-evidence-says/",
    "/screening/",
    "/no/such/",
]
SCREENING_PAGES = ["about-you", "pain-impact", "medicines", "mood-3", "support", "consent", "check", "leave"]

# What is too small: links and explained words in running text are let off, and so are citations and their way back.
TOO_SMALL = """(smallest) => [...document.querySelectorAll("a, button, summary, input, select, textarea")]
  .filter((one) => one.checkVisibility() && one.type !== "hidden" && !one.matches(".skip-link, .sources a, sup a"))
  .filter((one) => {
    const sentence = one.closest("p, li, dd, td, h1, h2, h3");
    return !one.matches("a, .term") || !sentence || sentence.textContent.trim() === one.textContent.trim();
  })
  .map((one) => (one.matches(".option__input") ? one.parentElement : one))
  .filter((one) => one.getBoundingClientRect().height < smallest)
  .map((one) => `${one.tagName} ${one.textContent.trim()} ${one.getBoundingClientRect().height}`)"""

# Where the question of the focused input stands, in pixels from the top of what is seen.
QUESTION = """() => {
  const question = document.activeElement.closest(".question").querySelector(".question__label");
  const { top, bottom } = question.getBoundingClientRect();
  return [top, bottom, document.activeElement.getBoundingClientRect().top];
}"""


def begin(page: Page, site: LiveServer, *, until: str | None = None, **answers: str) -> None:
    """A form that was filled in up to some page, else to its end, is open in the browser."""
    client = Client()
    walk(client, until=until, **answers)
    page.context.add_cookies(
        [{"name": name, "value": cookie.value, "url": site.url} for name, cookie in client.cookies.items()]
    )


def leads_to_what_is_asked(page: Page, height: int) -> None:
    """Press Continue on a blank page, then each link of the error summary."""
    page.get_by_role("button", name="Continue").click()
    links = page.locator(".error-summary a")
    expect(links.first).to_be_visible()
    for link in links.all():
        link.click()
        expect(page.locator(link.get_attribute("href") or "")).to_be_focused()
        top, bottom, input_top = page.evaluate(QUESTION)
        assert 0 <= top < bottom <= height, link.inner_text()
        assert input_top < height, link.inner_text()


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: f"{phone['width']} px")
@pytest.mark.parametrize("name", ["about-you", "pain-impact", "heart", "blood-pressure-signs", "mood-3"])
def test_a_link_of_the_error_summary_shows_the_question_that_it_leads_to(
    page: Page, live_server: LiveServer, phone, name: str
) -> None:  # type: ignore[no-untyped-def]
    page.set_viewport_size(phone)
    begin(page, live_server, until=name, high_blood_pressure="not-sure")
    page.goto(f"/screening/{name}/")
    leads_to_what_is_asked(page, phone["height"])


@pytest.mark.parametrize("name", ["about-you", "blood-pressure-signs"])
def test_without_javascript_too_the_question_is_seen(
    page_without_js: Page, live_server: LiveServer, name: str
) -> None:
    page_without_js.set_viewport_size({"width": 390, "height": 844})
    begin(page_without_js, live_server, until=name, high_blood_pressure="not-sure")
    page_without_js.goto(f"/screening/{name}/")
    leads_to_what_is_asked(page_without_js, 844)


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_a_page_in_letters_twice_as_large_does_not_scroll_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    page.evaluate(TWICE_AS_LARGE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_screening_in_letters_twice_as_large_does_not_scroll_sideways(
    page: Page, live_server: LiveServer, settings: Any
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    settings.SHOW_UNREVIEWED_TRANSLATIONS = True
    begin(page, live_server)
    for name in [*SCREENING_PAGES, "", "delete", "is-this-for-me"]:
        for at in ("/screening/", "/es/screening/"):
            page.goto(f"{at}{name}/".replace("//", "/"))
            page.evaluate(TWICE_AS_LARGE)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{at}{name}"


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_everything_on_a_page_can_be_hit_with_a_thumb(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    assert page.evaluate(TOO_SMALL, SMALLEST_TARGET) == []
