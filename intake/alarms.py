"""What must not wait, told on every page of the review desk. Read from the submissions themselves."""

import datetime
from collections.abc import Iterator

from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from clinic_site.clinic import Clinic, current_clinic
from intake.models import Heartbeat, Submission
from intake.one_query import answers

OLDEST_CANARY = datetime.timedelta(hours=3)  # they are sent hourly
OLDEST_HEARTBEAT = datetime.timedelta(minutes=5)  # the worker makes its round twice a minute
LONGEST_UNTOLD = datetime.timedelta(minutes=2)
MOST_COUNTED = 99


def alarms(*, at: datetime.datetime) -> list[str]:
    """A sentence each, with what to do, the most urgent first; none where all is well.

    Every page asks, so it is one statement while nobody is in danger. Each part reads the start of a small index.
    """
    submissions, crises = Submission.objects.all(), Submission.objects.unacknowledged()
    opened = Submission.objects.canaries().filter(opens=True).order_by("-received_at")
    found = answers(
        crisis=("value", crises.order_by("received_at").values("received_at")[:1]),
        untold=("exists", crises.filter(alerted_at=None, received_at__lt=at - LONGEST_UNTOLD).values("pk")),
        beat=("value", Heartbeat.objects.values("at")[:1]),
        untried=(
            "exists",
            submissions.filter(opens=None, received_at__lt=at - OLDEST_HEARTBEAT).values("pk"),
        ),
        closed=("count", submissions.filter(opens=False).values("pk")[: MOST_COUNTED + 1]),
        canary=("value", opened.values("received_at")[:1]),
        old=("exists", submissions.filter(received_at__lt=at - OLDEST_CANARY).values("pk")[:1]),
    )
    return [
        *(safety_alarms(found["crisis"], untold=found["untold"], at=at) if found["crisis"] else ()),
        *worker_alarms(found["beat"], untried=found["untried"], at=at),
        *sealing_alarms(found["closed"], found["canary"], has_old=found["old"], at=at),
    ]


def safety_alarms(oldest: datetime.datetime, *, untold: bool, at: datetime.datetime) -> Iterator[str]:
    """Of people who may be in danger while nobody has taken that up. `oldest` is when the first came in."""
    clinic = current_clinic()
    limit = datetime.timedelta(minutes=clinic.acknowledge_within_minutes)
    if oldest <= at - limit:
        late = Submission.objects.unacknowledged().filter(received_at__lte=at - limit)
        count = late[: MOST_COUNTED + 1].count()
        yield (
            f"{in_words(count)} {'person' if count == 1 else 'people'} may be in danger, and nobody has acknowledged "
            f"that. The first has waited {timesince(oldest, at, depth=1)}. Open the queue now.{on_call(clinic)}"
        )
    if untold:
        yield (
            "A form that needs somebody now came in, and no mail or call could be sent about it. Look at the queue, "
            "and call whoever runs the site."
        )


def in_words(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def on_call(clinic: Clinic) -> str:
    if not clinic.on_call_name:
        return ""
    return f" On call: {clinic.on_call_name}, {clinic.on_call_phone}." if clinic.on_call_phone else ""


def worker_alarms(seen: datetime.datetime | None, *, untried: bool, at: datetime.datetime) -> Iterator[str]:
    if seen and seen < at - OLDEST_HEARTBEAT:
        yield (
            f"The worker does not run: it was last seen {timesince(seen, at, depth=1)} ago. Nobody is told of new "
            "forms by mail or phone. Look at the queue often, and call whoever runs the site."
        )
    elif seen is None and untried:
        yield "Nobody has tried whether the newest submissions open: the worker does not run."


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
