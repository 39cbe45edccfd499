"""Robots are slowed and set aside; people, families and whole clinics behind one address are not turned away."""

import datetime
import logging
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client, RequestFactory

from clinic_site import limits
from clinic_site.limits import RateLimit
from clinic_site.roles import Role
from intake import actions, visits
from intake.models import Draft, Priority, Submission
from intake.secret import Secret
from tests.applicant import FIRST_PAGE, send, walk
from tests.opened import BIRTH_DATE, come_back, secret_of
from tests.serving_roles import acting_as

pytestmark = pytest.mark.django_db

ONE_NETWORK = "203.0.113.7"
FIRST_ANSWERS = {"q-adult": "yes", "q-respondent": "patient"}
NOON = datetime.datetime(2026, 3, 9, 16, 5, tzinfo=datetime.UTC)  # 12:05 pm at the clinic


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test need not begin sixty forms."""
    monkeypatch.setattr(visits, "STARTS", 3)
    monkeypatch.setattr(visits, "WRONG_CODES", 3)


def visitor(address: str = ONE_NETWORK) -> Client:
    return Client(REMOTE_ADDR=address)


def begin(client: Client) -> Any:
    """Press Continue on the first page."""
    page = client.get(FIRST_PAGE)
    fields = {field.html_name: field for field in page.context["form"]}
    posted = {name: FIRST_ANSWERS[name] for name in fields if name in FIRST_ANSWERS}
    assert posted
    return client.post(FIRST_PAGE, posted)


def begin_many(many: int) -> list[int]:
    return [begin(visitor()).status_code for _ in range(many)]


@time_machine.travel(NOON, tick=False)
def test_a_robot_that_begins_one_form_after_the_other_is_stopped_for_the_hour(few: None) -> None:
    assert begin_many(5) == [302, 302, 302, 429, 429]
    assert Draft.objects.count() == 3
    assert begin(visitor("203.0.112.7")).status_code == 302, "the neighbours are not held up"
    with time_machine.travel(NOON + datetime.timedelta(hours=1)):
        assert begin_many(1) == [302]


@time_machine.travel(NOON, tick=False)
def test_the_page_says_when_to_try_again_and_whom_to_call(few: None) -> None:
    begin_many(3)
    page = begin(visitor())
    assert page.headers["Retry-After"] == str(55 * 60)
    for words in ("1:00 PM", "tel:988", "tel:911", "(410) 555-", "sms:741741"):
        assert words in page.text


def test_a_form_that_was_begun_is_saved_and_sent_while_the_network_is_stopped(few: None) -> None:
    mine = visitor()
    walk(mine, until="contact")
    assert begin_many(4)[-1] == 429
    assert send(mine).status_code == 200
    assert Submission.objects.count() == 1


def test_no_page_with_help_in_a_crisis_is_ever_limited(few: None) -> None:
    begin_many(5)
    for path in ("/screening/support/", "/screening/", FIRST_PAGE, "/", "/contact/"):
        assert {visitor().get(path).status_code for _ in range(10)} == {200}, path


@time_machine.travel(NOON, tick=False)
def test_sixty_people_of_one_clinic_begin_within_the_hour() -> None:
    network = limits.network_of(RequestFactory().get("/", REMOTE_ADDR=ONE_NETWORK))
    for _ in range(59):
        limits.allow("start a form", [network], limit=60, per=visits.PER, at=NOON)
    assert begin_many(2) == [302, 429]


def test_behind_a_proxy_that_nobody_told_of_visitors_are_not_taken_for_one(few: None) -> None:
    assert {begin(visitor("10.0.0.2")).status_code for _ in range(5)} == {302}
    assert not RateLimit.objects.exists()


def test_the_log_tells_of_it_once_and_of_no_address(few: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="intake"):
        begin_many(8)
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("intake")]
    assert "start a form" in line
    assert "203" not in line


# Codes, birth dates, mails


def a_code_of_nobody() -> dict[str, str]:
    return {"code": Secret.new().code}


def test_whoever_guesses_codes_is_stopped_and_a_right_code_still_opens(few: None) -> None:
    mine = visitor()
    walk(mine, until="about-you")  # before a birth date was asked
    code = secret_of(mine).code
    robot = visitor()
    guesses = [robot.post("/screening/resume/", a_code_of_nobody()).status_code for _ in range(5)]
    assert guesses == [422, 422, 422, 429, 429]
    assert visitor().post("/screening/resume/", {"code": code}).status_code == 302


def test_a_slip_in_a_code_is_not_counted() -> None:
    code = Secret.new().code
    slip = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert visitor().post("/screening/resume/", {"code": slip}).status_code == 422
    assert not RateLimit.objects.exists()


def test_whoever_found_a_code_cannot_try_all_birth_dates() -> None:
    mine = visitor()
    walk(mine, until="pain")
    code = secret_of(mine).code
    for day in range(1, 11):
        wrong = {**BIRTH_DATE, "birth-date-day": str(day), "birth-date-year": "1950"}
        assert (
            visitor(f"203.0.{day}.7").post("/screening/resume/", {"code": code, **wrong}).status_code == 422
        )
    assert come_back(visitor(), code).status_code == 429, "not even the right one, for an hour"
    assert mine.get("/screening/pain/").status_code == 200, "its own browser goes on"


def test_nobody_fills_a_mailbox_from_here(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.clinic.example"
    client = visitor()
    walk(client, until="contact")
    sent = [client.post("/screening/mail-link/", {"email": "a@clinic.example"}).status_code for _ in range(6)]
    assert sent == [200] * 5 + [429]
    assert len(mail.outbox) == 5


# Set aside


def test_whoever_fills_in_what_no_person_sees_is_set_aside_and_thanked_like_anybody() -> None:
    client = visitor()
    walk(client)
    page = client.post("/screening/check/", {visits.TRAP: "https://spam.example"}, follow=True)
    assert page.request["PATH_INFO"] == "/screening/done/"
    assert Submission.objects.get().quarantined
    send(visitor())
    assert Submission.objects.filter(quarantined=False).count() == 1


@pytest.mark.parametrize(("seconds", "is_set_aside"), [(44, True), (45, False)])
def test_a_form_that_nobody_could_have_filled_in_so_fast_is_set_aside(
    settings: Any, seconds: int, is_set_aside: bool
) -> None:
    settings.FASTEST_PERSON = datetime.timedelta(seconds=45)
    client = visitor()
    with time_machine.travel(NOON, tick=False) as clock:
        walk(client)
        clock.shift(seconds)
        client.post("/screening/check/")
    assert Submission.objects.get().quarantined is is_set_aside


def test_the_trap_is_seen_by_nobody(client: Client) -> None:
    page = walk(client)
    assert f'name="{visits.TRAP}"' in page.text
    assert 'class="trap"' in page.text
    assert "css/forms" in page.text


def test_what_was_set_aside_is_looked_at_and_kept_like_any_other_and_only_stands_in_its_own_tab(
    staff_client: Client,
) -> None:
    client = visitor()
    walk(client, mood_self_harm="LA6569-3", risk_now="yes")
    client.post("/screening/check/", {visits.TRAP: "x"})
    submission = Submission.objects.get()
    assert (submission.quarantined, submission.priority) == (True, Priority.CRISIS_NOW)
    with acting_as(Role.WORKER):
        assert actions.look_at_new_submissions() == actions.FirstLook(opened=1, closed=0)

    def tabs() -> set[str]:
        return {
            tab
            for tab in ("open", "urgent", "new", "quarantine")
            if submission.reference in staff_client.get("/admin/intake/submission/", {"tab": tab}).text
        }

    assert tabs() == {"open", "urgent", "quarantine"}
    page = f"/admin/intake/submission/{submission.pk}/change/"
    changed = staff_client.post(page, {"status": "in_review", "initial-status": "new", "note": ""})
    assert changed.status_code == 302
    submission.refresh_from_db()
    assert tabs() == {"open", "urgent"}, "a status puts it among the others"
