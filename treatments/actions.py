"""Every write to articles. Rendered bodies and numbered sources are made here and nowhere else."""

import dataclasses
import datetime
import functools
import hashlib
import json
import operator
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Value
from django.utils import timezone

from treatments.content import CONTENT_FOLDER, ArticleFile, ContentRefused, read_content
from treatments.markdown import render, text_blocks
from treatments.models import SEARCH_LANGUAGE, Article, ArticleVersion, Citation, Condition, DraftLink, Source

# What a review was of. Where staff change one of these, the review falls away.
WORDS_OF_AN_ARTICLE = ("title", "summary", "body", "evidence")
FIELDS_OF_A_VERSION = (
    *WORDS_OF_AN_ARTICLE,
    "published_at",
    "last_reviewed_on",
    "next_review_due",
    "reviewed_by",
)
DRAFT_LINK_DAYS = (1, 7, 14, 30)


class Outcome(StrEnum):
    """What the loader did with one article, condition or source."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept as staff edited it"


@dataclasses.dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: for each name, such as "article crps" or "source bell-2017", its outcome."""

    outcomes: Mapping[str, Outcome]

    def names(self, outcome: Outcome) -> list[str]:
        return [name for name, found in self.outcomes.items() if found == outcome]


@transaction.atomic
def load_articles(*, folder: Path = CONTENT_FOLDER) -> Loaded:
    """Bring the shipped sources, conditions and articles up to date; all of them, or none and ContentRefused.

    What staff edited stays theirs, even where the shipped file has changed since. Nothing is ever deleted.
    """
    content = read_content(folder)
    outcomes: dict[str, Outcome] = {}
    for source in content.sources:
        row = Source.objects.filter(key=source.key).first() or Source()
        outcomes[f"source {source.key}"] = ship(row, dataclasses.asdict(source), folder / "sources.toml")
    for condition in content.conditions:
        named = Condition.objects.filter(slug=condition.slug).first() or Condition()
        fields = dataclasses.asdict(condition)
        outcomes[f"condition {condition.slug}"] = ship(named, fields, folder / "conditions.toml")
    for file in content.articles:
        article = Article.objects.filter(slug=file.slug).first() or Article()
        outcome = ship(
            article, article_fields(file), folder / f"{file.slug}.md", shipped_with=file.conditions
        )
        if outcome in (Outcome.ADDED, Outcome.UPDATED):
            article.conditions.set(Condition.objects.filter(slug__in=file.conditions))
        outcomes[f"article {file.slug}"] = outcome
    # Also the articles that did not change: this version of the site may render them differently.
    for article in Article.objects.all():
        render_article(article)
        keep_version(article, by="")
    return Loaded(outcomes)


@transaction.atomic
def save_by_staff(row: Article | Condition | Source, *, by: str = "", reviewed_anew: bool = False) -> bool:
    """Keep what staff wrote. From now on the loader leaves this row alone.

    An article whose words changed is no longer the text that somebody reviewed: its "reviewed by" is emptied, unless
    `reviewed_anew` says that the review is of the words as they are now. True where it was emptied.
    """
    row.shipped_hash = ""
    lost_its_review = False
    if isinstance(row, Article):
        lost_its_review = bool(row.reviewed_by) and not reviewed_anew and has_other_words(row)
        if lost_its_review:
            row.reviewed_by = ""
    row.save()
    if isinstance(row, Article):
        render_article(row)
        keep_version(row, by=by)
    return lost_its_review


def has_other_words(article: Article) -> bool:
    stored = Article.objects.filter(pk=article.pk).values(*WORDS_OF_AN_ARTICLE).first()
    return stored is not None and any(getattr(article, name) != words for name, words in stored.items())


def go_back_to(version: ArticleVersion, *, by: str) -> bool:
    """Give an article the words that it had. When it is published and reviewed stays as it is now."""
    article = Article.objects.get(slug=version.slug)
    for name in WORDS_OF_AN_ARTICLE:
        setattr(article, name, version.wording[name])
    return save_by_staff(article, by=by)


def keep_version(article: Article, *, by: str) -> None:
    """Add what the article says now to its history, unless it said so before this."""
    stored = Article.objects.filter(pk=article.pk).values(*FIELDS_OF_A_VERSION).get()
    wording = json.loads(
        json.dumps(stored, cls=DjangoJSONEncoder)
    )  # as it will be read back: dates become texts
    latest = ArticleVersion.objects.filter(slug=article.slug).first()
    if latest is None or latest.wording != wording:
        ArticleVersion.objects.create(slug=article.slug, saved_by=by, wording=wording)


@transaction.atomic
def make_draft_link(article: Article, *, days: int, by: str) -> str:
    """The secret end of an address under which the draft can be read for so many days."""
    if days not in DRAFT_LINK_DAYS:
        raise ValueError(f"A draft link lasts one of {DRAFT_LINK_DAYS} days, not {days}.")
    now = timezone.now()
    DraftLink.objects.filter(expires_at__lte=now).delete()
    token = secrets.token_urlsafe(24)
    DraftLink.objects.create(
        token_hash=hash_of_token(token),
        article=article,
        made_by=by,
        made_at=now,
        expires_at=now + datetime.timedelta(days=days),
    )
    return token


def end_draft_links(article: Article) -> None:
    article.draft_links.all().delete()


def hash_of_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def render_article(article: Article) -> None:
    """Store the HTML of the saved article's body, the sources it cites, which must all exist, and what search reads."""
    rendered = render(article.body)
    sources = Source.objects.in_bulk(rendered.citations, field_name="key")
    article.rendered_body = rendered.html
    article.contents = [dataclasses.asdict(heading) for heading in rendered.contents]
    article.search_text = "\n".join(text_blocks(article.body, tables=True))
    # updated_at is when the words changed
    article.save(update_fields=["rendered_body", "contents", "search_text"])
    headings = "\n".join(heading.title for heading in rendered.contents)
    weighted = (
        ("A", article.title),
        ("B", f"{article.summary}\n{headings}"),
        ("C", article.search_text),
    )
    parts: list[Any] = [
        SearchVector(Value(text), weight=weight, config=SEARCH_LANGUAGE) for weight, text in weighted
    ]
    Article.objects.filter(pk=article.pk).update(search_vector=functools.reduce(operator.add, parts))
    article.citations.all().delete()
    Citation.objects.bulk_create(
        Citation(article=article, source=sources[key], position=position, marks=marks)
        for position, (key, marks) in enumerate(rendered.citations.items(), start=1)
    )


def ship(
    row: Article | Condition | Source, fields: Mapping[str, Any], path: Path, *, shipped_with: object = None
) -> Outcome:
    """Write the fields of a shipped file to its row, unless the row is staff's or has them already."""
    if row.pk and not row.shipped_hash:
        return Outcome.KEPT
    outcome = Outcome.UPDATED if row.pk else Outcome.ADDED
    shipped_hash = fingerprint(fields, shipped_with)
    if row.shipped_hash == shipped_hash:
        return Outcome.UNCHANGED
    for name, value in fields.items():
        setattr(row, name, value)
    row.shipped_hash = shipped_hash
    try:
        row.full_clean()
    except ValidationError as error:
        reasons = "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
        raise ContentRefused(path, None, f"{row}: {reasons}") from None
    row.save()
    return outcome


def article_fields(file: ArticleFile) -> dict[str, Any]:
    """The model's fields as the file gives them. A day of publishing begins at the clinic's midnight."""
    fields = dataclasses.asdict(file)
    midnight = datetime.datetime.combine(fields.pop("published_on"), datetime.time())
    del fields["conditions"]
    return fields | {"published_at": timezone.make_aware(midnight)}


def fingerprint(*values: object) -> str:
    """The same for the same values, on every machine."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
