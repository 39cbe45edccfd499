"""What staff write while they review a submission."""

import datetime

from django.db import models

from intake.models.envelope import Envelope
from intake.models.submission import Submission

NOTE_LENGTH = 4000  # characters


class CallOutcome(models.TextChoices):
    """What came of a call. Not what was said: that is sealed."""

    REACHED = "reached", "Reached"
    MESSAGE_LEFT = "message_left", "Message left"
    NO_ANSWER = "no_answer", "No answer"


class NoteQuerySet(models.QuerySet["Note"]):
    def calls_due(self, *, on: datetime.date) -> "NoteQuerySet":
        """Calls to be tried again by that day, where nobody has called since."""
        later = Note.objects.filter(
            submission=models.OuterRef("submission"), written_at__gt=models.OuterRef("written_at")
        ).exclude(outcome="")
        return self.filter(~models.Exists(later), try_again_on__lte=on).order_by()


class Note(Envelope):
    """One dated remark or call by one member of staff, sealed; notes are added, never edited."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="notes")
    author = models.CharField(max_length=150, help_text="The account's user name.")
    written_at = models.DateTimeField()
    text = models.BinaryField(help_text="Sealed. See storage.py.")

    # A call
    outcome = models.CharField(
        max_length=20,
        choices=CallOutcome,
        blank=True,
        default="",
        help_text="Empty for a note that is no call.",
    )
    try_again_on = models.DateField(null=True, blank=True)

    acknowledges = models.BooleanField(
        default=False,
        help_text="Whether it says what was done about a crisis: one note of each submission does.",
    )

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["written_at"]
        indexes = [
            models.Index(
                fields=["try_again_on"],
                condition=models.Q(try_again_on__isnull=False),
                name="intake_note_call_again",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=models.Q(acknowledges=True),
                name="intake_note_acknowledged_once",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["", *CallOutcome.values]), name="intake_note_outcome_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Note on {self.submission.reference}"
