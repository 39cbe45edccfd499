"""Every write to articles. Rendered bodies and numbered sources are made here and nowhere else."""

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from treatments.content import CONTENT_FOLDER, ArticleFile, ContentRefused, read_content
from treatments.markdown import render
from treatments.models import Article, Citation, Condition, Source


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
    return Loaded(outcomes)


@transaction.atomic
def save_by_staff(row: Article | Condition | Source) -> None:
    """Keep what staff wrote. From now on the loader leaves this row alone."""
    row.shipped_hash = ""
    row.save()
    if isinstance(row, Article):
        render_article(row)


def render_article(article: Article) -> None:
    """Store the HTML of the saved article's body and the sources it cites, which must all exist."""
    rendered = render(article.body)
    sources = Source.objects.in_bulk(rendered.citations, field_name="key")
    article.rendered_body = rendered.html
    article.contents = [dataclasses.asdict(heading) for heading in rendered.contents]
    article.save(update_fields=["rendered_body", "contents"])  # updated_at is when the words changed
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
