"""Editors see what they write as readers will, keep every version, and hand a draft to a reviewer."""

import datetime
import re

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from tests.articles import make_article, make_source
from tests.signing_in import sign_in
from tests.test_article_loading import edit
from treatments.actions import hash_of_token, load_articles, make_draft_link
from treatments.models import Article, ArticleVersion, DraftLink

pytestmark = pytest.mark.django_db
PREVIEW = "/admin/treatments/article/preview/"
JSON = {"Accept": "application/json"}


def page_text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def preview(client, body: str, **more: str):
    return client.post(PREVIEW, {"body": body, **more}, headers=JSON).json()


# A review is of the words that were reviewed.


@pytest.mark.parametrize(
    ("changed", "stays"),
    [
        ({"body": "It takes two nights."}, False),
        ({"title": "All about nights"}, False),
        ({"summary": "In long."}, False),
        ({"evidence": "moderate"}, False),
        ({"order": "7"}, True),
        ({"next_review_due": "2026-08-01"}, True),
        ({"body": "It takes two nights.", "reviewed_by": "Sam Example, MD"}, True),
        ({"body": "It takes two nights.", "reviewed_anew": "on"}, True),
    ],
)
def test_a_review_falls_away_when_the_words_change_unless_it_is_entered_anew(staff_client, changed, stays):
    article = make_article(reviewed_by="Jo Example, MD")
    edit(staff_client, article, **changed)
    article.refresh_from_db()
    assert article.reviewed_by == (changed.get("reviewed_by", "Jo Example, MD") if stays else "")


def test_the_page_and_the_editor_are_told_that_the_review_fell_away(staff_client, client):
    article = make_article(reviewed_by="Jo Example, MD")
    edit(staff_client, article, body="It takes two nights.")
    assert "Not yet reviewed by a clinician." in client.get(article.get_absolute_url()).text
    assert "The words changed after the review" in staff_client.get("/admin/treatments/article/").text


def test_a_review_without_a_reviewer_is_refused(staff_client):
    article = make_article()
    with pytest.raises(AssertionError, match="Enter who reviewed it"):
        edit(staff_client, article, reviewed_anew="on")


# The preview


def test_the_preview_shows_what_the_site_would_show(staff_client):
    make_source("ice-2020")
    shown = preview(staff_client, "Cold.[^ice-2020]\r\n\r\n## How\r\n\r\nBy *cold*.")
    assert '<h2 id="how">How</h2>' in shown["html"]
    assert '<a href="#fn:1"' in shown["html"]


def test_the_preview_is_sanitised_like_the_site(staff_client):
    shown = preview(staff_client, '<script>alert(1)</script> [x](javascript:alert(1)) <b onclick="x()">b</b>')
    assert not re.search(r"<script|<[^>]*onclick|href=.javascript", shown["html"])


def test_the_preview_names_what_to_mend_with_its_line(staff_client):
    body = "It helps 9 in 10.\n\nIt is a breakthrough.[^no-such-source]"
    remarks = preview(staff_client, body, title="A cure")["remarks"]
    assert 'Line 3: no source has the key "no-such-source", which is cited as [^no-such-source].' in remarks
    assert "Line 3: No study shows this: “breakthrough”." in remarks
    assert "No study shows this: “cure”." in remarks
    assert "Line 1: No source is given for: “It helps 9 in 10.”" in remarks
    assert "It does not cite the current Cochrane review, [^ferraro-2025]." in remarks
    assert any("words. Readers are served best by" in remark for remark in remarks)


def test_a_text_that_is_hard_to_read_is_told_with_its_grade(staff_client):
    body = "Individualized pharmacological rehabilitation necessitates multidisciplinary collaboration. " * 9
    assert any("It reads at US school grade" in remark for remark in preview(staff_client, body)["remarks"])


def test_a_megabyte_is_not_rendered_but_answered(staff_client):
    shown = preview(staff_client, "[^a" * 350_000)
    assert shown["html"] == ""
    assert shown["remarks"] == ["The text has 1,050,000 characters. At most 60,000 can be kept."]


def test_without_javascript_the_preview_is_a_page_of_its_own(staff_client):
    page = staff_client.post(PREVIEW, {"title": "Cold packs", "summary": "They cool.", "body": "By *cold*."})
    assert page.status_code == 200
    assert "<em>cold</em>" in page.text
    assert "Nothing is saved yet." in page.text


@pytest.mark.parametrize(
    "address",
    [PREVIEW, "/admin/treatments/article/{}/draft-link/", "/admin/treatments/article/{}/go-back/1/"],
)
def test_who_may_not_change_articles_is_refused(client, address):
    article = make_article()
    sign_in(client, User.objects.create_user("front-desk", is_staff=True))
    assert client.post(address.format(article.pk), {"body": "x", "make": "1", "days": "7"}).status_code == 403
    assert client.get(f"/admin/treatments/article/{article.pk}/history/").status_code == 403


def test_saving_tells_what_falls_short(staff_client):
    edit(staff_client, make_article(), body="It helps 9 in 10.")
    assert (
        "No source is given for: “It helps 9 in 10.”" in staff_client.get("/admin/treatments/article/").text
    )


# History


def test_every_change_is_kept_with_who_made_it_and_what_it_was(staff_client):
    article = make_article(body="It takes a night.")
    edit(staff_client, article, body="It takes two nights.", title="Nights")
    text = page_text(staff_client.get(f"/admin/treatments/article/{article.pk}/history/"))
    assert "by nurse (newest)" in text
    assert "Taken out: It takes a night. Added: It takes two nights." in " ".join(text.split())
    assert "Added: Nights" in text


def test_saving_without_a_change_of_words_or_dates_keeps_no_version(staff_client):
    article = make_article()
    edit(staff_client, article, order="7")
    assert ArticleVersion.objects.filter(slug=article.slug).count() == 1


def test_loading_keeps_a_version_once():
    before = ArticleVersion.objects.count()
    load_articles()
    assert ArticleVersion.objects.count() == before >= Article.objects.count()
    assert set(ArticleVersion.objects.values_list("saved_by", flat=True)) == {""}


def test_an_article_goes_back_to_what_it_said_and_nothing_is_lost(staff_client, client):
    article = make_article(body="The first words.")
    edit(staff_client, article, body="The second words.")
    first = ArticleVersion.objects.filter(slug=article.slug).last()
    response = staff_client.post(f"/admin/treatments/article/{article.pk}/go-back/{first.pk}/", follow=True)
    assert "The words of that version are back" in response.text
    assert "The first words." in client.get(article.get_absolute_url()).text
    bodies = ArticleVersion.objects.filter(slug=article.slug).values_list("wording__body", flat=True)
    assert list(bodies) == ["The first words.", "The second words.", "The first words."]


def test_going_back_takes_a_review_of_the_newer_words_away(staff_client):
    article = make_article(body="The first words.")
    edit(staff_client, article, body="The second words.", reviewed_by="Jo Example, MD")
    first = ArticleVersion.objects.filter(slug=article.slug).last()
    staff_client.post(f"/admin/treatments/article/{article.pk}/go-back/{first.pk}/")
    article.refresh_from_db()
    assert (article.body, article.reviewed_by) == ("The first words.", "")


def test_a_version_whose_source_is_gone_does_not_come_back(staff_client):
    source = make_source("ice-2020")
    article = make_article(body="Cold.[^ice-2020]")
    first = ArticleVersion.objects.filter(slug=article.slug).get()
    edit(staff_client, article, body="Warm.")
    source.delete()
    address = f"/admin/treatments/article/{article.pk}/go-back/{first.pk}/"
    assert "Nothing was changed. Line 1" in staff_client.post(address, follow=True).text
    article.refresh_from_db()
    assert article.body == "Warm."


def test_a_version_of_another_article_is_not_taken(staff_client):
    article, other = make_article("a-night"), make_article("a-day-out")
    version = ArticleVersion.objects.get(slug=other.slug)
    assert (
        staff_client.post(f"/admin/treatments/article/{article.pk}/go-back/{version.pk}/").status_code == 404
    )


def test_the_history_outlives_its_article(staff_client):
    article = make_article()
    staff_client.post(f"/admin/treatments/article/{article.pk}/delete/", {"post": "yes"})
    assert ArticleVersion.objects.filter(slug="a-night").exists()


# Links to a draft


def link_from(client, article: Article, days: str = "7") -> str:
    page = client.post(
        f"/admin/treatments/article/{article.pk}/draft-link/", {"make": "1", "days": days}
    ).text
    return re.search(r"http://testserver(/treatments/draft/[^\"<]+)", page)[1]


def test_whoever_has_the_link_reads_the_draft_and_sees_that_it_is_one(staff_client, client):
    link = link_from(staff_client, make_article(published_at=None, title="Not for all yet"))
    page = client.get(link)
    assert "Not for all yet" in page.text
    assert "This is a draft." in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_a_draft_link_ends(client):
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False):
        token = make_draft_link(make_article(published_at=None), days=7, by="nurse")
        assert client.get(f"/treatments/draft/{token}/").status_code == 200
    with time_machine.travel("2026-11-08T12:00:00Z", tick=False):
        ended = client.get(f"/treatments/draft/{token}/")
    assert ended.status_code == 404
    assert "This link has ended" in ended.text


def test_staff_end_all_links_at_once(staff_client, client):
    article = make_article(published_at=None)
    link = link_from(staff_client, article)
    staff_client.post(f"/admin/treatments/article/{article.pk}/draft-link/", {"end": "1"})
    assert client.get(link).status_code == 404


def test_only_the_hash_of_a_link_is_kept(staff_client):
    link = link_from(staff_client, make_article(published_at=None))
    token = link.rstrip("/").rpartition("/")[2]
    assert DraftLink.objects.get().token_hash == hash_of_token(token) != token


@pytest.mark.parametrize("days", ["0", "365", "x", ""])
def test_a_link_lasts_as_long_as_the_form_offers_and_no_longer(staff_client, days):
    article = make_article()
    staff_client.post(f"/admin/treatments/article/{article.pk}/draft-link/", {"make": "1", "days": days})
    assert not DraftLink.objects.exists()


@pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "😀"])
def test_a_made_up_link_is_a_404(client, token):
    assert client.get(f"/treatments/draft/{token}/").status_code == 404


# Lists


def test_an_article_for_later_is_told_as_scheduled_and_appears_by_itself(staff_client, client):
    later = timezone.now() + datetime.timedelta(days=3)
    article = make_article(title="For later", published_at=later)
    assert "Scheduled for" in staff_client.get("/admin/treatments/article/?site=scheduled").text
    assert client.get(article.get_absolute_url()).status_code == 404
    with time_machine.travel(later, tick=False):
        assert client.get(article.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("site=draft", {"Draft"}),
        ("site=scheduled", {"Later"}),
        ("review=due", {"Old"}),
        ("review=soon", {"Old", "Soon"}),
    ],
)
def test_the_lists_can_be_narrowed_to_what_is_to_do(staff_client, chosen, shown):
    Article.objects.all().delete()
    today = timezone.localdate()
    far, near = today + datetime.timedelta(days=300), today + datetime.timedelta(days=30)
    make_article("one", title="Draft", published_at=None, next_review_due=far)
    make_article(
        "two", title="Later", published_at=timezone.now() + datetime.timedelta(1), next_review_due=far
    )
    make_article("three", title="Old", next_review_due=today)
    make_article("four", title="Soon", next_review_due=near)
    page = staff_client.get(f"/admin/treatments/article/?{chosen}").text
    assert set(re.findall(r'<th class="field-title">.*?>([^<]+)</a>', page)) == shown
    assert "1 article due for review" in page
