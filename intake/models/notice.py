"""What the worker tells whom: notices, and the sign that it lives."""

from django.db import models
from django.db.models.functions import Now

from intake.models.submission import Submission


class NoticeKind(models.TextChoices):
    CRISIS = "crisis", "A person may be in danger"
    ESCALATION = "escalation", "Nobody has acknowledged it"
    RECEIVED = "received", "To the person who sent it: it has arrived"
    DIGEST = "digest", "What waits today"


class Channel(models.TextChoices):
    MAIL = "mail", "E-mail"
    COMMAND = "command", "The clinic's pager, by a command"
    HTTPS = "https", "The clinic's pager or text messages, over HTTPS"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unsent(self) -> "NoticeQuerySet":
        return self.filter(sent_at=None)


class Notice(models.Model):
    """One thing to be told through one channel. Made once, told at least once, tried again until it is told.

    Mail to a patient alone is given up: where the address takes none, and after some days. Then the row goes.
    Nothing of a patient stands in it: how urgent it is stands on the submission, and who it is nowhere.
    """

    kind = models.CharField(max_length=20, choices=NoticeKind)
    channel = models.CharField(max_length=10, choices=Channel)
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="notices", null=True, blank=True
    )
    day = models.DateField(null=True, blank=True, help_text="Of a digest.")
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    batch = models.UUIDField(
        null=True, blank=True, help_text="Told together, in one message that has this number."
    )
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind", "channel"], name="intake_notice_made_once"),
            models.UniqueConstraint(
                fields=["day", "channel"],
                condition=models.Q(kind="digest"),
                name="intake_notice_one_digest_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(submission=None, kind="digest") | models.Q(submission__isnull=False),
                name="intake_notice_is_about_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(sent_at=None), name="intake_notice_unsent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_channel_display()}"


class Heartbeat(models.Model):
    """When the worker was last seen: one row, written at each of its duties."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="intake_heartbeat_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"Worker seen at {self.at}"
