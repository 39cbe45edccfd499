"""The worker's round: look at what arrived, tell of it, send and delete canaries, delete what has expired."""

import itertools
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from clinic_site import audit, limits
from clinic_site.roles import Role
from clinic_site.sessions import clear_expired_sessions
from intake import actions
from intake.models import QuestionnaireVersion
from intake.views.shared import SCREENING

PAUSE = 30  # seconds
HOURLY = 120  # rounds

logger = logging.getLogger(__name__)


def run(*, once: bool = False) -> None:
    """Until the process is stopped."""
    for number in itertools.count():
        for duty in (*(hourly_duties() if number % HOURLY == 0 else ()), *EACH_ROUND):
            do(beat)  # before each: a long one is no reason for the alarm
            do(duty)
        if once:
            return
        time.sleep(PAUSE)
        close_old_connections()  # also one that broke in the last round


def beat() -> None:
    actions.beat(at=timezone.now())


def make_notices() -> None:
    actions.make_notices(at=timezone.now())


def tell() -> None:
    actions.tell(at=timezone.now())


def purge() -> None:
    actions.purge(at=timezone.now())


def make_exports() -> None:
    at = timezone.now()
    actions.empty_exports(at=at)
    actions.make_exports(at=at)


EACH_ROUND: tuple[Callable[[], object], ...] = (
    *(actions.look_at_new_submissions, make_notices, tell),
    *(purge, make_exports),
)


def hourly_duties() -> list[Callable[[], object]]:
    duties: list[Callable[[], object]] = [
        delete_what_has_expired,
        actions.forget_first_looks_that_failed,
        actions.enter_missing_people,
    ]
    if settings.ROLE is Role.ALL:  # else the public process sends them, in its own environment
        duties.append(send_canary)
    return duties


def send_canary() -> None:
    version = QuestionnaireVersion.objects.current(SCREENING)
    if version:
        actions.seal_canary(version=version, at=timezone.now())


def delete_what_has_expired() -> None:
    at = timezone.now()
    deleted, emptied = actions.clear_expired_drafts(at=at)
    if deleted:
        audit.write(audit.Action.RETENTION, by=audit.WORKER, detail="drafts deleted")
    if emptied:
        audit.write(audit.Action.RETENTION, by=audit.WORKER, detail="receipts emptied")
    actions.delete_old_canaries(at=at)
    limits.forget_past_counts(at=at)
    clear_expired_sessions()


def do(duty: Callable[[], object]) -> None:
    """One duty that fails must not keep the others from being done."""
    try:
        duty()
    except Exception:
        logger.exception("The worker could not do one of its duties.")
