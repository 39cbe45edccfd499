"""A published version of a questionnaire, with the triage rules that belong to it."""

from functools import lru_cache

from django.db import models

from intake.questionnaires.definition import Questionnaire, read_questionnaire
from intake.questionnaires.triage import Rules, read_rules


class QuestionnaireVersionQuerySet(models.QuerySet["QuestionnaireVersion"]):
    def published(self) -> "QuestionnaireVersionQuerySet":
        return self.filter(published_at__isnull=False, retired_at__isnull=True)

    def current(self, slug: str) -> "QuestionnaireVersion | None":
        """The version that a new draft begins with: the one published last."""
        return self.published().filter(slug=slug).order_by("-published_at", "-pk").first()


class QuestionnaireVersion(models.Model):
    """The original bytes of a FHIR R4 Questionnaire and of its rules; neither changes once published."""

    slug = models.SlugField(max_length=80)
    url = models.CharField(max_length=255, help_text="The questionnaire's canonical url, without a version.")
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=255)
    language = models.CharField(max_length=10, default="en")

    source = models.BinaryField(help_text="The FHIR JSON, byte for byte as it was loaded.")
    definition_hash = models.CharField(max_length=64, help_text="SHA-256 of the source, in hex.")
    rules_source = models.BinaryField(help_text="The triage rules (TOML), byte for byte as loaded.")
    rules_hash = models.CharField(max_length=64, help_text="SHA-256 of the rules, in hex.")

    published_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionnaireVersionQuerySet.as_manager()

    class Meta:
        ordering = ["slug", "-published_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["url", "version"], name="intake_questionnaireversion_url_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"

    @property
    def canonical(self) -> str:
        """The version-specific canonical that a response names."""
        return f"{self.url}|{self.version}"

    @property
    def definition(self) -> Questionnaire:
        return parsed_definition(self.pk, self.definition_hash)

    @property
    def rules(self) -> Rules:
        return parsed_rules(self.pk, self.definition_hash, self.rules_hash)


# A published version never changes, so each process reads and indexes it once. The hashes are in the key because a test
# database may give the same number to another version.
@lru_cache(maxsize=64)
def parsed_definition(pk: int, definition_hash: str) -> Questionnaire:
    source = QuestionnaireVersion.objects.values_list("source", flat=True).get(pk=pk)
    return read_questionnaire(bytes(source))


@lru_cache(maxsize=64)
def parsed_rules(pk: int, definition_hash: str, rules_hash: str) -> Rules:
    source = QuestionnaireVersion.objects.values_list("rules_source", flat=True).get(pk=pk)
    return read_rules(bytes(source), parsed_definition(pk, definition_hash))
