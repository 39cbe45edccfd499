"""The two questions of a privacy officer: who looked at this person, and what did this account do."""

import uuid

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection

from clinic_site.audit import WORKER, AuditEvent, AuditEventQuerySet
from intake.models import Submission
from intake.secret import ALPHABET, LOOKALIKES, REFERENCE_LENGTH

# For a submission that was deleted: only the trail still knows its id, and has to be read from end to end.
NAMED_BETWEEN = """
SELECT DISTINCT named FROM clinic_site_auditevent, unnest(submissions) AS named WHERE named BETWEEN %s AND %s
"""


class ReferenceMistyped(ValueError):
    """This cannot be a reference."""


def submissions_of(reference: str) -> list[uuid.UUID]:
    """The ids of the submissions with this reference, deleted ones included: one, or none."""
    first, last = ids_between(reference)
    found = list(Submission.objects.filter(id__range=(first, last)).values_list("id", flat=True))
    if found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(NAMED_BETWEEN, [first, last])
        return [named for (named,) in cursor.fetchall()]


def ids_between(reference: str) -> tuple[uuid.UUID, uuid.UUID]:
    """The first and the last id that a reference can stand for; spaces, dashes and small letters do not matter.

    >>> ids_between("0000-oool")
    (UUID('00000000-0100-0000-0000-000000000000'), UUID('00000000-01ff-ffff-ffff-ffffffffffff'))
    """
    characters = "".join(reference[:100].upper().translate(LOOKALIKES).replace("-", " ").split())
    if len(characters) != REFERENCE_LENGTH or not set(characters) <= set(ALPHABET):
        raise ReferenceMistyped(f"A reference has {REFERENCE_LENGTH} letters and digits, such as 7K2M-9QXA.")
    number = 0
    for character in characters:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    free = 128 - 5 * REFERENCE_LENGTH  # bits of an id that the reference does not tell
    return uuid.UUID(int=number << free), uuid.UUID(int=((number + 1) << free) - 1)


def who_looked_at(submissions: list[uuid.UUID]) -> AuditEventQuerySet:
    return AuditEvent.objects.naming(submissions).oldest_first()


def names_of_accounts() -> dict[str, str]:
    """What to call each account: the username, and the person's name where the account has one."""
    names = {"": "nobody known", WORKER: "worker (the site itself)"}
    if apps.is_installed("django.contrib.auth"):
        for user in get_user_model()._default_manager.all():
            full_name = user.get_full_name()
            names[user.get_username()] = (
                f"{user.get_username()} ({full_name})" if full_name else user.get_username()
            )
    return names
