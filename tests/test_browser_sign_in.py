"""Staff sign in with a real browser: from the invitation on, with a passkey, and after losing a phone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from clinic_site.audit import AuditEvent
from clinic_site.sessions import StaffSession
from tests.conftest import watched_page
from tests.signing_in import code_of, sign_in, sign_in_at, sign_in_for_the_first_time
from tests.test_changes_of_accounts_are_written_down import NEW, PASSWORD, group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture
def administrator() -> User:
    account = User.objects.create_user("test-admin", password=PASSWORD, is_staff=True)
    account.groups.set([group("Administrator")])
    return account


@pytest.fixture
def with_device(page: Page) -> Iterator[Page]:
    """A browser on a computer that opens passkeys with a fingerprint, and always recognises it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    devtools.detach()


def test_from_the_invitation_over_the_password_and_the_app_to_the_review_desk(
    page: Page,
    administrator: User,
    mailoutbox: Any,
    settings: Any,
    live_server: Any,
) -> None:
    settings.EMAIL_HOST = "mail.clinic.example"
    office = Client(HTTP_HOST=live_server.url.partition("//")[2])
    sign_in(office, administrator)
    office.post("/admin/auth/user/add/", NEW | {"groups": [group("Clinician")]})
    page.goto(re.findall(r"/invitation/\S+", mailoutbox[-1].body)[0])
    page.locator("#id_new_password1").fill("seven wet herons at noon")
    page.locator("#id_new_password2").fill("seven wet herons at noon")
    page.get_by_role("button", name="Set this password").click()
    seed = sign_in_for_the_first_time(page, "test-new", "seven wet herons at noon")
    expect(page.locator("#user-tools")).to_contain_text("Test.")
    expect(page).to_have_url(re.compile("/admin/$"))
    page.get_by_role("button", name="Log out").click()
    page.goto("/admin/")
    fill_in(page, "test-new", "seven wet herons at noon")
    page.get_by_label("Code from your authenticator app").fill(code_of(seed, steps_later=1))
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#user-tools")).to_contain_text("Test.")


def test_a_passkey_is_made_at_the_first_sign_in_and_later_needs_no_password(with_device: Page) -> None:
    page, _ = with_device, User.objects.create_user("nurse", password=PASSWORD, is_staff=True)
    page.goto("/admin/second-step/")
    fill_in(page, "nurse")
    page.get_by_label("What to call it").fill("Desk computer")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page.locator("#content")).to_contain_text("Desk computer")

    page.get_by_role("button", name="Log out").click()
    page.goto("/admin/second-step/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#content")).to_contain_text("Desk computer")
    assert [event.detail for event in AuditEvent.objects.filter(action="login")] == ["passkey", "passkey"]

    page.get_by_role("button", name="Log out").click()
    page.goto("/admin/")
    fill_in(page, "nurse")
    page.get_by_role("button", name="Use the passkey").click()
    expect(page.locator("#user-tools")).to_contain_text("nurse")


def test_an_administrator_resets_the_lost_phone_of_another(
    page: Page,
    browser: Browser,
    live_server: Any,
    administrator: User,
) -> None:
    nurse = User.objects.create_user("nurse", password=PASSWORD, is_staff=True)
    page.goto("/admin/")
    sign_in_for_the_first_time(page, "nurse", PASSWORD)
    with watched_page(browser, live_server.url, javascript=True) as desk:
        sign_in_at(desk, f"/admin/auth/user/{nurse.pk}/change/", administrator)
        desk.get_by_role("link", name="Lost phone").click()
        desk.get_by_label("The phone or key is lost or broken").check()
        desk.get_by_role("button", name="Reset the second step of nurse").click()
        expect(desk.locator("body")).to_contain_text("sets up a new second step at the next sign-in")
    assert not StaffSession.objects.filter(account=nurse.pk).exists()
    assert not Authenticator.objects.filter(user=nurse).exists()
    event = AuditEvent.objects.filter(action="account").latest("pk")
    assert (event.account, event.detail) == ("test-admin", f"second_step reset lost user_{nurse.pk}")
    page.goto("/admin/")
    sign_in_for_the_first_time(page, "nurse", PASSWORD)
    expect(page.locator("#user-tools")).to_contain_text("nurse")
