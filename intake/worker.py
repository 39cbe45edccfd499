"""The worker's round: look at what arrived, tell of it, send and delete canaries, delete what has expired."""

import functools
import itertools
import logging
from collections.abc import Callable, Iterable
from time import sleep

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

Duty = Callable[[], object]

logger = logging.getLogger(__name__)


def run(*, once: bool = False) -> None:
    """Until the process is stopped."""
    in_batches: list[Duty] = [functools.partial(next, actions.try_again_what_does_not_open(), 0)]
    for number in itertools.count():
        if number % HOURLY == 0:
            do_all(hourly_duties())
            in_batches = [*(duty for duty in in_batches if duty not in HOURLY_IN_BATCHES), *HOURLY_IN_BATCHES]
        do_all(EACH_ROUND)
        in_batches = do_all(in_batches)
        if once:
            return
        sleep(PAUSE)
        close_old_connections()  # also one that broke in the last round


def do_all(duties: Iterable[Duty]) -> list[Duty]:
    """One after the other. Those that are returned had something to do, and may have more."""
    left = []
    for duty in duties:
        do(beat)  # one that may take minutes beats itself between its batches
        if do(duty):
            left.append(duty)
    return left


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


EACH_ROUND: tuple[Duty, ...] = (
    *(actions.look_at_new_submissions, make_notices, tell),
    *(purge, make_exports),
)
# Begun every hour and told to go on in each round until nothing is left
HOURLY_IN_BATCHES: tuple[Duty, ...] = (actions.enter_missing_people,)


def hourly_duties() -> list[Duty]:
    duties: list[Duty] = [delete_what_has_expired]
    if settings.ROLE is Role.ALL:  # else the public process sends them, in its own environment
        duties.append(send_canary)
    return duties


def send_canary() -> None:
    version = QuestionnaireVersion.objects.current(SCREENING)
    if version:
        actions.seal_canary(version=version, at=timezone.now())


def delete_what_has_expired() -> None:
    at = timezone.now()
    actions.clear_expired_drafts(by=audit.WORKER, at=at)
    actions.delete_old_canaries(at=at)
    limits.forget_past_counts(at=at)
    clear_expired_sessions()


def do(duty: Duty) -> object:
    """One duty that fails must not keep the others from being done."""
    try:
        return duty()
    except Exception:
        logger.exception("The worker could not do one of its duties.")
        return None
