"""A version of a questionnaire, with the triage rules that belong to it: a draft, then published, then retired."""

from functools import lru_cache

from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.utils.translation import get_language

from intake.questionnaires.definition import Questionnaire, read_questionnaire
from intake.questionnaires.languages import in_language
from intake.questionnaires.triage import Rules, read_rules

TITLE_LENGTH = 255  # characters
SIGNED_OFF_BY_LENGTH = 200  # characters


class State(models.TextChoices):
    """Not stored: it follows from the times."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class QuestionnaireVersionQuerySet(models.QuerySet["QuestionnaireVersion"]):
    def published(self) -> "QuestionnaireVersionQuerySet":
        return self.filter(published_at__isnull=False, retired_at__isnull=True)

    def ever_published(self) -> "QuestionnaireVersionQuerySet":
        """What patients see or saw: published, and perhaps retired since."""
        return self.filter(published_at__isnull=False)

    def current(self, slug: str) -> "QuestionnaireVersion | None":
        """The version that a new draft begins with: the one published last."""
        newest_first = self.published().filter(slug=slug).order_by("-published_at", "-pk")
        return newest_first.defer("source", "rules_source").first()

    def with_begins_now(self) -> "QuestionnaireVersionQuerySet":
        """Each with `begins_now`: whether it is the `current` one of its slug."""
        later = self.model.objects.published().filter(
            Q(published_at__gt=OuterRef("published_at"))
            | Q(published_at=OuterRef("published_at"), pk__gt=OuterRef("pk")),
            slug=OuterRef("slug"),
        )
        is_published = Q(published_at__isnull=False, retired_at__isnull=True)
        return self.annotate(begins_now=ExpressionWrapper(is_published & ~Exists(later), BooleanField()))

    def before(self, version: "QuestionnaireVersion") -> "QuestionnaireVersion | None":
        """What was asked under the same name until this version: the one that was published last before it."""
        earlier = self.filter(slug=version.slug, published_at__isnull=False).exclude(pk=version.pk)
        if version.published_at:
            earlier = earlier.filter(published_at__lte=version.published_at)
        return earlier.order_by("-published_at", "-pk").first()


class QuestionnaireVersion(models.Model):
    """The original bytes of a FHIR R4 Questionnaire and of its rules.

    Once it is published the database refuses to change or delete it; only `retired_at` may be set.
    """

    slug = models.SlugField(max_length=80)
    url = models.CharField(max_length=255, help_text="The questionnaire's canonical url, without a version.")
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=TITLE_LENGTH)
    language = models.CharField(max_length=10, default="en")

    source = models.BinaryField(help_text="The FHIR JSON, byte for byte as it was loaded.")
    definition_hash = models.CharField(max_length=64, help_text="SHA-256 of the source, in hex.")
    rules_source = models.BinaryField(help_text="The triage rules (TOML), byte for byte as loaded.")
    rules_hash = models.CharField(max_length=64, help_text="SHA-256 of the rules, in hex.")

    imported_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(
        max_length=150, blank=True, help_text="The account that published it; empty for the shell."
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    # The clinician who answers for the questions and the rules
    signed_off_by = models.CharField(
        max_length=SIGNED_OFF_BY_LENGTH, blank=True, help_text="Empty: not yet signed off by a clinician."
    )
    signed_off_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionnaireVersionQuerySet.as_manager()

    class Meta:
        ordering = ["slug", "-published_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["url", "version"], name="intake_questionnaireversion_url_version_once"
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(published_at__isnull=False),
                name="intake_questionnaireversion_retired_after_published",
            ),
            models.CheckConstraint(
                condition=Q(signed_off_by="", signed_off_at=None)
                | Q(~Q(signed_off_by=""), signed_off_at__isnull=False, published_at__isnull=False),
                name="intake_questionnaireversion_signed_off_by_and_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"

    @property
    def is_draft(self) -> bool:
        """No patient sees it, and it may still be replaced."""
        return self.published_at is None

    @property
    def state(self) -> State:
        if self.is_draft:
            return State.DRAFT
        return State.RETIRED if self.retired_at else State.PUBLISHED

    @property
    def canonical(self) -> str:
        """The version-specific canonical that a response names."""
        return f"{self.url}|{self.version}"

    @property
    def definition(self) -> Questionnaire:
        """In the language of the request, where the file has it; else as it was written."""
        language = (get_language() or self.language).partition("-")[0]
        if language == self.language.partition("-")[0]:
            return self.as_written
        return translated_definition(self.pk, self.definition_hash, language)

    @property
    def as_written(self) -> Questionnaire:
        """In its own language, which staff read."""
        return parsed_definition(self.pk, self.definition_hash)

    @property
    def language_shown(self) -> str:
        """The language of `definition`."""
        return self.definition.language or self.language

    @property
    def rules(self) -> Rules:
        return parsed_rules(self.pk, self.definition_hash, self.rules_hash)


# The bytes under a hash never change, so each process reads and indexes them once. The hashes are in the key because
# a draft may be imported anew.
@lru_cache(maxsize=64)
def parsed_definition(pk: int, definition_hash: str) -> Questionnaire:
    source = QuestionnaireVersion.objects.values_list("source", flat=True).get(
        pk=pk, definition_hash=definition_hash
    )
    return read_questionnaire(bytes(source))


@lru_cache(maxsize=64)
def translated_definition(pk: int, definition_hash: str, language: str) -> Questionnaire:
    return in_language(parsed_definition(pk, definition_hash), language)


@lru_cache(maxsize=64)
def parsed_rules(pk: int, definition_hash: str, rules_hash: str) -> Rules:
    source = QuestionnaireVersion.objects.values_list("rules_source", flat=True).get(
        pk=pk, rules_hash=rules_hash
    )
    return read_rules(bytes(source), parsed_definition(pk, definition_hash))
