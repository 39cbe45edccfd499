"""What staff find people by: an index that only a process with the clinic's private key can make or read."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from intake.models.envelope import KEY_ID_LENGTH
from intake.models.submission import Submission

MARK_LENGTH = 32  # hex digits


class SearchEntry(models.Model):
    """Who sent one submission, sealed under a key that is derived from the clinic's private key; see search.py."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="search_entry")
    key_id = models.CharField(
        max_length=KEY_ID_LENGTH, help_text="Of the private key that it is derived from."
    )
    contents = models.BinaryField(help_text="Sealed: name, birth date, phone, e-mail.")
    marks = ArrayField(
        models.CharField(max_length=MARK_LENGTH),
        help_text="HMACs of the same, to find exactly that person among very many.",
    )

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [GinIndex(fields=["marks"], name="intake_searchentry_marks")]

    def __str__(self) -> str:
        return f"Search entry {self.pk}"
