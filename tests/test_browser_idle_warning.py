"""Before a session ends the page asks whether somebody is there; a key press answers, and typed words are kept."""

import re
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, TimeoutError, expect

from clinic_site.sessions import StaffSession
from intake.models import Submission
from tests.signing_in import sign_in_at
from tests.test_export_from_admin import sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOTE = "Called, will call again after lunch."


@pytest.fixture
def review(page: Page, settings: Any, staff: User) -> tuple[Page, Submission]:
    """A nurse who has a submission before her, and typed a note that she did not save."""
    settings.SESSION_IDLE, settings.SESSION_WARNING = 60, 58  # so that it asks after two seconds
    submission = sent()
    sign_in_at(page, f"/admin/intake/submission/{submission.pk}/change/", staff)
    page.get_by_role("textbox", name="Note").fill(NOTE)
    return page, submission


def test_enter_answers_it_and_the_note_is_saved(review: tuple[Page, Submission]) -> None:
    page, submission = review
    expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    before = StaffSession.objects.get(account__isnull=False).expire_date
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert StaffSession.objects.get(account__isnull=False).expire_date > before
    expect(page.get_by_role("textbox", name="Note")).to_have_value(NOTE)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#content")).to_contain_text(NOTE)
    assert submission.notes.count() == 1


def test_escape_answers_it_too(review: tuple[Page, Submission]) -> None:
    page, _ = review
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Note")).to_have_value(NOTE)


def test_whoever_comes_too_late_signs_in_in_another_tab_and_still_has_the_note(
    review: tuple[Page, Submission], staff: User
) -> None:
    page, submission = review
    StaffSession.objects.all().delete()
    over = page.get_by_role("heading", name="You were signed out")
    expect(over).to_be_visible()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")  # the link has the focus
    other = opened.value
    sign_in_at(other, other.url, staff)
    expect(other.locator("#user-tools")).to_be_visible()
    other.close()
    with suppress(TimeoutError):  # coming back to the tab asks by itself where the browser tells of it
        page.get_by_role("button", name="I have signed in").click(timeout=2_000)
    expect(over).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#content")).to_contain_text(NOTE)
    assert submission.notes.count() == 1


def test_where_nothing_was_typed_the_page_gives_way_to_the_sign_in(review: tuple[Page, Submission]) -> None:
    page, submission = review
    page.get_by_role("textbox", name="Note").fill("")
    StaffSession.objects.all().delete()
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page).to_have_url(re.compile("/admin/login/"))
