"""Somebody new sets their own password by a link that works once; somebody who leaves is out at once."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from clinic_site.accounts.groups import CLINICIAN, GROUPS, IN_WORDS
from clinic_site.audit import AuditEvent
from clinic_site.sessions import StaffSession
from intake.models import Submission
from tests.signing_in import sign_in
from tests.test_changes_of_accounts_are_written_down import (  # noqa: F401  (fixtures)
    ACCOUNTS,
    NEW,
    PASSWORD,
    administrator,
    clerk,
    group,
    office,
    written,
)
from tests.test_export_from_admin import sent

pytestmark = pytest.mark.django_db

GOOD = "seven wet herons on a fence"
LINK = re.compile(r"http://testserver(/invitation/[^\s<]+)")


@pytest.fixture(autouse=True)
def site_sends_mail(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.clinic.example"


@pytest.fixture
def link(office: Client, mailoutbox: Any) -> str:  # noqa: F811
    office.post(f"{ACCOUNTS}add/", NEW | {"groups": [group(CLINICIAN)]})
    return link_in(mailoutbox)


def link_in(mailoutbox: Any) -> str:
    found = LINK.search(mailoutbox[-1].body)
    assert found
    return found[1]


def follow(link: str, password: str = GOOD) -> Any:
    """Open it in a browser of one's own, fill in, send."""
    visitor = Client()
    page = visitor.get(link, follow=True)
    where = page.request["PATH_INFO"]
    fields = {"new_password1": password, "new_password2": password}
    return page if "does not work any more" in page.text else visitor.post(where, fields, follow=True)


def new_one() -> User:
    return User.objects.get(username="test-new")


def is_set(password: str = GOOD) -> bool:
    return bool(new_one().check_password(password))


def test_the_mail_goes_to_the_new_account_and_says_only_what_it_must(link: str, mailoutbox: Any) -> None:
    (mail,) = mailoutbox
    assert mail.to == ["test-new@clinic.example"]
    assert "test-new" in mail.body
    assert "3 days" in mail.body


def test_the_owner_sets_a_password_and_is_led_to_the_sign_in(link: str) -> None:
    page = follow(link)
    assert is_set()
    assert "login" in page.request["PATH_INFO"]
    event = AuditEvent.objects.filter(action="account").latest("pk")
    assert (event.account, event.detail) == ("test-new", f"password user_{new_one().pk}")


def test_the_token_does_not_stay_in_the_address(link: str) -> None:
    page = Client().get(link, follow=True)
    assert page.request["PATH_INFO"].endswith("/password/")
    assert "Set your password" in page.text
    assert "| Review desk</title>" in page.text


def test_the_link_works_once(link: str) -> None:
    follow(link)
    page = follow(link, "another seven wet herons")
    assert "This link does not work any more" in page.text
    assert is_set()


def test_the_link_works_for_three_days(link: str) -> None:
    with time_machine.travel(timezone.now() + datetime.timedelta(days=3, minutes=1)):
        assert "This link does not work any more" in follow(link).text
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        follow(link)
    assert is_set()


@pytest.mark.parametrize("password", ["too short", "KetamineClinic2026!", "test-new-test-new-1"])
def test_a_poor_password_is_refused_and_the_link_still_works(link: str, password: str) -> None:
    page = follow(link, password)
    assert 'class="errorlist"' in page.text
    assert not is_set(password)
    follow(link)
    assert is_set()


def test_a_link_for_somebody_else_or_with_another_token_is_refused(link: str, clerk: User) -> None:  # noqa: F811
    _, _, number, token, _ = link.split("/")
    other = f"/invitation/{number[:-1]}Q/{token}/"
    for wrong in (
        other,
        link.replace(token, f"{token[:-1]}x"),
        "/invitation/%00/x/",
        "/invitation/OTk5OTk/x-y/",
    ):
        assert "This link does not work any more" in follow(wrong).text
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


def test_a_newer_link_makes_the_older_one_useless(link: str, office: Client, mailoutbox: Any) -> None:  # noqa: F811
    office.post(f"{ACCOUNTS}{new_one().pk}/invite/")
    assert "This link does not work any more" in follow(link).text
    follow(link_in(mailoutbox))
    assert is_set()


def test_a_new_link_ends_what_the_old_password_opened(office: Client, clerk: User, mailoutbox: Any) -> None:  # noqa: F811
    desk = Client()
    sign_in(desk, clerk)
    office.post(f"{ACCOUNTS}{clerk.pk}/invite/")
    assert desk.get("/admin/").status_code == 302
    assert not StaffSession.objects.filter(account=clerk.pk).exists()
    clerk.refresh_from_db()
    assert not clerk.has_usable_password()
    assert mailoutbox[-1].to == ["c@clinic.example"]


def test_where_the_site_sends_no_mail_the_administrator_hands_the_link_over(
    office: Client,  # noqa: F811
    settings: Any,
    mailoutbox: Any,
) -> None:
    settings.EMAIL_HOST = ""
    page = office.post(f"{ACCOUNTS}add/", NEW, follow=True)
    found = LINK.search(page.text)
    assert found
    assert not mailoutbox
    follow(found[1])
    assert is_set()


def test_a_mail_server_that_is_down_is_told_and_a_link_can_be_sent_again(
    office: Client,  # noqa: F811
    settings: Any,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = office.post(f"{ACCOUNTS}add/", NEW, follow=True)
    assert "could not be sent" in page.text
    assert not LINK.search(page.text)
    assert new_one()


# Somebody leaves


def test_the_page_says_what_will_happen(office: Client, clerk: User) -> None:  # noqa: F811
    clerk.groups.set([group(CLINICIAN)])
    sign_in(Client(), clerk)
    submission = sent()
    Submission.objects.filter(pk=submission.pk).update(assigned_to=clerk.username)
    page = office.get(f"{ACCOUNTS}{clerk.pk}/disable/").text
    for words in ("One session ends", "taken out of: Clinician", "1 open submission stays assigned to them"):
        assert words in page


def test_whoever_leaves_is_out_at_once_and_what_was_theirs_stays(office: Client, clerk: User) -> None:  # noqa: F811
    clerk.groups.set([group(CLINICIAN)])
    desk, submission = Client(), sent()
    sign_in(desk, clerk)
    Submission.objects.filter(pk=submission.pk).update(assigned_to=clerk.username)
    page = office.post(f"{ACCOUNTS}{clerk.pk}/disable/", follow=True)
    assert "can no longer sign in. Sessions ended: 1." in page.text
    clerk.refresh_from_db()
    assert (clerk.is_active, clerk.has_usable_password(), clerk.groups.count()) == (False, False, 0)
    assert desk.get("/admin/").status_code == 302
    assert not StaffSession.objects.filter(account=clerk.pk).exists()
    submission.refresh_from_db()
    assert submission.assigned_to == clerk.username
    assert written() == [f"disabled rights user_{clerk.pk}"]


def test_a_disabled_account_has_no_use_of_a_link_and_comes_back_in_no_group(
    office: Client,  # noqa: F811
    link: str,
    mailoutbox: Any,
) -> None:
    office.post(f"{ACCOUNTS}{new_one().pk}/disable/")
    assert "This link does not work any more" in follow(link).text
    office.post(f"{ACCOUNTS}{new_one().pk}/invite/")
    follow(link_in(mailoutbox))
    assert is_set()
    assert new_one().is_active
    assert not Group.objects.filter(user=new_one()).exists()


def test_the_last_administrator_cannot_be_disabled(office: Client, administrator: User) -> None:  # noqa: F811
    page = office.post(f"{ACCOUNTS}{administrator.pk}/disable/", follow=True)
    assert "Nobody else could let people in" in page.text
    administrator.refresh_from_db()
    assert administrator.is_active
    assert written() == []


def test_whoever_invites_reads_what_each_group_may_do(office: Client) -> None:  # noqa: F811
    page = office.get(f"{ACCOUNTS}add/").text
    for name, words in IN_WORDS.items():
        assert f"{name}: {escape(words)}" in page
    assert IN_WORDS.keys() == GROUPS.keys()


def test_an_account_says_how_somebody_leaves_and_not_what_no_page_offers(office: Client, clerk: User) -> None:  # noqa: F811
    page = office.get(f"{ACCOUNTS}{clerk.pk}/change/").text
    assert "is disabled by the button above" in page
    assert "Unselect this" not in page
