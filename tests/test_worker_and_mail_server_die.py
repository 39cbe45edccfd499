"""The mail server is down, or the worker is killed in the middle: nothing is lost, nothing told as two things."""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.utils import timezone

from clinic_site.clinic import Clinic
from clinic_site.roles import Role
from intake import actions, alarms
from intake.models import Notice, Submission
from tests.crises import HAS_THOUGHTS, SAYS_AT_RISK_NOW, sent
from tests.processes import PATIENCE, ROOT, Hosts, free_port
from tests.serving_roles import acting_as

SMTP = "django.core.mail.backends.smtp.EmailBackend"
MINUTE = datetime.timedelta(minutes=1)


class Mailbox:
    """Takes letters, as a mail server does; may do something worse the moment it has one."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.then: Any = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content))
        if self.then:
            self.then()
        return "250 taken"


class MailServer:
    """A real SMTP server, which can be stopped and started at the same address."""

    def __init__(self) -> None:
        self.mailbox, self.port = Mailbox(), free_port()
        self.controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(self.mailbox, hostname="localhost", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.mark.django_db
def test_a_mail_server_that_is_down_for_ten_minutes_loses_nothing(
    mail_server: MailServer, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "localhost", mail_server.port
    settings.EMAIL_USE_TLS = False
    Clinic.objects.update(alert_email="nurses@clinic.example")
    midnight = timezone.localtime().replace(hour=3)
    with time_machine.travel(midnight, tick=False) as clock, acting_as(Role.WORKER):
        sent(SAYS_AT_RISK_NOW)
        for minute in range(20):  # two rounds a minute
            if minute == 8:
                sent(HAS_THOUGHTS)
            actions.make_notices(at=timezone.now())
            actions.tell(at=timezone.now())
            clock.shift(MINUTE / 2)
        assert mail_server.mailbox.letters == []
        assert Notice.objects.unsent().count() == 2
        assert "not told, and tried again" in caplog.text
        assert "nurses@" not in caplog.text
        assert any("no mail or call could be sent" in one for one in alarms.alarms(at=timezone.now()))
        mail_server.start()
        for _ in range(11):  # the longest pause is five minutes
            actions.make_notices(at=timezone.now())
            actions.tell(at=timezone.now())
            clock.shift(MINUTE / 2)
    told = "".join(str(letter.get_payload()) for letter in mail_server.mailbox.letters)
    assert (told.count("Crisis now: 1"), told.count("Crisis: 1")) == (1, 1)
    assert not Notice.objects.unsent().exists()
    assert not Submission.objects.filter(alerted_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("database_roles")
def test_a_worker_killed_while_it_tells_sends_the_same_message_again(
    mail_server: MailServer, tmp_path: Path
) -> None:
    Clinic.objects.update(alert_email="nurses@clinic.example")
    crisis = sent(SAYS_AT_RISK_NOW)
    mail_server.start()
    hosts = Hosts(tmp_path)
    environment = hosts.environment(
        Role.WORKER,
        CLINIC_EMAIL_HOST="localhost",
        CLINIC_EMAIL_PORT=str(mail_server.port),
        CLINIC_EMAIL_TLS="0",
    )

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--once"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    try:
        worker = start()
        # The letter is with the server, and the worker will never hear so.
        mail_server.mailbox.then = lambda: os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(PATIENCE) == -signal.SIGKILL
        mail_server.mailbox.then = None
        alerts = Notice.objects.filter(kind="crisis")
        assert (alerts.count(), alerts.unsent().count()) == (1, 1)
        for _ in range(2):
            time.sleep(0.2)  # the database lets go of the dead worker's lock
            assert start().wait(PATIENCE) == 0
    finally:
        hosts.forget_logins()
    crises = [one for one in mail_server.mailbox.letters if "Crisis" in str(one["Subject"])]
    assert len(crises) == 2
    assert len({one["Message-ID"] for one in crises}) == 1, "who gets it twice cannot see that it is one"
    assert (alerts.count(), alerts.unsent().count()) == (1, 0)
    crisis.refresh_from_db()
    assert crisis.alerted_at is not None
