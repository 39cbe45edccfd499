"""An export too large for one request: made by the worker, sealed at rest, downloaded once."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clinic_site.audit import Reason
from intake.models.envelope import Envelope


class Format(models.TextChoices):
    FHIR = "fhir", "FHIR"
    CSV = "csv", "CSV"


class Export(models.Model):
    """What somebody asked for. The file's parts lie beside it for an hour, and while it is downloaded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.CharField(max_length=150, help_text="The account's user name.")
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=20, choices=Reason)
    format = models.CharField(max_length=10, choices=Format, default=Format.FHIR)
    submissions = ArrayField(models.UUIDField(), help_text="By value, in the order of the file.")
    done = models.PositiveIntegerField(
        default=0, help_text="How many of them are in the parts that are made."
    )
    left_out = models.PositiveIntegerField(default=0, help_text="How many of those could not be exported.")
    ready_at = models.DateTimeField(null=True, blank=True)
    downloaded_at = models.DateTimeField(null=True, blank=True)
    emptied_at = models.DateTimeField(null=True, blank=True, help_text="When the parts were deleted.")

    class Meta:
        indexes = [
            models.Index(
                fields=["asked_at"], condition=models.Q(emptied_at=None), name="intake_export_living"
            ),
        ]

    def __str__(self) -> str:
        return f"Export of {len(self.submissions)}"

    @property
    def percent(self) -> int:
        return 100 * self.done // max(1, len(self.submissions))

    @property
    def has_failed(self) -> bool:
        """It was given up before it was ready; somebody may ask again."""
        return self.ready_at is None and self.emptied_at is not None


class ExportPart(Envelope):
    """Some entries of the Bundle or lines of the table, sealed to the clinic."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    contents = models.BinaryField(help_text="Sealed. See storage.py.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="intake_exportpart_once"),
        ]

    def __str__(self) -> str:
        return f"Part {self.number}"
