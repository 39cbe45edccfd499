"""Search engines, feed readers and shared links are told what the pages say, and nothing that is not so."""

import datetime
import json
import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from clinic_site.clinic import Clinic, OpeningHours
from tests.articles import make_article
from treatments.models import Article, Condition

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def things(page: str) -> dict[str, dict]:
    """The page's schema.org words by their type."""
    (written,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return {thing["@type"]: thing for thing in json.loads(written)["@graph"]}


def test_the_site_map_lists_every_published_page_and_no_draft(client):
    make_article("a-draft", published_at=None)
    make_article("for-later", published_at=timezone.now() + datetime.timedelta(days=1))
    tree = ET.fromstring(client.get("/sitemap.xml").content)
    addresses = {node.text for node in tree.iter(f"{SITEMAP}loc")}
    published = {f"http://testserver{article.get_absolute_url()}" for article in Article.objects.published()}
    assert published < addresses
    assert {"http://testserver/", "http://testserver/contact/", "http://testserver/screening/"} < addresses
    assert not any("draft" in address or "later" in address for address in addresses)


def test_every_address_of_the_site_map_answers(client):
    tree = ET.fromstring(client.get("/sitemap.xml").content)
    for node in tree.iter(f"{SITEMAP}loc"):
        assert client.get(node.text.removeprefix("http://testserver")).status_code == 200, node.text


def test_the_feed_brings_the_newest_article_first(client):
    make_article("newest", title="The newest", published_at=timezone.now())
    response = client.get("/feed/")
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    entries = ET.fromstring(response.content).findall(f"{ATOM}entry")
    assert entries[0].find(f"{ATOM}title").text == "The newest"
    assert entries[0].find(f"{ATOM}link").get("href") == "http://testserver/treatments/newest/"


def test_robots_are_told_where_the_site_map_is_and_what_is_not_theirs(client):
    Clinic.objects.update(is_demonstration=False)
    lines = client.get("/robots.txt").text.splitlines()
    assert {"User-agent: *", "Disallow: /admin/", "Disallow: /search/"} <= set(lines)
    assert "Sitemap: http://testserver/sitemap.xml" in lines
    assert "Disallow: /" not in lines


def test_a_made_up_clinic_is_kept_out_of_search_engines(client):
    assert "Disallow: /" in client.get("/robots.txt").text.splitlines()


def test_an_article_says_which_address_is_its_own_whatever_was_asked(client, settings):
    address = make_article().get_absolute_url()
    asked = client.get(address, {"from": "elsewhere"}).text
    assert f'<link rel="canonical" href="http://testserver{address}">' in asked
    settings.SITE_URL = "https://clinic.example"
    page = client.get(address).text
    assert f'<link rel="canonical" href="https://clinic.example{address}">' in page
    assert 'property="og:image" content="https://clinic.example/static/img/share' in page


def test_machines_are_told_that_nobody_reviewed_an_article_until_somebody_did(client):
    article = make_article(last_reviewed_on=datetime.date(2026, 1, 5))
    page = things(client.get(article.get_absolute_url()).text)["MedicalWebPage"]
    assert page["lastReviewed"] == "2026-01-05"
    assert "reviewedBy" not in page
    Article.objects.filter(pk=article.pk).update(reviewed_by="Jo Example, MD")
    page = things(client.get(article.get_absolute_url()).text)["MedicalWebPage"]
    assert page["reviewedBy"] == {"@type": "Person", "name": "Jo Example, MD"}


def test_no_shipped_article_names_a_reviewer_to_machines(client):
    for article in Article.objects.published():
        assert "reviewedBy" not in client.get(article.get_absolute_url()).text


def test_machines_are_told_what_an_article_is_about_and_where_it_stands(client):
    article = make_article(title="Cold & warm")
    article.conditions.add(Condition.objects.get(slug="crps"))
    told = things(client.get(article.get_absolute_url()).text)
    assert told["MedicalWebPage"]["about"][0]["name"] == "Complex regional pain syndrome (CRPS)"
    steps = told["BreadcrumbList"]["itemListElement"]
    assert [step["name"] for step in steps] == ["Home", "Articles", "Cold & warm"]
    assert [step["position"] for step in steps] == [1, 2, 3]


@pytest.mark.parametrize("address", ["/", "/contact/"])
def test_the_clinic_is_told_with_its_hours_and_phone(client, address):
    OpeningHours.objects.update(opens=datetime.time(8, 30), closes=datetime.time(17))
    clinic = things(client.get(address).text)["MedicalClinic"]
    assert clinic["telephone"] == "+14105550142"
    assert clinic["openingHoursSpecification"][0] == {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": "Monday",
        "opens": "08:30",
        "closes": "17:00",
    }


def test_where_nobody_entered_facts_none_are_told(client):
    Clinic.objects.all().delete()
    assert "MedicalClinic" not in client.get("/").text


def test_a_title_cannot_end_the_block_of_data(client):
    article = make_article(title="</script><script>alert(1)</script>")
    page = client.get(article.get_absolute_url()).text
    assert "<script>alert" not in page
    assert things(page)["MedicalWebPage"]["name"] == article.title


def test_the_picture_of_a_shared_link_is_there_and_small():
    picture = Path(finders.find("img/share.png")).read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)
    assert len(picture) < 80_000


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_content_security_policy_lets_the_block_of_data_stand(page):
    """The fixture complains about every violation of the policy."""
    page.goto("/treatments/crps/")
    block = page.locator('script[type="application/ld+json"]')
    assert json.loads(block.text_content())["@context"] == "https://schema.org"
