"""The patient's whole journey in a real browser: by keyboard alone, with a lost line, on another device, on paper."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from intake.models import Submission
from tests.applicant import ANSWERS, NOT_AT_ALL, send, walk
from tests.opened import secret_of
from tests.test_browser_small_phone import begin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOCUSED = """() => {
  const one = document.activeElement;
  const shows = (node) => {
    if (!node) return false;
    const style = getComputedStyle(node);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  };
  return {
    tag: one.tagName, type: one.type ?? "", name: (one.name ?? "").replace(/^q-/, ""), value: one.value ?? "",
    words: one.textContent.trim(), isChecked: Boolean(one.checked),
    isSeen: shows(one) || shows(one.nextElementSibling?.matches("label") ? one.nextElementSibling : null),
    values: one.type === "radio" ? [...one.form.elements[one.name]].map((radio) => radio.value) : [],
  };
}"""


def press_until(page: Page, button: str, given: dict[str, Any], unseen: list[str]) -> None:
    """Tab through the page, answering what has the focus, and press the button."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not focused["isSeen"]:
            unseen.append(f"{page.url} {focused['tag']} {focused['name']} {focused['words'][:40]}")
        if focused["tag"] == "BUTTON" and focused["words"] == button:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        answer(page, focused, given)
    raise AssertionError(f"No way to “{button}” by keyboard on {page.url}")


def answer(page: Page, focused: dict[str, Any], given: dict[str, Any]) -> None:
    name, kind = focused["name"], focused["type"]
    if kind == "radio":
        values = focused["values"]
        wanted = given.get(name, next((calm for calm in ("no", NOT_AT_ALL) if calm in values), values[0]))
        page.keyboard.press("Space")
        for _ in range(values.index(wanted) - values.index(focused["value"])):
            page.keyboard.press("ArrowDown")
    elif kind == "checkbox":
        wanted = given.get(name, [])
        if focused["value"] in ([wanted] if isinstance(wanted, str) else wanted) or name.startswith(
            "consent"
        ):
            page.keyboard.press("Space")
    elif focused["tag"] in ("INPUT", "TEXTAREA"):
        for part, text in zip(("month", "day", "year"), ANSWERS["birth-date"], strict=True):
            given = {**given, f"birth-date-{part}": text}
        page.keyboard.type(str(given.get(name, "")))


def test_the_whole_journey_is_made_by_keyboard_alone_and_the_focus_is_always_seen(page: Page) -> None:
    unseen: list[str] = []
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/screening/age/")
    for _ in range(60):
        if page.url.endswith("/check/"):
            break
        press_until(page, "Continue", ANSWERS, unseen)
        expect(page.locator(".error-summary")).to_have_count(0)
    press_until(page, "Send my answers", ANSWERS, unseen)
    expect(page.locator("h1")).to_have_text("We have your answers")
    assert unseen == []
    assert Submission.objects.count() == 1


KEPT = "Object.keys(sessionStorage).length"


def typed_on_contact(page: Page, site: LiveServer) -> None:
    begin(page, site, until="contact")
    page.goto("/screening/contact/")
    page.locator("#q-phone").fill("(410) 555-0166")


def test_what_was_typed_and_not_sent_is_back_after_a_reload(page: Page, live_server: LiveServer) -> None:
    typed_on_contact(page, live_server)
    page.reload()
    expect(page.locator("#q-phone")).to_have_value("(410) 555-0166")
    expect(page.get_by_text("What you typed here before is back")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()
    assert page.evaluate(KEPT) == 0
    page.goto("/screening/contact/")
    expect(page.locator("#q-phone")).to_have_value("(410) 555-0166")
    expect(page.get_by_text("What you typed here before is back")).to_be_hidden()


def test_enketo_1072_nothing_that_is_saved_is_said_to_be_unsaved(page: Page, live_server: LiveServer) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    typed_on_contact(page, live_server)
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()
    page.go_back()
    expect(page.locator("#q-phone")).to_have_value("(410) 555-0166")
    expect(page.get_by_text("What you typed here before is back")).to_be_hidden()
    page.locator("#q-phone").fill("(410) 555-0167")
    with page.expect_navigation():  # left in the middle of the page: it is saved, and no box asks
        page.get_by_role("button", name="Stop and come back later").click()
    expect(page.locator("h1")).to_have_text("Your answers are saved")
    assert page.evaluate(KEPT) == 0
    page.get_by_role("link", name="Go on with the form").click()
    expect(page).to_have_url(re.compile("/contact-safety/$"))
    page.goto("/screening/contact/")
    expect(page.locator("#q-phone")).to_have_value("(410) 555-0167")
    assert asked == []


def test_a_lost_line_is_told_and_the_page_is_sent_when_it_is_back(
    page: Page, live_server: LiveServer
) -> None:
    typed_on_contact(page, live_server)
    page.context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("There is no connection just now")).to_be_visible()
    expect(page).to_have_url(re.compile("/contact/$"))
    with page.expect_navigation():
        page.context.set_offline(False)
    expect(page).to_have_url(re.compile("/contact-safety/$"))
    assert page.evaluate(KEPT) == 0


def test_a_line_lost_while_sending_is_told_and_makes_one_submission(
    page: Page, live_server: LiveServer
) -> None:
    begin(page, live_server)
    page.goto("/screening/check/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_text("There is no connection just now")).to_be_visible()
    with page.expect_navigation():
        page.context.set_offline(False)
    expect(page.locator("h1")).to_have_text("We have your answers")
    assert Submission.objects.count() == 1


def test_leaving_takes_what_was_typed_out_of_the_tab(page: Page, live_server: LiveServer) -> None:
    typed_on_contact(page, live_server)
    assert page.evaluate(KEPT) == 1
    page.goto("/screening/leave/")
    page.get_by_role("button", name="I have the code. Forget the form here").click()
    expect(page.get_by_text("This browser has forgotten your form")).to_be_visible()
    assert page.evaluate(KEPT) == 0


def test_a_mistake_is_shown_with_what_was_typed_as_without_javascript(
    page: Page, live_server: LiveServer
) -> None:
    typed_on_contact(page, live_server)
    page.locator("#q-phone").fill("12")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("#q-phone")).to_have_value("12")


def open_link(page: Page, site: LiveServer) -> Client:
    client = Client()
    walk(client, until="pain")
    page.goto(f"/screening/resume/#{secret_of(client).code}")
    return client


def test_the_link_opens_the_form_on_another_device_and_leaves_no_code_behind(
    page: Page, live_server: LiveServer
) -> None:
    client = open_link(page, live_server)
    expect(page.locator("h1")).to_have_text("One more question before your form opens")
    assert secret_of(client).code not in page.url
    for part, text in zip(("Month", "Day", "Year"), ("3", "9", "1982"), strict=True):
        page.get_by_label(part).fill(text)
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/screening/pain/$"))


def test_without_javascript_the_code_of_the_link_is_typed(
    page_without_js: Page, live_server: LiveServer
) -> None:
    client = open_link(page_without_js, live_server)
    page_without_js.get_by_label("Your code").fill(secret_of(client).code)
    page_without_js.get_by_role("button", name="Continue").click()
    expect(page_without_js.locator("h1")).to_have_text("One more question before your form opens")


def test_the_copy_prints_as_a_tagged_document_without_what_is_of_no_use_on_paper(
    page: Page, live_server: LiveServer
) -> None:
    client = Client()
    send(client)
    page.context.add_cookies(
        [{"name": "screening", "value": client.cookies["screening"].value, "url": live_server.url}]
    )
    page.goto("/screening/copy/")
    document = page.pdf(tagged=True, outline=True)
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang"):
        assert mark in document
    page.emulate_media(media="print")
    expect(page.get_by_text("behind the left knee")).to_be_visible()
    for useless in ("Print this page", "Back"):
        expect(page.get_by_text(useless, exact=True)).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1280])
def test_in_forced_colours_it_is_still_seen_what_is_chosen(
    page: Page, live_server: LiveServer, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(forced_colors="active")
    page.goto("/screening/age/")
    first, second = (page.locator(".option__label").nth(place) for place in (0, 1))
    first.click()
    edges = [label.evaluate("one => getComputedStyle(one).borderWidth") for label in (first, second)]
    assert edges[0] != edges[1]
