"""What staff write while they review a submission."""

from django.db import models

from intake.models.submission import Submission

NOTE_LENGTH = 4000  # characters


class Note(models.Model):
    """One dated remark by one member of staff; notes are added, never edited."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="notes")
    author = models.CharField(max_length=150, help_text="The account's user name.")
    text = models.TextField(max_length=NOTE_LENGTH)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return f"Note on {self.submission.reference}"
