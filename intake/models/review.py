"""What staff write while they review a submission."""

from django.db import models

from intake.models.envelope import Envelope
from intake.models.submission import Submission

NOTE_LENGTH = 4000  # characters


class Note(Envelope):
    """One dated remark by one member of staff, sealed; notes are added, never edited."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="notes")
    author = models.CharField(max_length=150, help_text="The account's user name.")
    written_at = models.DateTimeField()
    text = models.BinaryField(help_text="Sealed. See storage.py.")

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return f"Note on {self.submission.reference}"
