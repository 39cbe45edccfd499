"""A pager that fails, a mailbox that is gone, an address that is none: nobody else is told later for it."""

import dataclasses
import datetime
import smtplib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from clinic_site.audit import AuditEvent
from clinic_site.clinic import Clinic
from intake import storage, telling
from intake.actions import notices
from intake.models import Channel, Notice, NoticeKind, Submission
from tests.crises import SAYS_AT_RISK_NOW, sent
from tests.test_staff_are_told_of_a_crisis import gateway, one_round  # noqa: F401 - a fixture
from tests.test_worker_and_mail_server_die import SMTP, MailServer

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def the_staffs_address() -> None:
    Clinic.objects.update(alert_email="nurses@clinic.example")


@pytest.fixture
def asks_for_mail(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Submission]:
    """Forms of people who asked to hear of it at an address; it stands in their head."""
    addresses: dict[Any, str] = {}
    read_head = storage.read_head

    def head_of(submission: Submission) -> storage.Head:
        return dataclasses.replace(read_head(submission), mail_to=addresses.get(submission.pk, ""))

    def asks(address: str, *, quarantined: bool = False) -> Submission:
        submission = sent()
        addresses[submission.pk] = address
        Submission.objects.filter(pk=submission.pk).update(quarantined=quarantined)
        return submission

    monkeypatch.setattr(storage, "read_head", head_of)
    return asks


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """What the mail server says to letters for an address; the others it takes. "*" for all."""
    says: dict[str, Exception] = {}
    send = EmailMessage.send

    def answered(letter: EmailMessage, **options: Any) -> int:
        for address in (*letter.to, "*"):
            if address in says:
                raise says[address]
        return send(letter, **options)

    monkeypatch.setattr(EmailMessage, "send", answered)
    return says


def told(address: str) -> int:
    return sum(letter.to == [address] for letter in mail.outbox)


def unsent(**which: Any) -> int:
    return Notice.objects.unsent().filter(**which).count()


def refused(address: str, code: int) -> Exception:
    return smtplib.SMTPRecipientsRefused({address: (code, b"not here")})


# Two pagers


def test_a_command_that_fails_keeps_the_gateway_from_nothing(
    settings: Any,
    gateway: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    settings.ALERT_COMMAND = str(tmp_path / "not-there")
    settings.ALERT_URL = f"https://localhost:{gateway.server_port}/"
    sent(SAYS_AT_RISK_NOW)
    one_round()
    assert len(gateway.RequestHandlerClass.posted) == 1
    one_round(later=6 * MINUTE)
    assert len(gateway.RequestHandlerClass.posted) == 1
    assert (unsent(channel=Channel.COMMAND), unsent(channel=Channel.HTTPS)) == (1, 0)


def test_a_gateway_that_fails_does_not_run_the_command_again(settings: Any, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\necho told >> '{pages}'\n")
    pager.chmod(0o700)
    settings.ALERT_COMMAND, settings.ALERT_URL = str(pager), "https://localhost:1/"
    sent(SAYS_AT_RISK_NOW)
    one_round()
    one_round(later=6 * MINUTE)
    one_round(later=12 * MINUTE)
    assert pages.read_text() == "told\n"
    assert (unsent(channel=Channel.COMMAND), unsent(channel=Channel.HTTPS)) == (0, 1)


def test_what_was_to_go_a_way_that_is_no_longer_set_is_not_taken_for_told(settings: Any) -> None:
    settings.ALERT_COMMAND = "false"
    crisis = sent(SAYS_AT_RISK_NOW)
    Clinic.objects.update(alert_email="")
    one_round()
    settings.ALERT_COMMAND = ""
    one_round(later=6 * MINUTE)
    crisis.refresh_from_db()
    assert crisis.alerted_at is None
    settings.ALERT_COMMAND = "true"
    one_round(later=12 * MINUTE)
    assert not unsent(kind=NoticeKind.CRISIS)


def test_a_letter_to_nobody_is_not_taken_for_told(mail_server: dict[str, Exception]) -> None:
    mail_server["*"] = OSError()
    crisis = sent(SAYS_AT_RISK_NOW)
    one_round()
    mail_server.clear()
    Clinic.objects.update(alert_email="")
    one_round(later=6 * MINUTE)
    crisis.refresh_from_db()
    assert crisis.alerted_at is None


# Mail to patients


NO_ADDRESSES = ("one\r\nBcc: two@clinic.example", f"a@{'x' * 70}.example", "a@.example")


def test_an_address_that_is_none_holds_nobody_up(
    asks_for_mail: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = MailServer()
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "localhost", server.port
    settings.EMAIL_USE_TLS = False
    server.start()
    for address in (*NO_ADDRESSES, "two@clinic.example"):
        asks_for_mail(address)
    try:
        one_round()
    finally:
        server.stop()
    assert [letter["To"] for letter in server.mailbox.letters if "arrived" in letter["Subject"]] == [
        "two@clinic.example"
    ]
    assert not unsent(kind=NoticeKind.RECEIVED)
    said = "".join(line.getMessage() for line in caplog.records if line.name.startswith("intake"))
    assert "given up" in said
    assert not [address for address in NO_ADDRESSES if address in said]


def test_a_mailbox_that_is_gone_is_given_up(
    asks_for_mail: Any, mail_server: dict[str, Exception], caplog: pytest.LogCaptureFixture
) -> None:
    gone = asks_for_mail("gone@clinic.example")
    asks_for_mail("two@clinic.example")
    mail_server["gone@clinic.example"] = refused("gone@clinic.example", 550)
    one_round()
    assert told("two@clinic.example") == 1
    assert not Notice.objects.filter(submission=gone).exists()
    assert "gone@" not in caplog.text
    one_round(later=6 * MINUTE)
    assert not Notice.objects.filter(submission=gone).exists()


def test_a_letter_that_is_refused_for_what_it_says_is_given_up_and_holds_nobody_up(
    asks_for_mail: Any, mail_server: dict[str, Exception]
) -> None:
    asks_for_mail("one@clinic.example")
    asks_for_mail("two@clinic.example")
    mail_server["one@clinic.example"] = smtplib.SMTPDataError(554, b"one@clinic.example wants no such letter")
    one_round()
    assert (told("two@clinic.example"), unsent(kind=NoticeKind.RECEIVED)) == (1, 0)


def test_a_mailbox_that_is_full_is_tried_again_for_some_days(
    asks_for_mail: Any, mail_server: dict[str, Exception]
) -> None:
    asks_for_mail("full@clinic.example")
    asks_for_mail("two@clinic.example")
    mail_server["full@clinic.example"] = refused("full@clinic.example", 452)
    one_round()
    assert (told("two@clinic.example"), unsent(kind=NoticeKind.RECEIVED)) == (1, 1)
    one_round(later=DAY)
    assert unsent(kind=NoticeKind.RECEIVED) == 1
    one_round(later=4 * DAY)
    assert not Notice.objects.filter(kind=NoticeKind.RECEIVED, sent_at=None).exists()


def test_the_staffs_mailbox_is_never_given_up(mail_server: dict[str, Exception]) -> None:
    sent(SAYS_AT_RISK_NOW)
    mail_server["nurses@clinic.example"] = refused("nurses@clinic.example", 550)
    one_round()
    one_round(later=9 * DAY)
    assert unsent(kind=NoticeKind.CRISIS) == 1
    mail_server.clear()
    one_round(later=9 * DAY + 6 * MINUTE)
    assert not unsent(kind=NoticeKind.CRISIS)


def test_a_robots_form_writes_to_nobody(asks_for_mail: Any) -> None:
    asks_for_mail("victim@clinic.example", quarantined=True)
    one_round()
    assert told("victim@clinic.example") == 0
    assert not Submission.objects.filter(noticed_at=None).exists()


def test_anything_unforeseen_about_one_letter_holds_nobody_up(
    asks_for_mail: Any, mail_server: dict[str, Exception], caplog: pytest.LogCaptureFixture
) -> None:
    asks_for_mail("one@clinic.example")
    asks_for_mail("two@clinic.example")
    mail_server["one@clinic.example"] = ArithmeticError("one@clinic.example")
    one_round()
    assert (told("two@clinic.example"), unsent()) == (1, 1)
    assert "ArithmeticError" in caplog.text
    assert "one@" not in caplog.text


# What comes first


def test_crises_go_out_before_the_mail_to_patients(asks_for_mail: Any) -> None:
    asks_for_mail("one@clinic.example")
    sent(SAYS_AT_RISK_NOW)
    one_round()
    assert [letter.to[0] for letter in mail.outbox][0] == "nurses@clinic.example"


def test_a_mail_server_that_hangs_is_tried_once_in_a_round(
    asks_for_mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def hangs(letter: EmailMessage, **options: Any) -> int:
        tried.append(letter.to)
        raise TimeoutError

    monkeypatch.setattr(EmailMessage, "send", hangs)
    for number in range(5):
        asks_for_mail(f"{number}@clinic.example")
    sent(SAYS_AT_RISK_NOW)
    one_round()
    assert tried == [["nurses@clinic.example"]]


def test_mail_to_patients_takes_ten_seconds_of_a_round_and_the_others_come_later(
    asks_for_mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, send = [0.0], telling.send

    def slowly(*args: Any, **options: Any) -> None:
        clock[0] += 4
        send(*args, **options)

    monkeypatch.setattr(telling, "send", slowly)
    monkeypatch.setattr(notices, "monotonic", lambda: clock[0])
    for number in range(5):
        asks_for_mail(f"{number}@clinic.example")
    one_round()
    assert unsent(kind=NoticeKind.RECEIVED) == 2
    one_round()
    assert unsent(kind=NoticeKind.RECEIVED) == 0


# What was opened for it


def test_each_time_a_head_is_opened_for_a_mail_is_in_the_trail(asks_for_mail: Any) -> None:
    one = asks_for_mail("one@clinic.example")
    one_round()
    opened = AuditEvent.objects.filter(account="worker", action="key", detail="head")
    assert [event.submissions for event in opened] == [[one.pk]] * 3  # first look, whether to write, where to
