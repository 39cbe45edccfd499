"""Who it is stays hidden from staff until one of them says why they need to know, and then from all others still."""

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from clinic_site.session_store import SessionStore
from clinic_site.sessions import StaffSession
from intake import actions
from intake.models import Submission
from tests.applicant import send
from tests.opened import changed_inside, opened_head
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/intake/submission/"
IDENTITY = (
    "Quercus",
    "March 9, 1982",
    "(410) 555-0117",
    "patient17@clinic.example",
    "Test Friend 17",
    "555-0118",
)
HELPER = {"respondent": "helper", "helper_name": "Test Helper Salix", "helper_relationship": "sister"}


@pytest.fixture
def submission(db: None) -> Submission:
    send(Client(), name="Test Patient Quercus")
    return Submission.objects.get()


def both_pages(client: Client, submission: Submission) -> str:
    return client.get(QUEUE).text + client.get(f"{QUEUE}{submission.pk}/change/").text


def reveal(client: Client, submission: Submission, reason: str = "contact") -> str:
    return client.post(f"{QUEUE}{submission.pk}/reveal/", {"reason": reason}, follow=True).text


def test_list_and_page_show_initials_and_age(staff_client: Client, submission: Submission) -> None:
    page = both_pages(staff_client, submission)
    for identity in IDENTITY:
        assert identity not in page
    assert "T. P. Q." in page
    head = opened_head(submission)
    assert head.birth_date == datetime.date(1982, 3, 9)
    assert "hidden until you reveal who it is" in page


def test_who_helped_is_masked_too(staff_client: Client) -> None:
    send(Client(), patient_present="yes", **HELPER)
    page = both_pages(staff_client, Submission.objects.get())
    assert "Salix" not in page
    assert "sister" not in page


def test_a_reason_shows_it_in_list_and_page(staff_client: Client, submission: Submission) -> None:
    page = reveal(staff_client, submission)
    for identity in IDENTITY:
        assert identity in page
    assert "Test Patient Quercus" in staff_client.get(QUEUE).text


@pytest.mark.parametrize("reason", ["", "because", "Quercus"])
def test_without_a_reason_of_the_list_nothing_is_shown(
    staff_client: Client, submission: Submission, reason: str
) -> None:
    assert "Choose a reason first" in reveal(staff_client, submission, reason)
    assert "Test Patient Quercus" not in both_pages(staff_client, submission)


def test_another_account_sees_it_masked_still(staff_client: Client, submission: Submission) -> None:
    reveal(staff_client, submission)
    other = Client()
    sign_in(other, User.objects.create_superuser("test-other", password="a long test password"))
    assert "Quercus" not in both_pages(other, submission)


def test_one_submission_revealed_leaves_the_others_masked(
    staff_client: Client, submission: Submission
) -> None:
    send(Client(), name="Test Patient Tilia")
    reveal(staff_client, submission)
    assert "Tilia" not in staff_client.get(QUEUE).text


def test_after_half_an_hour_it_is_masked_again(
    staff_client: Client, submission: Submission, settings: Any
) -> None:
    settings.SESSION_IDLE = 60 * 60  # else nobody would be signed in any more
    reveal(staff_client, submission)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=31)):
        pages = both_pages(staff_client, submission)
    assert submission.reference in pages
    assert "Quercus" not in pages


def test_the_session_knows_ids_alone(staff_client: Client, submission: Submission) -> None:
    reveal(staff_client, submission)
    (session,) = StaffSession.objects.all()
    assert set(SessionStore().decode(session.session_data)["revealed"]) == {str(submission.pk)}
    assert "Quercus" not in str(SessionStore().decode(session.session_data))


def test_a_row_that_does_not_open_breaks_neither_list_nor_page_nor_export(
    staff_client: Client, submission: Submission
) -> None:
    send(Client(), name="Test Patient Tilia")
    sound = Submission.objects.exclude(pk=submission.pk).get()
    Submission.objects.filter(pk=submission.pk).update(head=sound.head)
    queue = staff_client.get(QUEUE).text
    assert "Cannot be opened" in queue
    assert submission.clinic_key_id in queue
    assert "T. P. T." in queue
    page = staff_client.get(f"{QUEUE}{submission.pk}/change/").text
    assert "This submission cannot be opened" in page
    assert submission.clinic_key_id in page
    exported = staff_client.post(
        QUEUE,
        {
            "action": "export_selected",
            "_selected_action": [str(submission.pk), str(sound.pk)],
            "reason": "review",
        },
    )
    assert "Test Patient Tilia" in exported.text
    assert f"{submission.reference}: it cannot be opened" in exported.text


@pytest.mark.parametrize(
    "change",
    [
        lambda head, body: head.update(name=5),
        lambda head, body: head.update(name=None),
        lambda head, body: head.update(flags=[1]),
        lambda head, body: head.update(flags=[{"row": "x"}]),
        lambda head, body: head.update(scores=5),
        lambda head, body: head.update(birth_date="yesterday"),
        lambda head, body: head.update(contact=[1]),
        lambda head, body: head.pop("name"),
    ],
)
def test_a_head_that_no_patient_sent_breaks_neither_list_nor_page_and_raises_the_alarm(
    staff_client: Client, submission: Submission, change: Any
) -> None:
    """Whoever took over the public process can seal anything; the others must stay readable."""
    changed_inside(submission, change)
    assert "Cannot be opened" in staff_client.get(QUEUE).text
    assert "This submission cannot be opened" in staff_client.get(f"{QUEUE}{submission.pk}/change/").text
    assert actions.look_at_new_submissions().closed == 1


@pytest.mark.parametrize("pages", [5, [{}], [{"title": "x", "slug": "x", "items": [1]}]])
def test_a_body_that_no_patient_sent_is_told_on_its_page(
    staff_client: Client, submission: Submission, pages: Any
) -> None:
    changed_inside(submission, lambda head, body: body.update(pages=pages))
    assert "This submission cannot be opened" in staff_client.get(f"{QUEUE}{submission.pk}/change/").text


@pytest.mark.parametrize("typed", ["", "abc", "0000-0000", "x" * 5000, "1234-567U"])
def test_a_reference_that_is_none_is_told_on_the_list(
    staff_client: Client, submission: Submission, typed: str
) -> None:
    response = staff_client.post(f"{QUEUE}find/", {"reference": typed}, follow=True)
    assert response.status_code == 200
    (message,) = response.context["messages"]
    assert "reference" in str(message)


def test_a_reference_is_found_however_it_is_typed(staff_client: Client, submission: Submission) -> None:
    typed = f" {submission.reference.lower().replace('-', ' ')} "
    response = staff_client.post(f"{QUEUE}find/", {"reference": typed})
    assert response["Location"] == f"{QUEUE}{submission.pk}/change/"
