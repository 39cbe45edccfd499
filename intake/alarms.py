"""What must not wait, told on every page of the review desk. Read from the submissions themselves."""

import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from clinic_site.clinic import Clinic, current_clinic
from intake.models import Heartbeat, Submission

OLDEST_CANARY = datetime.timedelta(hours=3)  # they are sent hourly
OLDEST_HEARTBEAT = datetime.timedelta(minutes=5)  # the worker makes its round twice a minute
LONGEST_UNTOLD = datetime.timedelta(minutes=2)
MOST_COUNTED = 99


def alarms(*, at: datetime.datetime) -> list[str]:
    """A sentence each, with what to do, the most urgent first; none where all is well."""
    return [*safety_alarms(at=at), *worker_alarms(at=at), *sealing_alarms(at=at)]


def safety_alarms(*, at: datetime.datetime) -> list[str]:
    """Of people who may be in danger while nobody has taken that up."""
    waiting = Submission.objects.unacknowledged()
    oldest = waiting.order_by("received_at").values_list("received_at", flat=True).first()
    if oldest is None:
        return []
    clinic, found = current_clinic(), []
    limit = datetime.timedelta(minutes=clinic.acknowledge_within_minutes)
    if late := waiting.filter(received_at__lte=at - limit)[: MOST_COUNTED + 1].count():
        many = "99+" if late > MOST_COUNTED else str(late)
        found.append(
            f"{many} {'person' if late == 1 else 'people'} may be in danger, and nobody has acknowledged that. The "
            f"first has waited {timesince(oldest, at, depth=1)}. Open the queue now.{on_call(clinic)}"
        )
    if waiting.filter(alerted_at=None, received_at__lt=at - LONGEST_UNTOLD).exists():
        found.append(
            "A form that needs somebody now came in, and no mail or call could be sent about it. Look at the queue, "
            "and call whoever runs the site."
        )
    return found


def on_call(clinic: Clinic) -> str:
    if not clinic.on_call_name:
        return ""
    return f" On call: {clinic.on_call_name}, {clinic.on_call_phone}." if clinic.on_call_phone else ""


def worker_alarms(*, at: datetime.datetime) -> list[str]:
    seen = Heartbeat.objects.values_list("at", flat=True).first()
    if seen and seen < at - OLDEST_HEARTBEAT:
        return [
            f"The worker does not run: it was last seen {timesince(seen, at, depth=1)} ago. Nobody is told of new "
            "forms by mail or phone. Look at the queue often, and call whoever runs the site."
        ]
    if seen is None and Submission.objects.filter(opens=None, received_at__lt=at - OLDEST_HEARTBEAT).exists():
        return ["Nobody has tried whether the newest submissions open: the worker does not run."]
    return []


def sealing_alarms(*, at: datetime.datetime) -> list[str]:
    found = []
    if closed := Submission.objects.filter(opens=False)[: MOST_COUNTED + 1].count():
        found.append(
            f"{closed} {'submission does' if closed == 1 else 'submissions do'} not open with the keys that are here. "
            "The public key may have been exchanged, or a row was changed. Call whoever runs the site now."
        )
    newest = (
        Submission.objects.canaries()
        .filter(opens=True)
        .order_by("-received_at")
        .values_list("received_at")
        .first()
    )
    if newest and newest[0] < at - OLDEST_CANARY:
        found.append(
            f"The last canary opened on {timezone.localtime(newest[0]):%B %-d at %H:%M}. One is sent every hour: look "
            "whether the public site still sends them."
        )
    elif newest is None and Submission.objects.filter(received_at__lt=at - OLDEST_CANARY).exists():
        found.append("No canary ever opened: run manage.py seal_canary hourly where the public site runs.")
    return found


def alarms_in_templates(request: HttpRequest) -> dict[str, object]:
    """For signed-in staff alone; asked only by the pages that show them."""
    return {"alarms": lambda: alarms(at=timezone.now()) if request.user.is_staff else []}
