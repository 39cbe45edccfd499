"""Articles and content folders for tests: valid by default, one keyword for each fact a test is about."""

import datetime
from pathlib import Path
from typing import Any

from treatments.actions import save_by_staff
from treatments.models import Article, Source

LONG_AGO = datetime.datetime(2020, 3, 1, 12, tzinfo=datetime.UTC)

SOURCES = """\
[bell-2017]
citation = "Bell RF and colleagues, 2017, Cochrane Database."
doi = "10.1002/14651858.CD003351.pub3"
url = ""
what = "Review of 3 trials"
read = "abstract"

[royal-free]
citation = "Royal Free London, patient leaflet."
doi = ""
url = "https://www.royalfree.nhs.uk/leaflet"
what = "Leaflet for patients"
read = "full"
"""
CONDITIONS = """\
[crps]
name = "Complex regional pain syndrome (CRPS)"
also_known_as = ["RSD"]
"""
FRONT_MATTER = """\
+++
title = "A day at the clinic"
slug = "a-day"
summary = "What happens, hour by hour."
order = 20
conditions = ["crps"]
evidence = "weak"
published_on = 2026-11-22
last_reviewed_on = 2026-11-22
next_review_due = 2027-05-22
reviewed_by = ""
+++
"""
BODY = """
It takes a day.[^royal-free]

## Before

Eat nothing.[^bell-2017] Bring someone.[^royal-free]
"""
BODY_LINE = FRONT_MATTER.count("\n") + 2  # where BODY's first words stand in the file


def write_content(
    folder: Path,
    *,
    sources: str = SOURCES,
    conditions: str = CONDITIONS,
    front_matter: str = FRONT_MATTER,
    body: str = BODY,
) -> Path:
    """A folder with one article, a-day.md."""
    (folder / "sources.toml").write_text(sources)
    (folder / "conditions.toml").write_text(conditions)
    (folder / "a-day.md").write_text(front_matter + body)
    return folder


def make_article(slug: str = "a-night", **facts: Any) -> Article:
    """An article of staff's own, published long ago."""
    article = Article(
        slug=slug,
        **{
            "title": f"All about {slug}",
            "summary": "In short.",
            "body": "It takes a night.",
            "evidence": "weak",
            "published_at": LONG_AGO,
            "last_reviewed_on": datetime.date(2026, 1, 5),
            "next_review_due": datetime.date(2026, 7, 5),
            **facts,
        },
    )
    save_by_staff(article)
    return article


def make_source(key: str) -> Source:
    source = Source(key=key, citation=f"Citation of {key}.", doi="10.1000/182", what="A trial", read="full")
    save_by_staff(source)
    return source
