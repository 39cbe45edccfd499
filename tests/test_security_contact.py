"""Whoever finds a weakness learns whom to tell, and the clinic learns when that runs out."""

import datetime
from typing import Any

import pytest
import time_machine
from django.core.checks import run_checks
from django.forms import modelform_factory
from django.test import Client

from clinic_site.clinic import Clinic
from clinic_site.clinic_forms import ClinicForm

pytestmark = pytest.mark.django_db

ADDRESS = "/.well-known/security.txt"
TODAY = datetime.date(2026, 3, 9)
IN_HALF_A_YEAR = datetime.date(2026, 9, 9)


def promise(until: datetime.date | None, email: str = "security@clinic.example") -> None:
    Clinic.objects.update(security_email=email, security_email_until=until)


def warned() -> list[str]:
    found = run_checks(include_deployment_checks=True, databases=["default"])
    return [problem.msg for problem in found if problem.id == "clinic_site.W041"]


@time_machine.travel(datetime.datetime(2026, 3, 9, 16, tzinfo=datetime.UTC), tick=False)
def test_the_page_says_whom_to_tell_until_when_in_which_languages(client: Client) -> None:
    promise(IN_HALF_A_YEAR)
    page = client.get(ADDRESS)
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert page.text.splitlines() == [
        "Contact: mailto:security@clinic.example",
        "Expires: 2026-09-09T23:59:59Z",
        "Preferred-Languages: en, es",
        f"Canonical: http://testserver{ADDRESS}",
    ]
    assert warned() == []


@time_machine.travel(datetime.datetime(2026, 3, 9, 16, tzinfo=datetime.UTC), tick=False)
@pytest.mark.parametrize(
    ("until", "email", "status", "told"),
    [
        (datetime.date(2026, 3, 20), "security@clinic.example", 200, "runs out on 2026-03-20"),
        (TODAY, "security@clinic.example", 200, "runs out"),
        (datetime.date(2026, 3, 8), "security@clinic.example", 404, "has run out"),
        (None, "security@clinic.example", 404, "has run out"),
        (IN_HALF_A_YEAR, "", 404, "Nobody is named"),
    ],
)
def test_what_has_run_out_is_gone_and_the_deployment_check_says_so(
    client: Client, until: datetime.date | None, email: str, status: int, told: str
) -> None:
    promise(until, email)
    assert client.get(ADDRESS).status_code == status
    (problem,) = warned()
    assert told in problem


@time_machine.travel(datetime.datetime(2026, 3, 9, 16, tzinfo=datetime.UTC), tick=False)
@pytest.mark.parametrize(("until", "is_taken"), [("2026-09-09", True), ("", False), ("2028-01-01", False)])
def test_staff_promise_it_for_a_year_at_most(until: str, is_taken: bool) -> None:
    clinic = Clinic.objects.get()
    form = modelform_factory(Clinic, ClinicForm, fields=["security_email", "security_email_until"])(
        {"security_email": "security@clinic.example", "security_email_until": until}, instance=clinic
    )
    form.full_clean()
    assert ("security_email_until" not in form.errors) is is_taken


def test_a_site_that_takes_all_visitors_for_its_proxy_is_told(settings: Any) -> None:
    def found() -> bool:
        return "clinic_site.W042" in [one.id for one in run_checks(include_deployment_checks=True)]

    settings.TRUSTED_PROXIES = 0
    assert found()
    settings.TRUSTED_PROXIES = 1
    assert not found()
