"""A nurse's day in a real browser: the urgent one first, who it is, what was done, a file; the trail shows each."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic_site.accounts import second_step
from intake.models import Note, Submission
from tests.signing_in import code_of, sign_in_at
from tests.test_export_from_admin import QUEUE, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URGENT: Any = {"mood-self-harm": "LA6570-1", "risk-now": "yes", "birth-date": datetime.date(1982, 3, 9)}


OF_THE_URGENT_ONE = (
    "Opened",
    "Identity revealed",
    "Note written: acknowledgement",
    "Note written: call reached",
    "Status changed: new to in review",
    "Status changed: assigned",
    "Printed",
    "Exported: fhir",
)
OF_THE_DAY = ("Signed in", "Searched", "Signed out")
PASSWORD = "a long enough password"


def member_of_staff(name: str, *groups: str) -> User:
    account = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    account.groups.set(Group.objects.filter(name__in=groups))
    return account


@pytest.fixture
def seed() -> str:
    """In the nurse's authenticator app. In a small clinic she exports too."""
    nurse, seed = member_of_staff("nurse", "Clinician", "Privacy officer"), second_step.generate_totp_secret()
    Authenticator.objects.create(user=nurse, type=second_step.APP, data={"secret": second_step.encrypt(seed)})
    return seed


def type_code(page: Page, seed: str) -> None:
    page.get_by_label("Code from your authenticator app").fill(code_of(seed))
    page.get_by_role("button", name="Continue").click()


def test_a_day_at_the_review_desk(page: Page, seed: str) -> None:
    calm, urgent = sent("Anna Quercus"), sent("Berta Tilia", **URGENT)
    page.goto("/admin/")
    page.get_by_label("Username").fill("nurse")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    type_code(page, seed)
    page.get_by_role("link", name="Submissions", exact=True).first.click()
    first = page.locator("#result_list tbody tr").first
    expect(first).to_contain_text(urgent.reference)
    expect(first).to_contain_text("B. T.")

    page.wait_for_load_state()  # the keys' script runs after the list stands there
    page.locator("body").press("j")
    expect(first.locator("[data-open]")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text(f"Submission {urgent.reference}")
    expect(page.get_by_text("Berta Tilia")).to_have_count(0)
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

    with time_machine.travel(
        timezone.now() + datetime.timedelta(minutes=6)
    ):  # the second step is no longer fresh
        page.get_by_label("Print, because").select_option("handover")
        page.get_by_role("button", name="Printable page").click()
        type_code(page, seed)
        page.get_by_label("Print, because").select_option("handover")
        page.get_by_role("button", name="Printable page").click()
        expect(page.get_by_role("button", name="Print")).to_be_visible()
        page.get_by_role("link", name="Back to the submission").click()

    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=12)):
        page.get_by_label("Export, because").select_option("handover")
        page.get_by_role("button", name="Export (FHIR)").click()
        type_code(page, seed)
        page.get_by_label("Export, because").select_option("handover")
        with page.expect_download() as download:
            page.get_by_role("button", name="Export (FHIR)").click()
    assert download.value.suggested_filename == f"{urgent.reference}.json"
    assert json.loads(Path(download.value.path()).read_text())["resourceType"] == "Bundle"

    page.get_by_role("link", name="Next").click()
    expect(page.locator("h1")).to_have_text(f"Submission {calm.reference}")
    page.get_by_role("link", name="Submissions").click()
    page.get_by_role("link", name="Mine").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_label("Find by").fill("quercus, anna")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("h1")).to_have_text(f"Submission {calm.reference}")

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()

    page.context.clear_cookies()
    sign_in_at(page, f"{QUEUE}{urgent.pk}/history/", member_of_staff("officer", "Privacy officer"))
    for words in OF_THE_URGENT_ONE:
        expect(page.get_by_role("row").filter(has_text=words).filter(has_text="nurse").first).to_be_visible()
    page.goto("/admin/clinic_site/auditevent/?account=nurse")
    shown = "\n".join(page.locator("#result_list tbody tr").all_inner_texts())
    for words in (*OF_THE_URGENT_ONE, *OF_THE_DAY):
        assert words in shown, words
    assert "Tilia" not in shown
    assert "sister" not in shown
