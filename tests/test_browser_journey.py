"""The patient's whole journey in a real browser: every state of every page, by keyboard alone, and with a lost line."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from intake.models import Submission
from tests.applicant import ANSWERS, NOT_AT_ALL, page_fields, send, walk
from tests.opened import come_back, secret_of
from tests.test_browser_small_phone import SMALLEST_TARGET, TOO_SMALL, begin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WCAG_AND_BEST_PRACTICE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_A_WIDE_DARK_SCREEN = ["color-contrast", "target-size"]


def states() -> Iterator[tuple[str, Any]]:
    """Each kind of page that a patient meets, in each of its states: its name, and the site's answer."""
    nobody, patient = Client(), Client()
    for path in ("", "is-this-for-me/", "age/", "resume/", "support/", "contact/"):
        yield f"{path or 'start'} for anybody", nobody.get(f"/screening/{path}")
    yield "accessibility", nobody.get("/accessibility/")
    yield "code mistyped", nobody.post("/screening/resume/", {"code": "nonsense"})
    yield "adults only", nobody.post("/screening/age/", {"q-adult": "no"})
    yield from pages_on_the_way(patient)
    yield "stopping", patient.get("/screening/leave/")
    yield "start with a saved form", patient.get("/screening/")
    yield "check, unfinished", patient.get("/screening/check/")
    yield "deleting", patient.get("/screening/delete/")
    yield "birth date", Client().post("/screening/resume/", {"code": secret_of(patient).code})
    wrong = come_back(Client(), secret_of(patient).code, **{"birth-date-day": "1"})
    yield "birth date, wrong", wrong
    page = walk(patient, until="mood-3")
    thought = page_fields(page, ANSWERS | {"mood-self-harm": "LA6571-9"})
    yield "crisis", patient.post("/screening/mood-3/", thought, follow=True)
    yield "crisis with errors", patient.post("/screening/mood-3/", {"q-mood-self-harm": "LA6569-3"})
    yield "check", walk(patient, mood_self_harm="LA6569-3")
    yield (
        "another window",
        patient.post("/screening/contact/", {"revision": "1", "q-phone": "(410) 555-0109"}),
    )
    yield "sent", send(patient, mood_self_harm="LA6569-3")
    yield "copy", patient.get("/screening/copy/")
    yield "sent already", patient.post("/screening/contact/", {"q-phone": "(410) 555-0109"})
    yield "left", left()


def pages_on_the_way(patient: Client) -> Iterator[tuple[str, Any]]:
    """Some pages as they come, empty, and then with mistakes; the patient stands at the list of medicines after."""
    response = patient.get("/screening/age/")
    while (path := response.request["PATH_INFO"]) != "/screening/medicine-list/":
        name = path.split("/")[2]
        if name in ("answering", "about-you", "pain", "pain-impact", "mind", "size"):
            yield name, response
            yield f"{name} with errors", patient.post(path, {"q-weight-pounds": "many", "q-respondent": "x"})
        response = patient.post(path, page_fields(response, ANSWERS), follow=True)
    yield "medicine-list", response


def left() -> Any:
    client = Client()
    walk(client, until="about-you")
    return client.post("/screening/leave/")


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


def test_no_state_of_any_page_has_an_accessibility_violation(page: Page, live_server: LiveServer) -> None:
    shown: dict[str, str] = {}
    page.route("**/shown", lambda route: answer_with(route, shown["html"]))
    wrong, seen = [], 0
    for name, response in states():
        assert response.status_code not in (204, 302), name
        shown["html"] = response.text
        page.goto(f"{live_server.url}/shown")
        for width, scheme, rules in (
            (320, "light", WCAG_AND_BEST_PRACTICE),
            (1280, "dark", OF_A_WIDE_DARK_SCREEN),
        ):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response
            complaints = [
                *[f"{one['id']} {[node['target'] for node in one['nodes']]}" for one in found["violations"]],
                *page.evaluate(STRUCTURE),
                *page.evaluate(TOO_SMALL, SMALLEST_TARGET),
            ]
            wrong += [f"{name}, {width} px, {scheme}: {complaint}" for complaint in complaints]
        seen += 1
    assert seen > 35
    assert wrong == []


def answer_with(route: Route, html: str) -> None:
    route.fulfill(body=html, content_type="text/html; charset=utf-8")


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
    page.context.add_cookies([{"name": "screening", "value": secret_of(client).code, "url": live_server.url}])
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
