"""The way back by e-mail: one letter, sent from memory while the request waits. Nothing of it is queued or kept."""

import datetime
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from intake.templatetags.screening import day


class NotMailed(Exception):
    """The mail server did not take it. Nothing of the address or the letter is in this exception."""


def is_possible() -> bool:
    return bool(settings.EMAIL_HOST)


def send(*, to: str, link: str, expires_at: datetime.datetime) -> None:
    """Raises NotMailed. The letter says nothing of health and names no clinic: others may read the mailbox."""
    letter = EmailMessage(
        subject=_("Your link to come back"),
        body=_(
            "You asked us to send you this link. It opens the form that you began:\n\n"
            "%(link)s\n\n"
            "It works until %(day)s, or until you send or delete the form. On another device we may ask for your date "
            "of birth. Whoever has this link may be able to read what you wrote, so do not pass it on. Delete this "
            "message when you are done.\n\n"
            "If you did not ask for this, delete the message. We did not keep your address."
        )
        % {"link": link, "day": day(expires_at)},
        to=[to],
    )
    try:
        letter.send()
    except (OSError, ValueError, smtplib.SMTPException):  # its text may quote the address
        raise NotMailed from None
