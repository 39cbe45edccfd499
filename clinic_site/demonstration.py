"""What a new site has so that it can be tried at once: a fictional clinic and a first account."""

import datetime
import os
import secrets
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from clinic_site.accounts.groups import GROUPS, active_administrators
from clinic_site.clinic import Clinic, OpeningHours, Weekday

STAFF_USERNAME = "staff"
WORKING_WEEK = (Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY)


@transaction.atomic
def create_demo_clinic() -> Clinic | None:
    """Enter the facts of a plainly fictional clinic; None, and no change, where a clinic stands already."""
    if Clinic.objects.exists():
        return None
    clinic = Clinic.objects.create(
        pk=1,
        name="Example Pain Clinic (demonstration)",
        is_demonstration=True,
        phone="(410) 555-0142",  # 555-0100 to 555-0199 are kept free for fiction
        email="hello@clinic.example",
        street="100 Example Street",
        city="Columbia",
        state="MD",
        postal_code="21044",
        review_within_hours=24,
        security_email="security@clinic.example",
        security_email_until=timezone.localdate() + datetime.timedelta(days=365),
        on_call_name="On-call nurse (demonstration)",
        on_call_phone="(410) 555-0143",
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(clinic=clinic, weekday=day, opens=datetime.time(8, 30), closes=datetime.time(17))
        for day in WORKING_WEEK
    )
    return clinic


def create_staff_account(password_file: Path) -> str | None:
    """Make the first account, in all four groups, and return its password. None where an administrator exists already.

    The password is kept in `password_file`, which only its owner may read.
    """
    if active_administrators().exists():
        return None
    password = secrets.token_urlsafe(15)
    password_file.parent.mkdir(parents=True, exist_ok=True)
    # Written before the account is made: an account whose password nobody knows would lock the site.
    password_file.unlink(missing_ok=True)
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as lines:
        lines.write(f"{password}\n")
    account = User.objects.create_user(STAFF_USERNAME, password=password, is_staff=True)
    account.groups.set(Group.objects.filter(name__in=GROUPS))
    return password
