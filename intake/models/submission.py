"""A screening that was sent: one row, written once, read by staff."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Coalesce

from intake.models.envelope import Envelope
from intake.models.questionnaire import QuestionnaireVersion
from intake.secret import ids_of, reference_of


class Priority(models.IntegerChoices):
    """How soon a person must read it. Numbers, so that the database sorts the queue by an index: smallest first."""

    CRISIS_NOW = 1, "Crisis now"
    CRISIS = 2, "Crisis"
    STOP = 3, "Stop"
    CAUTION = 4, "Caution"
    ROUTINE = 5, "Routine"


class Kind(models.TextChoices):
    PATIENT = "patient", "Patient"
    CANARY = "canary", "Canary"
    """Sealed by the site itself every hour: if it opens, what patients send opens too."""


class Status(models.TextChoices):
    NEW = "new", "New"
    IN_REVIEW = "in_review", "In review"
    NEEDS_INFORMATION = "needs_information", "Needs information"
    ACCEPTED = "accepted", "Accepted for consultation"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ARCHIVED = "archived", "Archived"


CLOSED = (Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN, Status.ARCHIVED)
OPEN = (Status.NEW, Status.IN_REVIEW, Status.NEEDS_INFORMATION)
DECIDED = (Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN)
MOVES: dict[Status, tuple[Status, ...]] = {
    Status.NEW: (Status.IN_REVIEW, Status.NEEDS_INFORMATION, *DECIDED),
    Status.IN_REVIEW: (Status.NEEDS_INFORMATION, *DECIDED),
    Status.NEEDS_INFORMATION: (Status.IN_REVIEW, *DECIDED),
    # A decision may have been a slip, so each can be taken back; nothing that was read becomes new again.
    Status.ACCEPTED: (Status.IN_REVIEW, Status.WITHDRAWN, Status.ARCHIVED),
    Status.DECLINED: (Status.IN_REVIEW, Status.WITHDRAWN, Status.ARCHIVED),
    Status.WITHDRAWN: (Status.IN_REVIEW, Status.ARCHIVED),
    Status.ARCHIVED: (Status.IN_REVIEW,),
}
"""From each status, those that it may change to."""


class Taken(models.TextChoices):
    """How somebody of the staff got the answers that they typed in for the person."""

    PHONE = "phone", "By phone"
    PAPER = "paper", "On paper"


SET_ASIDE = models.Q(quarantined=True, status=Status.NEW)
"""Perhaps of a robot, and nobody has looked yet: a status puts it among the others."""


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def of_patients(self) -> "SubmissionQuerySet":
        return self.filter(kind=Kind.PATIENT)

    def open(self) -> "SubmissionQuerySet":
        """Somebody still has to decide."""
        return self.filter(status__in=OPEN)

    def closed(self) -> "SubmissionQuerySet":
        return self.filter(status__in=CLOSED)

    def not_withdrawn(self) -> "SubmissionQuerySet":
        """Whoever took back what they sent is not met by chance any more."""
        return self.exclude(status=Status.WITHDRAWN)

    def named_or_not_withdrawn(self, named: Collection[UUID]) -> "SubmissionQuerySet":
        """What was taken back is found by who has its reference."""
        return self.filter(~models.Q(status=Status.WITHDRAWN) | models.Q(pk__in=named))

    def set_aside(self) -> "SubmissionQuerySet":
        return self.filter(SET_ASIDE)

    def unacknowledged(self) -> "SubmissionQuerySet":
        """Crises that nobody has taken up, whatever their status."""
        return self.of_patients().filter(priority__lte=Priority.CRISIS, acknowledged_at=None)

    def canaries(self) -> "SubmissionQuerySet":
        return self.filter(kind=Kind.CANARY)

    def most_urgent_first(self) -> "SubmissionQuerySet":
        """By priority, then by waiting time."""
        return self.order_by("priority", "received_at", "id")

    def by_reference(self, reference: str) -> "SubmissionQuerySet":
        """What has this reference, however it was typed: one or none, or by a rare chance two.

        Raises ReferenceMistyped. Found by the primary key's index, since a reference is the start of the id.
        """
        return self.filter(id__range=ids_of(reference))

    def with_version(self) -> "SubmissionQuerySet":
        """With the version that each answers, but for the files of it, which every process reads once."""
        return self.select_related("questionnaire_version").defer(
            "questionnaire_version__source", "questionnaire_version__rules_source"
        )


class Submission(Envelope):
    """What one person sent, with the wording that they saw: sealed, but for what the queue needs without a key.

    What the queue sorts by and what the answers mean is sealed along: a row in which somebody changed its id, version,
    kind, priority or time no longer opens. Staff change only the last block of columns.
    """

    id = models.UUIDField(primary_key=True, editable=False, help_text="Derived from the patient's secret.")
    questionnaire_version = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="submissions"
    )
    definition_hash = models.CharField(max_length=64, help_text="Of the questionnaire that was answered.")
    rules_hash = models.CharField(max_length=64, help_text="Of the triage rules that were applied.")
    language = models.CharField(max_length=10)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PATIENT)
    priority = models.PositiveSmallIntegerField(choices=Priority)
    received_at = models.DateTimeField()

    head = models.BinaryField(help_text="Sealed: who it is and what stands out. See storage.py.")
    body = models.BinaryField(help_text="Sealed: every answer, and the pages with the wording that was seen.")

    quarantined = models.BooleanField(
        default=False,
        help_text="Sent as a robot might: it stands in a tab of its own until staff give it a status. It is alerted, "
        "kept and opened like any other.",
    )
    opens = models.BooleanField(
        null=True, help_text="Whether its head could be opened on arrival; empty until that was tried."
    )

    # The staff's own state
    status = models.CharField(max_length=20, choices=Status, default=Status.NEW)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    assigned_to = models.CharField(
        max_length=150, blank=True, default="", help_text="The user name of the account; empty for nobody."
    )
    taken = models.CharField(
        max_length=10,
        choices=Taken,
        blank=True,
        default="",
        help_text="How staff got the answers that they typed in; empty where the person sent the form.",
    )

    acknowledged_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody of the staff took up a crisis; what was done is a note.",
    )
    held = models.BooleanField(
        default=False, help_text="A legal hold: it is not deleted, whatever the clocks say."
    )

    # The worker's: what was told
    noticed_at = models.DateTimeField(null=True, blank=True, help_text="When its notices were made.")
    alerted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the staff were first told of a crisis, through any channel."
    )

    # No columns: what the review desk opened, and whether this account may see who it is
    opened_head: Any = None
    is_revealed = False
    age: int | None = None

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        # Django's "view" is the queue and the status; what is sealed has rights of its own. Groups: accounts/groups.py
        permissions = [
            ("reveal_submission", "Can see who sent a submission, for a reason"),
            ("read_answers", "Can read answers, flags, scores and notes"),
            ("export_submission", "Can export submissions, for a reason"),
        ]
        indexes = [
            models.Index(fields=["priority", "received_at", "id"], name="intake_submission_queue"),
            models.Index(fields=["status", "priority", "received_at"], name="intake_submission_by_status"),
            # The tabs of the queue: each reads one page from the start of its index, however many others there are.
            models.Index(
                fields=["priority", "received_at", "id"],
                condition=models.Q(kind="patient", status__in=OPEN),
                name="intake_submission_open",
            ),
            models.Index(
                fields=["assigned_to", "priority", "received_at", "id"],
                condition=models.Q(kind="patient", status__in=OPEN),
                name="intake_submission_mine",
            ),
            models.Index(
                fields=["priority", "received_at", "id"],
                condition=models.Q(kind="patient") & SET_ASIDE,
                name="intake_submission_set_aside",
            ),
            models.Index(
                fields=["-received_at", "-id"],
                condition=models.Q(kind="patient", status__in=CLOSED),
                name="intake_submission_done",
            ),
            # What the worker and the alarms look for is a handful among very many.
            # "IS NULL" keeps no order in an index that begins with it: so two, each of its own rows.
            models.Index(
                fields=["received_at"], condition=models.Q(opens=None), name="intake_submission_not_tried"
            ),
            models.Index(
                fields=["received_at"], condition=models.Q(opens=False), name="intake_submission_not_opened"
            ),
            models.Index(
                fields=["received_at"], condition=models.Q(kind="canary"), name="intake_submission_canaries"
            ),
            # What the worker and the banners ask: small, however many submissions there are.
            models.Index(
                fields=["received_at"],
                condition=models.Q(kind="patient", noticed_at=None),
                name="intake_submission_not_noticed",
            ),
            models.Index(
                fields=["priority", "received_at"],
                condition=models.Q(kind="patient", priority__lte=Priority.CRISIS, acknowledged_at=None),
                name="intake_submission_open_crisis",
            ),
            models.Index(
                fields=["received_at"],
                condition=models.Q(
                    kind="patient", priority__lte=Priority.CRISIS, acknowledged_at=None, alerted_at=None
                ),
                name="intake_submission_unalerted",
            ),
            # For the clocks of retention
            models.Index(
                "status",
                Coalesce("status_changed_at", "received_at"),
                condition=models.Q(kind="patient", held=False),
                name="intake_submission_kept_since",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(priority__in=Priority.values), name="intake_submission_priority_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values), name="intake_submission_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="intake_submission_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(taken__in=["", *Taken.values]), name="intake_submission_taken_known"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What the patient was given to quote."""
        return reference_of(self.id)

    @property
    def priority_name(self) -> str:
        return Priority(self.priority).name.lower()

    @property
    def moves(self) -> tuple[Status, ...]:
        """The statuses that it may change to."""
        return MOVES[Status(self.status)]

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def is_crisis(self) -> bool:
        return self.priority <= Priority.CRISIS
