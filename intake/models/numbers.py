"""How far people come with the form: counts, and nothing else."""

from django.db import models

from intake.models.questionnaire import QuestionnaireVersion


class PageCount(models.Model):
    """How many people answered one page for the first time on one day. No draft, no time of day."""

    day = models.DateField()
    # DO_NOTHING as for drafts: the database refuses to delete a version that has counts.
    questionnaire_version = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.DO_NOTHING, related_name="+"
    )
    page = models.TextField(help_text="The page's slug; empty for a form that was sent.")
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "questionnaire_version", "page"], name="intake_pagecount_one_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page or 'sent'} on {self.day}"
