"""Nothing that was sent goes until the privacy officer says so; then exactly that goes, and a tombstone remains."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from clinic_site.accounts.groups import GROUPS
from clinic_site.audit import AuditEvent
from clinic_site.roles import Role
from intake import actions
from intake.models import Note, RetentionClock, Status, Submission, Tombstone, WhyDeleted
from tests.crises import sent
from tests.serving_roles import acting_as, say
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def in_group(name: str) -> Client:
    account = User.objects.create_user(
        name.replace(" ", "-"), password="a long enough password", is_staff=True
    )
    account.groups.set(Group.objects.filter(name=name))
    client = Client()
    sign_in(client, account)
    return client


@pytest.fixture
def officer(db: None) -> Client:
    return in_group("Privacy officer")


def decided(status: Status, *, days_ago: int) -> Submission:
    submission = sent()
    since = timezone.now() - days_ago * DAY - datetime.timedelta(minutes=1)
    Submission.objects.filter(pk=submission.pk).update(
        status=status, status_changed_at=since, received_at=since
    )
    actions.write_note(submission=submission, author="nurse", text="Called.", at=timezone.now())
    return submission


def purge() -> int:
    with acting_as(Role.WORKER):
        return actions.purge(at=timezone.now())


def set_clock(status: Status, days: int | None) -> None:
    with acting_as(Role.STAFF):
        actions.set_clocks(days={status: days}, by="officer", at=timezone.now())


def there(*submissions: Submission) -> list[bool]:
    return [Submission.objects.filter(pk=one.pk).exists() for one in submissions]


def test_without_a_clock_nothing_is_ever_deleted() -> None:
    old = decided(Status.DECLINED, days_ago=9000)
    assert purge() == 0
    assert there(old) == [True]


def test_a_clock_deletes_what_is_past_its_time_and_nothing_else() -> None:
    just, not_yet = decided(Status.DECLINED, days_ago=30), decided(Status.DECLINED, days_ago=29)
    other = decided(Status.ACCEPTED, days_ago=300)
    set_clock(Status.DECLINED, 30)
    assert purge() == 1
    assert there(just, not_yet, other) == [False, True, True]
    assert Note.objects.count() == 2
    stone = Tombstone.objects.get()
    assert (stone.pk, stone.reason, stone.ordered_by) == (just.pk, WhyDeleted.TIME_OVER, "worker")
    assert stone.deleted_at is not None
    event = AuditEvent.objects.get(detail="submissions deleted")
    assert (event.account, event.submissions) == ("worker", [just.pk])
    assert purge() == 0


def test_a_clock_that_was_emptied_deletes_nothing() -> None:
    old = decided(Status.DECLINED, days_ago=300)
    set_clock(Status.DECLINED, 30)
    set_clock(Status.DECLINED, None)
    assert purge() == 0
    assert there(old) == [True]


def test_a_legal_hold_stops_every_clock_and_order() -> None:
    old = decided(Status.DECLINED, days_ago=300)
    set_clock(Status.DECLINED, 30)
    with acting_as(Role.STAFF):
        actions.hold(submission=old, by="officer", held=True)
        with pytest.raises(actions.IsHeld):
            actions.order_deletion(
                submission=old, reason=WhyDeleted.PERSON_ASKED, by="officer", at=timezone.now()
            )
    assert purge() == 0
    actions.hold(submission=old, by="officer", held=False)
    assert purge() == 1


def test_a_hold_after_the_order_still_holds() -> None:
    one = sent()
    actions.order_deletion(submission=one, reason=WhyDeleted.TWICE, by="officer", at=timezone.now())
    actions.hold(submission=one, by="officer", held=True)
    assert purge() == 0
    assert there(one) == [True]


def test_an_order_of_the_privacy_officer_is_carried_out_and_written_down(officer: Client) -> None:
    one, other = decided(Status.NEW, days_ago=0), sent()
    answer = officer.post(
        f"/admin/desk/submissions/{one.pk}/delete/", {"reason": "person_asked"}, follow=True
    )
    assert "It is deleted within a minute." in answer.text
    assert there(one) == [True]
    assert purge() == 1
    assert there(one, other) == [False, True]
    stone = Tombstone.objects.get()
    assert (stone.reason, stone.ordered_by) == ("person_asked", "Privacy-officer")
    assert AuditEvent.objects.filter(account="Privacy-officer", detail="ordered").exists()
    assert one.reference in officer.get("/admin/desk/retention/").text


def test_without_a_reason_nothing_is_ordered(officer: Client) -> None:
    one = sent()
    answer = officer.post(f"/admin/desk/submissions/{one.pk}/delete/", {"reason": ""}, follow=True)
    assert "Choose a reason first." in answer.text
    answer = officer.post(f"/admin/desk/submissions/{one.pk}/delete/", {"reason": "time_over"}, follow=True)
    assert not Tombstone.objects.exists()


@pytest.mark.parametrize("group", sorted(set(GROUPS) - {"Privacy officer"}))
def test_nobody_else_orders_holds_or_sets_a_clock(group: str) -> None:
    one, client = sent(), in_group(group)
    assert client.post(f"/admin/desk/submissions/{one.pk}/delete/", {"reason": "twice"}).status_code == 403
    assert client.post(f"/admin/desk/submissions/{one.pk}/hold/", {"held": "1"}).status_code == 403
    assert client.get("/admin/desk/retention/").status_code == 403


def test_a_worker_with_a_fault_cannot_delete_what_nobody_let_go_of() -> None:
    decided(Status.DECLINED, days_ago=29)
    set_clock(Status.DECLINED, 30)
    for table in ("intake_note", "intake_submission"):
        with (
            pytest.raises(DatabaseError, match="is not deleted by web_worker"),
            transaction.atomic(),
            acting_as(Role.WORKER),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")


def test_the_page_says_how_many_go_at_once_before_a_clock_is_set(officer: Client) -> None:
    decided(Status.DECLINED, days_ago=300)
    page = officer.post("/admin/desk/retention/", {"declined": "30"})
    assert "1 submission would be deleted at once, for good." in page.text
    assert not RetentionClock.objects.exists()
    page = officer.post(
        "/admin/desk/retention/", {"declined": "30", "confirmed": page.context["shown"]}, follow=True
    )
    assert "Saved: 1 changed." in page.text
    clock = RetentionClock.objects.get()
    assert (clock.status, clock.days, clock.set_by) == ("declined", 30, "Privacy-officer")
    assert AuditEvent.objects.filter(detail="clock changed declined").exists()


def test_yes_is_said_to_the_number_that_was_shown_and_to_no_other(officer: Client) -> None:
    decided(Status.DECLINED, days_ago=300)
    decided(Status.DECLINED, days_ago=10)
    page = officer.post("/admin/desk/retention/", {"declined": "30"})
    shown = page.context["shown"]
    assert f'value="{shown}"' in page.text
    for changed in (
        {"declined": "1", "confirmed": shown},  # beside the tick
        {"declined": "30", "accepted": "1", "confirmed": shown},
        {"declined": "30", "confirmed": "1"},
    ):
        page = officer.post("/admin/desk/retention/", changed)
        assert "would be deleted at once" in page.text
    decided(Status.DECLINED, days_ago=31)  # meanwhile
    page = officer.post("/admin/desk/retention/", {"declined": "30", "confirmed": shown})
    assert "2 submissions would be deleted at once" in page.text
    assert not RetentionClock.objects.exists()


@pytest.mark.parametrize("typed", ["0", "-1", "99999999999999999999", "soon", "1.5"])
def test_no_clock_is_set_that_cannot_be_meant(officer: Client, typed: str) -> None:
    page = officer.post("/admin/desk/retention/", {"declined": typed, "confirmed": "1"})
    assert page.status_code == 422
    assert not RetentionClock.objects.exists()


def test_the_screen_of_a_submission_counts_down(officer: Client) -> None:
    one = decided(Status.DECLINED, days_ago=10)
    page = officer.get(f"/admin/intake/submission/{one.pk}/change/").text
    assert "Kept for ever" in page
    set_clock(Status.DECLINED, 30)
    goes = timezone.localtime(timezone.now() + 20 * DAY)
    assert f"Deleted on {goes:%b}" in officer.get(f"/admin/intake/submission/{one.pk}/change/").text.replace(
        "Nov.", "Nov"
    ).replace("Dec.", "Dec")


def test_a_purge_that_was_interrupted_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from intake.actions import retention

    for _ in range(3):
        decided(Status.DECLINED, days_ago=300)
    set_clock(Status.DECLINED, 30)
    monkeypatch.setattr(retention, "BATCH", 1)
    whole: Any = retention.purge_batch

    def once(*args: Any, **options: Any) -> int:
        monkeypatch.setattr(retention, "purge_batch", killed)
        return int(whole(*args, **options))

    def killed(*args: Any, **options: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "purge_batch", once)
    with pytest.raises(KeyboardInterrupt):
        purge()
    assert (Submission.objects.count(), Tombstone.objects.count()) == (2, 1)
    monkeypatch.setattr(retention, "purge_batch", whole)
    assert purge() == 2
    assert (Submission.objects.count(), Note.objects.count(), Tombstone.objects.count()) == (0, 0, 3)


def test_one_that_was_reopened_meanwhile_stays_and_is_not_said_to_be_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from intake.actions import retention

    reopened, other = decided(Status.DECLINED, days_ago=300), decided(Status.DECLINED, days_ago=300)
    set_clock(Status.DECLINED, 30)
    whole: Any = retention.purge_batch

    def reopen_first(*args: Any, **options: Any) -> int:
        say("SET ROLE web_staff")
        Submission.objects.filter(pk=reopened.pk).update(status=Status.IN_REVIEW)
        say("SET ROLE web_worker")
        return int(whole(*args, **options))

    monkeypatch.setattr(retention, "purge_batch", reopen_first)
    assert purge() == 1
    assert there(reopened, other) == [True, False]
    event = AuditEvent.objects.get(detail="submissions deleted")
    assert event.submissions == [other.pk]
    assert not Tombstone.objects.filter(pk=reopened.pk).exists()


def test_one_that_cannot_be_deleted_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, others = decided(Status.DECLINED, days_ago=301), [decided(Status.DECLINED, days_ago=300), sent()]
    set_clock(Status.DECLINED, 30)
    actions.order_deletion(submission=others[1], reason=WhyDeleted.TWICE, by="officer", at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF OLD.id = '{stuck.pk}' THEN RAISE 'damaged'; END IF; RETURN OLD; END $$;"
            "CREATE TRIGGER refuse BEFORE DELETE ON intake_submission FOR EACH ROW "
            "EXECUTE FUNCTION pg_temp.refuse()"
        )
    assert purge() == 2
    assert there(stuck, *others) == [True, False, False]
    assert "cannot be deleted" in caplog.text
    deleted = AuditEvent.objects.filter(detail="submissions deleted")
    assert stuck.pk not in {pk for event in deleted for pk in event.submissions}


def test_who_orders_what_was_ordered_is_said_to_be_refused() -> None:
    one = sent()
    with acting_as(Role.STAFF):
        actions.order_deletion(submission=one, reason=WhyDeleted.TWICE, by="officer", at=timezone.now())
        with pytest.raises(actions.AlreadyOrdered):
            actions.order_deletion(submission=one, reason=WhyDeleted.TWICE, by="other", at=timezone.now())
    said = AuditEvent.objects.filter(detail__startswith="ordered").oldest_first()
    assert [(event.account, event.detail) for event in said] == [
        ("officer", "ordered"),
        ("other", "ordered"),
        ("other", "ordered refused"),
    ]


# Acknowledging on the screen


def test_a_nurse_takes_up_a_crisis_on_its_screen(staff_client: Client) -> None:
    from tests.crises import SAYS_AT_RISK_NOW

    crisis = sent(SAYS_AT_RISK_NOW)
    change = f"/admin/intake/submission/{crisis.pk}/change/"
    page = staff_client.get(change).text
    assert "Nobody has taken this up yet." in page
    assert "On-call nurse (demonstration)</strong>, (410) 555-0143" in page
    post = f"/admin/desk/submissions/{crisis.pk}/acknowledge/"
    assert "Write what was done" in staff_client.post(post, {"what_was_done": " "}, follow=True).text
    long = staff_client.post(post, {"what_was_done": "x" * 1_000_000}, follow=True).text
    assert "Shorten what was done" in long
    page = staff_client.post(post, {"what_was_done": "Called, reached, is safe."}, follow=True).text
    assert "Taken up by <strong>nurse</strong>" in page
    assert "Called, reached, is safe." in page
    again = staff_client.post(post, {"what_was_done": "Me too."}, follow=True).text
    assert "by nurse. What you wrote is kept as a note." in again
    assert "Me too." in again


def test_the_privacy_officer_does_not_acknowledge(officer: Client) -> None:
    from tests.crises import SAYS_AT_RISK_NOW

    crisis = sent(SAYS_AT_RISK_NOW)
    post = f"/admin/desk/submissions/{crisis.pk}/acknowledge/"
    assert officer.post(post, {"what_was_done": "x"}).status_code == 403
