"""The review desk: urgent ones first, answers as the patient saw them, and what staff may change."""

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client

from intake import storage
from intake.models import Note, Status, Submission
from tests.applicant import send
from tests.opened import opened_head
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/intake/submission/"


@pytest.fixture
def desk(staff_client: Client) -> Client:
    return staff_client


def screen(submission: Submission) -> str:
    return f"{QUEUE}{submission.pk}/change/"


def test_the_urgent_submission_stands_above_an_older_routine_one(desk: Client) -> None:
    send(Client(), name="Test Patient 1")
    send(Client(), name="Test Patient 2", mood_self_harm="LA6570-1")
    send(Client(), name="Test Patient 3", pregnant="yes")
    page = desk.get(QUEUE).content.decode()
    assert page.index("T. P. 2.") < page.index("T. P. 3.") < page.index("T. P. 1.")
    assert "Crisis now" in page


def test_among_equals_the_one_that_waits_longest_comes_first(desk: Client) -> None:
    for number in (1, 2):
        send(Client(), name=f"Test Patient {number}")
    page = desk.get(QUEUE).content.decode()
    assert page.index("T. P. 1.") < page.index("T. P. 2.")


def test_the_answers_are_read_page_by_page_as_the_patient_saw_them(desk: Client) -> None:
    send(Client(), mood_down="LA6569-3", heart_problem="yes", heart_recent="yes", heart_controlled="no")
    page = desk.get(screen(Submission.objects.get())).content.decode()
    for words in (
        "T. P. 1.",
        "Feeling down, depressed, or hopeless",
        "Several days",
        "behind the left knee",
        "PHQ-9",
        "minimal",
        "Poorly controlled heart disease",
    ):
        assert words in page
    assert (
        page.index("How to reach you") < page.index("Your pain in the past week") < page.index("Getting home")
    )


def test_every_flag_is_shown_with_its_reason_and_source(desk: Client) -> None:
    send(Client(), pregnant="yes")
    submission = Submission.objects.get()
    page = desk.get(screen(submission)).content.decode()
    flags = opened_head(submission).flags
    assert flags
    for flag in flags:
        assert flag["reason"] in page
        assert flag["source"] in page


def flagged_questions(page: str) -> set[str]:
    """The questions of the answers that are marked as flagged."""
    return {
        re.sub("<[^>]*>", "", words).removesuffix(" flagged").strip()
        for words in re.findall(r'class="is-flagged">\s*<dt>(.*?)</dt>', page)
    }


def test_only_the_answers_that_raised_a_flag_are_marked(desk: Client) -> None:
    send(Client(), mood_down="LA6569-3", mood_self_harm="LA6569-3", risk_now="yes")
    page = desk.get(screen(Submission.objects.get())).content.decode()
    assert len(flagged_questions(page)) == 2, flagged_questions(page)
    assert any("hurting yourself" in question for question in flagged_questions(page))
    assert any("better off dead" in question for question in flagged_questions(page))


def test_a_nurse_sets_a_status_and_writes_a_note(desk: Client, staff: User) -> None:
    send(Client())
    submission = Submission.objects.get()
    desk.post(screen(submission), {"status": Status.IN_REVIEW, "note": "Called, no answer."})
    submission.refresh_from_db()
    assert submission.status == Status.IN_REVIEW
    assert submission.status_changed_at is not None
    assert Note.objects.get().author == staff.get_username()
    assert "Called, no answer." in desk.get(screen(submission)).content.decode()


def test_answers_cannot_be_changed_by_staff(desk: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    before = (bytes(submission.head), bytes(submission.body), submission.priority)
    desk.post(screen(submission), {"status": "new", "body": "{}", "head": "{}", "priority": "5", "id": "0"})
    submission.refresh_from_db()
    assert (bytes(submission.head), bytes(submission.body), submission.priority) == before


def test_submissions_are_neither_added_nor_deleted_by_hand(desk: Client) -> None:
    send(Client())
    assert desk.get(f"{QUEUE}add/").status_code == 403
    assert desk.post(f"{QUEUE}{Submission.objects.get().pk}/delete/", {"post": "yes"}).status_code == 403
    assert Submission.objects.exists()


def test_finished_submissions_leave_the_queue_and_can_be_found_again(desk: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    desk.post(screen(submission), {"status": Status.DECLINED, "note": ""})
    assert "T. P. 1." not in desk.get(QUEUE).content.decode()
    assert "T. P. 1." in desk.get(QUEUE, {"tab": "done"}).content.decode()


def test_a_note_that_is_too_long_is_refused_and_kept_in_the_box(desk: Client) -> None:
    send(Client())
    page = desk.post(screen(Submission.objects.get()), {"status": "new", "note": "x" * 5000}).content.decode()
    assert "at most 4000 characters" in page
    assert "x" * 5000 in page
    assert not Note.objects.exists()


def test_somebody_who_is_not_staff_sees_no_submission(client: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    sign_in(client, User.objects.create_user("test-stranger", password="a long test password"))
    for path in (QUEUE, screen(submission)):
        response = client.get(path)
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]


def test_the_queue_takes_the_same_few_queries_for_twenty_rows(
    desk: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for number in range(3):
        send(Client(), name=f"Test Patient {number}")
    template = Submission.objects.first()
    assert template is not None
    rows = [
        Submission(**{f.attname: getattr(template, f.attname) for f in Submission._meta.fields})
        for _ in range(20)
    ]
    for number, row in enumerate(rows):
        row.pk = f"00000000-0000-4000-8000-{number:012}"
    Submission.objects.bulk_create(rows)
    with django_assert_max_num_queries(16):  # the audit trail and the alarms among them
        desk.get(QUEUE)


def test_a_note_on_an_old_page_does_not_undo_a_colleagues_decision(desk: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    desk.post(screen(submission), {"status": "declined", "initial-status": "new", "note": ""})
    desk.post(screen(submission), {"status": "new", "initial-status": "new", "note": "Called."})
    submission.refresh_from_db()
    assert submission.status == Status.DECLINED
    assert storage.read_note(Note.objects.get()) == "Called."


def test_two_decisions_at_once_are_told_and_the_first_one_stays(desk: Client) -> None:
    send(Client())
    submission = Submission.objects.get()
    desk.post(screen(submission), {"status": "declined", "initial-status": "new", "note": ""})
    page = desk.post(
        screen(submission), {"status": "accepted", "initial-status": "new", "note": "x"}
    ).content.decode()
    assert "Somebody set the status to “Declined”" in page
    submission.refresh_from_db()
    assert submission.status == Status.DECLINED


def test_a_status_that_nobody_can_have_seen_is_told_as_a_conflict(desk: Client) -> None:
    send(Client())
    address = screen(Submission.objects.get())
    page = desk.post(address, {"status": "declined", "initial-status": "Test Patient", "note": ""}).text
    assert "while you had this page open" in page


def test_after_a_conflict_the_page_shows_the_status_that_stands_and_saves(desk: Client) -> None:
    send(Client())
    address = screen(Submission.objects.get())
    desk.post(address, {"status": "declined", "initial-status": "new", "note": ""})
    page = desk.post(address, {"status": "accepted", "initial-status": "new", "note": "Called."}).text
    assert 'name="initial-status" value="declined"' in page
    assert "Called." in page
    desk.post(address, {"status": "in_review", "initial-status": "declined", "note": "Called."})
    assert Submission.objects.get().status == "in_review"


@pytest.mark.parametrize("odd", [5, [], "x", None, {"a": None}, {"a": "b"}])
def test_a_session_that_somebody_changed_shows_nobodys_name(desk: Client, odd: object) -> None:
    send(Client())
    session = desk.session
    session["revealed"] = odd
    session.save()
    page = desk.get(QUEUE)
    assert page.status_code == 200
    assert "T. P. 1." in page.text


@pytest.mark.parametrize(
    "asked",
    [
        *("head=x", "id__startswith=0", "opens=1", "status__exact=%00", "tab=%00", "tab=", "tab=all"),
        *("after=x", "before=%00", "after='%3B+DROP+TABLE", f"after={uuid.UUID(int=5)}", "tab=open&tab=head"),
    ],
)
def test_an_address_that_no_page_of_the_queue_made_leads_to_the_queue(desk: Client, asked: str) -> None:
    send(Client())
    response = desk.get(f"{QUEUE}?{asked}")
    assert (response.status_code, response["Location"]) == (302, QUEUE)


def test_staff_without_the_permission_see_nothing(client: Client) -> None:
    send(Client())
    clerk = User.objects.create_user("test-clerk", password="a long test password", is_staff=True)
    sign_in(client, clerk)
    for path in (QUEUE, screen(Submission.objects.get())):
        assert client.get(path).status_code == 403
