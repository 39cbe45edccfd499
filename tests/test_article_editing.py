"""Staff write and mend articles in the admin."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.articles import make_article, make_source
from tests.test_article_loading import edit
from treatments.models import Article, Condition, Source

pytestmark = pytest.mark.django_db

NEW_ARTICLE = {
    "title": "Cold packs",
    "slug": "cold-packs",
    "summary": "They cool.",
    "body": "They cool.[^ice-2020]\n\n## How\n\nBy cold.",
    "evidence": "weak",
    "order": "5",
    "published_at_0": "2020-01-01",
    "published_at_1": "09:00:00",
    "last_reviewed_on": "2020-01-01",
    "next_review_due": "2020-07-01",
}


def errors_of(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def test_an_article_written_by_staff_is_on_the_site_with_its_source(staff_client, client):
    make_source("ice-2020")
    assert staff_client.post("/admin/treatments/article/add/", NEW_ARTICLE).status_code == 302
    html = client.get("/treatments/cold-packs/").text
    assert '<h2 id="how">How</h2>' in html
    assert "Citation of ice-2020." in html


def test_an_unknown_citation_is_named_with_its_line(staff_client):
    body = NEW_ARTICLE["body"] + "\n\nBut how?[^ice-2021]"
    make_source("ice-2020")
    response = staff_client.post("/admin/treatments/article/add/", NEW_ARTICLE | {"body": body})
    (said,) = errors_of(response)["body"]
    assert said.startswith('Line 7: no source has the key "ice-2021", which is cited as [^ice-2021].')
    assert not Article.objects.filter(slug="cold-packs").exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("next_review_due", "2020-01-01", "The next review must be due later than the last review."),
        ("last_reviewed_on", "2020-02-30", "Enter a valid date."),
        ("last_reviewed_on", "2999-01-01", "This day is still to come."),
        ("evidence", "strong", "Select a valid choice."),
        ("body", "x" * 60_001, "at most 60000 characters"),
        ("body", "nul\0", "Null characters are not allowed."),
        ("body", "", "This field is required."),
        ("slug", "Cold packs", "Enter a valid “slug”"),
        ("title", "", "This field is required."),
    ],
)
def test_a_wrong_entry_is_refused_beside_its_field(staff_client, field, value, said):
    make_source("ice-2020")
    response = staff_client.post("/admin/treatments/article/add/", NEW_ARTICLE | {field: value})
    assert said in str(errors_of(response))
    assert not Article.objects.filter(title="Cold packs").exists()


def test_a_source_needs_a_doi_or_an_address(staff_client):
    entry = {"key": "ice", "citation": "Ice.", "what": "A trial", "read": "full"}
    assert "Give a DOI or a URL." in str(errors_of(staff_client.post("/admin/treatments/source/add/", entry)))
    wrong = staff_client.post("/admin/treatments/source/add/", entry | {"doi": "https://doi.org/10.1000/182"})
    assert "Write the DOI alone" in str(errors_of(wrong))
    assert (
        staff_client.post("/admin/treatments/source/add/", entry | {"doi": "10.1000/182"}).status_code == 302
    )


def test_a_mended_source_shows_on_every_article_at_once(staff_client, client):
    source = make_source("ice-2020")
    article = make_article(body="Cold.[^ice-2020]")
    edit(staff_client, source, citation="Mended citation.")
    assert "Mended citation." in client.get(article.get_absolute_url()).text


def test_an_edited_article_shows_its_new_words_and_sources(staff_client, client):
    make_source("ice-2020")
    make_source("heat-2021")
    article = make_article(body="Cold.[^ice-2020]")
    edit(staff_client, article, body="Warm.[^heat-2021]")
    html = client.get(article.get_absolute_url()).text
    assert "Warm." in html
    assert "Citation of heat-2021." in html
    assert "Citation of ice-2020." not in html


def test_an_address_stays_as_it_is_once_published(staff_client):
    article = make_article("a-night")
    edit(staff_client, article, slug="elsewhere")
    assert Article.objects.get(pk=article.pk).slug == "a-night"


def test_the_edit_page_leads_to_the_draft_on_the_site(staff_client):
    draft = make_article(published_at=None)
    html = staff_client.get(f"/admin/treatments/article/{draft.pk}/change/").text
    assert f'href="{draft.get_absolute_url()}"' in html
    assert staff_client.get(draft.get_absolute_url()).status_code == 200


def test_a_source_in_use_cannot_be_deleted(staff_client):
    source = make_source("ice-2020")
    make_article(body="Cold.[^ice-2020]")
    staff_client.post(f"/admin/treatments/source/{source.pk}/delete/", {"post": "yes"})
    assert Source.objects.filter(key="ice-2020").exists()


def test_a_shipped_article_cannot_be_deleted_because_it_would_come_back(staff_client):
    shipped = Article.objects.get(slug="crps")
    assert (
        staff_client.post(f"/admin/treatments/article/{shipped.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    own = make_article("a-night")
    assert (
        staff_client.post(f"/admin/treatments/article/{own.pk}/delete/", {"post": "yes"}).status_code == 302
    )
    assert not Article.objects.filter(slug="a-night").exists()


@pytest.mark.parametrize(("today", "is_due"), [("2026-07-04", False), ("2026-07-05", True)])
def test_the_list_says_which_reviews_are_due(staff_client, today, is_due):
    Article.objects.all().delete()
    make_article(next_review_due=datetime.date(2026, 7, 5))
    with time_machine.travel(f"{today}T12:00:00-04:00", tick=False):
        html = staff_client.get("/admin/treatments/article/").text
    assert ('<td class="field-due">due</td>' in html) == is_due


@pytest.mark.parametrize("kind", ["article", "source", "condition"])
def test_the_lists_can_be_searched_with_anything(staff_client, kind):
    for term in ("crps", "'", '"', "%_\\", "😀", "x" * 10_000):
        assert staff_client.get(f"/admin/treatments/{kind}/", {"q": term}).status_code == 200


@pytest.mark.parametrize("kind", ["article", "source", "condition"])
def test_the_lists_cost_the_same_for_any_number_of_rows(staff_client, kind, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        staff_client.get(f"/admin/treatments/{kind}/")
    for number in range(20):
        Condition.objects.create(slug=f"condition-{number}", name=f"Condition {number}")
        make_source(f"source-{number}")
        make_article(f"article-{number}", body=f"Words.[^source-{number}]")
    with django_assert_num_queries(len(few)):
        staff_client.get(f"/admin/treatments/{kind}/")
