"""How strong the evidence for a treatment is, and how deeply a source was read. Values are stored."""

from django.db import models


class Evidence(models.TextChoices):
    """The strength of the evidence behind an article's treatment, in the words that a patient reads."""

    MODERATE = "moderate", "Moderate evidence"
    WEAK = "weak", "Weak evidence"
    WEAK_OR_NONE = "weak_or_none", "Weak or no evidence"
    MIXED = "mixed", "Evidence differs by condition"
    NOT_RATED = "not_rated", "Not a treatment question"


class ReadDepth(models.TextChoices):
    """How much of a source whoever wrote the article has read."""

    ABSTRACT = "abstract", "We read its abstract."
    FULL = "full", "We read it in full."
    SECONDARY = "secondary", "We read about it in another source."
