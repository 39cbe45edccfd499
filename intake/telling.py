"""What notices say, and the ways out of the house: mail, and the clinic's own command or HTTPS address.

Staff are told a level, a count and a link. Never who, which instrument or what was answered: a mailbox, a pager and
a text message are read by others.
"""

import email.utils
import http.client
import json
import shlex
import smtplib
import ssl
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from clinic_site.clinic import Clinic
from intake.models import Channel, NoticeKind, Priority

PATIENCE = 20  # seconds
QUEUE = "/admin/intake/submission/"


class NotTold(Exception):
    """It could not be handed over. `str()` has nothing of a patient, and no address."""


class NotTaken(NotTold):
    """This one message was refused, for its address or its text: the same way may take another."""

    def __init__(self, why: str, *, is_final: bool) -> None:
        super().__init__(why)
        self.is_final = is_final
        """Nobody will take it later either."""


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    text: str
    to: tuple[str, ...]
    level: str = ""
    count: int = 0
    link: str = ""

    @property
    def payload(self) -> dict[str, str | int]:
        """All that a pager or a text message gateway is given."""
        return {"level": self.level, "count": self.count, "link": self.link}


def can_mail() -> bool:
    # Django's own outboxes for trying out and for tests need no server.
    return bool(settings.EMAIL_HOST) or not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")


def ways_out() -> tuple[Channel, ...]:
    """Those that are set for this process."""
    ways = (
        (Channel.COMMAND, settings.ALERT_COMMAND),
        (Channel.HTTPS, settings.ALERT_URL),
        (Channel.MAIL, can_mail()),
    )
    return tuple(channel for channel, is_set in ways if is_set)


def channels(clinic: Clinic) -> tuple[Channel, ...]:
    """By which the staff can be told."""
    return tuple(channel for channel in ways_out() if channel is not Channel.MAIL or clinic.alert_email)


def link_to_queue() -> str:
    return f"{settings.STAFF_URL}{QUEUE}" if settings.STAFF_URL else ""


# What is said


def alert(clinic: Clinic, kind: NoticeKind, levels: Sequence[Priority]) -> Message:
    """Of one or more crises: new ones, or those that nobody acknowledged in time."""
    by_level = Counter(levels)
    worst = min(by_level, default=Priority.CRISIS)
    count = len(levels)
    forms = "1 form" if count == 1 else f"{count} forms"
    if kind is NoticeKind.ESCALATION:
        subject = f"{worst.label}: {forms} not acknowledged"
        first = f"Nobody has acknowledged {forms} within {clinic.acknowledge_within_minutes} minutes."
    else:
        subject = f"{worst.label}: {forms} to read now"
        first = f"{forms.capitalize()} came in that somebody must read now."
    to = dict.fromkeys(
        address
        for address in (clinic.alert_email, clinic.escalation_email if kind is NoticeKind.ESCALATION else "")
        if address
    )
    text = "\n\n".join((first, level_lines(by_level), closing()))
    return Message(subject, text, tuple(to), worst.name.lower(), count, link_to_queue())


def digest(clinic: Clinic, by_level: Mapping[Priority, int]) -> Message:
    count = sum(by_level.values())
    first = f"Open: {count}." if count else "Nothing is waiting."
    text = "\n\n".join(part for part in (first, level_lines(by_level), closing()) if part)
    return Message(
        f"What waits today: {count}", text, (clinic.alert_email,), count=count, link=link_to_queue()
    )


def level_lines(by_level: Mapping[Priority, int]) -> str:
    return "\n".join(f"{level.label}: {by_level[level]}" for level in sorted(by_level))


def closing() -> str:
    return f"Open the review desk: {link_to_queue()}" if link_to_queue() else "Open the review desk."


def reply(clinic: Clinic, *, to: str, language: str) -> Message:
    """To the person who asked for it. Neutral: it names no clinic and no kind of form, for others may read it."""
    with translation.override(language):
        text = [_("You asked us to tell you when your form has arrived. It has.")]
        if clinic.phone:
            text.append(_("If you have a question, call %(phone)s.") % {"phone": clinic.phone})
        text.append(_("Nobody reads answers to this message."))
        return Message(_("Your form has arrived"), "\n\n".join(text), (to,))


# How it goes out. Each raises NotTold, and mail the NotTaken of it.


def send(message: Message, channel: Channel, *, number: UUID) -> None:
    """`number` is the same for the same message, however often it is sent."""
    match channel:
        case Channel.COMMAND:
            run_command(message)
        case Channel.HTTPS:
            post(message, number)
        case Channel.MAIL:
            mail(message, number)


def mail(message: Message, number: UUID) -> None:
    if not message.to:
        raise NotTaken("There is no address to write to.", is_final=False)
    sender = email.utils.parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    letter = EmailMessage(
        subject=message.subject,
        body=message.text,
        to=list(message.to),
        headers={
            "Message-ID": f"<{number}@{sender.rpartition('@')[2] or 'localhost'}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    # The text of any of these errors may quote an address.
    try:
        letter.send()
    except ValueError as error:  # BadHeaderError, UnicodeError: no letter can be made of it
        raise NotTaken(f"It cannot be written to ({type(error).__name__}).", is_final=True) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        raise NotTaken(f"No address was taken ({codes}).", is_final=min(codes, default=0) >= 500) from None
    except smtplib.SMTPDataError as error:
        is_final = error.smtp_code >= 500
        raise NotTaken(f"The letter was not taken ({error.smtp_code}).", is_final=is_final) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotTold(f"The mail server did not take it ({type(error).__name__}).") from None


def run_command(message: Message) -> None:
    """The payload comes on the command's standard input. It has no part in the command line."""
    try:
        done = subprocess.run(  # noqa: S603 - the command is of the process's own environment # nosec B603
            shlex.split(settings.ALERT_COMMAND),
            input=json.dumps(message.payload).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NotTold(f"CLINIC_ALERT_COMMAND did not run ({type(error).__name__}).") from None
    if done.returncode:
        raise NotTold(f"CLINIC_ALERT_COMMAND ended with {done.returncode}.")


def post(message: Message, number: UUID) -> None:
    """To the clinic's gateway, over HTTPS alone and without following it elsewhere."""
    where = urlsplit(settings.ALERT_URL)
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(number)}
    if settings.ALERT_TOKEN:
        headers["Authorization"] = f"Bearer {settings.ALERT_TOKEN}"
    path = where.path + (f"?{where.query}" if where.query else "")
    gateway = http.client.HTTPSConnection(
        where.hostname or "", where.port, timeout=PATIENCE, context=ssl.create_default_context()
    )
    try:
        gateway.request("POST", path or "/", json.dumps(message.payload), headers)
        status = gateway.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotTold(f"CLINIC_ALERT_URL did not answer ({type(error).__name__}).") from None
    finally:
        gateway.close()
    if not 200 <= status < 300:
        raise NotTold(f"CLINIC_ALERT_URL answered {status}.")
