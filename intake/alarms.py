"""What must not wait, told on every page of the review desk. Read from the submissions themselves."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import ExpressionWrapper, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from clinic_site.clinic import Clinic
from intake.models import Heartbeat, Submission
from intake.one_query import Questions, answers

OLDEST_CANARY = datetime.timedelta(hours=3)  # they are sent hourly
OLDEST_HEARTBEAT = datetime.timedelta(minutes=5)  # the worker makes its round twice a minute
A_MINUTE = datetime.timedelta(minutes=1)
LONGEST_UNTOLD = datetime.timedelta(minutes=2)
MOST_COUNTED = 99


def alarms(*, at: datetime.datetime) -> list[str]:
    """A sentence each, with what to do, the most urgent first; none where all is well."""
    return in_sentences(answers(**questions(at)), at=at)


def questions(at: datetime.datetime) -> Questions:
    """What every page of the desk asks. Each reads the start of a small index."""
    submissions, crises = Submission.objects.all(), Submission.objects.unacknowledged().order_by()
    opened = Submission.objects.canaries().filter(opens=True).order_by("-received_at")
    clinic = Clinic.objects.order_by("pk")
    minutes = Coalesce(
        Subquery(clinic.values("acknowledge_within_minutes")[:1]), Clinic().acknowledge_within_minutes
    )
    longest = ExpressionWrapper(Value(A_MINUTE) * minutes, models.DurationField())
    somebody = clinic.exclude(on_call_name="").exclude(on_call_phone="")
    return {
        "crisis": ("value", crises.order_by("received_at").values("received_at")[:1]),
        "late": (
            "count",
            crises.filter(received_at__lte=Value(at) - longest).values("pk")[: MOST_COUNTED + 1],
        ),
        "untold": (
            "exists",
            crises.filter(alerted_at=None, received_at__lt=at - LONGEST_UNTOLD).values("pk"),
        ),
        "on_call": ("value", somebody.values(who=Concat("on_call_name", Value(", "), "on_call_phone"))[:1]),
        "beat": ("value", Heartbeat.objects.values("at")[:1]),
        "untried": (
            "exists",
            submissions.filter(opens=None, received_at__lt=at - OLDEST_HEARTBEAT).values("pk"),
        ),
        "closed": ("count", submissions.filter(opens=False).values("pk")[: MOST_COUNTED + 1]),
        "canary": ("value", opened.values("received_at")[:1]),
        "old": ("exists", submissions.filter(received_at__lt=at - OLDEST_CANARY).values("pk")[:1]),
    }


def in_sentences(found: dict[str, Any], *, at: datetime.datetime) -> list[str]:
    """`found` answers the questions of the same moment."""
    return [
        *safety_alarms(
            found["crisis"], late=found["late"], untold=found["untold"], on_call=found["on_call"], at=at
        ),
        *worker_alarms(found["beat"], untried=found["untried"], at=at),
        *sealing_alarms(found["closed"], found["canary"], has_old=found["old"], at=at),
    ]


def safety_alarms(
    oldest: datetime.datetime | None, *, late: int, untold: bool, on_call: str | None, at: datetime.datetime
) -> Iterator[str]:
    """Of people who may be in danger while nobody has taken that up. `oldest` is when the first came in."""
    if oldest and late:
        yield (
            f"{in_words(late)} {'person' if late == 1 else 'people'} may be in danger, and nobody has acknowledged "
            f"that. The first has waited {timesince(oldest, at, depth=1)}. Open the queue now."
            + (f" On call: {on_call}." if on_call else "")
        )
    if untold:
        yield (
            "A form that needs somebody now came in, and no mail or call could be sent about it. Look at the queue, "
            "and call whoever runs the site."
        )


def in_words(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def worker_alarms(seen: datetime.datetime | None, *, untried: bool, at: datetime.datetime) -> Iterator[str]:
    if seen and seen < at - OLDEST_HEARTBEAT:
        yield (
            f"The worker does not run: it was last seen {timesince(seen, at, depth=1)} ago. Nobody is told of new "
            "forms by mail or phone. Look at the queue often, and call whoever runs the site."
        )
    elif untried:
        yield (
            "Nobody has tried whether the newest submissions open, so nobody is told of them: the worker does not run, "
            "or something stops it. Look at the queue often, and call whoever runs the site."
        )


def sealing_alarms(
    closed: int, canary: datetime.datetime | None, *, has_old: bool, at: datetime.datetime
) -> Iterator[str]:
    if closed:
        yield (
            f"{in_words(closed)} {'submission does' if closed == 1 else 'submissions do'} not open with the keys that "
            "are here. The public key may have been exchanged, or a row was changed. Call whoever runs the site now."
        )
    if canary and canary < at - OLDEST_CANARY:
        yield (
            f"The last canary opened on {timezone.localtime(canary):%B %-d at %H:%M}. One is sent every hour: look "
            "whether the public site still sends them."
        )
    elif canary is None and has_old:
        yield "No canary ever opened: run manage.py seal_canary hourly where the public site runs."


def alarms_in_templates(request: HttpRequest) -> dict[str, object]:
    """For signed-in staff alone; asked only by the pages that show them."""
    return {"alarms": lambda: alarms(at=timezone.now()) if request.user.is_staff else []}
