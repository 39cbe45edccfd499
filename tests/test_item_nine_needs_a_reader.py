"""The question on self-harm is asked while somebody still reads forms that day, and not into an empty house."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.checks import run_checks
from django.test import Client

from clinic_site.clinic import Clinic, Holiday
from intake.models import Priority, Submission
from tests.applicant import ANSWERS, page_fields, send, walk
from tests.opened import opened_head
from tests.site_database import keep_office_hours

pytestmark = pytest.mark.django_db
SEVERAL_DAYS = "LA6569-3"
ASKED = ["mood-concentration", "mood-movement", "mood-self-harm"]


@pytest.fixture(autouse=True)
def office_hours() -> None:
    keep_office_hours()


def at(text: str) -> time_machine.travel:
    moment = datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize(
    ("moment", "is_asked"),
    [
        ("2026-11-23 16:59", True),  # a Monday, open
        ("2026-11-23 07:00", True),  # before opening: read that morning
        ("2026-11-23 17:00", False),  # closed for today
        ("2026-11-22 12:00", False),  # a Sunday
        ("2026-11-26 12:00", False),  # a holiday
    ],
)
def test_item_nine_is_asked_only_while_somebody_reads_that_day(
    client: Client, moment: str, is_asked: bool
) -> None:
    Holiday.objects.create(clinic=Clinic.objects.get(), day=datetime.date(2026, 11, 26), name="Thanksgiving")
    with at(moment):
        page = walk(client, until="mood-3")
        assert ("mood-self-harm" in page.context["form"].names) is is_asked
        send(client)
    instruments = {score["instrument"] for score in opened_head().scores}
    assert ("phq9" in instruments, "phq8" in instruments) == (is_asked, not is_asked)


def test_a_form_begun_on_friday_and_gone_on_with_on_saturday_leaves_item_nine_out(client: Client) -> None:
    with at("2026-11-27 16:00"):
        assert "mood-self-harm" in walk(client, until="mood-3").context["form"].names
        client.post("/screening/own-device/")
    with at("2026-11-28 10:00"):
        assert "mood-self-harm" not in client.get("/screening/mood-3/").context["form"].names


def test_a_form_begun_on_sunday_and_gone_on_with_on_monday_asks_it(client: Client) -> None:
    with at("2026-11-22 20:00"):
        walk(client, until="mood-1")
        client.post("/screening/own-device/")
    with at("2026-11-23 10:00"):
        assert list(walk(client, until="mood-3").context["form"].names) == ASKED


@pytest.mark.parametrize(
    ("is_on", "words"), [(True, "a person reads every form"), (False, "Set CLINIC_SAME_DAY_REVIEW=1")]
)
def test_the_deployment_check_explains_the_choice(settings, is_on: bool, words: str) -> None:  # type: ignore[no-untyped-def]
    settings.SAME_DAY_REVIEW = is_on
    [told] = [one for one in run_checks(include_deployment_checks=True) if one.id == "clinic_site.I001"]
    assert words in str(told.hint)


def test_once_answered_the_question_stays_whatever_the_hour(client: Client) -> None:
    with at("2026-11-27 16:50"):
        walk(client, until="worry-1", mood_self_harm=SEVERAL_DAYS)
    with at("2026-11-27 17:10"):
        page = client.get("/screening/mood-3/")
        assert list(page.context["form"].names) == ASKED
        send(client, mood_self_harm=SEVERAL_DAYS)
    assert Submission.objects.get().priority == Priority.CRISIS


def test_an_answer_counts_though_the_last_reader_left_while_it_was_given(client: Client) -> None:
    with at("2026-11-27 16:59"):
        shown = walk(client, until="mood-3")
    with at("2026-11-27 17:01"):
        client.get("/screening/mood-2/")  # another window, which knows that nobody reads any more
        fields = page_fields(shown, ANSWERS | {"mood-self-harm": SEVERAL_DAYS}) | {"shown": ASKED}
        response = client.post("/screening/mood-3/", fields, follow=True)
        assert response.request["PATH_INFO"] == "/screening/support/"
        assert "tel:988" in response.text
        send(client, mood_self_harm=SEVERAL_DAYS)
    assert Submission.objects.get().priority == Priority.CRISIS
