"""The audit trail: who did what to which submission, when and why; never an answer.

Rows are only ever added. The database numbers each row, dates it and chains it to the one before, and refuses
UPDATE, DELETE and TRUNCATE (migrations/0004). `verify_audit` walks the chain.
"""

import datetime
import getpass
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.checks import CheckMessage, Error, register
from django.db import connection, connections, models, transaction

from clinic_site.roles import Role
from intake.secret import reference_of

WORKER = "worker"  # the account of the process that sends notices and keeps the retention times


class Action(models.TextChoices):
    LIST = "list", "List shown"
    OPEN = "open", "Opened"
    REVEAL = "reveal", "Identity revealed"
    SEARCH = "search", "Searched"
    EXPORT = "export", "Exported"
    STATUS = "status", "Status changed"
    NOTE = "note", "Note written"
    PRINT = "print", "Printed"
    KEY = "key", "Key used"
    RETENTION = "retention", "Retention"
    LOGIN = "login", "Signed in"
    LOGOUT = "logout", "Signed out"
    LOGIN_FAILED = "login_failed", "Sign-in failed"
    QUESTIONNAIRE = "questionnaire", "Questionnaire changed"
    CLINIC = "clinic", "Clinic facts changed"
    ACCOUNT = "account", "Account or group changed"


class Reason(models.TextChoices):
    """Why somebody looked. A fixed list: what staff type freely could be about the patient."""

    REVIEW = "review", "To review the submission"
    CRISIS = "crisis", "To help a person who may be in danger"
    CONTACT = "contact", "To call or write to the person"
    HANDOVER = "handover", "To hand it over to the treating clinician"
    PATIENT_REQUEST = "patient_request", "The person asked for it"
    PRIVACY = "privacy", "To answer a privacy question or complaint"
    LEGAL = "legal", "Required by law"


NEEDS_A_REASON = (Action.REVEAL, Action.EXPORT)

# All that `detail` may say, besides the id of a key and the number of an account. No other digits and no names, so that
# nothing of a patient fits in.
VOCABULARY = """
    to from
    new in_review needs_information accepted declined withdrawn archived assigned unassigned
    call reached message_left no_answer typed_in phone paper
    head body history review note acknowledgement
    fhir csv json sealed download
    audit trail report
    made self_test reseal escrow drill canary unopenable refused failed
    deleted emptied drafts receipts submissions notices
    clock hold set ordered
    password code passkey recovery_code second_step confirmed added removed reset lost stolen replaced
    imported published retired signed_off tried translation
    facts hours holidays people prices approved
    changed disabled rights
    sessions ended invited given taken
    front_desk clinician privacy_officer administrator
"""
WORDS = frozenset(VOCABULARY.split())
KEY_ID = re.compile(r"[0-9a-f]{16}")
ACCOUNT_NUMBER = re.compile(r"(user|group)_[0-9]{1,10}")
DETAIL_LENGTH = 60  # characters; two key ids and what was done fit in
ACCOUNT_LENGTH = 200  # characters; a username has at most 150


class UnknownWord(ValueError):
    """A detail that is not of the fixed vocabulary. It is not quoted: it may be something a patient wrote."""


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def naming(self, submissions: Iterable[uuid.UUID]) -> "AuditEventQuerySet":
        return self.filter(submissions__overlap=list(submissions))

    def by_account(
        self, account: str, *, since: datetime.datetime, until: datetime.datetime
    ) -> "AuditEventQuerySet":
        """From `since` on and before `until`."""
        return self.filter(account=account, at__gte=since, at__lt=until)

    def oldest_first(self) -> "AuditEventQuerySet":
        return self.order_by("id")

    def in_brief(self) -> "AuditEventQuerySet":
        """Without the ids after the first three: an export names thousands."""
        return self.defer("submissions").annotate(
            first_submissions=models.F("submissions__0_3"), submission_count=models.F("submissions__len")
        )


class AuditEvent(models.Model):
    """One row of the trail. `write` adds it; the database fills in the columns that prove it."""

    id = models.BigIntegerField("number", primary_key=True, help_text="Counted without gaps.")
    at = models.DateTimeField("when", help_text="By the database's clock.")
    account = models.CharField(
        max_length=ACCOUNT_LENGTH,
        blank=True,
        help_text="The username then; “worker”; “shell:” and the system user; empty where nobody is known.",
    )
    role = models.CharField(max_length=10, help_text="Of the process that wrote it.")
    action = models.CharField(max_length=20, choices=Action)
    submissions = ArrayField(
        models.UUIDField(), blank=True, default=list, help_text="By value: the trail outlives what it names."
    )
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    detail = models.CharField(max_length=DETAIL_LENGTH, blank=True)

    # The chain
    previous_hash = models.BinaryField()
    row_hash = models.BinaryField()

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = "audit event"
        verbose_name_plural = "audit trail"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at"], name="clinic_site_audit_at"),
            models.Index(fields=["account", "at"], name="clinic_site_audit_account"),
            models.Index(fields=["action", "at"], name="clinic_site_audit_action"),
            GinIndex(fields=["submissions"], name="clinic_site_audit_submissions"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__in=Action.values), name="clinic_site_auditevent_action_known"
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=["", *Reason.values]),
                name="clinic_site_auditevent_reason_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason="") | ~models.Q(action__in=NEEDS_A_REASON),
                name="clinic_site_auditevent_reveal_and_export_say_why",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="clinic_site_auditevent_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(detail__regex=r"^[a-z0-9_ ]{0,60}$"),
                name="clinic_site_auditevent_detail_is_words",
            ),
        ]

    def __str__(self) -> str:
        return f"Event {self.pk}"

    @property
    def references(self) -> list[str]:
        """The submissions as patients and staff call them."""
        return [reference_of(submission) for submission in self.submissions]

    @property
    def what(self) -> str:
        """The action and its detail in words.

        >>> AuditEvent(action=Action.STATUS, detail="new to in_review").what
        'Status changed: new to in review'
        """
        detail = self.detail.replace("_", " ")
        return f"{self.get_action_display()}: {detail}" if detail else self.get_action_display()


# Named without id, time and hashes: a web role may fill no others, and may not read back what it wrote.
INSERT = """
INSERT INTO public.clinic_site_auditevent (account, role, action, submissions, reason, detail)
VALUES (%s, %s, %s, %s::uuid[], %s, %s)
"""
# One step along the index for each account, where DISTINCT would read every row.
ACCOUNTS_SEEN = """
WITH RECURSIVE seen (account) AS (
    (SELECT account FROM clinic_site_auditevent ORDER BY account LIMIT 1)
    UNION ALL
    SELECT (SELECT account FROM clinic_site_auditevent WHERE account > seen.account ORDER BY account LIMIT 1)
    FROM seen WHERE seen.account IS NOT NULL
)
SELECT account FROM seen WHERE account <> ''
"""


def write(
    action: Action,
    *,
    by: str,
    submissions: Sequence[uuid.UUID] = (),
    reason: Reason | str = "",
    detail: str = "",
) -> None:
    """Add a row and commit it: when this returns, what it tells of may be shown, and not before.

    Inside another transaction, which could still be rolled back, this is a RuntimeError.
    """
    with transaction.atomic(durable=True):
        add(action, by=by, submissions=submissions, reason=reason, detail=detail)


def add(
    action: Action,
    *,
    by: str,
    submissions: Sequence[uuid.UUID] = (),
    reason: Reason | str = "",
    detail: str = "",
) -> None:
    """The row alone, inside the caller's transaction: for a deed that shows nothing, so that both are done or none.

    Best at its end: until then nobody else can write into the trail.
    """
    if not all(
        word in WORDS or KEY_ID.fullmatch(word) or ACCOUNT_NUMBER.fullmatch(word) for word in detail.split()
    ):
        raise UnknownWord("The detail has a word that is not in clinic_site.audit.WORDS.")
    why = Reason(reason).value if reason else ""
    row: list[Any] = [by, settings.ROLE.value, Action(action).value, list(submissions), why, detail]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, row)


@contextmanager
def act(
    action: Action,
    *,
    by: str,
    submissions: Sequence[uuid.UUID] = (),
    reason: Reason | str = "",
    detail: str = "",
) -> Iterator[None]:
    """`write`, then let it be done inside; where that raises, a second row says that it was refused."""
    write(action, by=by, submissions=submissions, reason=reason, detail=detail)
    try:
        yield
    except Exception:
        write(action, by=by, submissions=submissions, reason=reason, detail=f"{detail} refused".strip())
        raise


def shell_account() -> str:
    """Who works at the terminal, as the trail names them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run a user that has no name
        user = str(os.getuid())
    return f"shell:{user}"[:ACCOUNT_LENGTH]


def accounts_seen() -> list[str]:
    """Every account in the trail, by name."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS_SEEN)
        return [account for (account,) in cursor.fetchall()]


@register()
def no_request_is_one_transaction(**kwargs: Any) -> list[CheckMessage]:
    """Under ATOMIC_REQUESTS a row of the trail would be committed after the page was made, or never."""
    return [
        Error(
            f"ATOMIC_REQUESTS is on for the database “{alias}”.",
            hint="Take it out: the audit trail must be written before a page shows what it tells of.",
            id="clinic_site.E010",
        )
        for alias in connections
        if connections[alias].settings_dict["ATOMIC_REQUESTS"]
    ]
