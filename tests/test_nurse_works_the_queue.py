"""The queue's tabs and pages, what is done with several at once, and what is found; also by a hostile address."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic_site.accounts.groups import CLINICIAN
from clinic_site.audit import AuditEvent
from clinic_site.clinic import Clinic
from intake import actions, search
from intake.admin import queue
from intake.models import CallOutcome, Priority, SearchEntry, Status, Submission
from intake.one_query import answers
from tests.signing_in import sign_in
from tests.test_export_from_admin import QUEUE, sent

pytestmark = pytest.mark.django_db

CRISIS = {"mood_self_harm": "LA6570-1", "risk_now": "yes"}


@pytest.fixture(autouse=True)
def nobody_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that was just started."""
    monkeypatch.setattr(search, "in_memory", search.PeopleInMemory())


def tab(client: Client, key: str) -> str:
    return client.get(QUEUE, {"tab": key}).text


def copies(submission: Submission, count: int) -> list[Submission]:
    """As many rows with the same sealed columns; they do not open, and stand in the queue all the same."""
    values = {field.attname: getattr(submission, field.attname) for field in Submission._meta.concrete_fields}
    rows = [
        Submission(**{**values, "id": f"00000000-0000-4000-8000-{number:012}"}) for number in range(count)
    ]
    return Submission.objects.bulk_create(rows)


def test_each_tab_shows_its_own_and_tells_how_many(staff_client: Client) -> None:
    calm, waiting, done = sent("Anna A"), sent("Berta B"), sent("Carla C")
    Submission.objects.filter(pk=waiting.pk).update(status="needs_information", assigned_to="nurse")
    Submission.objects.filter(pk=done.pk).update(status="declined")
    shown = {key: tab(staff_client, key) for key in queue.TABS}
    assert [key for key, page in shown.items() if calm.reference in page] == ["open", "new"]
    assert [key for key, page in shown.items() if waiting.reference in page] == ["open", "mine", "waiting"]
    assert [key for key, page in shown.items() if done.reference in page] == ["done"]
    assert answers(**queue.counts("nurse")) == {
        **{"open": 2, "urgent": 0, "mine": 1, "new": 1},
        **{"call": 0, "waiting": 1, "done": 1, "withdrawn": 0, "quarantine": 0},
    }


def test_whom_to_call_again_stands_in_a_tab_until_somebody_called(staff_client: Client) -> None:
    due, later, other = sent("Anna A"), sent("Berta B"), sent("Carla C")
    today, now = timezone.localdate(), timezone.now()

    def called(submission: Submission, *, again: date | None, minutes: int = 0) -> None:
        actions.write_call(
            submission=submission,
            author="nurse",
            outcome=CallOutcome.NO_ANSWER,
            text="",
            at=now + timedelta(minutes=minutes),
            try_again_on=again,
        )

    called(due, again=today)
    called(later, again=today + timedelta(days=1))
    page = tab(staff_client, "call")
    assert due.reference in page
    assert later.reference not in page
    assert other.reference not in page
    called(due, again=None, minutes=5)
    assert due.reference not in tab(staff_client, "call")


def test_what_a_robot_may_have_sent_stands_apart_unless_it_is_urgent(staff_client: Client) -> None:
    robot, urgent = sent("Anna A"), sent("Berta B")
    Submission.objects.update(quarantined=True)
    Submission.objects.filter(pk=urgent.pk).update(priority=1)
    assert robot.reference not in tab(staff_client, "open")
    assert robot.reference in tab(staff_client, "quarantine")
    for key in ("open", "urgent", "quarantine"):
        assert urgent.reference in tab(staff_client, key)


def test_pages_follow_each_other_without_a_gap_and_lead_back(staff_client: Client) -> None:
    copies(sent("Anna A"), 2 * queue.ROWS + 5)
    everything = list(queue.of_tab(queue.FIRST_TAB, "").most_urgent_first())
    page, seen = queue.page_of(queue.FIRST_TAB, ""), []
    while True:
        seen += page.rows
        if page.after is None:
            break
        page = queue.page_of(queue.FIRST_TAB, "", after=page.after)
    assert seen == everything
    back = queue.page_of(queue.FIRST_TAB, "", before=page.before)
    assert back.rows == everything[queue.ROWS : 2 * queue.ROWS]
    assert "Next page" in staff_client.get(QUEUE).text


def test_a_count_ends_at_a_number_that_still_means_something(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    copies(sent("Anna A"), 8)
    monkeypatch.setattr(queue, "MOST_COUNTED", 5)
    counted = answers(**queue.counts(""))["open"]
    assert (counted, queue.in_tab(counted), queue.in_tab(5)) == (6, "5+", "5")


def test_who_waits_longer_than_the_clinic_set_is_marked_late(staff_client: Client) -> None:
    sent("Anna A")
    Clinic.objects.update(review_within_hours=0)
    assert "late" in staff_client.get(QUEUE).text
    Clinic.objects.update(review_within_hours=None)
    page = staff_client.get(QUEUE).text
    assert "late" not in page
    assert "due in" not in page


def ticked(*submissions: Submission, **fields: Any) -> dict[str, Any]:
    return {"_selected_action": [str(one.pk) for one in submissions], **fields}


def test_several_are_assigned_at_once_and_that_is_written_down(staff_client: Client) -> None:
    first, second, other = sent("Anna A"), sent("Berta B"), sent("Carla C")
    staff_client.post(QUEUE, ticked(first, second, action="assign_me"))
    assert set(Submission.objects.filter(assigned_to="nurse")) == {first, second}
    event = AuditEvent.objects.filter(action="status").latest("pk")
    assert (set(event.submissions), event.detail) == ({first.pk, second.pk}, "assigned")
    colleague = User.objects.create_user("test-colleague", password="a long test password", is_staff=True)
    colleague.groups.set(Group.objects.filter(name="Front desk"))
    assert "test-colleague" in staff_client.post(QUEUE, ticked(other, action="assign")).text
    staff_client.post(QUEUE, ticked(other, action="assign", to="test-colleague"))
    assert Submission.objects.get(pk=other.pk).assigned_to == "test-colleague"
    staff_client.post(QUEUE, ticked(other, action="assign", to="nobody-like-this"))
    assert Submission.objects.get(pk=other.pk).assigned_to == "test-colleague"


@pytest.mark.parametrize("pk", ["x", "\0", "' OR 1=1", ""])
def test_what_was_ticked_must_be_a_submission(staff_client: Client, pk: str) -> None:
    response = staff_client.post(QUEUE, {"_selected_action": [pk], "action": "assign_me"})
    assert response.status_code == 400


def test_the_first_page_asks_the_database_eight_times_whatever_its_length(client: Client) -> None:
    """Of an account with the rights of its group, while a crisis waits too long."""
    nurse = User.objects.create_user("test-nurse", is_staff=True)
    nurse.groups.add(Group.objects.get(name=CLINICIAN))
    client.force_login(nurse)
    copies(sent("Anna A"), 60)
    Submission.objects.update(priority=Priority.CRISIS_NOW, received_at=timezone.now() - timedelta(hours=2))
    with CaptureQueriesContext(connection) as captured:
        page = client.get(QUEUE).text
    assert "may be in danger" in page
    asked = [one["sql"] for one in captured if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 8, asked


# Finding


def find(client: Client, typed: str) -> Any:
    return client.post(f"{QUEUE}find/", {"reference": typed}, follow=True)


@pytest.mark.parametrize("is_entered", [False, True])
@pytest.mark.parametrize(
    "typed",
    [
        "munoz jose",
        "JOSÉ MUÑOZ",
        "jose",
        "(410) 555-0117",
        "4105550117",
        "3/9/1982",
        "PATIENT17@clinic.example",
    ],
)
def test_a_person_is_found_however_it_is_typed(staff_client: Client, typed: str, is_entered: bool) -> None:
    known = {"birth-date": date(1982, 3, 9), "phone": "(410) 555-0117", "email": "patient17@clinic.example"}
    wanted = sent("José Muñoz", **known)
    other = {"birth-date": date(1990, 1, 2), "phone": "(410) 555-0199", "email": "anna@clinic.example"}
    sent("Anna A", **other)
    if is_entered:
        actions.look_at_new_submissions()
        assert SearchEntry.objects.count() == 2
    response = find(staff_client, typed)
    assert response.redirect_chain[-1][0] == f"{QUEUE}{wanted.pk}/change/"


def test_what_is_done_is_found_by_what_is_typed_exactly(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = sent("José Muñoz")
    actions.look_at_new_submissions()
    Submission.objects.update(status=Status.ARCHIVED)
    monkeypatch.setattr(search, "in_memory", search.PeopleInMemory())
    assert submission.reference in find(staff_client, "jose munoz").text
    assert submission.reference not in find(staff_client, "jose").text


def test_several_are_listed_and_masked_and_what_was_typed_stands_nowhere(staff_client: Client) -> None:
    first, second = sent("Quercus One"), sent("Quercus Two")
    response = find(staff_client, "quercus")
    for submission in (first, second):
        assert submission.reference in response.text
    assert "quercus" not in response.text.lower()
    assert "quercus" not in str(dict(staff_client.session)).lower()
    assert "quercus" not in "".join(f"{event.detail}{event.reason}" for event in AuditEvent.objects.all())
    assert set(AuditEvent.objects.filter(action="list").latest("pk").submissions) == {first.pk, second.pk}


@pytest.mark.parametrize("typed", ["%", "' OR 1=1 --", "\0", "x" * 100_000, "....", "@", "12", "é"])
def test_a_hostile_search_finds_nobody_and_breaks_nothing(staff_client: Client, typed: str) -> None:
    sent("Anna A")
    response = find(staff_client, typed)
    assert response.status_code == 200
    (message,) = response.context["messages"]
    assert "Nobody was found" in str(message)


def test_who_may_not_reveal_finds_by_reference_alone(client: Client) -> None:
    submission = sent("Anna A")
    clerk = User.objects.create_user("test-clerk", password="a long test password", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_submission"))
    sign_in(client, clerk)
    assert "reference" in str(list(find(client, "Anna A").context["messages"])[0])
    assert find(client, submission.reference).redirect_chain[-1][0] == f"{QUEUE}{submission.pk}/change/"


def test_the_entries_tell_a_thief_nothing_that_was_typed(db: None) -> None:
    sent("Quercus Robur")
    actions.look_at_new_submissions()
    entry = SearchEntry.objects.get()
    everything = bytes(entry.contents) + "".join(entry.marks).encode()
    for word in (b"uercus", b"uercu", b"4105550117", b"1982", b"patient17"):
        assert word not in everything.lower()
    assert len(entry.contents) == 540  # padded, so that the length of a name does not show


def test_what_was_sent_before_there_was_a_search_is_entered_by_the_worker(db: None) -> None:
    sent("Anna A")
    actions.look_at_new_submissions()
    SearchEntry.objects.all().delete()
    assert actions.enter_missing_people() == 1
    assert actions.enter_missing_people() == 0
