"""The worker notices within minutes when what patients send could not be opened, and staff are told."""

import datetime
import logging
from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent, Reason
from clinic_site.clinic import Clinic
from clinic_site.roles import Role
from intake import actions, alarms, storage
from intake.keys import PrivateKey, Recipients
from intake.models import Draft, Heartbeat, Kind, Status, Submission, WhyDeleted
from intake.process_keys import recipients
from tests.applicant import send, walk
from tests.crises import HAS_THOUGHTS, sent
from tests.serving_roles import acting_as

pytestmark = pytest.mark.django_db

STRANGER = PrivateKey.generate().public_key


@pytest.fixture
def as_worker() -> Iterator[None]:
    with acting_as(Role.WORKER):
        yield


def exchanged(monkeypatch: pytest.MonkeyPatch, to: Recipients) -> None:
    """Somebody exchanged a public key on the public host."""
    monkeypatch.setattr(storage, "recipients", lambda: to)


def test_a_canary_is_sent_by_the_public_process_and_opened_by_the_worker() -> None:
    with acting_as(Role.PUBLIC):
        call_command("seal_canary", verbosity=0)
    with acting_as(Role.WORKER):
        assert actions.look_at_new_submissions() == actions.FirstLook(opened=1, closed=0)
    canary = Submission.objects.get()
    assert (canary.kind, canary.opens) == (Kind.CANARY, True)
    assert alarms.alarms(at=timezone.now()) == []


def test_staff_never_meet_a_canary(staff_client: Client) -> None:
    call_command("seal_canary", verbosity=0)
    canary = Submission.objects.get()
    assert canary.reference not in staff_client.get("/admin/intake/submission/?show=all").text
    assert staff_client.get(f"/admin/intake/submission/{canary.pk}/change/").status_code == 404
    found = staff_client.post("/admin/intake/submission/find/", {"reference": canary.reference}, follow=True)
    assert "Nobody was found by this name, birth date, phone, e-mail or reference" in found.text


@pytest.mark.parametrize("which", ["clinic", "escrow"])
def test_an_exchanged_public_key_raises_the_alarm(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, staff_client: Client, which: str
) -> None:
    mine = recipients()
    thiefs = Recipients(STRANGER, mine.escrow) if which == "clinic" else Recipients(mine.clinic, STRANGER)
    exchanged(monkeypatch, thiefs)
    call_command("seal_canary", verbosity=0)
    with acting_as(Role.WORKER), caplog.at_level(logging.CRITICAL):
        assert actions.look_at_new_submissions().closed == 1
    assert STRANGER.id in caplog.text
    (alarm,) = alarms.alarms(at=timezone.now())
    assert alarm.startswith("1 submission does not open")


def test_what_a_patient_sends_is_tried_once_when_it_arrives(as_worker: None) -> None:
    send(Client())
    assert actions.look_at_new_submissions() == actions.FirstLook(1, 0)
    assert actions.look_at_new_submissions() == actions.FirstLook(0, 0)
    event = AuditEvent.objects.get(action="key")
    assert (event.account, event.submissions) == ("worker", [Submission.objects.get().pk])


def test_a_worker_that_does_not_run_is_noticed() -> None:
    send(Client())
    assert alarms.alarms(at=timezone.now()) == []
    later = timezone.now() + datetime.timedelta(minutes=11)
    assert "the worker does not run" in alarms.alarms(at=later)[0]


def test_a_worker_that_lives_and_does_not_look_is_noticed_too() -> None:
    send(Client())
    later = timezone.now() + datetime.timedelta(minutes=11)
    Heartbeat.objects.create(at=later)
    (alarm,) = alarms.alarms(at=later)
    assert alarm.startswith("Nobody has tried whether the newest submissions open")


def test_canaries_that_stop_are_noticed(as_worker: None) -> None:
    with acting_as(Role.PUBLIC):
        call_command("seal_canary", verbosity=0)
    actions.look_at_new_submissions()
    later = timezone.now() + datetime.timedelta(hours=4)
    (alarm,) = alarms.alarms(at=later)
    assert alarm.startswith("The last canary opened on ")


def test_canaries_that_never_came_are_noticed(as_worker: None) -> None:
    send(Client())
    actions.look_at_new_submissions()
    (alarm,) = alarms.alarms(at=timezone.now() + datetime.timedelta(hours=4))
    assert alarm.startswith("No canary ever opened")


def test_old_canaries_go_and_the_newest_that_opened_stays() -> None:
    now = timezone.now()
    for age in (5, 4, 3):
        with time_machine.travel(now - datetime.timedelta(days=age), tick=False), acting_as(Role.PUBLIC):
            call_command("seal_canary", verbosity=0)
    send(Client())
    with acting_as(Role.WORKER):
        actions.look_at_new_submissions()
        assert actions.delete_old_canaries(at=now) == 2
    assert Submission.objects.canaries().count() == 1
    assert Submission.objects.of_patients().count() == 1


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.STAFF, Role.WORKER, Role.ALL])
def test_nobody_but_the_owner_deletes_what_a_patient_sent(role: Role) -> None:
    send(Client())
    with (
        pytest.raises(DatabaseError, match="permission denied|is not deleted by"),
        transaction.atomic(),
        acting_as(role),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM intake_submission")
    assert Submission.objects.exists()


def test_a_taken_over_public_process_cannot_hide_what_it_adds_from_staff() -> None:
    send(Client())
    row = Submission.objects.get()
    Submission.objects.all().delete()
    row.opens, row.status, row.assigned_to = True, Status.ARCHIVED, "nobody"
    with acting_as(Role.PUBLIC):
        Submission.objects.bulk_create([row], ignore_conflicts=True)
    row.refresh_from_db()
    assert (row.opens, row.status, row.assigned_to) == (None, Status.NEW, "")


def test_one_round_does_every_duty(client: Client) -> None:
    send(Client())
    with time_machine.travel(timezone.now() - datetime.timedelta(days=31)):
        walk(client, until="contact")
    with acting_as(Role.ALL):
        call_command("worker", once=True)
    assert Draft.objects.filter(sent_at=None).count() == 0
    assert Submission.objects.filter(opens=True).count() == 2  # the patient's, and a canary
    assert AuditEvent.objects.filter(action="retention", detail="drafts deleted").exists()


@pytest.mark.parametrize("duty", ["tell", "purge", "make_exports"])
def test_a_long_duty_shows_between_its_batches_that_the_worker_lives(duty: str) -> None:
    Clinic.objects.update(alert_email="nurses@clinic.example")
    crisis, now = sent(HAS_THOUGHTS), timezone.now()
    actions.ask_for_export(submissions=[crisis.pk], reason=Reason.LEGAL, by="nurse", at=now)
    actions.order_deletion(submission=crisis, reason=WhyDeleted.TWICE, by="officer", at=now)
    actions.make_notices(at=now)
    with acting_as(Role.WORKER):
        getattr(actions, duty)(at=now)
    assert Heartbeat.objects.get().at >= now


def test_a_duty_that_fails_keeps_no_other_from_being_done(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    send(Client())
    monkeypatch.setattr(actions, "clear_expired_drafts", fail)
    with acting_as(Role.ALL):
        call_command("worker", once=True)
    assert "could not do one of its duties" in caplog.text
    assert Submission.objects.of_patients().get().opens
