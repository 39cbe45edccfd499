"""Robots and guesses: what slows them down, and what is only noted. Nobody who fills in the form meets any of it.

Beginning a form, trying a code that does not exist and mailing a link are counted by network, mails and birth dates
also by the form that they are for. Saving, sending and every page with
help in a crisis are never limited, and a code that exists always opens. Behind one network there may be a clinic, a
shelter, a library or a mobile carrier with thousands of customers; so the limits lie far above what people do there.
"""

import datetime
import logging

from django.http import HttpRequest

from clinic_site import limits
from intake.models import Draft

PER = datetime.timedelta(hours=1)
# A busy clinic receives a few dozen forms on a day from everywhere. A robot gets 60 empty forms an hour, 8 KiB each.
STARTS = 60
# A slip is caught by the code's check character and not counted, so one person needs one or two of these. A code is
# one of 2^100: not the limit keeps guesses out; it keeps them few enough to be noticed.
WRONG_CODES = 60
# Whoever found somebody's code could try all birth dates; its owner is asked on another device alone, and can wait.
BIRTH_DATES = 10
MAILS = 60
MAILS_OF_ONE_FORM = 5  # nobody's mailbox is to be filled from here
TRAP = "website"  # an input that no person sees; robots fill in what they find

logger = logging.getLogger(__name__)


def too_many_starts(request: HttpRequest, *, at: datetime.datetime) -> datetime.datetime | None:
    """Count one form that is begun. Where this network began too many: when it may begin another."""
    return counted(request, "start a form", STARTS, at)


def too_many_codes(request: HttpRequest, *, at: datetime.datetime) -> datetime.datetime | None:
    """Count one code that does not exist. Where this network tried too many: when it may try another."""
    return counted(request, "try a code", WRONG_CODES, at)


def too_many_birth_dates(draft: Draft, *, at: datetime.datetime) -> datetime.datetime | None:
    """Count one birth date, right or wrong, for a form. Where it was too many: when another is looked at."""
    return counted_for("try a birth date", draft.pk, BIRTH_DATES, at)


def too_many_mails(request: HttpRequest, draft: Draft, *, at: datetime.datetime) -> datetime.datetime | None:
    """Count one mail with a link. Where this form or this network sent too many: when it may send another."""
    return counted_for("mail a link", draft.pk, MAILS_OF_ONE_FORM, at) or counted(
        request, "mail a link", MAILS, at
    )


def counted(request: HttpRequest, kind: str, limit: int, at: datetime.datetime) -> datetime.datetime | None:
    network = limits.network_of(request)
    # Nobody knows how many stand behind an address that is no visitor's own, so they are not counted as one.
    if network is None or limits.is_local(network):
        return None
    return counted_for(kind, network, limit, at)


def counted_for(kind: str, whom: object, limit: int, at: datetime.datetime) -> datetime.datetime | None:
    allowance = limits.allow(kind, [whom], limit=limit, per=PER, at=at)
    if allowance.is_first_refusal:
        logger.warning("Somebody reached the limit of %s an hour to %s.", limit, kind)
    return None if allowance else allowance.again_at


def fell_for_trap(request: HttpRequest) -> bool:
    return bool(request.POST.get(TRAP))
