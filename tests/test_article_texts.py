"""The articles that ship with the site keep what we promise of them."""

import dataclasses
import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import Resolver404, resolve

from tests.articles import write_content
from treatments.content import CONTENT_FOLDER, read_content
from treatments.management.commands import reading_grades
from treatments.markdown import render, text_blocks
from treatments.readability import flesch_kincaid_grade, words

CONTENT = read_content()
SHIPPED = pytest.mark.parametrize("article", CONTENT.articles, ids=lambda article: article.slug)
SLUGS = [
    "how-ketamine-acts-on-pain",
    "what-a-visit-is-like",
    "what-the-evidence-says",
    "crps",
    "fibromyalgia",
    "nerve-pain-and-diabetic-neuropathy",
    "nerve-pain-after-surgery-or-spinal-cord-injury",
    "risks-and-side-effects",
    "who-should-not-have-ketamine",
    "mood-sleep-and-quality-of-life",
    "cost-and-insurance",
    "other-treatments-to-ask-about",
]
QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
CLAIMS_NOBODY_CAN_MAKE = re.compile(
    r"\b(cur(e|es|ed|ing)|reset(s|ting)?|breakthroughs?|at the root|root cause|long-lasting"
    r"|safe and effective|rewir(e|es|ed|ing)|proven)\b",
    re.IGNORECASE,
)


def claims_in(text: str) -> list[str]:
    """What sellers say of ketamine and no study shows; quoting it, to correct it, is fine."""
    return [match[0] for match in CLAIMS_NOBODY_CAN_MAKE.finditer(QUOTED.sub("", text))]


def test_the_articles_that_we_promise_are_there_in_order():
    assert [article.slug for article in CONTENT.articles] == SLUGS


@SHIPPED
def test_an_article_is_neither_too_short_nor_too_long(article):
    assert 600 <= sum(len(words(block)) for block in text_blocks(article.body, tables=True)) <= 1_400


@SHIPPED
def test_an_article_is_easy_to_read(article):
    assert flesch_kincaid_grade(text_blocks(article.body, tables=False)) <= 9


@SHIPPED
def test_an_article_cites_at_least_three_sources_and_the_current_cochrane_review(article):
    citations = render(article.body).citations
    assert len(citations) >= 3
    assert "ferraro-2025" in citations


@SHIPPED
def test_an_article_answers_in_its_first_sixty_words(article):
    first_lines = article.body.partition("\n\n")[0]
    assert not first_lines.startswith(("#", "-", "|", ">", "!"))  # a paragraph comes before any heading
    assert 0 < len(words(text_blocks(first_lines, tables=False)[0])) <= 60


@SHIPPED
def test_an_article_claims_nothing_that_no_study_shows(article):
    assert claims_in(f"{article.title}\n{article.summary}\n{article.body}") == []


@SHIPPED
def test_links_within_the_site_lead_somewhere(article):
    for target in re.findall(r'href="(/[^"#]*)', render(article.body).html):
        found = resolve(target)
        if found.view_name == "treatments:detail":
            assert found.kwargs["slug"] in SLUGS, target


@SHIPPED
def test_links_within_the_page_lead_somewhere(article):
    html = render(article.body).html
    targets = {target for target in re.findall(r'href="#([^"]+)"', html) if not target.startswith("fn:")}
    assert targets <= set(re.findall(r'id="([^"]+)"', html))


def test_a_link_to_nowhere_would_be_noticed():
    with pytest.raises(Resolver404):
        resolve("/treatment/crps/")


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("It is a breakthrough that cures and rewires.", ["breakthrough", "cures", "rewires"]),
        ('No study shows a "cure" or a “reset”.', []),
        ("Safe and effective, proven, long-lasting.", ["Safe and effective", "proven", "long-lasting"]),
        ("Secure the curtain; look at the roots.", []),
    ],
)
def test_the_search_for_claims_finds_them_outside_quotation_marks(text, claims):
    assert claims_in(text) == claims


def test_every_source_that_we_list_is_cited_somewhere():
    cited = {key for article in CONTENT.articles for key in render(article.body).citations}
    assert {source.key for source in CONTENT.sources} == cited


def test_the_reading_grades_are_printed_for_each_article():
    said = io.StringIO()
    call_command("reading_grades", stdout=said)
    assert [line.split()[-1] for line in said.getvalue().splitlines()[1:]] == SLUGS


def test_an_article_out_of_bounds_fails_the_check_by_name(tmp_path):
    with pytest.raises(CommandError, match=r"Out of bounds .*: a-day$"):
        call_command("reading_grades", folder=write_content(tmp_path), stdout=io.StringIO())


TEN_WORDS = "We had some tea.[^one] It was hot.[^two] We all ate.[^three] "


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        (TEN_WORDS * 59 + "So we had tea, and all of us.", False),
        (TEN_WORDS * 60, True),
        (TEN_WORDS * 140, True),
        (TEN_WORDS * 140 + "Enough.", False),
        (TEN_WORDS * 59 + "\n\n## These ten words are a heading and do not count", False),
        (TEN_WORDS.replace("[^three]", "") * 60, False),
        (TEN_WORDS.replace("tea", "individualized pharmacological rehabilitation") * 60, False),
    ],
)
def test_the_bounds_of_an_article_hold_on_both_sides(body, fits):
    command = reading_grades.Command(stdout=io.StringIO())
    article = CONTENT.articles[0]
    assert command.within_bounds(dataclasses.replace(article, body=body)) == fits


def test_nothing_but_articles_and_their_lists_lies_in_the_folder():
    names = {path.name for path in CONTENT_FOLDER.iterdir()}
    assert names == {f"{slug}.md" for slug in SLUGS} | {"sources.toml", "conditions.toml"}
