"""Who treats people here and what it costs: what staff entered, and otherwise an honest sentence."""

import re

import pytest

from clinic_site.clinic import Clinic, Person, Price

pytestmark = pytest.mark.django_db


def words_of(client, address: str) -> str:
    page = client.get(address).text
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main")]).split())


def test_a_clinic_that_entered_nobody_says_so_and_names_its_phone(client):
    said = words_of(client, "/people/")
    assert "has not entered on this page who works here." in said
    assert "(410) 555-0142" in said
    assert "has not entered here which dose it gives" in said


def test_who_works_here_stands_in_the_clinics_own_order_and_words(client):
    clinic = Clinic.objects.get()
    Person.objects.create(clinic=clinic, name="Test Patient 17", work="Front desk", order=20)
    Person.objects.create(
        clinic=clinic, name="Test Person 2", work="Anesthesiologist", training="Board", order=10
    )
    Clinic.objects.update(protocol="Two hours.\n\nOne nurse.")
    said = words_of(client, "/people/")
    assert "Test Person 2 Anesthesiologist Board Test Patient 17 Front desk" in said
    assert "How we treat Two hours. One nurse." in said
    assert "has not entered" not in said


def test_a_clinic_without_prices_says_so_and_gives_nobody_elses(client):
    said = words_of(client, "/cost/")
    assert "has not entered its prices here." in said
    assert "$" not in said


def test_each_price_says_what_it_covers(client):
    Price.objects.create(clinic=Clinic.objects.get(), what="One infusion", dollars=1200, covers="The visit.")
    said = words_of(client, "/cost/")
    assert "One infusion $1,200 The visit." in said
    assert "has not entered its prices" not in said


@pytest.mark.parametrize("address", ["/people/", "/cost/", "/words/", "/contact/", "/"])
def test_a_site_whose_clinic_entered_nothing_still_answers(client, address):
    Clinic.objects.all().delete()
    assert client.get(address).status_code == 200
