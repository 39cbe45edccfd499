"""A nurse's day in a real browser: the urgent one first, who it is, what was done, a file; the trail shows each."""

import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from clinic_site.audit import AuditEvent
from intake.models import Note, Submission
from tests.signing_in import sign_in_at
from tests.test_export_from_admin import QUEUE, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URGENT: Any = {"mood-self-harm": "LA6570-1", "risk-now": "yes", "birth-date": datetime.date(1982, 3, 9)}


def accessible(page: Page) -> None:
    # Without preload: it would fetch the admin's stylesheets anew and put them in line, which the site refuses.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def test_a_day_at_the_review_desk(page: Page, staff: User) -> None:
    calm, urgent = sent("Anna Quercus"), sent("Berta Tilia", **URGENT)
    sign_in_at(page, QUEUE, staff)
    first = page.locator("#result_list tbody tr").first
    expect(first).to_contain_text(urgent.reference)
    expect(first).to_contain_text("B. T.")
    accessible(page)

    page.locator("body").press("j")
    expect(first.locator("[data-open]")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text(f"Submission {urgent.reference}")
    expect(page.get_by_text("Berta Tilia")).to_have_count(0)
    accessible(page)
    page.get_by_role("button", name="Reveal who it is").click()  # the reason is chosen already: a crisis
    expect(page.get_by_text("Berta Tilia").first).to_be_visible()

    page.get_by_label("What was done").fill("Called at once, is safe, her sister is with her.")
    page.get_by_role("button", name="I take this up").click()
    expect(page.get_by_text("Taken up by")).to_be_visible()

    page.get_by_text("Write down a call").click()
    page.get_by_label("Reached", exact=True).check()
    page.get_by_role("button", name="Save the call").click()
    expect(page.get_by_text("Call: reached")).to_be_visible()

    page.get_by_label("Status", exact=True).select_option("in_review")
    page.get_by_label("Assigned to", exact=True).select_option("nurse")
    page.get_by_label("Note", exact=True).fill("The doctor calls tomorrow.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The doctor calls tomorrow.")).to_be_visible()
    submission = Submission.objects.get(pk=urgent.pk)
    assert (submission.status, submission.assigned_to) == ("in_review", "nurse")
    assert Note.objects.count() == 3

    page.get_by_label("Print, because").select_option("handover")
    page.get_by_role("button", name="Printable page").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Back to the submission").click()

    page.get_by_label("Export, because").select_option("handover")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export (FHIR)").click()
    assert download.value.suggested_filename == f"{urgent.reference}.json"

    page.get_by_role("link", name="Next").click()
    expect(page.locator("h1")).to_have_text(f"Submission {calm.reference}")
    page.get_by_role("link", name="Submissions").click()
    page.get_by_role("link", name="Mine").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_label("Find by").fill("quercus, anna")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("h1")).to_have_text(f"Submission {calm.reference}")

    page.goto(f"{QUEUE}{urgent.pk}/history/")
    for words in (
        "Opened",
        "Identity revealed",
        "Status changed: new to in review",
        "Note written: call reached",
    ):
        expect(page.get_by_text(words).first).to_be_visible()
    for words in ("Note written: acknowledgement", "Status changed: assigned", "Printed", "Exported: fhir"):
        expect(page.get_by_text(words).first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()
    assert AuditEvent.objects.filter(action="logout").exists()
