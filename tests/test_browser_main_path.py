"""The whole way in a real browser: read, answer, send, review; with JavaScript and without."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from intake.models import Submission
from tests.applicant import ANSWERS, NOT_AT_ALL
from tests.opened import opened_body
from tests.signing_in import sign_in_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TYPED = "input[type=text], input[type=tel], input[type=email], textarea"
PASSWORD = "a long enough password"
THOUGHTS = {"mood-self-harm": "LA6569-3", "risk-now": "no"}  # several days


def read_an_article(page: Page) -> None:
    page.goto("/")
    expect(page.locator("h1")).to_be_visible()
    page.get_by_role("link", name="Articles").first.click()
    page.get_by_role("link", name=re.compile("complex regional pain syndrome", re.IGNORECASE)).first.click()
    expect(page.locator("h1")).to_contain_text("CRPS")
    expect(page.get_by_text("Not yet reviewed by a clinician").first).to_be_visible()


def fill_in_the_screening(page: Page, **answers: str) -> list[str]:
    """Answer page after page as a person would; returns the paths that were met."""
    given = ANSWERS | {link_id.replace("_", "-"): answer for link_id, answer in answers.items()}
    page.goto("/screening/")
    follow(page, "Start")
    paths: list[str] = []
    while not page.url.endswith("/screening/check/"):
        paths.append(page.url.split("/screening/")[1].strip("/"))
        assert len(paths) < 80, paths
        if paths[-1] == "support":
            follow(page, "Go on with the form")
            continue
        answer_the_page(page, given)
        with page.expect_navigation():
            page.get_by_role("button", name="Continue").click()
        expect(page.locator(".error-summary")).to_have_count(0)
    return paths


def follow(page: Page, link: str) -> None:
    """And wait for the whole page: the address changes before its questions stand there."""
    with page.expect_navigation():
        page.get_by_role("link", name=link, exact=True).click()


def answer_the_page(page: Page, given: dict) -> None:
    for group in page.locator("main fieldset").all():
        answer_the_group(group, given)
    for field in page.locator(f"main .question :is({TYPED})").all():
        link_id = (field.get_attribute("name") or "").removeprefix("q-")
        if link_id in given:
            field.fill(given[link_id])


def answer_the_group(group, given: dict) -> None:  # type: ignore[no-untyped-def]
    date_parts = group.locator(".date-parts input").all()
    if date_parts:
        for part, text in zip(date_parts, given["birth-date"], strict=True):
            part.fill(text)
        return
    options = group.locator("input[type=radio], input[type=checkbox]")
    name = options.first.get_attribute("name")
    keys = [option.get_attribute("value") for option in options.all()]
    calm = next((key for key in ("no", NOT_AT_ALL) if key in keys), keys[0])
    answer = given.get(name.removeprefix("q-"), calm)
    for key in [answer] if isinstance(answer, str) else answer:
        box = group.locator(f'input[value="{key}"]')
        # Forced, because the input may lie over its label: what counts is that a tap there ticks it.
        group.locator(f'label[for="{box.get_attribute("id")}"]').click(force=True)
        expect(box).to_be_checked()
    other = group.locator(f'input[name="{name}-other"]')
    if other.count():
        other.fill(given.get(f"{name.removeprefix('q-')}-other", ""))


def send_it(page: Page) -> str:
    expect(page.locator("h1")).to_have_text("Check your answers")
    page.get_by_role("button", name="Send my answers").click()
    expect(page.locator("h1")).to_have_text("We have your answers")
    return page.locator(".confirmation__reference").inner_text()


def review_it(page: Page, reference: str) -> None:
    sign_in_at(page, "/admin/", User.objects.create_superuser("test-nurse", password=PASSWORD))
    page.get_by_role("link", name="Submissions", exact=True).first.click()
    row = page.locator("#result_list tbody tr").first
    expect(row).to_contain_text("Crisis")
    expect(row).to_contain_text(reference)
    row.get_by_role("link").first.click()
    expect(page.locator("#content")).not_to_contain_text("Test Patient 17")
    page.locator("#reveal-reason").select_option("crisis")
    page.get_by_role("button", name="Reveal who it is").click()
    for words in ("Test Patient 17", "Several days", "behind the left knee", "PHQ-9", reference):
        expect(page.locator("#content")).to_contain_text(words)
    page.get_by_label("Status").select_option("in_review")
    page.get_by_role("textbox", name="Note").fill("Called at once.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#content")).to_contain_text("Called at once.")


def walk_the_whole_way(page: Page, *, width: int) -> None:
    read_an_article(page)
    page.set_viewport_size({"width": width, "height": 800})
    paths = fill_in_the_screening(page, **THOUGHTS)
    assert paths[paths.index("mood-3") + 1] == "support"
    reference = send_it(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    submission = Submission.objects.get()
    assert submission.reference == reference
    assert opened_body(submission).answers["mood-self-harm"] == ["LA6569-3"]
    review_it(page, reference)


def test_from_the_home_page_to_the_nurse(page: Page) -> None:
    """On a wide screen; on the smallest phone it is walked by keyboard, in test_browser_journey.py."""
    walk_the_whole_way(page, width=1280)


@pytest.mark.parametrize("width", [320, 1280])
def test_from_the_home_page_to_the_nurse_without_javascript(page_without_js: Page, width: int) -> None:
    walk_the_whole_way(page_without_js, width=width)


def test_the_error_summary_is_read_first_and_leads_to_the_field(page: Page) -> None:
    page.goto("/screening/age/")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary a").first.click()
    expect(page.locator("#q-adult")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/treatments/", "/treatments/crps/", "/contact/"])
def test_no_page_scrolls_sideways_on_a_narrow_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(path)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320, f"{path} is {width} px wide"
