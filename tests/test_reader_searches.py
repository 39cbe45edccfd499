"""A reader finds the article that answers, also with another name, a slip of the thumb, or nonsense."""

import re

import pytest
import time_machine
from django.core.checks import run_checks
from django.db import connection

from tests.articles import make_article
from treatments.models import Article, Condition
from treatments.search import find_articles

pytestmark = pytest.mark.django_db


def slugs(question: str) -> list[str]:
    return [result.article.slug for result in find_articles(question).results]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("CRPS", "crps"),
        ("RSD", "crps"),
        ("reflex sympathetic dystrophy", "crps"),
        ("causalgia", "crps"),
        ("fibromyalgia", "fibromyalgia"),
        ("fibromialgia", "fibromyalgia"),
        ("fybromyalgia", "fibromyalgia"),
        ("diabetic neuropthy", "nerve-pain-and-diabetic-neuropathy"),
        ("insurance", "cost-and-insurance"),
        ("price", "cost-and-insurance"),
        ("side effects", "risks-and-side-effects"),
        ("adverse effects", "risks-and-side-effects"),
        ("pregnancy", "who-should-not-have-ketamine"),
        ("driving home", "what-a-visit-is-like"),
    ],
)
def test_the_article_that_answers_comes_first_or_second(question, first):
    assert first in slugs(question)[:2]


def test_a_word_in_the_title_weighs_more_than_one_in_the_text():
    make_article("in-text", title="One", body="Wombats.")
    make_article("in-title", title="Wombats", body="One.")
    assert slugs("wombat") == ["in-title", "in-text"]


def test_what_is_not_published_is_not_found():
    draft = make_article(title="Wombats", published_at=None)
    assert slugs("wombats") == []
    Article.objects.filter(pk=draft.pk).update(published_at="2999-01-01T00:00Z")
    assert slugs("wombats") == []
    with time_machine.travel("2999-01-02T12:00Z"):
        assert slugs("wombats") == [draft.slug]


def test_names_that_staff_add_to_a_condition_are_searched_for():
    make_article(title="Wombats")
    Condition.objects.create(slug="wombat", name="Wombats", also_known_as=["Vombatidae"])
    assert slugs("vombatidae") == ["a-night"]


def test_a_mended_word_is_told(client):
    page = client.get("/search/", {"q": "fibromialgia"}).text
    assert "Nothing for “fibromialgia”." in page
    assert "for “fibromyalgia”." in page


def test_what_was_asked_for_is_marked_in_the_excerpt(client):
    page = client.get("/search/", {"q": "bladder"}).text
    assert re.search(r"<mark>[Bb]ladder</mark>", page)


def test_markup_in_an_article_stays_text_in_the_excerpt(client):
    make_article(title="Code", body="Write `<script>alert(1)</script>` for a wombat & friends.")
    page = client.get("/search/", {"q": "wombat"}).text
    assert "<script>alert" not in page
    assert "&amp; friends" in page


HOSTILE = [
    "x" * 10_000,
    "crps " * 2_000,
    "' OR 1=1 --",
    '"unclosed',
    "''",
    "\0crps\0",
    "%_\\",
    "\\",
    "😀",
    "a & b | !c <-> (d",
    "-crps",
    "or or or",
    "the of and",
    "<script>alert(1)</script>",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "\x02crps\x03",
    "re.escape(.*)+[",
    "fibromialgia " * 15,
]


@pytest.mark.parametrize("question", HOSTILE, ids=range(len(HOSTILE)))
def test_any_question_gets_an_answer(client, question):
    response = client.get("/search/", {"q": question})
    assert response.status_code == 200
    assert "<script>alert" not in response.text


def test_bytes_that_are_no_text_get_an_answer(client):
    assert client.get("/search/?q=%ff%fe%00").status_code == 200


def test_an_empty_question_gets_the_form(client):
    for address in ("/search/", "/search/?q=", "/search/?q=%20"):
        assert "What are you looking for?" in client.get(address).text


def test_nothing_found_says_what_to_do_next(client):
    page = client.get("/search/", {"q": "qqqqqqqq"}).text
    assert "We found nothing for “qqqqqqqq”." in page
    assert "(410) 555-0142" in page


def test_who_searches_for_help_in_danger_is_given_a_number_first(client):
    page = client.get("/search/", {"q": "I want to kill myself"}).text
    assert page.index("Are you thinking about hurting yourself?") < page.index("site-footer")
    assert "Are you thinking" not in client.get("/search/", {"q": "painkillers"}).text


def test_the_page_of_a_search_is_not_for_search_engines(client):
    assert '<meta name="robots" content="noindex">' in client.get("/search/").text


def test_a_search_costs_few_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        client.get("/search/", {"q": "fibromialgia"})


def test_the_words_are_looked_up_in_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT slug FROM treatments_article WHERE search_vector @@ websearch_to_tsquery('english', 'crps')"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "treatments_article_search" in plan


def test_without_the_extension_the_search_still_answers_and_a_check_says_so(client):
    assert not [found for found in run_checks(databases=["default"]) if found.id == "treatments.W001"]
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm")
    assert "crps" in client.get("/search/", {"q": "RSD"}).text
    assert client.get("/search/", {"q": "fibromialgia"}).status_code == 200
    (warning,) = [found for found in run_checks(databases=["default"]) if found.id == "treatments.W001"]
    assert "CREATE EXTENSION pg_trgm" in warning.hint
