"""A screening that is being filled in, and the receipt that it becomes when it is sent."""

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db import models

from intake.models.questionnaire import QuestionnaireVersion
from intake.questionnaires.answers import Answers

DRAFT_LIFETIME = datetime.timedelta(days=30)  # from the last save
RECEIPT_ANSWERS_LIFETIME = datetime.timedelta(hours=24)  # so that the sender can print a copy
RECEIPT_LIFETIME = datetime.timedelta(days=30)  # from sending


class DraftQuerySet(models.QuerySet["Draft"]):
    def living(self, *, at: datetime.datetime) -> "DraftQuerySet":
        return self.filter(expires_at__gt=at)

    def expired(self, *, at: datetime.datetime) -> "DraftQuerySet":
        return self.filter(expires_at__lte=at)

    def receipts_past_printing(self, *, at: datetime.datetime) -> "DraftQuerySet":
        """Receipts whose copy of the answers has served its 24 hours."""
        return self.filter(sent_at__lte=at - RECEIPT_ANSWERS_LIFETIME).exclude(contents=b"")


class Draft(models.Model):
    """Found, opened and sealed only with the patient's secret. Read and written through actions."""

    id = models.UUIDField(primary_key=True, editable=False)
    # DO_NOTHING: the database refuses to delete a version that is in use. Django would read every draft of it to say
    # so, and staff, who delete versions, may not.
    questionnaire_version = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.DO_NOTHING, related_name="+"
    )
    language = models.CharField(max_length=10)
    contents = models.BinaryField(
        help_text="The answers so far, sealed under the patient's secret. Empty once a receipt is old."
    )
    revision = models.PositiveIntegerField(
        default=1, help_text="Goes up with each save that changes something."
    )

    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    # A receipt
    sent_at = models.DateTimeField(null=True, blank=True)

    # No columns: what was found in `contents` where the secret was at hand
    answers: Answers = MappingProxyType({})
    changed: Mapping[str, int] = MappingProxyType({})
    """By a page's slug, the revision that last changed its answers."""
    consent: Mapping[str, Any] = MappingProxyType({})
    """Of a receipt: version, language and sentences of what its sender agreed to."""

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("started_at")),
                name="intake_draft_expires_after_start",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="intake_draft_expires_at")]

    def __str__(self) -> str:
        return "receipt" if self.is_receipt else "draft"

    @property
    def is_receipt(self) -> bool:
        """Sent: nothing in it can be changed any more."""
        return self.sent_at is not None
