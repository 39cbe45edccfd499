"""Articles on treatments, the conditions they speak of and the sources they cite."""

import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models.functions import Abs
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import strip_tags

from treatments.evidence import Evidence, ReadDepth
from treatments.glossary import GLOSSARY, Term
from treatments.markdown import LONGEST_BODY
from treatments.readability import reading_time_in_words

SEARCH_LANGUAGE = "english"  # of PostgreSQL's text search: stems and stop words
SHIPPED_HASH_HELP = "Of what the loader last wrote here; empty once staff have edited it."


class Condition(models.Model):
    """A condition that people look for, such as CRPS."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    also_known_as = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        help_text="Other names, with commas between.",
    )
    shipped_hash = models.CharField(max_length=64, blank=True, editable=False, help_text=SHIPPED_HASH_HELP)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """A study, guideline, label or page that articles cite as [^key]."""

    key = models.SlugField(
        max_length=80, unique=True, help_text="How an article cites it: bell-2017 is cited as [^bell-2017]."
    )
    citation = models.CharField(max_length=500, help_text="Authors, year, where it stands.")
    doi = models.CharField(
        "DOI",
        max_length=200,
        blank=True,
        validators=[RegexValidator(r"^10\.\d{4,9}/\S+$", "Write the DOI alone: 10.1016/j.pain.2009.06.023")],
    )
    url = models.URLField("URL", max_length=500, blank=True)
    what = models.CharField(
        "what it is", max_length=500, help_text="In plain words: Trial in 60 people with CRPS"
    )
    read = models.CharField("how deeply we read it", max_length=20, choices=ReadDepth)
    shipped_hash = models.CharField(max_length=64, blank=True, editable=False, help_text=SHIPPED_HASH_HELP)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(doi="", url=""),
                name="treatments_source_has_doi_or_url",
                violation_error_message="Give a DOI or a URL.",
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def link(self) -> str:
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    @property
    def link_text(self) -> str:
        return f"doi.org/{self.doi}" if self.doi else self.url.partition("://")[2].rstrip("/")


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, at: datetime.datetime | None = None) -> "ArticleQuerySet":
        """Articles that anybody may read, now or `at` another time, in their order."""
        return self.filter(published_at__lte=at or timezone.now())

    def drafts(self) -> "ArticleQuerySet":
        """Articles without a day of publishing."""
        return self.filter(published_at=None)

    def scheduled(self, at: datetime.datetime | None = None) -> "ArticleQuerySet":
        """Articles that will be published by themselves."""
        return self.filter(published_at__gt=at or timezone.now())

    def due_for_review(self, *, on: datetime.date) -> "ArticleQuerySet":
        return self.filter(next_review_due__lte=on)

    def in_brief(self) -> "ArticleQuerySet":
        """Without the long texts: what a list shows."""
        return self.only("slug", "title", "summary", "order", "evidence")

    def related_to(self, article: "Article") -> "ArticleQuerySet":
        """The other articles: those with the most conditions in common first, then the nearest in order."""
        shared = models.Count("conditions", filter=models.Q(conditions__in=article.conditions.all()))
        return (
            self.exclude(pk=article.pk)
            .annotate(shared=shared, distance=Abs(models.F("order") - article.order))
            .order_by("-shared", "distance", "order")
        )


class Article(models.Model):
    """One page on a treatment. Written by actions.py, which renders the body and numbers its sources."""

    title = models.CharField(max_length=160)
    slug = models.SlugField(
        max_length=80, unique=True, help_text="The end of its address. It stays, so that links keep working."
    )
    summary = models.CharField(
        max_length=400, help_text="One or two sentences, shown in lists and under the title."
    )
    body = models.TextField(
        validators=[MaxLengthValidator(LONGEST_BODY)],
        help_text="Markdown. Headings begin with ##. A claim cites its source: [^bell-2017].",
    )
    order = models.PositiveSmallIntegerField(default=500, help_text="Lists show small numbers first.")
    conditions = models.ManyToManyField(Condition, blank=True, related_name="articles")
    evidence = models.CharField("strength of the evidence", max_length=20, choices=Evidence)

    published_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the public may read it; a time to come publishes it by itself. "
        "Empty: a draft, for signed-in staff and whoever has a draft link.",
    )
    last_reviewed_on = models.DateField(help_text="When it was last checked against its sources.")
    reviewed_by = models.CharField(
        max_length=160,
        blank=True,
        help_text="The clinician who reviewed it. Empty: the page says that none has. "
        "Emptied when the words change, unless the review is entered anew.",
    )
    next_review_due = models.DateField()

    # Made from the body by actions.py
    rendered_body = models.TextField(editable=False)
    contents = models.JSONField(
        default=list, editable=False, help_text='[{"id": …, "title": …}], the headings.'
    )
    sources: "models.ManyToManyField[Source, Citation]" = models.ManyToManyField(
        Source, through="Citation", related_name="articles"
    )
    search_text = models.TextField(default="", editable=False, help_text="The body as a reader reads it.")
    search_vector = SearchVectorField(null=True, editable=False)
    shipped_hash = models.CharField(max_length=64, blank=True, editable=False, help_text=SHIPPED_HASH_HELP)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["order", "title"]
        indexes = [GinIndex(fields=["search_vector"], name="treatments_article_search")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(next_review_due__gt=models.F("last_reviewed_on")),
                name="treatments_article_review_due_after_last_review",
                violation_error_message="The next review must be due later than the last review.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("treatments:detail", args=[self.slug])

    @property
    def opening(self) -> str:
        """The rendered body before its first heading: the answer, which comes before the contents list."""
        return self.rendered_body.partition("<h2 ")[0]

    @property
    def after_opening(self) -> str:
        return self.rendered_body.removeprefix(self.opening)

    @property
    def words_explained(self) -> list[Term]:
        """The terms that the body explains where they stand, for a list that needs no popover."""
        return [term for term in GLOSSARY.values() if f'id="{term.id}"' in self.rendered_body]

    @property
    def reading_time_in_words(self) -> str:
        return reading_time_in_words(strip_tags(self.rendered_body))

    @property
    def review_in_words(self) -> str:
        return review_in_words(self.last_reviewed_on, self.reviewed_by)


class ArticleVersion(models.Model):
    """What an article said, from when on, and who wrote it. Rows are only ever added."""

    slug = models.SlugField(max_length=80, help_text="By value: the history outlives the article.")
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.CharField(
        max_length=150, blank=True, help_text="The username then; empty where it came with the site."
    )
    wording = models.JSONField(encoder=DjangoJSONEncoder, help_text="The fields of the article by name.")

    class Meta:
        ordering = ["-saved_at", "-id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["slug", "-saved_at"], name="treatments_version_of_article")]

    def __str__(self) -> str:
        return f"{self.slug} {self.saved_at:%Y-%m-%d %H:%M}"


class DraftLink(models.Model):
    """An address under which anybody who has it may read a draft, for some days. Only its hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="draft_links")
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["expires_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("made_at")),
                name="treatments_draftlink_ends_after_it_begins",
            )
        ]

    def __str__(self) -> str:
        return f"Draft link to {self.article_id}"


class Citation(models.Model):
    """A source as an article cites it: the number of its footnote, and how many marks point there."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="citations")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="citations")
    position = models.PositiveSmallIntegerField(help_text="From 1, in order of first citation.")
    marks = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["article", "position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "source"], name="treatments_citation_source_once"),
            models.UniqueConstraint(fields=["article", "position"], name="treatments_citation_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.source_id}"

    @property
    def mark_numbers(self) -> range:
        return range(1, self.marks + 1)


def review_in_words(last_reviewed_on: datetime.date, reviewed_by: str) -> str:
    """What the page says of its review; a check against the sources is never passed off as a clinician's.

    >>> review_in_words(datetime.date(2026, 11, 22), "")
    'Last checked against its sources on Nov 22, 2026. Not yet reviewed by a clinician.'
    >>> review_in_words(datetime.date(2026, 11, 22), "Jo Example, MD")
    'Last checked against its sources on Nov 22, 2026. Reviewed by Jo Example, MD.'
    """
    reviewed = f"Reviewed by {reviewed_by}." if reviewed_by else "Not yet reviewed by a clinician."
    return f"Last checked against its sources on {date_format(last_reviewed_on, 'M j, Y')}. {reviewed}"
