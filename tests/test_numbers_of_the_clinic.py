"""How far people come and how long they wait: counted without a trace of whose it was, small counts left out."""

import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from clinic_site.clinic import Clinic
from intake import actions, storage
from intake.admin.numbers import waiting_rows
from intake.models import Draft, PageCount, Priority, QuestionnaireVersion, Submission
from intake.seeding import people
from tests.applicant import send, walk
from tests.crises import HAS_THOUGHTS, sent

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    return dict(PageCount.objects.values_list("page", "count"))


def test_each_page_is_counted_once_however_often_it_is_saved() -> None:
    client = Client()
    walk(client, until="contact", is_whole=True)
    walk(client, until="contact", is_whole=True)
    before = counts()
    assert before["age"] == 1
    assert set(before.values()) == {1}
    send(client, is_whole=True)
    after = counts()
    assert after[""] == 1
    assert set(after.values()) == {1}
    assert {"age", "contact", "emergency-contact", "medicine-list", "consent"} <= set(after)


def test_somebody_who_leaves_is_missed_on_the_next_page() -> None:
    send(Client(), is_whole=True)
    walk(Client(), until="pain", is_whole=True)
    found = counts()
    assert (found["age"], found["pain"], found[""]) == (2, 1, 1)


def test_a_counter_holds_a_day_a_version_and_a_page_and_no_form() -> None:
    names = {field.name for field in PageCount._meta.get_fields()}
    assert names == {"id", "day", "questionnaire_version", "page", "count"}


def seeded(page: str, count: int) -> None:
    version = QuestionnaireVersion.objects.get(slug="ketamine-screening", retired_at=None)
    PageCount.objects.create(day=timezone.localdate(), questionnaire_version=version, page=page, count=count)


def test_the_page_shows_shares_and_hides_what_few_people_did(staff_client: Client) -> None:
    for page, count in (("age", 40), ("answering", 38), ("about-you", 20), ("safety", 3), ("", 12)):
        seeded(page, count)
    page = staff_client.get("/admin/desk/numbers/").text
    assert "100%" in page
    assert "50%" in page
    assert ">18<" in page  # left between two pages
    assert ">3<" not in page
    assert "fewer than 10" in page
    assert "30%" in page


def test_old_days_do_not_count(staff_client: Client) -> None:
    seeded("age", 40)
    PageCount.objects.update(day=timezone.localdate() - datetime.timedelta(days=31))
    assert "Nobody has begun a form in this time." in staff_client.get("/admin/desk/numbers/").text


def test_waiting_times_are_shown_from_ten_submissions_on(
    staff_client: Client, django_assert_num_queries: Any
) -> None:
    def taken_up() -> None:
        crisis = sent(HAS_THOUGHTS, ago=datetime.timedelta(minutes=20))
        actions.acknowledge(submission=crisis, by="nurse", what_was_done="Called.", at=timezone.now())

    for _ in range(9):
        taken_up()
    assert "20 minutes" not in staff_client.get("/admin/desk/numbers/").text
    taken_up()
    assert "20 minutes" in staff_client.get("/admin/desk/numbers/").text
    with django_assert_num_queries(2):  # one for each line
        assert [row.count for row in waiting_rows(at=timezone.now())] == ["10", "fewer than 10"]


# The demonstration's people


def test_made_up_people_are_sent_on_the_way_that_patients_take() -> None:
    call_command("seed_demo", submissions=30, verbosity=0)
    submissions = list(Submission.objects.of_patients().with_version())
    assert len(submissions) >= 24
    heads = [storage.read_head(one) for one in submissions]
    assert {head.name for head in heads} <= {f"Test Patient {number}" for number in range(17, 47)}
    assert len({one.priority for one in submissions}) >= 3
    assert not any(one.quarantined for one in submissions)
    assert Draft.objects.exclude(sent_at=None).count() >= 1  # receipts, as after any sending
    assert all("555-01" in " ".join(dict(head.contact).values()) for head in heads)


def test_they_are_the_same_at_each_run() -> None:
    assert people(50) == people(50)
    assert len({person.sent_ago for person in people(50)}) == 50


def test_a_real_clinics_site_refuses_them() -> None:
    Clinic.objects.update(is_demonstration=False)
    with pytest.raises(CommandError, match="not the demonstration clinic"):
        call_command("seed_demo", submissions=3, verbosity=0)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("number", [0, -1, 1_000_000])
def test_a_number_that_cannot_be_meant_is_refused(number: int) -> None:
    with pytest.raises(CommandError, match="is a number from 1"):
        call_command("seed_demo", submissions=number, verbosity=0)


def test_among_many_there_is_somebody_in_danger() -> None:
    call_command("seed_demo", submissions=120, verbosity=0)
    assert Submission.objects.filter(priority__lte=Priority.CRISIS).exists()
