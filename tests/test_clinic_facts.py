"""The clinic's own facts: shown everywhere, promised nowhere where nobody entered them."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.checks import run_checks
from django.db import OperationalError
from django.test import Client

from clinic_site import clinic as facts
from clinic_site.clinic import Clinic, OpeningHours, next_opening
from tests.applicant import send
from tests.site_database import keep_office_hours

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("America/New_York")


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:00"),  # a Monday, open
        ("2026-11-23 07:00", "2026-11-23 08:30"),  # before opening
        ("2026-11-23 16:59", "2026-11-23 16:59"),
        ("2026-11-23 17:00", "2026-11-24 08:30"),  # closed for today
        ("2026-11-27 18:00", "2026-11-30 08:30"),  # Friday evening
        ("2026-11-25 18:00", "2026-11-27 08:30"),  # the next day is a holiday
    ],
)
def test_the_next_time_somebody_reads_forms(now: str, expected: str) -> None:
    keep_office_hours()
    week = OpeningHours.objects.all()
    assert next_opening(week, [datetime.date(2026, 11, 26)], now=at(now)) == at(expected)


def test_the_done_page_names_the_next_working_day(client: Client) -> None:
    keep_office_hours()
    with time_machine.travel(at("2026-11-27 18:00"), tick=False):
        page = send(client).content.decode()
    assert "Monday, November 30" in page
    assert "8:30 AM" in page


def test_a_clinic_without_hours_promises_no_time(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    OpeningHours.objects.all().delete()
    page = send(client).content.decode()
    assert "The next time someone is there" not in page
    assert "Staff read forms" not in page


def test_without_any_facts_the_pages_still_work(client: Client) -> None:
    Clinic.objects.all().delete()
    for path in ("/", "/treatments/", "/contact/", "/screening/", "/screening/age/", "/screening/support/"):
        page = client.get(path).content.decode()
        assert 'href="tel:+"' not in page, path
        assert "None" not in page, path


def test_there_is_only_one_clinic(staff_client: Client) -> None:
    assert staff_client.get("/admin/clinic_site/clinic/add/").status_code == 403
    with pytest.raises(Exception, match="clinic_site_clinic_is_one_row"):
        Clinic.objects.create(pk=2, name="Another")


@pytest.mark.parametrize("missing", ["on_call_name", "on_call_phone", "hours"])
def test_same_day_review_without_somebody_to_call_stops_the_start(settings, missing: str) -> None:  # type: ignore[no-untyped-def]
    settings.SAME_DAY_REVIEW = True
    assert not [error for error in run_checks(databases=["default"]) if error.id == "clinic_site.E001"]
    if missing == "hours":
        OpeningHours.objects.all().delete()
    else:
        Clinic.objects.update(**{missing: ""})
    assert [error for error in run_checks(databases=["default"]) if error.id == "clinic_site.E001"]


def test_a_demonstration_says_so_on_every_page(client: Client) -> None:
    for path in ("/", "/treatments/", "/screening/", "/screening/age/"):
        assert "This clinic is made up" in client.get(path).content.decode()
    Clinic.objects.update(is_demonstration=False)
    assert "This clinic is made up" not in client.get("/").content.decode()


def test_an_unknown_address_shows_the_phone_number(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "(410) 555-0142" in response.content.decode()


def test_when_the_database_is_down_the_error_page_still_has_the_phone_number(
    client: Client, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    client.get("/")  # the process has seen the facts once

    def down() -> Clinic:
        raise OperationalError("the connection was closed")

    monkeypatch.setattr(facts, "current_clinic", down)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "(410) 555-0142" in response.content.decode()
    assert "988" in response.content.decode()
