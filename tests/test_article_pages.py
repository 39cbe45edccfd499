"""What a reader sees: published articles, their sources, when they were checked."""

import datetime
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from tests.articles import LONG_AGO, make_article, make_source
from tests.signing_in import sign_in
from treatments.models import Article, Condition

pytestmark = pytest.mark.django_db
SECOND = datetime.timedelta(seconds=1)


def page_text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", response.text).split())


def test_an_article_is_published_from_its_moment_on():
    article = make_article(published_at=LONG_AGO)
    assert article not in Article.objects.published(at=LONG_AGO - SECOND)
    assert article in Article.objects.published(at=LONG_AGO)
    assert article in Article.objects.published()


@pytest.mark.parametrize("published_at", [None, timezone.now() + datetime.timedelta(days=365)])
def test_drafts_and_articles_to_come_are_shown_to_nobody(client, published_at):
    draft = make_article(title="Not for you yet", published_at=published_at)
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert "Not for you yet" not in client.get("/treatments/").text


def test_staff_who_may_see_articles_read_a_draft_on_its_page(client):
    draft = make_article(published_at=None)
    editor = User.objects.create_user("editor")
    sign_in(client, editor)
    assert client.get(draft.get_absolute_url()).status_code == 404
    editor.user_permissions.add(Permission.objects.get(codename="view_article"))
    assert client.get(draft.get_absolute_url()).status_code == 200


def test_a_reader_needs_no_session(client):
    response = client.get(make_article().get_absolute_url())
    assert "Cookie" not in response.headers.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize(
    "address", ["/treatments/no-such-thing/", "/treatments/%00/", "/treatments/" + "a" * 5000 + "/"]
)
def test_an_unknown_article_is_a_404(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/treatments/", "/treatments/a-night/"])
def test_articles_are_only_read_not_posted_to(client, address):
    make_article("a-night")
    assert client.post(address).status_code == 405


def test_the_list_shows_each_article_with_its_evidence_in_words(client):
    make_article(title="Cold packs", summary="They cool.", evidence="weak_or_none", order=1)
    response = client.get("/treatments/")
    assert "Cold packs They cool. Weak or no evidence" in page_text(response)
    assert '<p class="evidence evidence--weak_or_none">' in response.text


def test_the_list_is_in_order(client):
    make_article("last", order=900)
    make_article("first", order=0)
    slugs = re.findall(r'<h2><a href="/treatments/([^/]+)/">', client.get("/treatments/").text)
    assert (slugs[0], slugs[-1]) == ("first", "last")


def test_the_list_costs_one_query_for_any_number_of_articles(client, django_assert_num_queries):
    for number in range(20):
        make_article(f"article-{number}")
    with django_assert_num_queries(4):  # the articles; the clinic, its hours and its holidays
        client.get("/treatments/")


def test_an_article_costs_four_queries(client, django_assert_num_queries):
    for key in ("one", "two", "three"):
        make_source(key)
    article = make_article(body="Words.[^one] Words.[^two] Words.[^three]")
    with django_assert_num_queries(
        7
    ):  # it, its sources, its conditions, what to read next; the clinic's three
        client.get(article.get_absolute_url())


def test_the_page_says_when_it_was_checked_and_that_no_clinician_reviewed_it(client):
    text = page_text(client.get(make_article().get_absolute_url()))
    said = "Last checked against its sources on Jan 5, 2026. Not yet reviewed by a clinician."
    assert f"In short. {said} Weak evidence" in text  # directly under the summary
    assert f"{said} Next review due by Jul 5, 2026." in text


def test_the_page_names_the_clinician_who_reviewed_it(client):
    article = make_article(reviewed_by="Jo Example, MD")
    text = page_text(client.get(article.get_absolute_url()))
    assert text.count("on Jan 5, 2026. Reviewed by Jo Example, MD.") == 2
    assert "Not yet reviewed" not in text


def test_every_mark_leads_to_its_source_and_back(client):
    make_source("one")
    make_source("two")
    article = make_article(body="A.[^two] B.[^one]\n\n## More\n\nC.[^two]")
    html = client.get(article.get_absolute_url()).text
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', html)
    assert set(targets) <= set(ids)
    assert sorted(target for target in targets if target.startswith("fnref:")) == [
        "fnref:1:1",
        "fnref:1:2",
        "fnref:2:1",
    ]
    assert html.index("Citation of two.") < html.index("Citation of one.")
    assert '<a href="https://doi.org/10.1000/182" rel="noopener">doi.org/10.1000/182</a>' in html


def test_the_page_has_a_contents_list(client):
    make_source("one")
    html = client.get(make_article(body="Hm.[^one]\n\n## Before\n\n## After").get_absolute_url()).text
    contents = re.search(r'<nav class="contents.*?</nav>', html, re.DOTALL)[0]
    assert re.findall(r'<a href="(#[^"]+)">([^<]+)</a>', contents) == [
        ("#before", "Before"),
        ("#after", "After"),
        ("#sources", "Sources"),
    ]


def test_the_answer_comes_before_the_contents_list(client):
    html = client.get(make_article(body="The answer.\n\n## Before\n\nThe rest.").get_absolute_url()).text
    parts = ["The answer.", 'class="contents', '<h2 id="before">', "The rest."]
    assert sorted(parts, key=html.index) == parts
    assert html.count("The answer.") == 1


def test_read_next_prefers_shared_conditions_then_neighbours(client):
    crps = Condition.objects.create(slug="cold-hands", name="Cold hands")
    here = make_article("here", order=5_000)
    make_article("near", order=5_010)
    make_article("nearer", order=4_995)
    make_article("draft", order=5_001, published_at=None)
    same = make_article("same-condition", order=1)
    for article in (here, same):
        article.conditions.add(crps)
    html = client.get(here.get_absolute_url()).text
    related = html.partition('id="related"')[2]
    assert re.findall(r'<h3><a href="/treatments/([^/]+)/">', related) == ["same-condition", "nearer", "near"]


def test_the_page_ends_with_one_way_to_the_screening(client):
    html = client.get(make_article().get_absolute_url()).text
    article = re.search(r'<article class="article">.*</article>', html, re.DOTALL)[0]
    assert article.count('href="/screening/"') == 1
