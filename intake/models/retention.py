"""How long submissions are kept, and what remains of one that was deleted."""

from django.db import models

from intake.models.submission import Status

LONGEST_DAYS = 36_500


class RetentionClock(models.Model):
    """How long a submission is kept in one status. No row: for ever, until the privacy officer sets a time."""

    status = models.CharField(max_length=20, choices=Status, primary_key=True)
    days = models.PositiveIntegerField(
        help_text="Since the status was set; where none was set, since it arrived."
    )
    set_by = models.CharField(max_length=150, help_text="The account's user name.")
    set_at = models.DateTimeField()

    class Meta:
        permissions = [
            ("delete_for_a_reason", "Can order that a submission is deleted, or held back from it")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values), name="intake_retentionclock_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(days__gte=1, days__lte=LONGEST_DAYS),
                name="intake_retentionclock_days_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.days} days"


class WhyDeleted(models.TextChoices):
    """A fixed list: free words could be about the patient."""

    TIME_OVER = "time_over", "Its time was over"
    PERSON_ASKED = "person_asked", "The person asked for it"
    TWICE = "twice", "It was sent twice"
    TRIED_OUT = "tried_out", "Somebody tried the form out"
    NOT_OURS = "not_ours", "It was not meant for this clinic"
    REQUIRED = "required", "Required by law"


class Tombstone(models.Model):
    """An order to delete a submission, and all that remains of it afterwards. Nothing of the patient."""

    submission = models.UUIDField(
        primary_key=True, editable=False, help_text="By value: the row of the submission goes."
    )
    reason = models.CharField(max_length=20, choices=WhyDeleted)
    ordered_by = models.CharField(max_length=150, help_text="The account's user name; “worker” for a clock.")
    ordered_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="Empty until the worker has done it.")

    class Meta:
        indexes = [
            models.Index(
                fields=["ordered_at"], condition=models.Q(deleted_at=None), name="intake_tombstone_to_do"
            ),
            models.Index(fields=["-ordered_at"], name="intake_tombstone_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reason__in=WhyDeleted.values), name="intake_tombstone_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Deleted submission {self.submission}"
