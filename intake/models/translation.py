"""Who answers for the words of the screening in another language."""

from django.db import models


class TranslationReview(models.Model):
    """Somebody read every word as it was then. It counts for as long as no word changes; see languages.py."""

    language = models.CharField(max_length=10)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of every word that was read, in hex.")
    reviewed_by = models.CharField(
        max_length=200, help_text="Name and qualification, as the clinic would give them."
    )
    reviewed_on = models.DateField()

    class Meta:
        ordering = ["language", "-reviewed_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.language}, read by {self.reviewed_by} on {self.reviewed_on}"
