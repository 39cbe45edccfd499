"""What is wrong with the sealing, told on every page of the review desk. Read from the submissions themselves."""

import datetime

from django.http import HttpRequest
from django.utils import timezone

from intake.models import Submission

OLDEST_CANARY = datetime.timedelta(hours=3)  # they are sent hourly
LONGEST_UNTRIED = datetime.timedelta(minutes=10)  # the worker looks twice a minute


def alarms(*, at: datetime.datetime) -> list[str]:
    """A sentence each, with what to do; none where all is well."""
    found = []
    if closed := Submission.objects.filter(opens=False).count():
        found.append(
            f"{closed} {'submission does' if closed == 1 else 'submissions do'} not open with the keys that are here. "
            "The public key may have been exchanged, or a row was changed. Call whoever runs the site now."
        )
    if Submission.objects.filter(opens=None, received_at__lt=at - LONGEST_UNTRIED).exists():
        found.append("Nobody has tried whether the newest submissions open: the worker does not run.")
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
