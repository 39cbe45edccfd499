"""A crisis is told at least once, through every way that is set, and never whose it is or what was answered."""

import dataclasses
import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic_site.audit import AuditEvent
from clinic_site.clinic import Clinic
from clinic_site.roles import Role
from intake import actions, alarms, telling
from intake.models import Channel, Heartbeat, Notice, Status, Submission
from tests.certificates import certificate_of_localhost
from tests.crises import HAS_THOUGHTS, SAYS_AT_RISK_NOW, sent
from tests.serving_roles import acting_as

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.STAFF_URL = "https://desk.clinic.example"
    Clinic.objects.update(alert_email="nurses@clinic.example", escalation_email="director@clinic.example")


def one_round(*, later: datetime.timedelta = datetime.timedelta(0)) -> None:
    """What the worker does twice a minute, with its own rights."""
    with acting_as(Role.WORKER), time_machine.travel(timezone.now() + later, tick=False):
        at = timezone.now()
        actions.beat(at=at)
        actions.look_at_new_submissions()
        actions.make_notices(at=at)
        actions.tell(at=at)


def letters(subject: str) -> list[Any]:
    return [letter for letter in mail.outbox if subject in letter.subject]


def test_staff_are_mailed_a_level_a_count_and_a_link() -> None:
    crisis = sent(SAYS_AT_RISK_NOW)
    one_round()
    (letter,) = letters("Crisis now")
    assert letter.subject == "Crisis now: 1 form to read now"
    assert letter.to == ["nurses@clinic.example"]
    assert "Crisis now: 1" in letter.body
    assert "https://desk.clinic.example/admin/intake/submission/" in letter.body
    crisis.refresh_from_db()
    assert crisis.alerted_at is not None


def test_no_letter_says_who_it_is_or_what_was_answered() -> None:
    crisis = sent(SAYS_AT_RISK_NOW)
    one_round()
    one_round(later=31 * MINUTE)
    said = "\n".join(str(letter.message()) for letter in mail.outbox)
    for secret in ("Test Patient", "555-0117", "PHQ", "harm", crisis.reference, str(crisis.pk)):
        assert secret not in said


def test_several_at_once_are_told_in_one_letter() -> None:
    sent(SAYS_AT_RISK_NOW)
    sent(HAS_THOUGHTS)
    sent(HAS_THOUGHTS)
    one_round()
    (letter,) = letters("to read now")
    assert "Crisis now: 1\nCrisis: 2" in letter.body


def test_a_form_without_danger_alerts_nobody() -> None:
    sent()
    one_round()
    one_round(later=60 * MINUTE)
    assert letters("Crisis") == []


def test_a_round_more_tells_nothing_twice() -> None:
    sent(SAYS_AT_RISK_NOW)
    one_round()
    one_round()
    one_round(later=MINUTE)
    assert len(letters("to read now")) == 1
    assert Notice.objects.filter(kind="crisis").count() == 1


def test_a_crisis_that_nobody_acknowledges_is_told_again_once() -> None:
    sent(HAS_THOUGHTS)
    one_round(later=29 * MINUTE)
    assert letters("not acknowledged") == []
    one_round(later=30 * MINUTE)
    one_round(later=31 * MINUTE)
    (letter,) = letters("not acknowledged")
    assert letter.to == ["nurses@clinic.example", "director@clinic.example"]


def test_one_that_was_acknowledged_is_not_told_again() -> None:
    crisis = sent(HAS_THOUGHTS)
    actions.acknowledge(submission=crisis, by="nurse", what_was_done="Called, safe.", at=timezone.now())
    one_round(later=31 * MINUTE)
    assert letters("not acknowledged") == []


def test_without_an_address_the_banner_says_that_nobody_was_told() -> None:
    Clinic.objects.update(alert_email="")
    sent(HAS_THOUGHTS, ago=3 * MINUTE)
    one_round()
    assert "no mail or call could be sent" in " ".join(alarms.alarms(at=timezone.now()))
    Clinic.objects.update(alert_email="nurses@clinic.example")
    one_round()
    assert letters("to read now")
    assert alarms.alarms(at=timezone.now()) == []


def test_the_clinics_command_is_given_level_count_and_link(settings: Any, tmp_path: Path) -> None:
    told = tmp_path / "told"
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat >> '{told}'\n")
    pager.chmod(0o700)
    settings.ALERT_COMMAND = str(pager)
    sent(SAYS_AT_RISK_NOW)
    one_round()
    assert json.loads(told.read_text()) == {
        "level": "crisis_now",
        "count": 1,
        "link": "https://desk.clinic.example/admin/intake/submission/",
    }


def test_a_command_that_fails_is_run_again_and_the_mail_goes_out_all_the_same(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALERT_COMMAND = str(tmp_path / "not-there")
    sent(SAYS_AT_RISK_NOW)
    one_round()
    assert letters("Crisis now")
    assert "CLINIC_ALERT_COMMAND did not run" in caplog.text
    settings.ALERT_COMMAND = "true"
    one_round()
    assert Notice.objects.unsent().filter(channel=Channel.COMMAND).count() == 1  # its pause is not over
    one_round(later=MINUTE)
    assert not Notice.objects.unsent().exists()


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A text message gateway with HTTPS on this machine."""

    class Gateway(BaseHTTPRequestHandler):
        posted: list[tuple[str, Any, str]] = []
        status = 202

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.posted.append((self.path, body, self.headers["Authorization"]))
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *parts: object) -> None:
            pass

    certificate, key = certificate_of_localhost(tmp_path)
    server = HTTPServer(("localhost", 0), Gateway)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    yield server
    server.shutdown()
    server.server_close()


def test_the_clinics_https_gateway_is_given_the_same(settings: Any, gateway: Any) -> None:
    settings.ALERT_URL = f"https://localhost:{gateway.server_port}/page?team=1"
    settings.ALERT_TOKEN = "of-the-gateway"
    sent(SAYS_AT_RISK_NOW)
    one_round()
    ((path, body, authorization),) = gateway.RequestHandlerClass.posted
    assert (path, body["level"], body["count"], authorization) == (
        "/page?team=1",
        "crisis_now",
        1,
        "Bearer of-the-gateway",
    )
    assert set(body) == {"level", "count", "link"}


def test_a_gateway_with_a_certificate_of_its_own_is_not_trusted(
    settings: Any, gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    settings.ALERT_URL = f"https://localhost:{gateway.server_port}/"
    sent(SAYS_AT_RISK_NOW)
    one_round()
    assert gateway.RequestHandlerClass.posted == []
    assert Notice.objects.unsent().filter(channel=Channel.HTTPS).exists()


def test_the_digest_comes_once_a_day_also_where_nothing_waits() -> None:
    noon = timezone.localtime().replace(hour=12)
    for moment in (noon.replace(hour=6), noon, noon + 60 * MINUTE, noon + datetime.timedelta(days=1)):
        with time_machine.travel(moment, tick=False):
            one_round()
    assert [letter.subject for letter in mail.outbox] == ["What waits today: 0"] * 2


def test_the_digest_counts_what_is_open_by_level() -> None:
    sent(HAS_THOUGHTS)
    sent()
    with time_machine.travel(timezone.localtime().replace(hour=12), tick=False):
        one_round()
    (digest,) = letters("What waits today")
    assert "Crisis: 1\nRoutine: 1" in digest.body or "Crisis: 1\nCaution: 1" in digest.body


# The banners


def test_every_page_of_the_desk_says_that_the_worker_is_not_seen(staff_client: Client) -> None:
    with acting_as(Role.WORKER):
        actions.beat(at=timezone.now() - 4 * MINUTE)
    assert "The worker does not run" not in staff_client.get("/admin/").text
    with acting_as(Role.WORKER):
        actions.beat(at=timezone.now() - 6 * MINUTE)
    for path in ("/admin/", "/admin/intake/submission/", "/admin/sessions/"):
        assert "The worker does not run" in staff_client.get(path).text
    assert Heartbeat.objects.count() == 1


def test_every_page_says_that_nobody_took_up_a_crisis_and_who_is_on_call(staff_client: Client) -> None:
    crisis = sent(HAS_THOUGHTS, ago=31 * MINUTE)
    page = staff_client.get("/admin/").text
    assert "1 person may be in danger, and nobody has acknowledged that." in page
    assert "On call: On-call nurse (demonstration), (410) 555-0143." in page
    actions.acknowledge(submission=crisis, by="nurse", what_was_done="Called.", at=timezone.now())
    assert "may be in danger" not in staff_client.get("/admin/").text


def test_the_banner_knows_of_an_untold_crisis_without_the_worker(staff_client: Client) -> None:
    sent(SAYS_AT_RISK_NOW, ago=3 * MINUTE)
    assert Notice.objects.count() == 0
    assert "no mail or call could be sent" in staff_client.get("/admin/").text


def test_banners_and_rounds_read_small_indexes(django_assert_max_num_queries: Any) -> None:
    """The same questions with a million rows behind them: asked of partial indexes alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for rows in (
        Submission.objects.unacknowledged().order_by("priority", "received_at"),
        Submission.objects.unacknowledged().filter(alerted_at=None),
        Submission.objects.of_patients().filter(noticed_at=None),
    ):
        plan = rows.values("pk")[:1].explain()
        assert "intake_submission_" in plan, plan
        assert "Seq Scan" not in plan, plan
    with django_assert_max_num_queries(1):
        alarms.alarms(at=timezone.now())


# Acknowledging


def test_a_crisis_that_nobody_took_up_cannot_be_closed_and_stays_in_sight(staff_client: Client) -> None:
    crisis = sent(SAYS_AT_RISK_NOW, ago=120 * MINUTE)
    address = f"/admin/intake/submission/{crisis.pk}/change/"
    decline = {"status": "declined", "initial-status": "new", "note": ""}
    assert "nobody has taken that up" in staff_client.post(address, decline).text
    assert Submission.objects.get().status == "new"
    with acting_as(Role.STAFF):
        actions.acknowledge(submission=crisis, by="nurse", what_was_done="Called.", at=timezone.now())
    staff_client.post(address, decline)
    assert Submission.objects.get().status == "declined"


def test_acknowledging_keeps_who_when_and_sealed_what_was_done() -> None:
    from intake import storage

    crisis = sent(SAYS_AT_RISK_NOW)
    at = timezone.now()
    with acting_as(Role.STAFF):
        note = actions.acknowledge(submission=crisis, by="nurse", what_was_done="Called 911.", at=at)
    crisis.refresh_from_db()
    assert (crisis.acknowledged_at, note.author, note.acknowledges) == (at, "nurse", True)
    assert storage.read_note(note) == "Called 911."
    assert b"911" not in bytes(note.text)
    event = AuditEvent.objects.get(detail="acknowledgement")
    assert (event.account, event.submissions) == ("nurse", [crisis.pk])


def test_of_two_nurses_at_once_the_second_is_told_who_was_first() -> None:
    crisis = sent(SAYS_AT_RISK_NOW)
    as_seen_by_the_other = Submission.objects.get(pk=crisis.pk)
    actions.acknowledge(submission=crisis, by="nurse", what_was_done="I call.", at=timezone.now())
    with pytest.raises(actions.AlreadyAcknowledged) as refused:
        actions.acknowledge(
            submission=as_seen_by_the_other, by="doctor", what_was_done="I call too.", at=timezone.now()
        )
    assert refused.value.note is not None
    assert refused.value.note.author == "nurse"
    assert crisis.notes.count() == 1
    said = AuditEvent.objects.filter(account="doctor").oldest_first()
    assert [event.detail for event in said] == ["acknowledgement", "acknowledgement refused"]


def test_a_form_without_danger_cannot_be_acknowledged() -> None:
    with pytest.raises(actions.NoCrisis):
        actions.acknowledge(submission=sent(), by="nurse", what_was_done="?", at=timezone.now())


def test_a_taken_over_public_process_cannot_say_that_a_crisis_was_told_or_taken_up() -> None:
    row = sent(SAYS_AT_RISK_NOW)
    Submission.objects.all().delete()
    row.acknowledged_at = row.alerted_at = row.noticed_at = timezone.now()
    row.held, row.status = True, Status.ARCHIVED
    with acting_as(Role.PUBLIC):
        Submission.objects.bulk_create([row], ignore_conflicts=True)
    row.refresh_from_db()
    assert (row.acknowledged_at, row.alerted_at, row.noticed_at, row.held) == (None, None, None, False)


def test_the_payload_of_the_pager_holds_three_things() -> None:
    message = telling.Message("s", "t", (), "crisis", 2, "https://desk.clinic.example/")
    assert message.payload == {"level": "crisis", "count": 2, "link": "https://desk.clinic.example/"}


# To the person who sent it


def test_who_asked_is_told_once_and_neutrally_that_the_form_has_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from intake import storage

    wants, wants_not = sent(), sent()
    read_head = storage.read_head

    def head_of(submission: Submission) -> storage.Head:
        head = read_head(submission)
        return dataclasses.replace(head, mail_to="one@clinic.example") if submission == wants else head

    monkeypatch.setattr(storage, "read_head", head_of)
    one_round()
    one_round()
    (letter,) = [letter for letter in mail.outbox if letter.to == ["one@clinic.example"]]
    assert letter.subject == "Your form has arrived"
    said = str(letter.message()).lower()
    for word in ("clinic (demo", "ketamine", "pain", "screening", "test patient", wants.reference.lower()):
        assert word not in said.replace("clinic.example", "")
    assert not Notice.objects.filter(submission=wants_not).exists()
    assert not Submission.objects.filter(noticed_at=None).exists()


def test_nobody_is_written_to_who_did_not_ask() -> None:
    sent({"email": "one@clinic.example"})
    one_round()
    assert not [letter for letter in mail.outbox if "one@clinic.example" in letter.to]
