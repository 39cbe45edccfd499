"""What the articles promise their readers: a source for each claim, nothing that no study shows, every question met."""

import datetime
import html
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from treatments.content import LONGEST_BODY, ContentRefused, read_content
from treatments.markdown import render
from treatments.models import Article, Source
from treatments.standards import CURRENT_COCHRANE, claims_without_source, remarks_on, unfounded_claims

from .articles import write_content

CONTENT = read_content()
SHIPPED = pytest.mark.parametrize("article", CONTENT.articles, ids=lambda article: article.slug)
CONTENT_MAP = (Path(__file__).parent.parent / "docs" / "content-map.md").read_text()
HEADINGS = [
    ("A", "The Role of Ketamine Therapy for Chronic Pain"),
    ("A", "How Ketamine Affects the Pain Pathway"),
    ("A", "What to Expect from a Ketamine Pain Session"),
    ("A", "Improving Quality of Life Beyond Physical Relief"),
    ("A", "Is Ketamine Right for Your Pain Condition?"),
    ("A", "Conclusion"),
    ("B", "Ketamine infusion in Maryland"),
    ("B", "How Ketamine Addresses Pain at Its Source"),
    ("B", "The Clinical Experience and Treatment Structure"),
    ("B", "What Patients Commonly Experience"),
    ("B", "Conclusion"),
]


def rows_of(heading: str) -> list[list[str]]:
    section = CONTENT_MAP.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return rows[2:]


@SHIPPED
def test_nothing_in_a_shipped_article_is_left_to_mend(article):
    remarks = remarks_on(article.body, besides=f"{article.title}\n{article.summary}")
    assert [str(remark) for remark in remarks] == []


@SHIPPED
def test_a_claim_that_loses_its_source_is_noticed(article):
    assert len(claims_without_source(re.sub(r"\[\^[^\]]+\]", "", article.body))) >= 5


@pytest.mark.parametrize(
    ("body", "claims"),
    [
        ("It helps 3 in 10.", 1),
        ("It helps 3 in 10.[^a]", 0),
        ("It helps 3 in 10. It fades.[^a]", 0),
        ("It fades.[^a] It helps 3 in 10.", 1),
        ("There is weak evidence.", 1),
        ("Side effects are common.", 1),
        ("It may cause deep sleep and slow breathing.", 1),
        ("Trials found no benefit.", 1),
        ("The trial found:[^a]\n\n- 3 in 10 felt better\n- 7 in 10 did not", 0),
        ("The trial found:\n\n- 3 in 10 felt better\n- 7 in 10 did not[^a]", 1),
        ("| a | b |\n|---|---|\n| CRPS | 60 people |", 1),
        ("| a | b |\n|---|---|\n| CRPS | 60 people[^a] |", 0),
        ("Ask what 3 in 10 means. Call 988. Does it help 3 in 10?", 0),
        ("We found no evidence that it lasts.", 0),
    ],
)
def test_each_number_strength_and_risk_needs_a_source(body, claims):
    assert len(claims_without_source(body)) == claims


@pytest.mark.parametrize(
    "claim",
    [
        "long-lasting", "at the root", "at its source", "reset", "breakthrough", "cure", "safe and effective",
        "promising", "rewires", "masks pain", "redefines", "reclaiming their lives", "particularly effective",
        "scientifically grounded", "emotional clarity", "mental clarity", "viable solution", "lasting hope", "proven",
        "opioid-free", "root cause", "benefits accumulate", "only mild", "unique ability", "dual approach",
    ],
)  # fmt: skip
def test_what_no_study_shows_is_refused_but_may_be_quoted(claim):
    assert unfounded_claims(f"It is {claim}.") == [(1, claim)]
    assert unfounded_claims(f"Words such as “{claim}” do not fit.") == []


@pytest.mark.django_db
def test_no_public_page_claims_what_no_study_shows(client):
    tree = ET.fromstring(client.get("/sitemap.xml").content)
    addresses = [
        node.text.removeprefix("http://testserver") for node in tree.iter() if node.tag.endswith("loc")
    ]
    assert len(addresses) > 20
    for address in addresses:
        page = client.get(address).text
        # The titles of studies are their authors' words.
        without = r'<script.*?</script>|<section class="sources".*?</section>|<[^>]+>'
        text = html.unescape(re.sub(without, " ", page, flags=re.DOTALL))
        assert [claim for _, claim in unfounded_claims(" ".join(text.split()))] == [], address


@pytest.mark.django_db
def test_each_published_article_has_sources_a_day_for_its_review_and_the_current_cochrane_review():
    published = Article.objects.published()
    assert published.count() == len(CONTENT.articles)
    for article in published:
        keys = set(article.sources.values_list("key", flat=True))
        assert len(keys) >= 3, article
        assert CURRENT_COCHRANE in keys, article
        assert article.next_review_due > article.last_reviewed_on, article
        assert article.next_review_due - article.last_reviewed_on <= datetime.timedelta(days=366), article
        assert article.last_reviewed_on <= timezone.localdate() or article.published_at > timezone.now()


@pytest.mark.django_db
def test_each_article_page_tells_what_the_current_review_found(client):
    for article in Article.objects.published():
        page = " ".join(client.get(article.get_absolute_url()).text.split())
        assert "Cochrane" in page, article
        assert Source.objects.get(key=CURRENT_COCHRANE).link in page, article


# The map from the two texts that the site was asked for


def test_every_heading_of_both_texts_is_answered():
    assert [(row[0], row[1]) for row in rows_of("Headings")] == HEADINGS


@pytest.mark.parametrize("heading", ["Headings", "Claims"])
def test_every_link_of_the_map_leads_to_a_section_that_is_there(heading):
    sections = {
        f"/treatments/{article.slug}/#{section.id}"
        for article in CONTENT.articles
        for section in render(article.body).contents
    }
    rows = rows_of(heading)
    for row in rows:
        links = re.findall(r"\]\((/[^)]+)\)", row[-1])
        assert links, row
        assert set(links) <= sections | {"/contact/"}, row


def test_the_map_answers_every_claim_with_what_we_say_and_where():
    rows = rows_of("Claims")
    assert len(rows) >= 30
    for row in rows:
        assert len(row) == 4, row
        assert all(cell.strip() for cell in row), row
        assert unfounded_claims(row[2]) == [], row


# What is wrong with a file is told with its name and line


def test_a_megabyte_of_text_is_refused_at_once_with_the_line_where_it_is_too_much(tmp_path):
    body = "\nWords and words.\n" * 60_000
    with pytest.raises(ContentRefused) as refused:
        read_content(write_content(tmp_path, body=body))
    assert refused.value.path.name == "a-day.md"
    assert refused.value.line > 6_000
    assert f"at most {LONGEST_BODY:,}" in refused.value.reason


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        '<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
        "<iframe src=//example.org></iframe>",
        "<style>body{display:none}</style>",
    ],
)
def test_markup_in_a_shipped_file_becomes_harmless_text(tmp_path, written):
    (article,) = read_content(write_content(tmp_path, body=f"\n{written}\n\nWords.[^royal-free]\n")).articles
    shown = render(article.body).html
    assert not re.search(r"<(script|img|iframe|style|[^>]*\son\w+=|a[^>]*javascript:)", shown)
