"""The columns of something that is sealed to the clinic. Only storage.py fills and opens them."""

from django.db import models

KEY_ID_LENGTH = 16  # hex digits


class Envelope(models.Model):
    """The key of one row, sealed to the clinic's key and to the escrow key."""

    suite = models.PositiveSmallIntegerField(help_text="How it was sealed; see sealing.py.")
    clinic_key_id = models.CharField(max_length=KEY_ID_LENGTH)
    escrow_key_id = models.CharField(max_length=KEY_ID_LENGTH)
    clinic_wrap = models.BinaryField(help_text="The key of this row, sealed to the clinic.")
    escrow_wrap = models.BinaryField(help_text="The key of this row, sealed to the escrow key.")

    class Meta:
        abstract = True
